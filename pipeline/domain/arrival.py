"""What came in: one message or image out of one file, and what its bytes turned out to be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.identity import ExamKey, Identifier, Patient
from pipeline.domain.instance import Instance
from pipeline.domain.report import Report


class Kind(StrEnum):
    HL7_ORU = "hl7-oru"
    HL7_OTHER = "hl7-other"
    DICOM_IMAGE = "dicom-image"
    DICOM_SR = "dicom-sr"
    DICOM_OTHER = "dicom-other"
    TEXT = "text"
    OTHER = "other"


class PatientEvent(StrEnum):
    """What an ADT message says about a person. Source: HL7 v2 table 0003."""

    MERGE = "merge"
    """A40, A30, A47 and their elder siblings: `prior` is retired, `patient` survives."""
    UNMERGE = "unmerge"
    """A37: what A24 or a merge linked is two people after all."""
    UPDATE = "update"
    """A08, A31 and every other event: the demographics as they are now; PID-30 may say that the person has died."""


@dataclass(frozen=True, slots=True)
class PatientChange:
    """News about a person. `prior` is MRG-1 (or the second PID of an unlink), empty where nothing is retired."""

    event: PatientEvent
    patient: Patient
    prior: tuple[Identifier, ...] = ()
    said_at: datetime | None = None
    """EVN-2, else MSH-7; aware."""
    revived: bool = False
    """PID-30 = N said in plain words: an earlier report of death was a mistake."""
    certain: bool = True
    """False where a merge does not say, or not of one authority, who has become whom: nobody is merged, a person looks."""


class OtherKind(StrEnum):
    """Exams of the same patient that matter to a V/Q scan."""

    CHEST_XRAY = "chest-xray"
    CTPA = "ctpa"
    LEG_ULTRASOUND = "leg-ultrasound"


@dataclass(frozen=True, slots=True)
class OtherExam:
    """A result or image of another exam that passes through: no text of it is kept. `final`: OBR-25 F or C; images are not."""

    kind: OtherKind
    patient: Patient
    accession: str
    done_at: datetime | None
    final: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedExam:
    """An order for a V/Q scan (ORM, OMG, OMI, or a line of the RIS list)."""

    key: ExamKey
    patient: Patient
    due_at: datetime | None
    cancelled: bool = False
    urgent: bool = False
    """OBR-5, OBR-27/TQ1-9 S or A, or PV1-2 E: emergency or STAT."""
    code: str = ""


News = PatientChange | OtherExam | ExpectedExam


@dataclass(frozen=True, slots=True)
class NotForUs:
    """Valid, but no V/Q result. `reason` is a code; `code` is the exam code (never text) for `unmapped` counts.

    `news`: what it says all the same that exams may have to know; None for nearly everything.
    """

    reason: str
    code: str = ""
    news: News | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Cannot be used. `reason` is a code, `detail` our own words free of patient data.

    `maybe_vq` says that it may have been a V/Q report, which puts its follow-up on the positive's clock.
    """

    reason: str
    detail: str = ""
    maybe_vq: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message (HL7) or instance (DICOM) of one file.

    Attributes:
        kind: by content, never by file name.
        ordinal: 1-based number of the message in its file.
        content_hash: SHA-256 (64 hex) of this message's own bytes.
        body: those bytes for HL7 and SR (the ledger keeps them); empty for images.
        what: the outcome of reading it.
    """

    kind: Kind
    ordinal: int
    content_hash: str
    body: bytes
    what: Report | Instance | NotForUs | Rejection
