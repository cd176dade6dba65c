"""The opt-out list: who wants no letters, and who wants to be asked first."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.domain.exam import Exam
from pipeline.domain.gates import WISHES
from pipeline.domain.mail import hold_pending
from pipeline.domain.patients import NO_ENTRY, Number, number_of, numbers, way
from pipeline.domain.plan import Plan
from pipeline.domain.policy import Policy
from pipeline.errors import Refused
from pipeline.store import patients
from pipeline.store import tables as t
from pipeline.store.audit import open_chain
from pipeline.store.changes import Applied, apply
from pipeline.store.deciding import about
from pipeline.store.exams import Exams
from pipeline.store.persons import Persons
from pipeline.store.record import folded
from pipeline.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of the list."""

    authority: str
    number: str
    wish: str
    changed_at: datetime


def wishes(connection: Connection) -> list[Wish]:
    """Everybody on the list, by authority and number."""
    columns = (t.patients.c.authority, t.patients.c.number, t.patients.c.wish, t.patients.c.changed_at)
    query = select(*columns).where(t.patients.c.wish != "").order_by(t.patients.c.authority, t.patients.c.number)
    return [Wish(row.authority, row.number, row.wish, row.changed_at) for row in connection.execute(query)]


def set_wish(
    connection: Connection,
    authority: str,
    number: str,
    wish: str,
    by: str,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],
    now: datetime,
) -> list[tuple[str, list[Applied]]]:
    """Writes the list and holds the patient's letters that have not left. Taking a name off the list releases nothing.

    Returns:
        Each exam whose letters were held, with its changes.

    Raises:
        Refused: nobody is named, or it is so already.
    """
    if not by.strip():
        raise Refused("say who you are: --by")
    if not (authority.strip() and number.strip()):
        raise Refused("name the patient by record number and by who issued it: --authority")
    asked = number_of(authority, number)
    persons = Persons(connection)
    persons.look_up((), (asked,), lock=True)
    was = persons.entries.get(asked, NO_ENTRY).wish
    if was == wish:
        raise Refused(f"this patient's wish is {wish or 'none'} already")
    patients.wish(connection, authority, number, wish, now)
    chain = open_chain(connection, "control")
    item = hashlib.sha256(f"{authority}\x1f{number}".encode()).hexdigest()
    chain.add(now, "wish", item, was, wish, "wish", by.strip())
    writer = Writer(connection)
    writer.trail(chain)
    held = _hold(writer, authority, number, wish, by, policy, destinations, now) if wish in WISHES - policy.holds_off else []
    writer.flush()
    return held


def _hold(
    writer: Writer,
    authority: str,
    number: str,
    wish: str,
    by: str,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],
    now: datetime,
) -> list[tuple[str, list[Applied]]]:
    exams, held = Exams(writer, now), []
    asked = number_of(authority, number)
    exams.persons.look_up((), (asked,))
    every = way(exams.persons.entries, asked)
    named = select(t.identifiers.c.exam).where(
        t.identifiers.c.kind == "mrn", t.identifiers.c.value.in_([folded(value) for _, value in every])
    )
    digests = sorted(set(writer.connection.execute(named).scalars()))
    exams.take(digests)
    for digest in digests:
        row = exams.by_digest(digest)
        if row is None or not _is_of(exam := exams.load(row), every[-1]):
            continue
        current = exam.current
        plan = Plan(exam, policy, now, current.content_hash if current else "")
        hold_pending(plan, (wish,))
        if plan.changes:
            told = about(writer.connection, row, current.patient) if current else None
            made = apply(writer, row.chain, row.digest, exam, plan.changes, now=now, destinations=destinations, about=told, by=by)
            exams.save(row, row.late_at)
            held.append((row.digest, made))
    return held


def _is_of(exam: Exam, living: Number) -> bool:
    people = [version.patient for version in exam.versions] + [image.patient for image in exam.instances]
    return any(living in numbers(person.identifiers) for person in people)
