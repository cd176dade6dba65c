"""One exam in memory: applies what the domain decides as the store does, and refuses what the store could not take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from pipeline.domain import actions, clocks
from pipeline.domain.again import Ruling, rule
from pipeline.domain.decide import InstanceDecision, decide, decide_instance, promoted_text, version_of
from pipeline.domain.decision import Change, Decision
from pipeline.domain.exam import Exam, Version
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.hold_steps import tick_holds
from pipeline.domain.identity import ExamKey, Identifier, Patient, PersonName
from pipeline.domain.instance import Instance, Part
from pipeline.domain.notice import Hold, HoldState, Notice, NoticeState
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import Liveness, Report, Status, TextBlock
from pipeline.domain.states import FOLLOW_UP, HOLD, NOTICE, Table, advance

Item = TypeVar("Item", bound=Notice | FollowUp | Hold)

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""A Monday."""
KEY = ExamKey("RIS", "A1")
ANNA = Patient((Identifier("M-1", "HOSP", "MR"),), PersonName("Example", "Anna"), date(1960, 5, 1), "F", "en")
BERT = Patient((Identifier("M-2", "HOSP", "MR"),), PersonName("Sample", "Bert"), date(1950, 1, 9), "M", "en")
LIVE = Policy(owner="duty physician")

NEGATIVE = Reading(Category.NEGATIVE, Grade.ABSENT)
NORMAL = Reading(Category.NEGATIVE, Grade.NORMAL)
LOW = Reading(Category.NEGATIVE, Grade.LOW)
NONDIAGNOSTIC = Reading(Category.NONDIAGNOSTIC, Grade.INTERMEDIATE)
REACHING_HIGH = Reading(Category.NONDIAGNOSTIC, Grade.INTERMEDIATE, range_with_high=True)
POSITIVE = Reading(Category.POSITIVE, Grade.HIGH)
CHRONIC = Reading(Category.POSITIVE, Grade.PRESENT, chronic=True)
UNREADABLE = Reading(Category.REVIEW, reasons=("unread-mention",))
ANOTHER_QUESTION = Reading(Category.REVIEW, reasons=("no-pe-question",))

