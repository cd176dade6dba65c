"""What a site has decided once, for `decide` to apply to every report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from pipeline.domain.followup import FollowUpReason
from pipeline.domain.reading import Category


class Mode(StrEnum):
    DEMO = "demo"
    SHADOW = "shadow"
    LIVE = "live"


DEFAULT_CLOCKS: Mapping[FollowUpReason, timedelta] = {
    FollowUpReason.POSITIVE: timedelta(minutes=60),
    FollowUpReason.UNREADABLE: timedelta(minutes=60),
    FollowUpReason.DISCREPANCY: timedelta(minutes=60),
    FollowUpReason.STATUS_REGRESSED: timedelta(minutes=60),
    FollowUpReason.WRONG_LETTER_OUT: timedelta(minutes=60),
    FollowUpReason.RESULT_CHANGED: timedelta(minutes=60),
    FollowUpReason.IDENTITY: timedelta(minutes=60),
    FollowUpReason.INDETERMINATE: timedelta(hours=4),
    FollowUpReason.REPORT_OVERDUE: timedelta(hours=4),
    FollowUpReason.REJECTED: timedelta(hours=24),
    FollowUpReason.NO_PE_QUESTION: timedelta(days=3),
}
"""Source: shared design, section 6 (default clocks). `rejected` that may be V/Q takes 60 min whatever this says."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A site's settings, as far as decisions depend on them.

    Attributes:
        mode: `demo`, `shadow` or `live`.
        low_category: what the grade `low` means at this site.
        quiet_period: how long after the sign time a letter waits; follow-ups never wait.
        clocks: due time of each follow-up reason, from the sign time.
        preliminary_clock: how long a preliminary may stay without a final.
        study_clock: how long a study may stay without a report.
        study_urgent: the same for emergency and STAT exams.
        study_settle: how long after the last new instance facts drawn from absence count.
        breastfeeding: word of a tracer's name -> how long breast milk is better not given.
        chest_x_ray_before, chest_x_ray_after: how long before and after the scan a chest x-ray counts; zero before: never asked for.
        owner: who follow-ups and holds belong to where nobody nearer is known (a role with a phone, never empty).
        hold_expiry: after this an open hold reminds its owner.
        default_language: BCP 47 tag of the letter used where the patient's language is unknown or lacking.
        approved_languages: tags whose text is signed off.
        minor_age: patients younger than this many years are held; 0 switches it off.
        stale_after: a final older than this when it arrives is held.
        holds_off: reason codes whose hold this site has switched off (`policy.SWITCHABLE` only).
        require_study: hold the letter until images of the exam are known.
        hold_inpatients: hold letters to patients whose PV1-2 is I.
        hash: SHA-256 over the settings, stored with each decision.
    """

    mode: Mode = Mode.DEMO
    low_category: Category = Category.NEGATIVE
    quiet_period: timedelta = timedelta(0)
    clocks: Mapping[FollowUpReason, timedelta] = field(default_factory=lambda: dict(DEFAULT_CLOCKS))
    preliminary_clock: timedelta = timedelta(hours=12)
    study_clock: timedelta = timedelta(hours=24)
    study_urgent: timedelta = timedelta(hours=4)
    study_settle: timedelta = timedelta(seconds=60)
    breastfeeding: Mapping[str, timedelta] = field(default_factory=dict)
    chest_x_ray_before: timedelta = timedelta(hours=24)
    chest_x_ray_after: timedelta = timedelta(hours=4)
    owner: str = "duty nuclear medicine physician"
    hold_expiry: timedelta = timedelta(hours=24)
    default_language: str = "en"
    approved_languages: frozenset[str] = frozenset({"en"})
    minor_age: int = 18
    stale_after: timedelta = timedelta(days=30)
    holds_off: frozenset[str] = frozenset()
    require_study: bool = False
    hold_inpatients: bool = False
    hash: str = ""


SWITCHABLE = frozenset(
    {"minor", "birth-date-missing", "restricted", "stale", "malignancy-raised", "second-reader", "ventilation-not-acquired"}
)
"""Holds that a site may switch off. The others (identity, status, review, positive ...) are not for sale."""
