"""What sentences state of the lungs: the tagger, the measures over a report, and what becomes of a verdict that they contradict."""

import math
from dataclasses import replace

import pytest

from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import TextBlock
from pipeline.errors import Misconfigured
from pipeline.reading import Vocabulary, read
from pipeline.reading.double import CONTRADICTED_FROM, DISAGREE, held_against
from pipeline.reading.evidence import Everything
from pipeline.reading.facts import HEAD, MOST_SENTENCES, NAMES, TAGS, Facts, Stated, measures, sentences_of
from pipeline.reading.tagger import MOST_WORDS, Tagger, chance_of, lines_of, runs_of
from pipeline.reading.weights import ORDER, Rights, Weights, text_of
from tests.reading.reading_kit import both_readers, corpus, reading_of, reading_of_both, vocabulary

SURE = 40.0
LOST, AIRED, WHOLE = "L", "V", "P"


def tagger(words: dict[str, str], strength: float = SURE) -> Tagger:
    """One that finds a tag wherever its word stands, and none elsewhere."""
    learned = {word: (1.0, [strength if tag == one else 0.0 for one in TAGS]) for word, tag in words.items()}
    return Tagger.parse(lines_of(tuple(TAGS), [-strength / 2] * len(TAGS), learned, least=0.1))


def text(words: dict[str, str], negative: dict[str, float], positive: dict[str, float] | None = None) -> str:
    """A file whose verdicts are contradicted by these measures."""
    tags = lines_of(
        tuple(TAGS), [-SURE / 2] * len(TAGS), {w: (1.0, [SURE * (t == one) for one in TAGS]) for w, t in words.items()}, least=0.1
    )
    weighed = {Category.NEGATIVE: negative, Category.POSITIVE: positive or {}}
    lines = [f"{c}\t{name}\t{round(1_000 * told.get(name, 0))}" for c, told in weighed.items() for name in sorted(NAMES)]
    return "\n\n".join([f"{HEAD}\ntexts: none", "\n".join(tags), "\n".join([*lines, ""])])


def facts(words: dict[str, str], negative: dict[str, float], positive: dict[str, float] | None = None) -> Facts:
    return Facts.parse(text(words, negative, positive), "made")


def with_facts(told: Facts) -> Vocabulary:
    return replace(vocabulary(), facts=told)


def read_with(told: Facts, report: str) -> Reading:
    return read([TextBlock(report)], with_facts(told))


# -- the tagger


def test_runs_of_up_to_three_words_with_numbers_alike() -> None:
    assert list(runs_of("s6 is cold, 12 %", Everything())) == [
        "^", "^ s", "^ s #", "s", "s #", "s # is", "#", "# is", "# is cold", "is", "is cold", "is cold ,", "cold", "cold ,", "cold , #",
        ",", ", #", ", # %", "# %", "# % $", "%", "% $", "$",
    ]  # fmt: skip
    assert runs_of("is cold", {"is": 1, "cold": 2, "is cold": 3, "is cold here": 4}) == {"is": 1, "is cold": 3, "cold": 2}
    assert runs_of("is cold", {"is cold": 3}) == {}
    assert list(runs_of("", Everything())) == ["^", "^ $", "$"]


def test_a_sentence_of_any_length_costs_a_bounded_number_of_runs() -> None:
    assert len(runs_of(" ".join(f"w{chr(97 + n % 26) * (n // 26 + 1)}" for n in range(9_000)), Everything())) <= 3 * (MOST_WORDS + 2)


def test_chances_are_of_the_words_that_are_known() -> None:
    made = Tagger.parse(lines_of(("a", "b"), (0.5, -1), {"cold": (3.0, (2, 0)), "warm": (4.0, (0, 1))}, least=0))
    told = made.chances("cold and warm")
    assert told == pytest.approx((chance_of(0.5 + 2 * 3 / 5), chance_of(-1 + 4 / 5)))
    assert made.chances("else") == pytest.approx((chance_of(0.5), chance_of(-1)))
    assert chance_of(0) == 0.5
    assert (chance_of(1e9), chance_of(-1e9)) == pytest.approx((1, 0))


def test_a_tagger_comes_back_from_its_lines_without_what_adds_next_to_nothing() -> None:
    lines = lines_of(("a", "b"), (0.25, -1.5), {"warm": (2.0, (1.5, 0.1)), "cold": (1.0, (0.1, -2))}, least=0.5)
    assert lines == ["tags\ta\tb", "bias\t250\t-1500", "cold\t1000\t1:-2000", "warm\t2000\t0:1500"]
    made = Tagger.parse(lines)
    assert (made.tags, made.bias) == (("a", "b"), (0.25, -1.5))
    assert made.rows == {"cold": (1.0, ((1, -2.0),)), "warm": (4.0, ((0, 3.0),))}


