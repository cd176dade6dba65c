"""The patient's letter and why it may have to wait."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.reading import Category, Grade


class NoticeState(StrEnum):
    """FHIR R4 event-status, as Communication.status uses it."""

    PREPARATION = "preparation"
    """Released; it leaves when its quiet period is over and nothing has stopped it."""
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    """It has left: the patient may be reading it."""
    STOPPED = "stopped"
    """Withdrawn before it left."""
    ENTERED_IN_ERROR = "entered-in-error"
    """It had left, and a later letter says not to rely on it."""


class Letter(StrEnum):
    NORMAL = "normal"
    ABSENT = "absent"
    LOW = "low"
    NONDIAGNOSTIC = "nondiagnostic"
    POSITIVE = "positive"
    POSITIVE_CHRONIC = "positive-chronic"
    WITHDRAWN = "withdrawn"


class NoticeType(StrEnum):
    RESULT = "result"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What the letter says about this patient and exam, frozen when the decision was made.

    All times are aware. `language` is the BCP 47 tag of the letter to use; `wants_language` is what the patient's record
    asked for when we lack it (then the letter carries taglines and an interpreter task), else empty.
    `replaces_at` is the date of the letter that this one corrects or withdraws (its report's sign time).
    """

    patient_name: str
    birth_date: str
    """ISO 8601 date, empty if unknown; a letter shows the year only."""
    identifier: str
    """The medical record number; a letter shows its last four characters only."""
    exam_at: datetime | None
    signed_at: datetime | None
    orderer: str
    accession: str
    language: str
    wants_language: str = ""
    replaces_at: datetime | None = None
    required: tuple[str, ...] = ()
    """Sentences that a statute asks for, word for word."""
    breastfeeding_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One letter about one report version. `left` is told by the store: a delivery of it is leased, staged or sent."""

    id: str
    report_hash: str
    letter: Letter
    notice_type: NoticeType
    category: Category
    grade: Grade | None
    state: NoticeState
    release_at: datetime | None
    facts: LetterFacts
    replaces: str = ""
    left: bool = False
    notify_by: datetime | None = None
    """Until when a statute wants the patient to have been told; None: none does."""
    returned_by: str = ""
    """Who reported that it came back undelivered; empty: nobody."""

    @property
    def live(self) -> bool:
        """Whether it still speaks for the exam: it may leave, or has left and was not taken back."""
        return self.state in (NoticeState.PREPARATION, NoticeState.ON_HOLD, NoticeState.COMPLETED)


class HoldState(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    WITHHELD = "withheld"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a notice waits. It never ends by time alone: at `expires_at` its owner is reminded and it escalates.

    `notice_id` is empty where nothing was drafted (a report that a person must read first).
    """

    id: str
    report_hash: str
    notice_id: str
    reasons: tuple[str, ...]
    owner: str
    state: HoldState
    opened_at: datetime
    expires_at: datetime
    level: int = 0
    """How often its expiry has been told: 0 not yet, 1 its owner was reminded, 2 it was escalated, 3 the statute's time has come."""
    step_at: datetime | None = None
    """When it reminds or escalates next; None: never."""
    ended_by: str = ""
    ended_why: str = ""
    statute_at: datetime | None = None
    """A time that a statute names (its hold ends, the patient must have been told): a person is asked once more then."""
