"""One DICOM file of a study: which exam, which part, when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.identity import ExamKey, Patient


class Part(StrEnum):
    VENTILATION = "ventilation"
    PERFUSION = "perfusion"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Instance:
    """One SOP instance. `key` is None where no accession was sent: it then joins by Study Instance UID.

    `issued` says whether the file itself named the issuer of the accession (0008,0051); without it the key's authority is
    only the source's default and the store may join by Study Instance UID or by a single accession that fits the patient.
    """

    sop_instance_uid: str
    study_uid: str
    series_uid: str
    sop_class_uid: str
    modality: str
    part: Part
    patient: Patient
    key: ExamKey | None = None
    accession: str = ""
    issued: bool = False
    acquired_at: datetime | None = None
    radiopharmaceutical: str = ""
    injected_at: datetime | None = None
    activity_mbq: float | None = None
    content_hash: str = ""
    source: str = ""
