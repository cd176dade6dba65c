"""Reports as DICOM Basic Text SR. Source: DICOM PS3.16 TID 2000; headings of CID 7001 (LOINC), or the older DCM ones."""

from datetime import datetime, timedelta
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import BasicTextSRStorage

from tools.samples.dicomfile import Study, da, new, one, tm, written
from tools.samples.hl7 import Text
from tools.samples.people import Doctor
from tools.samples.uids import uid

Coded = tuple[str, str, str]

_HEADINGS: Final[dict[str, Coded]] = {
    "indication": ("18785-6", "LN", "Indications for Procedure"),
    "technique": ("55111-9", "LN", "Current Procedure Descriptions"),
    "comparison": ("18834-2", "LN", "Previous Findings"),
    "findings": ("59776-5", "LN", "Findings"),
    "impression": ("19005-8", "LN", "Impressions"),
    "addendum": ("55107-7", "LN", "Addendum"),
}
_LEGACY: Final[dict[str, Coded]] = {
    "indication": ("121060", "DCM", "History"),
    "technique": ("121064", "DCM", "Current Procedure Descriptions"),
    "comparison": ("121068", "DCM", "Previous Findings"),
    "findings": ("121070", "DCM", "Findings"),
    "impression": ("121072", "DCM", "Impressions"),
    "addendum": ("121078", "DCM", "Addendum"),
}
_ELEMENTS: Final[dict[str, Coded]] = {
    "indication": ("121109", "DCM", "Indications for Procedure"),
    "technique": ("121065", "DCM", "Procedure Description"),
    "comparison": ("121069", "DCM", "Previous Finding"),
    "findings": ("121071", "DCM", "Finding"),
    "impression": ("121073", "DCM", "Impression"),
    "addendum": ("121106", "DCM", "Comment"),
}


def basic_text(study: Study, *, body: Text, minutes: int, number: int, reader: Doctor, verified: bool, legacy: bool = False) -> bytes:
    """One report document; `number` above 1 names its predecessor. `minutes` count from the scan."""
    made = study.started + timedelta(minutes=minutes)
    ds = new(study, BasicTextSRStorage, "SR", 9, number, made)
    ds.SeriesDescription = "NM report"
    ds.ReferencedPerformedProcedureStepSequence = Sequence([])
    ds.ReferencedRequestSequence = Sequence([_request(study)])
    ds.PerformedProcedureCodeSequence = one(study.procedure)
    ds.CompletionFlag = "COMPLETE"
    ds.VerificationFlag = "VERIFIED" if verified else "UNVERIFIED"
    if verified:
        ds.VerifyingObserverSequence = Sequence([_verifier(study, reader, made)])
    if number > 1:
        ds.PredecessorDocumentsSequence = Sequence([_predecessor(study, number - 1)])
    ds.ValueType = "CONTAINER"
    ds.ConceptNameCodeSequence = one(("49118-3", "LN", "Nuclear Medicine Report"))
    ds.ContinuityOfContent = "SEPARATE"
    template = Dataset()
    template.MappingResource = "DCMR"
    template.TemplateIdentifier = "2000"
    ds.ContentTemplateSequence = Sequence([template])
    headings = _LEGACY if legacy else _HEADINGS
    items = [
        _code_item("HAS CONCEPT MOD", ("121049", "DCM", "Language of Content Item and Descendants"), ("eng", "RFC5646", "English")),
        _code_item("HAS OBS CONTEXT", ("121005", "DCM", "Observer Type"), ("121006", "DCM", "Person")),
        _name_item(reader),
    ]
    for key, text in body:
        section = Dataset()
        section.RelationshipType = "CONTAINS"
        section.ValueType = "CONTAINER"
        section.ConceptNameCodeSequence = one(headings[key])
        section.ContinuityOfContent = "SEPARATE"
        section.ContentSequence = Sequence([_text_item(_ELEMENTS[key], part) for part in text.split("\n")])
        items.append(section)
    ds.ContentSequence = Sequence(items)
    return written(ds)


def _request(study: Study) -> Dataset:
    item = Dataset()
    item.AccessionNumber = study.accession
    item.StudyInstanceUID = study.uid
    item.ReferencedStudySequence = Sequence([])
    item.PlacerOrderNumberImagingServiceRequest = ""
    item.FillerOrderNumberImagingServiceRequest = study.accession
    item.RequestedProcedureID = study.accession[-8:]
    item.RequestedProcedureDescription = study.description
    item.RequestedProcedureCodeSequence = one(study.procedure)
    return item


def _verifier(study: Study, reader: Doctor, when: datetime) -> Dataset:
    item = Dataset()
    item.VerifyingOrganization = study.institution
    item.VerificationDateTime = da(when) + tm(when)
    item.VerifyingObserverName = reader.dicom_name
    item.VerifyingObserverIdentificationCodeSequence = Sequence([])
    return item


def _predecessor(study: Study, number: int) -> Dataset:
    document = Dataset()
    document.ReferencedSOPClassUID = BasicTextSRStorage
    document.ReferencedSOPInstanceUID = uid("instance", study.uid, "SR", 9, number)
    document.PurposeOfReferenceCodeSequence = one(("121362", "DCM", "Preliminary report"))
    series = Dataset()
    series.SeriesInstanceUID = uid("series", study.uid, "SR", 9)
    series.ReferencedSOPSequence = Sequence([document])
    item = Dataset()
    item.StudyInstanceUID = study.uid
    item.ReferencedSeriesSequence = Sequence([series])
    return item


def _text_item(concept: Coded, text: str) -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "TEXT"
    item.ConceptNameCodeSequence = one(concept)
    item.TextValue = text
    return item


def _code_item(relation: str, concept: Coded, value: Coded) -> Dataset:
    item = Dataset()
    item.RelationshipType = relation
    item.ValueType = "CODE"
    item.ConceptNameCodeSequence = one(concept)
    item.ConceptCodeSequence = one(value)
    return item


def _name_item(reader: Doctor) -> Dataset:
    item = Dataset()
    item.RelationshipType = "HAS OBS CONTEXT"
    item.ValueType = "PNAME"
    item.ConceptNameCodeSequence = one(("121008", "DCM", "Person Observer Name"))
    item.PersonName = reader.dicom_name
    return item
