"""Rows on their way into one transaction: kept back, so that many messages share one statement a table."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, insert, update

from pipeline.store import tables as t
from pipeline.store.audit import Chain
from pipeline.store.dialect import insert_new, insert_or_update

_SAVE_EXAM = (
    update(t.exams)
    .where(t.exams.c.digest == bindparam("exam"))
    .values(audit_seq=bindparam("seq"), audit_head=bindparam("head"), late_at=bindparam("late"))
)
_SETTLE_MESSAGE = (
    update(t.messages)
    .where(t.messages.c.hash == bindparam("of"))
    .values(outcome=bindparam("to_outcome"), reason=bindparam("to_reason"), detail=bindparam("to_detail"), exam=bindparam("to_exam"))
)

_SETTLES = update(t.exams).where(t.exams.c.digest == bindparam("exam")).values(settle_at=bindparam("settle"))


class Writer:
    """One transaction's connection, and what is still to be written to it.

    Who reads what may be kept back calls `flush` first. `mark` and `rollback` undo what one message added, as a savepoint does for
    what is in the database.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        dialect = connection.dialect.name
        # In the order in which foreign keys allow; notices' deliveries may be there already, withdrawn, and are then woken up.
        self._statements: dict[str, Executable] = {
            "versions": insert(t.versions),
            "decisions": insert(t.decisions),
            "instances": insert(t.instances),
            "notices": insert(t.notices),
            "follow_ups": insert(t.follow_ups),
            "holds": insert(t.holds),
            "letters": insert_or_update(dialect, t.deliveries, ("state", "not_before", "payload"), "withdrawn"),
            "tasks": insert_new(dialect, t.deliveries),
            "identifiers": insert_new(dialect, t.identifiers),
            "audit": insert(t.audit),
            # Written anew where it is there already: until we commit its row is ours, and no seal takes the chain.
            "unsealed": insert_or_update(dialect, t.unsealed, ("chain",)),
            "exams": _SAVE_EXAM,
            "messages": _SETTLE_MESSAGE,
            "other_exams": insert_new(dialect, t.other_exams),
            "settles": _SETTLES,
        }
        self._rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in self._statements}

    def add(self, what: str, row: Mapping[str, Any]) -> None:
        """Keeps one row back; all rows of one kind have the same keys."""
        self._rows[what].append(row)

    def extend(self, what: str, rows: list[dict[str, Any]]) -> None:
        self._rows[what] += rows

    def trail(self, chain: Chain) -> None:
        """Keeps back the new rows of an audit chain, and that it has grown."""
        if rows := chain.take():
            self.extend("audit", rows)
            self.add("unsealed", {"chain": chain.name})

    def mark(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self._rows.items()}

    def rollback(self, mark: Mapping[str, int]) -> None:
        """Forgets what was added since `mark`. Only if nothing was flushed since."""
        for name, length in mark.items():
            del self._rows[name][length:]

    def flush(self) -> None:
        """Writes everything that is kept back."""
        for name, rows in self._rows.items():
            if rows:
                self._rows[name] = []
                self.connection.execute(self._statements[name], rows)
