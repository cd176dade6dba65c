"""What the log says about changes, after they are committed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from pipeline.domain.decision import Decision
from pipeline.domain.followup import FollowUp
from pipeline.domain.notice import Hold, HoldState, Notice, NoticeState
from pipeline.domain.report import Liveness, Report
from pipeline.store.changes import Applied
from pipeline.store.outbox import Claim, pause_after
from pipeline.telemetry import METRICS, emit


def tell_changes(exam: str, made: Iterable[Applied]) -> None:
    """One event for each change of a notice, follow-up or hold. `exam` is a digest; empty for rejected input."""
    for one in made:
        item, before, why = one.change.item, one.before, one.change.why
        if isinstance(item, FollowUp):
            same = {"follow_up_id": item.id, "exam": exam, "reason": item.reason.value}
            if before is None:
                emit("follow_up.opened", **same, due_at=item.due_at, critical=item.critical, preliminary=item.preliminary)
            else:
                emit("follow_up.changed", **same, state=item.state.value, why=why)
        elif isinstance(item, Hold):
            if before is None:
                emit("hold.opened", hold_id=item.id, exam=exam, reasons=item.reasons, due_at=item.expires_at)
            elif item.state is not HoldState.OPEN:
                emit("hold.closed", hold_id=item.id, exam=exam, state=item.state.value, why=why)
        else:
            _tell_notice(exam, item, before.state if before else None, why)


def tell_decision(exam: str, file_hash: str, report: Report, decision: Decision) -> None:
    """`report.decided`, and its counters. The source's name is not logged: it may come from the message."""
    emit(
        "report.decided",
        exam=exam,
        report=report.content_hash,
        file=file_hash,
        status=report.status.value,
        standing=decision.standing.value,
        category=decision.category.value,
        grade=decision.grade.value if decision.grade else None,
        chronic=decision.chronic,
        notice=decision.notice.value,
        follow_up=decision.follow_up.value if decision.follow_up else None,
        reasons=decision.reasons,
    )
    if report.liveness is Liveness.NOT_LIVE:
        emit("source.not_live", message=report.content_hash)
    METRICS.reports_decided_total.labels(category=decision.category.value, notice=decision.notice.value).inc()
    for code in decision.reasons:
        METRICS.reasons_total.labels(code=code).inc()


def tell_deliveries(
    sent: Sequence[Claim],
    failed: Sequence[Claim],
    dead: Sequence[Claim],
    errors: Mapping[str, str],
    differs: Collection[str],
    now: datetime,
) -> None:
    """What became of a round of deliveries. `errors`: delivery id -> class name; `differs`: whose target is there with other bytes."""
    for result, claims in (("sent", sent), ("failed", failed), ("dead", dead)):
        for claim in claims:
            METRICS.deliveries_total.labels(destination=claim.destination, result=result).inc()
            same = {"delivery_id": claim.id, "destination": claim.destination, "kind": claim.kind, "exam": claim.exam}
            if claim.id in differs:
                emit("delivery.target_differs", **same)
            if result == "sent":
                emit("delivery.sent", **same, attempt=claim.attempt)
            elif result == "failed":
                again = now + pause_after(claim.id, claim.attempt)
                emit("delivery.failed", **same, attempt=claim.attempt, error=errors[claim.id], next_at=again)
            else:
                emit("delivery.dead_lettered", **same, attempt=claim.attempt, error=errors[claim.id])


def _tell_notice(exam: str, notice: Notice, before: object, why: str) -> None:
    if notice.state is NoticeState.PREPARATION and before is not NoticeState.PREPARATION:
        letter = {"letter": notice.letter.value, "notice_type": notice.notice_type.value}
        emit("notice.released", notice_id=notice.id, exam=exam, **letter)
    elif notice.state is NoticeState.STOPPED:
        emit("notice.stopped", notice_id=notice.id, exam=exam, why=why)
