"""DESIGN section 6: one accession, two people; who is who; what holds and what was wrong."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.identity import ExamKey, Identifier, Patient, PersonName, conflicts, folded
from pipeline.domain.notice import HoldState, NoticeState
from pipeline.domain.policy import Policy
from pipeline.domain.report import Liveness
from tests.domain.world import ANNA, BERT, NEGATIVE, NONDIAGNOSTIC, POSITIVE, UNREADABLE, C, F, P, World, X, hours, minutes

R = FollowUpReason


def person(family: str = "", given: str = "", number: str = "", authority: str = "", kind: str = "", **more: object) -> Patient:
    identifiers = (Identifier(number, authority, kind),) if number else ()
    return Patient(identifiers, PersonName(family, given) if family or given else None, **more)  # type: ignore[arg-type]


BORN = date(1960, 5, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ANNA, BERT),
        (person("Doe", "Jo", birth_date=BORN), person("Doe", "Jo", birth_date=date(1960, 5, 2))),
        (person("Doe", "Jo", sex="F"), person("Doe", "Jo", sex="M")),
        (person("Doe", "Jo", "1", "H", "MR"), person("Doe", "Jo", "2", "h", "MR")),
        (person("Doe", "Jo", "1", "H", "MR"), person("Doe", "Jo", "2", "H")),
        (person("Doe", "Jo", "1", "H", "MR", birth_date=BORN), person("Doe", "Jo", "1", "H", "MR", birth_date=date(1970, 5, 1))),
        (person("Doe", "Jo"), person("Roe", "Ann")),
        (person("Doe", "Jo"), person("Roe", "Jo")),
        (person("Doe", "Jo", "1", "H"), person("Roe", "Ann", "1", "K")),
        (person("Doe", "", birth_date=BORN), person("Roe", "", birth_date=BORN)),
        (person("", "Jo"), person("", "Ann")),
        (person("Doe"), person("", "Jo")),
        (person("Doe", "Jo", "1", "H", "SS"), person("Doe", "Jo", "2", "H", "SS")),
        (person("Doe", "Jo", birth_date=BORN), person("Roe", "Jo")),
        (person("Doe", "Jo", "1"), person("Roe", "Ann", "2")),
        (person("Doe", "Jo", "1", "H", "MR"), person("Roe", "Ann", "1", "H", "PI")),
        (person("Doe", "Jo", "1", "H", "SS"), person("Roe", "Ann", "1", "H")),
    ],
    ids=[
        "all different",
        "birth date",
        "sex",
        "record number",
        "record number of a DICOM file",
        "same number, other birth date",
        "names",
        "only the given name",
        "the same number of two hospitals is two numbers",
        "same birth date, other name",
        "given names",
        "half a name each, nothing in common",
        "another kind of number",
        "only the given name, and one birth date",
        "two numbers of nobody knows whom",
        "the same digits of two kinds",
        "the same digits of another kind and of none",
    ],
)
def test_these_are_two_people(one: Patient, other: Patient) -> None:
    assert conflicts(one, other)
    assert conflicts(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ANNA, ANNA),
        (ANNA, Patient()),
        (person("Doe", "Jo"), person("DOE", "JO")),
        (person("Müller-Lüdenscheidt", "Anna"), person("Muller Ludenscheidt", "A")),
        (person("O'Brien", "Mary"), person("OBRIEN", "M")),
        (person("Doe", "Jo"), person("Jo", "Doe")),
        (person("Doe", "Jo", birth_date=BORN), person("Roe", "Jo", birth_date=BORN)),
        (person("Doe", "Jo", "1", "H", "MR"), person("Roe", "Jo", "1", "H", "MR")),
        (person("Doe", "Jo", "1", "H", "MR"), person("Doe", "Ann", "1")),
        (person("Doe", "Jo", "1", "H", "MR"), person("Doe", "Jo", "2", "K", "MR")),
        (person("Doe", "Jo", "1", "H", "MR"), person("Doe", "Jo", "2")),
        (person("Doe", "Jo", "1", "H", "MR"), person("Doe", "Jo", "2", "H", "PI")),
        (person("Doe", "Jo", "1", "H", "VN"), person("Doe", "Jo", "2", "H", "VN")),
        (person("Doe", "Jo", sex="F"), person("Doe", "Jo", sex="O")),
        (person("Doe", "Jo"), Patient(name=PersonName(prefix="Dr"))),
        (person("", "Jo"), person("Doe", "Jo")),
        (person("Doe", "Jo"), person("Jo", "Roe")),
        (person("van Doe", "Jo"), person("Doe", "J")),
        (person("Doe", "Jo", "1"), person("Doe", "Jo", "2")),
        (person("Doe", "Jo", "1", "H", "SS"), person("Doe", "Jo", "2", "H")),
        (person("Doe", "Jo", " 1", "H", "MR"), person("Doe", "Jo", "1 ", "H", "MR")),
        (person("Doe", "Jo", " 1", "H", "MR"), person("Roe", "Jo", "1 ")),
    ],
    ids=[
        "all the same",
        "nothing known",
        "case",
        "accents and hyphens",
        "apostrophe",
        "swapped",
        "married, same birth date",
        "same number",
        "same number, authority not said",
        "numbers of two hospitals",
        "numbers, authority not said",
        "numbers of two kinds",
        "numbers of two visits",
        "sex not said",
        "no name at all",
        "no family name on one side",
        "swapped, and another name since",
        "one word of several",
        "numbers of nobody knows whom",
        "another kind of number and one that does not say of what kind it is",
        "spaces around a number",
        "spaces around a number that they have in common",
    ],
)
def test_these_may_be_one_person(one: Patient, other: Patient) -> None:
    assert not conflicts(one, other)
    assert not conflicts(other, one)


@pytest.mark.parametrize("kind", ["AN", "VN", "OTHER"])
def test_one_person_has_many_numbers_of_this_kind(kind: str) -> None:
    assert not conflicts(person("Doe", "Jo", "1", "H", kind), person("Doe", "Jo", "2", "H", kind))
    assert not conflicts(person("Doe", "Jo", "1", "H", kind), person("Doe", "Jo", "2", "H"))


@pytest.mark.parametrize("kind", ["", "MR", "PI"])
def test_a_number_that_does_not_say_its_kind_is_compared_with_one_of_this_kind(kind: str) -> None:
    assert conflicts(person("Doe", "Jo", "1", "H", kind), person("Doe", "Jo", "2", "H"))
    assert not conflicts(person("Doe", "Jo", "1", "H", kind), person("Roe", "Jo", "1", "H"))


def test_several_numbers_of_one_kind_need_one_in_common() -> None:
    merged = Patient((Identifier("1", "H", "MR"), Identifier("2", "H", "MR")))
    assert not conflicts(merged, Patient((Identifier("2", "H", "MR"),)))
    assert not conflicts(merged, Patient((Identifier("1", "H"),)))
    assert conflicts(merged, Patient((Identifier("3", "H"),)))
    inside = Patient((Identifier("1", "H", "MR"), Identifier("9", "H", "PI")))
    assert not conflicts(inside, Patient((Identifier("1", "H"),))), "a DICOM file says one number, of whatever kind"
    assert conflicts(inside, Patient((Identifier("1", "H", "MR"), Identifier("8", "H", "PI"))))


NUMBERS = st.lists(
    st.builds(Identifier, st.sampled_from("12"), st.sampled_from(("", "H", "K")), st.sampled_from(("", "MR", "PI", "VN"))), max_size=3
)
NAMES = st.one_of(st.none(), st.builds(PersonName, st.sampled_from(("", "Doe", "Roe", "O'Neil")), st.sampled_from(("", "Jo", "Ann"))))
PEOPLE = st.builds(
    Patient, NUMBERS.map(tuple), NAMES, st.sampled_from((None, BORN, date(1971, 1, 1))), st.sampled_from(("", "F", "M", "O"))
)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(PEOPLE, PEOPLE)
def test_two_mentions_conflict_in_both_directions_or_in_none(one: Patient, other: Patient) -> None:
    assert conflicts(one, other) == conflicts(other, one)
    assert conflicts(one, one) is False
    assert conflicts(one, Patient()) is False


def test_names_are_folded_and_spoken() -> None:
    assert folded("  Ñandú–O’Neil, JÖRG ") == "nandu o neil jorg"
    assert PersonName("Doe", "Jo", "A", "Dr", "MD").spoken == "Dr Jo A Doe MD"
    assert PersonName(" Doe ", "Jo ", " ").spoken == "Jo Doe"
    assert (Patient().known, ANNA.known, Patient(name=PersonName()).known) == (False, True, False)
    assert person("Doe").known
    assert person(number="1").known
    assert Patient(birth_date=BORN).known


def test_plain_text_is_folded_as_any_other() -> None:
    """There is a quick way for it."""
    for sign in map(chr, range(128)):
        assert f"{folded(f'a{sign}B')} e" == folded(f"a{sign}B é")


def test_two_sites_with_the_same_accession_never_meet() -> None:
    assert ExamKey("A", "1").digest != ExamKey("B", "1").digest
    assert ExamKey("A1", "1").digest != ExamKey("A", "11").digest
    assert len(ExamKey("A", "1").digest) == 64


# ---- versions of two people


@pytest.mark.parametrize("swapped", [True, False])
def test_two_versions_of_two_people_are_held_and_somebody_finds_out(swapped: bool) -> None:
    world = World()
    versions = [(ANNA, F, hours(0)), (BERT, C, hours(1))]
    for patient, status, at in reversed(versions) if swapped else versions:
        world.send(NEGATIVE, status, at=at, patient=patient)
    assert world.open == [R.IDENTITY]
    assert "identity-version" in world.hold.reasons
    assert [state for _, _, state in world.letters if state != "stopped"] == ["on-hold"]


@pytest.mark.parametrize(
    ("status", "at"), [(F, hours(-1)), (C, hours(1)), (P, hours(-1)), (P, hours(1))], ids=["older", "newer", "draft", "newer draft"]
)
def test_if_a_letter_has_left_it_may_be_somebody_elses(status: object, at: object) -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.send(NEGATIVE, status, at=at, patient=BERT)  # type: ignore[arg-type]
    assert world.letters[0] == ("absent", "result", "entered-in-error")
    assert ("withdrawn", "withdrawn", "on-hold") in world.letters
    withdrawal = next(notice for notice in world.exam.notices if notice.letter.value == "withdrawn")
    assert withdrawal.facts.patient_name == "Anna Example", "to whoever got the letter"
    assert {R.IDENTITY, R.WRONG_LETTER_OUT} <= set(world.open)


def test_another_persons_report_never_ends_this_persons_follow_up() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    world.send(NEGATIVE, C, at=hours(1), patient=BERT)
    assert set(world.open) == {R.RESULT_CHANGED, R.IDENTITY}


def test_a_test_message_about_somebody_else_is_nobodys_conflict() -> None:
    world = World()
    world.send(NEGATIVE, patient=BERT, liveness=Liveness.NOT_LIVE)
    world.send(NEGATIVE)
    world.image()
    assert (world.open, world.holds) == ([], [])
    assert world.letters == [("absent", "result", "preparation")]


def test_an_old_version_of_another_person_is_asked_about_even_where_the_report_was_taken_back() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(1))
    assert world.send(NEGATIVE, F, at=hours(-1), patient=BERT).standing is Standing.SUPERSEDED
    assert world.open == [R.IDENTITY]


def test_an_old_version_of_a_retracted_report_is_nobodys_business() -> None:
    world = World()
    world.send(NEGATIVE, X, at=hours(1))
    world.send(NEGATIVE)
    assert world.open == []


# ---- images of another person


def test_an_image_of_the_same_person_changes_nothing() -> None:
    world = World()
    world.send(NEGATIVE)
    decision = world.image()
    assert (decision.reasons, decision.changes) == ((), ())


def test_an_image_of_another_person_holds_the_letter() -> None:
    world = World()
    world.send(NEGATIVE)
    assert world.image(BERT).reasons == ("identity-study",)
    assert world.letters == [("absent", "result", "on-hold")]
    assert world.hold.reasons == ("identity-study",)
    assert world.item(R.IDENTITY).critical


def test_a_letter_that_is_held_already_is_held_for_this_too() -> None:
    """Else whoever tells the patient of the clot would release a letter that may be another person's."""
    world = World()
    world.send(POSITIVE)
    seen = world.hold
    world.now += hours(2)
    world.image(BERT)
    assert world.hold.reasons == ("identity-study", *seen.reasons)
    assert (world.hold.expires_at, world.hold.opened_at) == (seen.expires_at, world.now), "nobody gets more time by it"
    assert [hold.state for hold in world.exam.holds] == [HoldState.SUPERSEDED, HoldState.OPEN]
    world.image(BERT)
    assert len(world.exam.holds) == 2


