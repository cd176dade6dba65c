"""A chest in three dimensions: two lungs with their bronchopulmonary segments, a heart, a body, and where the tracer sits.

Axes are DICOM's patient axes in millimetres: x to the patient's left, y to the back, z to the head, origin between the hila.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Volume = NDArray[np.float64]

STEP_MM = 4.0
PIXEL_MM = 2.9
PLANES = 106
"""Planes along z, PIXEL_MM apart, so that a plane is a detector row."""

# Centre of the pleural end of each segment, right lung as seen from its own hilum (x counts away from the midline).
_RIGHT = {
    "RUL-apical": (55, 5, 105),
    "RUL-posterior": (85, 55, 62),
    "RUL-anterior": (80, -55, 52),
    "RML-lateral": (108, -45, -8),
    "RML-medial": (60, -75, -22),
    "RLL-superior": (80, 72, 12),
    "RLL-medial-basal": (38, 25, -58),
    "RLL-anterior-basal": (92, -25, -68),
    "RLL-lateral-basal": (118, 22, -58),
    "RLL-posterior-basal": (78, 72, -66),
}
_LEFT = {
    "LUL-apicoposterior": (60, 30, 88),
    "LUL-anterior": (78, -55, 55),
    "LUL-superior-lingula": (108, -48, 2),
    "LUL-inferior-lingula": (92, -62, -38),
    "LLL-superior": (80, 72, 12),
    "LLL-anteromedial-basal": (78, -12, -64),
    "LLL-lateral-basal": (118, 22, -58),
    "LLL-posterior-basal": (78, 72, -66),
}
SEGMENTS = (*_RIGHT, *_LEFT)


@dataclass(frozen=True)
class Chest:
    """One person's chest. `size` scales everything; 1.0 is an average adult."""

    size: float = 1.0
    heart: float = 1.0
    right: NDArray[np.bool_] = field(init=False, repr=False, compare=False)
    left: NDArray[np.bool_] = field(init=False, repr=False, compare=False)
    body: NDArray[np.bool_] = field(init=False, repr=False, compare=False)
    segment: NDArray[np.int16] = field(init=False, repr=False, compare=False)
    """Index into SEGMENTS; -1 outside the lungs. Arrays are indexed [y, x, z]."""

    def __post_init__(self) -> None:
        x, y, z = grid(self.size)
        body = (np.abs(x) / 168) ** 2.4 + (np.abs(y) / 112) ** 2.4 < 1
        heart = ((x - 34) / (56 * self.heart)) ** 2 + ((y + 38) / (50 * self.heart)) ** 2 + ((z + 52) / (58 * self.heart)) ** 2 < 1
        # the great vessels and the spine between the lungs, wider towards the back below and towards the hila
        middle = (np.abs(x) < 17 + 9 * np.exp(-((z - 5) ** 2) / 1800)) & (y < 60)
        spine = x**2 + (y - 78) ** 2 < 26**2
        solid = heart | middle | spine
        right = _lung(-x, y, z, base=-78.0) & ~solid
        left = _lung(x, y, z, base=-88.0) & ~solid
        object.__setattr__(self, "right", right)
        object.__setattr__(self, "left", left)
        object.__setattr__(self, "body", np.broadcast_to(body, right.shape))
        index = np.full(right.shape, -1, np.int16)
        for lung, seeds, sign, first in ((right, _RIGHT, -1, 0), (left, _LEFT, 1, len(_RIGHT))):
            distance = [(sign * x - sx) ** 2 + (y - sy) ** 2 + (z - sz) ** 2 for sx, sy, sz in seeds.values()]
            nearest = np.argmin(np.broadcast_arrays(*distance), axis=0)
            index = np.where(lung, nearest + first, index).astype(np.int16)
        object.__setattr__(self, "segment", index)

    @property
    def lungs(self) -> NDArray[np.bool_]:
        return self.right | self.left


def grid(size: float = 1.0) -> tuple[Volume, Volume, Volume]:
    """x, y, z of each voxel in millimetres of an average adult, shaped to broadcast as [y, x, z]."""
    x = (np.arange(-44, 45) * STEP_MM / size)[None, :, None]
    y = (np.arange(-31, 32) * STEP_MM / size)[:, None, None]
    z = ((np.arange(PLANES) - PLANES / 2 + 0.5) * PIXEL_MM / size)[None, None, :]
    return np.asarray(x, np.float64), np.asarray(y, np.float64), np.asarray(z, np.float64)