P, F, C, UNKNOWN, X, W = (
    Status.PRELIMINARY,
    Status.FINAL,
    Status.CORRECTED,
    Status.UNKNOWN,
    Status.CANCELLED,
    Status.ENTERED_IN_ERROR,
)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@dataclass
class World:
    """The exam as the store would load it, and the time."""

    policy: Policy = LIVE
    now: datetime = T0
    exam: Exam = field(default_factory=lambda: Exam(KEY, first_seen_at=T0))
    count: int = 0

    # -- what comes in

    def report(
        self,
        status: Status = F,
        *,
        at: timedelta | None = timedelta(0),
        sent: timedelta | None = None,
        patient: Patient = ANNA,
        problems: Sequence[str] = (),
        liveness: Liveness = Liveness.LIVE,
        words: str | None = None,
        patient_class: str = "",
        content_hash: str = "",
        observed: timedelta = timedelta(hours=-1),
    ) -> Report:
        """A version signed `at` after T0 (None: no sign time), sent then or at `sent`; words of its own unless given."""
        self.count += 1
        signed = T0 + at if at is not None else None
        message_at = T0 + sent if sent is not None else signed
        text = f"IMPRESSION: version {self.count}" if words is None else words
        return Report(
            kind="hl7-oru",
            key=KEY,
            content_hash=content_hash or f"{self.count:064x}",
            status=status,
            liveness=liveness,
            blocks=(TextBlock(text),) if text else (),
            patient=patient,
            accession="A1",
            problems=tuple(problems),
            orderer=PersonName("Doctor", "Dora"),
            observed_at=T0 + observed,
            signed_at=signed,
            message_at=message_at,
            patient_class=patient_class,
        )

    def send(self, reading: Reading, status: Status = F, **more: object) -> Decision:
        """A version comes in; its time counts as now where now is earlier, as in a daemon."""
        return self.receive(self.report(status, **more), reading)  # type: ignore[arg-type]

    def receive(self, report: Report, reading: Reading) -> Decision:
        report = promoted_text(self.exam, report)
        decision = decide(self.exam, report, reading, self.policy, self.now)
        assert decision == decide(self.exam, report, reading, self.policy, self.now), "the same input gives the same output"
        moved = dict(decision.resettled)
        assert moved.keys() <= {version.content_hash for version in self.exam.versions}
        versions = [replace(old, standing=moved.get(old.content_hash, old.standing)) for old in self.exam.versions]
        self.exam = replace(self.exam, versions=(*versions, version_of(report, decision)))
        self.apply(decision.changes)
        return decision

    def image(
        self, patient: Patient = ANNA, *, acquired: timedelta | None = timedelta(hours=-1), part: Part = Part.PERFUSION
    ) -> InstanceDecision:
        self.count += 1
        acquired_at = T0 + acquired if acquired is not None else None
        uid = f"1.2.{self.count}"
        instance = Instance(
            uid, "1.2", "1.2.0", "NM", "NM", part, patient, KEY, "A1", acquired_at=acquired_at, content_hash=f"i{self.count}"
        )
        decision = decide_instance(self.exam, instance, self.policy, self.now)
        assert decision == decide_instance(self.exam, instance, self.policy, self.now)
        self.exam = replace(self.exam, instances=(*self.exam.instances, instance))
        self.apply(decision.changes)
        return decision

    # -- what the product and people do

    def lease(self) -> list[Notice]:
        """Letters that may go are claimed: from now on they count as sent."""
        going = [n for n in self.exam.notices if n.state is NoticeState.PREPARATION and (n.release_at or self.now) <= self.now]
        ids = {notice.id for notice in going}
        self._notices(lambda notice: replace(notice, left=True) if notice.id in ids else notice)
        return going

    def expire(self) -> None:
        """The leases of letters that are still to go run out, and nobody has sent anything."""
        self._notices(lambda notice: replace(notice, left=False) if notice.state is NoticeState.PREPARATION else notice)

    def leave(self) -> list[Notice]:
        """Letters that may go are sent."""
        going = {notice.id for notice in self.lease()}

        def sent(notice: Notice) -> Notice:
            if notice.id not in going:
                return notice
            return replace(notice, state=NoticeState(advance(NOTICE, notice.state, "sent")))

        self._notices(sent)
        return [notice for notice in self.exam.notices if notice.id in going]

    def acknowledge(self, item: FollowUp) -> None:
        self.apply((actions.acknowledge(item, "Dr Test", self.now),))

    def complete(self, item: FollowUp) -> None:
        self.apply((actions.complete(item, "Dr Test", self.now),))

    def release(self, hold: Hold, told: str = "10:00 by phone", override: str = "") -> None:
        self.apply(actions.release(self.exam, hold.id, "Dr Test", told, override, self.now))

    def withhold(self, hold: Hold) -> None:
        self.apply(actions.withhold(self.exam, hold.id, "Dr Test", "told in person"))

    def undelivered(self, notice: Notice) -> None:
        self.apply(actions.undelivered(self.exam, notice.id, "mail room", self.policy, self.now))

    def rule(self, report: Report, reading: Reading, ruling: Ruling) -> Decision:
        """A clinician decides the version that speaks for the exam; `report` is that version."""
        decision = rule(self.exam, report, reading, ruling, self.policy, self.now)
        (old,) = (version for version in self.exam.versions if version.content_hash == report.content_hash)
        new = replace(old, category=decision.category, grade=decision.grade, chronic=decision.chronic, ruled_by=ruling.by)
        self.exam = replace(self.exam, versions=tuple(new if version is old else version for version in self.exam.versions))
        self.apply(decision.changes)
        return decision

    def tick_holds(self) -> tuple[Change, ...]:
        changes = tick_holds(self.exam, self.policy, self.now)
        self.apply(changes)
        return changes

    def tick(self) -> tuple[Change, ...]:
        changes = clocks.tick(self.exam, self.policy, self.now)
        self.apply(changes)
        return changes

    # -- what the store holds

    @property
    def open(self) -> list[FollowUpReason]:
        return [item.reason for item in self.exam.follow_ups if item.state.open]

    @property
    def holds(self) -> list[Hold]:
        return [hold for hold in self.exam.holds if hold.state is HoldState.OPEN]

    @property
    def letters(self) -> list[tuple[str, str, str]]:
        """Each letter as (what it says, what type, state)."""
        return [(notice.letter.value, notice.notice_type.value, notice.state.value) for notice in self.exam.notices]

    def item(self, reason: FollowUpReason) -> FollowUp:
        """The one open follow-up of this reason."""
        (found,) = [item for item in self.exam.follow_ups if item.reason is reason and item.state.open]
        return found

    @property
    def hold(self) -> Hold:
        (found,) = self.holds
        return found

    @property
    def notice(self) -> Notice:
        """The latest letter."""
        return self.exam.notices[-1]

    @property
    def current(self) -> Version:
        assert self.exam.current is not None
        return self.exam.current

    def apply(self, changes: Sequence[Change]) -> None:
        """Insert or update by id. Every move must be one that the tables know."""
        ids = [change.item.id for change in changes]
        assert len(set(ids)) == len(ids), "one change an item"
        for change in changes:
            item = change.item
            if isinstance(item, Notice):
                self.exam = replace(self.exam, notices=_put(self.exam.notices, item, NOTICE))
            elif isinstance(item, FollowUp):
                _lawful(next((old for old in self.exam.follow_ups if old.id == item.id), None), item)
                self.exam = replace(self.exam, follow_ups=_put(self.exam.follow_ups, item, FOLLOW_UP))
            else:
                self.exam = replace(self.exam, holds=_put(self.exam.holds, item, HOLD))
        everything = [one.id for one in self.exam.notices] + [one.id for one in self.exam.follow_ups] + [one.id for one in self.exam.holds]
        assert len(set(everything)) == len(everything), "ids never collide"

    def _notices(self, change: Callable[[Notice], Notice]) -> None:
        self.exam = replace(self.exam, notices=tuple(change(notice) for notice in self.exam.notices))


def _lawful(before: FollowUp | None, item: FollowUp) -> None:
    if before is None:
        assert item.version == 1
        return
    assert item.version == before.version + 1
    reopened = before.state is FollowUpState.COMPLETED and item.state is FollowUpState.REQUESTED and not item.acknowledged
    assert before.state.open or reopened, "what is closed stays closed, unless a person takes it up again"
    if item.state is FollowUpState.CANCELLED:
        unseen = before.reason is FollowUpReason.INDETERMINATE and not before.acknowledged
        assert unseen or before.reason is FollowUpReason.REPORT_OVERDUE, "nothing that somebody knows of is cancelled"
    if not before.acknowledged:
        assert item.due_at <= before.due_at, "nobody gets more time by waiting"


def _put(items: tuple[Item, ...], item: Item, table: Table) -> tuple[Item, ...]:
    old = next((one for one in items if one.id == item.id), None)
    before = old.state.value if old else ""
    known = {after for (state, _), after in table.items() if state == before}
    assert item.state.value in known or (old is not None and item.state is old.state), f"no way from {before!r} to {item.state.value!r}"
    if old is None:
        return (*items, item)
    return tuple(item if one.id == item.id else one for one in items)
