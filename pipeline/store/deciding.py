"""One message under the lock of its exam: joined, decided, and remembered with everything that follows from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain import clocks
from pipeline.domain import decide as deciding
from pipeline.domain.arrival import News, NotForUs, OtherExam, PatientChange, Rejection
from pipeline.domain.decide import InstanceDecision, words_of
from pipeline.domain.decision import Change, Decision
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUp
from pipeline.domain.identity import Patient, conflicts
from pipeline.domain.instance import Instance
from pipeline.domain.notice import Hold
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Reading
from pipeline.domain.report import Liveness, Report, TextBlock
from pipeline.reading.communicated import communicated
from pipeline.store import expected, joins, others, patients, record
from pipeline.store.audit import open_chain
from pipeline.store.changes import About, Applied, apply
from pipeline.store.decided import Decided as Decided
from pipeline.store.exams import ExamRow, Exams, is_urgent, waiting_key
from pipeline.store.headings import about as about
from pipeline.store.record import Provenance

_LATE = "retired-identifier"


@dataclass(frozen=True, slots=True)
class Rules:
    """The pure functions that are applied, and with which settings."""

    interpret: Callable[[Sequence[TextBlock]], Reading]
    policy: Policy
    provenance: Provenance
    decide: Callable[[Exam, Report, Reading, Policy, datetime], Decision] = deciding.decide
    decide_instance: Callable[[Exam, Instance, Policy, datetime], InstanceDecision] = deciding.decide_instance
    decide_rejection: Callable[[str, Rejection, Policy, datetime], FollowUp] = deciding.decide_rejection
    promoted_text: Callable[[Exam, Report], Report] = deciding.promoted_text
    tick: Callable[[Exam, Policy, datetime], tuple[Change, ...]] = clocks.tick
    late_from: Callable[[Exam, Policy], datetime | None] = clocks.late_from


class Deciding:
    """Decides the messages of one write transaction, one after the other."""

    def __init__(self, exams: Exams, rules: Rules, destinations: Mapping[str, frozenset[str]]) -> None:
        self._writer = exams.writer
        self._connection = exams.connection
        self._exams = exams
        self._answered = joins.Answered(exams.connection, exams.persons)
        self._rules = rules
        self._destinations = destinations
        self._words: dict[str, str] = {}
        self._waiting: bool | None = None

    def expect(self, reports: Sequence[Report]) -> None:
        """Looks up in one statement what deciding each of these would have to look up."""
        self._answered.look_up((report, self._words_of(report)) for report in reports)
        self._exams.persons.look_up(report.patient for report in reports)
        self._waiting = joins.any_waiting(self._connection)

    def alone(self, what: object) -> bool:
        """Whether deciding this reads or writes nothing but rows that are kept back: the first report of an exam, as most are."""
        if isinstance(what, NotForUs) and isinstance(what.news, OtherExam):
            return True
        if isinstance(what, Report) and what.study_uid and "accession-missing" in what.problems:
            return False
        if not isinstance(what, Report) or what.linked or self._waiting or not self._exams.of(what.key).fresh:
            return False
        return self._answered.elsewhere(what, self._words_of(what)) is None and not self._exams.persons.known(what.patient).retired

    def forget(self) -> None:
        """What was decided last is gone from the database."""
        self._exams.forget()
        self._answered.forget()
        self._waiting = None

    def report(self, report: Report, reading: Reading, now: datetime) -> Decided:
        """Decides one report version. Its message row is there already."""
        rules, policy = self._rules, self._rules.policy
        words = self._words_of(report)
        row, linked = self._exam_for(report, words, now)
        if "accession-missing" in report.problems and row.key != report.key:
            # Its Study Instance UID, or the same report under an accession, has told which exam it belongs to.
            report = replace(report, problems=tuple(code for code in report.problems if code != "accession-missing"))
        exam, told_now = self._exams.persons.meet(self._exams.load(row), report)
        promoted = rules.promoted_text(exam, told_now)
        if promoted is not told_now:
            reading = rules.interpret(promoted.blocks)
        decision = rules.decide(exam, promoted, reading, policy, now)
        alone = row.fresh and not report.linked
        keys = (report.key, *report.linked)
        names = {"accession": report.accession, "control": report.control_id, "study": report.study_uid}
        record.add_identifiers(self._writer, row.digest, keys, report.patient, **names)
        if told_now is not report:
            record.add_identifiers(self._writer, row.digest, (), told_now.patient)
        # Kept under the number that it came with: a merge may be undone.
        kept = replace(promoted, patient=report.patient) if told_now is not report else promoted
        after = record.add_version(self._writer, row, exam, kept, reading, decision, now, rules.provenance)
        changes = _evidenced(decision.changes, promoted)
        if exam.known.retired and any(isinstance(change.item, Hold) and _LATE in change.item.reasons for change in changes):
            self._exams.persons.held(report.patient, now)
        if linked:
            changes += _renewed(exam, changes)
        tasks = any(isinstance(change.item, FollowUp) for change in changes)
        told = about(self._connection, row, told_now.patient, alone=alone) if tasks else None
        made = self._apply(row, exam, changes, now, told)
        self._exams.save(row, self._late(after, changes))
        record.settle_message(self._writer, report.content_hash, "read", exam=row.digest)
        self._answered.add(report, words, row.digest)
        return Decided(row.digest, tuple(made), promoted, reading, decision, decision.reasons)

    def instance(self, instance: Instance, now: datetime) -> Decided:
        """Joins one image to its exam, or lets it wait with its study."""
        self._writer.flush()
        found = joins.exam_of(self._exams, instance)
        row, why = found or (self._exams.of(waiting_key(instance)), "waiting")
        self._waiting = self._waiting or row.waiting or None
        decided = self._join(row, self._exams.load(row), instance, now, why, new=True)
        record.settle_message(self._writer, instance.content_hash, "study", exam=row.digest)
        return decided

    def rejection(self, content_hash: str, rejection: Rejection, now: datetime) -> Decided:
        """Opens the follow-up of an input that cannot be used."""
        follow_up = self._rules.decide_rejection(content_hash, rejection, self._rules.policy, now)
        chain = open_chain(self._connection, follow_up.id)
        changes = (Change(follow_up, "rejected"),)
        made = apply(self._writer, chain, None, None, changes, now=now, destinations=self._destinations)
        self._writer.trail(chain)
        record.settle_message(self._writer, content_hash, "rejected", reason=rejection.reason, detail=rejection.detail)
        return Decided(applied=tuple(made))

    def news(self, content_hash: str, news: News, now: datetime) -> Decided:
        """What a message that is no V/Q result says that exams must know: a merge, a death, another exam, an order."""
        if isinstance(news, PatientChange):
            return patients.change(self._exams, self._rules.policy, self._destinations, news, content_hash, now)
        if isinstance(news, OtherExam):
            return others.other(self._exams, self._rules.policy, self._destinations, news, content_hash, now)
        return expected.order(self._exams, self._rules.policy, self._destinations, news, content_hash, now)

    def late(self, digest: str, now: datetime) -> Decided:
        """Looks at the clocks of one exam."""
        row = self._exams.by_digest(digest)
        if row is None:
            return Decided()
        exam = self._exams.load(row)
        changes = self._rules.tick(exam, self._rules.policy, now)
        people = [*(version.patient for version in exam.versions), *(image.patient for image in exam.instances), Patient()]
        made = self._apply(row, exam, changes, now, about(self._connection, row, people[0]))
        late_at = self._late(exam, changes)
        # What the clock has nothing to say about although its time has come is not asked again before something happens to it.
        self._exams.save(row, late_at if late_at and late_at > now else None)
        return Decided(row.digest, tuple(made))

    def rejoin(self, digest: str, now: datetime) -> Decided | None:
        """Looks again whether a waiting study has an exam by now; None: it still waits."""
        other = self._exams.by_digest(digest)
        if other is None or not other.waiting:
            return None
        images = joins.waiting_instances(self._connection, other.digest)
        found = next((found for image in images if (found := joins.exam_of(self._exams, image))), None)
        if found is None or found[0].digest == other.digest:
            return None
        row, why = found
        before = self._exams.load(row)
        self._exams.absorb(other, row, why, now)
        made: list[Applied] = []
        for image in images:
            # Each image is held against what was known before, and the changes of one are the ground for the next.
            made += self._join(row, before, image, now, why, new=False).applied
            before = self._exams.load(row)
        return Decided(row.digest, tuple(made))

    def _join(self, row: ExamRow, exam: Exam, instance: Instance, now: datetime, why: str, *, new: bool) -> Decided:
        decision = self._rules.decide_instance(exam, instance, self._rules.policy, now)
        if new:
            accession = instance.accession or (instance.key.accession if instance.key else "")
            study = {"accession": accession, "study": instance.study_uid}
            record.add_identifiers(self._writer, row.digest, (), instance.patient, **study)
            record.add_instance(self._writer, row, instance, now, why)
            row.settle_at = now + self._rules.policy.study_settle
            self._writer.add("settles", {"exam": row.digest, "settle": row.settle_at})
        told = about(self._connection, row, instance.patient) if decision.changes else None
        made = self._apply(row, exam, decision.changes, now, told)
        known = instance.content_hash in {image.content_hash for image in exam.instances}
        after = exam if known else replace(exam, instances=(*exam.instances, instance))
        if not after.versions:
            keys = {row.digest} | ({instance.key.digest} if instance.key else set())
            after = replace(after, urgent=after.urgent or is_urgent(self._connection, keys))
        self._exams.save(row, self._late(after, decision.changes))
        return Decided(row.digest, tuple(made), reasons=decision.reasons)

    def _exam_for(self, report: Report, words: str, now: datetime) -> tuple[ExamRow, bool]:
        """The exam that answers for this report, and whether it has just come to answer for one more accession."""
        exams, linked = self._exams, False
        row = exams.of(report.key)
        if report.liveness is Liveness.NOT_LIVE:
            return row, False
        for key in report.linked:
            row, joined = self._link(row, exams.of(key), now)
            linked = linked or joined
        found = self._answered.elsewhere(report, words)
        if found is None and row.fresh and "accession-missing" in report.problems and report.study_uid:
            self._writer.flush()
            found = joins.exam_of_study(exams, report)
        if found and self._unreported(row, report) and (same := exams.by_digest(found)):
            row, linked = self._link(same, row, now)
        if self._waiting is None:
            self._waiting = joins.any_waiting(self._connection)
        if self._waiting:
            self._writer.flush()
            self._take_waiting(row, report, now)
        return row, linked

    def _link(self, row: ExamRow, other: ExamRow, now: datetime) -> tuple[ExamRow, bool]:
        """Lets one of the two answer for both. Two that have both been reported on stay apart: their letters may be out."""
        if row.digest == other.digest:
            return row, False
        self._writer.flush()
        if not other.fresh and joins.has_versions(self._connection, other.digest):
            if not row.fresh and joins.has_versions(self._connection, row.digest):
                return row, False
            row, other = other, row
        self._exams.absorb(other, row, "same-report", now)
        return row, True

    def _unreported(self, row: ExamRow, report: Report) -> bool:
        """Whether nothing but images of the report's own patient is known of an exam: it may become a part of another one."""
        if row.fresh:
            return True
        self._writer.flush()
        if joins.has_versions(self._connection, row.digest):
            return False
        return not any(conflicts(image.patient, report.patient) for image in self._exams.load(row).instances)

    def _take_waiting(self, row: ExamRow, report: Report, now: datetime) -> None:
        arriving = {row.digest: (report.patient, report.study_uid)}
        for digest in joins.waiting_for(self._connection, report):
            other = self._exams.by_digest(digest)
            if other is None or not other.waiting:
                continue
            for image in joins.waiting_instances(self._connection, digest):
                found = joins.exam_of(self._exams, image, arriving)
                if found and found[0].digest == row.digest:
                    self._exams.absorb(other, row, found[1], now)
                    break

    def _apply(self, row: ExamRow, exam: Exam, changes: Sequence[Change], now: datetime, told: About | None) -> list[Applied]:
        return apply(self._writer, row.chain, row.digest, exam, changes, now=now, destinations=self._destinations, about=told)

    def _words_of(self, report: Report) -> str:
        if report.content_hash not in self._words:
            self._words[report.content_hash] = words_of(report)
        return self._words[report.content_hash]

    def _late(self, exam: Exam, changes: Sequence[Change]) -> datetime | None:
        """From when on the exam's report is late, as it stands after these changes."""
        items = {item.id: item for item in exam.follow_ups}
        items |= {change.item.id: change.item for change in changes if isinstance(change.item, FollowUp)}
        return self._rules.late_from(replace(exam, follow_ups=tuple(items.values())), self._rules.policy)


def _renewed(exam: Exam, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Open follow-ups once more, for the accession that they now carry too."""
    touched = {change.item.id for change in changes}
    items = [item for item in exam.follow_ups if item.state.open and item.id not in touched]
    return tuple(Change(replace(item, version=item.version + 1), "exam-linked") for item in items)


def _evidenced(changes: tuple[Change, ...], report: Report) -> tuple[Change, ...]:
    """Follow-ups of this version, saying what its text says of somebody having been told. It changes no clock and no state."""
    items = [change.item for change in changes if isinstance(change.item, FollowUp) and change.item.state.open]
    contact = communicated(report.blocks) if any(item.report_hash == report.content_hash for item in items) else None
    if contact is None:
        return changes
    return tuple(
        replace(change, item=replace(change.item, contact=contact.said))
        if isinstance(change.item, FollowUp) and change.item.state.open and change.item.report_hash == report.content_hash
        else change
        for change in changes
    )
