"""Ingest, deliver, tick, and what people do: the whole product on one screen."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from pipeline.destinations import Destination
from pipeline.destinations.handing import Handing
from pipeline.domain.arrival import Arrival, Kind, NotForUs, Rejection
from pipeline.domain.decision import Decision
from pipeline.domain.followup import FollowUp
from pipeline.domain.instance import Instance
from pipeline.domain.notice import Notice
from pipeline.domain.parcel import Parcel
from pipeline.domain.reading import Reading
from pipeline.domain.report import Report
from pipeline.intake.incoming import Incoming, Now
from pipeline.people import Clock, People
from pipeline.store import batch, outbox, record, seals
from pipeline.store.batch import Work
from pipeline.store.changes import About, Task
from pipeline.store.clockwork import Clockwork
from pipeline.store.codec import load
from pipeline.store.deciding import Rules
from pipeline.store.ledger import Ledger
from pipeline.store.objects import Archive
from pipeline.store.outbox import Claim
from pipeline.store.remembered import Past, past
from pipeline.store.rereading import Rereader
from pipeline.store.telling import tell_changes, tell_decision, tell_deliveries
from pipeline.telemetry import METRICS, emit

__all__ = ["Clock", "Composers", "DeliveryReport", "Flow", "Incoming", "Now", "Outcome", "TickReport"]

OutcomeWord = Literal["read", "study", "not_vq", "rejected"]
LEASE = timedelta(minutes=2)
ATTEMPTS = 40
"""A delivery is given up after this many attempts: with the pauses between them about half a day."""


@dataclass(slots=True)
class Outcome:
    """What became of one message of one file.

    Of a message seen before the ledger's memory is told: `reading` is None, and `decision` is the one made then, without its
    changes. Nothing was emitted for it now.

    Attributes:
        file_hash: of the file it was in.
        ordinal: 1-based number of the message in the file.
        kind, outcome: what it was and what it led to.
        exam_id: digest (64 hex) of the exam it belongs to; empty if none. Safe to log.
        reason: code of `NotForUs` or `Rejection`; empty otherwise.
    """

    file_hash: str
    ordinal: int
    kind: Kind
    outcome: OutcomeWord
    seen_before: bool = False
    report: Report | None = field(default=None, repr=False)
    reading: Reading | None = field(default=None, repr=False)
    decision: Decision | None = field(default=None, repr=False)
    instance: Instance | None = field(default=None, repr=False)
    rejection: Rejection | None = None
    exam_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One round of `deliver`.

    `waiting` counts deliveries still open (also those held back by a pause, a quiet period or a backoff); `next_at` is when
    the first of them may be tried, None if none is open. `more` says that another round now would find work.
    """

    sent: int = 0
    failed: int = 0
    dead: int = 0
    waiting: int = 0
    next_at: datetime | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class TickReport:
    """One round of the clocks: exams with something new, studies joined, follow-ups newly overdue, holds newly expired."""

    changed: int = 0
    joined: int = 0
    overdue: int = 0
    expired: int = 0
    escalated: int = 0


@dataclass(frozen=True, slots=True)
class Composers:
    """How parcels are made; pure, so that every attempt of a delivery has the same bytes. `exam` is a digest, empty if none."""

    notice: Callable[[Notice, str, str], Parcel]
    """(notice, delivery id, exam)"""
    task: Callable[[FollowUp, str, About], Parcel]
    """(follow-up, delivery id, what it is about)"""


