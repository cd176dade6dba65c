"""Whether a report says that somebody was told. Every person in these sentences is invented."""

import pytest

from pipeline.domain.report import TextBlock
from pipeline.reading.communicated import Contact, communicated

TOLD = [
    ("Findings were discussed with Dr. Quill by telephone at 14:20.", "Dr. Quill", "14:20"),
    ("The findings were communicated to Dr. Ada Marsh at 2:20 PM on 03/02/2026.", "Dr. Ada Marsh", "2:20 PM on 03/02/2026"),
    ("Results were called to Dr Brook by phone at 09:05.", "Dr Brook", "09:05"),
    ("I discussed these findings with Dr. Fenn at 10:15 am.", "Dr. Fenn", "10:15 am"),
    ("Dr. Fenn was notified by telephone at 1420 hours.", "Dr. Fenn", "1420 hours"),
    ("Dr. Fenn was informed of the result at 16:00 on 2026-03-02.", "Dr. Fenn", "16:00 on 2026-03-02"),
    ("Critical result communicated to Nurse Hollow at 7:45 p.m. by phone", "Nurse Hollow", "7:45 p.m."),
    ("The ordering physician was notified at 11:02.", "The ordering physician", "11:02"),
    ("The emergency department physician was called at 23:59.", "The emergency department physician", "23:59"),
    ("The referring clinician has been informed.", "The referring clinician", ""),
    ("Dr. Marsh has been made aware of these results.", "Dr. Marsh", ""),
    ("We notified Dr. Marsh immediately.", "Dr. Marsh", ""),
    ("Discussed by phone with Dr. Marsh at 3 pm.", "Dr. Marsh", "3 pm"),
    ("These results were relayed to the primary team at 08:30.", "the primary team", "08:30"),
    ("Result was conveyed to Jane Fell, MD at 12:10.", "Jane Fell, MD", "12:10"),
    ("Spoke with Dr. O'Dell at 12:10.", "Dr. O'Dell", "12:10"),
    ("High probability scan.\nFindings discussed with Dr. Quill at 14:20.", "Dr. Quill", "14:20"),
    ("Called Dr. Quill at 14:20 with the result.", "Dr. Quill", "14:20"),
    ("Notified the ordering provider at 14:20.", "the ordering provider", "14:20"),
    ("The positive result was immediately communicated to Dr. Wold at 0915h.", "Dr. Wold", "0915h"),
    ("Dr. Wold was paged and told of the result at 18:40.", "Dr. Wold", "18:40"),
    ("The findings were reported to the ED attending at 03:12.", "the ED attending", "03:12"),
    ("On 03/02/2026 at 14:20, findings were discussed with Dr. Quill.", "Dr. Quill", "14:20 on 03/02/2026"),
    ("DR QUILL was notified at 14:20.", "DR QUILL", "14:20"),
]

NOT_TOLD = [
    "Findings should be communicated to Dr. Quill.",
    "The findings will be communicated to Dr. Quill at 14:20.",
    "An attempt was made to notify Dr. Quill at 14:20.",
    "Attempted to call Dr. Quill at 14:20, unsuccessful.",
    "Dr. Quill was not reached at 14:20.",
    "Unable to reach Dr. Quill by phone.",
    "Dr. Quill could not be reached.",
    "A message was left for Dr. Quill at 14:20.",
    "Dr. Quill was called at 14:20, no answer.",
    "Dr. Quill was called at 14:20; voicemail.",
    "Please notify Dr. Quill.",
    "If positive, Dr. Quill is to be notified.",
    "To be discussed with Dr. Quill.",
    "Results are being communicated to Dr. Quill.",
    "Recommend that this be discussed with Dr. Quill.",
    "Dr. Quill has not been notified.",
    "Dr. Quill was never informed.",
    "Nobody was informed.",
    "Communication with Dr. Quill pending.",
    "The ordering physician was not available and was not notified.",
    "I tried to call Dr. Quill at 14:20.",
    "Failed to contact the ordering physician.",
    "The result can be discussed with Dr. Quill on request.",
    "Dr. Quill may be contacted at 555-0100.",
    "Findings would be discussed with Dr. Quill.",
]

ABOUT_SOMETHING_ELSE = [
    "The prior CT was discussed with Dr. Quill at 14:20.",
    "Previous results were communicated to Dr. Quill.",
    "The chest radiograph was discussed with Dr. Quill at 14:20.",
    "At the time of the earlier study Dr. Quill was notified.",
    "The procedure was discussed with Dr. Quill.",
    "Risks and benefits were discussed with the patient.",
    "The patient was informed of the procedure.",
    "The patient was told to breathe deeply.",
    "Findings were discussed above.",
    "The lungs communicate with the airways.",
    "Called for shortness of breath.",
    "Reported by Dr. Quill.",
    "Ordering physician: Dr. Quill.",
    "Dictated by Dr. Quill at 14:20.",
    "Electronically signed by Dr. Quill on 03/02/2026 at 14:20.",
    "Xenon was given to the patient by the nurse.",
    "No evidence of pulmonary embolism.",
    "The case was discussed at tumor board.",
    "",
]


@pytest.mark.parametrize(("text", "who", "at"), TOLD)
def test_somebody_was_told(text: str, who: str, at: str) -> None:
    assert communicated([TextBlock(text)]) == Contact(who, at)


@pytest.mark.parametrize("text", [*NOT_TOLD, *ABOUT_SOMETHING_ELSE])
def test_nobody_was_told(text: str) -> None:
    assert communicated([TextBlock(text)]) is None


@pytest.mark.parametrize("text", NOT_TOLD[5:8])
def test_one_sentence_that_denies_it_outweighs_one_that_says_so(text: str) -> None:
    assert communicated([TextBlock("Findings were discussed with Dr. Marsh at 14:00."), TextBlock(text)]) is None


def test_a_coded_section_needs_only_a_name() -> None:
    assert communicated([TextBlock("Dr. Quill, 14:20, telephone", "communication")]) == Contact("Dr. Quill", "14:20")
    assert communicated([TextBlock("Dr. Quill, 14:20, telephone")]) is None
    assert communicated([TextBlock("Result was phoned at 14:20", "communication")]) == Contact("", "14:20")
    assert communicated([TextBlock("none required", "communication")]) is None


@pytest.mark.parametrize("section", ["history", "indication", "comparison", "technique", "procedure"])
def test_other_sections_tell_of_other_things(section: str) -> None:
    assert communicated([TextBlock("Discussed with Dr. Quill at 14:20.", section)]) is None


def test_what_a_clinician_reads() -> None:
    assert Contact("Dr. Quill", "14:20").said.startswith("The report says that Dr. Quill was told at 14:20.")
    assert Contact().said.startswith("The report says that somebody was told.")
