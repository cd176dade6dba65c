"""What the ledger answers to people: lists, look-ups, one exam's history, and how the service is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, bindparam, func, or_, select

from pipeline.domain.exam import Standing, Version
from pipeline.domain.followup import FollowUp, FollowUpState
from pipeline.domain.identity import ExamKey
from pipeline.domain.notice import Hold, HoldState, Notice
from pipeline.domain.reading import Category, Grade
from pipeline.store import tables as t
from pipeline.store.answers import (
    DaemonRow,
    DecisionRow,
    DeliveryRow,
    FollowUpRow,
    FoundExam,
    Happening,
    HoldRow,
    Named,
    Shown,
    Status,
)
from pipeline.store.audit import broken_at
from pipeline.store.codec import load
from pipeline.store.exams import WAITING_AUTHORITY, load_exam
from pipeline.store.ledger import Ledger
from pipeline.store.record import folded

_OPEN_FOLLOW_UPS = t.follow_ups.c.state.in_(t.OPEN_FOLLOW_UP_STATES)
_OPEN_DELIVERIES = t.deliveries.c.state.in_(("new", "leased", "staged"))
_FIND = (
    select(func.coalesce(t.exams.c.owner, t.exams.c.digest).label("exam"), t.identifiers.c.kind)
    .join(t.exams, t.exams.c.digest == t.identifiers.c.exam)
    .where(t.identifiers.c.value == bindparam("value"))
    .limit(200)
)


def _number(table: Table, *where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(table.c.exam == t.exams.c.digest, *where).scalar_subquery()


_COUNTED = select(
    t.exams.c.authority,
    t.exams.c.accession,
    t.exams.c.first_seen_at,
    _number(t.versions).label("versions"),
    _number(t.instances).label("instances"),
    _number(t.follow_ups, _OPEN_FOLLOW_UPS).label("follow_ups"),
    _number(t.holds, t.holds.c.state == "open").label("holds"),
).where(t.exams.c.digest == bindparam("exam"))
_SPEAKING = select(t.versions.c.value, t.versions.c.standing).where(
    t.versions.c.exam == bindparam("exam"), t.versions.c.standing.in_((Standing.CURRENT.value, Standing.PROVISIONAL.value))
)


class Queries:
    """Read-only; each call is one transaction. Raises TryAgain where the ledger cannot be read."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def follow_ups(self, state: str = "open") -> list[FollowUpRow]:
        """Follow-ups, oldest due first: `open`, `closed`, `all`, or one FHIR Task.status."""
        query = select(t.follow_ups.c.value, t.follow_ups.c.exam, t.exams.c.authority, t.exams.c.accession)
        query = query.outerjoin(t.exams, t.exams.c.digest == t.follow_ups.c.exam).order_by(t.follow_ups.c.due_at, t.follow_ups.c.id)
        if state == "open":
            query = query.where(_OPEN_FOLLOW_UPS)
        elif state == "closed":
            query = query.where(~_OPEN_FOLLOW_UPS)
        elif state != "all":
            query = query.where(t.follow_ups.c.state == FollowUpState(state).value)
        with self._ledger.read() as connection:
            rows = connection.execute(query).all()
            shown = _accessions(connection, rows)
        return [_follow_up_row(load(FollowUp, row.value), row.exam or "", shown.get(row.exam or "", "")) for row in rows]

    def holds(self, state: str = "open") -> list[HoldRow]:
        """Holds, oldest expiry first: `open`, `closed`, `all`, or one state."""
        query = select(t.holds.c.value, t.holds.c.exam, t.exams.c.authority, t.exams.c.accession, t.notices.c.value.label("notice"))
        query = query.join(t.exams, t.exams.c.digest == t.holds.c.exam).outerjoin(t.notices, t.notices.c.id == t.holds.c.notice)
        query = query.order_by(t.holds.c.expires_at, t.holds.c.id)
        if state == "closed":
            query = query.where(t.holds.c.state != "open")
        elif state != "all":
            query = query.where(t.holds.c.state == HoldState(state).value)
        with self._ledger.read() as connection:
            rows = connection.execute(query).all()
            shown = _accessions(connection, rows)
        return [_hold_row(row, shown[row.exam]) for row in rows]

    def find(self, text: str) -> list[FoundExam]:
        """Exams by accession, record number, control id or Study Instance UID (whole, in any case), or by a file's or message's hash."""
        matched: dict[str, set[str]] = {}
        with self._ledger.read() as connection:
            for row in connection.execute(_FIND, {"value": folded(text)}):
                matched.setdefault(row.exam, set()).add(row.kind)
            if len(text.strip()) == 64:
                wanted = text.strip().lower()
                messages = select(t.messages.c.exam).where(or_(t.messages.c.hash == wanted, t.messages.c.file == wanted))
                for exam in connection.execute(messages.where(t.messages.c.exam.is_not(None))).scalars():
                    matched.setdefault(exam, set()).add("hash")
            return [_found(connection, digest, tuple(sorted(kinds))) for digest, kinds in sorted(matched.items())]

    def show(self, exam: str) -> Shown | None:
        """One exam by its digest, or a part of at least 8 hex from its start; None if none or more than one has it."""
        wanted = exam.strip().lower()
        if len(wanted) < 8 or not set(wanted) <= set("0123456789abcdef"):
            return None
        with self._ledger.read() as connection:
            # A range, not LIKE: it uses the primary key's index in both databases.
            part = (t.exams.c.digest >= wanted) & (t.exams.c.digest < wanted + "g")
            found = connection.execute(select(t.exams.c.digest, t.exams.c.owner).where(part).limit(2)).all()
            if len(found) != 1:
                return None
            return _shown(connection, found[0].owner or found[0].digest)

    def letter(self, typed: str) -> str | None:
        """The letter of an id, or of one of its deliveries' ids (the names of the files it left as), by at least 8 hex of its start."""
        if len(typed) < 8 or not set(typed) <= set("0123456789abcdef"):
            return None
        n, d = t.notices.c.id, t.deliveries.c.id
        with self._ledger.read() as connection:
            found = set(connection.execute(select(n).where(n >= typed, n < typed + "g").limit(2)).scalars())
            sent = select(t.deliveries.c.item).where(d >= typed, d < typed + "g", t.deliveries.c.kind == "notice").limit(2)
            found |= set(connection.execute(sent).scalars())
        return found.pop() if len(found) == 1 else None

    def dead_letters(self) -> list[DeliveryRow]:
        """Deliveries that were given up."""
        query = select(t.deliveries).where(t.deliveries.c.state == "dead").order_by(t.deliveries.c.not_before, t.deliveries.c.id)
        with self._ledger.read() as connection:
            return [_delivery_row(row) for row in connection.execute(query)]

    def unmapped(self) -> list[tuple[str, int]]:
        """Exam codes of reports that were not for us or of an unknown exam, with how often, most frequent first."""
        files = select(t.files.c.code, func.count().label("n")).where(t.files.c.code != "", t.files.c.outcome == "not_vq")
        files = files.group_by(t.files.c.code)
        unknown = t.decisions.c.reasons.contains('"exam-unknown"')
        messages = select(t.messages.c.code, func.count().label("n")).join(t.decisions, t.decisions.c.report == t.messages.c.hash)
        counts: dict[str, int] = {}
        with self._ledger.read() as connection:
            for query in (files, messages.where(t.messages.c.code != "", unknown).group_by(t.messages.c.code)):
                for code, count in connection.execute(query):
                    counts[code] = counts.get(code, 0) + count
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))

    def status(self, now: datetime | None = None) -> Status:
        """Counts and states. `now` decides what is overdue; without it nothing is."""
        with self._ledger.read() as connection:
            switch = connection.execute(select(t.control).where(t.control.c.name == "notices")).first()
            follow_ups = connection.execute(
                select(t.follow_ups.c.reason, func.count()).where(_OPEN_FOLLOW_UPS).group_by(t.follow_ups.c.reason)
            ).all()
            missed = select(func.count()).select_from(t.follow_ups).where(_OPEN_FOLLOW_UPS, t.follow_ups.c.due_at < now) if now else None
            deliveries: dict[str, dict[str, int]] = {}
            columns = (t.deliveries.c.destination, t.deliveries.c.state)
            for destination, state, count in connection.execute(select(*columns, func.count()).group_by(*columns)):
                deliveries.setdefault(destination, {})[state] = count
            outcomes: dict[str, int] = {}
            single = select(t.files.c.outcome, func.count()).where(t.files.c.outcome == "not_vq").group_by(t.files.c.outcome)
            for query in (select(t.messages.c.outcome, func.count()).group_by(t.messages.c.outcome), single):
                for outcome, count in connection.execute(query):
                    outcomes[outcome] = outcomes.get(outcome, 0) + count
            return Status(
                paused=bool(switch and switch.paused),
                paused_by=switch.by if switch and switch.paused else "",
                paused_at=switch.at if switch and switch.paused else None,
                files=_count(connection, t.files),
                outcomes=outcomes,
                exams=_count(connection, t.exams, t.exams.c.owner.is_(None), ~t.exams.c.waiting),
                waiting_studies=_count(connection, t.exams, t.exams.c.waiting),
                follow_ups={row[0]: row[1] for row in follow_ups},
                overdue=int(connection.execute(missed).scalar_one()) if missed is not None else 0,
                next_due_at=connection.execute(select(func.min(t.follow_ups.c.due_at)).where(_OPEN_FOLLOW_UPS)).scalar(),
                holds=_count(connection, t.holds, t.holds.c.state == "open"),
                deliveries=deliveries,
                daemons=tuple(_daemon(row) for row in connection.execute(select(t.daemons).order_by(t.daemons.c.name))),
            )


