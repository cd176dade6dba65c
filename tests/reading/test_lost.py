"""Perfusion that is lost where the air is normal, whatever it is called, and what accounts for it; and perfusion that is whole."""

import pytest

from pipeline.domain.reading import Grade
from pipeline.reading.crosscheck import disagree
from tests.reading.reading_kit import outcome

DISAGREE = "review findings-disagree"
LEFT = "negative absent"


def under(findings: str, impression: str = "PE absent.") -> str:
    return outcome(f"FINDINGS: {findings}\nIMPRESSION: {impression}")


def rows(text: str, pieces: str) -> list[str]:
    return [text.replace("{}", piece) for piece in pieces.split("|")]


@pytest.mark.parametrize(
    "lost",
    [
        *rows("The lower lobe is {}.", "missing|lost|absent|cold|empty|unfilled|unperfused|non-perfused|not perfused|hardly perfused"),
        *rows("The lower lobe is {}.", "photopenic|devoid of tracer|worse than ventilation|a void|a gap|a hole"),
        *rows("The lower lobe has {}.", "vanished|no tracer|no perfusion|no activity|no uptake|almost no counts|a defect"),
        "No tracer in the lower lobe.",
        "The lower lobe isn't perfused.",
        "The lower lobe lacks activity.",
        "Loss of tracer in the lower lobe.",
        # where, or of what shape
        *rows("{} cold.", "A segment is|A segmental region is|The lobar region is|The lingula is|The basal part is|S6 is|S10 is"),
        *rows("{} cold.", "The apical part is|The apicoposterior part is"),
        *rows("{} is lost.", "A wedge|A wedge-shaped region|A triangular region|A triangle"),
        # what is told beside it and accounts for nothing
        "The lower lobe is cold. No effusion.",
        "The lower lobe is cold. Lungs without effusion, mass, or consolidation.",
        "The lower lobe is cold due to missing flow.",
        "The lower lobe is cold, not explained by the film.",
        "The lower lobe is cold; neither is explained by the film.",
    ],
)
def test_lost_where_the_air_is_normal(lost: str) -> None:
    assert under(f"Xenon is normal everywhere. {lost}") == DISAGREE
    assert under(lost.upper(), "Xenon is normal everywhere. Very low probability for PE.") == DISAGREE
    assert under(f"Xenon is patchy. {lost}") == LEFT


@pytest.mark.parametrize(
    "air",
    [
        *rows("{} normal.", "Ventilation is|Aerosol is|Technegas is|Xenon is|Krypton is|DTPA is|The air is|The gas is|Breathing is"),
        *rows("The air is {}.", "uniform|even|evenly spread|intact|preserved|maintained|good|homogeneous|symmetrical|unremarkable"),
        *rows("The air {}.", "gets everywhere|fully penetrates|penetrates to the rim|filled both sides|shows nothing on any view"),
        *rows("The air is {}.", "seen throughout|complete|unimpaired|in every part|well spread"),
        *rows("The air shows {}.", "no abnormality|no regional abnormality|no abnormalities"),
    ],
)
def test_words_for_normal_air(air: str) -> None:
    assert under(f"{air} The lingula is cold.") == DISAGREE
    assert under(f"{air} The lingula is warm.") == LEFT


@pytest.mark.parametrize(
    "air",
    [
        *rows("The air is normal {}.", "except at the apex|apart from the apex|with delayed washout|with trapping|with retention"),
        *rows("The air is normal but {}.", "reduced at the apex|irregular|patchy|clumped|poor at the base|decreased below|uneven below"),
        *rows("The air is normal but {}.", "impaired below|limited below|abnormal below|has a defect"),
        "The air is not normal.",
        "The air was normal on the previous scan.",
        "The heart is normal.",
        "The air is seen.",
    ],
)
def test_air_that_is_not_normal_or_not_told(air: str) -> None:
    assert under(f"{air} The lingula is cold.") == LEFT


@pytest.mark.parametrize(
    "findings",
    [
        # small, or of no segment's shape
        *rows("A {} gap in the lower lobe.", "small|tiny|minor|minimal|slight|mild|subsegmental|sub-segmental|nonsegmental|non-segmental"),
        *rows("A {} loss in the lower lobe.", "patchy|heterogeneous|diffuse|fissural|physiological"),
        *rows("A cold {} in the lower lobe.", "stripe|rim|notch|impression of the heart"),
        "The heart leaves a hole.",
        # not there, or of another time
        *rows("{} gap in the lower lobe.", "No|Without any|Not a|Never a|None of the views shows a|Free of a|Negative for a|Absence of a"),
        *rows("{} gap in the lower lobe.", "A previous|A prior|An earlier|The last scan's|An old|A former|A resolved|A known|An unchanged"),
        *rows("The gap in the lower lobe {}.", "has filled in|has cleared|has recovered|has healed|is gone|of 2019"),
        "If there is a gap in the lower lobe.",
        "Criteria: a gap in the lower lobe.",
        "The lower lobe is perfused.",
    ],
)
def test_nothing_is_lost(findings: str) -> None:
    assert under(f"Xenon is normal everywhere. {findings}") == LEFT


