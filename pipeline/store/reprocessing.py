"""Reads archived reports under the rules of today, and makes what would be decided otherwise so, exam by exam."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, distinct, func, select

from pipeline.domain.again import Before, Difference, differing, listed_only
from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.identity import ExamKey
from pipeline.domain.notice import NoticeState
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.store import record
from pipeline.store import tables as t
from pipeline.store.changes import Applied, apply
from pipeline.store.codec import load
from pipeline.store.deciding import about
from pipeline.store.exams import ExamRow, Exams, load_exam
from pipeline.store.ledger import Ledger
from pipeline.store.persons import Persons
from pipeline.store.rereading import Rereader
from pipeline.store.writer import Writer
from pipeline.telemetry import emit

_CHUNK = 100
WHY = "reprocessed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions to look at: those last made at or after `since`, and whose category is `category`. `by`: who wants it so."""

    since: datetime | None = None
    category: Category | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """One version that reads otherwise today. No text of the report is in it.

    Attributes:
        letter: `left` (the patient may hold it), `waiting` (not yet), or empty (none was written for this version).
        does: `acts` (it speaks for its exam), `listed` (it does not), `person` (a clinician decided it: somebody should look), `lost`
            (its bytes are gone, or no report to the readers of today), `failed` (we failed on it).
    """

    exam: str
    accession: str
    report: str
    standing: Standing
    was: tuple[str, str | None, str]
    becomes: tuple[str | None, str | None, str | None]
    letter: str
    does: str


@dataclass(slots=True)
class Made:
    """What one exam came to; `applied` for the log."""

    rows: list[Changed]
    applied: Sequence[Applied] = ()


def count(ledger: Ledger, wanted: Wanted) -> int:
    """How many exams there are to look at."""
    with ledger.read() as connection:
        return int(connection.execute(_exams(wanted, func.count(distinct(t.versions.c.exam)))).scalar_one())


def reprocess(
    ledger: Ledger,
    reread: Rereader,
    destinations: Mapping[str, frozenset[str]],
    wanted: Wanted,
    now: datetime,
    *,
    dry_run: bool,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[str, Made]]:
    """(exam digest, what it came to) for each exam with something to tell, in the order of their digests.

    Each exam is a transaction of its own: killed at any moment and started again, it goes on where it was, since what was made so
    reads as today's rules want it.
    """
    cursor, done = "", 0
    while True:
        with ledger.read() as connection:
            query = _exams(wanted, t.versions.c.exam).distinct().where(t.versions.c.exam > cursor)
            digests = list(connection.execute(query.order_by(t.versions.c.exam).limit(_CHUNK)).scalars())
        for digest in digests:
            made = _one(ledger, reread, destinations, digest, wanted, now, dry_run=dry_run)
            done += 1
            if on_progress:
                on_progress(done)
            if made.rows:
                yield digest, made
        if len(digests) < _CHUNK:
            return
        cursor = digests[-1]


def _one(
    ledger: Ledger,
    reread: Rereader,
    destinations: Mapping[str, frozenset[str]],
    digest: str,
    wanted: Wanted,
    now: datetime,
    *,
    dry_run: bool,
) -> Made:
    """First without the lock, since most exams read as they did."""
    with ledger.read() as connection:
        found = connection.execute(select(t.exams).where(t.exams.c.digest == digest)).one()
        key = ExamKey(found.authority, found.accession)
        exam = Persons(connection).fill(load_exam(connection, digest, key, found.first_seen_at, lock=False))
        rows = [told for told, *_ in _differences(connection, exam, digest, reread, wanted, now)]
    if dry_run or not any(row.does in ("acts", "listed") for row in rows):
        return Made(rows)
    with ledger.write() as connection:
        writer = Writer(connection)
        exams = Exams(writer, now)
        row = exams.by_digest(digest)
        assert row is not None
        made = _apply(writer, row, exams.load(row), reread, destinations, wanted, now)
        exams.save(row, row.late_at)
        writer.flush()
    return made


