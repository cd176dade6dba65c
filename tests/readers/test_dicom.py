"""DICOM files: images and their part, structured reports, documents, and everything that is not for us."""

import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.domain.arrival import Kind, NotForUs, Rejection
from pipeline.domain.identity import ExamKey, Identifier, PersonName
from pipeline.domain.instance import Instance, Part
from pipeline.domain.report import Report, Status, TextBlock
from pipeline.readers import read, sniff
from tests.readers.making import CONFIG, DTPA, MAA, code, container, data_set, nm, one, structured, text_item, written

IMPRESSIONS = code("19005-8", "LN", "Impressions")
IMPRESSION = code("121073", "DCM", "Impression")
FINDINGS = code("59776-5", "LN", "Findings")
FINDING = code("121071", "DCM", "Finding")


def instance(made: Dataset) -> Instance:
    what = one(written(made)).what
    assert isinstance(what, Instance), what
    return what


@pytest.mark.parametrize(
    ("agent", "series", "part"),
    [
        (MAA, "", Part.PERFUSION),
        (DTPA, "", Part.VENTILATION),
        (code("C-B1200", "SRT", "MAA"), "", Part.PERFUSION),
        (code("447125008", "SCT", "Technetium^99m labeled carbon"), "", Part.VENTILATION),
        (code("81761004", "SCT", "Technetium Tc^99m^ microaggregated albumin"), "", Part.UNKNOWN),
        (None, "VENT STATIC", Part.VENTILATION),
        (None, "PERF ANT POST", Part.PERFUSION),
        (None, "Q SPECT", Part.PERFUSION),
        (None, "VENT PERF FUSION", Part.UNKNOWN),
        (MAA, "VENT", Part.PERFUSION),
        (None, "", Part.UNKNOWN),
    ],
)
def test_the_part_an_image_shows(agent: Dataset | None, series: str, part: Part) -> None:
    assert instance(nm("NM LUNG V/Q", agent, SeriesDescription=series)).part is part


def test_radionuclide_and_route() -> None:
    made = nm("LUNG SCAN")
    tracer = Dataset()
    tracer.RadionuclideCodeSequence = Sequence([code("80751004", "SCT", "^133^Xenon")])
    made.RadiopharmaceuticalInformationSequence = Sequence([tracer])
    assert instance(made).part is Part.VENTILATION
    tracer.RadionuclideCodeSequence = Sequence([code("72454006", "SCT", "^99m^Technetium")])
    tracer.RadiopharmaceuticalRoute = "INTRAVENOUS"
    assert instance(made).part is Part.PERFUSION


def test_what_an_instance_holds() -> None:
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = "RIS"
    made = nm(
        "NM LUNG V/Q",
        MAA,
        AcquisitionDate="20250422",
        AcquisitionTime="143000.5",
        TimezoneOffsetFromUTC="-0400",
        IssuerOfPatientID="HARLOW",
        IssuerOfAccessionNumberSequence=Sequence([issuer]),
    )
    found = instance(made)
    assert found.key == ExamKey("RIS", "HR25-118820")
    assert (found.issued, found.accession, found.modality) == (True, "HR25-118820", "NM")
    assert found.acquired_at == datetime(2025, 4, 22, 18, 30, 0, 500000, tzinfo=UTC)
    assert found.patient.identifiers == (Identifier("4471902", "HARLOW"),)
    assert found.patient.name == PersonName("Abara", "Cornelius", "N")
    assert found.study_uid == made.StudyInstanceUID
    assert "albumin" in found.radiopharmaceutical


def test_an_accession_without_issuer() -> None:
    found = instance(nm("NM LUNG V/Q", InstitutionName="Harlow Regional"))
    assert (found.key, found.issued) == (ExamKey("Harlow Regional", "HR25-118820"), False)
    assert instance(nm("NM LUNG V/Q", AccessionNumber="")).key is None


@pytest.mark.parametrize(
    ("made", "ours"),
    [
        (nm("NM LUNG V/Q"), True),
        (nm("", MAA), True),
        (nm("SPECIAL", DTPA, BodyPartExamined="LUNG"), True),
        (nm("", None, SeriesDescription="LUNG PERF ANT"), True),
        (nm("NM BONE SCAN WHOLE BODY"), False),
        (nm("MYOCARDIAL PERFUSION SPECT"), False),
        (nm("SPECIAL"), False),
        (data_set("1.2.840.10008.5.1.4.1.1.2", "CT", StudyDescription="CT CHEST"), False),
        (data_set("1.2.840.10008.5.1.4.1.1.2", "CT", StudyDescription="NM V/Q SPECT CT LUNG"), True),
        (data_set("1.2.840.10008.5.1.4.1.1.7", "OT", StudyDescription="NM LUNG V/Q SCAN"), True),
        (data_set("1.2.840.10008.5.1.4.1.1.128", "PT", StudyDescription="FDG PET WHOLE BODY"), False),
        (data_set("1.2.840.10008.5.1.4.1.1.1", "CR", StudyDescription="CHEST"), False),
    ],
)
def test_images_of_lung_scans_and_others(made: Dataset, ours: bool) -> None:
    what = one(written(made)).what
    assert isinstance(what, Instance) if ours else what == NotForUs("other-image")


