"""What time alone brings about: late reports. Nothing is ever closed or released by time."""

from datetime import UTC, datetime

from pipeline.domain.decision import Change
from pipeline.domain.dues import due_at, overdue
from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.mail import hold_pending
from pipeline.domain.plan import Plan
from pipeline.domain.policy import Policy
from pipeline.domain.report import Status
from pipeline.domain.study import facts_of

__all__ = ["late_from", "overdue", "settled", "tick"]


def late_from(exam: Exam, policy: Policy) -> datetime | None:
    """From when on this exam lacks a report: a study without any, a preliminary without a final, or a report that was taken back.

    None where it lacks none, and where that was told already. A preliminary counts from its own sign time; a study from its
    acquisition, or from when we first saw the exam if that was before; a report taken back from its retraction.
    """
    current, retraction = exam.current, _retraction(exam)
    if (current and current.standing is Standing.CURRENT) or _told(exam, current or retraction):
        return None
    if current:
        start = _sent(current, exam)
        clock = min(policy.preliminary_clock, policy.study_urgent) if current.urgent or exam.urgent else policy.preliminary_clock
        return start + clock if start else None
    starts = [_acquired(exam)] if exam.instances else []
    # An order that was called off before anything was done lacks no report.
    if retraction and (starts or retraction.status is Status.ENTERED_IN_ERROR):
        starts.append(_sent(retraction, exam))
    known = [start for start in starts if start]
    urgent = exam.urgent or (retraction is not None and retraction.urgent)
    return max(known) + (min(policy.study_clock, policy.study_urgent) if urgent else policy.study_clock) if known else None


def tick(exam: Exam, policy: Policy, now: datetime) -> tuple[Change, ...]:
    """Open `report-overdue` for an exam whose report is late: once for each version that lacks its final."""
    late = late_from(exam, policy)
    if late is None or now < late:
        return ()
    lacking = exam.current or _retraction(exam)
    plan = Plan(exam, policy, now, lacking.content_hash if lacking else "")
    plan.open(FollowUpReason.REPORT_OVERDUE, due_at(FollowUpReason.REPORT_OVERDUE, late, policy), "report-overdue", critical=False)
    return plan.changes


def settled(exam: Exam, policy: Policy, now: datetime) -> tuple[Change, ...]:
    """What follows when an exam's images are complete: a letter whose report tells of ventilation that was never imaged is held.

    A letter that has left stays: this is a doubt, not another verdict, and the flag tells the reading room.
    """
    current = exam.current
    if current is None or "ventilation-not-acquired" in policy.holds_off:
        return ()
    plan = Plan(exam, policy, now, current.content_hash)
    if current.ventilation and facts_of(exam.instances, settled=True).no_ventilation:
        hold_pending(plan, ("ventilation-not-acquired",))
    return plan.changes


def _retraction(exam: Exam) -> Version | None:
    """The last time that the exam's report was taken back."""
    return next((version for version in reversed(exam.versions) if version.standing is Standing.RETRACTED), None)


def _told(exam: Exam, lacking: Version | None) -> bool:
    """Whether somebody has this on their list, or had it about this very version."""
    about = lacking.content_hash if lacking else ""
    told = [item for item in exam.follow_ups if item.reason is FollowUpReason.REPORT_OVERDUE]
    return any(item.state.open or item.report_hash == about for item in told)


def _acquired(exam: Exam) -> datetime | None:
    times = [instance.acquired_at for instance in exam.instances if instance.acquired_at]
    if exam.first_seen_at:
        # No scan is done after its images have come: a modality's clock that is ahead must not put the alarm off.
        times.append(exam.first_seen_at)
    return min(times, default=None)


def _sent(version: Version, exam: Exam) -> datetime | None:
    stamp = min(version.order[:2])
    return datetime.fromtimestamp(stamp, UTC) if stamp else exam.first_seen_at
