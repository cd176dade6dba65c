"""Machine-made variants of the corpora's reports: what must not change a reading, and what must not leave it as it was."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.domain.reading import Category, Grade, Reading, Role
from pipeline.domain.report import TextBlock
from pipeline.formats.hl7text import Delimiters, escape
from pipeline.reading import Vocabulary, read
from tests.readers.making import OBR4, obx, report, vq
from tests.reading.reading_kit import CORPUS, corpus, reading_of, vocabulary

WIDTHS = range(20, 101)
WIDTHS_A_REPORT = 10
"""How many of the widths each report is broken at; which ones, its number says, so that the whole uses every width a hundred times."""

REVIEW = frozenset({Category.REVIEW})
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_LINE_END = re.compile(r"\n")
_NEGATOR = re.compile(r"\b(?:no|not|without|nor|neither|never|negative|absent|absence|excluded?|non|nil|cannot|free|lack|unlikely)\b", re.I)
_TURNS = {"absent": "present", "present": "absent", "negative": "positive", "positive": "negative", "excluded": "confirmed"}
_WORD_OF_ABSENCE = re.compile(rf"\b(?:{'|'.join(_TURNS)})\b", re.I)
_ARTICLE = re.compile(r"\b(?:the|an?|this|that)\s+$", re.I)
_LOW, _HIGH, _NO = re.compile(r"\blow\b", re.I), re.compile(r"\bhigh\b", re.I), re.compile(r"\b(?:no|without|not)\s+", re.I)

PRIOR = "Prior V/Q of 2019 was read as {} probability for PE."
REVERSED = "ADDENDUM: The above impression is withdrawn and replaced. Final impression: {}"
IRRELEVANT = (
    "Addendum: the administered dose was 148 MBq.",
    "ADDENDUM: The spelling of the referring physician's name was put right.",
    "ADDENDUM: Results were discussed with the ward by telephone at 14:05.",
)
UNCLEAR = (
    "ADDENDUM: On second thoughts the above may have to be reconsidered.",
    "ADDENDUM: A second reader does not share this view.",
    "ADDENDUM: The images were looked at again and the conclusion is under discussion.",
    "ADDENDUM: New images have arrived, a further opinion follows.",
)
DRAFT = ("This report is a draft and has not been verified.", "DRAFT - NOT VERIFIED")
NOT_FINAL = ("Not final: awaiting review by the attending.", "To be verified by the attending before release.")
WITHDRAWN = (
    "This report has been withdrawn.",
    "Please disregard this report.",
    "This report was issued in error.",
    "The above was dictated on the wrong patient.",
)
LEGENDS = (
    "LEGEND:\nNormal: no perfusion defects.\nLow probability: small or matched defects.\n"
    "Intermediate probability: neither low nor high.\nHigh probability: two or more large mismatched segmental defects.",
    "INTERPRETATION CRITERIA:\nHigh probability = at least two large mismatched segmental defects\n"
    "Low probability = nonsegmental defects\nNormal = no defects",
)
HISTORY = "CLINICAL HISTORY: Dyspnea for three days. Pulmonary embolism in 2015. Rule out PE."


@dataclass(frozen=True, slots=True)
class Case:
    """A report that is read exactly as its gold says.

    `number` is the report's place among all of the corpora, whether read or not, so that it deals out the same widths and places
    on the day after another report came to be read.
    """

    number: int
    id: str
    text: str
    reading: Reading

    @property
    def widths(self) -> list[int]:
        """Ten that lie far apart; the next report takes the next ten, since the step shares no factor with how many there are."""
        return [WIDTHS[(self.number * WIDTHS_A_REPORT + turn) * 8 % len(WIDTHS)] for turn in range(WIDTHS_A_REPORT)]

    @property
    def end(self) -> str:
        """The text without the blank lines at its end, so that something can be put behind it."""
        return self.text.rstrip()

    @property
    def opposite(self) -> str:
        """The grade word of an earlier exam that was the other way round."""
        return "low" if self.reading.category is Category.POSITIVE else "high"

    @property
    def impression(self) -> int | None:
        """Where the line of the first heading of an impression begins."""
        places = [span.start for span in self.reading.spans if span.role is Role.HEADING and span.label == "impression"]
        return self.text.rfind("\n", 0, min(places)) + 1 if places else None


@dataclass(frozen=True, slots=True)
class Variant:
    """`allowed` None: the case's category, grade and chronic flag; else the categories that a right reading may have."""

    kind: str
    case: Case
    blocks: tuple[TextBlock, ...]
    allowed: frozenset[Category] | None = None

    def outcome(self, words: Vocabulary | None = None) -> str:
        """How it is read, by the rules alone or with other words.

        `right`; `refused`: to a person without need; `regraded`: the category, but not the grade or flag; `dangerous`: read as
        better than it is, or as a clot nobody states; `other`: another category, one that no letter is sent by.
        """
        found, was = read(self.blocks, words or vocabulary()), self.case.reading
        if self.allowed is not None:
            if found.category in self.allowed:
                return "right"
        elif found.category is was.category:
            return "right" if (found.grade, found.chronic) == (was.grade, was.chronic) else "regraded"
        elif found.category is Category.REVIEW:
            return "refused"
        return "other" if found.category is Category.NONDIAGNOSTIC else "dangerous"


