"""Exams: their rows made and locked in key order, loaded whole, and pointed at the exam that answers for them."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.followup import FollowUp
from pipeline.domain.identity import ExamKey
from pipeline.domain.instance import Instance
from pipeline.domain.notice import Hold, Notice
from pipeline.store import tables as t
from pipeline.store.audit import GENESIS, Chain
from pipeline.store.codec import load
from pipeline.store.dialect import database_now, insert_new, storable
from pipeline.store.persons import Persons
from pipeline.store.writer import Writer

_EXAMS = select(t.exams).where(t.exams.c.digest.in_(bindparam("digests", expanding=True))).order_by(t.exams.c.digest)
_LOCK = _EXAMS.with_for_update()
_LOCK_FREE = _EXAMS.with_for_update(skip_locked=True)
_VERSIONS = select(t.versions.c.standing, t.versions.c.value, t.versions.c.text).where(t.versions.c.exam == bindparam("exam"))
_VERSIONS = _VERSIONS.order_by(t.versions.c.number)
_INSTANCES = select(t.instances.c.value).where(t.instances.c.exam == bindparam("exam")).order_by(t.instances.c.hash)
_NOTICES = select(t.notices.c.id, t.notices.c.value).where(t.notices.c.exam == bindparam("exam")).order_by(t.notices.c.ordinal)
_FOLLOW_UPS = select(t.follow_ups.c.value).where(t.follow_ups.c.exam == bindparam("exam"))
_FOLLOW_UPS = _FOLLOW_UPS.order_by(t.follow_ups.c.ordinal, t.follow_ups.c.id)
_HOLDS = select(t.holds.c.value).where(t.holds.c.exam == bindparam("exam")).order_by(t.holds.c.ordinal)
# Locked together with the exam: a claim skips them, so that "has it left?" cannot change under a decision.
_LEAVING = (
    select(t.deliveries.c.item, t.deliveries.c.state, t.deliveries.c.leased_until)
    .where(t.deliveries.c.exam == bindparam("exam"), t.deliveries.c.kind == "notice")
    .where(t.deliveries.c.state.in_(("new", "leased", "staged", "sent")))
    .order_by(t.deliveries.c.id)
)
_LEAVING_LOCKED = _LEAVING.with_for_update()


@dataclass(slots=True)
class ExamRow:
    """One locked exam that answers for itself. `late_at` and the chain's end are written by `save`."""

    digest: str
    key: ExamKey
    waiting: bool
    first_seen_at: datetime
    late_at: datetime | None
    chain: Chain
    settle_at: datetime | None = None

    @property
    def fresh(self) -> bool:
        """Whether nothing has ever been recorded about it."""
        return self.chain.seq == 0


