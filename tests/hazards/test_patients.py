"""Hazard: the patient changes while the exam is under way: merged, parted, dead, renamed. Real messages through the whole product."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cli.timeline import timeline
from pipeline.domain.notice import Notice
from pipeline.store.answers import Shown
from tests.hazards.hospital import Hospital, adt, oru, unlink

NEGATIVE = "No evidence of pulmonary embolism."
NONDIAGNOSTIC = "Intermediate probability for pulmonary embolism."
POSITIVE = "High probability for pulmonary embolism."
QUIET = {"decisions": {"quiet_period": timedelta(hours=1)}}


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    with Hospital(tmp_path) as one:
        yield one


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Hospital]:
    with Hospital(tmp_path, QUIET) as one:
        yield one


def shown(hospital: Hospital, accession: str = "A-1") -> Shown:
    (exam,) = hospital.app.queries.find(accession)
    found = hospital.app.queries.show(exam.exam)
    assert found is not None
    return found


def notices(hospital: Hospital, accession: str = "A-1") -> list[Notice]:
    return list(shown(hospital, accession).exam.notices)


def live(hospital: Hospital, accession: str = "A-1") -> Notice:
    (found,) = [notice for notice in notices(hospital, accession) if notice.live]
    return found


def told(hospital: Hospital, accession: str = "A-1") -> str:
    found = shown(hospital, accession)
    assert found.broken_at is None
    return "\n".join(line.said for line in timeline(found))


# a merge


def test_a_merge_between_report_and_letter_writes_the_letter_anew(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    first = live(quiet)
    quiet.send(adt("A40", "M-2", "M-1"))
    letter = live(quiet)
    assert (first.facts.identifier, letter.facts.identifier) == ("M-1", "M-2")
    assert quiet.letters == []
    quiet.clock.forward(hours=2)
    quiet.deliver()
    assert len(quiet.letters) == 1
    assert "M-2" in quiet.words("absent")
    assert quiet.open_reasons == []
    assert "merged into another one" in told(quiet)


def test_a_merge_after_the_letter_flags_it_and_withdraws_nothing(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE))
    assert len(hospital.letters) == 1
    hospital.send(adt("A40", "M-2", "M-1"))
    assert hospital.open_reasons == ["identity"]
    assert len(hospital.letters) == 1
    assert [notice.state.value for notice in notices(hospital)] == ["completed"]


def test_a_merge_moves_open_work_to_the_surviving_number(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE))
    hospital.send(adt("A40", "M-2", "M-1"))
    (task,) = hospital.tasks
    assert task["meta"]["versionId"] == "2"
    assert "M-2" in str(task)
    assert "M-1" not in str(task)
    assert live(hospital).facts.identifier == "M-2", "the held letter too"


def test_a_late_report_under_the_retired_number_is_held_the_first_time_only(hospital: Hospital) -> None:
    hospital.send(adt("A40", "M-2", "M-1"))
    hospital.send(oru(NEGATIVE))
    assert hospital.letters == []
    assert hospital.hold_reasons == {"retired-identifier"}
    assert live(hospital).facts.identifier == "M-2"
    hospital.send(oru(NEGATIVE, accession="A-2", control="C-2", signed="20260302115100"))
    assert len(hospital.letters) == 1
    assert live(hospital, "A-2").facts.identifier == "M-2"


def test_a_test_message_does_not_use_up_the_hold(hospital: Hospital) -> None:
    hospital.send(adt("A40", "M-2", "M-1"), oru(NEGATIVE, accession="A-9", control="C-9", processing="T"), oru(NEGATIVE))
    assert (hospital.letters, hospital.hold_reasons) == ([], {"retired-identifier"})


@pytest.mark.parametrize("numbers", [("M-1", "M-2"), ("M-2", "M-1")])
def test_versions_under_the_retired_and_the_surviving_number_are_one_persons(hospital: Hospital, numbers: tuple[str, str]) -> None:
    first, second = numbers
    hospital.send(oru(POSITIVE, mrn=first))
    hospital.send(adt("A40", "M-2", "M-1"))
    hospital.send(oru(NONDIAGNOSTIC, mrn=second, status="C", signed="20260302115500", control="C-2"))
    assert "identity" not in hospital.open_reasons
    assert "identity-version" not in hospital.hold_reasons


def test_without_a_merge_the_same_two_versions_are_two_people(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE), oru(NONDIAGNOSTIC, mrn="M-2", status="C", signed="20260302115500", control="C-2"))
    assert "identity" in hospital.open_reasons
    assert hospital.letters == []


@pytest.mark.parametrize("swapped", [False, True])
def test_a_chain_of_merges_ends_at_its_last_number(quiet: Hospital, swapped: bool) -> None:
    chain = [adt("A40", "M-2", "M-1", at="20260302115100"), adt("A40", "M-3", "M-2", at="20260302115600")]
    quiet.send(oru(NEGATIVE))
    quiet.send(*(reversed(chain) if swapped else chain))
    assert live(quiet).facts.identifier == "M-3"
    quiet.send(adt("A08", "M-3", name="OTHER^ANNA", at="20260302115800"))
    assert live(quiet).facts.patient_name == "ANNA OTHER", "news about the last number reach the exam"


def test_a_merge_turned_round_counts_as_it_was_said_last(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A40", "M-1", "M-2", at="20260302115600"), adt("A40", "M-2", "M-1", at="20260302115100"))
    assert live(quiet).facts.identifier == "M-1"


def test_a_merge_sent_twice_is_one(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE))
    hospital.send(adt("A40", "M-2", "M-1"), adt("A40", "M-2", "M-1", at="20260302115200"))
    (task,) = hospital.tasks
    assert task["meta"]["versionId"] == "2"


def test_one_message_may_merge_several_people(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), oru(NEGATIVE, accession="A-2", mrn="M-9", control="C-2", signed="20260302115100"))
    quiet.send(adt("A40", "M-2", "M-1", "M-9"))
    assert [live(quiet, one).facts.identifier for one in ("A-1", "A-2")] == ["M-2", "M-2"]


def test_the_same_numbers_of_another_hospital_are_other_people(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A40", "M-2", "M-1", authority="ELSEWHERE"), adt("A08", "M-1", authority="ELSEWHERE", died="|Y", at="20260302115800"))
    assert live(quiet).facts.identifier == "M-1"
    assert quiet.open_reasons == []


@pytest.mark.parametrize("merge", [adt("A40", "M-1"), adt("A40", "M-2", "M-1").replace(b"MRG|M-1^^^GENERAL", b"MRG|M-1^^^CLINIC")])
def test_a_merge_that_does_not_say_who_has_become_whom_is_looked_at(quiet: Hospital, merge: bytes) -> None:
    mrn = "M-1" if b"MRG" not in merge else "M-2"
    quiet.send(oru(NEGATIVE, mrn=mrn))
    quiet.send(merge)
    assert quiet.hold_reasons == {"identity-patient"}
    assert quiet.open_reasons == ["identity"]


def test_a_merge_with_somebody_of_another_birth_date_holds(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A40", "M-2", "M-1", born="19610501"))
    quiet.clock.forward(hours=3)
    quiet.deliver()
    assert quiet.letters == []
    assert quiet.hold_reasons == {"identity-patient"}
    quiet.send(oru(NEGATIVE, status="C", signed="20260302140000", control="C-2", findings="More."))
    quiet.clock.forward(hours=3)
    quiet.deliver()
    assert quiet.letters == [], "a correction must not slip through while nobody has decided"


def test_a_number_into_itself_a_link_and_a_test_message_merge_nobody(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A40", "M-1", "M-1"), adt("A24", "M-2", "M-1"), adt("A40", "M-2", "M-1", processing="T"))
    assert len(notices(quiet)) == 1
    assert quiet.open_reasons == []


# undone


def test_an_undone_merge_asks_whose_the_exam_is(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A40", "M-2", "M-1"))
    quiet.send(unlink("M-2", "M-1"))
    assert quiet.open_reasons == ["identity"]
    assert quiet.hold_reasons == {"identity-patient"}
    assert live(quiet).facts.identifier == "M-1", "under its own number again"
    quiet.send(adt("A40", "M-2", "M-1", at="20260302115200"))
    assert live(quiet).facts.identifier == "M-1", "an older merge does not undo it"
    assert "undone" in told(quiet)


# death


def test_a_death_before_the_report_keeps_the_letter(hospital: Hospital) -> None:
    hospital.send(adt("A03", "M-1", died="|Y"))
    hospital.send(oru(NONDIAGNOSTIC))
    assert hospital.letters == []
    assert hospital.open_reasons == ["indeterminate"], "the care team is told all the same"


def test_a_death_under_the_retired_number_counts_too(hospital: Hospital) -> None:
    hospital.send(adt("A08", "M-1", died="|Y"), adt("A40", "M-2", "M-1", at="20260302115600"))
    hospital.send(oru(NEGATIVE, mrn="M-2"))
    assert hospital.letters == []


def test_a_death_after_the_report_stops_what_has_not_left_and_no_work(quiet: Hospital) -> None:
    quiet.send(oru(NONDIAGNOSTIC))
    quiet.send(adt("A08", "M-1", died="20260302"))
    quiet.clock.forward(hours=5)
    quiet.deliver()
    assert quiet.letters == []
    assert quiet.open_reasons == ["indeterminate"]
    assert "has died" in told(quiet)


def test_an_older_word_of_life_does_not_undo_a_death_and_a_newer_one_asks(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A08", "M-1", died="|Y", at="20260302115600"), adt("A08", "M-1", died="|N", at="20260302115100"))
    assert quiet.open_reasons == []
    quiet.send(adt("A08", "M-1", died="|N", at="20260302115800"))
    assert quiet.open_reasons == ["identity"], "its letter was stopped, and nothing else would tell anybody"
    quiet.send(oru(NEGATIVE, accession="A-2", control="C-2", signed="20260302115100"))
    assert live(quiet, "A-2").state.value == "preparation"


# other demographics


def test_a_married_name_writes_the_letter_anew(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A08", "M-1", name="OTHER^ANNA"))
    quiet.clock.forward(hours=2)
    quiet.deliver()
    assert len(quiet.letters) == 1
    assert "ANNA OTHER" in quiet.words("absent")
    assert quiet.open_reasons == []


def test_the_same_demographics_again_change_nothing(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A08", "M-1"), adt("A31", "M-1", at="20260302115200"))
    assert len(notices(quiet)) == 1
    assert "record of the patient" not in told(quiet)


def test_older_demographics_do_not_undo_newer_ones(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A08", "M-1", name="OTHER^ANNA", at="20260302115600"), adt("A08", "M-1", name="THIRD^ANNA", at="20260302115200"))
    assert live(quiet).facts.patient_name == "ANNA OTHER"
    quiet.send(adt("A08", "M-1", name="OLD^ANNA", at="20260301120500"))
    assert live(quiet).facts.patient_name == "ANNA OTHER"


@pytest.mark.parametrize("other", [{"born": "19610501"}, {"sex": "M"}, {"name": "STRANGER^CARLA"}])
def test_demographics_of_somebody_else_hold_the_letter(quiet: Hospital, other: dict[str, str]) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A31", "M-1", **other))
    assert quiet.hold_reasons == {"identity-patient"}
    assert quiet.open_reasons == ["identity"]


# whose exam it is


def test_twins_of_one_name_are_two_people(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE), oru(POSITIVE, mrn="M-2", signed="20260302115500", control="C-2"))
    assert "identity" in hospital.open_reasons


def test_one_number_typed_for_another_person_is_held(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE), oru(NEGATIVE, name="STRANGER^CARLA", status="C", signed="20260302115500", control="C-2"))
    assert hospital.letters == []
    assert "identity-version" in hospital.hold_reasons


def test_one_patient_with_two_accessions_has_two_letters(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE), oru(NONDIAGNOSTIC, accession="A-2", control="C-2", signed="20260302115100"))
    assert sorted(letter["letter"] for letter in hospital.letters) == ["absent", "nondiagnostic"]
    assert hospital.open_reasons == ["indeterminate"]
