"""The answers of the ledger to people, as plain values for the command line and the web."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.exam import Exam, Standing
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.identity import ExamKey
from pipeline.domain.notice import HoldState, Letter
from pipeline.domain.reading import Category, Grade


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """One follow-up. `accession` is empty for rejected input; `exam` is a digest, for `show`."""

    id: str
    accession: str
    reason: FollowUpReason
    state: FollowUpState
    due_at: datetime
    owner: str
    critical: bool
    preliminary: bool
    exam: str
    opened_at: datetime
    version: int
    report: str
    note: str
    acknowledged_by: str
    acknowledged_at: datetime | None
    level: int = 0
    step_at: datetime | None = None
    next_step: str = ""
    plan: str = ""
    planned_for: datetime | None = None
    snoozed_until: datetime | None = None
    proposal: str = ""
    contact: str = ""

    def overdue(self, now: datetime) -> bool:
        return self.state.open and self.due_at < now


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold with the letter it keeps; `letter` is None where nothing was drafted."""

    id: str
    accession: str
    reasons: tuple[str, ...]
    state: HoldState
    expires_at: datetime
    owner: str
    opened_at: datetime
    exam: str
    notice: str
    letter: Letter | None
    level: int = 0
    """How far it has climbed: 0 open, 1 reminded, 2 escalated, 3 its statute's time is over."""
    step_at: datetime | None = None
    statute_at: datetime | None = None

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else ""

    def overdue(self, now: datetime) -> bool:
        return self.state is HoldState.OPEN and self.expires_at < now


@dataclass(frozen=True, slots=True)
class FoundExam:
    """One exam that was asked for. `matched` are the kinds of identifier that fitted: accession, mrn, control, study, hash."""

    exam: str
    accession: str
    authority: str
    matched: tuple[str, ...]
    category: Category | None
    grade: Grade | None
    versions: int
    instances: int
    open_follow_ups: int
    open_holds: int
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of an exam's history. `what` is report, instance, notice, follow-up, hold, delivery, exam or patient."""

    at: datetime
    what: str
    item: str
    was: str
    became: str
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One report version as it was decided."""

    report: str
    decided_at: datetime
    category: Category
    grade: Grade | None
    chronic: bool
    standing: Standing
    notice: str
    follow_up: str
    reasons: tuple[str, ...]
    code_version: str
    vocabulary_hash: str
    policy_hash: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery of the outbox. `error` is the class name of its last failure."""

    id: str
    exam: str
    kind: str
    destination: str
    item: str
    state: str
    attempts: int
    not_before: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything about one exam. `broken_at` is the first audit row that was tampered with, None if the chain is whole."""

    digest: str
    exam: Exam
    keys: tuple[ExamKey, ...]
    waiting: bool
    decisions: tuple[DecisionRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    history: tuple[Happening, ...]
    broken_at: int | None


@dataclass(frozen=True, slots=True)
class DaemonRow:
    """One instance of the service, by the database's clock."""

    name: str
    version: str
    started_at: datetime
    heartbeat_at: datetime
    last_scan_at: datetime | None
    last_scan_ok: bool | None


@dataclass(frozen=True, slots=True)
class Status:
    """How the service is. Counts of what is open, by reason; deliveries by destination and state."""

    paused: bool
    paused_by: str
    paused_at: datetime | None
    files: int
    outcomes: dict[str, int]
    exams: int
    waiting_studies: int
    follow_ups: dict[str, int]
    overdue: int
    next_due_at: datetime | None
    holds: int
    deliveries: dict[str, dict[str, int]]
    daemons: tuple[DaemonRow, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The key of one exam, by its digest."""

    exam: str
    authority: str
    accession: str