@cache
def cases() -> tuple[Case, ...]:
    """The reports that today's program reads exactly: what it reads otherwise is another test's business."""
    rows = [row for path in sorted(CORPUS.glob("c*.jsonl")) for row in corpus(path.name)]
    read_now = [(row, reading_of(row["report_text"])) for row in rows]
    return tuple(
        Case(number, row["id"], row["report_text"], found)
        for number, (row, found) in enumerate(read_now)
        if (found.category, found.grade) == (row["gold_category"], row["gold_grade"])
        and (found.category is Category.REVIEW or found.chronic == row["chronic"])
    )


# -- what changes nothing


def wrapped(text: str, width: int) -> str:
    """The text with every line broken at blanks so that no line is longer, but for words that are. Lines are never joined."""
    return "\n".join(piece for line in text.split("\n") for piece in _pieces(line, width))


def _pieces(line: str, width: int) -> Iterator[str]:
    while len(line) > width:
        indent = len(line) - len(line.lstrip())
        at = line.rfind(" ", indent + 1, width + 1)
        at = at if at > indent else line.find(" ", width)
        if at < 0:
            break
        yield line[:at].rstrip()
        line = line[at:].lstrip()
    yield line


def _wraps(widths: range) -> Callable[[Case], Iterator[str]]:
    return lambda case: (wrapped(case.text, width) for width in case.widths if width in widths)


def _over_segments(case: Case) -> Iterator[tuple[TextBlock, ...]]:
    """As most systems send it: one OBX a line, all under one code, through the reader of messages."""
    lines = wrapped(case.text, WIDTHS[case.number * 8 % len(WIDTHS)]).split("\n")
    signs = Delimiters.of("|", "^~\\&")
    yield report(vq(*(obx(escape(line, signs), OBR4) for line in lines))).blocks


def _in_two_blocks(case: Case) -> Iterator[tuple[TextBlock, ...]]:
    """Two texts under two codes that say nothing, cut at any line end: one of three, by the case's number."""
    ends = [match.start() for match in _LINE_END.finditer(case.text)]
    for place in ends[case.number % 3 :: 3]:
        yield TextBlock(case.text[:place]), TextBlock(case.text[place + 1 :])


def _blocks_at_paragraphs(case: Case) -> Iterator[tuple[TextBlock, ...]]:
    parts = _PARAGRAPH.split(case.text)
    if len(parts) > 1 and case.impression is not None:
        yield tuple(map(TextBlock, parts))


def _prior_over(case: Case) -> Iterator[str]:
    if case.impression is not None:
        said = f"COMPARISON: {PRIOR.format(case.opposite)}"
        yield f"{case.text[: case.impression]}{said}\n\n{case.text[case.impression :]}"
        yield f"{case.text[: case.impression]}COMPARISON:\n{PRIOR.format(case.opposite)}\n{case.text[case.impression :]}"


def _prior_behind(case: Case) -> Iterator[str]:
    yield f"{case.end}\n\nCOMPARISON: {PRIOR.format(case.opposite)}"


def _legends(case: Case) -> Iterator[str]:
    yield from (f"{case.end}\n\n{legend}" for legend in LEGENDS)


