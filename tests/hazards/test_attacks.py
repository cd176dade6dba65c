"""Hazard: the parts of an exam's life meet: merges, deaths, wishes, acts of people, repeats and reprocessing in each other's way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.again import Ruling
from pipeline.domain.reading import Category
from pipeline.domain.report import TextBlock
from pipeline.flow import Incoming
from pipeline.store.outbox import claim
from pipeline.store.reprocessing import Changed, Wanted
from pipeline.store.rereading import Rereader
from tests.hazards.hospital import Hospital, adt, oru, unlink
from tests.hazards.test_patients import NEGATIVE, NONDIAGNOSTIC, POSITIVE, QUIET, live, notices, shown

UNREADABLE = "The ZQUILT sign is noted."
LATER = {"status": "C", "control": "C-2", "signed": "20260302115800", "findings": "Other words."}


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    with Hospital(tmp_path) as one:
        yield one


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Hospital]:
    with Hospital(tmp_path, QUIET) as one:
        yield one


def wait(hospital: Hospital, **by: float) -> None:
    hospital.clock.forward(**(by or {"hours": 4}))
    hospital.deliver()


def together(hospital: Hospital, *messages: bytes) -> None:
    """All of them in one transaction."""
    files = [Incoming(content, f"{number:064x}", "test", hospital.clock.now()) for number, content in enumerate(messages, 1)]
    hospital.app.flow.ingest(files)
    hospital.deliver()


def reread_as(hospital: Hospital, text: str) -> list[Changed]:
    """Everything read again by readers that find this impression in each report."""
    flow = hospital.app.flow
    rules: Any = replace(flow._rules, interpret=lambda blocks: flow._rules.interpret((TextBlock(text, "impression"),)))
    flow._reread = Rereader(flow._parse, hospital.app.archive, rules)
    found = list(flow.reprocess(Wanted(), dry_run=False))
    hospital.deliver()
    return found


def the_hold(hospital: Hospital) -> str:
    (hold,) = hospital.app.queries.holds()
    return hold.id


# what is known of one number is known of the person, for letters that wait already


def test_a_merge_with_a_dead_persons_number_stops_what_has_not_left(quiet: Hospital) -> None:
    quiet.send(adt("A08", "M-1", died="|Y"), oru(NEGATIVE, mrn="M-2"))
    quiet.send(adt("A40", "M-2", "M-1", at="20260302115600"))
    wait(quiet)
    assert quiet.letters == []


def test_a_merge_into_a_dead_persons_number_stops_what_has_not_left(quiet: Hospital) -> None:
    quiet.send(adt("A08", "M-2", died="|Y"), oru(NEGATIVE, mrn="M-1"))
    quiet.send(adt("A40", "M-2", "M-1", at="20260302115600"))
    wait(quiet)
    assert quiet.letters == []


@pytest.mark.parametrize("mrn", ["M-1", "M-2"])
@pytest.mark.parametrize("asked", ["M-1", "M-2"])
def test_a_wish_under_either_number_holds_after_the_merge(quiet: Hospital, mrn: str, asked: str) -> None:
    quiet.app.flow.wish("GENERAL", asked, "opt-out", "Dr Duty")
    quiet.send(oru(NEGATIVE, mrn=mrn))
    quiet.send(adt("A40", "M-2", "M-1"))
    wait(quiet)
    assert quiet.letters == []
    assert "opt-out" in quiet.hold_reasons


def test_a_wish_under_the_retired_number_counts_for_the_surviving_one(quiet: Hospital) -> None:
    quiet.send(adt("A40", "M-2", "M-1"), oru(NEGATIVE, mrn="M-2"))
    assert quiet.app.flow.wish("GENERAL", "M-1", "opt-out", "Dr Duty") == 1
    quiet.send(oru(NEGATIVE, mrn="M-2", accession="A-2", control="C-2", signed="20260302115100"))
    wait(quiet)
    assert quiet.letters == []


def test_a_wish_written_in_other_letters_is_the_same_wish(quiet: Hospital) -> None:
    quiet.app.flow.wish(" general ", "m-1", "opt-out", "Dr Duty")
    quiet.send(oru(NEGATIVE))
    wait(quiet)
    assert quiet.letters == []


# withheld


def test_a_withheld_letter_does_not_come_back_by_reprocessing(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE, born="20200101"))
    hospital.app.flow.withhold(the_hold(hospital), "Dr Duty", "the mother was told")
    hospital.send(adt("A08", "M-1", born="20200101", name="OTHER^ANNA", at="20260302115600"))
    wait(hospital)
    assert hospital.letters == []
    reread_as(hospital, NONDIAGNOSTIC)
    wait(hospital)
    assert hospital.letters == []
    assert hospital.app.queries.holds(), "a person decides whether the new one leaves"


def test_a_correction_after_a_withheld_letter_waits_for_a_person(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE, release="SWTH"))
    hospital.app.flow.withhold(the_hold(hospital), "Dr Duty", "the ordering physician tells")
    hospital.send(oru(NEGATIVE, release="", **LATER))
    wait(hospital)
    assert hospital.letters == []
    assert len(hospital.app.queries.holds()) == 1
    hospital.app.flow.release(the_hold(hospital), "Dr Duty", "", "")
    wait(hospital)
    assert len(hospital.letters) == 1
    hospital.send(oru(NONDIAGNOSTIC, status="C", control="C-4", signed="20260302115900"))
    assert len(hospital.letters) == 2, "once a person has let one go, the next ones follow their own gates"


def test_a_withheld_letter_does_not_come_back_by_a_repeat_a_merge_or_its_undoing(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE, release="SWTH"))
    hospital.app.flow.withhold(the_hold(hospital), "Dr Duty", "told")
    hospital.send(oru(NEGATIVE, release="SWTH", control="C-3"), adt("A40", "M-2", "M-1"), unlink("M-2", "M-1"))
    hospital.send(adt("A08", "M-1", died="|Y", at="20260302115800"), adt("A08", "M-1", died="|N", at="20260302115900"))
    wait(hospital)
    assert hospital.letters == []


def test_a_review_that_was_withheld_has_no_letter_by_a_better_reader(hospital: Hospital) -> None:
    hospital.send(oru(UNREADABLE))
    hospital.app.flow.withhold(the_hold(hospital), "Dr Duty", "told in person")
    reread_as(hospital, NEGATIVE)
    wait(hospital)
    assert hospital.letters == []


# retired numbers


def test_a_correction_under_the_retired_number_waits_with_its_first_version(hospital: Hospital) -> None:
    hospital.send(adt("A40", "M-2", "M-1"), oru(NEGATIVE))
    assert hospital.hold_reasons == {"retired-identifier"}
    hospital.send(oru(NEGATIVE, **LATER))
    hospital.send(oru(NEGATIVE, status="C", control="C-5", signed="20260302115900", mrn="M-2", findings="More."))
    wait(hospital)
    assert hospital.letters == [], "nobody has looked at it yet"


def test_reprocessing_does_not_let_a_late_report_go(hospital: Hospital) -> None:
    hospital.send(adt("A40", "M-2", "M-1"), oru(NEGATIVE))
    reread_as(hospital, NONDIAGNOSTIC)
    wait(hospital)
    assert hospital.letters == []
    assert "retired-identifier" in hospital.hold_reasons


def test_reprocessing_after_a_merge_speaks_of_the_living_number(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), oru(NONDIAGNOSTIC, mrn="M-1", **LATER), adt("A40", "M-2", "M-1"))
    quiet.send(oru(NEGATIVE, mrn="M-2", status="C", control="C-9", signed="20260302115900"))
    quiet.send(oru(NEGATIVE, accession="A-2", mrn="M-9", control="C-7"), adt("A40", "M-8", "M-9"))
    reread_as(quiet, POSITIVE)
    assert "identity" not in quiet.open_reasons
    assert not any(reason.startswith("identity") for reason in quiet.hold_reasons)
    assert (live(quiet).facts.identifier, live(quiet, "A-2").facts.identifier) == ("M-2", "M-8")


def test_a_decision_by_hand_after_a_merge_speaks_of_the_living_number(quiet: Hospital) -> None:
    quiet.send(oru(UNREADABLE), adt("A40", "M-2", "M-1"))
    exam = shown(quiet).exam
    quiet.app.flow.decide(exam.key.digest, Ruling(Category.NONDIAGNOSTIC, "Dr Test", "read it"))
    assert live(quiet).facts.identifier == "M-2"
    assert quiet.open_reasons == ["indeterminate"]
    quiet.send(oru(UNREADABLE, control="C-3"), oru(UNREADABLE, control="C-4", mrn="M-2"))
    assert [notice.state.value for notice in notices(quiet)] == ["preparation"], "the same report again undoes nothing"
    quiet.send(adt("A08", "M-2", died="|Y", at="20260302115600"))
    wait(quiet)
    assert quiet.letters == []


def test_a_decision_by_hand_of_a_late_report_still_waits(hospital: Hospital) -> None:
    hospital.send(adt("A40", "M-2", "M-1"), oru(UNREADABLE))
    hospital.app.flow.decide(shown(hospital).exam.key.digest, Ruling(Category.NEGATIVE, "Dr Test", "read it"))
    wait(hospital)
    assert hospital.letters == []
    assert "retired-identifier" in hospital.hold_reasons


def test_a_decision_by_hand_for_a_dead_patient_writes_no_letter(hospital: Hospital) -> None:
    hospital.send(oru(UNREADABLE), adt("A08", "M-1", died="|Y"))
    hospital.app.flow.decide(shown(hospital).exam.key.digest, Ruling(Category.NONDIAGNOSTIC, "Dr Test", "read it"))
    wait(hospital)
    assert (hospital.letters, hospital.open_reasons) == ([], ["indeterminate"])


def test_reprocessing_a_dead_patients_exam_writes_no_letter_and_asks_the_care_team(hospital: Hospital) -> None:
    hospital.send(oru(UNREADABLE), adt("A08", "M-1", died="|Y"))
    reread_as(hospital, NONDIAGNOSTIC)
    wait(hospital)
    assert hospital.letters == []
    assert "indeterminate" in hospital.open_reasons or "result-changed" in hospital.open_reasons


# one transaction


def test_a_merge_and_the_reports_in_one_batch(hospital: Hospital) -> None:
    together(
        hospital,
        oru(NEGATIVE, mrn="M-7", accession="A-7", control="C-7"),
        oru(POSITIVE, accession="A-3", control="C-3", signed="20260302115200"),
        adt("A40", "M-2", "M-1"),
        oru(NEGATIVE),
        oru(NEGATIVE, mrn="M-2", accession="A-4", control="C-4", signed="20260302115300"),
    )
    assert live(hospital, "A-3").facts.identifier == "M-2"
    assert live(hospital).facts.identifier == "M-2"
    assert "retired-identifier" in hospital.hold_reasons
    assert sorted(letter["accession"] for letter in hospital.letters) == ["A-4", "A-7"]


def test_a_death_and_the_reports_in_one_batch(quiet: Hospital) -> None:
    together(quiet, oru(NEGATIVE), adt("A08", "M-1", died="|Y"), oru(NEGATIVE, accession="A-2", control="C-2", signed="20260302115100"))
    wait(quiet)
    assert quiet.letters == []


def test_a_message_that_fails_takes_nobodys_news_with_it(quiet: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    deciding = quiet.app.flow._rules
    calls = {"n": 0}

    def failing(exam: Any, report: Any, reading: Any, policy: Any, now: Any) -> Any:
        if report.accession == "A-13":
            calls["n"] += 1
            raise RuntimeError("boom")
        return deciding.decide(exam, report, reading, policy, now)

    quiet.app.flow._rules = replace(deciding, decide=failing)
    together(
        quiet,
        oru(NEGATIVE, accession="A-5", control="C-5"),
        adt("A40", "M-2", "M-1"),
        oru(NEGATIVE, accession="A-13", control="C-13", signed="20260302115200"),
        oru(NEGATIVE, signed="20260302115300"),
    )
    assert calls["n"]
    assert live(quiet, "A-5").facts.identifier == "M-2"
    assert live(quiet).facts.identifier == "M-2"
    assert quiet.hold_reasons == {"retired-identifier"}


# merges that fit badly


def test_exams_of_two_birth_dates_under_one_person_are_looked_at(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), oru(NEGATIVE, mrn="M-2", accession="A-2", control="C-2", born="19710101", signed="20260302115100"))
    quiet.send(adt("A40", "M-2", "M-1", born="", sex="", name=""))
    wait(quiet)
    assert quiet.letters == []
    assert quiet.hold_reasons == {"identity-patient"}


def test_a_merge_of_several_of_which_one_is_garbage(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), oru(NEGATIVE, accession="A-2", mrn="M-9", control="C-2", signed="20260302115100"))
    merge = adt("A40", "M-2", "M-1", "M-9").replace(b"MRG|M-1^^^GENERAL^MR", b"MRG|^^^^")
    quiet.send(merge)
    assert live(quiet).facts.identifier == "M-1"
    assert live(quiet, "A-2").facts.identifier == "M-2"


def test_a_retired_number_without_its_authority_is_not_overlooked(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE))
    quiet.send(adt("A40", "M-2", "M-1").replace(b"MRG|M-1^^^GENERAL^MR", b"MRG|M-1").replace(b"|ADT|GENERAL|", b"|NEW|NOWHERE|"))
    wait(quiet)
    if quiet.letters:
        assert "M-2" in quiet.words("absent")
    else:
        assert quiet.hold_reasons == {"identity-patient"}


def test_a_death_of_the_other_person_does_not_lose_the_letter_silently_once_parted(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), adt("A40", "M-2", "M-1"), adt("A08", "M-2", died="|Y", at="20260302115600"))
    assert [notice.state.value for notice in notices(quiet)][-1] == "stopped"
    quiet.send(unlink("M-2", "M-1"))
    assert quiet.open_reasons == ["identity"]


def test_a_test_merge_and_the_same_file_twice(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), adt("A40", "M-2", "M-1", processing="T"), adt("A08", "M-1", died="|Y", processing="T"))
    assert live(quiet).facts.identifier == "M-1"
    quiet.send(adt("A40", "M-2", "M-1"), adt("A40", "M-2", "M-1"))
    assert len([one for one in notices(quiet) if one.live]) == 1


def test_a_merge_while_the_letter_is_held_twice_and_then_released(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE), adt("A40", "M-2", "M-1"))
    hospital.app.flow.release(the_hold(hospital), "Dr Duty", "2026-03-02T18:30:00Z")
    hospital.deliver()
    assert len(hospital.letters) == 1
    assert "M-2" in hospital.words("positive")
    hospital.send(adt("A40", "M-3", "M-2", at="20260302115700"))
    assert "identity" in hospital.open_reasons
    assert len(hospital.letters) == 1


def test_a_conflicting_merge_widens_the_hold_and_its_escalation_goes_on(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE), adt("A40", "M-2", "M-1", born="19610501"))
    (hold,) = hospital.app.queries.holds()
    assert {"identity-patient", "positive"} <= set(hold.reasons)
    for _ in range(30):
        hospital.clock.forward(hours=4)
        hospital.app.flow.tick(hospital.clock.now())
        hospital.deliver()
    assert hospital.letters == []
    (hold,) = hospital.app.queries.holds()
    with pytest.raises(Exception, match="another person"):
        hospital.app.flow.release(hold.id, "Dr Duty", "2026-03-02T18:30:00Z")


def test_returned_mail_after_a_correction_and_a_merge(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE))
    first = live(hospital).id
    hospital.send(oru(NONDIAGNOSTIC, **LATER), adt("A40", "M-2", "M-1", at="20260302115900"))
    before = hospital.open_reasons
    hospital.app.flow.undelivered(first, "Dr Duty")
    second = live(hospital).id
    hospital.app.flow.undelivered(second, "Dr Duty")
    hospital.send(adt("A40", "M-3", "M-2", at="20260302120100"))
    assert set(before) <= set(hospital.open_reasons)
    assert "indeterminate" in hospital.open_reasons


def test_a_report_without_accession_of_another_patient_takes_no_exam_by_its_study(hospital: Hospital) -> None:
    uid = "ZDS|1.2.3.4^RIS^Application^DICOM"
    hospital.send(oru(POSITIVE, after=uid))
    stranger = oru(NEGATIVE, accession="", mrn="M-5", name="STRANGER^CARLA", born="19900101", control="C-2", after=uid)
    hospital.send(stranger.replace(b"||^RIS|", b"|||"))
    wait(hospital)
    assert hospital.letters == []
    assert len(shown(hospital).exam.versions) == 1


# what a person has been asked, or news has said, is not answered by the next message


def test_a_record_restricted_by_news_stays_so_for_a_correction(quiet: Hospital) -> None:
    vip = adt("A08", "M-1").rstrip(b"\r") + b"\rPV1|1|O" + b"|" * 14 + b"Y\r"
    quiet.send(oru(NEGATIVE), vip)
    assert quiet.hold_reasons == {"restricted"}
    quiet.send(oru(NEGATIVE, **LATER))
    wait(quiet)
    assert quiet.letters == []


def test_a_correction_of_a_dead_patients_letter_and_a_repeat_write_none(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), adt("A08", "M-1", died="|Y"))
    quiet.send(oru(NONDIAGNOSTIC, **LATER), oru(NONDIAGNOSTIC, **{**LATER, "control": "C-8"}))
    reread_as(quiet, NEGATIVE)
    wait(quiet)
    assert quiet.letters == []


def test_a_letter_on_its_way_is_flagged_by_a_merge_and_not_written_twice(hospital: Hospital) -> None:
    hospital.app.flow.ingest([Incoming(oru(NEGATIVE), "1" * 64, "test", hospital.clock.now())])
    with hospital.app.ledger.write() as connection:
        (name,) = connection.exec_driver_sql("SELECT DISTINCT destination FROM deliveries").scalars()
        assert claim(connection, name, 10, timedelta(hours=1), hospital.clock.now())
    hospital.send(adt("A40", "M-2", "M-1"))
    assert hospital.open_reasons == ["identity"]
    assert len(notices(hospital)) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("GARCÍA-LÓPEZ^MARÍA", "GARCIA LOPEZ^MARIA", True),
        ("O'BRIEN^ANNA", "OBRIEN^ANNA", True),
        ("MÜLLER^ANNA", "MUELLER^ANNA", True),
        ("SAMPLE^BABY GIRL", "SAMPLE^ANNA", True),
        ("TRAUMA^UNKNOWN", "SAMPLE^ANNA", True),
        ("SMITH^ANNA", "SMITH-JONES^ANNA", True),
        ("ANNA^SAMPLE", "SAMPLE^ANNA", True),
        ("SAMPLE^ANNA", "STRANGER^CARLA", False),
    ],
)
def test_names_of_one_person_and_of_two(quiet: Hospital, one: str, other: str, same: bool) -> None:
    quiet.send(oru(NEGATIVE, name=one), adt("A08", "M-1", name=other))
    assert quiet.hold_reasons == (set() if same else {"identity-patient"})


def test_a_merge_before_an_undone_one_is_settled_asks_and_holds(quiet: Hospital) -> None:
    quiet.send(oru(NEGATIVE), adt("A40", "M-2", "M-1"), unlink("M-2", "M-1"), adt("A40", "M-3", "M-1", at="20260302115800"))
    wait(quiet)
    assert quiet.letters == []
    assert live(quiet).facts.identifier == "M-3"
