"""One report version on its way through the gates, and what its reason codes add up to."""

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.decision import Decision
from pipeline.domain.directory import Orderer
from pipeline.domain.dues import base_time, due_at
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.gates import effect_of, letter_for
from pipeline.domain.notice import Letter
from pipeline.domain.plan import Plan
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.reasons import known
from pipeline.domain.report import Report

IDENTITY = frozenset({"identity-conflict", "identity-study", "identity-version", "wrong-patient"})
"""Codes that say: this may be about another person."""

UNSURE = (IDENTITY - {"wrong-patient"}) | {"liveness-unstated", "order-number-conflict"}
"""A version with one of these may be none of this exam's: it cancels no follow-up, and a person sees first what it withdraws."""

OF_CATEGORY = {Category.NONDIAGNOSTIC: FollowUpReason.INDETERMINATE, Category.POSITIVE: FollowUpReason.POSITIVE}
"""The follow-up that a category asks for, final or preliminary."""

RESULT = frozenset({FollowUpReason.INDETERMINATE, FollowUpReason.POSITIVE, FollowUpReason.UNREADABLE, FollowUpReason.NO_PE_QUESTION})
"""Follow-ups that stand for what a version says."""


@dataclass(frozen=True, slots=True)
class Case:
    """One report version, its category at this site, and the codes it has collected so far."""

    exam: Exam
    report: Report
    reading: Reading
    policy: Policy
    now: datetime
    category: Category
    grade: Grade | None
    reasons: tuple[str, ...]
    asked_at: datetime | None = None
    """When its result became known, where that was long after the sign time (a ruling, a second reading); clocks run from then."""

    @property
    def chronic(self) -> bool:
        return self.reading.chronic and self.category is not Category.REVIEW

    @property
    def letter(self) -> Letter | None:
        return letter_for(self.category, self.grade, chronic=self.chronic)

    @property
    def another_question(self) -> bool:
        """Review only because the study asked about something else than embolism; any further doubt may hide a positive."""
        doubts = {code for code in self.reasons if known(code).review}
        return self.category is Category.REVIEW and doubts == {"no-pe-question"}

    @property
    def critical(self) -> bool:
        hidden = self.category is Category.REVIEW and not self.another_question
        return self.category is Category.POSITIVE or hidden or "range-with-high" in self.reasons

    @property
    def mistaken(self) -> bool:
        return bool(IDENTITY & set(self.reasons))

    @property
    def unsure(self) -> bool:
        return bool(UNSURE & set(self.reasons))

    @property
    def plan(self) -> Plan:
        """An empty plan for the changes that this version makes."""
        orderer = Orderer(self.report.orderer_id, self.report.orderer_name)
        counts = not (self.report.status.retracted or self.mistaken or self.unsure)
        return Plan(self.exam, self.policy, self.now, self.report.content_hash, orderer, self.letter if counts else None)

    def due(self, reason: FollowUpReason, *, critical: bool = False) -> datetime:
        return due_at(reason, self.asked_at or base_time(self.report, self.now), self.policy, critical=critical, chronic=self.chronic)

    def having(self, *codes: str) -> "Case":
        """The same with further codes."""
        return replace(self, reasons=tuple(dict.fromkeys((*self.reasons, *codes))))

    def settled(
        self,
        standing: Standing,
        follow_up: FollowUpReason | None,
        plan: Plan | None = None,
        resettled: tuple[tuple[str, Standing], ...] = (),
    ) -> Decision:
        """The decision at the end of the way."""
        return Decision(
            category=self.category,
            grade=self.grade,
            chronic=self.chronic,
            standing=standing,
            notice=effect_of(self.reasons),
            follow_up=follow_up,
            reasons=self.reasons,
            changes=plan.changes if plan else (),
            resettled=resettled,
        )
