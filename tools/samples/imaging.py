"""Pictures for the sample exams: from what the report says is wrong to DICOM objects."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from tools.samples import camera, nuclear, phantom
from tools.samples.dicomfile import Study, written

Ball = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Lungs:
    """What the scan shows. Defects are {segment: fraction left}; balls keep to no segment (x, y, z, radius mm, factor)."""

    matched: dict[str, float] = field(default_factory=dict)
    mismatched: dict[str, float] = field(default_factory=dict)
    reversed: dict[str, float] = field(default_factory=dict)
    balls: tuple[Ball, ...] = ()
    size: float = 1.0
    heart: float = 1.0
    patchy: float = 0.10

    def chest(self) -> phantom.Chest:
        return _chest(self.size, self.heart)

    def perfused(self, rng: np.random.Generator, chest: phantom.Chest) -> phantom.Volume:
        even = phantom.gravity(chest) * phantom.smooth_noise(rng, chest, self.patchy)
        return phantom.spots(chest, phantom.reduce(chest, even, self.matched | self.mismatched), self.balls)

    def ventilated(self, rng: np.random.Generator, chest: phantom.Chest, windpipe: float = 0.0, stomach: float = 0.0) -> phantom.Volume:
        even = phantom.gravity(chest, 0.16, 0.12) * phantom.smooth_noise(rng, chest, self.patchy * 1.2)
        even = phantom.spots(chest, phantom.reduce(chest, even, self.matched | self.reversed), self.balls)
        return phantom.airways(chest, even, windpipe=windpipe, stomach=stomach)


@lru_cache(maxsize=2)
def _chest(size: float, heart: float) -> phantom.Chest:
    return phantom.Chest(size, heart)


def seeded(*parts: object) -> np.random.Generator:
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def perfusion(
    study: Study, lungs: Lungs, *, minutes: int = 35, counts: float = 420e3, dose_mbq: float = 0, syntax: str = RLELossless
) -> bytes:
    """Eight views after Tc-99m MAA."""
    rng = seeded(study.accession, "perfusion")
    chest = lungs.chest()
    pictures = _eight(rng, chest, lungs.perfused(rng, chest), counts)
    ds = nuclear.planar(study, nuclear.MAA, pictures, series=2, made=study.started + timedelta(minutes=minutes), dose_mbq=dose_mbq)
    return written(ds, syntax)


def ventilation(
    study: Study,
    lungs: Lungs,
    tracer: nuclear.Tracer = nuclear.DTPA,
    *,
    counts: float = 190e3,
    syntax: str = RLELossless,
    stomach: float = 0.5,
) -> bytes:
    """Eight views after an aerosol, Technegas or krypton."""
    rng = seeded(study.accession, "ventilation")
    chest = lungs.chest()
    sticks = {nuclear.DTPA: 2.6, nuclear.TECHNEGAS: 0.7}.get(tracer, 0.4)
    volume = lungs.ventilated(rng, chest, windpipe=sticks, stomach=stomach if tracer is nuclear.DTPA else 0.0)
    pictures = _eight(rng, chest, volume, counts)
    return written(nuclear.planar(study, tracer, pictures, series=1, made=study.started + timedelta(minutes=5)), syntax)


def _eight(rng: np.random.Generator, chest: phantom.Chest, tracer: phantom.Volume, counts: float) -> list[NDArray[np.uint16]]:
    # each view is stopped by time, so the views that see less lung count less
    seen = {view: camera.project(chest, tracer, view) for view in camera.VIEWS}
    most = max(picture.sum() for picture in seen.values())
    return [camera.counted(rng, picture, counts * picture.sum() / most) for picture in seen.values()]


XENON_PHASES = (("SINGLE BREATH", 1, 20), ("EQUILIBRIUM", 4, 45), ("WASHOUT", 11, 30))


def xenon(study: Study, lungs: Lungs, *, trapping: tuple[str, ...]) -> bytes:
    """Single breath, equilibrium and washout of Xe-133 from behind, 64 by 64; the `trapping` segments fill and empty slowly."""
    rng = seeded(study.accession, "xenon")
    chest = lungs.chest()
    healthy = lungs.ventilated(rng, chest)
    slow = phantom.reduce(chest, healthy, dict.fromkeys(trapping, 0.0))
    trapped = healthy - slow
    fast_view, slow_view = (_quartered(camera.project(chest, volume, "POST")) for volume in (slow, trapped))
    pictures = []
    total = float((fast_view + slow_view).sum())
    for name, frames, seconds in XENON_PHASES:
        for k in range(frames):
            minute = (k + 0.5) * seconds / 60
            if name == "SINGLE BREATH":
                fast, held, full = 1.0, 0.25, 110e3
            elif name == "EQUILIBRIUM":
                fast, held, full = 1.0, 0.45 + 0.5 * minute / 3, 190e3
            else:
                fast, held, full = float(np.exp(-minute / 0.75)), float(0.95 * np.exp(-minute / 4.5)), 130e3
            expected = fast * fast_view + held * slow_view + total * 2.5e-6
            pictures.append(camera.counted(rng, expected, full * float(expected.sum()) / total))
    made = study.started + timedelta(minutes=3)
    ds = nuclear.dynamic(study, nuclear.XENON, pictures, XENON_PHASES, series=1, made=made, pixel_mm=2 * phantom.PIXEL_MM)
    return written(ds, ExplicitVRLittleEndian)


def _quartered(image: camera.Image) -> camera.Image:
    rows, columns = image.shape
    return np.asarray(image.reshape(rows // 2, 2, columns // 2, 2).sum(axis=(1, 3)))


def spect(study: Study, lungs: Lungs, *, part: str, tracer: nuclear.Tracer) -> bytes:
    """Reconstructed axial slices, 64 by 64."""
    rng = seeded(study.accession, "spect", part)
    chest = lungs.chest()
    volume = lungs.perfused(rng, chest) if part == "perfusion" else lungs.ventilated(rng, chest, windpipe=0.8)
    cube = camera.slices(rng, volume, matrix=64, count=40, peak=210)
    series, minutes = (2, 40) if part == "perfusion" else (1, 10)
    made = study.started + timedelta(minutes=minutes)
    return written(nuclear.reconstructed(study, tracer, cube, series=series, made=made, pixel_mm=2 * phantom.PIXEL_MM), RLELossless)
