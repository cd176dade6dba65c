"""One version of a report, as the source sent it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.domain.identity import ExamKey, Patient, PersonName


class Status(StrEnum):
    """FHIR R4 DiagnosticReport.status. Source: HL7 v2 tables 0123 and 0085 with HL7's v2-to-FHIR maps."""

    REGISTERED = "registered"
    PARTIAL = "partial"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"

    @property
    def provisional(self) -> bool:
        return self in (Status.REGISTERED, Status.PARTIAL, Status.PRELIMINARY)

    @property
    def retracted(self) -> bool:
        return self in (Status.CANCELLED, Status.ENTERED_IN_ERROR)


class Liveness(StrEnum):
    """Whether the message may lead to anything. Source: HL7 v2 MSH-11, tables 0103 and 0207."""

    LIVE = "live"
    NOT_LIVE = "not-live"
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Report text in message order, lines separated by `\\n`.

    `section` is what the source's code says the block is (`impression`, `findings`, `indication`, `history`, `comparison`,
    `technique`, `recommendation`, `addendum`, `communication`, `procedure`); None where only the text itself can tell.
    """

    text: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One version of a report of one exam.

    Attributes:
        kind: `hl7-oru`, `dicom-sr` or `text`.
        key: the exam it belongs to.
        linked: further exams that this same report answers (separate V and Q accessions).
        accession: the accession as sent; empty if none was.
        status: from OBR-25 and the impression's OBX-11, or the SR's flags.
        liveness: MSH-11.
        problems: reason codes that the reader of the bytes found (see `pipeline.domain.reasons`).
        blocks: the report's text.
        patient: who it is about.
        orderer: the ordering clinician (OBR-16, else ORC-12, else PV1-7), for the letter and the follow-up's owner.
        orderer_id: the id under which the message names that clinician (XCN.1), empty if none.
        interpreter: who read it (OBR-32).
        observed_at: when the scan was done (OBR-7); aware.
        signed_at: when the report was signed (OBR-22); aware; None if not said.
        message_at: MSH-7; aware; None if not said.
        exam_code, exam_text: OBR-4 identifier and text.
        patient_class: PV1-2.
        discharged: PV1-45 holds a time: the patient has left the ward.
        study_uid: Study Instance UID, empty if none.
        source: name of the configured source, else the sending facility.
        control_id: MSH-10 or the SR's SOP Instance UID.
        content_hash: SHA-256 (64 hex) of the message's own bytes.
    """

    kind: str
    key: ExamKey
    content_hash: str
    status: Status
    liveness: Liveness
    blocks: tuple[TextBlock, ...]
    patient: Patient
    accession: str = ""
    linked: tuple[ExamKey, ...] = ()
    problems: tuple[str, ...] = ()
    orderer: PersonName | None = None
    interpreter: PersonName | None = None
    observed_at: datetime | None = None
    signed_at: datetime | None = None
    message_at: datetime | None = None
    exam_code: str = ""
    exam_text: str = ""
    patient_class: str = ""
    discharged: bool = False
    study_uid: str = ""
    source: str = ""
    control_id: str = ""
    orderer_id: str = ""
    urgent: bool = False
    """PV1-2 E, or STAT in OBR-5 or OBR-27."""
    text: str = field(init=False, repr=False)
    """The blocks joined by `\\n`: what evidence offsets count in."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", "\n".join(block.text for block in self.blocks))

    @property
    def orderer_name(self) -> str:
        return self.orderer.spoken if self.orderer else ""

    @property
    def order(self) -> tuple[float, float, str]:
        """Sort key of versions of one exam: (OBR-22 or MSH-7, MSH-7, hash). Arrival plays no part."""
        signed = self.signed_at or self.message_at
        sent = self.message_at or self.signed_at
        return (signed.timestamp() if signed else 0.0, sent.timestamp() if sent else 0.0, self.content_hash)
