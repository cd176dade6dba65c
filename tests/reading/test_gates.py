"""Texts that nobody may read by rules: another patient's, not verified, odd characters, another language; and their harmless twins."""

import pytest

from tests.reading.reading_kit import outcome

REPORT = "IMPRESSION: PE absent."
UNCLEAR = "review addendum-unclear"
READ = "negative absent"


@pytest.mark.parametrize(
    "line",
    [
        "Images of the wrong patient.",
        "This report was dictated on the wrong patient.",
        "The scan was filed under another patient.",
        "Report entered for a different patient.",
        "The study is that of another patient.",
    ],
)
def test_another_patients(line: str) -> None:
    assert outcome(f"{line}\n{REPORT}") == UNCLEAR


@pytest.mark.parametrize(
    "line",
    [
        "Document filed to incorrect chart.",
        "This was scanned into the wrong record.",
        "The content does not pertain to this person.",
        "This report does not belong to this patient.",
    ],
)
def test_filed_to_somebody_else(line: str) -> None:
    assert outcome(f"{REPORT}\n{line}") == UNCLEAR


@pytest.mark.parametrize(
    "line",
    [
        "Seen beside another patient.",
        "A scan was obtained. Another patient waited.",
        "Images of the patient.",
        "The wrong view was obtained first.",
    ],
)
def test_this_patients(line: str) -> None:
    assert outcome(f"{line}\n{REPORT}") == READ


@pytest.mark.parametrize(
    "line",
    [
        "DRAFT - not final.",
        "Draft, not yet signed.",
        "This is a draft.",
        "Report not yet signed.",
        "This report has not been verified.",
        "Dictation not yet finalised.",
        "The result is not yet approved.",
        "Report: unsigned.",
        "Interpretation unverified.",
        "Report awaiting verification.",
        "UNSIGNED REPORT",
        "Entered in error.",
        "This report was issued in error.",
        "Not final.",
        "PRELIMINARY REPORT, NOT FINAL",
        "This is not a final report.",
        "Final report is not yet available.",
        "Not yet reviewed by a radiologist.",
        "Not for clinical use.",
        "Not for patient care.",
        "Do not use for patient care.",
        "Do not act on this.",
        "Do not discharge on this.",
        "May change on final review.",
        "May change on formal review.",
        "No clinical decision on this text.",
        "May not agree with the final one.",
        "Report under correction.",
        "Possible discrepancy with the resident.",
        "Keep the patient until this is resolved.",
        "To be verified.",
        "Awaiting review by the attending.",
        "Please await the outcome.",
        "Template default text.",
        "Please edit before signing.",
        "Default text, please replace.",
        "Formal amendment pending.",
        "QA discrepancy form attached.",
        "Second consultant: I read this set differently.",
        "I would not have called emboli.",
        "The consultant will be asked whether the above is to stand.",
        "Until then it should not be relied upon.",
        "The matter is under review.",
        "This report is being re-examined.",
        "Version 1 (superseded - see version 2)",
        "This was superseded by version 2.",
        "[version 2 not attached]",
        "(default normal template)",
        "Autofilled from the template.",
        "Auto-populated.",
        "Template text could not be removed.",
        "Canned text, may not apply.",
    ],
)
def test_nobody_stands_behind_it_yet(line: str) -> None:
    assert outcome(f"{REPORT}\n{line}") == UNCLEAR
    assert outcome(f"{line}\n\n{REPORT}") == UNCLEAR


@pytest.mark.parametrize(
    "line",
    [
        "Report verified by Dr. Example.",
        "Final report.",
        "The draft was replaced by this final report.",
        "Signed electronically.",
        "The dose was entered in error.",
        "The report was edited before it was signed.",
        "Reviewed by a radiologist.",
        "Automatic quality control passed; eight views by default.",
        "History of autoimmune disease.",
    ],
)
def test_somebody_stands_behind_it(line: str) -> None:
    assert outcome(f"{REPORT}\n{line}") == READ


