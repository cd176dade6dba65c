"""Messages and files made to order for the tests of the readers."""

from io import BytesIO

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from pipeline.config import Config, load
from pipeline.domain.arrival import Arrival
from pipeline.domain.report import Report
from pipeline.readers import read

CONFIG = load()
PID = "PID|1||4471902^^^HARLOW^MR||ABARA^CORNELIUS^N||19750628|M"
OBR4 = "78582^NM LUNG VENTILATION AND PERFUSION^CPT4"
NORMAL = "No evidence of pulmonary embolism."


def site(**source: object) -> Config:
    """A configuration whose only source has these settings."""
    return CONFIG.model_copy(update={"sources": {"here": type(CONFIG.source_for("", "")[1])(**source)}})


def msh(**fields: str) -> str:
    parts = {"7": "20250422164501-0400", "9": "ORU^R01^ORU_R01", "10": "PD-1", "11": "P", "12": "2.5.1", "18": "UNICODE UTF-8"}
    parts |= {key.removeprefix("f"): value for key, value in fields.items()}
    last = max(int(key) for key in parts)
    return "MSH|^~\\&|POWERDICT|HARLOWREG|NOTICES|HARLOWREG|" + "|".join(parts.get(str(number), "") for number in range(7, last + 1))


def obr(status: str = "F", exam: str = OBR4, accession: str = "HR25-118820^RIS", **fields: str) -> str:
    parts = {"1": "1", "2": "58233^EHR", "3": accession, "4": exam, "7": "20250422143000-0400", "16": "1902^Quillfeather^Dora"}
    parts |= {"22": "20250422164400-0400", "24": "NM", "25": status}
    parts |= {key.removeprefix("f"): value for key, value in fields.items()}
    last = max(int(key) for key in parts)
    return "OBR|" + "|".join(parts.get(str(number), "") for number in range(1, last + 1))


def obx(text: str, code: str = "78582&IMP", status: str = "F", kind: str = "TX", release: str = "") -> str:
    tail = f"||||||{status}" + (f"{'|' * 15}{release}" if release else "")
    return f"OBX|1|{kind}|{code}||{text}{tail}"


def message(*segments: str, end: str = "\r") -> bytes:
    return (end.join(segments) + end).encode()


def vq(*results: str, status: str = "F", pid: str = PID, header: str = "") -> bytes:
    """A lung scan's ORU with these OBX."""
    return message(header or msh(), pid, obr(status), *(results or (obx(NORMAL),)))


def one(content: bytes, config: Config = CONFIG) -> Arrival:
    arrivals = read(content, config)
    assert len(arrivals) == 1
    return arrivals[0]


def report(content: bytes, config: Config = CONFIG) -> Report:
    what = one(content, config).what
    assert isinstance(what, Report), what
    return what


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def data_set(sop_class: str, modality: str, **values: object) -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = sop_class, generate_uid(entropy_srcs=["instance", sop_class])
    made.StudyInstanceUID, made.SeriesInstanceUID = generate_uid(entropy_srcs=["study"]), generate_uid(entropy_srcs=["series"])
    made.Modality = modality
    made.PatientID, made.PatientName, made.PatientBirthDate, made.PatientSex = "4471902", "Abara^Cornelius^N", "19750628", "M"
    made.AccessionNumber = "HR25-118820"
    for name, value in values.items():
        setattr(made, name, value)
    return made


def nm(description: str, agent: Dataset | None = None, **values: object) -> Dataset:
    made = data_set("1.2.840.10008.5.1.4.1.1.20", "NM", StudyDescription=description, **values)
    if agent is not None:
        tracer = Dataset()
        tracer.RadiopharmaceuticalCodeSequence = Sequence([agent])
        tracer.Radiopharmaceutical = agent.CodeMeaning
        made.RadiopharmaceuticalInformationSequence = Sequence([tracer])
    return made


MAA = code("85693008", "SCT", "Technetium Tc^99m^ aggregated albumin")
DTPA = code("430276001", "SCT", "Technetium Tc^99m^ pentetate")


def written(made: Dataset, *, syntax: UID = ExplicitVRLittleEndian, preamble: bool = True) -> bytes:
    out = BytesIO()
    if preamble:
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = syntax
        made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
        dcmwrite(out, made, enforce_file_format=True)
    else:
        dcmwrite(out, made, implicit_vr=True, little_endian=True)
    return out.getvalue()


def container(heading: Dataset, *content: Dataset) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType, item.ContinuityOfContent = "CONTAINS", "CONTAINER", "SEPARATE"
    item.ConceptNameCodeSequence = Sequence([heading])
    item.ContentSequence = Sequence(list(content))
    return item


def text_item(concept: Dataset, text: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType, item.TextValue = "CONTAINS", "TEXT", text
    item.ConceptNameCodeSequence = Sequence([concept])
    return item


def structured(*content: Dataset, completion: str = "COMPLETE", verification: str = "VERIFIED", **values: object) -> Dataset:
    made = data_set("1.2.840.10008.5.1.4.1.1.88.22", "SR", StudyDescription="NM LUNG V/Q SCAN", **values)
    made.ValueType = "CONTAINER"
    made.ConceptNameCodeSequence = Sequence([code("49118-3", "LN", "Nuclear medicine report")])
    made.CompletionFlag, made.VerificationFlag = completion, verification
    made.ContentDate, made.ContentTime = "20250422", "164400"
    made.ContentSequence = Sequence(list(content))
    return made
