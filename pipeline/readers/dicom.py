"""DICOM content into an arrival: an image of a lung scan, a structured report, or something that is not for us."""

import hashlib
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from pipeline.domain.arrival import Arrival, Kind, NotForUs, OtherExam, OtherKind, Rejection
from pipeline.domain.identity import ExamKey, Identifier, Patient
from pipeline.domain.instance import Instance, Part
from pipeline.domain.report import Report
from pipeline.domain.study import activity_of
from pipeline.errors import Unreadable
from pipeline.formats.dicom import Code, Header, open_header, quiet, sop_class
from pipeline.formats.hl7v2 import moment
from pipeline.readers import sr
from pipeline.readers.exams import Exams, Verdict, exams_of

if TYPE_CHECKING:
    from pipeline.config import Config

_NM = frozenset({"1.2.840.10008.5.1.4.1.1.20", "1.2.840.10008.5.1.4.1.1.5"})
_REPORTS = "1.2.840.10008.5.1.4.1.1.88."
_NOT_REPORTS = frozenset(f"{_REPORTS}{leaf}" for leaf in (40, 50, 59, 65, *range(67, 77)))
"""Key objects, CAD, dose and procedure logs: structured, but no report of a reader."""
_DOCUMENTS = frozenset({"1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.104.2"})
_NOT_IMAGES = ("1.2.840.10008.5.1.4.1.1.11", "1.2.840.10008.5.1.4.1.1.66", "1.2.840.10008.5.1.4.1.1.9", "1.2.840.10008.5.1.4.1.1.481.3")
"""Presentation states, raw data and registrations, waveforms, structure sets."""
_TIMED = ("Acquisition", "Series", "Content", "Study")
_IMAGES = "1.2.840.10008.5.1.4.1.1."


def kind_of(content: bytes) -> Kind:
    """Image, structured report or another object, by SOP class."""
    return _kind(sop_class(content))


def _kind(uid: str) -> Kind:
    if uid.startswith(_REPORTS):
        return Kind.DICOM_OTHER if uid in _NOT_REPORTS else Kind.DICOM_SR
    if not uid.startswith(_IMAGES) or uid in _DOCUMENTS or any(uid == other or uid.startswith(other + ".") for other in _NOT_IMAGES):
        return Kind.DICOM_OTHER
    return Kind.DICOM_IMAGE


def read(content: bytes, config: "Config", file_hash: str = "") -> Arrival:
    """One DICOM file as an arrival. Never raises for content."""
    with quiet():
        return _read(content, config, file_hash or hashlib.sha256(content).hexdigest(), exams_of(config.studies))


def _read(content: bytes, config: "Config", digest: str, exams: Exams) -> Arrival:
    try:
        header = open_header(content)
        uid = header.uid("SOPClassUID")
        kind = _kind(uid)
        patient = _patient(header, config)
        what: Report | Instance | NotForUs | Rejection
        if kind is Kind.DICOM_SR:
            what = sr.read(header, digest, config, exams, patient, _key(header, config))
            return Arrival(kind, 1, digest, content, what)
        if uid in _DOCUMENTS:
            what = sr.read_document(header, digest, config, exams, patient, _key(header, config))
        elif kind is Kind.DICOM_OTHER:
            what = NotForUs("other-object")
        else:
            what = _image(header, digest, config, exams, patient)
    except Unreadable as trouble:
        kind = kind_of(content)
        what = Rejection(trouble.reason, trouble.detail, maybe_vq=exams.may_speak_of_lungs(content[:65536], Verdict.NUCLEAR))
    except Exception as error:  # noqa: BLE001 - tracked as our own failure; the rest goes on
        kind, what = kind_of(content), Rejection("failed-inside", type(error).__name__, maybe_vq=True)
    return Arrival(kind, 1, digest, content if isinstance(what, Rejection) and kind is Kind.DICOM_SR else b"", what)


def _patient(header: Header, config: "Config") -> Patient:
    number, issuer = header.text("PatientID"), header.text("IssuerOfPatientID")
    found = [Identifier(number, config.authorities.get(issuer, issuer))] if number else []
    for other in header.items("OtherPatientIDsSequence"):
        if other.text("PatientID"):
            named = other.text("IssuerOfPatientID")
            found.append(Identifier(other.text("PatientID"), config.authorities.get(named, named), "OTHER"))
    return Patient(
        identifiers=tuple(dict.fromkeys(found)),
        name=header.person("PatientName"),
        birth_date=header.date("PatientBirthDate"),
        sex=header.text("PatientSex")[:1].upper(),
    )


def _key(header: Header, config: "Config") -> tuple[ExamKey | None, bool]:
    """The exam key of (0008,0050) and whether the file itself named its issuer (0008,0051)."""
    accession = header.text("AccessionNumber")
    if not accession:
        return None, False
    issuer = ""
    for item in header.items("IssuerOfAccessionNumberSequence"):
        issuer = issuer or item.text("LocalNamespaceEntityID") or item.text("UniversalEntityID")
    institution = header.text("InstitutionName")
    _, source = config.source_for("", institution)
    authority = issuer or source.authority or institution or "unknown"
    return ExamKey(config.authorities.get(authority, authority), accession), bool(issuer)


