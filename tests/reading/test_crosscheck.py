"""Findings held against the verdict: each wording that is looked for, and what is near to it and must not be taken for it."""

import pytest

from tests.reading.reading_kit import outcome

DISAGREE = "review findings-disagree"


def under(findings: str, impression: str) -> str:
    return outcome(f"FINDINGS: {findings}\nIMPRESSION: {impression}")


def rows(text: str, pieces: str) -> list[str]:
    return [text.replace("{}", piece) for piece in pieces.split("|")]


def test_boxes_and_signs_of_a_mismatch() -> None:
    low = "Low probability for PE."
    assert under("RLL V+ Q-.", low) == DISAGREE
    assert under("Right base: v+, q-", low) == DISAGREE
    assert under("[x] mismatch  [ ] match", low) == DISAGREE
    assert under("[X] unmatched [ ] matched", low) == DISAGREE
    assert under("[ ] mismatch [x] matched", low) == "negative low"
    assert under("RLL V- Q-.", low) == "negative low"


def test_perfusion_of_both_lungs_is_normal_under_a_positive() -> None:
    assert under("Perfusion to both lungs is normal.", "Multiple bilateral pulmonary emboli.") == DISAGREE
    assert under("Perfusion to both lungs is reduced.", "Multiple bilateral pulmonary emboli.") == "positive present"


def test_a_list_that_breaks_behind_a_no() -> None:
    assert outcome("IMPRESSION:\n1. Heart enlarged, no\n2. Pulmonary embolism") == "review unread-mention"
    assert outcome("IMPRESSION:\n1. Heart enlarged.\n2. Pulmonary embolism") == "positive present"


@pytest.mark.parametrize(
    "findings",
    [
        *rows("{} defects.", "Miss-matched|Mis matched|Mismached|Unmatched|Nonmatched|Non-matched|Discordant|Mismatching"),
        "Discordance is seen.",
        *rows(
            "There {} mismatched defects.", "are|were large|is no change in|is no significant change in|are no new|is no interval change in"
        ),
        "Mismatched defects: 2",
        "A mismatch is seen in the left lung.",
        # perfusion gone, air there
        *rows("Defects {} ventilation.", "not matched by|which are not matched by the|none of which is matched by|without any matched"),
        *rows(
            "Defects without {} abnormality.", "any corresponding xenon|associated aerosol|corresponding radiographic|a matched ventilation"
        ),
        *rows("Defects {}.", "not matched on aerosol|but are normally ventilated|but well ventilated|and none has a matching change"),
        *rows("Defects with {} ventilation in these areas.", "normal|preserved|intact|maintained"),
        *rows("Defects, {} ventilation of the same segments.", "normal|preserved|intact|maintained"),
        *rows("A defect {}.", "with no corresponding ventilation change|with no corresponding aerosol change|which ventilates normally"),
        *rows(
            "A defect {}.", "not seen on ventilation|not seen on the ventilation images|larger than the ventilation one|and Q defect > V"
        ),
        *rows("A defect without {}.", "a ventilation counterpart|ventilation abnormality|ventilation change"),
        *rows("A defect with normal {}.", "technegas|aerosol|xenon|krypton"),
        *rows("A defect with {}.", "ventilation intact|aerosol preserved|xenon, maintained|krypton images are normal"),
        *rows(
            "{} with normal xenon.",
            "A deficit|Decreased perfusion|Reduced perfusion|Absent perfusion|No perfusion|Wedges|A photopenic area",
        ),
        *rows("A wedge with normal {}.", "technegas|aerosol|xenon|krypton"),
        *rows("A wedge {}.", "which ventilates normally|without corresponding radiographic change"),
        *rows("{} segments.", "Mismached|Unmatched|Discordant"),
        # segmental defects where the air goes everywhere
        *rows(
            "Ventilation is {}. Segmental perfusion defect on the right.",
            "normal|uniform|homogeneous|preserved|unremarkable|intact|even|maintained",
        ),
        *rows("{} is normal. Segmental perfusion defect on the right.", "Ventilation|Aerosol|Xenon|Technegas|Krypton"),
        *rows("{}. Segmental defect.", "Normal ventilation|Defect fills in on ventilation|Defect not seen on ventilation"),
        *rows(
            "Ventilation is normal. {}.", "Lobar defect|Wedge-shaped defect|Large defect|Segmental right basal defects|Perfusion defects"
        ),
        *rows("Ventilation is normal. Segmental defect. {}.", "Mismatched|Unmatched|A nodule"),
        "Ventilation is normal.\nSegmental defect.",
        "Ventilation is normal; a segmental defect is seen.",
    ],
)
def test_a_mismatch_under_a_negative_is_for_a_person(findings: str) -> None:
    assert under(findings, "No evidence of PE.") == DISAGREE
    assert under(findings.upper(), "Very low probability for PE.") == DISAGREE


