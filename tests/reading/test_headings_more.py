"""Headings that are framed, alone on a line, or on no list; and texts that arrive in several blocks."""

import pytest

from pipeline.domain.report import TextBlock
from pipeline.reading import read
from tests.reading.reading_kit import outcome, reading_of, verdict, vocabulary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # in brackets
        ("[History] High probability for PE on Monday.\n[Impression] Low probability for PE.", "negative low"),
        ("[Findings] Both lungs perfuse.\n[Impression]\nLow probability for PE.", "negative low"),
        ("[Comparison]\nHigh probability scan.\n[Impression]\nLow probability for PE.", "negative low"),
        ("IMPRESSION: Low probability for PE.\n[Addendum] The impression is changed to high probability for PE.", "positive high"),
        ("IMPRESSION: Low probability for PE.\n[Legend] High probability for PE: two segments.", "negative low"),
        ("[Clinical history] High probability for PE.\n[Impression] Low probability for PE.", "negative low"),
        ("[Lungs seen] High probability for PE.", "positive high"),
        # before a full stop
        ("Findings. Both lungs perfuse.\nImpression. Low probability for PE.", "negative low"),
        ("History. High probability for PE.\nImpression. Low probability for PE.", "negative low"),
        ("  History. High probability for PE.\n  Impression. Low probability for PE.", "negative low"),
        ("Clinical history. High probability for PE.\nImpression. Low probability for PE.", "negative low"),
        ("Breathless. High probability for PE.\nImpression. Low probability for PE.", "review contradiction"),
        # both kinds need words behind them or a line of their own
        ("History of asthma. PE absent.", "negative absent"),
    ],
)
def test_framed_headings(text: str, expected: str) -> None:
    assert outcome(text) == expected


@pytest.mark.parametrize(
    ("before", "heading", "expected"),
    [
        # after words that go on
        ("chest pain\nand breathlessness", "IMPRESSION", "negative low"),
        ("chest pain\nand breathlessness", "Impression", "review no-impression"),
        ("CHEST PAIN\nAND BREATHLESSNESS", "IMPRESSION", "review no-impression"),
        # after a blank line or the end of a sentence
        ("chest pain\nand breathlessness\n", "Impression", "negative low"),
        ("CHEST PAIN\nAND BREATHLESSNESS\n", "IMPRESSION", "negative low"),
        ("chest pain\nand breathlessness.", "Impression", "negative low"),
        ("chest pain\nand breathlessness.", "impression", "review no-impression"),
    ],
)
def test_a_heading_alone_on_its_line(before: str, heading: str, expected: str) -> None:
    assert outcome(f"HISTORY: {before}\n{heading}\nLow probability for PE.") == expected


@pytest.mark.parametrize(
    ("label", "alone"),
    [
        # by a word in it
        ("My thoughts", "negative low"),
        ("Bottom line", "negative low"),
        ("Ordering concern", "review no-impression"),
        ("Main complaint", "review no-impression"),
        ("Compared scan", "review no-impression"),
        ("Tracers given", "review no-impression"),
        # by none
        ("Tracheal view", "negative low"),
        ("A label of very many words on concern", "negative low"),
    ],
)
def test_a_label_on_no_list(label: str, alone: str) -> None:
    assert outcome(f"{label}: Low probability for PE.") == alone


@pytest.mark.parametrize("label", ["Ordering concern", "Main complaint", "Compared scan", "Tracers given", "Indication"])
def test_what_a_label_gives_as_the_question_says_nothing_against_the_impression(label: str) -> None:
    assert outcome(f"{label}: high probability for PE.\nIMPRESSION: Low probability for PE.") == "negative low"


@pytest.mark.parametrize("label", ["Tracheal view", "Second look", "Ordering concern", "Lateral"])
def test_no_such_label_ends_an_impression(label: str) -> None:
    assert outcome(f"IMPRESSION: Low probability for PE.\n{label}: high probability for PE.") == "review contradiction"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INDICATION: PE?\nLow probability for PE.", "review no-impression"),
        ("INDICATION: PE?\nPerfusion of lungs: low probability for PE.", "negative low"),
        ("INDICATION: PE?\nTracheal view: low probability for PE.", "review no-impression"),
        ("COMPARISON: none\nScan of lungs: low probability for PE.", "negative low"),
        ("COMPARISON: none\nscan of lungs: low probability for PE.", "review no-impression"),
        ("TECHNIQUE: MAA.\nPerfusion pictures: even.\nLow probability for PE.", "negative low"),
        # ... but only with words of the scan
        ("COMPARISON: V/Q of last year.\nThat scan: low probability for PE.\nFINDINGS: Patchy.", "review no-impression"),
        ("COMPARISON: V/Q of last year.\nOutcome: low probability for PE.\nFINDINGS: Patchy.", "review no-impression"),
        ("INDICATION: chest pain\nWorking diagnosis: acute pulmonary embolism.\nFINDINGS: Patchy.", "review no-impression"),
        ("HISTORY: breathless.\nEmergency room: acute pulmonary embolism.\nFINDINGS: Patchy.", "review no-impression"),
        ("FINDINGS: Even.\nTracheal view: low probability for PE.", "negative low"),
    ],
)
def test_a_label_that_nobody_knows_ends_what_cannot_decide(text: str, expected: str) -> None:
    assert outcome(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # whose diagnosis it is
        ("Clinical diagnosis at admission: acute pulmonary embolism.\nIMPRESSION: PE absent.", "negative absent"),
        ("Clinical diagnosis at admission: acute pulmonary embolism.\nFINDINGS: Even.", "review no-impression"),
        ("Diagnosis: acute pulmonary embolism.\nFINDINGS: Patchy.", "positive present"),
        # with nothing under it
        ("IMPRESSION: Low probability for PE.\nIMPRESSION:", "negative low"),
        ("IMPRESSION:\n\nFINDINGS: Even.\nIMPRESSION: Low probability for PE.", "negative low"),
        ("IMPRESSION:\n\nFINDINGS: Even.", "review empty-impression"),
        # what is quoted opens nothing
        ("COMPARISON: see below\n>> IMPRESSION: High probability for PE.\nIMPRESSION: PE absent.", "negative absent"),
        ("COMPARISON: see below\nIMPRESSION: High probability for PE.\nIMPRESSION: PE absent.", "review contradiction"),
    ],
)
def test_somebody_elses_heading(text: str, expected: str) -> None:
    assert outcome(text) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("NM LUNG SCAN", "negative absent"),
        ("V/Q LUNG SCAN WITH CT", "negative absent"),
        ("CT ABDOMEN", "review other-exam"),
    ],
)
def test_which_exam_a_title_names(title: str, expected: str) -> None:
    assert outcome(f"EXAM: CT CHEST\nIMPRESSION: PE present.\nEXAM: {title}\nIMPRESSION: PE absent.") == expected


