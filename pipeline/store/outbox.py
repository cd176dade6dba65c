"""The outbox: deliveries are claimed by lease, staged, sent, tried again, given up; every receipt counts only with its lease."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, literal_column, or_, select, update

from pipeline.domain.notice import Notice, NoticeState
from pipeline.domain.states import NOTICE, advance
from pipeline.store import tables as t
from pipeline.store.codec import dump, load
from pipeline.store.control import paused
from pipeline.store.dialect import database_now
from pipeline.store.trail import Subject, Trail

_D, _N = t.deliveries, t.notices
_FIRST_PAUSE_S, _LAST_PAUSE_S = 5.0, 1200.0
_EARLIER = t.deliveries.alias("earlier")
# Spelled as the partial index spells it, or neither database would use that index.
_OPEN: ColumnElement[bool] = literal_column("deliveries.state IN ('new', 'leased', 'staged')")
_BLOCKED = exists().where(
    _EARLIER.c.lane == _D.c.lane,
    _EARLIER.c.destination == _D.c.destination,
    _EARLIER.c.ordinal < _D.c.ordinal,
    _EARLIER.c.state.in_(("new", "leased", "staged")),
)
_RELEASED = exists().where(_N.c.id == _D.c.item, _N.c.state.in_(("preparation", "completed")))
# A follow-up never waits: not even where its sender's clock is ahead of ours.
_DUE = or_(_D.c.not_before <= bindparam("now"), and_(_D.c.kind == "follow-up", _D.c.attempts == 0))
_CLAIMABLE = (
    select(_D, _RELEASED.label("released"))
    .where(
        _OPEN,
        _D.c.destination == bindparam("destination"),
        or_(
            and_(_D.c.state == "new", _DUE, or_(_D.c.kind != "notice", _RELEASED)),
            and_(_D.c.state != "new", _D.c.leased_until <= bindparam("clock")),
        ),
        or_(_D.c.kind != "notice", bindparam("letters")),
        ~_BLOCKED,
    )
    .order_by(_D.c.not_before, _D.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=_D)
)
_LEASE = (
    update(_D)
    .where(_D.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=literal_column("CASE WHEN state = 'staged' THEN 'staged' ELSE 'leased' END"),
        lease=bindparam("token"),
        leased_until=bindparam("until"),
        attempts=_D.c.attempts + 1,
    )
)
_MINE = and_(_D.c.id.in_(bindparam("ids", expanding=True)), _D.c.lease == bindparam("token"), _D.c.state.in_(("leased", "staged")))
_STAGE = (
    update(_D).where(_MINE, _D.c.leased_until > bindparam("clock"), or_(_D.c.kind != "notice", bindparam("letters"))).values(state="staged")
).returning(_D.c.id)
_STATES = select(_D.c.id, _D.c.state).where(_MINE)
_END = update(_D).where(_MINE).values(state=bindparam("to_state"), lease="", leased_until=None, error=bindparam("to_error"))
_END = _END.returning(_D.c.id, _D.c.item, _D.c.kind, _D.c.report)
_LATER = (
    update(_D)
    .where(_MINE)
    .values(
        state=literal_column("CASE WHEN state = 'staged' THEN 'staged' ELSE 'new' END"),
        lease="",
        leased_until=bindparam("until"),
        not_before=bindparam("not_before"),
        error=bindparam("to_error"),
    )
)
_WAITING = select(func.count(), func.min(_D.c.not_before)).where(_OPEN, _D.c.destination.in_(bindparam("names", expanding=True)))


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery that is ours until its lease ends. `recovered`: it was staged before, by an attempt that did not come back.

    `released` is False for a letter that was taken back after an attempt of it had begun.
    """

    id: str
    exam: str
    kind: str
    destination: str
    item: str
    report: str
    attempt: int
    recovered: bool
    released: bool
    payload: str
    token: str

    @property
    def subject(self) -> Subject:
        return self.exam, self.item


def claim(connection: Connection, destination: str, limit: int, lease: timedelta, now: datetime, owner: str = "") -> list[Claim]:
    """Leases up to `limit` deliveries: due, the lowest open one of their lane, of a letter that is still released, and not paused.

    `now` is the product's clock (quiet periods, backoff); leases are measured by the database's. `owner` (hex) names who claims,
    for `let_go` after a crash.
    """
    clock = database_now(connection)
    letters = not paused(connection)
    wanted = {"destination": destination, "now": now, "clock": clock, "letters": letters, "most": limit}
    rows = connection.execute(_CLAIMABLE, wanted).all()
    if not rows:
        return []
    token = owner + os.urandom(8).hex()
    states = {row.id: row.state for row in rows}
    claims = [
        Claim(
            id=row.id,
            exam=row.exam or "",
            kind=row.kind,
            destination=row.destination,
            item=row.item,
            report=row.report,
            attempt=row.attempts + 1,
            recovered=row.state == "staged",
            released=row.kind != "notice" or bool(row.released),
            payload=row.payload,
            token=token,
        )
        for row in rows
    ]
    trail = Trail(connection, now)
    held = trail.hold_free(claim.subject for claim in claims)
    claims = [claim for claim in claims if claim.subject in held]
    if not claims:
        return []
    connection.execute(_LEASE, {**_ours(claims), "until": clock + lease})
    for claim in claims:
        was = states[claim.id]
        became, why = ("leased", "claimed") if was == "new" else (was, "lease expired")
        trail.add(claim.subject, "delivery", claim.id, was, became, why)
    trail.write()
    return claims


