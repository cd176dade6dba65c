"""What is known of patients, in the ledger: within a batch, across restarts, at what cost; on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from pipeline.domain.arrival import NotForUs, PatientChange, PatientEvent
from pipeline.domain.identity import Identifier, Patient
from pipeline.domain.patients import PatientKnown
from pipeline.domain.policy import Policy
from pipeline.domain.report import Status
from pipeline.store import patients
from tests.flow.kit import ANNA, BERT, T0, Kit, file_of, image, report

NEW = replace(ANNA, identifiers=(Identifier("M-9", "HOSP", "MR"),))


def merge(into: Patient = NEW, retired: Patient = ANNA, at: datetime = T0, **more: Any) -> NotForUs:
    return NotForUs("not-a-result", "ADT A40", PatientChange(PatientEvent.MERGE, into, retired.identifiers, at, **more))


def update(patient: Patient, at: datetime = T0 + timedelta(minutes=1)) -> NotForUs:
    return NotForUs("not-a-result", "ADT A08", PatientChange(PatientEvent.UPDATE, patient, (), at))


@contextmanager
def asked(kit: Kit) -> Iterator[list[str]]:
    """The statements that ask the table of patients."""
    seen: list[str] = []

    def see(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "FROM patients" in statement:
            seen.append(statement)

    engine = kit.ledger._engine
    event.listen(engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", see)


def numbers(kit: Kit) -> list[str]:
    shown = [kit.queries.show(row["digest"]) for row in kit.rows("SELECT digest FROM exams WHERE owner IS NULL ORDER BY accession")]
    return [notice.facts.identifier for one in shown if one for notice in one.exam.notices if notice.live]


def test_a_batch_of_reports_asks_once_whom_it_knows(kit: Kit) -> None:
    kit.one(merge())
    files = [file_of(report("normal", f"A{n}", patient=BERT, control=f"C{n}", signed=T0 + timedelta(seconds=n))) for n in range(20)]
    with asked(kit) as seen:
        kit.ingest(*files)
    assert len(seen) == 1
    assert len(numbers(kit)) == 20


def test_a_merge_and_reports_of_one_batch_count_in_their_order(kit: Kit) -> None:
    kit.ingest(
        file_of(report("normal")),
        file_of(merge()),
        file_of(report("normal", "A2", control="C2", signed=T0 + timedelta(seconds=1))),
        file_of(report("normal", "A3", control="C3", signed=T0 + timedelta(seconds=2))),
    )
    assert numbers(kit) == ["M-9", "M-9", "M-9"]
    assert [row.reasons for row in kit.queries.holds()] == [("retired-identifier",)]
    assert kit.chains_whole()


def test_what_is_known_outlives_a_restart(kit: Kit) -> None:
    kit.one(merge())
    kit.one(update(replace(NEW, deceased=True)))
    kit.build()
    kit.one(report("normal"))
    kit.deliver()
    assert kit.letters() == []
    with kit.ledger.read() as connection:
        assert patients.known(connection, ANNA) == PatientKnown(deceased=True, retired=True)
        assert patients.known(connection, NEW) == PatientKnown(deceased=True)
        assert patients.known(connection, BERT) == PatientKnown()


def test_a_death_between_queueing_and_claiming_stops_the_letter(kit: Kit) -> None:
    kit.one(report("normal"))
    assert kit.rows("SELECT state FROM deliveries WHERE kind = 'notice'") == [{"state": "new"}]
    kit.one(update(replace(ANNA, deceased=True)))
    assert kit.rows("SELECT state FROM deliveries WHERE kind = 'notice'") == [{"state": "withdrawn"}]
    kit.deliver()
    assert kit.letters() == []


def test_a_letter_written_anew_leaves_once(kit: Kit) -> None:
    kit.one(report("indeterminate"))
    kit.one(merge())
    kit.deliver()
    assert len(kit.letters()) == 1
    states = kit.rows("SELECT state FROM deliveries WHERE kind = 'notice' ORDER BY ordinal")
    assert [row["state"] for row in states] == ["withdrawn", "sent"]
    (item,) = kit.queries.follow_ups()
    assert item.version == 2


def test_an_image_under_the_surviving_number_joins_a_report_under_the_retired_one(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.one(merge())
    outcome = kit.one(image(study="9.9", patient=NEW))
    assert outcome.exam_id == kit.rows("SELECT exam FROM versions")[0]["exam"]
    assert kit.queries.follow_ups() == []


def test_what_passes_by_leaves_no_row_but_its_own(kit: Kit) -> None:
    kit.one(update(BERT))
    kit.one(update(replace(BERT, language="es"), T0 + timedelta(minutes=2)))
    assert kit.count("patients") == 0
    kit.one(merge())
    kit.one(merge())
    assert kit.count("patients") == 1


def test_one_message_about_several_exams_reaches_all(kit: Kit) -> None:
    kit.ingest(*(file_of(report("high", f"A{n}", control=f"C{n}", signed=T0 + timedelta(seconds=n))) for n in range(3)))
    kit.one(merge())
    assert numbers(kit) == ["M-9"] * 3
    assert {item.version for item in kit.queries.follow_ups()} == {2}
    assert len(kit.queries.find("M-9")) == 3, "found under the new number too"


def test_a_wish_counts_for_the_person_under_every_number(kit: Kit) -> None:
    kit.one(merge())
    with kit.ledger.write() as connection:
        patients.wish(connection, "hosp", " m-1001", "opt-out", T0)
    with kit.ledger.read() as connection:
        assert patients.known(connection, NEW).wish == "opt-out"
    with kit.ledger.write() as connection:
        patients.wish(connection, "HOSP", "M-9", "", T0)
    with kit.ledger.read() as connection:
        assert patients.known(connection, NEW).wish == ""


def test_an_unknown_merge_and_an_older_one_teach_nothing(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.one(merge(at=T0 + timedelta(minutes=5)))
    other = replace(ANNA, identifiers=(Identifier("M-5", "HOSP", "MR"),))
    kit.one(merge(other, at=T0 + timedelta(minutes=1)))
    assert numbers(kit) == ["M-9"]


def test_a_correction_under_the_surviving_number_is_a_version_of_the_same_exam(kit: Kit) -> None:
    kit.rules = replace(kit.rules, policy=Policy(quiet_period=timedelta(hours=1)))
    kit.build()
    kit.one(report("normal"))
    kit.one(merge())
    kit.one(report("absent", patient=NEW, status=Status.CORRECTED, signed=T0 + timedelta(minutes=2)))
    assert numbers(kit) == ["M-9"]
    assert kit.queries.follow_ups() == []


def test_two_studies_of_one_accession_are_both_of_its_exam(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.ingest(file_of(image("1.2.3.1", study="1.2.3")), file_of(image("1.2.4.1", study="1.2.4")))
    assert len(kit.rows("SELECT DISTINCT exam FROM instances")) == 1
    assert kit.queries.follow_ups() == []


def test_two_studies_of_one_accession_and_two_patients_hold_the_letter(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.ingest(
        file_of(image("1.2.3.1", study="1.2.3")), file_of(image("1.2.4.1", authority="RIS", study="1.2.4", patient=BERT, issued=True))
    )
    kit.deliver()
    assert kit.letters() == []
    assert [row.reasons for row in kit.queries.holds()] == [("identity-study",)]


def test_one_accession_with_two_patients_is_held_and_somebody_finds_out(kit: Kit) -> None:
    kit.ingest(file_of(report("normal")), file_of(report("absent", patient=BERT, control="C2", signed=T0 + timedelta(seconds=1))))
    kit.deliver()
    assert kit.letters() == []
    assert "identity" in {item.reason.value for item in kit.queries.follow_ups()}
