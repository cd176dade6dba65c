"""What a site has decided once, for `decide` to apply to every report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from pipeline.domain.directory import EMPTY, Directory
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.reading import Category
from pipeline.domain.rungs import DEFAULT_LADDERS, DEFAULT_NEXT_STEPS, Ladder
from pipeline.domain.statutes import Statute


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
    FollowUpReason.UNDELIVERED: timedelta(hours=24),
    FollowUpReason.REJECTED: timedelta(hours=24),
    FollowUpReason.NO_PE_QUESTION: timedelta(days=3),
}
"""Source: shared design, section 6 (default clocks). `rejected` that may be V/Q takes 60 min whatever this says."""


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """How long a hold of one reason may wait for an answer, both from its opening. None of it ever releases a letter.

    `remind`: its owner is told. `escalate`: it goes to `to` (a role), or to the owner of last resort where that is empty.
    """

    remind: timedelta
    escalate: timedelta
    to: str = ""


_OF_A_CLOT = HoldTerms(timedelta(minutes=30), timedelta(minutes=60))
DEFAULT_HOLD_TERMS: Mapping[str, HoldTerms] = {"positive": _OF_A_CLOT, "range-with-high": _OF_A_CLOT}
"""Source: communication.md 1.6: the hold of a positive must be bounded (escalate at 1 h, never wait for ever)."""


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
        hold_escalate: after this (from its opening, too) it goes to `hold_escalates_to`, or to `owner` where that is empty.
        hold_terms: the same by reason code, where a reason has its own; of several reasons the shortest times count.
        default_language: BCP 47 tag of the letter used where the patient's language is unknown or lacking.
        approved_languages: tags whose text is signed off.
        minor_age: patients younger than this many years are held; 0 switches it off.
        stale_after: a final older than this when it arrives is held.
        holds_off: reason codes whose hold this site has switched off (`policy.SWITCHABLE` only).
        require_study: hold the letter until images of the exam are known.
        hold_inpatients: hold letters to patients who are still on the ward (PV1-2 I, and no PV1-45).
        statutes: the packs of `config/policies` that the site has switched on.
        directory: who is who at this site, and who stands in for whom.
        owners: person or role for follow-ups of a reason, whoever ordered.
        ladders: who is asked next when nobody takes an item, by reason; a reason must have one, an empty one asks the duty role.
        next_steps: what the site recommends, by reason.
        remind: how often the top of a ladder is asked again.
        patience: how long after its due or planned time an item that somebody took comes back.
        snooze_most, snooze_total: how often, and for how long in all, an item may be put off.
        plan_most, plan_most_critical: how far ahead a plan may lie.
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
    hold_escalate: timedelta = timedelta(hours=48)
    hold_escalates_to: str = ""
    hold_terms: Mapping[str, HoldTerms] = field(default_factory=lambda: dict(DEFAULT_HOLD_TERMS))
    default_language: str = "en"
    approved_languages: frozenset[str] = frozenset({"en"})
    minor_age: int = 18
    stale_after: timedelta = timedelta(days=30)
    holds_off: frozenset[str] = frozenset()
    require_study: bool = False
    hold_inpatients: bool = False
    statutes: tuple[Statute, ...] = ()
    directory: Directory = EMPTY
    owners: Mapping[FollowUpReason, str] = field(default_factory=dict)
    ladders: Mapping[FollowUpReason, Ladder] = field(default_factory=lambda: dict(DEFAULT_LADDERS))
    next_steps: Mapping[FollowUpReason, str] = field(default_factory=lambda: dict(DEFAULT_NEXT_STEPS))
    remind: timedelta = timedelta(hours=24)
    patience: timedelta = timedelta(hours=24)
    snooze_most: int = 2
    snooze_total: timedelta = timedelta(hours=72)
    plan_most: timedelta = timedelta(days=90)
    plan_most_critical: timedelta = timedelta(days=7)
    hash: str = ""

    def terms(self, reasons: Sequence[str]) -> HoldTerms:
        """The shortest times of all the reasons of a hold: the slowest of them must not keep the most urgent one waiting."""
        usual = HoldTerms(self.hold_expiry, self.hold_escalate)
        found = [self.hold_terms.get(code, usual) for code in reasons] or [usual]
        first = min(found, key=lambda terms: terms.escalate)
        return HoldTerms(min(first.escalate, *(terms.remind for terms in found)), first.escalate, first.to)


SWITCHABLE = frozenset({"minor", "birth-date-missing", "restricted", "stale", "malignancy-raised", "second-reader"}) | {
    "opt-out",
    "ask-first",
    "release-withheld",
    "release-unknown",
    "ventilation-not-acquired",
}
"""Holds that a site may switch off. The others (identity, status, review, positive ...) are not for sale."""
