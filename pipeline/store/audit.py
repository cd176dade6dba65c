"""The audit trail: one chain of hashed rows for each exam, so that a row changed or taken out later shows."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from pipeline.store.dialect import storable
from pipeline.store.tables import audit

GENESIS = "0" * 64
_LAST = select(audit.c.seq, audit.c.hash).where(audit.c.chain == bindparam("name")).order_by(audit.c.seq.desc()).limit(1)
_ALL = select(audit).where(audit.c.chain == bindparam("name")).order_by(audit.c.seq)


@dataclass(slots=True)
class Chain:
    """The end of one chain and the rows not yet written. Only under the lock of what the chain is about."""

    name: str
    seq: int = 0
    head: str = GENESIS
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, at: datetime, what: str, item: str, was: str, became: str, why: str, by: str = "") -> None:
        """One state change. `what` is the kind of thing, `item` its id, `by` the person (empty: the product)."""
        self.seq += 1
        change = {"what": what, "item": item, "was": was, "became": became, "why": why, "by": storable(by)}
        row = {"chain": self.name, "seq": self.seq, "at": at, **change}
        self.head = _hash(self.head, row)
        self.rows.append({**row, "hash": self.head})

    def take(self) -> list[dict[str, Any]]:
        """The rows that were added, for `Writer.trail` to write in the transaction of the change itself."""
        rows, self.rows = self.rows, []
        return rows


def open_chain(connection: Connection, name: str) -> Chain:
    """A chain that no exam row remembers the end of (rejected input, control)."""
    last = connection.execute(_LAST, {"name": name}).first()
    return Chain(name, last.seq, last.hash) if last else Chain(name)


def broken_at(connection: Connection, name: str) -> int | None:
    """The first sequence number of a chain that does not follow from the rows before it; None if the chain is whole."""
    return follows(connection.execute(_ALL, {"name": name}).mappings())[1]


def follows(rows: Iterable[Any]) -> tuple[int, int | None]:
    """The rows of one chain by column name, in order: how many there are, and the first number that does not follow (None: all do)."""
    head, count, broken = GENESIS, 0, None
    for row in rows:
        count += 1
        head = _hash(head, dict(row))
        if broken is None and (row["seq"] != count or row["hash"] != head):
            broken = count
    return count, broken


def _hash(before: str, row: dict[str, Any]) -> str:
    at = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    parts = (before, row["chain"], str(row["seq"]), at, row["what"], row["item"], row["was"], row["became"], row["why"], row["by"])
    # The length of each part goes in, so that no two rows can spell the same bytes.
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "replace")).hexdigest()