def test_a_letter_that_was_withheld_for_good_stays_so() -> None:
    world = World()
    world.send(POSITIVE)
    world.exam = replace(world.exam, holds=tuple(replace(hold, state=HoldState.WITHHELD) for hold in world.exam.holds))
    world.image(BERT)
    assert world.notice.state is NoticeState.ON_HOLD
    assert world.holds == []


def test_a_letter_that_has_left_counts_as_wrong() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.image(BERT)
    assert world.letters == [("absent", "result", "entered-in-error"), ("withdrawn", "withdrawn", "on-hold")]
    assert world.open == [R.IDENTITY, R.WRONG_LETTER_OUT]
    assert world.hold.reasons == ("identity-study",)
    world.image(BERT)
    assert len(world.letters) == 2
    assert world.open == [R.IDENTITY, R.WRONG_LETTER_OUT], "asked once"


def test_images_of_two_people_without_a_report_ask_at_once_and_hold_what_comes() -> None:
    world = World()
    world.image()
    world.image(BERT)
    assert world.open == [R.IDENTITY]
    assert world.item(R.IDENTITY).report_hash == "", "about no report"
    decision = world.send(NONDIAGNOSTIC)
    assert {"identity-study"} <= set(decision.reasons)
    assert world.letters == [("nondiagnostic", "result", "on-hold")]
    assert world.open == [R.IDENTITY, R.INDETERMINATE]


def test_what_a_person_must_read_is_not_a_letter() -> None:
    world = World()
    world.send(UNREADABLE)
    world.image(BERT)
    assert world.open == [R.UNREADABLE, R.IDENTITY]
    assert world.hold.reasons == ("unread-mention",)


def test_images_never_free_a_letter_of_two_people() -> None:
    world = World(Policy(require_study=True))
    world.send(NEGATIVE)
    world.image(BERT)
    world.image()
    assert world.letters == [("absent", "result", "on-hold")]
    assert set(world.hold.reasons) == {"study-missing", "identity-study"}


def test_a_correction_that_was_to_leave_is_held_and_its_letter_withdrawn() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.send(NONDIAGNOSTIC, C, at=minutes(1))
    world.now += minutes(1)
    world.image(BERT)
    assert world.letters[1:] == [("nondiagnostic", "corrected", "on-hold"), ("withdrawn", "withdrawn", "on-hold")]
