"""Other exams of the patient that pass through: chest x-rays, CTPA, leg ultrasounds. Every person is invented."""

from datetime import UTC, datetime

import pytest

from pipeline.domain.arrival import NotForUs, OtherExam, OtherKind
from tests.readers.making import data_set, message, msh, obr, obx, one, written

CXR, CTPA, LEG = OtherKind.CHEST_XRAY, OtherKind.CTPA, OtherKind.LEG_ULTRASOUND


def news(exam: str, department: str = "RAD", *, header: str = "", text: str = "No acute finding.", **fields: str) -> OtherExam | None:
    what = one(message(header or msh(), PID, obr(fields.pop("status", "F"), exam, f24=department, **fields), obx(text, "RPT"))).what
    assert isinstance(what, NotForUs), what
    assert what.reason == "other-exam-code"
    assert what.news is None or isinstance(what.news, OtherExam)
    return what.news


PID = "PID|1||4471902^^^HARLOW^MR||ABARA^CORNELIUS^N||19750628|M"


@pytest.mark.parametrize(
    ("exam", "department", "kind"),
    [
        ("71045^CHEST 1 VIEW^CPT4", "RAD", CXR),
        ("71046^XR CHEST PA AND LATERAL^CPT4", "CR", CXR),
        ("XRCH2^XR CHEST 2 VIEWS^L", "DX", CXR),
        ("CXR1^CXR PORTABLE^L", "RAD", CXR),
        ("71020^^CPT4", "", CXR),
        ("71275^CT ANGIO CHEST W CONTRAST^CPT4", "CT", CTPA),
        ("CTPE^CT PE PROTOCOL^L", "CT", CTPA),
        ("CTPA^CTPA^L", "CT", CTPA),
        ("X1^CT CHEST PULMONARY ANGIOGRAM^L", "CT", CTPA),
        ("93970^US DUPLEX LOWER EXTREMITY VEINS BILATERAL^CPT4", "US", LEG),
        ("93971^VENOUS DOPPLER LEG LEFT^CPT4", "VUS", LEG),
        ("USLE^ULTRASOUND LOWER EXT VENOUS^L", "US", LEG),
        ("71275^CTA CHEST AORTA DISSECTION^CPT4", "CT", None),
        ("71250^CT CHEST WO CONTRAST^CPT4", "CT", None),
        ("93970^US DUPLEX UPPER EXTREMITY VEINS^CPT4", "US", None),
        ("93925^US DUPLEX LOWER EXTREMITY ARTERIES^CPT4", "US", None),
        ("74018^XR ABDOMEN 1 VIEW^CPT4", "CR", None),
        ("72070^XR THORACIC SPINE^CPT4", "CR", None),
        ("80053^METABOLIC PANEL^CPT4", "LAB", None),
    ],
)
def test_which_exams_matter(exam: str, department: str, kind: OtherKind | None) -> None:
    found = news(exam, department)
    assert (found.kind if found else None) is kind


def test_what_is_kept_of_it() -> None:
    found = news("71275^CT ANGIO CHEST^CPT4", "CT", accession="CT-9^RIS")
    assert found is not None
    assert found.patient.identifiers[0].value == "4471902"
    assert (found.accession, found.done_at, found.final) == ("CT-9", datetime(2025, 4, 22, 18, 30, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("status", "final"), [("F", True), ("C", True), ("P", False), ("R", False), ("X", False), ("", False), ("A", False)]
)
def test_only_a_final_result_is_final(status: str, final: bool) -> None:
    found = news("71275^CT ANGIO CHEST^CPT4", "CT", status=status)
    assert found is not None
    assert found.final is final


@pytest.mark.parametrize("live", ["T", "D", "P^A", ""])
def test_what_is_not_live_is_no_news(live: str) -> None:
    assert news("71275^CT ANGIO CHEST^CPT4", "CT", header=msh(f11=live)) is None


def test_without_a_time_of_the_exam_there_is_no_news() -> None:
    assert news("71275^CT ANGIO CHEST^CPT4", "CT", f7="") is None


def test_a_result_about_two_people_is_no_news() -> None:
    other = "PID|2||999^^^HARLOW^MR||OTHER^PERSON||19600101|F"
    what = one(
        message(msh(), PID, obr("F", "71046^XR CHEST^CPT4", f24="CR"), obx("x"), other, obr("F", "71046^XR CHEST^CPT4", f24="CR"))
    ).what
    assert isinstance(what, NotForUs)
    assert what.news is None


def test_a_chest_x_ray_whose_text_had_to_be_read_is_news_too() -> None:
    found = news("7788^CHEST 2 VIEWS", "RAD", text="The lungs are clear. Dictated by Dr. Maartens.")
    assert found is not None
    assert found.kind is CXR


@pytest.mark.parametrize(
    ("modality", "body", "description", "kind"),
    [("DX", "CHEST", "", CXR), ("CR", "", "XR CHEST AP PORTABLE", CXR), ("CR", "HAND", "", None), ("CT", "CHEST", "CT ANGIO CHEST", None)],
)
def test_images_of_a_chest_x_ray(modality: str, body: str, description: str, kind: OtherKind | None) -> None:
    made = data_set("1.2.840.10008.5.1.4.1.1.1", modality, BodyPartExamined=body, StudyDescription=description)
    made.AcquisitionDate, made.AcquisitionTime = "20250422", "090000"
    what = one(written(made)).what
    assert isinstance(what, NotForUs)
    assert (what.reason, what.news.kind if isinstance(what.news, OtherExam) else None) == ("other-image", kind)
    assert not (isinstance(what.news, OtherExam) and what.news.final)