@dataclass(slots=True)
class Exams:
    """The exams of one write transaction. `forget` after a rolled-back savepoint: what is cached may not be in the database any more."""

    writer: Writer
    now: datetime
    _rows: dict[str, ExamRow] = field(default_factory=dict)
    _owner: dict[str, str] = field(default_factory=dict)
    persons: Persons = field(init=False)

    def __post_init__(self) -> None:
        self.persons = Persons(self.writer.connection)

    @property
    def connection(self) -> Connection:
        return self.writer.connection

    def lock(self, keys: Iterable[ExamKey]) -> None:
        """Makes the rows that are not there and locks all, with those that answer for them, in the order of their digests."""
        wanted = {key.digest: key for key in keys}
        missing = sorted(wanted.keys() - self._owner.keys())
        if not missing:
            return
        self.connection.execute(insert_new(self.connection.dialect.name, t.exams), [_new_row(wanted[d], self.now) for d in missing])
        self._take(missing)

    def of(self, key: ExamKey) -> ExamRow:
        """The exam that answers for this key."""
        self.lock((key,))
        return self._rows[self._owner[key.digest]]

    def by_digest(self, digest: str) -> ExamRow | None:
        """The exam that answers for a digest; None if there is none."""
        self.take((digest,))
        owner = self._owner.get(digest)
        return self._rows[owner] if owner else None

    def take(self, digests: Iterable[str]) -> None:
        """Locks these and what answers for them, in order; waits for others."""
        missing = sorted(set(digests) - self._owner.keys())
        if missing:
            self._take(missing)

    def take_free(self, digests: Iterable[str]) -> set[str]:
        """Locks those of these that nobody else works on and that answer for themselves. Returns them."""
        wanted = set(digests)
        missing = sorted(wanted - self._owner.keys())
        if missing:
            self._remember(row for row in self.connection.execute(_LOCK_FREE, {"digests": missing}) if not row.owner)
        return wanted & self._rows.keys()

    def known(self, key: ExamKey) -> ExamRow | None:
        """The exam that answers for this key, if it is there already."""
        return self.by_digest(key.digest)

    def forget(self) -> None:
        self._rows.clear()
        self._owner.clear()
        self.persons.forget()

    def save(self, row: ExamRow, exam_late_at: datetime | None) -> None:
        """Writes the chain and its end, and from when on the exam's report is late."""
        self.writer.trail(row.chain)
        row.late_at = exam_late_at
        self.writer.add("exams", {"exam": row.digest, "seq": row.chain.seq, "head": row.chain.head, "late": exam_late_at})

    def save_chains(self) -> None:
        """Writes every chain that has grown, with its end."""
        for row in self._rows.values():
            if row.chain.rows:
                self.save(row, row.late_at)

    def absorb(self, other: ExamRow, into: ExamRow, why: str, now: datetime) -> None:
        """From now on `into` answers for `other`: images, follow-ups and identifiers go over; the other's audit chain ends here."""
        self.writer.flush()
        other.chain.add(now, "exam", other.digest, "waiting" if other.waiting else "own", "linked", why)
        into.chain.add(now, "exam", other.digest, "", "linked", why)
        old, new = {"exam": other.digest}, {"exam": into.digest}
        for table in (t.messages, t.instances, t.follow_ups, t.deliveries):
            self.connection.execute(update(table).where(table.c.exam == old["exam"]).values(new))
        names = select(t.identifiers.c.value, t.identifiers.c.kind).where(t.identifiers.c.exam == other.digest)
        named = self.connection.execute(names).all()
        if named:
            rows = [{"value": row.value, "kind": row.kind, **new} for row in named]
            self.connection.execute(insert_new(self.connection.dialect.name, t.identifiers), rows)
            self.connection.execute(delete(t.identifiers).where(t.identifiers.c.exam == other.digest))
        self.save(other, None)
        self.connection.execute(
            update(t.exams)
            .where(or_(t.exams.c.digest == other.digest, t.exams.c.owner == other.digest))
            .values(owner=into.digest, waiting=False, late_at=None)
        )
        if other.settle_at or other.waiting:
            # Looked at again as a part of this exam; at once if it has been complete for long.
            into.settle_at = max(filter(None, (into.settle_at, other.settle_at)), default=now)
            self.writer.add("settles", {"exam": into.digest, "settle": into.settle_at})
            self.writer.add("settles", {"exam": other.digest, "settle": None})
        for digest, owner in list(self._owner.items()):
            if owner == other.digest:
                self._owner[digest] = into.digest
        self._owner[other.digest] = into.digest

    def load(self, row: ExamRow) -> Exam:
        """The whole aggregate; `Notice.left` told by its deliveries: leased (and the lease alive), staged or sent.

        Its people under the numbers that live now, and what else is known of them.
        """
        if row.fresh:
            return Exam(row.key, first_seen_at=row.first_seen_at)
        self.writer.flush()
        exam = self.persons.fill(load_exam(self.connection, row.digest, row.key, row.first_seen_at))
        urgent = not exam.versions and is_urgent(self.connection, {row.digest, *(i.key.digest for i in exam.instances if i.key)})
        return replace(exam, urgent=urgent, settled=bool(exam.instances) and (row.settle_at is None or row.settle_at <= self.now))

    def _take(self, digests: Sequence[str]) -> None:
        found = self.connection.execute(_LOCK, {"digests": list(digests)}).all()
        owners = sorted({row.owner for row in found if row.owner} - self._rows.keys())
        answering = self.connection.execute(_LOCK, {"digests": owners}).all() if owners else []
        self._remember((*found, *answering))

    def _remember(self, rows: Iterable[Any]) -> None:
        for row in rows:
            self._owner[row.digest] = row.owner or row.digest
            if not row.owner and row.digest not in self._rows:
                chain = Chain(row.digest, row.audit_seq, row.audit_head)
                key = ExamKey(row.authority, row.accession)
                self._rows[row.digest] = ExamRow(row.digest, key, row.waiting, row.first_seen_at, row.late_at, chain, row.settle_at)