def _apply(
    writer: Writer,
    row: ExamRow,
    exam: Exam,
    reread: Rereader,
    destinations: Mapping[str, frozenset[str]],
    wanted: Wanted,
    now: datetime,
) -> Made:
    made = Made([])
    for told, version, before, reading, difference in _differences(writer.connection, exam, row.digest, reread, wanted, now):
        made.rows.append(told)
        if difference is None or reading is None or difference.for_person:
            continue
        decision = difference.decision or listed_only(difference, before, version.standing)
        keep = difference.decision is None
        record.decide_again(writer, row, version, reading, decision, now, reread.rules.provenance, why=WHY, by=wanted.by, keep=keep)
        told_about = about(writer.connection, row, version.patient) if decision.changes else None
        made.applied = [
            *made.applied,
            *apply(
                writer,
                row.chain,
                row.digest,
                exam,
                decision.changes,
                now=now,
                destinations=destinations,
                by=wanted.by,
                about=told_about,
            ),
        ]
    return made


_Found = tuple[Changed, Version, Before, Reading | None, Difference | None]


def _differences(connection: Connection, exam: Exam, digest: str, reread: Rereader, wanted: Wanted, now: datetime) -> Iterator[_Found]:
    decided, persons = _decisions(connection, exam, wanted), Persons(connection)
    for version in exam.versions:
        if version.content_hash not in decided:
            continue
        before, notice = decided[version.content_hash]
        try:
            read = reread.version(connection, persons, exam, version.content_hash)
            found = differing(exam, version, before, *read, reread.rules.policy, now) if read else None
        except Exception as error:  # noqa: BLE001 - one report on which we fail must not keep the others from being looked at
            emit("item.failed", message=version.content_hash, error=type(error).__name__)
            yield _told(exam, digest, version, before, notice, None, "failed"), version, before, None, None
            continue
        if read is None:
            yield _told(exam, digest, version, before, notice, None, "lost"), version, before, None, None
        elif found:
            does = "person" if found.for_person else "acts" if found.decision else "listed"
            yield _told(exam, digest, version, before, notice, found, does), version, before, read[1], found


def _told(exam: Exam, digest: str, version: Version, before: Before, notice: str, found: Difference | None, does: str) -> Changed:
    letters = [one for one in exam.notices if one.report_hash == version.content_hash and one.live]
    waiting = any(one.state in (NoticeState.ON_HOLD, NoticeState.PREPARATION) for one in letters)
    letter = "left" if any(one.left for one in letters) else "waiting" if waiting else ""
    becomes = (found.category.value, found.grade.value if found.grade else None, found.notice) if found else (None, None, None)
    return Changed(
        exam=digest,
        accession=exam.key.accession.removeprefix("msh10:"),
        report=version.content_hash,
        standing=version.standing,
        was=(before.category.value, before.grade.value if before.grade else None, notice),
        becomes=becomes,
        letter=letter,
        does=does,
    )


def _decisions(connection: Connection, exam: Exam, wanted: Wanted) -> dict[str, tuple[Before, str]]:
    """The last decision of each version that is wanted, and what it meant for the letter."""
    hashes = [version.content_hash for version in exam.versions]
    rows = connection.execute(select(t.decisions).where(t.decisions.c.report.in_(hashes)).order_by(t.decisions.c.number)).all()
    first: dict[str, datetime] = {}
    last: dict[str, Any] = {}
    for row in rows:
        first.setdefault(row.report, row.decided_at)
        last[row.report] = row
    return {
        report: (
            Before(
                Category(row.category),
                Grade(row.grade) if row.grade else None,
                row.chronic,
                load(tuple[str, ...], row.reasons),
                first[report],
            ),
            row.notice,
        )
        for report, row in last.items()
        if (wanted.since is None or row.decided_at >= wanted.since) and wanted.category in (None, Category(row.category))
    }


def _exams(wanted: Wanted, what: Any) -> Select[Any]:
    query = select(what).select_from(t.versions.join(t.decisions, t.decisions.c.report == t.versions.c.hash))
    if wanted.since is not None:
        query = query.where(t.decisions.c.decided_at >= wanted.since)
    return query.where(t.decisions.c.category == wanted.category.value) if wanted.category else query
