"""What a follow-up is sent with: the accessions of its exam and the number of its patient."""

from sqlalchemy import Connection

from pipeline.domain.identity import ExamKey, Patient
from pipeline.store import joins
from pipeline.store.changes import About
from pipeline.store.exams import WAITING_AUTHORITY, ExamRow, accessions_of


def about(connection: Connection, row: ExamRow, patient: Patient, *, alone: bool = False) -> About:
    """What the follow-ups of an exam are sent with. `alone`: nothing can be linked to it yet, no need to look."""
    keys = [row.key] if alone else accessions_of(connection, row.digest)
    if row.key.authority == WAITING_AUTHORITY:
        keys = sorted({image.key for image in joins.waiting_instances(connection, row.digest) if image.key})
    return About(tuple((key.authority, key.accession) for key in keys if _shown(key)), _record_number(patient))


def _shown(key: ExamKey) -> bool:
    return key.authority != WAITING_AUTHORITY and not key.accession.startswith("msh10:")


def _record_number(patient: Patient) -> tuple[str, str] | None:
    ranked = sorted(patient.identifiers, key=lambda one: one.type not in ("MR", ""))
    return (ranked[0].authority, ranked[0].value) if ranked else None
