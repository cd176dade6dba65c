"""How well follow-ups are worked: counts, times and rates over what the ledger holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select

from pipeline.domain.dues import overdue
from pipeline.domain.followup import FollowUp, FollowUpState
from pipeline.store import tables as t
from pipeline.store.codec import load
from pipeline.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the report. Times are from the opening to the first acknowledgement; `closed` is done by a person, cancelled ones apart.

    `closure_rate` is closed in all that were not cancelled; None where there are none.
    """

    by: str
    name: str
    opened: int
    open: int
    overdue: int
    acknowledged: int
    acknowledge_median_s: int | None
    acknowledge_p90_s: int | None
    closed: int
    cancelled: int
    closure_rate: float | None
    escalations: int


@dataclass(frozen=True, slots=True)
class Worked:
    """One follow-up with what its history says."""

    item: FollowUp
    acknowledged_at: datetime | None
    escalations: int


def report(ledger: Ledger, now: datetime, since: datetime | None = None) -> list[Figures]:
    """All, then by reason, then by owner, of the follow-ups that were opened at or after `since`."""
    worked = [one for one in _worked(ledger) if since is None or one.item.opened_at >= since]
    lines = [_figures("all", "all", worked, now)]
    for by, names in (("reason", {one.item.reason.value for one in worked}), ("owner", {one.item.owner for one in worked})):
        for name in sorted(names):
            mine = [one for one in worked if name == (one.item.reason.value if by == "reason" else one.item.owner)]
            lines.append(_figures(by, name, mine, now))
    return lines


def _worked(ledger: Ledger) -> Iterable[Worked]:
    told = select(t.audit.c.item, t.audit.c.at, t.audit.c.why).where(t.audit.c.what == "follow-up").order_by(t.audit.c.at, t.audit.c.seq)
    first: dict[str, datetime] = {}
    steps: dict[str, int] = {}
    with ledger.read() as connection:
        values = connection.execute(select(t.follow_ups.c.value).order_by(t.follow_ups.c.id)).scalars().all()
        for row in connection.execute(told):
            if row.why.partition(": ")[0] == "acknowledged":
                first.setdefault(row.item, row.at)
            elif row.why.partition(": ")[0] in ("escalated", "reminded"):
                steps[row.item] = steps.get(row.item, 0) + 1
    items = [load(FollowUp, value) for value in values]
    return [Worked(item, first.get(item.id), steps.get(item.id, 0)) for item in items]


def _figures(by: str, name: str, worked: Sequence[Worked], now: datetime) -> Figures:
    waits = sorted(one.acknowledged_at - one.item.opened_at for one in worked if one.acknowledged_at)
    closed = sum(one.item.state is FollowUpState.COMPLETED for one in worked)
    cancelled = sum(one.item.state is FollowUpState.CANCELLED for one in worked)
    return Figures(
        by=by,
        name=name,
        opened=len(worked),
        open=sum(one.item.state.open for one in worked),
        overdue=sum(overdue(one.item, now) for one in worked),
        acknowledged=len(waits),
        acknowledge_median_s=_at(waits, 0.5),
        acknowledge_p90_s=_at(waits, 0.9),
        closed=closed,
        cancelled=cancelled,
        closure_rate=round(closed / (len(worked) - cancelled), 3) if len(worked) > cancelled else None,
        escalations=sum(one.escalations for one in worked),
    )


def _at(waits: Sequence[timedelta], part: float) -> int | None:
    """Nearest rank: a wait that somebody really had."""
    return round(waits[max(0, ceil(part * len(waits)) - 1)].total_seconds()) if waits else None