@pytest.mark.parametrize(
    "broken",
    [
        ["other\ta", "bias\t0"],
        ["tags\ta", "other\t0"],
        ["tags\ta\tb", "bias\t0"],
        ["tags\ta", "bias\tx"],
        ["tags\ta", "bias\t0", "cold"],
        ["tags\ta", "bias\t0", "cold\t1\t1:5"],
        ["tags\ta", "bias\t0", "cold\t1\t-1:5"],
        ["tags\ta", "bias\t0", "cold\t1\t5"],
    ],
)
def test_other_lines_are_no_tagger(broken: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Tagger.parse(broken)


# -- what a report states


def test_sentences_are_one_line_each_and_pieces_are_left_out() -> None:
    told = sentences_of(["perfusion: absent\nin the lingula. v. ok.\ncxr: clear", "no pe at all; done"])
    assert told == ["perfusion: absent in the lingula", "cxr: clear", "no pe at all"]
    assert len(sentences_of(["a sentence. " * 5_000])) == MOST_SENTENCES


def row(**tags: float) -> list[float]:
    return [tags.get(tag, 0.0) for tag in TAGS]


def test_what_goes_for_a_contradiction() -> None:
    bare = measures([row(L=1), row(V=1)], Grade.LOW, chronic=False)
    assert (bare["lost"], bare["bare"], bare["bare, aired"], bare["L then V"], bare["grade low"], bare["chronic"]) == (1, 1, 1, 1, 1, 0)
    assert bare.keys() < NAMES
    matched = measures([row(L=1, M=1), row(V=1)], Grade.LOW, chronic=True)
    assert (matched["lost"], matched["bare"], matched["bare, aired"], matched["LM"], matched["matched only"], matched["chronic"]) == (
        1, 0, 0, 1, 1, 1,
    )  # fmt: skip
    old = measures([row(L=1, G=1)], Grade.ABSENT, chronic=False)
    assert (old["lost"], old["bare"]) == (0, 0)
    assert measures([row(L=1), row(M=1)], Grade.ABSENT, chronic=False)["bare, alone"] == 0
    whole = measures([row(P=1)], Grade.HIGH, chronic=False)
    assert (whole["whole"], whole["whole, none small"], whole["nothing lost"]) == (1, 1, 1)
    small = measures([row(P=1, S=1)], Grade.HIGH, chronic=False)
    assert (small["whole"], small["whole, none small"], small["nothing lost"]) == (1, 0, 0)
    unmatched = measures([row(U=1, S=0.5)], Grade.HIGH, chronic=False)
    assert (unmatched["unmatched, not small"], unmatched["matched only"]) == (0.5, 0)
    assert measures([row(C=1, L=1)], Grade.LOW, chronic=False)["bare, clear"] == 1


def test_a_report_without_a_sentence_states_nothing() -> None:
    told = measures([], Grade.PRESENT, chronic=False)
    assert {name for name, value in told.items() if value} == {"grade present", "nothing lost"}


def test_the_chance_that_it_contradicts() -> None:
    made = facts({"cold": LOST}, {"bias": -2, "lost": 3, "grade low": 0.5}, {"bias": 1})
    stated = made.stated(["the lingula is cold. nothing else."])
    assert [one.text for one in stated] == ["the lingula is cold", "nothing else"]
    assert stated[0].tags() == [TAGS[LOST]]
    assert stated[1].tags() == []
    assert made.speaks_against(stated, Grade.LOW, chronic=False) == pytest.approx(1 / (1 + math.exp(-1.5)), abs=1e-6)
    assert made.speaks_against(stated, Grade.ABSENT, chronic=False) == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-6)
    assert made.speaks_against(stated, Grade.HIGH, chronic=False) == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-6)
    assert Stated("x", tuple(row(V=0.4))).tags(0.3) == [TAGS[AIRED]]


def test_the_file_says_what_it_is_of() -> None:
    made = facts({"cold": LOST}, {})
    assert made.about == {"texts": "none"}
    assert made.hash != facts({"warm": LOST}, {}).hash


GOOD = text({"cold": LOST}, {"bias": -1})


