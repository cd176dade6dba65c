"""What the ledger says about messages that come again."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from pipeline.domain.decision import Decision, NoticeEffect
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.reading import Category, Grade
from pipeline.store import tables as t
from pipeline.store.codec import load

_PAST = (
    select(t.messages.c.hash, t.messages.c.outcome, t.messages.c.reason, t.messages.c.detail, t.messages.c.exam, t.decisions)
    .outerjoin(t.decisions, (t.decisions.c.report == t.messages.c.hash) & (t.decisions.c.number == 1))
    .where(t.messages.c.hash.in_(bindparam("hashes", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Past:
    """One message as it was handled. `decision` is without its changes; `exam` a digest, empty if none."""

    outcome: str
    reason: str
    detail: str
    exam: str
    decision: Decision | None


def past(connection: Connection, hashes: Collection[str]) -> dict[str, Past]:
    """What became of these messages, by hash; those that the ledger does not keep one by one are absent."""
    if not hashes:
        return {}
    found = {}
    for row in connection.execute(_PAST, {"hashes": list(hashes)}):
        decision = None
        if row.category:
            decision = Decision(
                category=Category(row.category),
                grade=Grade(row.grade) if row.grade else None,
                chronic=bool(row.chronic),
                standing=Standing(row.standing),
                notice=NoticeEffect(row.notice),
                follow_up=FollowUpReason(row.follow_up) if row.follow_up else None,
                reasons=load(tuple[str, ...], row.reasons),
            )
        found[row.hash] = Past(row.outcome, row.reason, row.detail, row.exam or "", decision)
    return found
