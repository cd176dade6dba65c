"""Remembers what came in: files, messages, versions, images, and the words to find them by."""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from pipeline.domain.arrival import Arrival, NotForUs, Rejection
from pipeline.domain.decide import version_of
from pipeline.domain.decision import Decision
from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.identity import ExamKey, Patient
from pipeline.domain.instance import Instance
from pipeline.domain.reading import Reading
from pipeline.domain.report import Report
from pipeline.store import tables as t
from pipeline.store.codec import dump
from pipeline.store.dialect import insert_new, storable
from pipeline.store.exams import ExamRow
from pipeline.store.writer import Writer

KEPT_IN_LEDGER = 100_000
"""Bodies up to this many bytes are kept in the ledger; larger ones in the archive."""

UNFINISHED = "unfinished"
_FILES_SEEN = select(t.files.c.hash).where(t.files.c.hash.in_(bindparam("hashes", expanding=True)), t.files.c.outcome != UNFINISHED)
_NOT_FOR_US = _FILES_SEEN.where(t.files.c.messages == 1, t.files.c.outcome == "not_vq")
_MESSAGES_SEEN = select(t.messages.c.hash).where(t.messages.c.hash.in_(bindparam("hashes", expanding=True)))
_INSERT_MESSAGE = insert(t.messages)
_RESETTLE = update(t.versions).where(t.versions.c.hash == bindparam("of")).values(standing=bindparam("to_standing"))


@dataclass(frozen=True, slots=True)
class Provenance:
    """What read and decided: stored with every decision, so that it can be explained and repeated years later."""

    code: str
    vocabulary: str
    vocabulary_hash: str
    policy_hash: str


def seen_files(connection: Connection, hashes: Collection[str]) -> set[str]:
    """Which of these files the ledger knows. Everything in a known file has been handled."""
    return set(connection.execute(_FILES_SEEN, {"hashes": list(hashes)}).scalars()) if hashes else set()


def seen_messages(connection: Connection, hashes: Collection[str], files: Collection[str]) -> set[str]:
    """Which of these messages have been handled, in whatever file: those kept one by one, and files that were one message not for us.

    `files` are those that this transaction has just written: they say nothing about before.
    """
    if not hashes:
        return set()
    found = set(connection.execute(_MESSAGES_SEEN, {"hashes": list(hashes)}).scalars())
    others = [one for one in hashes if one not in files]
    return found | set(connection.execute(_NOT_FOR_US, {"hashes": others}).scalars()) if others else found


def file_row(file_hash: str, source: str, received_at: datetime, size: int, arrivals: Sequence[Arrival]) -> dict[str, Any]:
    """The row of one file; of several messages it tells their number only, each has its own row then."""
    kind, outcome, reason, code = ("", "several", "", "")
    if len(arrivals) == 1:
        kind, (outcome, reason, code) = arrivals[0].kind.value, _told(arrivals[0])
    return {
        "hash": file_hash,
        "source": storable(source, 64),
        "received_at": received_at,
        "size": size,
        "messages": len(arrivals),
        "kind": kind,
        "outcome": outcome,
        "reason": reason,
        "code": code,
    }


