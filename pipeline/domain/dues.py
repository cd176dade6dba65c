"""When a follow-up is due: from the time the report was signed, never from when it happened to arrive."""

from datetime import datetime, timedelta

from pipeline.domain.followup import FollowUp, FollowUpReason
from pipeline.domain.policy import Policy
from pipeline.domain.report import Report

_SATURDAY = 5


def base_time(report: Report, now: datetime) -> datetime:
    """The sign time, else the message's, else now; a time in the future (a clock that is wrong) counts as now."""
    return min(report.signed_at or report.message_at or now, now)


def add_working_days(start: datetime, days: int) -> datetime:
    """The same time of day, `days` working days later (Monday to Friday; a site's holidays are not known here)."""
    moment = start
    while days > 0:
        moment += timedelta(days=1)
        if moment.weekday() < _SATURDAY:
            days -= 1
    return moment


def due_at(reason: FollowUpReason, base: datetime, policy: Policy, *, critical: bool = False, chronic: bool = False) -> datetime:
    """Due time. `critical` puts any reason on the positive's clock; chronic disease has until the next working day."""
    if chronic and reason is FollowUpReason.POSITIVE:
        return add_working_days(base, 1)
    if critical:
        return base + policy.clocks[FollowUpReason.POSITIVE]
    if reason is FollowUpReason.NO_PE_QUESTION:
        return add_working_days(base, policy.clocks[reason].days)
    return base + policy.clocks[reason]


def overdue(follow_up: FollowUp, now: datetime) -> bool:
    """Computed whenever asked, never stored: an open item whose time has come."""
    return follow_up.state.open and follow_up.due_at < now
