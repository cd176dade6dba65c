"""The people and roles of `people.toml`, checked, as the directory that decisions use."""

from datetime import date, time, tzinfo
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from pipeline.config.site import Label, Section
from pipeline.domain.directory import Away, Directory, Person, Role, Shift

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("this must not be empty")
    return text.strip()


def _clock(text: str) -> str:
    try:
        time.fromisoformat(text)
    except ValueError:
        raise ValueError('not a time of day, such as "08:00"') from None
    return text


Said = Annotated[str, AfterValidator(_said)]
Hour = Annotated[str, AfterValidator(_clock)]


class AwayDays(Section):
    from_: date = Field(alias="from")
    to: date


class PersonEntry(Section):
    name: Said
    phone: str = ""
    numbers: tuple[Said, ...] = ()
    away: tuple[AwayDays, ...] = ()
    deputy: str = ""


class ShiftEntry(Section):
    person: str
    days: frozenset[Day] = frozenset(get_args(Day))
    from_: Hour = Field(alias="from", default="00:00")
    until: Hour = "00:00"


class RoleEntry(Section):
    name: Said
    phone: str
    members: tuple[str, ...] = ()
    on_call: tuple[ShiftEntry, ...] = ()


class PeopleFile(Section):
    """The whole of `people.toml`."""

    people: dict[Label, PersonEntry] = Field(default_factory=dict)
    roles: dict[Label, RoleEntry] = Field(default_factory=dict)
    orderers: dict[str, str] = Field(default_factory=dict)

    def directory(self, zone: tzinfo) -> Directory:
        return Directory(
            people={id_: _person(id_, one) for id_, one in self.people.items()},
            roles={id_: _role(id_, one) for id_, one in self.roles.items()},
            orderers=dict(self.orderers),
            zone=zone,
        )


def _person(id_: str, one: PersonEntry) -> Person:
    away = tuple(Away(days.from_, days.to) for days in one.away)
    return Person(id_, one.name, one.phone.strip(), one.numbers, away, one.deputy)


def _role(id_: str, one: RoleEntry) -> Role:
    shifts = tuple(
        Shift(each.person, frozenset(map(_DAYS.index, each.days)), time.fromisoformat(each.from_), time.fromisoformat(each.until))
        for each in one.on_call
    )
    return Role(id_, one.name, one.phone.strip(), one.members, shifts)
