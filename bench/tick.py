"""A ledger with a million exams: what a round of the clocks costs, and what a batch costs beside one into an empty ledger."""

import hashlib
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text

from bench.row import Row
from bench.traffic import message
from pipeline.app import App
from pipeline.config import load
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.notice import Hold, HoldState
from pipeline.flow import Incoming
from pipeline.store import tables as t
from pipeline.store.codec import dump

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
EXAMS, OPEN = 1_000_000, 1_000
_EVERY = 20
"""One exam in so many has had a follow-up and a hold, long closed."""


class Standing:
    """A clock that stands where it is put."""

    at = NOW

    def now(self) -> datetime:
        return self.at


def rows(root: Path, exams: int = EXAMS) -> list[Row]:
    """The rows of the table; less than a minute for a million exams."""
    empty = _batch_s(root / "empty", lambda _connection: None)
    ticks: list[float] = []
    built = 0.0

    def fill(connection: Connection) -> None:
        nonlocal built
        began = time.perf_counter()
        filled(connection, exams)
        built = time.perf_counter() - began

    full = _batch_s(root / "full", fill, ticks)
    return [
        Row(
            f"tick, {exams} exams, {OPEN} open items",
            f"{statistics.median(ticks) * 1000:.0f} ms",
            (
                f"median of {len(ticks)} rounds, the first with {OPEN // 4} newly due {ticks[0] * 1000:.0f} ms; goal below 200 ms; "
                f"built in {built:.0f} s"
            ),
        ),
        Row(
            f"ingest beside {exams} exams",
            f"{full / empty:.2f}",
            f"256 reports, {empty * 1000:.0f} ms into an empty ledger and {full * 1000:.0f} ms here; median of 3; goal about 1",
        ),
    ]


def _batch_s(place: Path, fill: Callable[[Connection], None], ticks: list[float] | None = None) -> float:
    """Seconds for a batch of V/Q reports of new exams, median of 3; `ticks` are measured first."""
    clock = Standing()
    with App.build(load(), place, place / "output", clock, folder_only=True, exclusive=True) as app:
        with app.ledger.write() as connection:
            fill(connection)
        for _ in range(7 if ticks is not None else 0):
            clock.at += timedelta(minutes=1)
            began = time.perf_counter()
            app.flow.tick(clock.at)
            assert ticks is not None
            ticks.append(time.perf_counter() - began)
        taken = []
        for number in range(3):
            contents = [message(number * 1000 + one, vq=True, seed=99) for one in range(256)]
            items = [Incoming(content, hashlib.sha256(content).hexdigest(), "bench", clock.at) for content in contents]
            began = time.perf_counter()
            app.flow.ingest(items)
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def filled(connection: Connection, exams: int) -> None:
    """A realistic past: exams with their identifiers, some with closed items; a thousand open ones, half follow-ups and half holds."""
    long_ago = NOW - timedelta(days=90)
    closed, freed = _follow_up(0, FollowUpState.COMPLETED, long_ago), _hold(0, HoldState.RELEASED, long_ago)
    # The database makes a million rows itself in seconds, in the order of the keys; the other order is an index made at the end.
    connection.execute(text("DROP INDEX ix_identifiers_exam"))
    connection.execute(_EXAMS, {"exams": exams, "seen": _stored(NOW - timedelta(days=100))})
    for kind, value in (("accession", "printf('old%08d', n)"), ("mrn", "printf('m%08d', n / 2)")):
        connection.execute(text(f"{_NUMBERS} INSERT INTO identifiers SELECT {value}, '{kind}', {_DIGEST} FROM numbers"), {"exams": exams})
    connection.execute(text("CREATE INDEX ix_identifiers_exam ON identifiers (exam)"))
    for table, row in ((t.follow_ups, closed), (t.holds, freed)):
        kept = {name: value for name, value in row.items() if name not in ("id", "exam", "value")}
        names = ", ".join(kept)
        values = ", ".join(f":{name}" for name in kept)
        own = "printf('%016x', n) || substr(:first, 17)"
        statement = (
            f"{_NUMBERS} INSERT INTO {table.name} (id, exam, value, {names}) "
            f"SELECT {own}, {_DIGEST}, replace(:item, :first, {own}), {values} FROM numbers WHERE n % {_EVERY} = 0"
        )
        bound = {name: _stored(value) if isinstance(value, datetime) else value for name, value in kept.items()}
        connection.execute(text(statement), {"exams": exams, "first": row["id"], "item": row["value"], **bound})
    half = OPEN // 2
    # Due one after the other: a quarter of all is due by now.
    due = [(number * (exams // OPEN) + 1, NOW + timedelta(minutes=10 * (number - half // 2))) for number in range(half)]
    connection.execute(insert(t.follow_ups), [_follow_up(number, FollowUpState.REQUESTED, at) for number, at in due])
    connection.execute(insert(t.holds), [_hold(number, HoldState.OPEN, at) for number, at in due])


_SCATTER = 2_654_435_761
_NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :exams)"
_DIGEST = f"printf('%08x%056x', (n * {_SCATTER}) & 4294967295, n)"
"""As scattered as a real digest is, and made by the database."""
_EXAMS = text(
    f"{_NUMBERS} INSERT INTO exams (digest, authority, accession, waiting, first_seen_at, audit_seq, audit_head) "
    f"SELECT {_DIGEST} AS digest, 'BENCH', printf('OLD%08d', n), 0, :seen, 1, printf('%064d', 0) FROM numbers ORDER BY digest"
)


def _stored(moment: datetime) -> str:
    """As the tables keep it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _digest(number: int) -> str:
    return f"{number * _SCATTER & 0xFFFFFFFF:08x}{number:056x}"


_ITEM = FollowUp("", FollowUpReason.INDETERMINATE, FollowUpState.REQUESTED, NOW - timedelta(days=1), NOW, "duty", "0" * 64)
_HELD = Hold("", "0" * 64, "", ("minor",), "duty", HoldState.OPEN, NOW - timedelta(days=1), NOW)


def _follow_up(number: int, state: FollowUpState, due: datetime) -> dict[str, Any]:
    item = replace(_ITEM, id=f"{number:016x}{state.value[:8]:0<16}", state=state, due_at=due, step_at=due if state.open else None)
    return {
        "id": item.id,
        "exam": _digest(number),
        "ordinal": 1,
        "reason": item.reason.value,
        "state": state.value,
        "due_at": due,
        "told_due": None if state.open else due,
        "step_at": item.step_at,
        "value": dump(item),
    }


def _hold(number: int, state: HoldState, expires: datetime) -> dict[str, Any]:
    is_open = state is HoldState.OPEN
    hold = replace(_HELD, id=f"{number:016x}{state.value[:8]:0<16}", state=state, expires_at=expires, step_at=expires if is_open else None)
    return {
        "id": hold.id,
        "exam": _digest(number),
        "ordinal": 1,
        "state": state.value,
        "notice": "",
        "expires_at": expires,
        "told": not is_open,
        "step_at": hold.step_at,
        "value": dump(hold),
    }
