"""What time makes due: late reports, studies that still wait, overdue follow-ups, expired holds; and the gauges."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select, update

from pipeline.domain.followup import FollowUp
from pipeline.domain.notice import Hold
from pipeline.store import hold_steps, ladders
from pipeline.store import tables as t
from pipeline.store.chunks import chunks
from pipeline.store.codec import load
from pipeline.store.deciding import Decided, Deciding, Rules
from pipeline.store.evidence import Lookout
from pipeline.store.exams import Exams
from pipeline.store.ledger import Ledger
from pipeline.store.writer import Writer
from pipeline.telemetry import METRICS, emit

_ROUND = 500
_AGAIN = timedelta(minutes=15)
"""A study that waits is looked at once so often, and not at each tick."""
# Spelled as the partial indexes spell it, or no database would use them and each tick would look through every item there ever was.
_OPEN: ColumnElement[bool] = literal_column("follow_ups.state IN ('requested', 'accepted', 'in-progress')")
_WAITING: ColumnElement[bool] = literal_column("exams.waiting")
_OPEN_HOLD: ColumnElement[bool] = literal_column("holds.state = 'open'")
_OPEN_DELIVERY: ColumnElement[bool] = literal_column("deliveries.state IN ('new', 'leased', 'staged')")


@dataclass(slots=True)
class Ticked:
    """What one round did."""

    decided: list[Decided] = field(default_factory=list)
    joined: int = 0
    overdue: int = 0
    expired: int = 0
    escalated: int = 0


@dataclass(slots=True)
class Clockwork:
    """Looks at the clocks, in small transactions so that ingest is never kept waiting for long."""

    ledger: Ledger
    rules: Rules
    destinations: Mapping[str, frozenset[str]]
    _cursor: str = ""
    _looked: dict[str, datetime] = field(default_factory=dict)
    """Waiting studies -> when this process last looked whether there is an exam for them."""
    _lookout: Lookout = field(init=False)

    def __post_init__(self) -> None:
        self._lookout = Lookout(self.ledger, self.rules.policy, self.destinations)

    def round(self, now: datetime) -> Ticked:
        ticked = Ticked()
        with self.ledger.read() as connection:
            late = select(t.exams.c.digest).where(t.exams.c.late_at <= now).order_by(t.exams.c.late_at).limit(_ROUND)
            due = list(connection.execute(late).scalars())
            after = t.exams.c.digest > self._cursor
            waiting = select(t.exams.c.digest).where(_WAITING, after).order_by(t.exams.c.digest).limit(_ROUND)
            found = list(connection.execute(waiting).scalars())
        # Round and round: with more waiting studies than one round can look at, each has its turn.
        self._cursor = found[-1] if len(found) == _ROUND else ""
        lonely = self._turn(found, now)
        for chunk in chunks(due):
            with self.ledger.write() as connection:
                writer = Writer(connection)
                deciding = Deciding(Exams(writer, now), self.rules, self.destinations)
                late_ones = [deciding.late(digest, now) for digest in chunk]
                writer.flush()
            ticked.decided += [decided for decided in late_ones if decided.applied]
        for chunk in chunks(lonely):
            with self.ledger.write() as connection:
                writer = Writer(connection)
                deciding = Deciding(Exams(writer, now), self.rules, self.destinations)
                joined = [decided for digest in chunk if (decided := deciding.rejoin(digest, now))]
                writer.flush()
            ticked.joined += len(joined)
            ticked.decided += [decided for decided in joined if decided.applied]
        climbed = ladders.climb(self.ledger, self.rules.policy, self.destinations, now)
        ticked.decided += climbed
        ticked.escalated = len(climbed)
        with self.ledger.write() as connection:
            overdue = _missed(connection, now)
        for exam, item in overdue:
            told = {"reason": item.reason.value, "due_at": item.due_at, "critical": item.critical}
            emit("follow_up.overdue", follow_up_id=item.id, exam=exam, **told)
        stepped, ticked.expired = hold_steps.step(self.ledger, self.rules.policy, self.destinations, now)
        ticked.decided += stepped
        ticked.overdue = len(overdue)
        proposed, flagged = self._lookout.round(now)
        ticked.decided += proposed
        for one in flagged:
            emit("study.flagged", exam=one.exam, reasons=one.reasons)
        self._gauges()
        return ticked

    def _turn(self, waiting: list[str], now: datetime) -> list[str]:
        """Those of the waiting studies that are to be looked at now.

        Reports look for waiting studies when they come, so this only finds what two processes did in the same moment.
        """
        turn = [digest for digest in waiting if digest not in self._looked or abs(now - self._looked[digest]) >= _AGAIN]
        if turn:
            self._looked = {digest: at for digest, at in self._looked.items() if abs(now - at) < _AGAIN}
            self._looked |= dict.fromkeys(turn, now)
        return turn

    def _gauges(self) -> None:
        with self.ledger.read() as connection:
            counts = select(t.follow_ups.c.reason, func.count()).where(_OPEN).group_by(t.follow_ups.c.reason)
            follow_ups = connection.execute(counts).all()
            values = connection.execute(select(t.holds.c.value).where(_OPEN_HOLD)).scalars()
            holds = Counter(_first_reason(value) for value in values)
            outbox = connection.execute(
                select(t.deliveries.c.destination, func.count()).where(_OPEN_DELIVERY).group_by(t.deliveries.c.destination)
            ).all()
        for gauge in (METRICS.follow_ups_open, METRICS.holds_open, METRICS.outbox_waiting):
            gauge.clear()
        for reason, count in follow_ups:
            METRICS.follow_ups_open.labels(reason=reason).set(count)
        for first, count in holds.items():
            METRICS.holds_open.labels(reason=first).set(count)
        for destination, count in outbox:
            METRICS.outbox_waiting.labels(destination=destination).set(count)


@lru_cache(maxsize=4096)
def _first_reason(value: str) -> str:
    """Of a stored hold. Most open holds are as they were a minute ago."""
    return next(iter(load(Hold, value).reasons), "")


def _missed(connection: Connection, now: datetime) -> list[tuple[str, FollowUp]]:
    """Follow-ups that nobody has acknowledged in time; each is told once for each due time it has had."""
    told = or_(t.follow_ups.c.told_due.is_(None), t.follow_ups.c.told_due != t.follow_ups.c.due_at)
    # `requested` is what an item is until somebody takes it.
    missed = _OPEN & (t.follow_ups.c.state == "requested") & (t.follow_ups.c.due_at < now) & told
    rows = connection.execute(
        update(t.follow_ups)
        .where(missed)
        .values(told_due=t.follow_ups.c.due_at)
        .returning(t.follow_ups.c.exam, t.follow_ups.c.due_at, t.follow_ups.c.value)
    ).all()
    return [(row.exam or "", load(FollowUp, row.value)) for row in sorted(rows, key=lambda row: row.due_at)]
