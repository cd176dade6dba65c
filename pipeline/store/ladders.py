"""Follow-ups that nobody has worked in time go up their ladders, in small transactions, those that wait longest first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.domain.decision import Change
from pipeline.domain.followup import FollowUp
from pipeline.domain.identity import Patient
from pipeline.domain.ladder import role_at, step
from pipeline.domain.policy import Policy
from pipeline.store import tables as t
from pipeline.store.audit import open_chain
from pipeline.store.changes import Applied, apply
from pipeline.store.chunks import chunks
from pipeline.store.codec import load
from pipeline.store.decided import Decided
from pipeline.store.deciding import about
from pipeline.store.exams import Exams
from pipeline.store.ledger import Ledger
from pipeline.store.writer import Writer
from pipeline.telemetry import emit

_ROUND = 2000
Destinations = Mapping[str, frozenset[str]]


def climb(ledger: Ledger, policy: Policy, destinations: Destinations, now: datetime) -> list[Decided]:
    """Every follow-up whose next step has come takes it. Returns what changed; more than a round can do waits for the next."""
    with ledger.read() as connection:
        due = select(t.follow_ups.c.id, t.follow_ups.c.exam).where(t.follow_ups.c.step_at <= now)
        rows = connection.execute(due.order_by(t.follow_ups.c.step_at, t.follow_ups.c.id).limit(_ROUND)).all()
    made: list[Decided] = []
    for chunk in chunks([row.exam for row in rows if row.exam]):
        with ledger.write() as connection:
            writer = Writer(connection)
            exams = Exams(writer, now)
            exams.take(chunk)
            found = [_exam(exams, digest, policy, destinations, now) for digest in chunk]
            writer.flush()
        made += [one for one in found if one.applied]
    for chunk in chunks([row.id for row in rows if not row.exam]):
        with ledger.write() as connection:
            writer = Writer(connection)
            found = [_alone(connection, writer, item, policy, destinations, now) for item in chunk]
            writer.flush()
        made += [one for one in found if one.applied]
    for decided in made:
        _tell(decided, policy)
    return made


def _exam(exams: Exams, digest: str, policy: Policy, destinations: Destinations, now: datetime) -> Decided:
    row = exams.by_digest(digest)
    assert row is not None
    exam = exams.load(row)
    changes = _steps(exam.follow_ups, policy, now)
    if not changes:
        return Decided()
    people = [*(version.patient for version in exam.versions), *(image.patient for image in exam.instances), Patient()]
    told = about(exams.connection, row, people[0])
    made = apply(exams.writer, row.chain, row.digest, exam, changes, now=now, destinations=destinations, about=told)
    exams.save(row, row.late_at)
    return Decided(row.digest, tuple(made))


def _alone(connection: Connection, writer: Writer, follow_up_id: str, policy: Policy, destinations: Destinations, now: datetime) -> Decided:
    """The item of an input that belongs to no exam."""
    locked = select(t.follow_ups.c.value).where(t.follow_ups.c.id == follow_up_id).with_for_update()
    item = load(FollowUp, connection.execute(locked).scalar_one())
    chain = open_chain(connection, item.id)
    changes = _steps((item,), policy, now)
    made = apply(writer, chain, None, None, changes, before=(item,), now=now, destinations=destinations)
    writer.trail(chain)
    return Decided("", tuple(made))


def _steps(items: Sequence[FollowUp], policy: Policy, now: datetime) -> tuple[Change, ...]:
    return tuple(change for item in items if (change := step(item, policy, now)))


def _tell(decided: Decided, policy: Policy) -> None:
    for item, why in _moved(decided.applied):
        told = {"reason": item.reason.value, "step": item.level, "role": role_at(item, policy)}
        if why != "ladder-set":
            emit("follow_up.reminded" if why == "reminded" else "follow_up.escalated", follow_up_id=item.id, exam=decided.exam, **told)


def _moved(applied: Sequence[Applied]) -> Iterator[tuple[FollowUp, str]]:
    for one in applied:
        if isinstance(one.change.item, FollowUp):
            yield one.change.item, one.change.why
