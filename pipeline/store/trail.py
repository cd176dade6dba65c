"""The audit trail of deliveries: the chains of what they are about, locked first, written together."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from pipeline.store import tables as t
from pipeline.store.audit import Chain, open_chain
from pipeline.store.exams import Exams
from pipeline.store.writer import Writer

_ITEMS = select(t.follow_ups.c.id).where(t.follow_ups.c.id.in_(bindparam("ids", expanding=True))).order_by(t.follow_ups.c.id)
_LOCK = _ITEMS.with_for_update()
_LOCK_FREE = _ITEMS.with_for_update(skip_locked=True)

Subject = tuple[str, str]
"""What a delivery is about: the digest of its exam (empty if none), and the id of its item."""


class Trail:
    """The chains of some deliveries in one write transaction.

    Whoever decides on an exam locks it first and its deliveries then. Who has locked deliveries already may therefore take only
    what is free (`hold_free`): waiting could be a deadlock.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._writer = Writer(connection)
        self._exams = Exams(self._writer, now)
        self._alone: dict[str, Chain] = {}

    def hold(self, subjects: Iterable[Subject]) -> None:
        """Locks what these are about, in order; waits for others."""
        exams, items = _apart(subjects)
        self._exams.take(exams)
        if items:
            self._connection.execute(_LOCK, {"ids": items})

    def hold_free(self, subjects: Iterable[Subject]) -> set[Subject]:
        """Locks those of these that nobody else works on. Returns them."""
        wanted = set(subjects)
        exams, items = _apart(wanted)
        held = self._exams.take_free(exams)
        free = set(self._connection.execute(_LOCK_FREE, {"ids": items}).scalars()) if items else set()
        return {(exam, item) for exam, item in wanted if (exam in held if exam else item in free)}

    def add(self, subject: Subject, what: str, item: str, was: str, became: str, why: str, by: str = "") -> None:
        """One change of state of something that has been held."""
        self._chain(subject).add(self._now, what, item, was, became, why, by)

    def write(self) -> None:
        """Writes every row that was added."""
        self._exams.save_chains()
        for chain in self._alone.values():
            self._writer.trail(chain)
        self._writer.flush()

    def _chain(self, subject: Subject) -> Chain:
        exam, item = subject
        row = self._exams.by_digest(exam) if exam else None
        if row:
            return row.chain
        if item not in self._alone:
            self._alone[item] = open_chain(self._connection, item)
        return self._alone[item]


def _apart(subjects: Iterable[Subject]) -> tuple[Sequence[str], Sequence[str]]:
    """(digests of exams, ids of items without one), each once and in order."""
    every = set(subjects)
    return sorted({exam for exam, _ in every if exam}), sorted({item for exam, item in every if not exam})