@pytest.mark.parametrize(
    "findings",
    [
        *rows("{} mismatched defects.", "No|Not|Without|Nor|Neither|Never|None of the|Absence of|Absent|Free of|Negative for|Lack of|Nil"),
        *rows("{} mismatched defects.", "Resolved|Resolution of|Cleared|Previously|Prior|Previous|Former|Old|Known|Excluded|Inverse"),
        *rows("{} mismatched defects.", "Looking for|To look for|Evaluate for|Criteria:|If|In May there were|Two years ago|Six months ago"),
        *rows("In {} there were mismatched defects.", "January|February|March|April|June|July|August|September|October|November|December"),
        *rows("A {} mismatch.", "reverse|reversed"),
        *rows(
            "A mismatch {}.",
            "is not seen|is not identified|is not present|was not demonstrated|is absent|has resolved|is no longer seen|"
            "is seen in no segment",
        ),
        *rows("Mismatched {}", "defects: 0|segments: none|defects on the right: nil|defects: absent|defects: no"),
        "Mismatches: none",
        *rows(
            "{} with normal xenon.", "No defect|No wedge|Not a deficit|Never a large defect|Matched defects|Only small defects|The heart"
        ),
        "Defects with normal xenon: none",
        "No segmental defect with normal ventilation in these areas.",
        "Ventilation is patchy. Segmental perfusion defect on the right.",
        "The film is normal. Segmental perfusion defect on the right.",
        *rows(
            "Ventilation is normal. {}.",
            "Subsegmental defect|Sub-segmental defect|Nonsegmental defect|Non-segmental defect|No segmental defect|A small defect",
        ),
        *rows(
            "Ventilation is normal. Segmental defect. {}.",
            "Corresponding opacity|A matching film change|The same on both|Equal in size|Both studies alike|An opacity|An infiltrate|"
            "A consolidation|An effusion",
        ),
        "A defect in the left lung.",
    ],
)
def test_what_is_no_mismatch_leaves_a_negative(findings: str) -> None:
    assert under(findings, "No evidence of PE.") == "negative absent"


@pytest.mark.parametrize(
    "findings",
    [
        *rows("{} defect.", "Lobar|Multiple right|Large|Moderate|Segmental|Several small basal"),
        *rows("Perfusion {}.", "defect in the left lung|defects of the left lung|defect is seen|defects are seen"),
        "Abnormal perfusion.",
    ],
)
def test_an_abnormal_perfusion_under_normal_is_for_a_person(findings: str) -> None:
    assert under(findings, "Normal perfusion scan.") == DISAGREE
    assert under(findings, "Low probability for PE.") == "negative low"


@pytest.mark.parametrize(
    "findings", ["Abnormal: no.", "No segmental defects.", "Without large defects.", "No abnormal perfusion.", "Small defect.", "Clear."]
)
def test_what_is_not_abnormal_leaves_a_normal(findings: str) -> None:
    assert under(findings, "Normal perfusion scan.") == "negative normal"


