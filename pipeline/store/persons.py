"""What the ledger knows of persons, looked up once a transaction for many of them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from pipeline.domain.exam import Exam
from pipeline.domain.identity import Patient
from pipeline.domain.patients import Entry, Number, PatientKnown, known_of, numbers, resolved, way
from pipeline.domain.report import Report
from pipeline.store import tables as t
from pipeline.store.dialect import insert_or_update, storable

_ROWS = select(t.patients).where(t.patients.c.number.in_(bindparam("numbers", expanding=True)))
_ROWS = _ROWS.order_by(t.patients.c.number, t.patients.c.authority)
_LOCKED = _ROWS.with_for_update()
_VALUES = ("survivor_authority", "survivor", "told", "deceased", "wish", "changed_at", "merged_at", "died_at", "said_at")
_LONGEST = 200
"""An index must hold a number."""


class Persons:
    """The known ones among those asked for, in one transaction. `forget` after a rolled-back savepoint."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._asked: set[str] = set()
        self.entries: dict[Number, Entry] = {}

    def look_up(self, people: Iterable[Patient], more: Iterable[Number] = (), *, lock: bool = False) -> None:
        """Asks for all that was not asked for yet in one statement, and for what they were merged into."""
        wanted = {value for patient in people for _, value in numbers(patient.identifiers)} | {value for _, value in more}
        wanted = {storable(value, _LONGEST) for value in wanted} - (set() if lock else self._asked)
        while wanted:
            self._asked |= wanted
            following: set[str] = set()
            for row in self._connection.execute(_LOCKED if lock else _ROWS, {"numbers": sorted(wanted)}):
                survivor = (row.survivor_authority or "", row.survivor) if row.survivor else None
                entry = Entry(survivor, row.told, row.deceased, row.wish, row.merged_at, row.died_at, row.said_at)
                self.entries[row.authority, row.number] = entry
                if survivor:
                    following.add(survivor[1])
            wanted = following - self._asked

    def forget(self) -> None:
        self._asked.clear()
        self.entries.clear()

    def resolved(self, patient: Patient) -> Patient:
        self.look_up((patient,))
        return resolved(patient, self.entries) if self.entries else patient

    def known(self, patient: Patient) -> PatientKnown:
        self.look_up((patient,))
        return known_of(patient, self.entries)

    def fill(self, exam: Exam) -> Exam:
        """The exam with its people under the numbers that live now, and with what else is known of them."""
        people = [version.patient for version in exam.versions] + [image.patient for image in exam.instances]
        self.look_up(people)
        if not self.entries:
            return exam
        known = [self.known(patient) for patient in people]
        return replace(
            exam,
            versions=tuple(replace(version, patient=self.resolved(version.patient)) for version in exam.versions),
            instances=tuple(replace(image, patient=self.resolved(image.patient)) for image in exam.instances),
            known=replace(_together([*known, exam.known]), retired=False),
        )

    def meet(self, exam: Exam, report: Report) -> tuple[Exam, Report]:
        """The exam with what is known of the patient whom a report names, and the report under the number that lives now."""
        self.look_up((report.patient,))
        if not self.entries:
            return exam, report
        exam = replace(exam, known=_together([exam.known, self.known(report.patient)]))
        return exam, self.called_now(report)

    def called_now(self, report: Report) -> Report:
        """The report under the numbers that live now."""
        patient = self.resolved(report.patient)
        return report if patient is report.patient else replace(report, patient=patient)

    def held(self, patient: Patient, now: datetime) -> None:
        """A late report under these numbers has been held: the next ones follow the alias without."""
        late = {own: self.entries[own] for own in numbers(patient.identifiers) if len(way(self.entries, own)) > 1}
        self.write({own: replace(entry, told=True) for own, entry in late.items()}, now)

    def write(self, changed: Mapping[Number, Entry], now: datetime) -> None:
        if not changed:
            return
        self.entries |= changed
        rows = [
            {
                "authority": storable(authority, _LONGEST),
                "number": storable(value, _LONGEST),
                "survivor_authority": storable(entry.survivor[0], _LONGEST) if entry.survivor else None,
                "survivor": storable(entry.survivor[1], _LONGEST) if entry.survivor else None,
                "told": entry.told,
                "deceased": entry.deceased,
                "wish": entry.wish,
                "changed_at": now,
                "merged_at": entry.merged_at,
                "died_at": entry.died_at,
                "said_at": entry.said_at,
            }
            for (authority, value), entry in sorted(changed.items())
        ]
        self._connection.execute(insert_or_update(self._connection.dialect.name, t.patients, _VALUES), rows)


def _together(known: Iterable[PatientKnown]) -> PatientKnown:
    every = list(known)
    wishes = {one.wish for one in every}
    wish = "opt-out" if "opt-out" in wishes else "ask-first" if "ask-first" in wishes else ""
    return PatientKnown(any(one.deceased for one in every), any(one.retired for one in every), wish)