@pytest.mark.parametrize(
    "title",
    [
        "CT PULMONARY ANGIOGRAM",
        "CTPA",
        "TRANSTHORACIC ECHOCARDIOGRAM",
        "Bilateral lower limb venous Doppler",
        "Portable chest radiograph",
        "PA AND LATERAL CHEST X-RAY",
        "Pulmonary angiogram",
    ],
)
def test_another_exams_report_under_our_code(title: str) -> None:
    said = "Findings: As suspected. Impression: Acute pulmonary embolism on the right."
    assert outcome(f"{title}\n{said}") == "review other-exam"
    assert (
        outcome(f"{title}\nFindings: As suspected. MAA was given. Impression: Acute pulmonary embolism on the right.") == "positive present"
    )
    assert outcome(f"V/Q.\n{said}") == "positive present"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("No images were acquired.", "review study-not-done"),
        ("V/Q scan cancelled.", "review study-not-done"),
        ("No V/Q scan was performed.", "review study-not-done"),
        ("Returned to the ward without imaging.", "review study-not-done"),
        ("Returned to the ward with all images.", READ),
        ("A V/Q scan was performed.", READ),
        ("Images were acquired.", READ),
    ],
)
def test_a_scan_that_was_not_done_has_no_verdict(line: str, expected: str) -> None:
    assert outcome(f"FINDINGS: {line}\n{REPORT}") == expected


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ("Chest pain.", "negative normal"),
        ("Renal transplant.", "negative normal"),
        ("Lung transplant.", "review no-pe-question"),
        ("Split function.", "review no-pe-question"),
        ("Renal transplant, split function.", "review no-pe-question"),
    ],
)
def test_a_normal_study_of_another_question(history: str, expected: str) -> None:
    assert outcome(f"HISTORY: {history}\nIMPRESSION: Normal study.") == expected


@pytest.mark.parametrize(
    "text",
    [
        "PE abs\u00adent.",
        "PE absent\u200b.",
        "PE \u202eabsent.",
        "\uff30\uff25 absent.",
        "PE absent\ufeff.",
        "<b>PE absent</b>.",
        "PE absent&nbsp;",
        "PE absent&#160;",
        "PE absent. <!-- PE present -->",
        "PE ~~present~~ absent.",
        "PE [deleted] absent.",
        "PE (deleted) absent.",
        "PE absent (sic).",
        "PE ab*sent.",
        "PE ab_sent.",
        "PE ab^sent.",
        "PE absent. [[PE present]]",
        "PE absent. /* PE present */",
    ],
)
def test_what_a_person_reads_may_not_be_what_stands_there(text: str) -> None:
    assert outcome(f"IMPRESSION: {text}") == "review unread-mention"


@pytest.mark.parametrize(
    "text",
    [
        "PE absent. Dose < 200 MBq.",
        "PE absent & no effusion.",
        "PE absent. Washout > 3 min, both lungs.",
        "PE absent. Sample #12.",
        "PE absent \u2013 no effusion.",
        "PE absent. Ref. [12].",
        "PE absent (both lungs).",
        "PE absent.\u00a0Heart normal.",
    ],
)
def test_ordinary_signs(text: str) -> None:
    assert outcome(f"IMPRESSION: {text}") == READ


@pytest.mark.parametrize(
    "text",
    [
        "IMPRESSION: Keine Lungenembolie, Perfusion der Lunge ist im Normalbereich, mit der Ventilation.",
        "IMPRESSION: Pas d'embolie pulmonaire dans les poumons, avec une ventilation du reste.",
        "IMPRESSION: Geen embolie, de perfusie van het rechter deel is niet gestoord. PE absent.",
        "\u80ba\u8840\u6d41\u6b63\u5e38\u3002\u672a\u89c1\u80ba\u6813\u585e\u3002",
        "IMPRESSION: PE absent. \u672a\u89c1 \u80ba\u6813\u585e \u80ba\u8840\u6d41 \u6b63\u5e38",
    ],
)
def test_another_language(text: str) -> None:
    assert outcome(text) == "review foreign-language"


@pytest.mark.parametrize(
    "text",
    [
        "PE absent. Gr\u00f6\u00dfe normal. \u00dcnal.",
        "PE absent. Se\u00f1or de la Cruz.",
        "No evidence of PE in the lungs of the patient. Reported by Se\u00f1or de la Cruz y del R\u00edo de la Torre.",
    ],
)
def test_a_foreign_name_is_no_foreign_language(text: str) -> None:
    assert outcome(f"IMPRESSION: {text}") == READ
