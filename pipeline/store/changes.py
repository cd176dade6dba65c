"""Applies the changes of a decision: item, audit row and outbox rows together."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Table, bindparam, or_, select, update

from pipeline.domain.decision import Change
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUp
from pipeline.domain.notice import Hold, Notice, NoticeState
from pipeline.store import tables as t
from pipeline.store.audit import Chain
from pipeline.store.codec import dump
from pipeline.store.dialect import database_now
from pipeline.store.writer import Writer

Item = Notice | FollowUp | Hold

_HANDED = frozenset({"escalated", "reminded", "transferred", "declined", "reopened"})

_ORDINAL = select(t.notices.c.ordinal).where(t.notices.c.id == bindparam("of"))
_STATES = select(t.deliveries.c.id, t.deliveries.c.state).where(t.deliveries.c.item == bindparam("of"))
_WITHDRAW = (
    update(t.deliveries)
    .where(
        t.deliveries.c.item == bindparam("of"),
        or_(t.deliveries.c.state == "new", (t.deliveries.c.state == "leased") & (t.deliveries.c.leased_until <= bindparam("clock"))),
    )
    .values(state="withdrawn")
    .returning(t.deliveries.c.id, t.deliveries.c.destination)
)


@dataclass(frozen=True, slots=True)
class About:
    """What a follow-up is about: (authority, accession) of each linked exam, and (authority, number) of the patient's record."""

    accessions: tuple[tuple[str, str], ...] = ()
    patient: tuple[str, str] | None = None
    changed_at: datetime | None = None
    """When this version of the follow-up came to be, however late it is sent."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a delivery of kind `follow-up` carries."""

    item: FollowUp
    about: About


@dataclass(frozen=True, slots=True)
class Applied:
    """One change that was made, with the value before it; what the log events are written from."""

    before: Item | None
    change: Change


def delivery_id(subject: str, report_hash: str, kind: str, destination: str, ordinal: int) -> str:
    """The idempotency key of a delivery: 32 hex of SHA-256. No clock, counter of ours or random value goes in.

    Args:
        subject: exam digest, or the hash of an input without exam.
        kind: `notice` or `follow-up`, with the id of the item: two items may come from one report version.
        ordinal: number of the letter in its exam, or version of the follow-up.
    """
    parts = (subject, report_hash, kind, destination, str(ordinal))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def apply(
    writer: Writer,
    chain: Chain,
    digest: str | None,
    exam: Exam | None,
    changes: Sequence[Change],
    *,
    now: datetime,
    destinations: Mapping[str, frozenset[str]],
    by: str = "",
    about: About | None = None,
    note: str = "",
    before: Sequence[Item] = (),
) -> list[Applied]:
    """Makes every change, each with its audit row and its deliveries. The caller holds the lock and writes the chain.

    Args:
        digest: of the exam row; None for follow-ups of inputs that belong to no exam.
        exam: the aggregate as it was loaded; None likewise.
        destinations: name -> kinds of delivery it takes.
        about: what follow-ups are sent with, frozen into their deliveries.
        note: what a person gave as the reason; kept in the audit trail only.
        before: items that belong to no exam, as they were.
    """
    known: dict[str, Item] = {item.id: item for item in before}
    letters = follow_ups = holds = 0
    if exam:
        items: tuple[Item, ...] = (*exam.notices, *exam.follow_ups, *exam.holds)
        known = {item.id: item for item in items}
        letters, follow_ups, holds = len(exam.notices), len(exam.follow_ups), len(exam.holds)
    made: list[Applied] = []
    for change in changes:
        item, old = change.item, known.get(change.item.id)
        known[item.id] = item
        said = "; ".join(part for part in (note, _handed_to(change, old)) if part)
        why = f"{change.why}: {said}" if said else change.why
        was = old.state.value if old else ""
        if isinstance(item, Notice):
            letters += old is None
            _put(writer, t.notices, item, {"exam": digest, "ordinal": letters}, old)
            chain.add(now, "notice", item.id, was, item.state.value, why, by)
            if item.state is NoticeState.PREPARATION:
                ordinal = letters if old is None else _ordinal_of(writer.connection, item.id)
                there = {} if old is None else _states(writer.connection, item.id)
                _queue(writer, chain, now, _letter(item, digest or "", ordinal, now), destinations, there)
            elif old is not None and old.state is NoticeState.PREPARATION:
                _withdraw(writer.connection, chain, item, now)
        elif isinstance(item, FollowUp):
            follow_ups += old is None
            extra = {"exam": digest, "ordinal": follow_ups, "reason": item.reason.value, "due_at": item.due_at, "step_at": _step_at(item)}
            _put(writer, t.follow_ups, item, extra, old)
            chain.add(now, "follow-up", item.id, was, item.state.value, why, by)
            _queue(writer, chain, now, _task(item, digest, now, replace(about or About(), changed_at=now)), destinations)
        else:
            holds += old is None
            extra = {"exam": digest, "ordinal": holds, "notice": item.notice_id, "expires_at": item.expires_at, "step_at": item.step_at}
            _put(writer, t.holds, item, extra, old)
            chain.add(now, "hold", item.id, was, item.state.value, why, by)
        made.append(Applied(old, change))
    return made


