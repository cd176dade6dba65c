"""What people do: found, locked, done by the domain's rules, audited with their names."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.domain.decision import Change
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUp
from pipeline.domain.identity import Patient
from pipeline.errors import Refused
from pipeline.store import tables as t
from pipeline.store.audit import open_chain
from pipeline.store.changes import Applied, apply
from pipeline.store.codec import load
from pipeline.store.deciding import about
from pipeline.store.exams import Exams
from pipeline.store.writer import Writer

Destinations = Mapping[str, frozenset[str]]


def on_follow_up(
    connection: Connection,
    follow_up_id: str,
    act: Callable[[FollowUp], Change],
    by: str,
    now: datetime,
    destinations: Destinations,
    note: str = "",
) -> tuple[str, list[Applied]]:
    """Does one thing to one follow-up; `note` goes into the audit trail.

    Returns the exam's digest (empty if none) and what changed. Raises Refused.
    """
    found = connection.execute(select(t.follow_ups.c.exam).where(t.follow_ups.c.id == follow_up_id)).first()
    if found is None:
        raise Refused("no follow-up has this id; see: vqroute followups")
    if found.exam is None:
        locked = select(t.follow_ups.c.value).where(t.follow_ups.c.id == follow_up_id).with_for_update()
        item = load(FollowUp, connection.execute(locked).scalar_one())
        chain = open_chain(connection, item.id)
        writer = Writer(connection)
        made = apply(writer, chain, None, None, (act(item),), before=(item,), now=now, destinations=destinations, by=by, note=note)
        writer.trail(chain)
        writer.flush()
        return "", made
    return on_exam(connection, found.exam, lambda exam: (act(_item(exam, follow_up_id)),), by, now, destinations, note)


def exam_of(connection: Connection, follow_up_id: str, now: datetime) -> Exam | None:
    """The exam of a follow-up, locked; None where it belongs to none."""
    digest = connection.execute(select(t.follow_ups.c.exam).where(t.follow_ups.c.id == follow_up_id)).scalar()
    exams = Exams(Writer(connection), now)
    row = exams.by_digest(digest) if digest else None
    return exams.load(row) if row else None


def on_hold(
    connection: Connection,
    hold_id: str,
    act: Callable[[Exam], Sequence[Change]],
    by: str,
    now: datetime,
    destinations: Destinations,
    note: str,
) -> tuple[str, list[Applied]]:
    """Does one thing to one hold and its letter; `note` goes into the audit trail. Raises Refused."""
    found = connection.execute(select(t.holds.c.exam).where(t.holds.c.id == hold_id)).scalar()
    if found is None:
        raise Refused("no hold has this id; see: vqroute holds")
    return on_exam(connection, found, act, by, now, destinations, note)


def on_exam(
    connection: Connection,
    digest: str,
    act: Callable[[Exam], Sequence[Change]],
    by: str,
    now: datetime,
    destinations: Destinations,
    note: str = "",
) -> tuple[str, list[Applied]]:
    """Does something to an exam under its lock; `note` goes into the audit trail. Raises what `act` raises."""
    writer = Writer(connection)
    exams = Exams(writer, now)
    row = exams.by_digest(digest)
    assert row is not None
    exam = exams.load(row)
    changes = act(exam)
    people = [*(version.patient for version in exam.versions), *(image.patient for image in exam.instances), Patient()]
    made = apply(
        writer,
        row.chain,
        row.digest,
        exam,
        changes,
        now=now,
        destinations=destinations,
        about=about(connection, row, people[0]),
        by=by,
        note=note,
    )
    exams.save(row, row.late_at)
    writer.flush()
    return row.digest, made


def _item(exam: Exam, follow_up_id: str) -> FollowUp:
    return next(item for item in exam.follow_ups if item.id == follow_up_id)
