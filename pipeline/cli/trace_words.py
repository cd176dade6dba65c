"""The words in which the steps of a reading are told."""

from collections.abc import Mapping

from pipeline.reading.sections import (
    ADDENDUM,
    ATTENDING,
    BODY,
    COMMENT,
    FINDINGS,
    IMPRESSION,
    LEGEND,
    OTHER_EXAM,
    PRELIMINARY,
)

GATES: Mapping[str, tuple[str, str]] = {
    "blank": ("it holds words", "it holds no word: nothing is read"),
    "too-long": ("it is not longer than any report", "it is longer than any report: nothing is read"),
    "wrong-patient": ("it does not say that it is another patient's", "it says that it may be another patient's: nothing is read"),
    "unverified": (
        "it does not say that it is unsigned or was sent in error",
        "it says that it is unsigned or was sent in error: nothing is read",
    ),
    "odd": (
        "it holds no markup and no character that nobody sees",
        "it holds markup or characters that nobody sees: what a person reads there may not be what stands there",
    ),
    "another-exam": (
        "it is not the report of another exam",
        "it has the title of another exam and says nothing of a lung scan: nothing is read",
    ),
    "foreign": ("its language is one that we read", "it is not in a language that we read"),
}
"""Question -> (what a text that passes is said to be, what one that does not is)."""

LIVE: Mapping[str, str] = {
    IMPRESSION: "what the reader concludes",
    ADDENDUM: "what was added later",
    "communication": "who was told what: a verdict in it counts, a doubt in it does not",
    PRELIMINARY: "a draft, and there is no impression",
    ATTENDING: "the attending's words, and there is no impression",
    FINDINGS: "there is no impression, so a verdict may stand here",
    COMMENT: "there is no impression, so a verdict may stand here",
    BODY: "there is no impression, so a verdict may stand in the text itself",
}
"""Why a section of this kind may decide."""

PASSED: Mapping[str, str] = {
    "indication": "why the scan was asked for",
    "history": "what was known before",
    "pretest": "the probability before the scan",
    "comparison": "other exams",
    "technique": "how the scan was done",
    "exam": "the exam's title",
    LEGEND: "explains grades, states none",
    PRELIMINARY: "a draft: held against the verdict",
    OTHER_EXAM: "belongs to another exam",
    "recommendation": "advice: only looked at for what speaks against the verdict",
    "signature": "who signed: only looked at for what speaks against the verdict",
    ATTENDING: "only looked at for what speaks against the verdict",
    COMMENT: "only looked at for what speaks against the verdict",
    FINDINGS: "held against the verdict",
    BODY: "held against the verdict",
}
"""Why a section of this kind may not decide."""

LOOKS: Mapping[str, str] = {
    "dangling": "stands right before it and belongs to what was not understood",
    "inside": "stands within it and may turn it round",
    "before": "stands close before it, and no phrase has taken it",
    "behind": "stands behind it, and may undo or limit it",
    "others": "says that the sentence is not about this patient's scan",
    "somebody-elses": "says that it may be told of another time, reader or test",
}
"""What each look of the second one saw: goes on after the word."""

ROLES: Mapping[str, str] = {"verdict": "states", "denied": "denies", "hedge": "hedges", "remark": "remarks", "refuse": "is for a person"}

LEANS: Mapping[str, str] = {
    "positive": "a hedge that leans to a clot: agrees only with a positive verdict",
    "open": "an open hedge: agrees only with a nondiagnostic verdict",
}

NO_REPORT: Mapping[str, str] = {
    "study": "An image: there is no text to read.",
    "not_vq": "No V/Q result: no text is read.",
    "rejected": "It cannot be used: no text is read.",
}

PIOPED2 = "the text names modified PIOPED II: low counts as nondiagnostic"
NOTHING = "no word in it bears on a verdict"
STOPS_SHORT = "the sentence stops at a word that bears on what comes next: counts as unread"
UNFILLED = "a blank or a choice of its template was left open"
IS_LEGEND = "its verdicts name all three categories in a row, which no reader states: a legend, left out"
NOT_OPENED = "The text was not read: {}."
NO_PART = "Nothing in the text may hold a verdict."
NO_VERDICT = "No verdict stands in what may decide."
AGREE = "Every verdict that counts says the same, nothing that bears on it stayed unread, and nothing else speaks against it."
REFUSED = "What may decide does not give one verdict that can be relied on."
ADDENDUM_UNCLEAR = "The addendum neither plainly keeps nor plainly replaces the verdict."
DRAFT_UNCLEAR = "A draft in the same text says otherwise, and nothing plainly replaces it."
ELSEWHERE = "What stands beside the verdict speaks against it."
SECOND_THOUGHTS = "The verdict stands, but its report gives a reason to doubt it."
NOT_ASKED = "is not asked: the rules explain nearly every word, or their refusal is none that it could lift"
OBJECTS = "The rules read a verdict, but the second reader doubts it: a person reads the report."
SETTLES = "The rules found this verdict beside words that they could not place; the second reader holds it to stand. The letter is held."
CONTRADICTED = "taken together they contradict the verdict (chance {:.0%}): a person reads the report"
NOT_CONTRADICTED = "taken together they do not contradict the verdict (chance that they do {:.0%})"
GROUNDS = 4
"""Of what made the second reader's opinion, so many are told for it and as many against."""

_FEATURES: Mapping[str, str] = {
    "i": "the words {}",
    "a": "in an addendum, the words {}",
    "r": "beside the impression, the words {}",
    "rn": "beside a negative verdict, the words {}",
    "rd": "beside a nondiagnostic verdict, the words {}",
    "rp": "beside a positive verdict, the words {}",
    "rx": "beside no verdict or several, the words {}",
    "k": "there is a section {}",
    "q": "sentences that state {}",
    "v": "a verdict {}",
    "h": "a hedge that is {}",
    "f": "a refusal for {}",
    "m": "a mention that no phrase has taken: {}",
    "n": "a remark on {}",
    "o": "the rules read {}",
    "w": "the rules refuse for {}",
}
_SIGNS = {"^": "(a sentence begins)", "$": "(it ends)", "#": "(a number)"}


def feature_in_words(feature: str) -> str:
    """A feature of the second reader (`pipeline.reading.evidence`) in plain words."""
    kind, *said = feature.split(" ")
    told = " ".join(_SIGNS.get(word, word) for word in said)
    return _FEATURES[kind].format(f'"{told}"' if kind[0] in "iar" else told.replace("?", " in doubt"))
