"""What is added to a report: addenda that replace the verdict, leave it alone, or leave it in doubt, one after another."""

import pytest

from tests.reading.reading_kit import outcome, reading_of

UNCLEAR = "review addendum-unclear"
LOW = "IMPRESSION: Low probability for PE."
HIGH = "IMPRESSION: High probability for PE."
TO_HIGH = "The impression is changed to high probability for PE."
TO_INTERMEDIATE = "The impression is changed to intermediate probability for PE."
TOLD = "Discussed with Dr. Example."


def added(text: str, base: str = LOW) -> str:
    return outcome(f"{base}\nADDENDUM: {text}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a verdict of its own
        ("Low probability for PE.", "negative low"),
        ("Very low probability for PE.", "negative very_low"),
        ("High probability for PE.", UNCLEAR),
        (TO_HIGH, "positive high"),
        ("Impression should read: high probability for PE.", "positive high"),
        ("Impression should read: no evidence of PE.", "negative absent"),
        ("The above is withdrawn.\nIMPRESSION: High probability for PE.", "positive high"),
        ("\nIMPRESSION: High probability for PE.", UNCLEAR),
        # ... that is not final itself
        (f"{TO_HIGH} Reinterpretation is awaiting the CT.", UNCLEAR),
        (f"{TO_HIGH} The case is under investigation.", UNCLEAR),
        (f"{TO_HIGH} The CT is discrepant.", UNCLEAR),
        (f"{TO_HIGH} The final reading is withheld.", UNCLEAR),
        (f"{TO_HIGH} It is compared with the CT.", "positive high"),
        # none, and of no matter
        (TOLD, "negative low"),
        ("Addressed to Dr. Example.", "negative low"),
        ("The images were reviewed again.", "negative low"),
        ("I agree.", "negative low"),
        # none, and nobody knows of what matter
        ("The heart is large.", UNCLEAR),
        ("See the letter.", UNCLEAR),
        ("I do not agree.", UNCLEAR),
        ("This is not a low probability scan.", UNCLEAR),
        ("This is not a low probability scan, as discussed with Dr. Example.", UNCLEAR),
        # an open matter, unless the verdict stands
        ("The images were reviewed and a second look may change the category.", UNCLEAR),
        ("The images were reviewed; a second look may change the category but for now it is unchanged.", "negative low"),
        ("A comparison was obtained; whether it affects the reading will follow.", UNCLEAR),
        ("A comparison was obtained; the category stands, whichever is compared.", "negative low"),
        # doubt about the images or the reading
        ("A discrepancy was noted and discussed.", UNCLEAR),
        ("A discrepancy was noted and discussed; the impression stands.", "negative low"),
        ("Images mislabelled; weight 80 kg.", UNCLEAR),
        ("Labels swapped; weight 80 kg.", UNCLEAR),
        ("Result on hold, discussed.", UNCLEAR),
        ("The reading is uncertain, discussed.", UNCLEAR),
        ("The verdict is withheld, discussed.", UNCLEAR),
        ("Suspicious for PE. Discussed with Dr. Example.", f"{UNCLEAR} hedge"),
        # news of the disease is never of no matter
        ("A later CTPA was obtained and showed a saddle pulmonary embolus.", f"{UNCLEAR} unread-mention"),
        ("Mismatched defects were noted when the CT was reviewed.", UNCLEAR),
        ("The dose was 4 mCi. A later CT showed a saddle pulmonary embolus.", f"{UNCLEAR} unread-mention"),
        ("The sides were transposed. The patient was treated for pulmonary embolism on the CT of today.", UNCLEAR),
        # a detail that is put right
        ("The sides were transposed.", "negative low"),
        ("This report was dictated in error for the wrong side; sides are transposed.", "negative low"),
        ("The dose was 4 mCi.", "negative low"),
        ("The sides were transposed. A new defect was missed.", UNCLEAR),
        ("The sides were transposed. The scan is abnormal.", UNCLEAR),
        ("The dose was 4 mCi. PE is likely after all.", f"{UNCLEAR} hedge"),
    ],
)
def test_an_addendum_to_a_low_probability(text: str, expected: str) -> None:
    assert added(text) == expected


