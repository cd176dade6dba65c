"""The work item that nobody may lose: owner, due time, state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FollowUpReason(StrEnum):
    INDETERMINATE = "indeterminate"
    POSITIVE = "positive"
    UNREADABLE = "unreadable"
    NO_PE_QUESTION = "no-pe-question"
    DISCREPANCY = "discrepancy"
    STATUS_REGRESSED = "status-regressed"
    WRONG_LETTER_OUT = "wrong-letter-out"
    RESULT_CHANGED = "result-changed"
    REPORT_OVERDUE = "report-overdue"
    IDENTITY = "identity"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"


class FollowUpState(StrEnum):
    """FHIR R4 Task.status. Overdue is no state: it is `due_at < now`, computed when asked."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def open(self) -> bool:
        return self in (FollowUpState.REQUESTED, FollowUpState.ACCEPTED, FollowUpState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One item on somebody's list.

    `version` counts its changes from 1 (FHIR meta.versionId); each change is sent again under the same `id`.
    `note` is our own sentence for the clinician, free of report text. `critical` items carry the positive's clock.
    """

    id: str
    reason: FollowUpReason
    state: FollowUpState
    opened_at: datetime
    due_at: datetime
    owner: str
    report_hash: str
    version: int = 1
    preliminary: bool = False
    critical: bool = False
    note: str = ""
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    level: int = 0
    """How many steps of its ladder it has gone up; 0: with its first owner."""
    step_at: datetime | None = None
    """When the ladder takes its next step; None: never."""
    plan: str = ""
    planned_for: datetime | None = None
    snoozed_until: datetime | None = None
    snoozes: int = 0
    closed_by: str = ""
    closed_at: datetime | None = None
    closed_why: str = ""
    proposal: str = ""
    """What a later exam of the same patient proposes as the reason to close it; a person confirms. Our own words and an accession."""
    contact: str = ""
    """What the report says of somebody having been told: our own words, a name and a time. It stops no clock."""
    next_step: str = ""
    """What the site recommends for this reason, in its own words."""
    asked: str = ""
    """Whom it is for, as an id of the directory: what `owner` is found from again at each rung. Empty: the duty role."""
    ladder_from: datetime | None = None
    """When its ladder began: opened, asked anew, handed to somebody else. None: when it was opened."""
    calm: bool = False
    """A positive that has time (chronic disease): asked for on the calm ladder, not within the hour."""
    reopened: bool = False
    """It was completed before: somebody has acted on it, so it is never cancelled without a word."""
    snoozed_s: int = 0
    """For how long it has been put off, all times together."""

    @property
    def acknowledged(self) -> bool:
        return bool(self.acknowledged_by)
