"""Who has become whom, what is known of them, and what news about a person does to an exam."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.followup import FollowUpReason
from pipeline.domain.identity import Identifier, Patient, PersonName, conflicts
from pipeline.domain.notice import HoldState
from pipeline.domain.patient_news import Heard, disagree, hear
from pipeline.domain.patients import Entry, PatientKnown, known_of, life, merge, numbers, part, resolved, way
from pipeline.domain.policy import Policy
from tests.domain.world import ANNA, BERT, NEGATIVE, NONDIAGNOSTIC, POSITIVE, T0, C, F, World, X, hours, minutes

R = FollowUpReason
A, B, D, E = (("h", one) for one in "ABDE")


def mention(*values: str, authority: str = "H", kind: str = "MR") -> Patient:
    return Patient(tuple(Identifier(value, authority, kind) for value in values))


def after(*merges: tuple[tuple[str, str], tuple[str, str], datetime]) -> dict[tuple[str, str], Entry]:
    entries: dict[tuple[str, str], Entry] = {}
    for retired, survivor, at in merges:
        entries |= merge(entries, retired, survivor, at)
    return entries


# who has become whom


def test_a_number_is_what_it_was_merged_into_at_last() -> None:
    entries = after((A, B, T0), (B, D, T0))
    assert way(entries, A) == (A, B, D)
    assert resolved(mention("a"), entries).identifiers == (Identifier("D", "H", "MR"),)
    assert resolved(mention("D"), entries) == mention("D")
    assert resolved(mention("A", kind="VN"), entries) == mention("A", kind="VN"), "the number of a visit"
    assert resolved(mention("A", authority="K"), entries) == mention("A", authority="K"), "another hospital"
    assert resolved(mention("A", authority=""), entries) == mention("A", authority=""), "nobody knows whose"
    assert numbers((*mention("A", "a").identifiers, *mention("Z", kind="AN").identifiers)) == (A,)


def test_a_number_of_another_authority_takes_its_name() -> None:
    entries = {A: Entry(survivor=("k", "9"))}
    assert resolved(mention("A"), entries).identifiers == (Identifier("9", "k", "MR"),)


def test_what_is_known_or_older_or_goes_nowhere_changes_nothing() -> None:
    entries = after((A, B, T0))
    assert merge(entries, A, B, T0 + hours(1)) == {A: replace(entries[A], merged_at=T0 + hours(1))}, "said again"
    assert merge(entries, A, A, T0) == {}
    assert merge(entries, A, D, T0 - hours(1)) == {}
    assert merge(entries, A, D, T0 + hours(1))[A].survivor == D


def test_a_merge_that_is_turned_round_ends_no_circle() -> None:
    entries = after((A, B, T0))
    assert merge(entries, B, A, T0 - hours(1)) == {}
    entries |= merge(entries, B, A, T0 + hours(1))
    assert (way(entries, A), way(entries, B)) == ((A,), (B, A))
    circle = {A: Entry(B), B: Entry(A)}
    assert way(circle, A) == (A, B), "one that stands in the ledger all the same does not loop"


STEPS = st.lists(st.tuples(st.sampled_from((A, B, D, E)), st.sampled_from((A, B, D, E)), st.integers(0, 9)), max_size=8)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(STEPS)
def test_no_sequence_of_merges_and_partings_ever_loops(steps: list[tuple[tuple[str, str], tuple[str, str], int]]) -> None:
    entries: dict[tuple[str, str], Entry] = {}
    for number, (one, other, hour) in enumerate(steps):
        learn = part if number % 3 == 2 else merge
        entries |= learn(entries, one, other, T0 + hours(hour))
        for each in (A, B, D, E):
            last = way(entries, each)[-1]
            assert last not in entries or entries[last].survivor is None


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.sampled_from((B, D, E)), st.integers(0, 9)), max_size=5, unique_by=lambda step: step[1]), st.randoms())
def test_merges_of_one_number_count_by_their_times_in_any_order(steps: list[tuple[tuple[str, str], int]], chance: object) -> None:
    shuffled = list(steps)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    told = [after(*((A, into, T0 + hours(hour)) for into, hour in order)) for order in (sorted(steps, key=lambda s: s[1]), shuffled)]
    assert way(told[0], A) == way(told[1], A)


def test_two_people_after_all() -> None:
    entries = after((A, B, T0), (B, D, T0))
    assert part(entries, A, B, T0 - hours(1)) == {}
    assert part(entries, A, A, T0) == {}
    undone = entries | part(entries, B, A, T0 + hours(1))
    assert (way(undone, A), way(undone, B)) == ((A,), (B, D))
    assert merge(undone, A, B, T0) == {}, "the older merge does not come back"
    assert merge(undone, A, B, T0 + hours(2))[A].survivor == B
    far = entries | part(entries, A, D, T0 + hours(1))
    assert (way(far, A), way(far, B)) == ((A, B), (B,))


def test_what_was_known_of_a_retired_number_is_known_of_the_person() -> None:
    entries = life({}, A, T0, died=True) | {B: Entry(wish="ask-first")}
    entries[A] = replace(entries[A], wish="opt-out")
    entries |= merge(entries, A, B, T0)
    assert entries[B] == Entry(deceased=True, died_at=T0, wish="opt-out")
    assert known_of(mention("B"), entries) == PatientKnown(deceased=True, wish="opt-out")
    assert known_of(mention("A"), entries) == PatientKnown(deceased=True, retired=True, wish="opt-out")
    wished = merge({A: Entry(wish="ask-first"), B: Entry(deceased=True, died_at=T0)}, A, B, T0)
    assert wished[B] == Entry(deceased=True, died_at=T0, wish="ask-first")


def test_a_late_report_is_one_that_names_the_retired_number_alone_and_was_not_held_before() -> None:
    entries = after((A, B, T0))
    assert known_of(mention("A"), entries).retired
    assert not known_of(mention("A", "B"), entries).retired
    assert not known_of(mention("A"), {A: replace(entries[A], told=True)}).retired
    assert known_of(Patient(), entries) == PatientKnown()


def test_news_of_life_and_death_count_by_their_times() -> None:
    entries = after((A, B, T0))
    entries |= life(entries, A, T0, died=True)
    assert (entries[A].deceased, entries[B].deceased) == (True, True)
    assert life(entries, A, T0 + hours(1), died=True)[A].died_at == T0 + hours(1), "said again"
    assert life(entries, A, T0 - hours(1), died=False) == {}
    assert life(entries, B, T0 + hours(1), died=False)[B].deceased is False


# what an exam hears


def heard(world: World, person: Patient = ANNA, *, said: float = 60, **more: bool) -> World:
    world.apply(hear(world.exam, Heard(person, T0 + minutes(said), **more), world.policy, world.now))
    return world


@pytest.fixture
def world() -> World:
    one = World(Policy(owner="duty physician", quiet_period=hours(1)))
    one.send(NEGATIVE)
    return one


def married(family: str = "Wedded") -> Patient:
    return replace(ANNA, name=PersonName(family, "Anna"))


def test_a_letter_in_the_outbox_is_stopped_and_written_anew(world: World) -> None:
    before = world.exam.notices[0]
    heard(world, married(), demographics=True)
    assert world.letters == [("absent", "result", "stopped"), ("absent", "result", "preparation")]
    anew = world.exam.notices[1]
    assert (anew.facts.patient_name, anew.release_at, anew.report_hash) == ("Anna Wedded", before.release_at, before.report_hash)
    assert anew.id != before.id
    assert len(heard(world, married(), demographics=True).letters) == 2, "the same again changes nothing"


def test_a_held_letter_says_what_is_known_now(world: World) -> None:
    world.send(POSITIVE, C, at=minutes(1))
    heard(world, married(), demographics=True)
    assert world.letters[1:] == [("positive", "result", "on-hold")]
    assert world.exam.notices[1].facts.patient_name == "Anna Wedded"


def test_a_letter_that_has_left_stays_as_it_is(world: World) -> None:
    world.now += hours(2)
    world.leave()
    heard(world, married(), demographics=True)
    assert world.letters == [("absent", "result", "completed")]
    assert world.open == []


def test_fields_that_the_news_leave_empty_stay(world: World) -> None:
    heard(world, Patient(ANNA.identifiers, language="es"), demographics=True)
    facts = world.exam.notices[-1].facts
    assert (facts.patient_name, facts.birth_date, facts.wants_language) == ("Anna Example", "1960-05-01", "es")
    assert heard(world, Patient(), demographics=True).exam.notices[-1].facts == facts


def test_news_older_than_the_report_say_nothing_about_it(world: World) -> None:
    heard(world, married(), said=-60, demographics=True)
    heard(world, BERT, said=-60, demographics=True)
    assert (world.letters, world.open) == ([("absent", "result", "preparation")], [])


def test_demographics_of_another_person_hold_until_somebody_has_looked(world: World) -> None:
    heard(world, BERT, demographics=True)
    assert (world.letters, world.open) == ([("absent", "result", "on-hold")], [R.IDENTITY])
    assert world.hold.reasons == ("identity-patient",)
    heard(world, BERT, demographics=True)
    assert len(world.exam.holds) == 1
    assert "identity-patient" in world.send(NEGATIVE, C, at=minutes(5)).reasons, "what comes meanwhile is held too"
    world.exam = replace(world.exam, holds=tuple(replace(hold, state=HoldState.WITHHELD) for hold in world.exam.holds))
    count = len(world.exam.holds)
    heard(world, BERT, demographics=True)
    assert len(world.exam.holds) == count, "somebody has decided"


def test_a_doubt_about_a_letter_that_has_left_holds_what_comes(world: World) -> None:
    world.now += hours(2)
    world.leave()
    heard(world, BERT, demographics=True)
    assert (world.letters, world.open) == ([("absent", "result", "completed")], [R.IDENTITY])
    assert "identity-patient" in world.send(NONDIAGNOSTIC, C, at=minutes(5)).reasons


def test_where_nothing_is_out_and_nobody_works_on_it_there_is_nothing_to_ask() -> None:
    world = World()
    world.image()
    assert heard(world, BERT, demographics=True).open == []
    world = World()
    world.send(NEGATIVE, F)
    world.send(NEGATIVE, X, at=hours(1))
    assert heard(world, BERT, demographics=True).open == []


def test_images_alone_say_whose_they_are() -> None:
    world = World()
    world.image()
    world.image(BERT)
    assert world.open == [R.IDENTITY]
    assert [change.why for change in hear(world.exam, Heard(ANNA, T0, merged=True), world.policy, world.now)] == [
        "identity-patient",
        "patient-merged",
    ]


def test_a_restricted_record_holds(world: World) -> None:
    heard(world, replace(ANNA, restricted=True), demographics=True)
    assert world.hold.reasons == ("restricted",)
    free = World(Policy(owner="duty physician", holds_off=frozenset({"restricted"})))
    free.send(NEGATIVE)
    assert heard(free, replace(ANNA, restricted=True), demographics=True).holds == []


def test_a_merge_flags_what_has_left_and_sends_open_work_again() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    world.leave()
    version = world.item(R.INDETERMINATE).version
    heard(world, merged=True)
    assert world.open == [R.INDETERMINATE, R.IDENTITY]
    assert world.item(R.INDETERMINATE).version == version + 1
    assert world.letters == [("nondiagnostic", "result", "completed")]
    heard(world, merged=True)
    assert world.open == [R.INDETERMINATE, R.IDENTITY], "asked once"


def test_a_merge_with_somebody_else_is_a_doubt(world: World) -> None:
    heard(world, BERT, merged=True)
    assert world.hold.reasons == ("identity-patient",)


def test_a_doubtful_merge_holds(world: World) -> None:
    heard(world, doubtful=True)
    assert (world.hold.reasons, world.open) == (("identity-patient",), [R.IDENTITY])


def test_an_undone_merge_holds_and_asks(world: World) -> None:
    world.exam = replace(world.exam, notices=tuple(replace(n, facts=replace(n.facts, identifier="M-9")) for n in world.exam.notices))
    heard(world, parted=True)
    assert (world.hold.reasons, world.open) == (("identity-patient",), [R.IDENTITY])
    assert world.exam.notices[-1].facts.identifier == "M-1"
    lonely = World()
    lonely.image()
    assert heard(lonely, parted=True).open == []


def test_a_death_stops_what_has_not_left_and_no_work() -> None:
    world = World(Policy(owner="duty physician", quiet_period=hours(1)))
    world.send(NONDIAGNOSTIC)
    heard(world, died=True)
    assert (world.letters, world.open) == ([("nondiagnostic", "result", "stopped")], [R.INDETERMINATE])
    heard(world, married(), demographics=True)
    world.exam = replace(world.exam, known=PatientKnown(deceased=True))
    assert "deceased" in world.send(NONDIAGNOSTIC, C, at=minutes(1)).reasons
    assert [state for _, _, state in world.letters] == ["stopped"]
    heard(world, married(), demographics=True)


def test_what_a_merge_makes_known_counts_for_what_waits_already(world: World) -> None:
    world.exam = replace(world.exam, known=PatientKnown(wish="opt-out"))
    heard(world)
    assert world.hold.reasons == ("opt-out",)
    world.exam = replace(world.exam, known=PatientKnown(deceased=True))
    heard(world)
    assert world.letters == [("absent", "result", "stopped")]


def test_a_letter_that_a_death_stopped_is_asked_about_once_the_numbers_are_parted(world: World) -> None:
    heard(world, died=True)
    assert heard(world, parted=True).open == [R.IDENTITY]


def test_exams_of_two_people_under_one_number_disagree(world: World) -> None:
    other = World()
    other.send(NEGATIVE, patient=replace(ANNA, birth_date=date(1971, 1, 1)))
    assert disagree([world.exam, other.exam])
    assert not disagree([world.exam, world.exam])


def test_the_death_of_somebody_else_under_this_number_holds(world: World) -> None:
    heard(world, BERT, died=True)
    assert world.letters == [("absent", "result", "on-hold")]
    assert world.open == [R.IDENTITY]


def test_whoever_has_not_died_after_all_gets_somebodys_attention(world: World) -> None:
    assert heard(world, revived=True).open == [], "no letter was stopped"
    heard(world, died=True)
    assert heard(world, revived=True).open == [R.IDENTITY]


def test_a_late_report_under_a_retired_number_is_held() -> None:
    world = World()
    world.exam = replace(world.exam, known=PatientKnown(retired=True))
    assert "retired-identifier" in world.send(NEGATIVE).reasons
    assert world.letters == [("absent", "result", "on-hold")]


def test_birth_dates_of_news_are_written() -> None:
    world = World(Policy(owner="duty physician", quiet_period=hours(1)))
    world.send(NEGATIVE, patient=replace(ANNA, birth_date=None))
    heard(world, replace(ANNA, birth_date=date(1960, 5, 1)), demographics=True)
    assert world.exam.notices[-1].facts.birth_date == "1960-05-01"


# how names are really written


def named(family: str, given: str = "", middle: str = "", *, number: str = "", born: date | None = None, **more: str) -> Patient:
    identifiers = (Identifier(number, "H", "MR"),) if number else ()
    return Patient(identifiers, PersonName(family, given, middle, **more), born)


DAY = date(1960, 5, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named("van der Berg", "Anna"), named("VANDERBERG", "ANNA")),
        (named("de la Cruz", "Maria"), named("Cruz", "Maria Elena")),
        (named("O'Neil", "Sean"), named("ONEIL", "S")),
        (named("Müller", "Jörg"), named("Mueller", "Joerg")),
        (named("Łukasiewicz", "Jan"), named("Lukasiewicz", "Jan")),
        (named("Smith Jr", "John"), named("Smith", "J", suffix="Jr")),
        (named("Smith-Jones", "Ann"), named("Smith", "Ann")),
        (named("Anna", "Smith"), named("Smith", "Anna")),
        (named("Smith", "Anna", "Maria"), named("Smith", "Maria")),
        (named("Smith", "Bob", born=DAY), named("Smith", "Robert", born=DAY)),
        (named("Smith", "Michael", born=DAY), named("Smith", "Mike", born=DAY)),
        (named("Smith", "Anna", "Young", number="1"), named("Young", "A", number="1")),
        (named("Smith", "J", number="1", born=DAY), named("Roe", "John", number="1", born=DAY)),
        (named("Unknown", "Trauma", number="1"), named("Smith", "Anna", number="1")),
        (named("Doe", "John", number="1"), named("Smith", "Carl", number="1")),
        (named("Sample", "Baby Girl", number="1", born=DAY), named("Other", "Ida", number="1", born=DAY)),
        (named("Иванова", "Анна", number="1"), named("Ivanova", "Anna", number="1")),
        (named("Иванова", "Анна", born=DAY), named("Ivanova", "Anna", born=DAY)),
    ],
)
def test_these_names_may_be_one_persons(one: Patient, other: Patient) -> None:
    assert not conflicts(one, other)
    assert not conflicts(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named("Smith", "Anna", number="1"), named("Stranger", "Carla", number="1")),
        (named("Smith", "Anna", number="1", born=DAY), named("Stranger", "Carla", number="1", born=DAY)),
        (named("van Berg", "Anna", number="1"), named("van Stranger", "Carla", number="1")),
        (named("O'Neil", "Sean", number="1"), named("Stranger", "Oscar", number="1")),
        (named("Smith", "J", number="1"), named("Roe", "John", number="1")),
        (named("Sample", "Baby Girl", number="1"), named("Other", "Ida", number="1")),
        (named("Smith", "Anna", born=DAY), named("Smith", "Berta", born=DAY)),
        (named("Smith", "Bob"), named("Smith", "Robert")),
        (named("Иванова", "Анна"), named("Ivanova", "Anna")),
        (named("Unknown", "Trauma"), named("Smith", "Anna")),
    ],
    ids=[
        "a number typed wrong",
        "a number typed wrong, the same birth date",
        "a particle is no name",
        "the O of O'Neil is no initial",
        "an initial proves nothing without a birth date",
        "a newborn without a birth date",
        "twins without a number",
        "a short form without a birth date",
        "two scripts and nothing else",
        "nobody's name and nothing else",
    ],
)
def test_these_names_are_two_peoples(one: Patient, other: Patient) -> None:
    assert conflicts(one, other)
    assert conflicts(other, one)


PARTS = st.sampled_from(("", "Doe", "Smith", "van der Berg", "O'Neil", "J", "John", "Jack", "Baby", "Unknown", "Анна", "Jr", "de"))


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(PARTS, PARTS, PARTS, PARTS, PARTS, PARTS, st.sampled_from(("", "1")), st.sampled_from((None, DAY)), st.sampled_from((None, DAY)))
def test_names_conflict_in_both_directions_or_in_none(
    a: str, b: str, c: str, d: str, e: str, f: str, number: str, born: date | None, other_born: date | None
) -> None:
    one, other = named(a, b, c, number=number, born=born), named(d, e, f, number=number, born=other_born)
    assert conflicts(one, other) == conflicts(other, one)
    assert not conflicts(one, one)
