"""What is known of a patient beyond what one report says: who has become whom, who has died, who wants no letter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.identity import Identifier, Patient


@dataclass(frozen=True, slots=True)
class PatientKnown:
    """Told by ADT messages and by people, for the patient of one exam."""

    deceased: bool = False
    retired: bool = False
    """The report names an identifier that was merged into another one, and no such report has come and been held before."""
    wish: str = ""
    """`opt-out`: wants no letters; `ask-first`: wants to be asked; empty: nothing is known."""


NOTHING_KNOWN = PatientKnown()

Number = tuple[str, str]
"""(authority, number) as they are compared: without blanks around, authority without case, number in capitals."""

_NOT_A_PERSON = frozenset({"AN", "VN", "OTHER", "SS", "DL", "PPN", "CZ"})
"""Numbers of a visit or an account, and numbers that a state gave: a merge of records says nothing about them."""
_STRICTNESS = ("", "ask-first", "opt-out")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one number. Each kind of news has a time of its own: older news never undoes newer."""

    survivor: Number | None = None
    """Whose number this one was merged into; None: it lives."""
    told: bool = False
    """A late report under the retired number has been held once."""
    deceased: bool = False
    wish: str = ""
    merged_at: datetime | None = None
    """When it was said who this is: by a merge or by the undoing of one."""
    died_at: datetime | None = None
    """When it was said that the person has died, or has not."""
    said_at: datetime | None = None
    """When the demographics were said last."""


NO_ENTRY = Entry()
Entries = Mapping[Number, Entry]


def carries_a_person(one: Identifier) -> bool:
    """Whether a number stands for a person's record."""
    return bool(one.authority and one.value.strip()) and one.type not in _NOT_A_PERSON


def number_of(authority: str, value: str) -> Number:
    return authority.strip().casefold(), value.strip().upper()


def numbers(identifiers: Iterable[Identifier]) -> tuple[Number, ...]:
    """The numbers that stand for a person's record, each once."""
    return tuple(dict.fromkeys(number_of(one.authority, one.value) for one in identifiers if carries_a_person(one)))


def way(entries: Entries, number: Number) -> tuple[Number, ...]:
    """The number, what it was merged into, what that was merged into, and so on to the one that lives."""
    found = [number]
    while (following := entries.get(found[-1], NO_ENTRY).survivor) and following not in found:
        found.append(following)
    return tuple(found)


def resolved(patient: Patient, entries: Entries) -> Patient:
    """The same mention under the numbers that live now, so that the same person is seen to be the same."""
    found = [_living(one, entries) for one in patient.identifiers]
    return replace(patient, identifiers=tuple(dict.fromkeys(found))) if found != list(patient.identifiers) else patient


def known_of(patient: Patient, entries: Entries) -> PatientKnown:
    """What is known of the person that this mention names."""
    own = numbers(patient.identifiers)
    ways = [way(entries, number) for number in own]
    every = [entries.get(number, NO_ENTRY) for number in dict.fromkeys(number for one in ways for number in one)]
    late = [one for one in ways if len(one) > 1 and one[-1] not in own]
    return PatientKnown(
        deceased=any(entry.deceased for entry in every),
        retired=any(not entries[one[0]].told for one in late),
        wish=max((entry.wish for entry in every), key=_STRICTNESS.index, default=""),
    )


def merge(entries: Entries, retired: Number, survivor: Number, at: datetime) -> dict[Number, Entry]:
    """The entries that change where `retired` goes into `survivor`; empty where newer news says otherwise."""
    old = entries.get(retired, NO_ENTRY)
    if retired == survivor or (old.merged_at and old.merged_at > at):
        return {}
    if old.survivor == survivor:
        # Said again, it stands against whatever was said in between.
        return {retired: replace(old, merged_at=at)}
    changed: dict[Number, Entry] = {}
    back = way(entries, survivor)
    if retired in back:
        # The other way round was said before: whichever was said last counts.
        turned = back[back.index(retired) - 1]
        before = entries[turned]
        if before.merged_at and before.merged_at > at:
            return {}
        changed[turned] = replace(before, survivor=None, told=False, merged_at=at)
    changed[retired] = replace(old, survivor=survivor, told=False, merged_at=at)
    end = way({**entries, **changed}, retired)[-1]
    into = changed.get(end, entries.get(end, NO_ENTRY))
    wish = max(old.wish, into.wish, key=_STRICTNESS.index)
    if (old.deceased and not into.deceased) or wish != into.wish:
        # Another number of the same person may be asked for: what is known of one is known of the person.
        died_at = old.died_at if old.deceased and not into.deceased else into.died_at
        changed[end] = replace(into, deceased=into.deceased or old.deceased, died_at=died_at, wish=wish)
    return changed


def part(entries: Entries, one: Number, other: Number, at: datetime) -> dict[Number, Entry]:
    """The entries that change where two numbers are said to be two people after all; empty where newer news says otherwise."""
    changed: dict[Number, Entry] = {}
    for number, apart in ((one, other), (other, one)):
        led = way(entries, number)
        last = led[led.index(apart) - 1] if apart in led[1:] else number
        entry = entries.get(last, NO_ENTRY)
        if entry.merged_at and entry.merged_at > at:
            return {}
        if last != number or entry.survivor is None or entry.survivor == apart:
            changed[last] = replace(entry, survivor=None, told=False, merged_at=at)
    return changed if one != other else {}


def life(entries: Entries, number: Number, at: datetime, *, died: bool) -> dict[Number, Entry]:
    """The entries that change where somebody is said to have died, or plainly not to have; life is news only after a death."""
    changed: dict[Number, Entry] = {}
    for step in way(entries, number):
        entry = entries.get(step, NO_ENTRY)
        if not (entry.died_at and entry.died_at > at):
            changed[step] = replace(entry, deceased=died, died_at=at)
    return changed


def _living(one: Identifier, entries: Entries) -> Identifier:
    if not carries_a_person(one):
        return one
    own = number_of(one.authority, one.value)
    authority, value = way(entries, own)[-1]
    if (authority, value) == own:
        return one
    # Written as the first number of that authority was, where only case differs.
    return Identifier(value, one.authority if one.authority.casefold() == authority else authority, one.type)
