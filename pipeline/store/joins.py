"""Which exam an image or a report belongs to where its key alone does not say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, literal_column, or_, select

from pipeline.domain.exam import Version
from pipeline.domain.identity import Patient, conflicts
from pipeline.domain.instance import Instance
from pipeline.domain.report import Report
from pipeline.store import tables as t
from pipeline.store.codec import load
from pipeline.store.exams import ExamRow, Exams
from pipeline.store.persons import Persons
from pipeline.store.record import folded

_NAMED = (
    select(func.coalesce(t.exams.c.owner, t.exams.c.digest).label("digest"))
    .join(t.identifiers, t.identifiers.c.exam == t.exams.c.digest)
    .where(t.identifiers.c.kind == bindparam("kind"), t.identifiers.c.value == bindparam("value"), t.exams.c.waiting.is_(False))
    .distinct()
    .order_by("digest")
)
_WAITING = (
    select(t.exams.c.digest)
    .join(t.identifiers, t.identifiers.c.exam == t.exams.c.digest)
    .where(
        t.exams.c.waiting,
        or_(
            (t.identifiers.c.kind == "study") & (t.identifiers.c.value == bindparam("study")),
            (t.identifiers.c.kind == "accession") & t.identifiers.c.value.in_(bindparam("accessions", expanding=True)),
        ),
    )
    .distinct()
    .order_by(t.exams.c.digest)
)
# Spelled as the partial index spells it: otherwise each batch would look through every exam to find that none waits.
_ANY_WAITING = select(t.exams.c.digest).where(literal_column("exams.waiting")).limit(1)
_SAME_REPORT = select(t.versions.c.words, t.versions.c.signed_at, t.versions.c.exam, t.versions.c.value).where(
    t.versions.c.signed_at.in_(bindparam("signed", expanding=True)), t.versions.c.words.in_(bindparam("words", expanding=True))
)
_PATIENTS = select(t.versions.c.value).where(t.versions.c.exam == bindparam("exam"))
_IMAGED = select(t.instances.c.value).where(t.instances.c.exam == bindparam("exam"))


def any_waiting(connection: Connection) -> bool:
    """Whether any study waits for its exam; most of the time none does, and reports need not look."""
    return connection.execute(_ANY_WAITING).first() is not None


def waiting_for(connection: Connection, report: Report) -> list[str]:
    """Digests of waiting studies that name this report's study or one of its accessions."""
    accessions = {folded(key.accession) for key in (report.key, *report.linked)} | {folded(report.accession)}
    wanted = {"study": folded(report.study_uid) or "-", "accessions": sorted(accessions - {""}) or ["-"]}
    return list(connection.execute(_WAITING, wanted).scalars())


def exam_of(exams: Exams, instance: Instance, arriving: Mapping[str, tuple[Patient, str]] | None = None) -> tuple[ExamRow, str] | None:
    """The exam of an image and how it was found (`issuer`, `study-uid`, `accession`); None: it waits.

    By its issuer's key; else by Study Instance UID; else by the one exam of that accession that fits the patient. An exam that
    has the very key which the source's default authority gives is taken even where the patient does not fit: it is the same
    accession of the same authority, and whoever decides then holds the letter.

    Args:
        arriving: exams whose report is being decided now: digest -> (its patient, its Study Instance UID).
    """
    if instance.issued and instance.key:
        return exams.of(instance.key), "issuer"
    arriving = arriving or {}
    if instance.study_uid:
        found = set(_named(exams.connection, "study", instance.study_uid))
        found |= {digest for digest, (_, study) in arriving.items() if folded(study) == folded(instance.study_uid)}
        if len(found) == 1 and (row := exams.by_digest(found.pop())):
            return row, "study-uid"
    accession = instance.accession or (instance.key.accession if instance.key else "")
    candidates = set(_named(exams.connection, "accession", accession)) if accession else set()
    rows = [row for digest in sorted(candidates | arriving.keys()) if (row := exams.by_digest(digest))]
    fitting = [row for row in rows if _fits(exams, row.digest, instance.patient, arriving)]
    if len(fitting) == 1:
        return fitting[0], "accession"
    same = exams.by_digest(instance.key.digest) if instance.key else None
    return (same, "accession") if same and same in rows else None


