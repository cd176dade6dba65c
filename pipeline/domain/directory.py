"""Who is who, who stands in for whom, and which role answers: people, their deputies, roles with a phone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo

from pipeline.domain.identity import folded


@dataclass(frozen=True, slots=True)
class Orderer:
    """Who ordered an exam, as the message says: the id of the order (XCN.1) and the name."""

    id: str = ""
    name: str = ""


NOBODY = Orderer()


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which somebody does not answer; both ends are days away."""

    start: date
    end: date

    def on(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Person:
    """One who may own and work follow-ups. `numbers` are the ids under which orders name them."""

    id: str
    name: str
    phone: str = ""
    numbers: tuple[str, ...] = ()
    away: tuple[Away, ...] = ()
    deputy: str = ""

    @property
    def reached_by(self) -> str:
        return f"{self.name}, {self.phone}" if self.phone else self.name


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of a week in which one person answers for a role; `start` after `end` runs over midnight, equal ones all day.

    `days` are weekdays on which it begins, Monday 0.
    """

    person: str
    days: frozenset[int]
    start: time
    end: time

    def on(self, moment: datetime) -> bool:
        """Whether it runs at this moment, given in the site's own time."""
        clock, day = moment.time(), moment.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= clock < self.end
        return (day in self.days and clock >= self.start) or ((day - 1) % 7 in self.days and clock < self.end)


@dataclass(frozen=True, slots=True)
class Role:
    """A team or a duty: its phone is answered whoever holds it."""

    id: str
    name: str
    phone: str
    members: tuple[str, ...] = ()
    on_call: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """The people and roles of one site. `orderers` maps an orderer's id or name to the person or role who owns instead."""

    people: Mapping[str, Person] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    orderers: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    def resolve(self, who: str, now: datetime) -> str:
        """Name and phone of who answers for a person or role at this moment; "" if nobody does: then the duty role must.

        A person who is away is answered for by the deputy, that one's deputy and so on, then by the team.
        """
        if who in self.roles:
            return self._of_role(self.roles[who], now)
        for person in self._chain(who):
            if not self._away(person, now):
                return person.reached_by
        return self.covering(who, now)

    def deputy(self, who: str, now: datetime) -> str:
        """Who is asked second: the deputy as `resolve` finds one, else the covering team; "" as there."""
        person = self.people.get(who)
        return self.resolve(person.deputy, now) if person and person.deputy else self.covering(who, now)

    def covering(self, who: str, now: datetime) -> str:
        """The team that covers for a person; a role covers for itself; "" if there is none."""
        if who in self.roles:
            return self._of_role(self.roles[who], now)
        team = next((role for role in self.roles.values() if who in role.members), None)
        return self._of_role(team, now) if team else ""

    def owner_for(self, orderer: Orderer) -> str:
        """Id of the person or role that owns what this orderer must hear of; "" if the directory does not know them.

        The site's overrides first, then the order's id. A name counts only where the order has no id and one person has it.
        """
        said = {folded(key): owner for key, owner in self.orderers.items()}
        for word in (folded(orderer.id), folded(orderer.name)):
            if word and word in said:
                return said[word]
        if folded(orderer.id):
            number = folded(orderer.id)
            return next((one.id for one in self.people.values() if number in {folded(n) for n in one.numbers}), "")
        found = [one.id for one in self.people.values() if folded(orderer.name) and _words(one.name) == _words(orderer.name)]
        return found[0] if len(found) == 1 else ""

    def find(self, typed: str) -> str:
        """Id of the person or role that somebody named: by id, name or an order's id; "" if none or several fit."""
        word = folded(typed)
        ids = [one.id for one in self.people.values() if word in {folded(one.id), folded(one.name), *map(folded, one.numbers)}]
        ids += [one.id for one in self.roles.values() if word in (folded(one.id), folded(one.name))]
        return ids[0] if word and len(ids) == 1 else ""

    def problems(self) -> Iterator[tuple[tuple[str, str], str]]:
        """What does not fit together: (table, id) and a sentence."""
        for person in self.people.values():
            if person.id in self.roles:
                yield ("people", person.id), f'"{person.id}" is a person and a role'
            if person.deputy and person.deputy not in self.people and person.deputy not in self.roles:
                yield ("people", person.id), f'the deputy "{person.deputy}" is neither a person nor a role here'
            if any(away.end < away.start for away in person.away):
                yield ("people", person.id), "an absence ends before it begins"
        numbers = [(folded(number), person.id) for person in self.people.values() for number in person.numbers]
        for word, owner in numbers:
            if any(word == other and owner != another for other, another in numbers):
                yield ("people", owner), "another person has the same number"
        for role in self.roles.values():
            if not role.phone.strip():
                yield ("roles", role.id), "a role needs a phone: it answers when a person cannot"
            for member in (*role.members, *(shift.person for shift in role.on_call)):
                if member not in self.people:
                    yield ("roles", role.id), f'"{member}" is not a person here'
        for orderer, owner in self.orderers.items():
            if owner not in self.people and owner not in self.roles:
                yield ("orderers", orderer), f'"{owner}" is neither a person nor a role here'

    def _of_role(self, role: Role, now: datetime) -> str:
        local = now.astimezone(self.zone)
        on_call = (self.people.get(shift.person) for shift in role.on_call if shift.on(local))
        person = next((one for one in on_call if one and not self._away(one, now)), None)
        name = f"{role.name} ({person.name})" if person else role.name
        return f"{name}, {role.phone}" if role.phone else name

    def _chain(self, who: str) -> Iterator[Person]:
        seen: set[str] = set()
        while who in self.people and who not in seen:
            seen.add(who)
            yield self.people[who]
            who = self.people[who].deputy

    def _away(self, person: Person, now: datetime) -> bool:
        today = now.astimezone(self.zone).date()
        return any(away.on(today) for away in person.away)


EMPTY = Directory()


def _words(name: str) -> list[str]:
    """The words of a name in any order, titles left out."""
    return sorted(word for word in folded(name).split() if word not in ("dr", "prof", "md"))
