"""A gamma camera: projects a chest onto a detector, and makes tomographic slices, with blur, attenuation and counting noise.

All in double precision, and only basic arithmetic decides a count: Poisson noise is drawn by inverse transform from `Generator.random`, of rates rounded
well above floating-point error, so that other machines and library versions make the same bytes.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.samples.phantom import PIXEL_MM, PLANES, STEP_MM, Chest, Volume

Image = NDArray[np.float64]
Counts = NDArray[np.uint16]

MATRIX = 128
_DEPTHS = 72
_SLAB = 6
_TISSUE_PER_MM = 0.0118
_LUNG_PER_MM = 0.0036

# unit vector from the patient to the detector, in x (left) and y (back)
_H = float(np.sqrt(0.5))
VIEWS: Final[dict[str, tuple[float, float]]] = {
    "ANT": (0.0, -1.0),
    "POST": (0.0, 1.0),
    "LLAT": (1.0, 0.0),
    "RLAT": (-1.0, 0.0),
    "LPO": (_H, _H),
    "RPO": (-_H, _H),
    "LAO": (_H, -_H),
    "RAO": (-_H, -_H),
}


def _rays(view: str) -> tuple[Image, Image]:
    """x and y of the points that a view looks at: [across the detector, depth]."""
    toward = VIEWS[view]
    inward = (-toward[0], -toward[1])
    across = (inward[1], -inward[0])
    s = (np.arange(MATRIX) - MATRIX / 2 + 0.5) * PIXEL_MM
    t = (np.arange(_DEPTHS) - _DEPTHS / 2 + 0.5) * STEP_MM
    return s[:, None] * across[0] + t[None, :] * inward[0], s[:, None] * across[1] + t[None, :] * inward[1]


def _taken(volume: Volume, x: Image, y: Image) -> Volume:
    """The volume along z at each point of the plane, between its voxels linearly; nothing outside."""
    ny, nx, nz = volume.shape
    column = x / STEP_MM + (nx - 1) / 2
    row = y / STEP_MM + (ny - 1) / 2
    inside = (column >= 0) & (column <= nx - 1.001) & (row >= 0) & (row <= ny - 1.001)
    low_c, low_r = (np.clip(np.floor(a).astype(int), 0, n - 2) for a, n in ((column, nx), (row, ny)))
    filled = np.asarray(volume.any(axis=2))
    inside &= filled[low_r, low_c] | filled[low_r, low_c + 1] | filled[low_r + 1, low_c] | filled[low_r + 1, low_c + 1]
    low_c, low_r = low_c[inside], low_r[inside]
    part_c, part_r = (column[inside] - low_c)[:, None], (row[inside] - low_r)[:, None]
    near = volume[low_r, low_c] * (1 - part_c) + volume[low_r, low_c + 1] * part_c
    far = volume[low_r + 1, low_c] * (1 - part_c) + volume[low_r + 1, low_c + 1] * part_c
    out = np.zeros((*x.shape, nz))
    out[inside] = near * (1 - part_r) + far * part_r
    return out


@lru_cache(maxsize=8)
def _passing(chest: Chest, view: str) -> Volume:
    """The fraction that gets out of the body towards the detector, at each point of the view."""
    density = chest.body * _TISSUE_PER_MM + chest.lungs * (_LUNG_PER_MM - _TISSUE_PER_MM)
    return np.asarray(np.exp(-np.cumsum(_taken(density, *_rays(view)), axis=1) * STEP_MM))


def project(chest: Chest, tracer: Volume, view: str) -> Image:
    """What the detector expects to count in `view`, in arbitrary units; row 0 is the head, as the camera shows it."""
    seen = _taken(tracer, *_rays(view)) * _passing(chest, view)
    picture = np.zeros((MATRIX, MATRIX))
    for first in range(0, _DEPTHS, _SLAB):
        slab = seen[:, first : first + _SLAB].sum(axis=1).T[::-1]
        if slab.any():
            distance = 40 + (first + _SLAB / 2) * STEP_MM
            whole = np.zeros((MATRIX, MATRIX))
            whole[(MATRIX - PLANES) // 2 : (MATRIX + PLANES) // 2] = slab
            picture += blurred(whole, (1.9 + distance * 0.021) / PIXEL_MM, extra_rows=1.0)
    # what scattered in the body and still fell into the energy window
    return np.clip(picture + 0.16 * blurred(picture, 11.0), 0.0, None)


def blurred(image: Image, sigma: float, extra_rows: float = 0.0) -> Image:
    """Gaussian blur, sigma in pixels; `extra_rows` adds the breathing, which moves the lungs up and down."""
    f = np.fft.fftfreq(image.shape[0])[:, None]
    g = np.fft.rfftfreq(image.shape[1])[None, :]
    transfer = np.exp(-2 * np.pi**2 * ((sigma**2 + extra_rows**2) * f**2 + sigma**2 * g**2))
    return np.asarray(np.fft.irfft2(np.fft.rfft2(image) * transfer, image.shape))


def counted(rng: np.random.Generator, expected: Image, total: float) -> Counts:
    """Poisson counts, `total` of them expected, from an image of any scale."""
    rate = np.round(expected * (total / expected.sum()), 2) + 0.02
    draw = rng.random(rate.shape)
    term = np.exp(-rate)
    reached = term.copy()
    out = np.zeros(rate.shape, np.uint16)
    for k in range(1, int(rate.max() * 2 + 30)):
        more = draw > reached
        if not more.any():
            break
        out += more
        term *= rate / k
        reached += term
    return out


def slices(rng: np.random.Generator, tracer: Volume, *, matrix: int, count: int, peak: float) -> Counts:
    """Reconstructed axial slices [slice, row, column], caudal first, smoothed and noisy as ordered-subset images are.

    Voxels are cubes of 2 * PIXEL_MM.
    """
    pitch = 2 * PIXEL_MM
    ny, nx, nz = tracer.shape
    where = (np.arange(matrix) - matrix / 2 + 0.5) * pitch
    column = np.round(where / STEP_MM + (nx - 1) / 2).astype(int)
    row = np.round(where / STEP_MM + (ny - 1) / 2).astype(int)
    out = np.zeros((count, matrix, matrix))
    ok = ((row >= 0) & (row < ny))[:, None] & ((column >= 0) & (column < nx))[None, :]
    for n in range(count):
        plane = nz // 2 - count + 2 * n
        pair = tracer[:, :, max(plane, 0) : plane + 2].mean(axis=2) if -1 < plane < nz - 1 else np.zeros((ny, nx))
        out[n] = np.where(ok, pair[np.clip(row, 0, ny - 1)][:, np.clip(column, 0, nx - 1)], 0.0)
    # resolution of 15 mm in the plane; across it the breathing blurs as much
    flat = np.stack([blurred(plane, 1.25) for plane in out])
    padded = np.pad(flat, ((2, 2), (0, 0), (0, 0)))
    smooth = sum(weight * padded[k : k + count] for k, weight in enumerate((0.08, 0.24, 0.36, 0.24, 0.08)))
    grain = np.stack([blurred(rng.random((matrix, matrix)) - 0.5, 1.0) for _ in range(count)])
    level = np.clip(smooth, 0, None) * (1 + 1.1 * grain)
    return np.asarray(np.round(np.round(level / level.max() * peak, 1)), np.uint16)