def let_go(connection: Connection, owner: str) -> None:
    """Ends the leases of an owner that is known to be dead: what it had begun can be claimed at once."""
    begun = (_D.c.state.in_(("leased", "staged"))) & _D.c.lease.startswith(owner, autoescape=True)
    connection.execute(update(_D).where(begun).values(leased_until=database_now(connection)))


def staged(connection: Connection, claims: Sequence[Claim], now: datetime) -> set[str]:
    """Marks what lies in staging. Returns the ids that may go on: our lease lives, and letters have not been paused meanwhile."""
    if not claims:
        return set()
    trail, before = _held(connection, claims, now)
    clock = database_now(connection)
    marked = set(connection.execute(_STAGE, {**_ours(claims), "clock": clock, "letters": not paused(connection)}).scalars())
    for claim in claims:
        if claim.id in marked and before[claim.id] != "staged":
            trail.add(claim.subject, "delivery", claim.id, before[claim.id], "staged", "staged")
    trail.write()
    return marked


def finish(connection: Connection, claims: Sequence[Claim], state: str, now: datetime, *, why: str = "", error: str = "") -> set[str]:
    """Ends deliveries as `sent`, `dead` or `withdrawn`, with audit rows; a sent letter's notice becomes `completed`.

    Returns the ids that were ours to end.
    """
    if not claims:
        return set()
    trail, before = _held(connection, claims, now)
    ended = connection.execute(_END, {**_ours(claims), "to_state": state, "to_error": error}).all()
    by_id = {claim.id: claim for claim in claims}
    for done in sorted(ended, key=lambda row: str(row.id)):
        subject = by_id[done.id].subject
        trail.add(subject, "delivery", done.id, before[done.id], state, why or state)
        if state == "sent" and done.kind == "notice":
            notice = load(Notice, connection.execute(select(_N.c.value).where(_N.c.id == done.item)).scalar_one())
            if notice.state is NoticeState.PREPARATION:
                _complete(connection, notice)
                trail.add(subject, "notice", notice.id, notice.state.value, NoticeState.COMPLETED.value, "sent")
    trail.write()
    return {done.id for done in ended}


def later(connection: Connection, claims: Sequence[Claim], delay: timedelta, now: datetime, error: str) -> None:
    """Gives claimed deliveries back, to be tried again after `delay`. A staged one stays staged: it may be half gone."""
    if not claims:
        return
    trail, before = _held(connection, claims, now)
    until = database_now(connection) + delay
    connection.execute(_LATER, {**_ours(claims), "until": until, "not_before": now + delay, "to_error": error})
    for claim in claims:
        if claim.id in before:
            became = "staged" if before[claim.id] == "staged" else "new"
            trail.add(claim.subject, "delivery", claim.id, before[claim.id], became, "failed" if error else "given back")
    trail.write()


def _ours(claims: Sequence[Claim]) -> dict[str, object]:
    return {"ids": [claim.id for claim in claims], "token": claims[0].token}


def _held(connection: Connection, claims: Sequence[Claim], now: datetime) -> tuple[Trail, dict[str, str]]:
    """The trail of what these are about, locked, and the states of those that are still ours."""
    trail = Trail(connection, now)
    trail.hold(claim.subject for claim in claims)
    return trail, {row.id: row.state for row in connection.execute(_STATES, _ours(claims))}


def waiting(connection: Connection, names: Sequence[str]) -> tuple[int, datetime | None]:
    """How many deliveries to these destinations are open, and when the first may be tried."""
    count, first = connection.execute(_WAITING, {"names": list(names)}).one()
    return int(count), first


def pause_after(delivery_id: str, attempt: int) -> timedelta:
    """How long to wait after a failed attempt: doubled up to a cap, and spread by up to a quarter, so that all do not come at once."""
    spread = 1 + int(delivery_id[:4], 16) / 0xFFFF / 4
    return timedelta(seconds=min(_FIRST_PAUSE_S * 2.0 ** min(attempt - 1, 16), _LAST_PAUSE_S) * spread)


def retry(connection: Connection, ids: Sequence[str], by: str, now: datetime) -> int:
    """Puts dead letters back into the queue (all if `ids` is empty), audited with who asked. Returns how many."""
    dead = select(_D.c.id, _D.c.exam, _D.c.item).where(_D.c.state == "dead").order_by(_D.c.exam, _D.c.id)
    found = connection.execute(dead.where(_D.c.id.in_(ids)) if ids else dead).all()
    trail = Trail(connection, now)
    subjects = [(one.exam or "", one.item) for one in found]
    trail.hold(subjects)
    for one, subject in zip(found, subjects, strict=True):
        trail.add(subject, "delivery", one.id, "dead", "new", "retried", by)
        connection.execute(update(_D).where(_D.c.id == one.id).values(state="new", attempts=0, not_before=now, leased_until=None))
    trail.write()
    return len(found)


def _complete(connection: Connection, notice: Notice) -> None:
    sent = replace(notice, state=NoticeState(advance(NOTICE, notice.state.value, "sent")))
    connection.execute(update(_N).where(_N.c.id == notice.id).values(state=sent.state.value, value=dump(sent)))
