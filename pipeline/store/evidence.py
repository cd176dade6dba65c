"""Finds later exams of the same patient for open follow-ups, and looks at studies that have settled: the slow side of the clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, literal_column, select

from pipeline.domain import clocks
from pipeline.domain.evidence_of_closure import OPEN_TO_EVIDENCE, Evidence, propose, scan_time
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.identity import Identifier, Patient
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category
from pipeline.domain.study import NO_CHEST_X_RAY, chest_x_ray_window, facts_of
from pipeline.store import tables as t
from pipeline.store.changes import apply
from pipeline.store.chunks import chunks
from pipeline.store.decided import Decided
from pipeline.store.deciding import about
from pipeline.store.exams import Exams
from pipeline.store.ledger import Ledger
from pipeline.store.others import chest_x_rays
from pipeline.store.writer import Writer

_REASONS = sorted(reason.value for reason in OPEN_TO_EVIDENCE)
# Spelled as the partial index spells it, or neither database would use that index.
_OPEN_STATES: ColumnElement[bool] = literal_column("follow_ups.state IN ('requested', 'accepted', 'in-progress')")
_OPEN = _OPEN_STATES & t.follow_ups.c.reason.in_(_REASONS)
# One step after the other and never one statement: a planner without statistics may start from the millions of numbers.
_ASKING = select(t.follow_ups.c.exam, t.follow_ups.c.id).where(_OPEN)
_NUMBERS = select(t.identifiers.c.exam, t.identifiers.c.value).where(
    t.identifiers.c.exam.in_(bindparam("exams", expanding=True)), t.identifiers.c.kind == "mrn"
)
_OTHER = select(t.other_exams).where(
    t.other_exams.c.number.in_(bindparam("numbers", expanding=True)), t.other_exams.c.final, t.other_exams.c.kind != "chest-xray"
)
_ANOTHER_VQ = (
    select(t.identifiers.c.value.label("number"), t.exams.c.digest, t.exams.c.audit_head, t.exams.c.first_seen_at)
    .join(t.exams, t.exams.c.digest == t.identifiers.c.exam)
    .where(t.identifiers.c.value.in_(bindparam("numbers", expanding=True)), t.identifiers.c.kind == "mrn")
)
_ROUND, _REMEMBERED = 500, 50_000
_NUMBERS_AT_ONCE = 500
_NEWEST = 10
"""Of a patient's other V/Q exams these are looked at: somebody's test patient may have thousands."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """What the reading room should know of one study; it changes no category, letter or follow-up."""

    exam: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Lookout:
    """What one process has looked at already is not looked at again, unless it has changed."""

    ledger: Ledger
    policy: Policy
    destinations: Mapping[str, frozenset[str]]
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def round(self, now: datetime) -> tuple[list[Decided], list[Flagged]]:
        """One round: proposals made, studies flagged."""
        decided, flagged = [], []
        with self.ledger.read() as connection:
            due = select(t.exams.c.digest).where(t.exams.c.settle_at <= now).order_by(t.exams.c.settle_at).limit(_ROUND)
            settled = list(connection.execute(due).scalars())
            wanted = self._candidates(connection)
        for chunk in chunks(settled):
            with self.ledger.write() as connection:
                exams = Exams(Writer(connection), now)
                exams.take(chunk)
                for digest in chunk:
                    made, flags = self._settle(exams, digest, now)
                    decided.append(made)
                    flagged += [Flagged(made.exam, flags)] if flags else []
                exams.writer.flush()
        for chunk in chunks(sorted(wanted)):
            with self.ledger.write() as connection:
                exams = Exams(Writer(connection), now)
                scans = {digest for one in chunk for digest in wanted[one][1]}
                exams.take({*chunk, *scans})
                said = {one: _as_evidence(exams.load(row)) for one in sorted(scans) if (row := exams.by_digest(one))}
                for digest in chunk:
                    others, mine = wanted[digest]
                    decided.append(self._propose(exams, digest, [*others, *(e for one in sorted(mine) for e in said.get(one, ()))], now))
                exams.writer.flush()
        return [one for one in decided if one.applied], flagged

    def _candidates(self, connection: Connection) -> dict[str, tuple[list[Evidence], set[str]]]:
        """Exam -> other exams that passed through, and digests of V/Q exams, that share a number with it and were not looked at."""
        found: dict[str, tuple[list[Evidence], set[str]]] = {}
        if len(self._seen) > _REMEMBERED:
            self._seen.clear()
        asking = _asking(connection)
        newest: dict[tuple[str, str], dict[str, Row[Any]]] = {}
        for numbers in chunks(sorted(asking), _NUMBERS_AT_ONCE):
            for row in connection.execute(_OTHER, {"numbers": numbers}).all():
                for exam, item in asking[row.number]:
                    if (item, row.hash) not in self._seen:
                        self._seen.add((item, row.hash))
                        patient = Patient((Identifier(row.number, row.authority),))
                        found.setdefault(exam, ([], set()))[0].append(Evidence(row.kind, patient, row.accession, row.done_at))
            for row in connection.execute(_ANOTHER_VQ, {"numbers": numbers}).all():
                for exam, item in asking[row.number]:
                    if exam != row.digest:
                        newest.setdefault((exam, item), {})[row.digest] = row
        for (exam, item), others in newest.items():
            for row in sorted(others.values(), key=lambda one: (one.first_seen_at, one.digest), reverse=True)[:_NEWEST]:
                # Where its audit chain ends as it did, the other exam is as it was.
                mark = (item, f"{row.digest}:{row.audit_head}")
                if mark not in self._seen:
                    self._seen.add(mark)
                    found.setdefault(exam, ([], set()))[1].add(row.digest)
        return found

    def _propose(self, exams: Exams, digest: str, others: Sequence[Evidence], now: datetime) -> Decided:
        row = exams.by_digest(digest)
        if row is None:
            return Decided()
        exam = exams.load(row)
        found = [replace(one, patient=exams.persons.resolved(one.patient)) for one in others]
        changes = propose(exam, found)
        if not changes:
            return Decided()
        told = about(exams.connection, row, exam.versions[0].patient if exam.versions else Patient())
        made = apply(exams.writer, row.chain, row.digest, exam, changes, now=now, destinations=self.destinations, about=told)
        exams.save(row, row.late_at)
        return Decided(row.digest, tuple(made))

    def _settle(self, exams: Exams, digest: str, now: datetime) -> tuple[Decided, tuple[str, ...]]:
        """Looks once at a study whose images are complete. What was flagged is in the audit trail and in the log."""
        exams.writer.add("settles", {"exam": digest, "settle": None})
        row = exams.by_digest(digest)
        if row is None or row.digest != digest:
            return Decided(), ()
        exam = replace(exams.load(row), settled=True)
        changes = clocks.settled(exam, self.policy, now)
        told = about(exams.connection, row, exam.versions[0].patient if exam.versions else Patient()) if changes else None
        made = apply(exams.writer, row.chain, row.digest, exam, changes, now=now, destinations=self.destinations, about=told)
        flags = self._flags(exams.connection, exam)
        for code in flags:
            row.chain.add(now, "study", row.digest, "", "flagged", code)
        if row.chain.rows:
            exams.save(row, row.late_at)
        return Decided(row.digest, tuple(made)), flags

    def _flags(self, connection: Connection, exam: Exam) -> tuple[str, ...]:
        facts, flags = facts_of(exam.instances, settled=True), []
        window = chest_x_ray_window(facts, self.policy.chest_x_ray_before, self.policy.chest_x_ray_after)
        people = [*(version.patient for version in exam.versions), *(image.patient for image in exam.instances)]
        if self.policy.chest_x_ray_before and window and not chest_x_rays(connection, people, *window):
            flags.append(NO_CHEST_X_RAY)
        if exam.current and exam.current.ventilation and facts.no_ventilation:
            flags.append("ventilation-not-acquired")
        return tuple(flags)


def _asking(connection: Connection) -> dict[str, list[tuple[str, str]]]:
    """Medical record number -> (exam, item) of what is open to evidence."""
    items: dict[str, list[str]] = {}
    for row in connection.execute(_ASKING).all():
        items.setdefault(row.exam, []).append(row.id)
    asking: dict[str, list[tuple[str, str]]] = {}
    for exams in chunks(sorted(items), _NUMBERS_AT_ONCE):
        for row in connection.execute(_NUMBERS, {"exams": exams}).all():
            asking.setdefault(row.value, []).extend((row.exam, item) for item in items[row.exam])
    return asking


def _as_evidence(exam: Exam) -> list[Evidence]:
    """Another V/Q exam as evidence, once it has a final reading."""
    current, done_at = exam.current, scan_time(exam)
    if current is None or current.standing is not Standing.CURRENT or current.category is Category.REVIEW or done_at is None:
        return []
    return [Evidence("vq", current.patient, "" if exam.key.accession.startswith("msh10:") else exam.key.accession, done_at)]