def _history(case: Case) -> Iterator[str]:
    if case.impression is not None:
        yield f"{HISTORY}\n\n{case.text}"
        yield f"{case.text[: case.impression]}{HISTORY}\n\n{case.text[case.impression :]}"


def _irrelevant(case: Case) -> Iterator[str]:
    yield from (f"{case.end}\n\n{note}" for note in IRRELEVANT)


KEPT: dict[str, Callable[[Case], Iterable[str | tuple[TextBlock, ...]]]] = {
    "wrapped-narrow": _wraps(WIDTHS[:27]),
    "wrapped": _wraps(WIDTHS[27:54]),
    "wrapped-wide": _wraps(WIDTHS[54:]),
    "upper": lambda case: [case.text.upper()],
    "lower": lambda case: [case.text.lower()],
    "crlf": lambda case: [case.text.replace("\n", "\r\n")],
    "two-blanks": lambda case: [case.text.replace(" ", "  ")],
    "sentence-blanks": lambda case: [case.text.replace(". ", ".  ")],
    "no-break-blanks": lambda case: [case.text.replace(" ", "\u00a0")],
    "tabs": lambda case: [case.text.replace(" ", "\t")],
    "tab-behind-labels": lambda case: [case.text.replace(": ", ":\t")],
    "segments": _over_segments,
    "two-blocks": _in_two_blocks,
    "paragraph-blocks": _blocks_at_paragraphs,
    "prior-over": _prior_over,
    "prior-behind": _prior_behind,
    "legend": _legends,
    "history": _history,
    "irrelevant-addendum": _irrelevant,
}
"""Kinds after which the reading must be what it was."""


# -- what turns it round, or takes it back


def _replaced(case: Case, change: Callable[[str], str | None]) -> Iterator[str]:
    """The text with every phrase that decided changed; nothing if one of them cannot be."""
    text, before = case.text, len(case.text)
    for evidence in sorted(case.reading.evidence, key=lambda one: -one.start):
        changed = change(evidence.text) if evidence.end <= before else None
        if changed is None:
            return
        text = text[: evidence.start] + changed + text[evidence.end :]
        before = evidence.start
    if case.reading.evidence:
        yield text


def _like(model: str, word: str) -> str:
    return word.upper() if model.isupper() else word.capitalize() if model[:1].isupper() else word


def _swap_of(pattern: re.Pattern[str], turned: Callable[[str], str]) -> Callable[[str], str | None]:
    def change(said: str) -> str | None:
        if len(pattern.findall(said)) != 1:
            return None
        return pattern.sub(lambda found: _like(found[0], turned(found[0].lower())), said)

    return change


def _graded(case: Case, *grades: Grade) -> bool:
    return case.reading.grade in grades


def _any_graded(case: Case, pattern: re.Pattern[str], word: str) -> Iterator[str]:
    """Low and high changed in the phrases that hold one; the other phrases ("No evidence of PE") stay, and may contradict."""
    other = _HIGH if pattern is _LOW else _LOW
    if any(len(pattern.findall(one.text)) == 1 and not other.search(one.text) for one in case.reading.evidence):
        yield from _replaced(case, lambda said: pattern.sub(lambda found: _like(found[0], word), said))


def _low_to_high(case: Case) -> Iterator[tuple[str, frozenset[Category]]]:
    if _graded(case, Grade.LOW, Grade.VERY_LOW):
        yield from ((text, REVIEW | {Category.POSITIVE}) for text in _any_graded(case, _LOW, "high"))


def _high_to_low(case: Case) -> Iterator[tuple[str, frozenset[Category]]]:
    if _graded(case, Grade.HIGH):
        low = Category.NONDIAGNOSTIC if case.reading.names_pioped2 else Category.NEGATIVE
        yield from ((text, REVIEW | {low}) for text in _any_graded(case, _HIGH, "low"))


def _turned(case: Case) -> Iterator[tuple[str, frozenset[Category]]]:
    """ "PE absent" into "PE present", "positive for" into "negative for"."""

    def change(said: str) -> str | None:
        negators = len(_NEGATOR.findall(said))
        return turn(said) if negators == len(_NEGATOR.findall(" ".join(_WORD_OF_ABSENCE.findall(said)))) else None

    turn = _swap_of(_WORD_OF_ABSENCE, _TURNS.__getitem__)
    opposite = {Category.NEGATIVE: Category.POSITIVE, Category.POSITIVE: Category.NEGATIVE}.get(case.reading.category)
    if opposite:
        yield from ((text, REVIEW | {opposite}) for text in _replaced(case, change))


