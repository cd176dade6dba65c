"""What time does to a hold: it reminds its owner, goes to somebody else, reminds again and again, and never releases anything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.domain.decision import Change
from pipeline.domain.dues import due_at
from pipeline.domain.duties import NEEDS_A_PERSON
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.ladder import regular_after
from pipeline.domain.notice import Hold, HoldState
from pipeline.domain.plan import Plan
from pipeline.domain.policy import Policy
from pipeline.domain.reasons import known

REMINDED, ESCALATED, STATUTE = 1, 2, 3
_WHY = {REMINDED: "hold-expired", ESCALATED: "hold-escalated", STATUTE: "statute-time"}
_OF_IDENTITY = frozenset({"identity-conflict", "identity-study", "identity-version"})
_SILENT = frozenset({"shadow"})
"""Nobody is asked to answer these, nor reminded: everything is held in shadow mode, and nothing is to be released."""
AGAIN = "hold-reminded"


def step_hold(hold: Hold, policy: Policy, now: datetime) -> Hold:
    """The hold as it is after the step that is due; unchanged where none is. One that nobody saw in time goes up at once."""
    # A hold from before there were steps has none of its own: it begins with the time at which it expires.
    step_at = hold.step_at or (hold.expires_at if hold.level < REMINDED else None)
    if hold.state is not HoldState.OPEN or step_at is None or now < step_at:
        return hold
    terms = policy.terms(hold.reasons)
    escalate_at = hold.expires_at + (terms.escalate - terms.remind)
    if hold.statute_at:
        escalate_at = min(escalate_at, max(hold.statute_at, hold.expires_at))
    level = hold.level
    if level < ESCALATED and now >= hold.expires_at:
        level = ESCALATED if now >= escalate_at else REMINDED
    if level >= ESCALATED and hold.statute_at and now >= hold.statute_at:
        level = STATUTE
    owner = terms.to or policy.hold_escalates_to or policy.owner if level >= ESCALATED else hold.owner
    moved = replace(hold, level=level, owner=owner)
    return replace(moved, step_at=_next_step(moved, escalate_at, policy, now))


def tick_holds(exam: Exam, policy: Policy, now: datetime) -> tuple[Change, ...]:
    """The steps that are due of all holds of an exam."""
    plan = Plan(exam, policy, now, "")
    for hold in exam.holds:
        moved = step_hold(hold, policy, now)
        if moved is hold:
            continue
        again = moved.level == hold.level >= ESCALATED
        plan.step_hold(moved, AGAIN if again else _WHY.get(moved.level, "hold-expired"))
        if moved.level >= ESCALATED > hold.level:
            _ask_somebody(exam, plan, hold)
    return plan.changes


def _ask_somebody(exam: Exam, plan: Plan, hold: Hold) -> None:
    """A hold that nobody answers is a lost result: where its reason asks for a follow-up and there was never one, open it."""
    wanted = wanted_by(hold.reasons)
    if wanted is None:
        return
    tracked = [item for item in exam.follow_ups if item.state.open or item.state is FollowUpState.COMPLETED]
    if any(item.reason in (wanted, FollowUpReason.DISCREPANCY) and item.report_hash in ("", hold.report_hash) for item in tracked):
        return
    if any(item.state.open for item in tracked):
        # Somebody has this exam on the list already, under another reason.
        return
    plan.report_hash = hold.report_hash
    due = due_at(wanted, plan.now, plan.policy, critical=True)
    plan.open(wanted, due, "hold-escalated", critical=True)


def wanted_by(reasons: Sequence[str]) -> FollowUpReason | None:
    """The follow-up that holds of these reasons have; None for those that a person only answers with go or not."""
    codes = set(reasons)
    if codes & _SILENT:
        return None
    if codes & _OF_IDENTITY:
        return FollowUpReason.IDENTITY
    if "discrepancy" in codes:
        return FollowUpReason.DISCREPANCY
    if codes & {"positive", "chronic"}:
        return FollowUpReason.POSITIVE
    if "range-with-high" in codes:
        return FollowUpReason.INDETERMINATE
    if "status-regressed" in codes:
        return FollowUpReason.STATUS_REGRESSED
    doubts = {code for code in codes if known(code).review}
    if doubts == {"no-pe-question"}:
        return FollowUpReason.NO_PE_QUESTION
    return FollowUpReason.UNREADABLE if doubts or codes & NEEDS_A_PERSON else None


def _next_step(hold: Hold, escalate_at: datetime, policy: Policy, now: datetime) -> datetime | None:
    if hold.level < ESCALATED:
        return escalate_at
    legal = hold.statute_at if hold.level < STATUTE else None
    if set(hold.reasons) & _SILENT:
        return legal
    again = regular_after(hold.step_at, now, policy.remind)
    return min(again, legal) if legal else again