def _put(writer: Writer, table: Table, item: Item, extra: Mapping[str, object], before: Item | None) -> None:
    values = {"id": item.id, "state": item.state.value, "value": dump(item), **extra}
    if before is None:
        writer.add(table.name, values)
        return
    changed = {name: value for name, value in values.items() if name not in ("id", "exam", "ordinal")}
    writer.connection.execute(table.update().where(table.c.id == item.id).values(changed))


def _letter(notice: Notice, digest: str, ordinal: int, now: datetime) -> dict[str, Any]:
    return {
        "exam": digest,
        "lane": f"{digest}:notice",
        "ordinal": ordinal,
        "kind": "notice",
        "item": notice.id,
        "report": notice.report_hash,
        "state": "new",
        "not_before": notice.release_at or now,
        "payload": dump(notice),
    }


def _task(item: FollowUp, digest: str | None, now: datetime, about: About) -> dict[str, Any]:
    return {
        "exam": digest,
        # A lane of its own for each item: a task that cannot be sent must not keep a more urgent one of the same exam waiting.
        "lane": f"{digest or item.report_hash}:{item.id}",
        "ordinal": item.version,
        "kind": "follow-up",
        "item": item.id,
        "report": item.report_hash,
        "state": "new",
        "not_before": now,
        "payload": dump(Task(item, about)),
    }


def _queue(
    writer: Writer,
    chain: Chain,
    now: datetime,
    what: dict[str, Any],
    destinations: Mapping[str, frozenset[str]],
    before: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """One delivery to each destination that takes its kind; `before`: the states of those that are there already."""
    kind, subject = what["kind"], what["exam"] or what["report"]
    for name, kinds in destinations.items():
        if kind in kinds:
            made = delivery_id(subject, what["report"], f"{kind}:{what['item']}", name, what["ordinal"])
            # A letter that was held again after its release, and is released once more, is the same delivery under the same id.
            writer.add("letters" if kind == "notice" else "tasks", {"id": made, "destination": name, **what})
            if before.get(made, "withdrawn") == "withdrawn":
                chain.add(now, "delivery", made, before.get(made, ""), "new", "queued")


def _handed_to(change: Change, old: Item | None) -> str:
    """Whom the item is for from now on: `show` must name whoever was asked at each step, and the item keeps the last one only."""
    item = change.item
    moved = isinstance(item, FollowUp) and isinstance(old, FollowUp) and change.why in _HANDED
    return f"now for {item.owner}" if moved and isinstance(item, FollowUp) else ""


def _step_at(item: FollowUp) -> datetime | None:
    """Whoever made the item: as long as it is open the clock looks at it, and never again once it is closed."""
    return (item.step_at or item.due_at) if item.state.open else None


def _withdraw(connection: Connection, chain: Chain, notice: Notice, now: datetime) -> None:
    """Takes out of the outbox what has not left; what a live lease holds counts as sent and stays."""
    clock = database_now(connection)
    states = _states(connection, notice.id)
    for row in connection.execute(_WITHDRAW, {"of": notice.id, "clock": clock}):
        chain.add(now, "delivery", row.id, states[row.id], "withdrawn", "notice-" + notice.state.value)


def _states(connection: Connection, item: str) -> dict[str, str]:
    """The deliveries of an item, by id."""
    return {row.id: row.state for row in connection.execute(_STATES, {"of": item})}


def _ordinal_of(connection: Connection, notice_id: str) -> int:
    return int(connection.execute(_ORDINAL, {"of": notice_id}).scalar_one())
