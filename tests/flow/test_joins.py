"""Reports and images find their exam, and one report under several accessions is one exam."""

from datetime import timedelta

import pytest

from pipeline.domain.followup import FollowUpReason
from pipeline.domain.identity import Identifier, Patient
from pipeline.domain.instance import Instance
from pipeline.domain.report import Report, Status
from tests.flow.kit import ANNA, BERT, T0, Kit, file_of, image, report


def _exam_of_images(kit: Kit) -> list[tuple[str, str]]:
    query = "SELECT e.authority, e.accession FROM instances i JOIN exams e ON e.digest = i.exam ORDER BY i.hash"
    return [(row["authority"], row["accession"]) for row in kit.rows(query)]


@pytest.mark.parametrize("first", ["report", "image"])
def test_by_issuer(kit: Kit, first: str) -> None:
    both: list[Report | Instance] = [report("normal"), image(authority="RIS", issued=True, study="9.9")]
    for what in both if first == "report" else reversed(both):
        kit.one(what)
    assert _exam_of_images(kit) == [("RIS", "A1")]


@pytest.mark.parametrize("first", ["report", "image"])
def test_by_study_uid_where_the_accession_differs(kit: Kit, first: str) -> None:
    both: list[Report | Instance] = [report("normal", study="1.2.3"), image(accession="OTHER")]
    for what in both if first == "report" else reversed(both):
        kit.one(what)
    assert _exam_of_images(kit) == [("RIS", "A1")]
    assert kit.queries.status().waiting_studies == 0


@pytest.mark.parametrize("first", ["report", "image"])
def test_by_the_one_accession_that_fits_the_patient(kit: Kit, first: str) -> None:
    reports = [report("normal"), report("normal", authority="ELSEWHERE", patient=BERT, control="C2")]
    given: list[Report | Instance] = [*reports, image()] if first == "report" else [image(), *reports]
    for what in given:
        kit.one(what)
    assert _exam_of_images(kit) == [("RIS", "A1")]


def test_in_one_batch_in_any_order(kit: Kit) -> None:
    kit.ingest(file_of(image()), file_of(image("1.2.3.2")), file_of(report("normal")), file_of(image("1.2.3.3")))
    assert _exam_of_images(kit) == [("RIS", "A1")] * 3
    assert kit.chains_whole()


def test_it_waits_where_no_exam_fits(kit: Kit) -> None:
    kit.one(report("normal", patient=BERT))
    kit.one(image())
    assert kit.queries.status().waiting_studies == 1
    assert kit.queries.holds() == []