def add_files(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """One statement for all, in the order of their hashes; a file that another instance wrote in the same moment is left alone."""
    if rows:
        rows.sort(key=lambda row: str(row["hash"]))
        connection.execute(insert_new(connection.dialect.name, t.files), rows)


def message_row(file_hash: str, received_at: datetime, arrival: Arrival, body: bytes | None) -> dict[str, Any]:
    """The row of one message as it starts. `body`: compressed bytes; None where the archive has them or nobody needs them."""
    outcome, reason, code = _told(arrival)
    return {
        "hash": arrival.content_hash,
        "file": file_hash,
        "ordinal": arrival.ordinal,
        "kind": arrival.kind.value,
        "outcome": outcome,
        "reason": reason,
        "code": code,
        "detail": storable(arrival.what.detail, 500) if isinstance(arrival.what, Rejection) else "",
        "exam": None,
        "received_at": received_at,
        "body": body,
    }


def add_messages(connection: Connection, rows: list[dict[str, Any]]) -> set[str]:
    """Adds message rows in the order of their hashes; returns the hashes that are ours, not written by another instance meanwhile."""
    if not rows:
        return set()
    rows.sort(key=lambda row: str(row["hash"]))
    if connection.dialect.name == "sqlite":
        # The write lock was ours from the start of the transaction: what was not seen then cannot have come since.
        connection.execute(_INSERT_MESSAGE, rows)
        return {row["hash"] for row in rows}
    statement = insert_new(connection.dialect.name, t.messages).returning(t.messages.c.hash)
    return set(connection.execute(statement, rows).scalars())


def forget(connection: Connection, file_hash: str, message_hash: str) -> None:
    """Takes back a file and a message of it that could not be decided, so that they are unknown until somebody tries again."""
    connection.execute(delete(t.messages).where(t.messages.c.hash == message_hash))
    others = connection.execute(select(func.count()).select_from(t.messages).where(t.messages.c.file == file_hash)).scalar_one()
    if others:
        connection.execute(update(t.files).where(t.files.c.hash == file_hash).values(outcome=UNFINISHED))
    else:
        connection.execute(delete(t.files).where(t.files.c.hash == file_hash))


def finish_file(connection: Connection, file_hash: str) -> None:
    """A file that `forget` left unfinished has now been handled as a whole."""
    unfinished = (t.files.c.hash == file_hash) & (t.files.c.outcome == UNFINISHED)
    connection.execute(update(t.files).where(unfinished).values(outcome="several"))


def settle_message(writer: Writer, message_hash: str, outcome: str, *, exam: str | None = None, reason: str = "", detail: str = "") -> None:
    """What a message led to after all."""
    values = {"of": message_hash, "to_outcome": outcome, "to_reason": reason, "to_detail": detail, "to_exam": exam}
    writer.add("messages", values)


def add_version(
    writer: Writer, row: ExamRow, exam: Exam, report: Report, reading: Reading, decision: Decision, now: datetime, by: Provenance
) -> Exam:
    """Records one decided version with its audit rows; returns the exam as it stands with it."""
    version = version_of(report, decision)
    number = len(exam.versions) + 1
    writer.add(
        "versions",
        {
            "hash": version.content_hash,
            "exam": row.digest,
            "number": number,
            "standing": version.standing.value,
            "signed_at": report.signed_at,
            "words": version.words,
            "value": dump(replace(version, text="")),
            "text": zlib.compress(version.text.encode("utf-8", "replace")) if version.text else None,
        },
    )
    writer.add("decisions", decision_row(version.content_hash, 1, reading, decision, now, by))
    row.chain.add(now, "report", version.content_hash, "", version.standing.value, "decided")
    moved = dict(decision.resettled)
    for old in exam.versions:
        if old.content_hash in moved and old.standing is not moved[old.content_hash]:
            row.chain.add(now, "report", old.content_hash, old.standing.value, moved[old.content_hash].value, "resettled")
    if moved:
        writer.connection.execute(_RESETTLE, [{"of": key, "to_standing": standing.value} for key, standing in moved.items()])
    settled = tuple(_settled(old, moved) for old in exam.versions)
    return replace(exam, versions=(*settled, version))


def decision_row(report: str, number: int, reading: Reading, decision: Decision, now: datetime, by: Provenance) -> dict[str, Any]:
    """What one decision said, and by which code, vocabulary (with the second reader's weights) and policy."""
    return {
        "report": report,
        "number": number,
        "decided_at": now,
        "category": decision.category.value,
        "grade": decision.grade.value if decision.grade else None,
        "chronic": decision.chronic,
        "standing": decision.standing.value,
        "notice": decision.notice.value,
        "follow_up": decision.follow_up.value if decision.follow_up else None,
        "reasons": dump(decision.reasons),
        "evidence": dump(reading.evidence),
        "code_version": by.code,
        "vocabulary_version": by.vocabulary,
        "vocabulary_hash": by.vocabulary_hash,
        "policy_hash": by.policy_hash,
    }


def decide_again(
    writer: Writer,
    row: ExamRow,
    version: Version,
    reading: Reading,
    decision: Decision,
    now: datetime,
    rules: Provenance,
    *,
    why: str,
    by: str = "",
    ruled: bool = False,
    keep: bool = False,
) -> None:
    """Records one more decision of a version, with its audit row.

    Args:
        ruled: `by` is the clinician whose word it is from now on.
        keep: the version stays what it was to its exam; only the decision is remembered.
    """
    hashed = t.versions.c.hash == version.content_hash
    last = select(func.max(t.decisions.c.number)).where(t.decisions.c.report == version.content_hash)
    number = int(writer.connection.execute(last).scalar_one()) + 1
    writer.connection.execute(insert(t.decisions), decision_row(version.content_hash, number, reading, decision, now, rules))
    ruled_by = by if ruled else version.ruled_by
    said = replace(version, category=decision.category, grade=decision.grade, chronic=decision.chronic, ruled_by=ruled_by, text="")
    if not keep:
        writer.connection.execute(update(t.versions).where(hashed).values(value=dump(said)))
    row.chain.add(now, "report", version.content_hash, version.standing.value, decision.standing.value, why, by)


def add_instance(writer: Writer, row: ExamRow, instance: Instance, now: datetime, why: str) -> None:
    """Records one image of an exam. The exam is the union of its images: their order does not count."""
    values = {"hash": instance.content_hash, "exam": row.digest, "value": dump(instance)}
    writer.add("instances", values)
    row.chain.add(now, "instance", instance.content_hash, "", "waiting" if row.waiting else "joined", why)


def add_identifiers(
    writer: Writer,
    digest: str,
    keys: Iterable[ExamKey],
    patient: Patient,
    *,
    accession: str = "",
    control: str = "",
    study: str = "",
) -> None:
    """Makes an exam findable by accession, medical record number, control id and Study Instance UID."""
    found: set[tuple[str, str]] = {("accession", folded(accession)), ("control", folded(control)), ("study", folded(study))}
    found |= {("accession", folded(key.accession)) for key in keys if not key.accession.startswith("msh10:")}
    found |= {("mrn", folded(identifier.value)) for identifier in patient.identifiers}
    writer.extend("identifiers", [{"value": value, "kind": kind, "exam": digest} for kind, value in sorted(found) if value])


def folded(value: str) -> str:
    """An identifier as it is compared: without surrounding blanks, upper case, at most 200 characters (an index must hold it)."""
    return storable(value.strip().upper(), 200)


def packed(arrival: Arrival) -> bytes | None:
    """The body of a message as the ledger keeps it; None where it is empty, or so large that the archive takes it."""
    if not arrival.body or len(arrival.body) > KEPT_IN_LEDGER or isinstance(arrival.what, NotForUs):
        return None
    return zlib.compress(arrival.body, 3)


def _settled(version: Version, moved: Mapping[str, Standing]) -> Version:
    return replace(version, standing=moved[version.content_hash]) if version.content_hash in moved else version


def _told(arrival: Arrival) -> tuple[str, str, str]:
    """(outcome, reason, exam code) of a message as its reader left it."""
    what = arrival.what
    if isinstance(what, NotForUs):
        return "not_vq", what.reason, storable(what.code, 200)
    if isinstance(what, Rejection):
        return "rejected", what.reason, ""
    if isinstance(what, Instance):
        return "study", "", ""
    return "read", "", storable(what.exam_code, 200)
