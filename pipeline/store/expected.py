"""Which V/Q exams are to come, by orders and lists of the RIS, and what has become of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pipeline.domain.arrival import ExpectedExam
from pipeline.domain.clocks import late_from
from pipeline.domain.identity import ExamKey
from pipeline.domain.policy import Policy
from pipeline.store import tables as t
from pipeline.store.decided import Decided
from pipeline.store.dialect import storable
from pipeline.store.exams import WAITING_AUTHORITY, Exams
from pipeline.store.record import folded


def order(
    exams: Exams,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],  # noqa: ARG001 - all news are told in one way
    news: ExpectedExam,
    content_hash: str,  # noqa: ARG001
    now: datetime,
) -> Decided:
    """Remembers an order. One that is called off stays as such; an urgent one shortens the clock of an exam that is there."""
    put(exams.connection, (news,), "order", now)
    found = exams.connection.execute(select(t.exams.c.digest).where(t.exams.c.digest == news.key.digest)).first()
    if news.urgent and found and (row := exams.by_digest(news.key.digest)) and row.late_at:
        exam = exams.load(row)
        exams.save(row, late_from(replace(exam, urgent=True), policy))
    return Decided()


def put(connection: Connection, exams: Iterable[ExpectedExam], source: str, now: datetime) -> int:
    """Adds these, or brings up to date what is known. Returns how many were new."""
    new = 0
    for one in exams:
        digest = one.key.digest
        number = next((folded(i.value) for i in one.patient.identifiers if i.value.strip()), "")
        known = connection.execute(select(t.expected).where(t.expected.c.digest == digest)).first()
        if known is None:
            row: dict[str, Any] = {
                "digest": digest,
                "authority": storable(one.key.authority, 200),
                "accession": storable(one.key.accession, 200),
                "due_at": one.due_at or now,
                "source": source,
                "number": number,
                "cancelled": one.cancelled,
                "urgent": one.urgent,
                "code": storable(one.code, 100),
            }
            connection.execute(insert(t.expected).values(row))
            new += 1
            continue
        values: dict[str, Any] = {
            "cancelled": one.cancelled,
            "urgent": one.urgent or known.urgent,
            "number": number or known.number,
            "code": storable(one.code, 100) or known.code,
        }
        if one.due_at and not one.cancelled:
            values["due_at"] = one.due_at
        connection.execute(update(t.expected).where(t.expected.c.digest == digest).values(values))
    return new


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """One exam of a day. `state`: report, study (images only), missing, cancelled, or unexpected (it came without being expected)."""

    accession: str
    authority: str
    state: str
    due_at: datetime
    exam: str = ""
    source: str = ""
    urgent: bool = False
    code: str = ""


def reconcile(connection: Connection, start: datetime, end: datetime) -> list[ExpectedRow]:
    """What was expected from `start` to before `end`, with what has become of it, and what came in that time without being expected.

    An exam counts as come under any accession that leads to it: its own key, a linked one, or one that only its images name.
    """
    wanted = connection.execute(
        select(t.expected).where(t.expected.c.due_at >= start, t.expected.c.due_at < end).order_by(t.expected.c.due_at, t.expected.c.digest)
    ).all()
    found = [_state(connection, row) for row in wanted]
    reported = select(t.versions.c.hash).where(t.versions.c.exam == t.exams.c.digest, t.versions.c.standing != "not-live").exists()
    imaged = select(t.instances.c.hash).where(t.instances.c.exam == t.exams.c.digest).exists()
    came = connection.execute(
        select(t.exams.c.digest, t.exams.c.authority, t.exams.c.accession, t.exams.c.first_seen_at, reported.label("reported"))
        .outerjoin(t.expected, t.expected.c.digest == t.exams.c.digest)
        .where(
            t.exams.c.first_seen_at >= start,
            t.exams.c.first_seen_at < end,
            t.exams.c.owner.is_(None),
            t.expected.c.digest.is_(None),
            reported | imaged,
        )
        .order_by(t.exams.c.first_seen_at, t.exams.c.digest)
    ).all()
    accounted = {row.exam for row in found} | _expected_otherwise(connection, [row.digest for row in came])
    for row in came:
        if row.digest not in accounted:
            key = ExamKey("", "") if row.authority == WAITING_AUTHORITY else ExamKey(row.authority, row.accession.removeprefix("msh10:"))
            found.append(ExpectedRow(key.accession, key.authority, "unexpected", row.first_seen_at, row.digest))
    return found


def not_for_us(connection: Connection, codes: Sequence[str]) -> int:
    """How many results with one of these exam codes were taken as no V/Q exam: where a missing exam may have gone."""
    if not codes:
        return 0
    total = 0
    for table in (t.files, t.messages):
        query = select(func.count()).select_from(table).where(table.c.outcome == "not_vq", table.c.code.in_(list(codes)))
        total += int(connection.execute(query).scalar_one())
    return total


def _state(connection: Connection, row: Any) -> ExpectedRow:
    exam, state = _exam_of(connection, row), "missing"
    if exam:
        state = "report" if _has(connection, t.versions, exam) else "study" if _has(connection, t.instances, exam) else "missing"
    if row.cancelled and state == "missing":
        state = "cancelled"
    return ExpectedRow(row.accession, row.authority, state, row.due_at, exam, row.source, row.urgent, row.code)


def _exam_of(connection: Connection, row: Any) -> str:
    """The digest of the exam that answers for an expected one; empty if none came."""
    own = connection.execute(select(t.exams.c.digest, t.exams.c.owner).where(t.exams.c.digest == row.digest)).first()
    if own is not None:
        return str(own.owner or own.digest)
    # Images may name the accession without its authority.
    named = connection.execute(
        select(t.exams.c.digest, t.exams.c.authority, t.exams.c.owner)
        .join(t.identifiers, t.identifiers.c.exam == t.exams.c.digest)
        .where(t.identifiers.c.kind == "accession", t.identifiers.c.value == folded(row.accession), t.exams.c.waiting)
    ).all()
    return str(named[0].digest) if len(named) == 1 else ""


def _expected_otherwise(connection: Connection, digests: list[str]) -> set[str]:
    """Which of these exams were expected on another day, or under a linked accession."""
    if not digests:
        return set()
    linked = select(t.exams.c.owner).join(t.expected, t.expected.c.digest == t.exams.c.digest).where(t.exams.c.owner.in_(digests))
    return set(connection.execute(linked).scalars())


def _has(connection: Connection, table: Any, exam: str) -> bool:
    query = select(table.c.hash).where(table.c.exam == exam).limit(1)
    if table is t.versions:
        query = query.where(t.versions.c.standing != "not-live")
    return connection.execute(query).first() is not None


def day_of(start: datetime) -> tuple[datetime, datetime]:
    """From the start of a local day to the start of the next; days may have 23 or 25 hours."""
    return start, (start + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