@pytest.mark.parametrize(
    "broken",
    [
        "",
        GOOD.replace(HEAD, "another"),
        GOOD.replace("\n\n", "\n"),
        GOOD + "\n\nmore",
        GOOD.replace("tags\tP\tL", "tags\tL\tP"),
        GOOD.replace("negative\tbias", "other\tbias"),
        GOOD.replace("negative\tbias", "review\tbias"),
        GOOD.replace("negative\tbias\t-1000\n", ""),
        GOOD.replace("negative\tbias\t-1000", "negative\tbias\tx"),
        GOOD.replace("negative\tbias\t-1000", "negative\tbias"),
        GOOD.replace("negative\tbias", "negative\tother"),
        GOOD.replace("texts: none", "texts"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(broken: str) -> None:
    with pytest.raises(Misconfigured) as failure:
        Facts.parse(broken, "findings.gz")
    assert [problem.file for problem in failure.value.problems] == ["findings.gz"]


# -- what becomes of the verdict

AGAINST = facts({"cold": LOST, "even": WHOLE}, {"bias": -9, "lost": 20}, {"bias": -9, "whole": 20})
COLD = "FINDINGS: Seen on all views, the whole lingula lies cold.\nIMPRESSION: No evidence of PE."


def test_a_verdict_that_its_findings_contradict_is_for_a_person() -> None:
    found = read_with(AGAINST, COLD)
    assert (found.category, found.grade, found.chronic, found.reasons) == (Category.REVIEW, None, False, (DISAGREE,))
    assert found.evidence == reading_of(COLD).evidence
    assert read_with(AGAINST, COLD.replace("cold", "warm")) == reading_of(COLD.replace("cold", "warm"))
    even = "FINDINGS: Seen on all views, the whole lung is even.\nIMPRESSION: High probability for PE."
    assert reading_of(even).category is Category.POSITIVE
    assert read_with(AGAINST, even).reasons == (DISAGREE,)


def test_nothing_contradicts_a_nondiagnostic_verdict_or_a_refusal() -> None:
    for impression in ("Intermediate probability for PE.", "Embolism glorbs in the middle."):
        told = COLD.replace("No evidence of PE.", impression)
        assert read_with(AGAINST, told) == reading_of(told)


def test_what_was_masked_in_the_impression_states_nothing() -> None:
    told = "IMPRESSION: No evidence of PE. If the lingula should be cold on a later day, please repeat the scan."
    assert read_with(AGAINST, told) == reading_of(told)


def test_a_text_that_says_nothing_but_its_verdict_is_not_asked() -> None:
    always = facts({}, {"bias": 9}, {"bias": 9})
    assert read_with(always, "IMPRESSION: No evidence of PE.").category is Category.NEGATIVE
    assert read_with(always, COLD).category is Category.REVIEW


def test_a_settled_verdict_is_held_against_the_findings_too() -> None:
    doubted = "FINDINGS: Seen on all views, the whole lingula lies cold.\nIMPRESSION: Low probability for PE. Embolism glorbs."
    sure = Weights.parse(text_of({}, tuple(20.0 if one is Category.NEGATIVE else 0.0 for one in ORDER), {}), "made")
    settled = vocabulary().read_twice(sure, Rights.SETTLES)
    assert read([TextBlock(doubted)], settled).category is Category.NEGATIVE
    assert read([TextBlock(doubted)], vocabulary().read_twice(sure, Rights.SETTLES, AGAINST)).reasons == (DISAGREE,)


def test_the_hash_covers_the_facts() -> None:
    sure = Weights.parse(text_of({}, (0, 0, 0, 0), {}), "made")
    hashes = {vocabulary().read_twice(sure, Rights.OBJECTS, told).hash for told in (None, AGAINST, facts({}, {}))}
    assert len(hashes) == 3


@pytest.mark.parametrize("category", [Category.NEGATIVE, Category.POSITIVE])
def test_a_chance_counts_from_a_threshold_on(category: Category) -> None:
    at = CONTRADICTED_FROM[category]
    assert held_against(category, at).counts
    assert not held_against(category, at - 0.01).counts
    assert held_against(category, at).chance == at


# -- as it was learned

CONTRADICTED = [
    "PERFUSION: The right S6 and the left S9 and S10 receive no MAA. VENTILATION: Technegas fills them well.\nIMPRESSION: {}",
    "FINDINGS: Two wedge-shaped cold areas in the left lung, aerated and ventilated. Film clear.\nIMPRESSION: {}",
    "FINDINGS: Blood flow is missing from the whole lingula. Xenon enters it promptly. The radiograph is clear there.\nIMPRESSION: {}",
    "FINDINGS: Several segments stay dark on the perfusion views. The aerosol reaches them all.\nIMPRESSION: {}",
]
IN_ORDER = [
    "PERFUSION: The right S6 and the left S9 receive less MAA. VENTILATION: Matching reductions in the same segments.\nIMPRESSION: {}",
    "FINDINGS: One cold area at the left base, where the film has an effusion of the same size.\nIMPRESSION: {}",
    "FINDINGS: Blood flow is even in both lungs. Xenon enters promptly. The radiograph is clear.\nIMPRESSION: {}",
]


@pytest.mark.parametrize("negative", ["No evidence of pulmonary embolism.", "Very low probability for PE.", "PE excluded."])
def test_unmatched_loss_in_whatever_words_contradicts_a_denial(negative: str) -> None:
    learned = both_readers().facts
    assert learned
    for told in CONTRADICTED:
        assert reading_of_both(told.format(negative)).category is Category.REVIEW, told
        assert read_with(learned, told.format(negative)).reasons == (DISAGREE,), told
    for told in IN_ORDER:
        assert read_with(learned, told.format(negative)).category is Category.NEGATIVE, told


def test_the_tagger_knows_every_beginning_of_what_it_knows() -> None:
    learned = both_readers().facts
    assert learned
    assert all(" " not in run or run.rpartition(" ")[0] in learned.tagger.rows for run in learned.tagger.rows)
    for report in corpus("d6.jsonl")[::20]:
        told = sentences_of([report["report_text"].lower()])
        for sentence in told:
            every = {run for run in runs_of(sentence, Everything()) if run in learned.tagger.rows}
            assert runs_of(sentence, learned.tagger.rows).keys() == every
