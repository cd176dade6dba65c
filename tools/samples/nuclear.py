"""Nuclear-medicine images as cameras write them: NM Image Storage, planar, dynamic and reconstructed.

Source: DICOM PS3.3 A.5 and C.8.4; code values from pydicom's dictionaries (CID 18, 19, 20, 21, 25, 26).
"""

from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.tag import Tag
from pydicom.uid import NuclearMedicineImageStorage

from tools.samples.camera import VIEWS
from tools.samples.dicomfile import Study, add_pixels, new, one, tm
from tools.samples.phantom import PIXEL_MM

_SCT = codes.SCT
_VIEW_CODES: dict[str, Code] = {
    "ANT": _SCT.AnteriorProjection,
    "POST": _SCT.PosteriorProjection,
    "LLAT": _SCT.LeftLateralEmissiveProjection,
    "RLAT": _SCT.RightLateralEmissiveProjection,
    "LPO": _SCT.LeftPosteriorObliqueEmissiveProjection,
    "RPO": _SCT.RightPosteriorObliqueEmissiveProjection,
    "LAO": _SCT.LeftAnteriorObliqueEmissiveProjection,
    "RAO": _SCT.RightAnteriorObliqueEmissiveProjection,
}
_ANGLES = {"ANT": 0.0, "LAO": 45.0, "LLAT": 90.0, "LPO": 135.0, "POST": 180.0, "RPO": 225.0, "RLAT": 270.0, "RAO": 315.0}


@dataclass(frozen=True)
class Tracer:
    """What was inhaled or injected. `dose_mbq` as given; `window` in keV; `frame_s` is a planar view's time."""

    text: str
    code: Code
    nuclide: Code
    route: Code
    dose_mbq: float
    window: tuple[float, float]
    half_life_s: float
    series: str
    frame_s: int


_TC = _SCT._99mTechnetium
_TC_WINDOW = (126.0, 154.0)
DTPA = Tracer(
    "Tc-99m DTPA aerosol", _SCT.TechnetiumTc99mPentetate, _TC, _SCT.ByInhalation, 37.0, _TC_WINDOW, 21624.12, "VENT DTPA AEROSOL", 150
)
TECHNEGAS = Tracer(
    "Technegas", _SCT.Technetium99mLabeledCarbon, _TC, _SCT.ByInhalation, 40.0, _TC_WINDOW, 21624.12, "TECHNEGAS VENTILATION", 120
)
KRYPTON = Tracer("Kr-81m gas", _SCT.Krypton81m, _SCT._81mKrypton, _SCT.ByInhalation, 370.0, (171.0, 209.0), 13.1, "VENT KR81M", 180)
XENON = Tracer("Xe-133 gas", _SCT.Xenon133Gas, _SCT._133Xenon, _SCT.ByInhalation, 555.0, (73.0, 89.0), 453384.0, "XE-133 VENT DYNAMIC", 20)
MAA = Tracer(
    "Tc-99m MAA", _SCT.TechnetiumTc99mAggregatedAlbumin, _TC, _SCT.IntravenousRoute, 148.0, _TC_WINDOW, 21624.12, "PERFUSION MAA", 120
)


def planar(
    study: Study, tracer: Tracer, pictures: Many[NDArray[np.uint16]], *, series: int, made: datetime, dose_mbq: float = 0
) -> FileDataset:
    """The eight views as one STATIC multi-frame object: a detector item for each view, as cameras number their views."""
    ds = _image(study, tracer, series=series, made=made, dose_mbq=dose_mbq, kind="STATIC")
    ds.FrameIncrementPointer = [Tag("EnergyWindowVector"), Tag("DetectorVector")]
    ds.EnergyWindowVector = [1] * len(VIEWS)
    ds.DetectorVector = list(range(1, len(VIEWS) + 1))
    ds.NumberOfDetectors = len(VIEWS)
    ds.DetectorInformationSequence = Sequence([_detector(view) for view in VIEWS])
    ds.ActualFrameDuration = tracer.frame_s * 1000
    ds.CountsAccumulated = int(sum(int(picture.sum()) for picture in pictures))
    ds.PixelSpacing = [PIXEL_MM, PIXEL_MM]
    add_pixels(ds, np.stack(pictures))
    return ds


def dynamic(
    study: Study,
    tracer: Tracer,
    pictures: Many[NDArray[np.uint16]],
    phases: Many[tuple[str, int, int]],
    *,
    series: int,
    made: datetime,
    pixel_mm: float,
) -> FileDataset:
    """Posterior frames in time. `phases` are (description, frames, seconds a frame): single breath, equilibrium, washout."""
    ds = _image(study, tracer, series=series, made=made, kind="DYNAMIC")
    ds.FrameIncrementPointer = [Tag(f"{name}Vector") for name in ("EnergyWindow", "Detector", "Phase", "TimeSlice")]
    ds.EnergyWindowVector = [1] * len(pictures)
    ds.DetectorVector = [1] * len(pictures)
    ds.PhaseVector = [n for n, (_, frames, _) in enumerate(phases, 1) for _ in range(frames)]
    ds.TimeSliceVector = [k for _, frames, _ in phases for k in range(1, frames + 1)]
    ds.NumberOfDetectors = 1
    ds.DetectorInformationSequence = Sequence([_detector("POST")])
    ds.NumberOfPhases = len(phases)
    items = []
    for words, frames, seconds in phases:
        item = Dataset()
        item.PhaseDelay = 0
        item.ActualFrameDuration = seconds * 1000
        item.PauseBetweenFrames = 0
        item.NumberOfFramesInPhase = frames
        item.PhaseDescription = words
        items.append(item)
    ds.PhaseInformationSequence = Sequence(items)
    ds.NumberOfTimeSlices = max(frames for _, frames, _ in phases)
    ds.ActualFrameDuration = phases[0][2] * 1000
    ds.CountsAccumulated = int(sum(int(picture.sum()) for picture in pictures))
    ds.PixelSpacing = [pixel_mm, pixel_mm]
    add_pixels(ds, np.stack(pictures))
    return ds