def _image(header: Header, digest: str, config: "Config", exams: Exams, patient: Patient) -> Instance | NotForUs:
    modality = header.text("Modality").upper() or ("NM" if header.uid("SOPClassUID") in _NM else "")
    tracers = header.items("RadiopharmaceuticalInformationSequence")
    agents = [code.value for tracer in tracers for code in tracer.codes("RadiopharmaceuticalCodeSequence")]
    nuclides = [code.value for tracer in tracers for code in tracer.codes("RadionuclideCodeSequence")]
    spoken = " ".join(_tracer_text(tracer) for tracer in tracers)
    if not _of_a_lung_scan(header, exams, modality, agents, nuclides, spoken):
        return NotForUs("other-image", news=_related(header, exams, patient, config))
    routes = " ".join(
        f"{tracer.text('RadiopharmaceuticalRoute')} {_joined(tracer.codes('AdministrationRouteCodeSequence'))}" for tracer in tracers
    )
    series = f"{header.text('SeriesDescription')} {header.text('ProtocolName')}"
    key, issued = _key(header, config)
    zone = config.site.zone
    part = exams.images.part(agents, nuclides, spoken, routes, series) if modality in ("NM", "PT", "ST") else Part.UNKNOWN
    acquired_at = header.time(zone, "AcquisitionDateTime", *((f"{what}Date", f"{what}Time") for what in _TIMED))
    return Instance(
        sop_instance_uid=header.uid("SOPInstanceUID"),
        study_uid=header.uid("StudyInstanceUID"),
        series_uid=header.uid("SeriesInstanceUID"),
        sop_class_uid=header.uid("SOPClassUID"),
        modality=modality,
        part=part,
        patient=patient,
        key=key,
        accession=header.text("AccessionNumber"),
        issued=issued,
        acquired_at=acquired_at,
        radiopharmaceutical=" ".join(spoken.split())[:200],
        injected_at=_injected(header, tracers, acquired_at, zone),
        activity_mbq=activity_of(_dose(tracers)),
        content_hash=digest,
        source=header.text("InstitutionName"),
    )


def _injected(header: Header, tracers: list[Header], acquired_at: datetime | None, zone: tzinfo) -> datetime | None:
    """When the tracer was given; of several nobody can tell which it was. Older files tell the time of day only."""
    if len(tracers) != 1:
        return None
    told = tracers[0].time(header.zone(zone), "RadiopharmaceuticalStartDateTime")
    clock = tracers[0].text("RadiopharmaceuticalStartTime").replace(":", "")
    if told or not clock or acquired_at is None:
        return told
    here = acquired_at.astimezone(header.zone(zone))
    found = moment(f"{here:%Y%m%d}{clock}", header.zone(zone))
    if found and found.at > acquired_at:
        # Given before midnight, imaged after it.
        found = moment(f"{here - timedelta(days=1):%Y%m%d}{clock}", header.zone(zone))
    return found.at.astimezone(UTC) if found else None


def _dose(tracers: list[Header]) -> float | None:
    """(0018,1074) as it stands, if one tracer was given."""
    try:
        return float(tracers[0].text("RadionuclideTotalDose")) if len(tracers) == 1 else None
    except ValueError:
        return None


def _related(header: Header, exams: Exams, patient: Patient, config: "Config") -> OtherExam | None:
    """A chest x-ray among the images that are not for us. The slices of a CT say nothing that its report will not say."""
    modality = header.text("Modality").upper()
    if modality not in ("CR", "DX", "RF", "XR"):
        return None
    codes = [code for keyword in ("ProcedureCodeSequence", "RequestedProcedureCodeSequence") for code in header.codes(keyword)]
    said = (header.text(one) for one in ("StudyDescription", "SeriesDescription", "ProtocolName", "BodyPartExamined"))
    names = (*(one for one in said if one), *(code.meaning for code in codes))
    done_at = header.time(config.site.zone, "AcquisitionDateTime", *((f"{what}Date", f"{what}Time") for what in _TIMED))
    kind = exams.related(tuple(code.value for code in codes), names, modality)
    if kind is not OtherKind.CHEST_XRAY or done_at is None or not patient.identifiers:
        return None
    return OtherExam(kind, patient, header.text("AccessionNumber"), done_at)


def _tracer_text(tracer: Header) -> str:
    return f"{tracer.text('Radiopharmaceutical')} {_joined(tracer.codes('RadiopharmaceuticalCodeSequence'), meaning=True)}"


def _joined(codes: list[Code], *, meaning: bool = False) -> str:
    return " ".join(code.meaning if meaning else f"{code.value} {code.meaning}" for code in codes)


def _of_a_lung_scan(header: Header, exams: Exams, modality: str, agents: list[str], nuclides: list[str], spoken: str) -> bool:
    """Whether the image belongs to a lung scan. CT and captures belong to one only if the study says so by name or code."""
    codes = [code for keyword in ("ProcedureCodeSequence", "RequestedProcedureCodeSequence") for code in header.codes(keyword)]
    for request in header.items("RequestAttributesSequence"):
        codes += request.codes("RequestedProcedureCodeSequence") + request.codes("ScheduledProtocolCodeSequence")
    names = [header.text("StudyDescription"), header.text("RequestedProcedureDescription"), *(code.meaning for code in codes)]
    nuclear = modality in ("NM", "PT", "ST")
    named = tuple(name for name in names if name)
    verdict = exams.judge(tuple(code.value for code in codes), named, modality if nuclear else "NM")
    if verdict in (Verdict.LUNG, Verdict.CONFLICT):
        return nuclear or modality in ("CT", "OT", "SC", "DOC", "")
    if verdict is Verdict.OTHER or not nuclear:
        return False
    series = f"{header.text('SeriesDescription')} {header.text('ProtocolName')} {header.text('BodyPartExamined')}"
    if exams.judge((), (f"{series} {' '.join(named)}",), modality) is Verdict.LUNG:
        return True
    regions = {code.value for code in header.codes("AnatomicRegionSequence")}
    chest = bool(regions & {"39607008", "T-28000"}) or "lung" in series.lower()
    return exams.images.lung_agent(agents, nuclides, spoken) or (chest and exams.images.part([], [], "", "", series) is not Part.UNKNOWN)
