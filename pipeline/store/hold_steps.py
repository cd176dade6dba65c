"""Takes the steps that are due of open holds: reminders and escalations, each audited, each told once."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from pipeline.domain.hold_steps import AGAIN, ESCALATED, REMINDED, tick_holds
from pipeline.domain.identity import Patient
from pipeline.domain.notice import Hold
from pipeline.domain.policy import Policy
from pipeline.store import tables as t
from pipeline.store.changes import Applied, apply
from pipeline.store.chunks import chunks
from pipeline.store.decided import Decided
from pipeline.store.deciding import about
from pipeline.store.exams import Exams
from pipeline.store.ledger import Ledger
from pipeline.store.writer import Writer
from pipeline.telemetry import emit

_ROUND = 500


def step(ledger: Ledger, policy: Policy, destinations: Mapping[str, frozenset[str]], now: datetime) -> tuple[list[Decided], int]:
    """One round. Returns what changed, and how many holds were told of for the first time."""
    with ledger.read() as connection:
        due = select(t.holds.c.exam).where(t.holds.c.step_at <= now).order_by(t.holds.c.step_at).limit(_ROUND)
        digests = connection.execute(due).scalars().all()
    made: list[Decided] = []
    for chunk in chunks(digests):
        with ledger.write() as connection:
            writer = Writer(connection)
            exams = Exams(writer, now)
            exams.take(chunk)
            found = [_exam(exams, digest, policy, destinations, now) for digest in chunk]
            writer.flush()
        made += found
    return made, sum(_tell(decided) for decided in made)


def _exam(exams: Exams, digest: str, policy: Policy, destinations: Mapping[str, frozenset[str]], now: datetime) -> Decided:
    row = exams.by_digest(digest)
    assert row is not None
    exam = exams.load(row)
    changes = tick_holds(exam, policy, now)
    people = [*(version.patient for version in exam.versions), Patient()]
    told = about(exams.connection, row, people[0])
    applied = apply(exams.writer, row.chain, row.digest, exam, changes, now=now, destinations=destinations, about=told)
    exams.save(row, row.late_at)
    return Decided(row.digest, tuple(applied))


def _tell(decided: Decided) -> int:
    return sum(_tell_hold(decided.exam, one) for one in decided.applied)


def _tell_hold(exam: str, one: Applied) -> bool:
    item, before = one.change.item, one.before
    if not isinstance(item, Hold) or not isinstance(before, Hold):
        return False
    first = before.level < REMINDED
    if first:
        emit("hold.expired", hold_id=item.id, exam=exam, reasons=item.reasons, due_at=item.expires_at)
    if item.level >= ESCALATED:
        event = "hold.reminded" if one.change.why == AGAIN else "hold.escalated"
        emit(event, hold_id=item.id, exam=exam, reasons=item.reasons, due_at=item.expires_at, step=item.level)
    return first
