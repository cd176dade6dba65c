"""The DICOM samples are whole, say what they are, and look like lungs in their numbers."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import FileDataset, dcmread
from pydicom.sr.codedict import codes
from pydicom.uid import BasicTextSRStorage, CTImageStorage, NuclearMedicineImageStorage

from tools.samples.camera import VIEWS, counted
from tools.samples.phantom import SEGMENTS, Chest, gravity, reduce

FOLDER = Path(__file__).resolve().parents[2] / "sample_data"
FILES = sorted(path.name for path in FOLDER.glob("*.dcm") if path.name != "74-not-dicom.dcm")


def load(name: str) -> FileDataset:
    return dcmread(FOLDER / name)


LOADED = {name: load(name) for name in FILES}
NM = [name for name in FILES if LOADED[name].Modality == "NM"]
PLANAR = [name for name in NM if LOADED[name].ImageType[2] == "STATIC"]


def pixels(name: str) -> NDArray[np.int64]:
    return LOADED[name].pixel_array.astype(np.int64)


# Type 1 and 2 attributes of the modules of each object (DICOM PS3.3), type 1 first
COMMON = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality")
COMMON_2 = (
    "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID AccessionNumber SeriesNumber "
    "InstanceNumber Manufacturer ContentDate ContentTime"
).split()
NM_1 = (
    "ImageType SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation PixelData "
    "NumberOfFrames FrameIncrementPointer EnergyWindowVector NumberOfEnergyWindows NumberOfDetectors"
).split()
NM_2 = (
    "PatientOrientationCodeSequence PatientGantryRelationshipCodeSequence PixelSpacing CountsAccumulated EnergyWindowInformationSequence "
    "RadiopharmaceuticalInformationSequence DetectorInformationSequence"
).split()
SR_1 = "CompletionFlag VerificationFlag ValueType ConceptNameCodeSequence ContinuityOfContent ContentSequence".split()
SR_2 = "ReferencedPerformedProcedureStepSequence PerformedProcedureCodeSequence".split()
CT_1 = "ImageType PixelSpacing ImageOrientationPatient ImagePositionPatient FrameOfReferenceUID RescaleIntercept PixelData".split()
CT_2 = "SliceThickness KVP AcquisitionNumber PositionReferenceIndicator".split()
NEEDED = {NuclearMedicineImageStorage: (NM_1, NM_2), BasicTextSRStorage: (SR_1, SR_2), CTImageStorage: (CT_1, CT_2)}


@pytest.mark.parametrize("name", FILES)
def test_required_attributes_are_there(name: str) -> None:
    ds = LOADED[name]
    filled, present = NEEDED[ds.SOPClassUID]
    for keyword in (*COMMON, *filled):
        assert keyword in ds, keyword
        assert ds[keyword].value not in (None, ""), keyword
    for keyword in (*COMMON_2, *present):
        assert keyword in ds, keyword
    for item in ds.get("DetectorInformationSequence", []):
        for keyword in ("CollimatorType", "FieldOfViewShape", "ImagePositionPatient", "ImageOrientationPatient"):
            assert keyword in item, keyword
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert ds.SOPInstanceUID.startswith("2.25.")
    assert ds.SOPInstanceUID.is_valid


def test_no_two_objects_share_a_uid() -> None:
    assert len({ds.SOPInstanceUID for ds in LOADED.values()}) == len(FILES)


def test_there_are_about_ten_studies_of_every_kind() -> None:
    kinds = {str(LOADED[name].ImageType[2]) for name in NM}
    assert kinds == {"STATIC", "DYNAMIC", "RECON TOMO"}
    assert len({LOADED[name].StudyInstanceUID for name in NM}) >= 10
    by_study: dict[str, set[str]] = {}
    for name in NM:
        agent = LOADED[name].RadiopharmaceuticalInformationSequence[0].RadiopharmaceuticalCodeSequence[0].CodeValue
        by_study.setdefault(LOADED[name].StudyInstanceUID, set()).add(agent)
    assert {codes.SCT.TechnetiumTc99mAggregatedAlbumin.value} in by_study.values()
    assert {agent for agents in by_study.values() for agent in agents} >= {"85693008", "430276001", "447125008", "780783002", "61716009"}


@pytest.mark.parametrize("name", NM)
def test_frames_and_their_vectors_agree(name: str) -> None:
    ds = LOADED[name]
    frames = int(ds.NumberOfFrames)
    pointers = ds.FrameIncrementPointer if ds["FrameIncrementPointer"].VM > 1 else [ds.FrameIncrementPointer]
    for tag in pointers:
        vector = ds[tag].value
        assert len(vector) == frames
        assert min(vector) == 1
    assert pixels(name).shape == (frames, ds.Rows, ds.Columns)
    assert pixels(name).max() == ds.LargestImagePixelValue
    assert 0 < pixels(name).max() < 4000


@pytest.mark.parametrize("name", PLANAR)
def test_planar_studies_hold_the_eight_views(name: str) -> None:
    ds = LOADED[name]
    assert (ds.Rows, ds.Columns, ds.NumberOfFrames, ds.BitsStored) == (128, 128, 8, 16)
    views = [item.ViewCodeSequence[0].CodeValue for item in ds.DetectorInformationSequence]
    assert views == ["399321004", "399001007", "399118008", "399297009", "399136008", "399075002", "399074003", "399108003"]
    assert len(views) == len(VIEWS) == ds.NumberOfDetectors
    assert ds.CountsAccumulated == pixels(name).sum()
    assert 400_000 < ds.CountsAccumulated < 4_000_000


@pytest.mark.parametrize("name", PLANAR)
def test_two_lungs_and_a_heart(name: str) -> None:
    anterior, posterior = pixels(name)[0], pixels(name)[1]
    for picture in (anterior, posterior):
        columns = picture.sum(axis=0).astype(float)
        one, other = columns[:64].max(), columns[64:].max()
        assert columns[60:68].min() < 0.45 * min(one, other), "no gap between the lungs"
        assert 0.6 < picture[:, :64].sum() / picture[:, 64:].sum() < 1.7
        border = np.concatenate([picture[:6].ravel(), picture[-6:].ravel()])
        assert border.mean() < 0.1 * picture.max()
    # the heart takes its place from the left lung, which is on the right of the anterior view
    lower = anterior[60:84]
    assert lower[:, 44:62].sum() > 1.15 * lower[:, 66:84].sum()
    if name.startswith(("01-", "05-", "28-", "29-")):  # no defect: from behind the left lung is on the left of the picture
        assert posterior[60:84, 66:84].sum() > 1.02 * posterior[60:84, 44:62].sum()


def test_more_tracer_below_than_above() -> None:
    picture = pixels("01-normal-0-perfusion.dcm")[1]
    rows = picture.sum(axis=1)
    assert rows[75:85].mean() > 1.3 * rows[40:50].mean()


def test_noise_is_that_of_counting() -> None:
    rng = np.random.default_rng(1)
    drawn = counted(rng, np.full((200, 200), 1.0), 200 * 200 * 25.0).astype(float)
    assert drawn.mean() == pytest.approx(25, rel=0.02)
    assert drawn.var() == pytest.approx(25, rel=0.05)


def test_mismatch_and_match_are_as_the_reports_say() -> None:
    def starved(exam: str) -> float:
        """The share of the ventilated picture that gets far less perfusion than the rest, in sums of 4 by 4 pixels (less noise)."""
        ventilated, perfused = (
            pixels(f"{exam}-0-{part}.dcm").reshape(8, 32, 4, 32, 4).sum(axis=(2, 4)).astype(float) for part in ("ventilation", "perfusion")
        )
        inside = ventilated > 0.3 * ventilated.max()
        ratio = perfused[inside] / ventilated[inside]
        return float((ratio < 0.6 * np.median(ratio)).mean())

    assert starved("13-high-probability") > 0.12
    assert starved("16-cteph") > 0.07
    assert max(starved("01-normal"), starved("02-low-probability"), starved("05-no-evidence-of-pe"), starved("07-intermediate")) < 0.005


def test_xenon_is_breathed_in_and_washed_out() -> None:
    name = "08-indeterminate-0-xenon.dcm"
    ds = LOADED[name]
    totals = pixels(name).sum(axis=(1, 2))
    assert list(ds.PhaseVector) == [1] + [2] * 4 + [3] * 11
    assert [item.PhaseDescription for item in ds.PhaseInformationSequence] == ["SINGLE BREATH", "EQUILIBRIUM", "WASHOUT"]
    assert totals[1:5].min() > totals[0]
    assert all(before > after for before, after in pairwise(totals[5:11]))
    late = pixels(name)[-3:].sum(axis=0)
    early = pixels(name)[1:5].sum(axis=0)
    assert late[:36].sum() / late[36:].sum() > 1.2 * early[:36].sum() / early[36:].sum(), "the upper zones hold the gas"


def test_a_reverse_mismatch_is_worse_ventilated_than_perfused() -> None:
    ventilated, perfused = (pixels(f"04-pe-absent-0-{part}.dcm").astype(float) for part in ("ventilation", "perfusion"))
    assert LOADED["04-pe-absent-0-perfusion.dcm"].ImageType[2] == "RECON TOMO"
    upper = slice(26, 36)
    assert ventilated[upper].sum() / ventilated.sum() < 0.8 * perfused[upper].sum() / perfused.sum()


def test_images_and_report_of_one_exam_name_the_same_person_and_accession() -> None:
    for name in NM:
        report = next(FOLDER.glob(f"{name[:2]}-*-1-*.hl7"), None) or next(FOLDER.glob(f"{name[:2]}-*.hl7"))
        text = report.read_bytes().decode("latin-1").upper()
        ds = LOADED[name]
        assert ds.AccessionNumber in text
        assert (ds.PatientID in text) == (not name.startswith("35-"))


def test_structured_reports_carry_status_and_sections() -> None:
    first, last, legacy = (LOADED[name] for name in FILES if LOADED[name].Modality == "SR")
    assert (first.CompletionFlag, first.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    assert (last.CompletionFlag, last.VerificationFlag) == ("COMPLETE", "VERIFIED")
    series = last.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert last.VerifyingObserverSequence[0].VerificationDateTime
    for ds, heading in ((last, "19005-8"), (legacy, "121072")):
        sections = [item for item in ds.ContentSequence if item.ValueType == "CONTAINER"]
        assert sections[-1].ConceptNameCodeSequence[0].CodeValue == heading
        assert sections[-1].ContentSequence[0].ConceptNameCodeSequence[0].CodeValue == "121073"


def test_latin_1_name() -> None:
    assert str(LOADED["05-no-evidence-of-pe-0-perfusion.dcm"].PatientName) == "Modèle-Fictif^Hélène^Zoé"


def test_chest_has_its_segments_on_the_right_side() -> None:
    chest = Chest()
    counts = {name: int((chest.segment == n).sum()) for n, name in enumerate(SEGMENTS)}
    assert min(counts.values()) > 500
    assert not (chest.right & chest.left).any()
    assert chest.right.sum() > chest.left.sum()
    with pytest.raises(KeyError):
        reduce(chest, gravity(chest), {"no such segment": 0.5})