def _undone(case: Case) -> Iterator[tuple[str, frozenset[Category]]]:
    """ "No evidence of PE" without its "no"."""
    if _graded(case, Grade.ABSENT):
        change = _swap_of(_NO, lambda _: "")
        yield from ((text, REVIEW | {Category.POSITIVE}) for text in _replaced(case, change))


def _denied(before: str, behind: str = "") -> Callable[[Case], Iterator[tuple[str, frozenset[Category]]]]:
    """Words put before and behind every phrase that decided, so that it is denied."""

    def made(case: Case) -> Iterator[tuple[str, frozenset[Category]]]:
        if case.reading.category is Category.REVIEW:
            return
        allowed = REVIEW
        named = all(_HIGH.search(one.text) for one in case.reading.evidence)
        if case.reading.category is Category.POSITIVE and (case.reading.chronic or not named):
            # "Not consistent with PE" denies the disease; "not high probability" leaves everything open, unless it was said of
            # chronic disease beside an acute one that the reader denies as well.
            allowed |= {Category.NEGATIVE}
            if any("diagnostic" in one.text.lower() for one in case.reading.evidence):
                allowed |= {Category.NONDIAGNOSTIC}
        elif _graded(case, Grade.ABSENT):
            allowed |= {Category.POSITIVE}
        loosely = any(one.phrase.startswith("loose") for one in case.reading.evidence)
        if not loosely and not (before and behind_an_article(case)):
            # What was read loosely is a whole sentence and more than one clause: a word before it denies only the first.
            yield from ((text, allowed) for text in _replaced(case, change))

    def behind_an_article(case: Case) -> bool:
        """ "The likelihood of PE is small": nobody puts "no" or a sentence behind "the"; "not" may stand there."""
        return before != "not " and any(_ARTICLE.search(case.text, max(one.start - 8, 0), one.start) for one in case.reading.evidence)

    def change(said: str) -> str | None:
        # "No no evidence" is a stutter, and "PE -ve" ends where the phrase does not.
        spoilt = said.endswith("-") or (before == "no " and _NEGATOR.search(said))
        return None if spoilt else f"{before}{said}{behind}"

    return made


def _addendum(verdict: str, category: Category) -> Callable[[Case], Iterator[tuple[str, frozenset[Category]]]]:
    return lambda case: iter([(f"{case.end}\n\n{REVERSED.format(verdict)}", REVIEW | {category})])


def _ending(notes: Sequence[str]) -> Callable[[Case], Iterator[tuple[str, frozenset[Category]]]]:
    return lambda case: ((f"{case.end}\n\n{note}", REVIEW) for note in notes)


TURNED: dict[str, Callable[[Case], Iterable[tuple[str, frozenset[Category]]]]] = {
    "low-to-high": _low_to_high,
    "high-to-low": _high_to_low,
    "word-turned": _turned,
    "no-left-out": _undone,
    "not-before": _denied("not "),
    "no-before": _denied("no "),
    "untrue-before": _denied("it is not true that there is "),
    "wrong-behind": _denied("", ", which is not correct"),
    "untenable-behind": _denied("", " can no longer be upheld"),
    "addendum-positive": _addendum("High probability for pulmonary embolism.", Category.POSITIVE),
    "addendum-negative": _addendum("No evidence of pulmonary embolism.", Category.NEGATIVE),
    "unclear-addendum": _ending(UNCLEAR),
    "withdrawn": _ending(WITHDRAWN),
    "draft": _ending(DRAFT),
    "not-final": _ending(NOT_FINAL),
}
"""Kinds after which the reading must follow, or go to a person."""


def variants(kind: str) -> Iterator[Variant]:
    """Every variant of one kind, in the order of the cases; the same ones at each call."""
    for case in cases():
        if kind in KEPT:
            for made in KEPT[kind](case):
                yield Variant(kind, case, (TextBlock(made),) if isinstance(made, str) else made)
        else:
            for text, allowed in TURNED[kind](case):
                yield Variant(kind, case, (TextBlock(text),), allowed)
