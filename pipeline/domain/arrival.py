"""What came in: one message or image out of one file, and what its bytes turned out to be."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class NotForUs:
    """Valid, but no V/Q result. `reason` is a code; `code` is the exam code (never text) for `unmapped` counts."""

    reason: str
    code: str = ""


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
