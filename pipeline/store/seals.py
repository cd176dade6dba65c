"""Seals the audit trail: now and then one digest over the ends of all chains that have grown, to be kept outside the database.

A chain of hashed rows shows a row that was changed or taken out of it, but not a chain that was cut off or written anew as a
whole. A seal does: it holds where each chain ended, each seal holds the one before it, and the last one stands in the log.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, func, insert, or_, select

from pipeline.store import tables as t
from pipeline.store.audit import GENESIS, follows
from pipeline.store.dialect import insert_new

_MOST = 2000
"""Chains a seal: what one transaction holds locked."""
_CHAINS: BindParameter[list[str]] = bindparam("chains", expanding=True)
_MARKED = select(t.unsealed.c.chain).order_by(t.unsealed.c.chain).limit(_MOST).with_for_update(skip_locked=True)
_LAST_ROWS = select(t.audit.c.chain, func.max(t.audit.c.seq).label("seq")).where(t.audit.c.chain.in_(_CHAINS))
_LAST_ROWS_OF = _LAST_ROWS.group_by(t.audit.c.chain).subquery()
_ENDS = (
    select(t.audit.c.chain, t.audit.c.seq, t.audit.c.hash)
    .join(_LAST_ROWS_OF, and_(_LAST_ROWS_OF.c.chain == t.audit.c.chain, _LAST_ROWS_OF.c.seq == t.audit.c.seq))
    .order_by(t.audit.c.chain)
)
_SEALED_TO = select(t.sealed.c.chain, func.max(t.sealed.c.seq).label("seq")).where(t.sealed.c.chain.in_(_CHAINS)).group_by(t.sealed.c.chain)
_LAST = select(t.seals.c.number, t.seals.c.digest).order_by(t.seals.c.number.desc()).limit(1)
# In one statement: beside a running daemon exams and rows are then of the same moment.
_NOT_WHERE_THEY_END = (
    select(t.exams.c.digest)
    .outerjoin(t.audit, and_(t.audit.c.chain == t.exams.c.digest, t.audit.c.seq == t.exams.c.audit_seq))
    .where(t.exams.c.audit_seq > 0, or_(t.audit.c.hash.is_(None), t.audit.c.hash != t.exams.c.audit_head))
    .order_by(t.exams.c.digest)
)
_UNMARK = delete(t.unsealed).where(t.unsealed.c.chain.in_(_CHAINS))

End = tuple[str, int, str]
"""A chain, the number of its last row, and that row's hash."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal. `rows` were new under it; `more` says that other chains wait for the next one."""

    number: int
    rows: int
    digest: str
    more: bool = False


@dataclass(slots=True)
class Verified:
    """What a look at the whole trail found; without `faults` it is whole.

    Attributes:
        chains, rows, seals: how many there are.
        unsealed: chains that have grown since the last seal.
        last: digest of the last seal; empty if there is none.
        faults: in plain words, the first of each chain and seal.
    """

    chains: int = 0
    rows: int = 0
    seals: int = 0
    unsealed: int = 0
    last: str = ""
    faults: list[str] = field(default_factory=list)


def seal(connection: Connection, now: datetime) -> Seal | None:
    """Seals chains that have grown, except those that somebody writes in this moment. None: there is nothing to seal.

    Only what is committed goes in: who writes a chain holds its mark until the commit, and only marks that are free are taken.
    """
    chains = list(connection.execute(_MARKED).scalars())
    ends: list[End] = [(row.chain, row.seq, row.hash) for row in connection.execute(_ENDS, {"chains": chains})]
    if not ends:
        return None
    before = {row.chain: int(row.seq) for row in connection.execute(_SEALED_TO, {"chains": chains})}
    last = connection.execute(_LAST).first()
    number, digest = (last.number + 1, last.digest) if last else (1, GENESIS)
    made = Seal(number, sum(seq - before.get(chain, 0) for chain, seq, _ in ends), _digest(digest, number, now, ends), len(chains) == _MOST)
    row = {"number": number, "at": now, "rows": made.rows, "digest": made.digest}
    if not connection.execute(insert_new(connection.dialect.name, t.seals).returning(t.seals.c.number), row).first():
        return None  # another instance has sealed in the same moment
    connection.execute(insert(t.sealed), [{"chain": chain, "seal": number, "seq": seq, "head": head} for chain, seq, head in ends])
    connection.execute(_UNMARK, {"chains": chains})
    return made


def verify(connection: Connection, expected: str = "") -> Verified:
    """Looks through every row and every seal. `expected`: digest of a seal, from the log, that the ledger must still hold."""
    found = Verified()
    try:
        _verify_rows(connection, found)
        _verify_seals(connection, found, expected)
    except ValueError:
        # What we write can be read again: a time that is none was put there by somebody else.
        found.faults.append("a time in the trail or its seals is no time: it was changed")
    found.unsealed = connection.execute(select(func.count()).select_from(t.unsealed)).scalar_one()
    return found


def _verify_rows(connection: Connection, found: Verified) -> None:
    rows = connection.execute(select(t.audit).order_by(t.audit.c.chain, t.audit.c.seq)).mappings()
    for chain, group in groupby(rows, key=lambda row: str(row["chain"])):
        found.chains += 1
        length, broken = follows(group)
        found.rows += length
        if broken is not None:
            found.faults.append(f"chain {chain}: row {broken} was changed, or a row before it is missing")
    lost = connection.execute(_NOT_WHERE_THEY_END).scalars()
    found.faults += [f"chain {chain}: it does not end where its exam says" for chain in lost]


def _verify_seals(connection: Connection, found: Verified, expected: str) -> None:
    digests = set()
    before, number = GENESIS, 0
    for one in connection.execute(select(t.seals).order_by(t.seals.c.number)).all():
        number += 1
        ends = connection.execute(_UNDER, {"number": one.number}).all()
        if one.number != number or one.digest != _digest(before, one.number, one.at, [(row.chain, row.seq, row.head) for row in ends]):
            found.faults.append(f"seal {number}: it was changed, or is missing")
            number = one.number
        found.faults += [f"chain {row.chain}: cut off, or written anew, since seal {one.number}" for row in ends if row.hash != row.head]
        before = one.digest
        digests.add(one.digest)
        found.seals += 1
    found.last = before if found.seals else ""
    if expected and expected not in digests:
        found.faults.append("the seal that was asked for is not in the ledger: seals were taken away, or it is of another ledger")


_UNDER = (
    select(t.sealed.c.chain, t.sealed.c.seq, t.sealed.c.head, t.audit.c.hash)
    .outerjoin(t.audit, and_(t.audit.c.chain == t.sealed.c.chain, t.audit.c.seq == t.sealed.c.seq))
    .where(t.sealed.c.seal == bindparam("number"))
    .order_by(t.sealed.c.chain)
)


def _digest(before: str, number: int, at: datetime, ends: Iterable[End]) -> str:
    lines = [before, str(number), at.astimezone(UTC).isoformat(timespec="microseconds")]
    lines += [f"{chain} {seq} {head}" for chain, seq, head in sorted(ends)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