@pytest.mark.parametrize(
    "findings",
    [
        *rows(
            "Perfusion {}.", "is normal|images are normal|scan was uniform|study homogeneous|imaging: unremarkable|phase is entirely normal"
        ),
        *rows("Perfusion {}.", "is completely uniform|is also normal|were normal"),
        *rows(
            "{}.", "Normal perfusion|Uniform perfusion|Homogeneous perfusion|No perfusion defects|No segmental perfusion defect|No defect"
        ),
        *rows("{}.", "No subsegmental defects|Without segmental perfusion defects|Images without perfusion defects"),
        *rows("Perfusion is normal. {}.", "No defect|Without a wedge|Not a mismatch|The heart is large"),
    ],
)
def test_normal_perfusion_under_a_positive_is_for_a_person(findings: str) -> None:
    assert under(findings, "High probability for PE.") == DISAGREE
    assert under(findings, "Low probability for PE.") == "negative low"
    assert under(findings, "Intermediate probability for PE.") == "nondiagnostic intermediate"


@pytest.mark.parametrize(
    "findings",
    [
        *rows("Perfusion is normal {}.", "otherwise|elsewhere|in the remainder|in the remaining lung|in the rest|except at the apex"),
        *rows("Perfusion is normal {}.", "apart from the apex|other than at the base|aside from the base|outside this area|besides this"),
        *rows("Perfusion is normal in the {}.", "contralateral lung|left lung|right lung|upper zones|lower zones|middle zones|other lobe"),
        *rows("Perfusion is normal. {}.", "Large defect|Absent flow|Absence of flow|Reduced flow|Decreased counts|A photopenic area"),
        *rows(
            "Perfusion is normal. {}.", "A mismatch|A wedge|A deficit|Loss of counts|Hypoperfusion|Nonperfused segment|Counts are missing"
        ),
        "Clear.",
    ],
)
def test_partly_normal_perfusion_leaves_a_positive(findings: str) -> None:
    assert under(findings, "High probability for PE.") == "positive high"


@pytest.mark.parametrize(
    "cause",
    [
        *(
            "as a consequence of surgery",
            "due to surgery",
            "secondary to a mass",
            "explained by a mass",
            "related to a mass",
            "with stenosis",
        ),
        *("attributable to a mass", "attributed to a mass", "because of a mass", "caused by a mass", "from the mass", "from known disease"),
        *("from prior surgery", "as a result of surgery", "which reflects a mass", "which represents scar", "accounted for by a mass"),
        *(
            "which corresponds to a mass",
            "after post-surgical change",
            "after post-radiation change",
            "after radiation",
            "from compression",
        ),
        *("of agenesis", "of hypoplasia", "as an artefact", "as an artifact", "by streaming"),
    ],
)
def test_a_mismatch_with_another_cause_leaves_a_negative(cause: str) -> None:
    assert outcome(f"IMPRESSION: Mismatched defect {cause}. No evidence of PE.") == "negative absent"
    assert outcome(f"IMPRESSION: Mismatched defect. Opacity {cause}. No evidence of PE.") == DISAGREE


@pytest.mark.parametrize(
    ("impression", "expected"),
    [
        ("Mismatched defect in the left lung. No evidence of PE.", DISAGREE),
        ("Small mismatch. No evidence of PE.", DISAGREE),
        ("Small mismatch. Low probability for PE.", "negative low"),
        ("Small subsegmental mismatch. Very low probability for PE.", "negative very_low"),
        ("Small subsegmental mismatch. Normal perfusion scan.", DISAGREE),
        ("Small subsegmental mismatch, and large mismatched defects. Low probability for PE.", DISAGREE),
        ("Small subsegmental mismatch due to a mass. No evidence of PE.", "negative absent"),
        ("Small mismatch. It is due to a mass. No evidence of PE.", "negative absent"),
        ("A defect that ventilates normally. No evidence of PE.", DISAGREE),
        ("The left lung ventilates normally. Low probability for PE.", "negative low"),
        ("The left lung ventilates normally. No mismatched defects. Low probability for PE.", "negative low"),
    ],
)
def test_a_mismatch_in_the_impression(impression: str, expected: str) -> None:
    assert outcome(f"IMPRESSION: {impression}") == expected


def test_findings_and_impression_are_looked_at_together() -> None:
    assert under("Ventilation is normal.", "Segmental perfusion defect. Low probability for PE.") == DISAGREE
    assert under("Ventilation is patchy.", "Segmental perfusion defect. Low probability for PE.") == "negative low"