@pytest.mark.parametrize(
    ("sop_class", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.20", Kind.DICOM_IMAGE),
        ("1.2.840.10008.5.1.4.1.1.88.11", Kind.DICOM_SR),
        ("1.2.840.10008.5.1.4.1.1.88.33", Kind.DICOM_SR),
        ("1.2.840.10008.5.1.4.1.1.88.59", Kind.DICOM_OTHER),
        ("1.2.840.10008.5.1.4.1.1.88.67", Kind.DICOM_OTHER),
        ("1.2.840.10008.5.1.4.1.1.11.1", Kind.DICOM_OTHER),
        ("1.2.840.10008.5.1.4.1.1.104.1", Kind.DICOM_OTHER),
    ],
)
def test_kinds(sop_class: str, kind: Kind) -> None:
    content = written(data_set(sop_class, "OT"))
    assert (sniff(content), one(content).kind) == (kind, kind)
    if kind is Kind.DICOM_OTHER:
        assert one(content).what == NotForUs("other-object")


def test_files_without_preamble_and_in_other_transfer_syntaxes() -> None:
    made = nm("NM LUNG V/Q", MAA)
    for content in (
        written(made, preamble=False),
        written(made, syntax=ImplicitVRLittleEndian),
        written(made, syntax=DeflatedExplicitVRLittleEndian),
    ):
        assert sniff(content) is Kind.DICOM_IMAGE
        what = one(content).what
        assert isinstance(what, Instance)
        assert what.part is Part.PERFUSION