PASTED = "PRIOR REPORT\nRead in February.\nFINDINGS: Defects.\nIMPRESSION: High probability for PE.\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PASTED, "review no-impression"),
        (f"{PASTED}ADDENDUM: PE absent.", "review no-impression"),
        ("PRIOR REPORT\nFINDINGS: Defects.\nIMPRESSION: High probability for PE.", "review no-impression"),
        (f"{PASTED}EXAM: NM LUNG SCAN\nIMPRESSION: PE absent.", "negative absent"),
        (f"{PASTED}CURRENT IMPRESSION: PE absent.", "negative absent"),
        (f"{PASTED}TODAY'S IMPRESSION: PE absent.", "negative absent"),
        (f"IMPRESSION: PE absent.\n{PASTED}", "negative absent"),
        # a field of this report
        ("PRIOR REPORT: read in February.\nFINDINGS: Defects.\nIMPRESSION: High probability for PE.", "positive high"),
    ],
)
def test_a_whole_earlier_report_that_was_pasted_in(text: str, expected: str) -> None:
    assert outcome(text) == expected


def test_a_label_that_nobody_knows_is_part_of_what_it_says() -> None:
    (evidence,) = reading_of("INDICATION: PE?\nSeen in both lungs: low probability for PE.").evidence
    assert (evidence.section, evidence.text) == ("body", "low probability for PE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # an answer on the line below its question
        ("Acute PE\n.......... Not present", "negative absent"),
        ("Acute PE .......... Not present\nChronic PE\n.......... Not present", "negative absent"),
        ("Acute PE .......... present\nChronic PE\n.......... Not present", "positive present"),
        ("Probability of PE\n: low", "negative low"),
        ("Probability of PE\n: high", "positive high"),
        # each answer has its own question
        ("Effusion .......... Not present\nAcute PE .......... present", "positive present"),
        ("Acute PE .......... Not present\nEffusion .......... present", "negative absent"),
    ],
)
def test_answers_of_a_form(text: str, expected: str) -> None:
    assert verdict(text) == expected


def of_blocks(*blocks: tuple[str, str | None]) -> str:
    found = read([TextBlock(text, section) for text, section in blocks], vocabulary())
    return f"{found.category} {found.grade}" if found.grade else "review " + " ".join(found.reasons)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        # segments without a code are one text
        ((("IMPRESSION: No evidence of", None), ("pulmonary embolism.", None)), "negative absent"),
        ((("INDICATION: High probability for PE", None), ("on Monday.", None), ("IMPRESSION: PE absent.", None)), "negative absent"),
        ((("INDICATION: chest pain", None), ("High probability for PE.", None)), "review no-impression"),
        ((("IMPRESSION: PE", None), ("absent.", None), ("COMPARISON: PE present.", None)), "negative absent"),
        # a code begins and ends its own part
        ((("COMPARISON: High", None), ("probability for PE.", None), ("PE absent.", "impression")), "negative absent"),
        ((("INDICATION: chest pain", None), ("PE absent.", "impression"), ("PE present.", None)), "review contradiction"),
        ((("PE present.", "history"), ("PE absent.", None)), "negative absent"),
        ((("PE present.", "history"), ("last year.", "history"), ("PE absent.", "impression")), "negative absent"),
        ((("PE present.", "findings"), ("PE absent.", "impression")), "review contradiction"),
        ((("Low probability for PE.", "impression"), ("High probability for PE.", "impression")), "review contradiction"),
    ],
)
def test_blocks(blocks: tuple[tuple[str, str | None], ...], expected: str) -> None:
    assert of_blocks(*blocks) == expected


def test_places_in_a_text_of_several_blocks() -> None:
    texts = ["INDICATION: pain", "FINDINGS: even", "PE absent.", "Signed."]
    blocks = [TextBlock(texts[0]), TextBlock(texts[1]), TextBlock(texts[2], "impression"), TextBlock(texts[3])]
    (evidence,) = read(blocks, vocabulary()).evidence
    whole = "\n".join(texts)
    assert whole[evidence.start : evidence.end] == evidence.text == "PE absent"