def _lung(out: Volume, y: Volume, z: Volume, base: float) -> NDArray[np.bool_]:
    """A lung that lies at positive `out`: a rounded cone over a domed diaphragm, deeper behind than in front."""
    top = 128.0
    rise = np.clip((top - z) / 165.0, 0.0, 1.0)
    width = 62.0 * np.sqrt(np.clip(1 - (1 - rise) ** 2.1, 0, 1))
    depth = 88.0 * np.sqrt(np.clip(1 - (1 - rise) ** 2.3, 0, 1))
    centre = 52.0 + 20.0 * rise
    inside = (np.abs(out - centre) / np.maximum(width, 1)) ** 2.2 + (np.abs(y - 6 * rise) / np.maximum(depth, 1)) ** 2.2 < 1
    dome = base + 30.0 * (1 - ((out - 66) / 62) ** 2 - ((y + 22) / 82) ** 2)
    dome = np.maximum(dome, base - 34.0)
    return np.asarray(inside & (z > dome) & (z < top) & (out > 0))


def gravity(chest: Chest, back: float = 0.28, base: float = 0.22) -> Volume:
    """Tracer density in healthy lungs of a person lying on the back: more behind, more below. `back` and `base` are the slopes."""
    _, y, z = grid(chest.size)
    density = (1 + back * y / 90) * (1 - base * z / 120)
    return np.asarray(chest.lungs * np.clip(density, 0.2, None), np.float64)


def smooth_noise(rng: np.random.Generator, chest: Chest, strength: float, grain_mm: float = 26.0) -> Volume:
    """A slowly varying factor around 1, as no lung is quite even. Made from a coarse random lattice, interpolated linearly."""
    x, y, z = grid()
    lattice = rng.random((12, 14, 16)) * 2 - 1
    axes = [np.clip((axis.ravel() - axis.min()) / grain_mm, 0, n - 1.001) for axis, n in ((y, 12), (x, 14), (z, 16))]
    out = lattice
    for dim, where in enumerate(axes):
        low = where.astype(int)
        shape = [1, 1, 1]
        shape[dim] = -1
        part = (where - low).reshape(shape)
        out = np.take(out, low, dim) * (1 - part) + np.take(out, low + 1, dim) * part
    return 1 + strength * out * chest.lungs


def reduce(chest: Chest, tracer: Volume, defects: dict[str, float]) -> Volume:
    """The tracer with some segments (by name) brought down to a fraction. Raises KeyError for a name that is no segment."""
    out = tracer.copy()
    for name, left_over in defects.items():
        out[chest.segment == SEGMENTS.index(name) if name in SEGMENTS else _unknown(name)] *= left_over
    return out


def spots(chest: Chest, tracer: Volume, places: tuple[tuple[float, float, float, float, float], ...]) -> Volume:
    """The tracer with ball-shaped changes: (x, y, z, radius) in millimetres and the factor inside; for what keeps to no segment."""
    x, y, z = grid(chest.size)
    out = tracer.copy()
    for cx, cy, cz, radius, factor in places:
        depth = np.clip(1.5 - np.sqrt((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) / radius, 0, 1)
        out = out * (1 + (factor - 1) * depth)
    return out


def airways(chest: Chest, tracer: Volume, *, windpipe: float, stomach: float = 0.0) -> Volume:
    """Aerosol that stuck on its way: the windpipe, the main bronchi, and what was swallowed."""
    x, y, z = grid(chest.size)
    out = tracer + windpipe * ((x**2 + (y - 5) ** 2 < 8**2) & (z > 22))
    for sign in (-1, 1):
        out = out + windpipe * 0.9 * (((sign * x - 18) ** 2 / 22**2 + (y - 8) ** 2 / 8**2 + (z - 14) ** 2 / 9**2) < 1)
    out = out + stomach * (((x - 52) / 38) ** 2 + ((y + 12) / 28) ** 2 + ((z + 128) / 16) ** 2 < 1)
    return np.asarray(out)


def _unknown(name: str) -> NDArray[np.bool_]:
    raise KeyError(name)