def test_it_waits_where_two_fit(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.one(report("absent", authority="ELSEWHERE", control="C2"))
    kit.one(image())
    assert kit.queries.status().waiting_studies == 1


@pytest.mark.parametrize("first", ["report", "image"])
def test_the_same_key_with_another_patient_is_held(kit: Kit, first: str) -> None:
    both: list[Report | Instance] = [report("normal", patient=BERT), image(authority="RIS")]
    for what in both if first == "report" else reversed(both):
        kit.one(what)
    assert _exam_of_images(kit) == [("RIS", "A1")]
    assert FollowUpReason.IDENTITY in {row.reason for row in kit.queries.follow_ups()}
    kit.deliver()
    assert kit.letters() == []


def test_a_study_of_another_patient_takes_the_letter_back(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.deliver()
    kit.one(image(patient=BERT, authority="RIS", issued=True))
    assert {row.reason for row in kit.queries.follow_ups()} == {FollowUpReason.IDENTITY, FollowUpReason.WRONG_LETTER_OUT}
    kit.deliver()
    assert len(kit.letters()) == 1


def test_a_waiting_study_without_report_becomes_overdue_and_is_taken_over(kit: Kit) -> None:
    kit.one(image())
    assert kit.flow.tick(kit.clock.forward(hours=23)).changed == 0
    assert kit.flow.tick(kit.clock.forward(hours=2)).changed == 1
    row = kit.queries.follow_ups()[0]
    assert (row.reason, row.accession) == (FollowUpReason.REPORT_OVERDUE, "A1")
    assert kit.flow.tick(kit.clock.forward(hours=1)).changed == 0
    kit.deliver()
    assert [task["accessions"] for task in kit.tasks()] == [["A1"]]
    kit.one(report("normal", signed=kit.clock.now()))
    assert kit.queries.follow_ups() == []
    shown = kit.queries.show(kit.queries.find("A1")[0].exam)
    assert shown is not None
    assert [item.state.value for item in shown.exam.follow_ups] == ["cancelled"]
    assert shown.broken_at is None
    assert "linked" in {one.became for one in shown.history}


def test_the_clock_joins_what_came_in_the_same_moment_elsewhere(kit: Kit) -> None:
    # Two instances of the service, each of which could not see what the other had not yet committed.
    kit.one(image())
    kit.execute("UPDATE exams SET waiting = (1 = 0)")
    kit.one(report("normal", patient=ANNA))
    kit.execute("UPDATE exams SET waiting = (1 = 1) WHERE authority = 'dicom-study'")
    assert kit.flow.tick(kit.clock.now()).joined == 1
    assert _exam_of_images(kit) == [("RIS", "A1")]
    assert kit.flow.tick(kit.clock.now()).joined == 0


def test_linked_accessions_of_one_message_are_one_exam(kit: Kit) -> None:
    kit.one(report("indeterminate", "V1", linked=("Q1",)))
    kit.deliver()
    assert len(kit.letters()) == 1
    assert [task["accessions"] for task in kit.tasks()] == [["Q1", "V1"]]
    assert {found.exam for found in kit.queries.find("Q1")} == {found.exam for found in kit.queries.find("V1")}
    later = kit.one(report("high", "Q1", status=Status.CORRECTED, signed=T0 + timedelta(minutes=1), control="C2"))
    assert later.exam_id == kit.queries.find("V1")[0].exam
    assert kit.queries.status().exams == 1


def test_the_same_report_under_two_accessions_is_one_exam(kit: Kit) -> None:
    kit.one(report("indeterminate", "V1", control="C1"))
    kit.one(report("indeterminate", "Q1", control="C2"))
    kit.deliver()
    assert len(kit.letters()) == 1
    assert len(kit.queries.follow_ups()) == 1
    assert [(task["version"], task["accessions"]) for task in kit.tasks()] == [(1, ["V1"]), (2, ["Q1", "V1"])]
    assert kit.chains_whole()


def test_the_same_words_of_another_patient_are_another_exam(kit: Kit) -> None:
    kit.one(report("indeterminate", "V1"))
    kit.one(report("indeterminate", "Q1", patient=BERT))
    kit.one(report("indeterminate", "Q2", signed=T0 - timedelta(seconds=1)))
    assert kit.queries.status().exams == 3
    assert len(kit.queries.follow_ups()) == 3


def test_two_exams_that_both_have_reports_are_never_merged(kit: Kit) -> None:
    kit.one(report("normal", "V1"))
    kit.one(report("high", "Q1", signed=T0 - timedelta(minutes=1)))
    kit.one(report("indeterminate", "V1", linked=("Q1",), signed=T0 + timedelta(minutes=1), control="C3"))
    assert kit.queries.status().exams == 2


def test_a_preliminary_text_is_promoted(kit: Kit) -> None:
    from dataclasses import replace

    kit.one(report("indeterminate", status=Status.PRELIMINARY))
    final = replace(report("x", signed=T0 + timedelta(minutes=5), problems=("text-promoted",)), blocks=())
    outcome = kit.one(final)
    assert outcome.decision is not None
    assert outcome.decision.category.value == "nondiagnostic"
    assert [row.preliminary for row in kit.queries.follow_ups()] == [False]


def test_an_unknown_patient_in_the_image_is_no_conflict(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.one(image(patient=Patient((Identifier("M-1001"),))))
    assert _exam_of_images(kit) == [("RIS", "A1")]
    assert kit.queries.holds() == []
