"""What one report version causes."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUp, FollowUpReason
from pipeline.domain.notice import Hold, Notice
from pipeline.domain.reading import Category, Grade


class NoticeEffect(StrEnum):
    """What becomes of the notice of this version; the strictest gate wins: never > hold > release."""

    RELEASE = "release"
    HOLD = "hold"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Change:
    """The new, whole value of a notice, follow-up or hold: the store inserts it, or updates the one with its id.

    `why` is a code for the audit row. The store queues deliveries from it: a notice in `preparation` not before its
    `release_at`; each new or changed follow-up as one more version; a `stopped` notice withdraws what no lease holds.
    """

    item: Notice | FollowUp | Hold
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one report version, and the changes it makes. Pure data; the store applies it whole or not at all.

    `category` is what the text says (review where section 6 of the design says so); `follow_up` is the reason of the
    follow-up that this version leads to, None if it leads to none.
    `resettled` names versions decided earlier whose standing changes with this one.
    """

    category: Category
    grade: Grade | None
    chronic: bool
    standing: Standing
    notice: NoticeEffect
    follow_up: FollowUpReason | None
    reasons: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    resettled: tuple[tuple[str, Standing], ...] = ()