@pytest.mark.parametrize(
    ("text", "under_low", "under_high"),
    [
        # more lost perfusion changes a negative, not a positive
        ("An additional defect was noted when the CT became available.", UNCLEAR, "positive high"),
        ("Two defects were missed, as discussed with Dr. Example.", UNCLEAR, "positive high"),
        ("An additional defect, matched on the CT, was noted when it became available.", "negative low", "positive high"),
        ("An additional defect, explained by the film, was noted when the CT became available.", "negative low", "positive high"),
        # what questions either
        ("The CT was obtained and is normal.", "negative low", "positive high"),
        ("The CT was obtained and is abnormal.", UNCLEAR, UNCLEAR),
        ("Low probability for PE.", "negative low", UNCLEAR),
        ("High probability for PE.", UNCLEAR, "positive high"),
    ],
)
def test_what_an_addendum_touches_depends_on_the_verdict(text: str, under_low: str, under_high: str) -> None:
    assert added(text) == under_low
    assert added(text, HIGH) == under_high


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (TO_HIGH, TO_INTERMEDIATE, "nondiagnostic intermediate"),
        (TO_INTERMEDIATE, TO_HIGH, "positive high"),
        (TO_HIGH, TOLD, "positive high"),
        (TOLD, TO_HIGH, "positive high"),
        (TOLD, TOLD, "negative low"),
        ("The heart is large.", TOLD, UNCLEAR),
        ("The heart is large.", TO_HIGH, "positive high"),
        (TO_HIGH, "The heart is large.", UNCLEAR),
        ("High probability for PE.", TO_INTERMEDIATE, "nondiagnostic intermediate"),
        (TO_HIGH, "Low probability for PE.", UNCLEAR),
        (TO_HIGH, "High probability for PE.", "positive high"),
    ],
)
def test_addenda_are_read_one_after_another(first: str, second: str, expected: str) -> None:
    assert outcome(f"{LOW}\nADDENDUM 1: {first}\nADDENDUM 2: {second}") == expected


@pytest.mark.parametrize(
    ("base", "text", "expected"),
    [
        # nothing before it
        ("IMPRESSION: Defects.", "High probability for PE.", "positive high"),
        # doubt before it is only put right in so many words
        ("IMPRESSION: Suspicious for PE.", "High probability for PE.", UNCLEAR),
        ("IMPRESSION: Suspicious for PE.", TO_HIGH, "positive high"),
        ("IMPRESSION: Suspicious for PE.", TOLD, "review hedge"),
        ("IMPRESSION: Low probability for PE. High probability for PE.", TOLD, "review contradiction"),
        ("IMPRESSION: Defects.", TOLD, "review no-verdict"),
    ],
)
def test_an_addendum_to_a_report_that_gives_no_verdict(base: str, text: str, expected: str) -> None:
    assert added(text, base) == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("REVISED REPORT", "positive high"),
        ("AMENDED REPORT", "positive high"),
        ("OVERREAD", "positive high"),
        ("LATE ENTRY", UNCLEAR),
        ("SUPPLEMENTARY REPORT", UNCLEAR),
    ],
)
def test_a_heading_may_say_that_it_replaces(heading: str, expected: str) -> None:
    assert outcome(f"{LOW}\n{heading}: High probability for PE.") == expected


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        # what the impression below has put right already
        ("The heart is large.", "negative low"),
        ("The report was corrected for the side.", "negative low"),
        # what it has not
        ("The CT of today is abnormal.", UNCLEAR),
        ("High probability for PE.", UNCLEAR),
        ("A discrepancy was noted.", UNCLEAR),
    ],
)
def test_a_note_above_the_impression(note: str, expected: str) -> None:
    assert outcome(f"ADDENDUM: {note}\nIMPRESSION: Low probability for PE.") == expected


def test_the_evidence_is_the_one_that_counts() -> None:
    found = reading_of(f"{LOW}\nADDENDUM: {TO_HIGH}")
    assert [(e.section, e.text) for e in found.evidence] == [("addendum", "high probability for PE")]
    found = reading_of(f"{LOW}\nADDENDUM: {TOLD}")
    assert [(e.section, e.text) for e in found.evidence] == [("impression", "Low probability for PE")]
