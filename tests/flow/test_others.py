"""Other exams, proposals, soft flags, urgent clocks and joins on the real store. Every person is invented."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain.arrival import ExpectedExam, NotForUs, OtherExam, OtherKind
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.identity import ExamKey, Patient
from pipeline.domain.instance import Part
from pipeline.domain.report import Report, Status, TextBlock
from tests.flow.kit import ANNA, BERT, T0, Kit, file_of, image, report

R = FollowUpReason


def other(kind: OtherKind = OtherKind.CTPA, patient: Patient = ANNA, *, hours: float = 5, final: bool = True) -> NotForUs:
    return NotForUs("other-exam-code", "71275", OtherExam(kind, patient, "CT-1", T0 + timedelta(hours=hours), final))


def vq(verdict: str = "indeterminate", accession: str = "A1", **more: object) -> Report:
    return report(verdict, accession, observed_at=T0 - timedelta(hours=1), **more)  # type: ignore[arg-type]


def proposals(kit: Kit) -> list[str]:
    return [row.proposal for row in kit.queries.follow_ups()]


@pytest.mark.parametrize("first", ["scan", "ct"])
def test_a_later_ctpa_is_proposed_whichever_comes_first_and_the_item_stays_open(kit: Kit, first: str) -> None:
    for what in (vq(), other()) if first == "scan" else (other(), vq()):
        kit.one(what)
    assert proposals(kit) == [""]
    assert kit.flow.tick(kit.clock.now()).changed == 1
    assert "CT pulmonary angiogram CT-1" in proposals(kit)[0]
    assert kit.flow.tick(kit.clock.forward(minutes=1)).changed == 0
    assert [row.state.value for row in kit.queries.follow_ups()] == ["requested"]
    kit.deliver()
    assert [task["version"] for task in kit.tasks()] == [1, 2]
    assert kit.chains_whole()


@pytest.mark.parametrize(
    "what",
    [other(final=False), other(hours=-3), other(patient=BERT), other(OtherKind.CHEST_XRAY)],
    ids=["preliminary", "before", "other", "cxr"],
)
def test_what_is_no_evidence(kit: Kit, what: NotForUs) -> None:
    kit.one(vq())
    kit.one(what)
    assert kit.flow.tick(kit.clock.now()).changed == 0
    assert proposals(kit) == [""]


def test_another_vq_of_the_patient_is_evidence_once_it_has_a_verdict(kit: Kit) -> None:
    kit.one(vq())
    later = {"signed": T0 + timedelta(days=1), "observed_at": T0 + timedelta(hours=20)}
    kit.one(report("nonsense", "A2", control="C2", **later))  # type: ignore[arg-type]
    kit.flow.tick(kit.clock.now())
    assert proposals(kit) == ["", ""]
    kit.one(report("normal", "A2", control="C3", status=Status.CORRECTED, **{**later, "signed": T0 + timedelta(days=2)}))  # type: ignore[arg-type]
    kit.flow.tick(kit.clock.now())
    by_accession = {row.accession: row.proposal for row in kit.queries.follow_ups()}
    assert "V/Q scan A2" in by_accession["A1"]


def test_what_passes_through_costs_one_row_and_no_exam(kit: Kit) -> None:
    kit.ingest(*[file_of(other(OtherKind.CHEST_XRAY, hours=number), salt=str(number)) for number in range(20)])
    assert (kit.count("other_exams"), kit.count("exams"), kit.count("audit")) == (20, 0, 0)
    kit.ingest(*[file_of(other(OtherKind.CHEST_XRAY, hours=number), salt=str(number)) for number in range(20)])
    assert kit.count("other_exams") == 20


def flags(kit: Kit) -> list[str]:
    return [row["why"] for row in kit.rows("SELECT why FROM audit WHERE what = 'study'")]


def test_a_scan_without_a_chest_x_ray_is_flagged_once_and_changes_nothing(kit: Kit) -> None:
    kit.one(vq("normal"))
    kit.one(image())
    assert kit.flow.tick(kit.clock.forward(seconds=59)).changed == 0
    assert flags(kit) == [], "images may still come"
    for _ in range(3):
        assert kit.flow.tick(kit.clock.forward(seconds=60)).changed == 0
    assert flags(kit) == ["no-chest-x-ray"]
    kit.deliver()
    assert (len(kit.letters()), kit.queries.follow_ups(), kit.queries.holds()) == (1, [], [])
    assert kit.chains_whole()


@pytest.mark.parametrize(("hours", "enough"), [(-23, True), (-25, False), (3, True), (5, False)])
def test_which_chest_x_ray_is_enough(kit: Kit, hours: float, enough: bool) -> None:
    kit.one(other(OtherKind.CHEST_XRAY, hours=hours, final=False))
    kit.one(image())
    kit.one(vq("normal"))
    kit.flow.tick(kit.clock.forward(minutes=2))
    assert (flags(kit) == []) is enough


@pytest.mark.parametrize("order", ["report", "images", "settled"])
def test_a_report_of_ventilation_that_was_never_imaged_holds_the_letter(kit: Kit, order: str) -> None:
    said = replace(vq("normal"), blocks=(TextBlock("Ventilation images are uniform. Impression: normal", "impression"),))
    if order == "report":
        kit.one(said)
        kit.one(image())
    else:
        kit.one(image())
        if order == "settled":
            kit.flow.tick(kit.clock.forward(minutes=2))
        kit.one(said)
    kit.flow.tick(kit.clock.forward(minutes=2))
    assert [row.reasons for row in kit.queries.holds()] == [("ventilation-not-acquired",)]
    assert kit.queries.follow_ups() == []
    kit.deliver()
    assert kit.letters() == []


def test_with_ventilation_images_nothing_is_held(kit: Kit) -> None:
    kit.one(image())
    kit.one(replace(image("1.2.3.2"), part=Part.VENTILATION))
    kit.one(replace(vq("normal"), blocks=(TextBlock("Ventilation images are uniform. Impression: normal", "impression"),)))
    kit.flow.tick(kit.clock.forward(minutes=2))
    assert kit.queries.holds() == []


@pytest.mark.parametrize("first", ["order", "study"])
def test_an_emergency_study_is_late_after_four_hours(kit: Kit, first: str) -> None:
    order = NotForUs("not-a-result", "ORM O01", ExpectedExam(ExamKey("RIS", "A1"), ANNA, T0, urgent=True))
    study = image(authority="RIS", issued=True)
    for what in (order, study) if first == "order" else (study, order):
        kit.one(what)
    assert kit.flow.tick(kit.clock.forward(hours=3.9)).changed == 0
    kit.flow.tick(kit.clock.forward(hours=0.2))
    assert [row.reason for row in kit.queries.follow_ups()] == [R.REPORT_OVERDUE]


def test_a_preliminary_never_finalised_raises_its_own(kit: Kit) -> None:
    kit.one(vq("normal", status=Status.PRELIMINARY))
    kit.flow.tick(kit.clock.forward(hours=11))
    assert kit.queries.follow_ups() == []
    kit.flow.tick(kit.clock.forward(hours=2))
    assert [row.reason for row in kit.queries.follow_ups()] == [R.REPORT_OVERDUE]


def nameless(patient: Patient = ANNA, study: str = "1.2.3") -> Report:
    return replace(
        vq("indeterminate", "msh10:C9", patient=patient, study=study, control="C9"),
        accession="",
        problems=("accession-missing",),
        signed_at=T0,
    )


def test_a_report_without_accession_joins_by_its_study(kit: Kit) -> None:
    kit.one(vq("normal", status=Status.PRELIMINARY, study="1.2.3", signed=T0 - timedelta(minutes=5)))
    outcome = kit.one(nameless())
    assert outcome.exam_id == kit.queries.find("A1")[0].exam
    assert outcome.decision is not None
    assert "accession-missing" not in outcome.decision.reasons
    assert kit.chains_whole()


@pytest.mark.parametrize(("patient", "study"), [(BERT, "1.2.3"), (ANNA, "9.9.9"), (ANNA, "")])
def test_a_report_that_does_not_fit_is_held_by_itself(kit: Kit, patient: Patient, study: str) -> None:
    kit.one(vq("normal", status=Status.PRELIMINARY, study="1.2.3", signed=T0 - timedelta(minutes=5)))
    outcome = kit.one(nameless(patient, study))
    assert outcome.exam_id != kit.queries.find("A1")[0].exam
    assert outcome.decision is not None
    assert "accession-missing" in outcome.decision.reasons


def test_two_sites_with_the_same_accession_never_meet(kit: Kit) -> None:
    kit.one(vq("indeterminate", authority="NORTH"))
    kit.one(vq("normal", authority="SOUTH", patient=BERT, control="C2"))
    kit.one(image("1.2.3.9", authority="SOUTH", issued=True, patient=BERT, study="4.5"))
    assert kit.queries.status().exams == 2
    assert [row.reason for row in kit.queries.follow_ups()] == [R.INDETERMINATE]
    assert kit.queries.holds() == []


def test_studies_of_both_accessions_of_one_report_are_one_exam(kit: Kit) -> None:
    kit.one(image("1.2.3.1", "V1", authority="RIS", issued=True, study="1.2.3"))
    kit.one(image("1.2.4.1", "Q1", authority="RIS", issued=True, study="1.2.4"))
    kit.one(vq("indeterminate", "V1", linked=("Q1",)))
    shown = kit.queries.show(kit.queries.find("Q1")[0].exam)
    assert shown is not None
    assert (len(shown.exam.instances), len(shown.exam.follow_ups), len(shown.exam.notices)) == (2, 1, 1)
    kit.flow.tick(kit.clock.forward(hours=48))
    assert R.REPORT_OVERDUE not in {row.reason for row in kit.queries.follow_ups()}


def test_somebody_was_told_is_shown_and_stops_nothing(kit: Kit) -> None:
    text = "Findings were discussed with Dr. Quill at 14:20. Impression: high"
    kit.one(replace(vq("high"), blocks=(TextBlock(text, "impression"),)))
    (row,) = kit.queries.follow_ups()
    assert (row.reason, row.state.value) == (R.POSITIVE, "requested")
    assert "Dr. Quill was told at 14:20" in row.contact
    assert row.due_at == T0 + timedelta(minutes=60)
