"""Who has become whom, who has died, who wants no letter: ADT messages applied to every exam of the person."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from pipeline.domain.arrival import PatientChange, PatientEvent
from pipeline.domain.exam import Exam
from pipeline.domain.identity import Identifier, Patient
from pipeline.domain.patient_news import Heard, disagree, hear
from pipeline.domain.patients import NO_ENTRY, Entry, Number, PatientKnown, life, merge, number_of, numbers, part, resolved, way
from pipeline.domain.policy import Policy
from pipeline.store import record
from pipeline.store import tables as t
from pipeline.store.changes import apply
from pipeline.store.decided import Decided
from pipeline.store.exams import ExamRow, Exams, load_exam
from pipeline.store.headings import about
from pipeline.store.persons import Persons

_AHEAD = timedelta(days=1)
_OF_NUMBERS = (
    select(func.coalesce(t.exams.c.owner, t.exams.c.digest).label("digest"))
    .join(t.identifiers, t.identifiers.c.exam == t.exams.c.digest)
    .where(t.identifiers.c.kind == "mrn", t.identifiers.c.value.in_(bindparam("values", expanding=True)))
    .distinct()
    .order_by("digest")
)


def change(
    exams: Exams,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],
    news: PatientChange,
    content_hash: str,
    now: datetime,
) -> Decided:
    """Applies an ADT message: remembers what it says, and lets every exam of the person hear it, in the order of their digests."""
    # A clock that is a little ahead still tells what was said before what; one that is wrong does not.
    at = news.said_at if news.said_at and news.said_at <= now + _AHEAD else now
    own, prior = numbers(news.patient.identifiers), numbers(news.prior)
    persons = exams.persons
    persons.look_up((), (*own, *prior), lock=True)
    learned = _Learned(persons, news, own, prior, at, now)
    exams.writer.flush()
    values = sorted({record.folded(value) for _, value in learned.concerned})
    digests = list(exams.connection.execute(_OF_NUMBERS, {"values": values}).scalars()) if values else []
    exams.take(digests)
    concerned: list[tuple[ExamRow, Exam, Heard]] = []
    for digest in digests:
        row = exams.by_digest(digest)
        if row is None:
            continue
        raw = load_exam(exams.connection, row.digest, row.key, row.first_seen_at)
        if heard := learned.for_exam(raw):
            concerned.append((row, raw, heard))
    if any(heard.merged for _, _, heard in concerned) and disagree([exams.persons.fill(raw) for _, raw, _ in concerned]):
        # The message may say nothing of a birth date: its exams tell that one person was made of two.
        concerned = [(row, raw, replace(heard, doubtful=True)) for row, raw, heard in concerned]
    made: list[Decided] = []
    for row, raw, heard in concerned:
        if decided := _hear(exams, policy, destinations, row, raw, heard, content_hash, now):
            made.append(decided)
    if made:
        if learned.demographics:
            # Only of those who have exams: of everybody else nothing is kept.
            persons.write({one: replace(persons.entries.get(one, NO_ENTRY), said_at=at) for one in own}, now)
        record.settle_message(exams.writer, content_hash, "not_vq", exam=made[0].exam, reason="not-a-result")
    return replace(made[0], also=tuple(made[1:])) if made else Decided()


def known(connection: Connection, patient: Patient) -> PatientKnown:
    """What is known of the person whom this mention names."""
    return Persons(connection).known(patient)


def wish(connection: Connection, authority: str, number: str, wish: str, now: datetime) -> None:
    """Remembers that somebody wants no letters (`opt-out`), wants to be asked (`ask-first`), or neither any more (empty).

    It counts for the number that lives now, and for every number on the way to it.
    """
    persons = Persons(connection)
    asked = number_of(authority, number)
    persons.look_up((), (asked,), lock=True)
    persons.write({one: replace(persons.entries.get(one, NO_ENTRY), wish=wish) for one in way(persons.entries, asked)}, now)


class _Learned:
    """What one message has taught, and what that is to each exam."""

    def __init__(
        self, persons: Persons, news: PatientChange, own: tuple[Number, ...], prior: tuple[Number, ...], at: datetime, now: datetime
    ) -> None:
        self._persons, self._news, self._at = persons, news, at
        self._before = dict(persons.entries)
        self._retired: set[Number] = set()
        self._parted = False
        if news.event is PatientEvent.MERGE and news.certain:
            self._merge(own, prior, now)
        elif news.event is PatientEvent.UNMERGE:
            self._part(own, prior, now)
        revived: dict[Number, Entry] = {}
        for one in own:
            if news.patient.deceased:
                persons.write(life(persons.entries, one, at, died=True), now)
            elif news.revived and any(persons.entries.get(step, NO_ENTRY).died_at for step in way(persons.entries, one)):
                # Nearly everybody is said to live: that is worth a row only where it was said otherwise.
                revived |= life(persons.entries, one, at, died=False)
        persons.write(revived, now)
        self._revived = any(self._before.get(step, NO_ENTRY).deceased for step in revived)
        self._died = news.patient.deceased and any(persons.entries.get(one, NO_ENTRY).deceased for one in own)
        last = [said for one in own if (said := self._before.get(one, NO_ENTRY).said_at)]
        self.demographics = news.event is not PatientEvent.UNMERGE and news.certain and not any(said > at for said in last)
        self._doubtful = news.event is PatientEvent.MERGE and not news.certain
        self._own = {step for one in (*own, *prior) for entries in (self._before, persons.entries) for step in way(entries, one)}
        nothing_new = news.event is PatientEvent.UNMERGE and not self._parted
        self.concerned: set[Number] = set() if nothing_new else self._own

    def _merge(self, own: Iterable[Number], prior: Iterable[Number], now: datetime) -> None:
        for retired in prior:
            survivor = next((one for one in own if one[0] == retired[0]), None)
            if survivor and (changed := merge(self._persons.entries, retired, survivor, self._at)):
                self._persons.write(changed, now)
                if self._before.get(retired, NO_ENTRY).survivor != survivor:
                    self._retired.add(retired)

    def _part(self, own: Iterable[Number], prior: Iterable[Number], now: datetime) -> None:
        for one in own:
            for other in prior:
                if one[0] == other[0] and (changed := part(self._persons.entries, one, other, self._at)):
                    self._parted = self._parted or any(self._before.get(step, NO_ENTRY).survivor for step in changed)
                    self._persons.write(changed, now)

    def for_exam(self, raw: Exam) -> Heard | None:
        """What an exam of these numbers hears; None for an exam of somebody else with the same digits."""
        people = [version.patient for version in raw.versions] + [image.patient for image in raw.instances]
        self._persons.look_up(people)
        named = {number for patient in people for number in numbers(patient.identifiers)}
        steps = {step for number in named for entries in (self._before, self._persons.entries) for step in way(entries, number)}
        if not steps & self._own:
            return None
        return Heard(
            person=resolved(self._news.patient, self._persons.entries),
            said_at=self._at,
            merged=bool(steps & self._retired),
            parted=self._parted,
            doubtful=self._doubtful,
            died=self._died,
            revived=self._revived,
            demographics=self.demographics,
        )


def _hear(
    exams: Exams,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],
    row: ExamRow,
    raw: Exam,
    heard: Heard,
    content_hash: str,
    now: datetime,
) -> Decided | None:
    exam = exams.persons.fill(raw)
    changes = hear(exam, heard, policy, now)
    happened = _happened(heard, bool(changes))
    if not happened:
        return None
    row.chain.add(now, "patient", content_hash, "", happened, "adt")
    people = [version.patient for version in exam.versions] + [image.patient for image in exam.instances] + [Patient()]
    if heard.merged:
        # Found from now on under every number on the way to the one that lives.
        mentions = [version.patient for version in raw.versions] + [image.patient for image in raw.instances]
        named = {number for mention in mentions for number in numbers(mention.identifiers)}
        led = {step for number in named for step in way(exams.persons.entries, number)}
        record.add_identifiers(
            exams.writer, row.digest, (), Patient(tuple(Identifier(value, authority) for authority, value in sorted(led)))
        )
    told = about(exams.connection, row, exam.current.patient if exam.current else people[0])
    made = apply(exams.writer, row.chain, row.digest, exam, changes, now=now, destinations=destinations, about=told)
    exams.save(row, row.late_at)
    return Decided(row.digest, tuple(made))


def _happened(heard: Heard, changed: bool) -> str:
    """The word of the audit row; empty where nothing has happened to this exam."""
    if heard.merged:
        return "merged"
    if heard.parted:
        return "parted" if changed else ""
    if not changed:
        return ""
    if heard.died:
        return "died"
    if heard.revived:
        return "revived"
    return "doubted" if heard.doubtful else "updated"