def reconstructed(study: Study, tracer: Tracer, volume: NDArray[np.uint16], *, series: int, made: datetime, pixel_mm: float) -> FileDataset:
    """Axial slices of a SPECT, cubes of `pixel_mm`."""
    ds = _image(study, tracer, series=series, made=made, kind="RECON TOMO")
    count, rows, columns = volume.shape
    ds.FrameIncrementPointer = [Tag("SliceVector")]
    ds.EnergyWindowVector = [1] * count
    ds.SliceVector = list(range(1, count + 1))
    ds.NumberOfSlices = count
    ds.NumberOfDetectors = 2
    heads = [_detector("ANT"), _detector("POST")]
    for head in heads:
        head.ImagePositionPatient = [-columns * pixel_mm / 2, -rows * pixel_mm / 2, -count * pixel_mm / 2]
        head.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        del head.ViewCodeSequence
    ds.DetectorInformationSequence = Sequence(heads)
    turn = Dataset()
    turn.StartAngle = 0
    turn.RotationDirection = "CC"
    turn.AngularStep = 6
    turn.ScanArc = 360
    turn.ActualFrameDuration = 15_000
    turn.NumberOfFramesInRotation = 60
    turn.RadialPosition = 240
    ds.RotationInformationSequence = Sequence([turn])
    ds.NumberOfRotations = 1
    ds.TypeOfDetectorMotion = "STEP AND SHOOT"
    ds.CountsAccumulated = int(volume.sum())
    ds.SpacingBetweenSlices = pixel_mm
    ds.SliceThickness = pixel_mm
    ds.ReconstructionMethod = "OSEM 4 iterations 8 subsets"
    ds.ConvolutionKernel = "GAUSSIAN"
    ds.CorrectedImage = ["DECY", "UNIF", "SCAT"]
    ds.PixelSpacing = [pixel_mm, pixel_mm]
    add_pixels(ds, volume)
    return ds


def _image(study: Study, tracer: Tracer, *, series: int, made: datetime, kind: str, dose_mbq: float = 0) -> FileDataset:
    ds = new(study, NuclearMedicineImageStorage, "NM", series, 1, made)
    ds.ImageType = ["ORIGINAL", "PRIMARY", kind, "EMISSION"]
    ds.AcquisitionDate, ds.AcquisitionTime = f"{made:%Y%m%d}", tm(made)
    ds.SeriesDescription = tracer.series
    ds.ProtocolName = "LUNG V/Q"
    ds.BodyPartExamined = "LUNG"
    ds.AnatomicRegionSequence = one(_SCT.Lung)
    ds.PatientWeight = None
    ds.PatientOrientationCodeSequence = one(_SCT.Recumbent)
    ds.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = one(_SCT.Supine)
    ds.PatientGantryRelationshipCodeSequence = one(_SCT.Headfirst)
    ds.PatientPosition = "HFS"
    info = Dataset()
    info.RadionuclideCodeSequence = one(_plain(tracer.nuclide))
    info.RadiopharmaceuticalRoute = tracer.route.meaning
    info.AdministrationRouteCodeSequence = one(tracer.route)
    info.RadiopharmaceuticalStartTime = tm(made - timedelta(minutes=4))
    info.RadionuclideTotalDose = dose_mbq or tracer.dose_mbq
    info.RadionuclideHalfLife = tracer.half_life_s
    info.Radiopharmaceutical = tracer.text
    info.RadiopharmaceuticalCodeSequence = one(_plain(tracer.code))
    ds.RadiopharmaceuticalInformationSequence = Sequence([info])
    window = Dataset()
    window.EnergyWindowName = f"{tracer.window[0]:.0f}-{tracer.window[1]:.0f} keV"
    limits = Dataset()
    limits.EnergyWindowLowerLimit, limits.EnergyWindowUpperLimit = tracer.window
    window.EnergyWindowRangeSequence = Sequence([limits])
    ds.EnergyWindowInformationSequence = Sequence([window])
    ds.NumberOfEnergyWindows = 1
    ds.LossyImageCompression = "00"
    ds.AcquisitionTerminationCondition = "TIME"
    return ds


def _detector(view: str) -> Dataset:
    item = Dataset()
    item.CollimatorGridName = "LEHR"
    item.CollimatorType = "PARA"
    item.FieldOfViewShape = "RECTANGLE"
    item.FieldOfViewDimensions = [540, 400]
    item.FocalDistance = 0
    item.StartAngle = _ANGLES[view]
    item.ZoomFactor = [1.45, 1.45]
    item.ViewCodeSequence = one(_VIEW_CODES[view])
    item.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])
    item.ImagePositionPatient = item.ImageOrientationPatient = None
    return item


def _plain(code: Code) -> tuple[str, str, str]:
    # the dictionary writes superscripts as ^99m^, which cameras do not; meanings are free text to DICOM
    return code.value, code.scheme_designator, code.meaning.replace("^", "")