class Flow(People):
    """The product: bytes in, decisions remembered, parcels out. One writer thread a process; `deliver` may run beside it."""

    def __init__(
        self,
        ledger: Ledger,
        read: Callable[[bytes, str], Sequence[Arrival]],
        rules: Rules,
        destinations: Sequence[Destination],
        composers: Composers,
        clock: Clock,
        archive: Archive,
        owner: str = "",
    ) -> None:
        super().__init__(
            ledger, rules, {destination.name: destination.kinds for destination in destinations}, clock, Rereader(read, archive, rules)
        )
        self._parse = read
        self._destinations = {destination.name: destination for destination in destinations}
        self._composers = composers
        self._archive = archive
        self._owner = owner
        self._clockwork = Clockwork(ledger, rules, self._kinds)

    def ingest(self, items: Sequence[Incoming], *, now: Now | None = None) -> list[list[Outcome]]:
        """Reads, decides and remembers a batch: one list of outcomes for each file, in order. On return it is on disk.

        `now` gives the time that a decision is made at; None takes the clock's. Content never makes it raise: what cannot be used, or
        makes us fail, comes back `rejected`.

        Raises:
            TryAgain: the environment failed; nothing of the batch may be moved, all of it can be given again.
        """
        at = now or (lambda _item, _arrival: self._clock.now())
        with self._ledger.read() as connection:
            known = record.seen_files(connection, {item.file_hash for item in items})
        # Two rounds, so that what each of them works with stays close to the processor.
        read = [self._parsed(item, at) for item in items]
        for work in (work for works in read for work in works):
            if work.file_hash not in known and not work.not_for_us:
                self._interpret(work)
        files: dict[str, list[Work]] = {}
        for item, works in zip(items, read, strict=True):
            if item.file_hash not in known:
                files.setdefault(item.file_hash, works)
        batch.remember(self._ledger, self._rules, self._kinds, files, self._clock.now())
        missing = {work.arrival.content_hash for works in read for work in works if work.decided is None and not work.not_for_us}
        memory: dict[str, Past] = {}
        if missing:
            with self._ledger.read() as connection:
                memory = past(connection, missing)
        told = [[_outcome(work, memory.get(work.arrival.content_hash)) for work in works] for works in read]
        self._tell((work, outcome) for pair in zip(read, told, strict=True) for work, outcome in zip(*pair, strict=True))
        return told

    def _parsed(self, item: Incoming, now: Now) -> list[Work]:
        """The messages of one file."""
        try:
            arrivals: Sequence[Arrival] = item.arrivals if item.arrivals is not None else self._parse(item.content, item.file_hash)
        except Exception as error:  # noqa: BLE001 - our own fault on this input: it is tracked, and the rest goes on
            emit("item.failed", file=item.file_hash, error=type(error).__name__)
            arrivals = (Arrival(Kind.OTHER, 1, item.file_hash, b"", batch.failed(error)),)
        size = len(item.content)
        return [Work(item.file_hash, item.source, item.received_at, size, arrival, now(item, arrival)) for arrival in arrivals]

    def _interpret(self, work: Work) -> None:
        """What else needs no lock: read the text, compress, put large bodies into the archive."""
        arrival = work.arrival
        if isinstance(arrival.what, Report):
            try:
                work.reading = self._rules.interpret(arrival.what.blocks)
            except Exception as error:  # noqa: BLE001 - as above
                emit("item.failed", file=work.file_hash, message=arrival.content_hash, error=type(error).__name__)
                work.arrival = replace(arrival, what=batch.failed(error))
        work.body = record.packed(arrival)
        if len(arrival.body) > record.KEPT_IN_LEDGER:
            self._archive.put(arrival.body, arrival.content_hash)

    def _tell(self, works: Iterable[tuple[Work, Outcome]]) -> None:
        """Log events and counters of what is new; only now, when it is on disk."""
        counts: Counter[tuple[str, str]] = Counter()
        for work, outcome in works:
            if outcome.seen_before or work.decided is None:
                continue
            counts[outcome.kind.value, outcome.outcome] += 1
            same: dict[str, str] = {"file": outcome.file_hash, "message": work.arrival.content_hash, "kind": outcome.kind.value}
            if outcome.rejection:
                emit("message.rejected", **same, ordinal=outcome.ordinal, reason=outcome.reason)
            elif outcome.outcome == "not_vq":
                emit("message.not_for_us", **same, reason=outcome.reason)
            elif outcome.instance:
                part, reasons = outcome.instance.part.value, work.decided.reasons
                emit("study.recorded", exam=outcome.exam_id, file=outcome.file_hash, part=part, reasons=reasons)
            elif outcome.report and outcome.decision:
                tell_decision(outcome.exam_id, outcome.file_hash, outcome.report, outcome.decision)
            for decided in (work.decided, *work.decided.also):
                tell_changes(decided.exam, decided.applied)
        for (kind, word), count in counts.items():
            METRICS.files_received_total.labels(kind=kind, outcome=word).inc(count)

    def deliver(self, limit: int = 256, only: frozenset[str] | None = None) -> DeliveryReport:
        """One round: up to `limit` deliveries to each destination (`only`: of these names). Call again while `more`.

        A destination's failure is a backoff in the report, never an exception. A destination that hangs keeps its caller waiting:
        who has several gives each a thread of its own with `only`.

        Raises:
            TryAgain: the ledger cannot be written.
        """
        names = [name for name in self._destinations if only is None or name in only]
        total = DeliveryReport()
        for name in names:
            with self._ledger.write() as connection:
                claims = outbox.claim(connection, name, limit, LEASE, self._clock.now(), self._owner)
            if claims:
                sent, failed, dead = self._deliver_to(Handing(self._destinations[name]), claims)
                # What was sent may have freed the next delivery of its lane, whether or not the limit was reached.
                more = total.more or sent > 0
                total = replace(total, sent=total.sent + sent, failed=total.failed + failed, dead=total.dead + dead, more=more)
        with self._ledger.read() as connection:
            waiting, next_at = outbox.waiting(connection, names)
        return replace(total, waiting=waiting, next_at=next_at)

    def _deliver_to(self, hand: Handing, claims: Sequence[Claim]) -> tuple[int, int, int]:
        """Prepare all, mark `staged`, send each, record. Returns how many were sent, failed, given up."""
        withdrawn = [claim for claim in claims if not claim.released and (hand.recall(claim.id) or not claim.recovered)]
        going = [claim for claim in claims if claim not in withdrawn]
        ready = [claim for claim in going if claim.recovered or hand.prepare(claim.id, self._make(claim))]
        if not hand.settle([claim.id for claim in ready if not claim.recovered]):
            ready = [claim for claim in ready if claim.recovered]
        staged: set[str] = set()
        if ready:
            with self._ledger.write() as connection:
                staged = outbox.staged(connection, ready, self._clock.now())
        sent = [claim for claim in ready if claim.id in staged and hand.send(claim.id, self._make(claim))]
        if sent and not hand.settle([claim.id for claim in sent]):
            sent = []
        now = self._clock.now()
        worn_out = {claim.id for claim in going if claim.id in hand.later and claim.attempt >= ATTEMPTS}
        dead = [claim for claim in going if claim.id in hand.hopeless or claim.id in worn_out]
        failed = [claim for claim in going if claim.id in hand.later and claim.id not in worn_out]
        # Not staged and no failure: letters were paused, or our lease ended, between claim and staging. Given back without a pause.
        back = [claim for claim in ready if claim.id not in staged]
        with self._ledger.write() as connection:
            outbox.finish(connection, sent, "sent", now)
            outbox.finish(connection, withdrawn, "withdrawn", now, why="taken-back")
            for claim in dead:
                outbox.finish(connection, [claim], "dead", now, error=hand.hopeless.get(claim.id) or hand.later[claim.id])
            for claim in failed:
                outbox.later(connection, [claim], outbox.pause_after(claim.id, claim.attempt), now, hand.later[claim.id])
            outbox.later(connection, back, timedelta(0), now, "")
        tell_deliveries(sent, failed, dead, hand.later | hand.hopeless, hand.differs, now)
        return len(sent), len(failed), len(dead)

    def _make(self, claim: Claim) -> Callable[[], Parcel]:
        def make() -> Parcel:
            if claim.kind == "notice":
                return self._composers.notice(load(Notice, claim.payload), claim.id, claim.exam)
            task = load(Task, claim.payload)
            return self._composers.task(task.item, claim.id, task.about)

        return make

    def tick(self, now: datetime) -> TickReport:
        """Looks at every clock: studies without report, preliminaries never finalised, overdue items, expired holds.

        Raises:
            TryAgain: the ledger cannot be used now; what was done stays done.
        """
        ticked = self._clockwork.round(now)
        for decided in ticked.decided:
            tell_changes(decided.exam, decided.applied)
        return TickReport(len(ticked.decided), ticked.joined, ticked.overdue, ticked.expired, ticked.escalated)

    def seal(self) -> None:
        """Seals what has been added to the audit trail; the log keeps the seals. Raises TryAgain."""
        more = True
        while more:
            with self._ledger.write() as connection:
                made = seals.seal(connection, self._clock.now())
            if made:
                emit("ledger.sealed", seal=made.digest, number=made.number, rows=made.rows)
            more = made is not None and made.more


def _outcome(work: Work, memory: Past | None) -> Outcome:
    what, decided = work.arrival.what, work.decided
    word: OutcomeWord = "read"
    if isinstance(what, NotForUs):
        word = "not_vq"
    elif isinstance(what, Rejection):
        word = "rejected"
    elif isinstance(what, Instance):
        word = "study"
    rejection = what if isinstance(what, Rejection) else None
    if decided is None and memory and memory.outcome == "rejected":
        word, rejection = "rejected", Rejection(memory.reason, memory.detail)
    reason = what.reason if isinstance(what, NotForUs) else rejection.reason if rejection else ""
    return Outcome(
        file_hash=work.file_hash,
        ordinal=work.arrival.ordinal,
        kind=work.arrival.kind,
        outcome=word,
        seen_before=decided is None,
        report=decided.report if decided else what if isinstance(what, Report) and not rejection else None,
        reading=decided.reading if decided else None,
        decision=decided.decision if decided else memory.decision if memory else None,
        instance=what if isinstance(what, Instance) and not rejection else None,
        rejection=rejection,
        exam_id=decided.exam if decided else memory.exam if memory else "",
        reason=reason,
    )