def _count(connection: Connection, table: Any, *where: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def _accessions(connection: Connection, rows: Iterable[Any]) -> dict[str, str]:
    """What to show as the accession of each exam: its own, or for a waiting study the one its images name."""
    shown = {row.exam: row.accession for row in rows if row.exam}
    lonely = [row.exam for row in rows if row.exam and row.authority == WAITING_AUTHORITY]
    if lonely:
        named = select(t.identifiers.c.exam, t.identifiers.c.value).where(
            t.identifiers.c.kind == "accession", t.identifiers.c.exam.in_(lonely)
        )
        shown |= dict.fromkeys(lonely, "")
        shown |= {row.exam: row.value for row in connection.execute(named)}
    return {exam: accession.removeprefix("msh10:") for exam, accession in shown.items()}


def _follow_up_row(item: FollowUp, exam: str, accession: str) -> FollowUpRow:
    return FollowUpRow(
        id=item.id,
        accession=accession,
        reason=item.reason,
        state=item.state,
        due_at=item.due_at,
        owner=item.owner,
        critical=item.critical,
        preliminary=item.preliminary,
        exam=exam,
        opened_at=item.opened_at,
        version=item.version,
        report=item.report_hash,
        note=item.note,
        acknowledged_by=item.acknowledged_by,
        acknowledged_at=item.acknowledged_at,
        level=item.level,
        step_at=item.step_at,
        next_step=item.next_step,
        plan=item.plan,
        planned_for=item.planned_for,
        snoozed_until=item.snoozed_until,
        proposal=item.proposal,
        contact=item.contact,
    )


def _hold_row(row: Any, accession: str) -> HoldRow:
    hold = load(Hold, row.value)
    return HoldRow(
        id=hold.id,
        accession=accession,
        reasons=hold.reasons,
        state=hold.state,
        expires_at=hold.expires_at,
        owner=hold.owner,
        opened_at=hold.opened_at,
        exam=row.exam,
        notice=hold.notice_id,
        letter=load(Notice, row.notice).letter if row.notice else None,
        level=hold.level,
        step_at=hold.step_at,
        statute_at=hold.statute_at,
    )


def _found(connection: Connection, digest: str, matched: tuple[str, ...]) -> FoundExam:
    row = connection.execute(_COUNTED, {"exam": digest}).one()
    speaking = [(load(Version, one.value), one.standing) for one in connection.execute(_SPEAKING, {"exam": digest})]
    # A final speaks for the exam before any preliminary; of equals the one that was signed last.
    current = max(speaking, key=lambda one: (one[1] == Standing.CURRENT.value, one[0].order), default=None)
    return FoundExam(
        exam=digest,
        accession=_accessions(connection, [Named(digest, row.authority, row.accession)])[digest],
        authority=row.authority,
        matched=matched,
        category=current[0].category if current else None,
        grade=current[0].grade if current else None,
        versions=row.versions,
        instances=row.instances,
        open_follow_ups=row.follow_ups,
        open_holds=row.holds,
        first_seen_at=row.first_seen_at,
    )


def _shown(connection: Connection, digest: str) -> Shown:
    row = connection.execute(select(t.exams).where(t.exams.c.digest == digest)).one()
    linked = connection.execute(select(t.exams).where(t.exams.c.owner == digest).order_by(t.exams.c.digest)).all()
    exam = load_exam(connection, digest, ExamKey(row.authority, row.accession), row.first_seen_at, lock=False)
    reports = [version.content_hash for version in exam.versions]
    decided = select(t.decisions).where(t.decisions.c.report.in_(reports)).order_by(t.decisions.c.decided_at, t.decisions.c.number)
    # The chains of studies that were joined to this exam tell what happened before.
    chains = [digest, *(other.digest for other in linked)]
    history = select(t.audit).where(t.audit.c.chain.in_(chains)).order_by(t.audit.c.at, t.audit.c.chain, t.audit.c.seq)
    deliveries = select(t.deliveries).where(t.deliveries.c.exam == digest).order_by(t.deliveries.c.lane, t.deliveries.c.ordinal)
    return Shown(
        digest=digest,
        exam=exam,
        keys=tuple(ExamKey(one.authority, one.accession) for one in (row, *linked) if one.authority != WAITING_AUTHORITY),
        waiting=row.waiting,
        decisions=tuple(_decision_row(one) for one in connection.execute(decided)) if reports else (),
        deliveries=tuple(_delivery_row(one) for one in connection.execute(deliveries)),
        history=tuple(Happening(one.at, one.what, one.item, one.was, one.became, one.why, one.by) for one in connection.execute(history)),
        broken_at=_first_broken(connection, chains),
    )


def _first_broken(connection: Connection, chains: Sequence[str]) -> int | None:
    return next((broken for chain in chains if (broken := broken_at(connection, chain)) is not None), None)


def _decision_row(row: Any) -> DecisionRow:
    return DecisionRow(
        report=row.report,
        decided_at=row.decided_at,
        category=Category(row.category),
        grade=Grade(row.grade) if row.grade else None,
        chronic=row.chronic,
        standing=Standing(row.standing),
        notice=row.notice,
        follow_up=row.follow_up or "",
        reasons=load(tuple[str, ...], row.reasons),
        code_version=row.code_version,
        vocabulary_hash=row.vocabulary_hash,
        policy_hash=row.policy_hash,
    )


def _delivery_row(row: Any) -> DeliveryRow:
    return DeliveryRow(
        id=row.id,
        exam=row.exam or "",
        kind=row.kind,
        destination=row.destination,
        item=row.item,
        state=row.state,
        attempts=row.attempts,
        not_before=row.not_before,
        error=row.error,
    )


def _daemon(row: Any) -> DaemonRow:
    return DaemonRow(row.name, row.version, row.started_at, row.heartbeat_at, row.last_scan_at, row.last_scan_ok)
