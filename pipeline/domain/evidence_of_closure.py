"""A later exam of the same patient as a proposed reason to close an open follow-up; a person confirms, time and evidence never close."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.decision import Change
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.followup import FollowUp, FollowUpReason
from pipeline.domain.identity import Patient, conflicts

OPEN_TO_EVIDENCE = frozenset(
    {FollowUpReason.INDETERMINATE, FollowUpReason.POSITIVE, FollowUpReason.UNREADABLE, FollowUpReason.NO_PE_QUESTION}
)
"""Follow-ups that stand for what the scan said: another test may have answered the question."""

NAMES = {"ctpa": "CT pulmonary angiogram", "leg-ultrasound": "leg ultrasound", "vq": "V/Q scan"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A final result of another exam. `kind`: a key of NAMES."""

    kind: str
    patient: Patient
    accession: str
    done_at: datetime


def propose(exam: Exam, found: Sequence[Evidence]) -> tuple[Change, ...]:
    """Open follow-ups of this exam with the first later result as their proposal. One that carries a proposal keeps it.

    An exam counts only if it was done after the scan, is of nobody else as far as anything says, and shares a record number with it.
    """
    done_at, people = scan_time(exam), _people(exam)
    later = sorted((one for one in found if done_at and one.done_at > done_at and _of(people, one.patient)), key=_place)
    if not later:
        return ()
    said = sentence(later[0])
    items = [item for item in exam.follow_ups if item.state.open and item.reason in OPEN_TO_EVIDENCE and not item.proposal]
    return tuple(Change(_with(item, said), "evidence-found") for item in items)


def scan_time(exam: Exam) -> datetime | None:
    """When the scan was done: by its images, else by its reports, else when it was signed or sent."""
    imaged = [image.acquired_at for image in exam.instances if image.acquired_at]
    observed = [version.observed_at for version in exam.versions if version.observed_at]
    return min(imaged or observed, default=None)


def sentence(found: Evidence) -> str:
    """Our own words, an accession and a date: no text of a report."""
    number = f" {found.accession}" if found.accession else ""
    what = f"{NAMES[found.kind]}{number} of {found.done_at.date().isoformat()}"
    return f"A later {what} has a final report. See whether it answers the question."


def _place(one: Evidence) -> tuple[datetime, str, str]:
    return one.done_at, one.kind, one.accession


def _people(exam: Exam) -> list[Patient]:
    return [version.patient for version in exam.versions if version.standing is not Standing.NOT_LIVE]


def _of(people: Sequence[Patient], patient: Patient) -> bool:
    """Positively the same person: a record number of one authority in common with a version, and no version conflicts."""
    theirs = {(one.authority.casefold(), one.value.strip().upper()) for one in patient.identifiers if one.authority and one.value.strip()}
    ours = {(one.authority.casefold(), one.value.strip().upper()) for person in people for one in person.identifiers}
    return bool(theirs & ours) and not any(conflicts(patient, person) for person in people)


def _with(item: FollowUp, said: str) -> FollowUp:
    return replace(item, proposal=said, version=item.version + 1)
