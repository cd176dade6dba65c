"""A ledger with a million exams: what a round of the clocks costs, and what a batch costs beside one into an empty ledger."""

import hashlib
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

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
_CHUNK = 20_000


class Standing:
    """A clock that stands where it is put."""

    at = NOW

    def now(self) -> datetime:
        return self.at


def rows(root: Path, exams: int = EXAMS) -> list[Row]:
    """The rows of the table; about two minutes for a million exams."""
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
    for start in range(0, exams, _CHUNK):
        numbers = range(start, min(start + _CHUNK, exams))
        connection.execute(insert(t.exams), [_exam(number) for number in numbers])
        connection.execute(insert(t.identifiers), [row for number in numbers for row in _identifiers(number)])
        old = [number for number in numbers if number % _EVERY == 0]
        connection.execute(insert(t.follow_ups), [_follow_up(number, FollowUpState.COMPLETED, NOW - timedelta(days=90)) for number in old])
        connection.execute(insert(t.holds), [_hold(number, HoldState.RELEASED, NOW - timedelta(days=90)) for number in old])
    half = OPEN // 2
    # Due one after the other: a quarter of all is due by now.
    due = [(number * (exams // OPEN) + 1, NOW + timedelta(minutes=10 * (number - half // 2))) for number in range(half)]
    connection.execute(insert(t.follow_ups), [_follow_up(number, FollowUpState.REQUESTED, at) for number, at in due])
    connection.execute(insert(t.holds), [_hold(number, HoldState.OPEN, at) for number, at in due])


def _digest(number: int) -> str:
    return hashlib.sha256(f"bench {number}".encode()).hexdigest()


def _exam(number: int) -> dict[str, Any]:
    return {
        "digest": _digest(number),
        "authority": "BENCH",
        "accession": f"OLD{number:08d}",
        "owner": None,
        "waiting": False,
        "first_seen_at": NOW - timedelta(days=100),
        "late_at": None,
        "audit_seq": 0,
        "audit_head": "0" * 64,
    }


def _identifiers(number: int) -> Iterator[dict[str, Any]]:
    for kind, value in (("accession", f"old{number:08d}"), ("mrn", f"m{number // 2:08d}")):
        yield {"value": value, "kind": kind, "exam": _digest(number)}


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
