"""The second reader: what it sees, how its weights are kept, what it thinks, and what it may do about it."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pipeline.domain.reading import Category, Evidence, Grade, Reading
from pipeline.domain.report import TextBlock
from pipeline.errors import Misconfigured
from pipeline.reading import read
from pipeline.reading.double import OBJECTION, OBJECTS_BELOW, OBJECTS_FROM, SETTLED, SETTLES, SETTLES_FROM, Double, is_asked, put_together
from pipeline.reading.evidence import Everything, Seen, features
from pipeline.reading.found import SentenceMatch
from pipeline.reading.parts import Part
from pipeline.reading.resolve import Verdict, best_of
from pipeline.reading.second_reader import Opinion, opinion_of
from pipeline.reading.tokens import Token
from pipeline.reading.weights import HEAD, ORDER, Rights, Weights, text_of
from tests.reading.reading_kit import both_readers, corpus, reading_of, vocabulary

NEGATIVE, NONDIAGNOSTIC, POSITIVE, REVIEW = ORDER


def seen_of(text: str) -> Seen:
    """What a second reader is shown of a text."""
    shown: list[Seen] = []

    def tracer(question: str, answer: object, /) -> object:
        if isinstance(answer, Seen):
            shown.append(answer)
        return answer

    read([TextBlock(text)], vocabulary(), tracer)  # type: ignore[arg-type]
    return shown[0]


def every(seen: Seen) -> set[str]:
    return set(features(seen, Everything()))


def weights(learned: dict[str, tuple[float, tuple[float, float, float, float]]], bias: tuple[float, ...] = (0, 0, 0, 0)) -> Weights:
    return Weights.parse(text_of({"texts": "none"}, bias, learned), "made")


def twice(text: str, learned: Weights, rights: Rights = Rights.SETTLES) -> Reading:
    return read([TextBlock(text)], vocabulary().read_twice(learned, rights))


def leaning(category: Category, strength: float = 20) -> Weights:
    """A second reader who holds everything to be of one category."""
    return weights({}, tuple(strength if category is one else 0.0 for one in ORDER))


# -- what it sees

REPORT = """CLINICAL HISTORY: Dyspnea.

FINDINGS: Perfusion is even.

