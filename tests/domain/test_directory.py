"""Who answers, at this moment: people, deputies, teams, roles on call."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from pipeline.domain.directory import EMPTY, NOBODY, Away, Directory, Orderer, Person, Role, Shift

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""A Monday."""
THAT_DAY = (Away(date(2026, 3, 2), date(2026, 3, 2)),)
PEOPLE = {
    "quill": Person("quill", "Dr. Dora Quill", "1", ("9001",), THAT_DAY, "marsh"),
    "marsh": Person("marsh", "Milo Marsh", "2", ("9002",), THAT_DAY, "quill"),
    "reed": Person("reed", "Runa Reed", "3"),
    "fern": Person("fern", "Ferdinand Fern", away=THAT_DAY),
    "gale": Person("gale", "Gwen Gale", deputy="reed"),
}
ROLES = {
    "ward": Role("ward", "Ward team", "20", ("quill", "marsh")),
    "duty": Role(
        "duty", "Duty", "21", on_call=(Shift("reed", frozenset({0}), time(8), time(17)), Shift("fern", frozenset({1}), time(0), time(0)))
    ),
}
BOOK = Directory(PEOPLE, ROLES, {"9090": "ward", "Pat Proxy": "reed"})


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        ("reed", "Runa Reed, 3"),
        ("gale", "Gwen Gale"),
        ("quill", "Ward team, 20"),  # away, the deputy too, who would hand back
        ("fern", ""),  # away, no deputy, no team
        ("ward", "Ward team, 20"),
        ("duty", "Duty (Runa Reed), 21"),
        ("", ""),
        ("gone", ""),
    ],
)
def test_who_answers_now(who: str, answers: str) -> None:
    assert BOOK.resolve(who, NOW) == answers


def test_the_day_after_the_person_answers_again() -> None:
    assert BOOK.resolve("quill", NOW.replace(day=3)) == "Dr. Dora Quill, 1"
    assert BOOK.resolve("quill", NOW.replace(day=1)) == "Dr. Dora Quill, 1"


def test_days_away_are_days_of_the_site() -> None:
    there = Directory(PEOPLE, ROLES, zone=ZoneInfo("Pacific/Auckland"))
    assert there.resolve("quill", datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) == "Ward team, 20"
    assert BOOK.resolve("quill", datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) == "Dr. Dora Quill, 1"


def test_the_second_contact_is_the_deputy_else_the_team() -> None:
    assert BOOK.deputy("gale", NOW) == "Runa Reed, 3"
    assert BOOK.deputy("quill", NOW.replace(day=3)) == "Milo Marsh, 2"
    assert BOOK.deputy("ward", NOW) == "Ward team, 20"
    assert BOOK.deputy("reed", NOW) == BOOK.deputy("", NOW) == ""
    assert BOOK.covering("marsh", NOW) == "Ward team, 20"


def test_a_role_without_anybody_on_call_answers_itself() -> None:
    assert BOOK.resolve("duty", NOW.replace(hour=18)) == "Duty, 21"
    assert BOOK.resolve("duty", NOW.replace(day=3)) == "Duty (Ferdinand Fern), 21"
    gone = Directory({}, {"duty": Role("duty", "Duty", "", on_call=(Shift("nobody", frozenset({0}), time(0), time(0)),))})
    assert gone.resolve("duty", NOW) == "Duty"


@pytest.mark.parametrize(
    ("start", "end", "at", "on"),
    [
        (8, 17, (2, 8), True),
        (8, 17, (2, 17), False),
        (8, 17, (3, 9), False),
        (20, 8, (2, 21), True),
        (20, 8, (3, 7), True),
        (20, 8, (3, 8), False),
        (20, 8, (2, 7), False),
        (0, 0, (2, 23), True),
        (0, 0, (3, 0), False),
    ],
)
def test_hours_of_a_shift_that_begins_on_monday(start: int, end: int, at: tuple[int, int], on: bool) -> None:
    shift = Shift("reed", frozenset({0}), time(start), time(end))
    assert shift.on(NOW.replace(day=at[0], hour=at[1])) is on


@pytest.mark.parametrize(
    ("orderer", "owner"),
    [
        (Orderer("9001", "Somebody Else"), "quill"),
        (Orderer("9090"), "ward"),
        (Orderer("1", "PAT PROXY"), "reed"),
        (Orderer("1", "Dora Quill"), ""),  # another number: another person of the same name
        (Orderer("", "Dr. Quill Dora"), "quill"),
        (Orderer("", "Nobody Known"), ""),
        (NOBODY, ""),
    ],
)
def test_whom_an_order_belongs_to(orderer: Orderer, owner: str) -> None:
    assert BOOK.owner_for(orderer) == owner
    assert EMPTY.owner_for(orderer) == ""


def test_a_name_that_two_people_have_is_nobodys() -> None:
    twins = Directory({"a": Person("a", "Jo Doe"), "b": Person("b", "Dr Jo Doe")})
    assert twins.owner_for(Orderer(name="Jo Doe")) == ""


@pytest.mark.parametrize(
    ("typed", "found"), [("REED", "reed"), ("runa reed", "reed"), ("9001", "quill"), ("Ward Team", "ward"), ("", ""), ("x", "")]
)
def test_whom_somebody_means(typed: str, found: str) -> None:
    assert BOOK.find(typed) == found


def test_every_mistake_of_a_directory_is_told() -> None:
    people = {
        "both": Person("both", "Both", numbers=("7",), deputy="ghost"),
        "late": Person("late", "Late", numbers=("7",), away=(Away(date(2026, 2, 2), date(2026, 2, 1)),), deputy="team"),
    }
    roles = {
        "both": Role("both", "Both", " "),
        "team": Role("team", "Team", "5", ("ghost", "late"), (Shift("spirit", frozenset(), time(0), time(0)),)),
    }
    wrong = Directory(people, roles, {"1": "ghost", "2": "late", "3": "team"})
    told = {(path, said.split(";")[0]) for path, said in wrong.problems()}
    assert told == {
        (("people", "both"), '"both" is a person and a role'),
        (("people", "both"), 'the deputy "ghost" is neither a person nor a role here'),
        (("people", "late"), "an absence ends before it begins"),
        (("people", "both"), "another person has the same number"),
        (("people", "late"), "another person has the same number"),
        (("roles", "both"), "a role needs a phone: it answers when a person cannot"),
        (("roles", "team"), '"ghost" is not a person here'),
        (("roles", "team"), '"spirit" is not a person here'),
        (("orderers", "1"), '"ghost" is neither a person nor a role here'),
    }
    assert not list(BOOK.problems())
