"""A clinician says what a report says that no reader of ours could read; and letters that came back."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.domain.actions import undelivered
from pipeline.domain.again import BY_HAND, Ruling, may_rule, rule
from pipeline.domain.decision import Decision
from pipeline.domain.policy import Policy
from pipeline.errors import Refused
from pipeline.store import acts, record
from pipeline.store import tables as t
from pipeline.store.changes import Applied, apply
from pipeline.store.deciding import about
from pipeline.store.exams import Exams
from pipeline.store.rereading import Rereader
from pipeline.store.writer import Writer


def decide(
    connection: Connection,
    digest: str,
    ruling: Ruling,
    reread: Rereader,
    now: datetime,
    destinations: Mapping[str, frozenset[str]],
    note: str = "",
) -> tuple[str, list[Applied], Decision]:
    """Records the ruling on the version that speaks for an exam, and everything that follows from it. Raises Refused."""
    writer = Writer(connection)
    exams = Exams(writer, now)
    row = exams.by_digest(digest)
    if row is None:
        raise Refused("no exam has this id; see: vqroute find")
    exam = exams.load(row)
    version, _ = may_rule(exam, ruling)
    read = reread.version(connection, exams.persons, exam, version.content_hash)
    if read is None:
        raise Refused("the report of this exam cannot be read again; its bytes are gone. Speak to the patient yourself")
    report, reading = read
    first = select(t.decisions.c.decided_at).where(t.decisions.c.report == version.content_hash, t.decisions.c.number == 1)
    arrived_at = connection.execute(first).scalar_one()
    decision = rule(exam, report, reading, ruling, reread.rules.policy, now, arrived_at)
    by, why = ruling.by.strip(), f"{BY_HAND}: {note or ruling.reason.strip()}"
    record.decide_again(writer, row, version, reading, decision, now, reread.rules.provenance, why=why, by=by, ruled=True)
    told = about(connection, row, version.patient)
    made = apply(writer, row.chain, row.digest, exam, decision.changes, now=now, destinations=destinations, about=told, by=by)
    exams.save(row, row.late_at)
    writer.flush()
    return row.digest, made, decision


def came_back(
    connection: Connection, notice_id: str, by: str, policy: Policy, now: datetime, destinations: Mapping[str, frozenset[str]], note: str
) -> tuple[str, list[Applied]]:
    """A letter came back undelivered. Raises Refused."""
    found = connection.execute(select(t.notices.c.exam).where(t.notices.c.id == notice_id)).scalar()
    if found is None:
        raise Refused("no letter has this id; see: vqroute show")
    return acts.on_exam(connection, found, lambda exam: undelivered(exam, notice_id, by, policy, now), by, now, destinations, note)