@pytest.mark.parametrize(
    "reason",
    [
        *("matched", "matching the film", "corresponding to the film", "the same on both", "equal on both", "on both studies"),
        *("also reduced on xenon", "with an opacity", "with consolidation", "with an infiltrate", "with an effusion", "with atelectasis"),
        *("with collapse", "behind a mass", "behind a tumour", "after radiation", "after resection", "after lobectomy", "with a bulla"),
        *("with emphysema", "in COPD", "over a scar", "in fibrosis", "beyond a stenosis", "compressed by the aorta", "in reverse"),
        *("stable", "explained by the film", "due to the pacemaker", "attributable to the heart", "with cardiomegaly", "in heart failure"),
        *("smaller than on xenon", "less extensive", "with a shunt", "congenital", "in agenesis", "with bronchiectasis", "a mucous plug"),
        *("with pneumonia", "an airway matter"),
    ],
)
def test_what_accounts_for_it(reason: str) -> None:
    assert under(f"Xenon is normal everywhere. The lower lobe is cold, {reason}.") == LEFT
    assert under("Xenon is normal everywhere. The lower lobe is cold, as it were.") == DISAGREE


def test_a_reader_who_does_not_decide_is_never_contradicted() -> None:
    assert not disagree(["a mismatched defect", "perfusion is normal."], ["intermediate."], Grade.INTERMEDIATE, ("mismatch",))
    assert disagree(["a mismatched defect."], ["low."], Grade.LOW, ())
    assert disagree(["perfusion is normal."], ["high."], Grade.HIGH, ())


def test_it_asks_nothing_of_another_verdict() -> None:
    findings = "Xenon is normal everywhere. The lower lobe is cold."
    assert under(findings, "High probability for PE.") == "positive high"
    assert under(findings, "Intermediate probability for PE.") == "nondiagnostic intermediate"


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        # no perfusion images
        ("No perfusion images were obtained.", DISAGREE),
        ("No perfusion image available.", DISAGREE),
        ("Perfusion imaging could not be performed.", DISAGREE),
        ("Perfusion images were obtained.", LEFT),
        ("Ventilation images were not obtained.", LEFT),
        ("Perfusion was not reduced.", LEFT),
        # the tracer does not get there
        ("MAA does not reach the lingula.", DISAGREE),
        ("Tracer did not reach the base.", DISAGREE),
        ("MAA does reach the lingula.", LEFT),
        # mismatch of which a part is gone
        ("Mismatched defects have cleared on the left but persist on the right.", DISAGREE),
        ("The mismatched defects have cleared, with new ones at the base.", DISAGREE),
        ("The mismatched defects have cleared.", LEFT),
        ("Cones of absent activity.", DISAGREE),
        ("No cones of absent activity.", LEFT),
        ("No activity in the right apex.", DISAGREE),
        ("No activity outside the lungs.", LEFT),
        ("Segmental areas without perfusion.", DISAGREE),
        ("No segmental areas without perfusion.", LEFT),
        # a form
        ("[x] mismatched", DISAGREE),
        ("[x] not matched", DISAGREE),
        ("[x] matched", LEFT),
        ("RUL normal absent", DISAGREE),
        ("LLL normal none", DISAGREE),
        ("RUL normal normal", LEFT),
        # a segment or more without flow where the air gets everywhere
        ("Technegas reaches every part. The left lung receives no tracer.", DISAGREE),
        ("Technegas reaches every part. The left lung receives tracer.", LEFT),
        ("Technegas is patchy. The left lung receives no tracer.", LEFT),
        ("Technegas reaches every part. The left lung receives no tracer since pneumonectomy.", LEFT),
        ("Technegas reaches every part. A wedge at the base with absent activity.", DISAGREE),
        ("Technegas reaches every part. No wedge at the base with absent activity.", LEFT),
        ("Technegas reaches every part. Absent tracer over the lingula.", DISAGREE),
        ("Technegas reaches every part. Absent tracer over the bowel.", LEFT),
    ],
)
def test_under_a_negative(findings: str, expected: str) -> None:
    assert under(findings) == expected


@pytest.mark.parametrize(
    ("impression", "expected"),
    [
        # mismatch that is gone
        ("The mismatched defects have resolved.", LEFT),
        *((f"Mismatched defects have {word}.", LEFT) for word in ("filled", "cleared", "normalised", "recovered", "disappeared", "gone")),
        ("Mismatched defects had all filled.", LEFT),
        ("Mismatched defects have filled but a new one is seen.", DISAGREE),
        ("Mismatched defects have filled, although one persists.", DISAGREE),
        ("Mismatched defects have filled. New mismatched defect at the base.", DISAGREE),
        ("Mismatched defects have filled. The left base is mismatched.", DISAGREE),
        ("Mismatched defects remain.", DISAGREE),
        ("Mismatched defects have cleared on the left but persist on the right.", DISAGREE),
        # counted on a form
        ("Mismatched segments: large 0 moderate 0.", LEFT),
        ("Mismatched segments: large 2 moderate 0.", DISAGREE),
    ],
)
def test_mismatch_that_is_gone(impression: str, expected: str) -> None:
    assert outcome(f"IMPRESSION: {impression} PE absent.") == expected


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ("MAA is homogeneous to the pleura.", DISAGREE),
        ("MAA perfusion is homogeneous to the pleura.", DISAGREE),
        ("Perfusion is even throughout.", DISAGREE),
        ("Perfusion is symmetrical in all segments.", DISAGREE),
        ("Perfusion is complete in both lungs.", DISAGREE),
        ("Perfusion is symmetrical in shape.", "positive high"),
        ("Perfusion is even throughout the left lung.", "positive high"),
        ("Perfusion is even throughout. A wedge is missing.", "positive high"),
        ("Perfusion is even throughout. No wedge is missing.", DISAGREE),
    ],
)
def test_whole_perfusion_under_a_positive(findings: str, expected: str) -> None:
    assert under(findings, "High probability for PE.") == expected
    assert under(findings).startswith("negative ")