def exam_of_study(exams: Exams, report: Report) -> str | None:
    """Digest of the one exam that has this report's Study Instance UID and fits its patient, for a report without accession."""
    found = [digest for digest in _named(exams.connection, "study", report.study_uid) if exams.by_digest(digest)]
    return found[0] if len(found) == 1 and _fits(exams, found[0], report.patient, {}) else None


@dataclass(slots=True)
class Answered:
    """Which reports have been decided already, by sign time and words: the ledger's, looked up once a batch, and those of this batch."""

    connection: Connection
    persons: Persons
    _known: dict[tuple[datetime, str], list[tuple[str, Patient]]] = field(default_factory=dict)

    def look_up(self, reports: Iterable[tuple[Report, str]]) -> None:
        """Asks for (report, its words) all at once. Sign times are what tells them apart: thousands of normal reports share their words."""
        new = {(report.signed_at, words) for report, words in reports if report.signed_at} - self._known.keys()
        if not new:
            return
        self._known |= {one: [] for one in new}
        wanted = {"signed": sorted({signed for signed, _ in new}), "words": sorted({words for _, words in new})}
        for row in self.connection.execute(_SAME_REPORT, wanted):
            if (row.signed_at, row.words) in new:
                self._known[row.signed_at, row.words].append((row.exam, load(Version, row.value).patient))

    def add(self, report: Report, words: str, digest: str) -> None:
        if report.signed_at is not None:
            self._known.setdefault((report.signed_at, words), []).append((digest, report.patient))

    def forget(self) -> None:
        self._known.clear()

    def elsewhere(self, report: Report, words: str) -> str | None:
        """Digest of an exam that this very report has answered: same words, sign time and patient, whatever its accession."""
        if report.signed_at is None or not report.text.strip():
            return None
        self.look_up(((report, words),))
        found = self._known[report.signed_at, words]
        if not found:
            return None
        asked = self.persons.resolved(report.patient)
        for digest, mention in found:
            patient = self.persons.resolved(mention)
            if _same_person(patient, asked) and not conflicts(patient, asked):
                return digest
        return None


def waiting_instances(connection: Connection, digest: str) -> list[Instance]:
    """The images that wait under one waiting study."""
    return [load(Instance, value) for value in connection.execute(_IMAGED, {"exam": digest}).scalars()]


def has_versions(connection: Connection, digest: str) -> bool:
    return connection.execute(_PATIENTS, {"exam": digest}).first() is not None


def _named(connection: Connection, kind: str, value: str) -> list[str]:
    return list(connection.execute(_NAMED, {"kind": kind, "value": folded(value)}).scalars())


def _fits(exams: Exams, digest: str, patient: Patient, arriving: Mapping[str, tuple[Patient, str]]) -> bool:
    connection, resolved = exams.connection, exams.persons.resolved
    people = [load(Version, value).patient for value in connection.execute(_PATIENTS, {"exam": digest}).scalars()]
    people += [instance.patient for instance in waiting_instances(connection, digest)]
    if digest in arriving:
        people.append(arriving[digest][0])
    return bool(people) and not any(conflicts(resolved(patient), resolved(person)) for person in people)


def _same_person(one: Patient, other: Patient) -> bool:
    """Positively the same, not only without conflict: a shared identifier, or name and birth date."""
    ours = {(i.authority.casefold(), i.value.strip().upper()) for i in one.identifiers if i.value.strip()}
    if ours & {(i.authority.casefold(), i.value.strip().upper()) for i in other.identifiers}:
        return True
    return bool(one.birth_date and one.birth_date == other.birth_date and one.name and other.name and one.name.spoken == other.name.spoken)