def load_exam(connection: Connection, digest: str, key: ExamKey, first_seen_at: datetime, *, lock: bool = True) -> Exam:
    """The aggregate of one exam row that answers for itself. `lock`: its deliveries too, for a caller that decides on it."""
    exam = {"exam": digest}
    leaving = connection.execute(_LEAVING_LOCKED if lock else _LEAVING, exam).all()
    clock = database_now(connection) if any(row.state == "leased" for row in leaving) else None
    left = {row.item for row in leaving if row.state in ("staged", "sent") or (clock and row.leased_until and row.leased_until > clock)}
    return Exam(
        key=key,
        versions=tuple(_version(row) for row in connection.execute(_VERSIONS, exam)),
        instances=tuple(load(Instance, value) for value in connection.execute(_INSTANCES, exam).scalars()),
        notices=tuple(_notice(row, left) for row in connection.execute(_NOTICES, exam)),
        follow_ups=tuple(load(FollowUp, value) for value in connection.execute(_FOLLOW_UPS, exam).scalars()),
        holds=tuple(load(Hold, value) for value in connection.execute(_HOLDS, exam).scalars()),
        first_seen_at=first_seen_at,
    )


def is_urgent(connection: Connection, digests: Iterable[str]) -> bool:
    """Whether an order of one of these exams said emergency or STAT."""
    query = select(t.expected.c.digest).where(t.expected.c.digest.in_(sorted(set(digests))), t.expected.c.urgent).limit(1)
    return connection.execute(query).first() is not None


def accessions_of(connection: Connection, digest: str) -> list[ExamKey]:
    """The keys of an exam and of all that are linked to it; never those that stand for a waiting study."""
    rows = connection.execute(
        select(t.exams.c.authority, t.exams.c.accession)
        .where(or_(t.exams.c.digest == digest, t.exams.c.owner == digest), t.exams.c.authority != WAITING_AUTHORITY)
        .order_by(t.exams.c.authority, t.exams.c.accession)
    )
    return [ExamKey(row.authority, row.accession) for row in rows]


WAITING_AUTHORITY = "dicom-study"
"""Authority of the exam that stands for a study until it finds its own; its accession is the Study Instance UID."""


def waiting_key(instance: Instance) -> ExamKey:
    """The key under which images wait together: their study, else each by itself."""
    return ExamKey(WAITING_AUTHORITY, instance.study_uid or instance.sop_instance_uid or instance.content_hash)


def _new_row(key: ExamKey, now: datetime) -> dict[str, Any]:
    return {
        "digest": key.digest,
        "authority": storable(key.authority),
        "accession": storable(key.accession),
        "owner": None,
        "waiting": key.authority == WAITING_AUTHORITY,
        "first_seen_at": now,
        "late_at": None,
        "audit_seq": 0,
        "audit_head": GENESIS,
    }


def _version(row: Any) -> Version:
    version = load(Version, row.value)
    text = zlib.decompress(row.text).decode() if row.text else ""
    # The standing is a column of its own, since later versions change it.
    return replace(version, standing=Standing(row.standing), text=text)


def _notice(row: Any, left: set[str]) -> Notice:
    notice = load(Notice, row.value)
    return replace(notice, left=row.id in left)