def test_a_deflated_bomb_is_inflated_only_so_far() -> None:
    content = written(nm("NM LUNG V/Q"), syntax=DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(content[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packer.compress(zlib.decompress(content[start:], -zlib.MAX_WBITS))
    for _ in range(100):
        bomb += packer.compress(b"\x00" * 4_000_000)
    what = one(content[:start] + bomb + packer.flush()).what
    assert isinstance(what, Rejection)
    assert what.reason == "broken-dicom"


def test_a_flood_of_empty_elements_is_refused_at_once() -> None:
    what = one(WHOLE + b"\x00" * 8_000_000).what
    assert isinstance(what, Rejection)


def test_pixels_are_never_read() -> None:
    made = nm("NM LUNG V/Q", MAA, Rows=1024, Columns=1024, BitsAllocated=16, NumberOfFrames=16, PixelData=b"\x01" * (1024 * 1024 * 2 * 16))
    content = written(made)
    assert isinstance(one(content).what, Instance)
    assert isinstance(one(content[:-1_000_000]).what, Instance)


def test_names_in_their_character_sets() -> None:
    made = nm("NM LUNG V/Q", SpecificCharacterSet="ISO_IR 192", PatientName="Nguyễn^Thị Kim")
    assert instance(made).patient.name == PersonName("Nguyễn", "Thị Kim")
    made = nm("NM LUNG V/Q", SpecificCharacterSet="ISO_IR 100", PatientName="Björk^Astrid")
    assert instance(made).patient.name == PersonName("Björk", "Astrid")


def test_utf_8_that_nobody_declared() -> None:
    content = written(nm("NM LUNG V/Q", PatientName="Bj~~rk^Astrid")).replace(b"Bj~~rk", "Björk".encode())
    what = one(content).what
    assert isinstance(what, Instance)
    assert what.patient.name == PersonName("Björk", "Astrid")


WHOLE = written(nm("NM LUNG V/Q", MAA))


@pytest.mark.parametrize("content", [WHOLE[:140], WHOLE[:200], b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM" + b"\xff" * 400])
def test_broken_files(content: bytes) -> None:
    what = one(content).what
    assert isinstance(what, Rejection)
    assert what.reason == "broken-dicom"


@given(st.integers(0, len(WHOLE)), st.binary(max_size=12), st.integers(0, 12))
def test_damage_anywhere_never_raises(at: int, noise: bytes, cut: int) -> None:
    arrivals = read(WHOLE[:at] + noise + WHOLE[at + cut :], CONFIG)
    assert len(arrivals) >= 1
    assert not (isinstance(arrivals[0].what, Rejection) and arrivals[0].what.reason == "failed-inside")


SR = structured(
    container(code("18785-6", "LN", "Indications"), text_item(code("18785-6", "LN", "Indications"), "Dyspnea.")),
    container(FINDINGS, text_item(FINDING, "Even ventilation."), text_item(FINDING, "Even perfusion.")),
    container(IMPRESSIONS, text_item(IMPRESSION, "No evidence of PE.")),
)


def sr(made: Dataset) -> Report:
    what = one(written(made)).what
    assert isinstance(what, Report), what
    return what


def test_a_structured_report() -> None:
    found = sr(SR)
    assert found.blocks == (
        TextBlock("Dyspnea.", "indication"),
        TextBlock("Even ventilation.\nEven perfusion.", "findings"),
        TextBlock("No evidence of PE.", "impression"),
    )
    assert (found.kind, found.status, found.problems, found.accession) == ("dicom-sr", Status.FINAL, (), "HR25-118820")
    assert found.signed_at is not None
    assert one(written(SR)).body == written(SR)


@pytest.mark.parametrize(
    ("heading", "element"),
    [
        (code("121072", "DCM", "Impressions"), code("121073", "DCM", "Impression")),
        (code("121076", "DCM", "Conclusions"), code("121077", "DCM", "Conclusion")),
        (code("55110-1", "LN", "Conclusions"), code("1", "99L", "Text")),
        (code("1", "99L", "Report"), code("121073", "DCM", "Impression")),
    ],
)
def test_old_and_new_headings(heading: Dataset, element: Dataset) -> None:
    assert sr(structured(container(heading, text_item(element, "Low probability.")))).blocks == (
        TextBlock("Low probability.", "impression"),
    )


@pytest.mark.parametrize(
    ("completion", "verification", "early", "status", "problems"),
    [
        ("COMPLETE", "VERIFIED", "FINAL", Status.FINAL, ()),
        ("COMPLETE", "UNVERIFIED", "", Status.PRELIMINARY, ()),
        ("PARTIAL", "VERIFIED", "", Status.PARTIAL, ()),
        ("COMPLETE", "VERIFIED", "PRELIMINARY", Status.PRELIMINARY, ()),
        ("", "", "", Status.UNKNOWN, ("status-unknown",)),
        ("COMPLETE", "", "", Status.UNKNOWN, ("status-unknown",)),
    ],
)
def test_flags(completion: str, verification: str, early: str, status: Status, problems: tuple[str, ...]) -> None:
    made = structured(
        container(IMPRESSIONS, text_item(IMPRESSION, "x.")), completion=completion, verification=verification, PreliminaryFlag=early
    )
    found = sr(made)
    assert (found.status, found.problems) == (status, problems)


@pytest.mark.parametrize(
    ("purpose", "status", "problems"),
    [
        ("121360", Status.CORRECTED, ()),
        ("121361", Status.UNKNOWN, ("status-appended",)),
        ("121362", Status.FINAL, ()),
        ("", Status.CORRECTED, ()),
    ],
)
def test_predecessors(purpose: str, status: Status, problems: tuple[str, ...]) -> None:
    earlier = Dataset()
    earlier.StudyInstanceUID = "1.2.3"
    if purpose:
        earlier.PurposeOfReferenceCodeSequence = Sequence([code(purpose, "DCM", "Predecessor")])
    found = sr(structured(container(IMPRESSIONS, text_item(IMPRESSION, "x.")), PredecessorDocumentsSequence=Sequence([earlier])))
    assert (found.status, found.problems) == (status, problems)


def test_structured_reports_of_other_exams() -> None:
    made = structured(container(IMPRESSIONS, text_item(IMPRESSION, "Clear lungs.")))
    made.StudyDescription = "CT CHEST"
    assert one(written(made)).what == NotForUs("other-exam-code", "")


def test_a_nuclear_report_under_no_known_name_is_for_a_person() -> None:
    made = structured(container(IMPRESSIONS, text_item(IMPRESSION, "Lung perfusion is even.")))
    made.StudyDescription = "SPECIAL"
    assert sr(made).problems == ("exam-unknown",)


def test_a_structured_report_of_nobody() -> None:
    made = structured(container(IMPRESSIONS, text_item(IMPRESSION, "x.")), PatientID="", PatientName="", PatientBirthDate="")
    what = one(written(made)).what
    assert isinstance(what, Rejection)
    assert what.reason == "no-identity"


def test_a_content_tree_too_deep_is_refused() -> None:
    item = text_item(IMPRESSION, "x.")
    for _ in range(60):
        item = container(IMPRESSIONS, item)
    what = one(written(structured(item))).what
    assert isinstance(what, Rejection)


def test_an_encapsulated_pdf_of_a_lung_scan_is_for_a_person() -> None:
    made = data_set("1.2.840.10008.5.1.4.1.1.104.1", "DOC", DocumentTitle="NM Lung V/Q report", EncapsulatedDocument=b"%PDF-1.4  ")
    found = sr(made)
    assert (found.blocks, found.problems[0]) == ((), "text-not-readable")
    made.DocumentTitle = "Consent"
    assert one(written(made)).what == NotForUs("other-object")