IMPRESSION: No evidence of pulmonary embolism."""


def test_runs_of_words_of_what_decides_and_of_what_stands_beside() -> None:
    found = every(seen_of(REPORT))
    assert {"i ^", "i ^ no", "i ^ no evidence", "i ^ no evidence of", "i evidence of", "i embolism $", "i $"} <= found
    assert {"r perfusion is", "rn perfusion is", "rn even"} <= found
    assert not any("dyspnea" in feature for feature in found)
    assert max(len(feature.split(" ")) for feature in found if feature.startswith("i ")) == 5
    assert max(len(feature.split(" ")) for feature in found if feature[0] == "r") == 3


def test_what_the_rules_made_of_it() -> None:
    found = every(seen_of(REPORT))
    assert {"k history", "k findings", "k impression", "v negative", "q ^ negative $"} <= found
    doubted = "No evidence of pulmonary embolism if the film is clear. Suspicious for PE. Mismatch in the RLL."
    doubtful = every(seen_of(f"IMPRESSION: {doubted}"))
    assert "h positive" in doubtful
    assert "v negative?" in doubtful
    assert {"rx", "rn"}.isdisjoint(feature.split(" ")[0] for feature in doubtful)


def test_what_a_phrase_refuses() -> None:
    assert "f wide-range" in every(seen_of("IMPRESSION: Low to high probability for pulmonary embolism."))


def test_the_category_in_question() -> None:
    assert any(f.startswith("rp ") for f in every(seen_of("FINDINGS: Seen.\nIMPRESSION: High probability for PE.")))
    assert any(f.startswith("rd ") for f in every(seen_of("FINDINGS: Seen.\nIMPRESSION: Intermediate probability for PE.")))
    several = "FINDINGS: Seen.\nIMPRESSION: High probability for PE. Low probability for PE."
    assert any(f.startswith("rx ") for f in every(seen_of(several)))
    doubtful = "FINDINGS: Seen.\nIMPRESSION: Low probability for PE if the film is clear."
    assert any(f.startswith("rn ") for f in every(seen_of(doubtful)))


def test_numbers_are_one_word_and_addenda_are_told_apart() -> None:
    found = every(seen_of(f"{REPORT}\n\nADDENDUM: The dose was 148 MBq."))
    assert "a was #" in found
    assert not any("148" in feature for feature in found)
    assert "i dose" not in found


def test_they_come_in_the_order_of_the_text() -> None:
    told = [feature for feature in features(seen_of(REPORT), Everything()) if feature.startswith("i ") and feature.count(" ") == 1]
    assert told == ["i ^", "i no", "i evidence", "i of", "i pulmonary", "i embolism", "i $"]
    with pytest.raises(TypeError):
        iter(Everything())
    with pytest.raises(TypeError):
        len(Everything())


def test_words_that_are_written_as_two_are_one_word_of_a_run() -> None:
    found = every(seen_of("IMPRESSION: This doesn't show pulmonary embolism."))
    assert {"i this does_not", "i does_not show"} <= found


def test_hostile_lengths_cost_a_bounded_number_of_features() -> None:
    words = " ".join(f"w{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(4_000))
    found = every(seen_of(f"FINDINGS: {words}\nIMPRESSION: No evidence of PE. {words}"))
    assert sum(feature.startswith("rn ") for feature in found) < 2 * 2_010
    assert sum(feature.startswith("i ") for feature in found) < 4 * (1_500 + 310)


def test_only_what_is_known_is_looked_for_and_nothing_known_is_missed() -> None:
    """A run is looked for from its beginning on: that loses nothing, since the weights hold each beginning of what they hold."""
    known = both_readers().weights
    assert known
    for feature in known.rows:
        kind, *words = feature.split(" ")
        assert len(words) < 2 or kind in "knvhfmow" or " ".join((kind, *words[:-1])) in known.rows, feature
    for row in corpus("d6.jsonl")[::10]:
        if row["gold_category"] == "review":
            continue  # it may be one that is not read at all
        seen = seen_of(row["report_text"])
        assert features(seen, known.rows).keys() == every(seen) & known.rows.keys()


# -- its weights


def test_weights_come_back_from_their_text() -> None:
    learned = {"i no": (2.5, (1.0, -0.25, 0.001, 0.0)), "i": (1.0, (0.0, 0.0, 0.0, 0.0))}
    text = text_of({"texts": "abc", "reports": "2"}, (0.5, 0, -1, 0), learned)
    found = Weights.parse(text, "x")
    assert (found.about, found.bias) == ({"texts": "abc", "reports": "2"}, (0.5, 0.0, -1.0, 0.0))
    assert found.rows == {"i": (1, 0, 0, 0, 0), "i no": (2.5 * 2.5, 2.5, 2.5 * -0.25, 2.5 * 0.001, 0)}
    assert text == text_of({"texts": "abc", "reports": "2"}, (0.5, 0, -1, 0), dict(reversed(learned.items())))
    assert found.hash != weights({}).hash


BROKEN = {
    "empty": "",
    "another head": "another head\n\nbias\t0\t0\t0\t0\n",
    "nothing behind the head": f"{HEAD}\n",
    "no value": f"{HEAD}\ntexts\n\nbias\t0\t0\t0\t0\n",
    "no bias": f"{HEAD}\n\n",
    "another name": f"{HEAD}\n\nbiases\t0\t0\t0\t0\n",
    "three numbers": f"{HEAD}\n\nbias\t0\t0\t0\n",
    "three weights": f"{HEAD}\n\nbias\t0\t0\t0\t0\ni no\t1\t0\t0\t0\n",
    "no number": f"{HEAD}\n\nbias\t0\t0\t0\t0\ni no\t1\t0\t0\t0\tx\n",
    "no rarity": f"{HEAD}\n\nbias\t0\t0\t0\t0\ni no\n",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_damaged_text_is_refused_with_its_name(broken: str) -> None:
    with pytest.raises(Misconfigured) as failure:
        Weights.parse(broken, "second.gz")
    assert [problem.file for problem in failure.value.problems] == ["second.gz"]


# -- what it thinks


def test_chances_are_the_softmax_of_the_weights_by_rarity() -> None:
    learned = weights({"i": (1, (0, 0, 0, 0)), "i no": (3, (2, 0, -1, 0)), "i embolism": (4, (0, 1, 0, 0))}, (0.1, 0, 0, 0))
    found = opinion_of(seen_of("IMPRESSION: No evidence of pulmonary embolism."), learned)
    # the two features that the text has, 3 and 4 of a length of 5
    raw = [0.1 + 2 * 0.6, 0.8, -0.6, 0.0]
    whole = sum(map(math.exp, raw))
    assert [found.chances[category] for category in ORDER] == pytest.approx([math.exp(value) / whole for value in raw])
    assert sum(found.chances.values()) == pytest.approx(1)
    assert found.likeliest is NEGATIVE
    # what each speaks for, above the mean of its four weights
    grounds = found.grounds(NEGATIVE, 5)
    assert [feature for feature, _ in grounds] == ["i no", "i embolism"]
    assert [weight for _, weight in grounds] == pytest.approx([0.6 * 1.75, -0.2])
    assert found.grounds(NEGATIVE, 0) == []
    assert [feature for feature, _ in found.grounds(NONDIAGNOSTIC, 1)] == ["i embolism", "i no"]


def test_a_text_of_which_it_knows_no_word_leaves_the_bias() -> None:
    found = opinion_of(seen_of("IMPRESSION: No evidence of PE."), leaning(POSITIVE, 3))
    assert found.likeliest is POSITIVE
    assert found.rows == {}
    assert found.chances[POSITIVE] == pytest.approx(math.exp(3) / (math.exp(3) + 3))


# -- what it may do


def verdict(grade: Grade, *, doubtful: bool = False, chronic: bool = False, denied: bool = False) -> Verdict:
    return Verdict(grade, Evidence("x", "impression", "x", 0, 1), grade.category, doubtful=doubtful, chronic=chronic, denied=denied)


def seen(category: Category, reasons: Sequence[str] = (), words: int = OBJECTS_FROM) -> Seen:
    """What the rules read or refused, of a report with so many words that no phrase takes."""
    tokens = [Token("word", n, n + 1) for n in range(words)]
    live = Part(sentences=[SentenceMatch(tokens, (), (), ())])
    return Seen(live, [], [], [], Reading(category, reasons=tuple(reasons)))


def both(seen: Seen, verdicts: Sequence[Verdict], opinion: Opinion, rights: Rights) -> Double:
    seen = replace(seen, verdicts=verdicts)
    return put_together(seen, opinion) if is_asked(seen, rights) else Double()


def sure(category: Category, chance: float) -> Opinion:
    rest = (1 - chance) / 3
    return Opinion({one: chance if one is category else rest for one in ORDER})


@pytest.mark.parametrize("rights", [Rights.OBJECTS, Rights.SETTLES])
@pytest.mark.parametrize("category", [NEGATIVE, NONDIAGNOSTIC, POSITIVE])
def test_it_objects_below_a_chance(category: Category, rights: Rights) -> None:
    told = [verdict(Grade.LOW)]
    at = OBJECTS_BELOW[category]
    below = sure(category, at - 0.01)
    assert both(seen(category), told, below, rights).objects
    assert not both(seen(category), told, sure(category, at), rights).objects
    assert not both(seen(category, words=OBJECTS_FROM - 1), told, below, rights).objects


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("IMPRESSION: No evidence of PE.", 0),
        ("IMPRESSION: No evidence of PE, 2 effusions.", 1),
        ("FINDINGS: Six words do stand beside it, 7.\nIMPRESSION: No evidence of PE.", 2),
        ("IMPRESSION: No evidence of PE.\n\nADDENDUM: The dose was wrong.", 4),
        ("INDICATION: One two three four five six.\nIMPRESSION: No evidence of PE.", 0),
    ],
)
def test_what_no_rule_explains(text: str, words: int) -> None:
    shown = seen_of(text)
    assert shown.leaves(words)
    assert not shown.leaves(words + 1)


def test_a_plain_report_is_never_objected_to() -> None:
    """Whoever has learned from traps would object to the plain words that every trap begins with."""
    for row in corpus("p1_plain.jsonl"):
        found = read([TextBlock(row["report_text"])], both_readers())
        assert (found.category, found.grade) == (row["gold_category"], row["gold_grade"]), row["id"]
    for text in ("IMPRESSION: No evidence of PE.", "Low probability for PE.", "FINDINGS: Seen.\nIMPRESSION: High probability for PE."):
        assert read([TextBlock(text)], both_readers()) == reading_of(text)


@pytest.mark.parametrize("grade", [Grade.LOW, Grade.INTERMEDIATE, Grade.HIGH])
@pytest.mark.parametrize("reason", sorted(SETTLES))
def test_it_settles_from_a_chance_on(grade: Grade, reason: str) -> None:
    category, told = grade.category, [verdict(grade, doubtful=True)]
    at = SETTLES_FROM[category]

    def settled(chance: float, reasons: tuple[str, ...] = (reason,), rights: Rights = Rights.SETTLES) -> Grade | None:
        found = both(seen(REVIEW, reasons), told, sure(category, chance), rights)
        assert not found.objects
        return found.settled.grade if found.settled else None

    assert settled(at) is grade
    assert settled(at - 0.01) is None
    assert settled(1, (*SETTLES,)) is grade
    assert settled(1, (reason, "template-unfilled")) is None
    assert settled(1, ("no-verdict",)) is None
    assert settled(1, ()) is None
    assert settled(1, rights=Rights.OBJECTS) is None


def test_it_settles_nothing_that_no_phrase_stated() -> None:
    told = [verdict(Grade.HIGH), verdict(Grade.INTERMEDIATE)]
    assert both(seen(REVIEW, ("unread-mention",)), told, sure(NEGATIVE, 1), Rights.SETTLES).settled is None
    assert both(seen(REVIEW, ("unread-mention",)), told, sure(REVIEW, 1), Rights.SETTLES).settled is None
    assert both(seen(REVIEW, ("unread-mention",)), [], sure(POSITIVE, 1), Rights.SETTLES).settled is None


def test_it_settles_nothing_against_a_plain_verdict() -> None:
    told = [verdict(Grade.LOW, doubtful=True), verdict(Grade.HIGH)]
    assert both(seen(REVIEW, ("contradiction", "unread-mention")), told, sure(NEGATIVE, 1), Rights.SETTLES).settled is None
    told = [verdict(Grade.LOW), verdict(Grade.HIGH, doubtful=True)]
    assert both(seen(REVIEW, ("contradiction", "unread-mention")), told, sure(NEGATIVE, 1), Rights.SETTLES).settled


def test_it_explains_no_denial_away() -> None:
    """What denies a verdict or takes it back looks to it like the many reports that state the same verdict."""
    told = [verdict(Grade.HIGH, doubtful=True)]
    assert both(seen(REVIEW, ("unread-mention",)), told, sure(POSITIVE, 1), Rights.SETTLES).settled
    denied = [verdict(Grade.HIGH, doubtful=True, denied=True)]
    assert both(seen(REVIEW, ("unread-mention",)), denied, sure(POSITIVE, 1), Rights.SETTLES).settled is None
    refused = seen(REVIEW, ("unread-mention",))
    refused.live.found.refusals.append("unread-mention")
    assert both(refused, told, sure(POSITIVE, 1), Rights.SETTLES).settled is None
    added = Part()
    added.found.refusals.append("unread-mention")
    beside = replace(seen(REVIEW, ("unread-mention",)), added=[added])
    assert both(beside, told, sure(POSITIVE, 1), Rights.SETTLES).settled is None


@pytest.mark.parametrize("category", [NEGATIVE, NONDIAGNOSTIC, POSITIVE])
@pytest.mark.parametrize(
    "text",
    [
        "{}, which is not correct.",
        "{} has to be taken back.",
        "{}, and that is false.",
        "It is not true that there is {}.",
        "{} is disputed.",
        "Nobody should conclude {}.",
        "We can no longer speak of {}.",
    ],
)
def test_a_denied_verdict_is_for_a_person_however_sure_it_is(text: str, category: Category) -> None:
    grade = {NEGATIVE: "very low", NONDIAGNOSTIC: "intermediate", POSITIVE: "high"}[category]
    told = "IMPRESSION: " + text.format(f"{grade} probability for pulmonary embolism")
    assert reading_of(told).category is REVIEW
    assert twice(told, leaning(category)).category is REVIEW


def test_the_settled_grade_is_of_the_verdicts_without_doubt_if_there_are_any() -> None:
    def grade(*told: Verdict) -> tuple[Grade | None, bool]:
        found = both(seen(REVIEW, ("unread-mention",)), told, sure(POSITIVE, 1), Rights.SETTLES).settled
        assert found
        return found.grade, found.chronic

    assert grade(verdict(Grade.PRESENT), verdict(Grade.HIGH, doubtful=True)) == (Grade.PRESENT, False)
    assert grade(verdict(Grade.PRESENT, doubtful=True), verdict(Grade.HIGH, doubtful=True)) == (Grade.HIGH, False)
    assert grade(verdict(Grade.PRESENT, chronic=True, doubtful=True), verdict(Grade.LOW, doubtful=True)) == (Grade.PRESENT, True)


# -- both together

DOUBTED = "IMPRESSION: Low probability for pulmonary embolism. Embolism glorbs in the middle."


def test_without_a_second_reader_the_rules_read_alone() -> None:
    assert reading_of(DOUBTED).reasons == ("unread-mention",)
    assert vocabulary().read_twice(leaning(NEGATIVE), Rights.OFF) is vocabulary()


def test_an_objection_sends_the_report_to_a_person() -> None:
    more = f"{REPORT} The heart is of normal size, as it was before."
    found = twice(more, leaning(REVIEW), Rights.OBJECTS)
    assert (found.category, found.grade, found.reasons) == (REVIEW, None, (OBJECTION,))
    assert found.evidence == reading_of(more).evidence
    assert twice(more, leaning(NEGATIVE)).category is NEGATIVE
    assert twice(REPORT, leaning(REVIEW)).category is NEGATIVE
    known = "The heart is of normal size, as it was before."
    chronic = twice(f"IMPRESSION: Chronic thromboembolic disease, high probability. No acute PE. {known}", leaning(NEGATIVE))
    assert (chronic.category, chronic.chronic) == (REVIEW, False)


def test_a_settled_doubt_gives_the_verdict_and_says_so() -> None:
    found = twice(DOUBTED, leaning(NEGATIVE))
    assert (found.category, found.grade, found.reasons) == (NEGATIVE, Grade.LOW, (SETTLED,))
    assert [evidence.text.lower() for evidence in found.evidence] == ["low probability for pulmonary embolism"]
    assert twice(DOUBTED, leaning(NEGATIVE), Rights.OBJECTS) == reading_of(DOUBTED)
    assert twice(DOUBTED, leaning(POSITIVE)) == reading_of(DOUBTED)


@pytest.mark.parametrize(
    "against",
    [
        "{}\n\nATTENDING: High probability for pulmonary embolism.",
        "FINDINGS: Large mismatched segmental defects in both lungs.\n{}",
        "{} Signed for the",
        "PRELIMINARY REPORT: High probability for PE.\n\n{}",
        "FINDINGS: No images were acquired.\n{}",
    ],
)
def test_every_other_check_of_the_rules_stands(against: str) -> None:
    """Each of them refuses the same impression without the sentence that is in doubt, too."""
    plain = DOUBTED.split(". ")[0] + "."
    for told in (plain, DOUBTED):
        assert twice(against.format(told), leaning(NEGATIVE)).category is REVIEW, told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DRAFT - not final.\n" + DOUBTED,
        "IMPRESSION:\n",
        "IMPRESSION: Unremarkable bones.",
        "Dictated on the wrong patient.\n" + DOUBTED,
    ],
)
def test_no_other_refusal_is_lifted(text: str) -> None:
    assert twice(text, leaning(NEGATIVE)) == reading_of(text)


def test_the_hash_covers_words_weights_and_rights() -> None:
    one, other = leaning(NEGATIVE), leaning(POSITIVE)
    hashes = {vocabulary().hash} | {vocabulary().read_twice(w, r).hash for w in (one, other) for r in (Rights.SETTLES, Rights.OBJECTS)}
    assert len(hashes) == 5
    assert vocabulary().read_twice(one, Rights.SETTLES).hash == vocabulary().read_twice(leaning(NEGATIVE), Rights.SETTLES).hash


def test_nothing_is_settled_where_no_verdict_has_the_category() -> None:
    verdicts = seen_of("IMPRESSION: No evidence of pulmonary embolism.").verdicts
    assert verdicts
    assert best_of(verdicts, Category.POSITIVE) is None
    settled = best_of(verdicts, Category.NEGATIVE)
    assert settled is not None
    assert (settled.category, settled.grade) == (Category.NEGATIVE, Grade.ABSENT)
