"""Contact sheets of the sample images, for looking at them and for the documentation."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pydicom import dcmread

from tools.samples.camera import VIEWS

Grey = NDArray[np.uint8]


def frames(content: bytes) -> NDArray[np.uint16]:
    return np.asarray(dcmread(BytesIO(content)).pixel_array, np.uint16)


def sheet(pictures: NDArray[np.uint16], columns: int, *, per_frame: bool = True) -> Grey:
    """Counts dark on white, as lung scans are read; each frame on its own scale, or all on one."""
    whole = np.percentile(pictures, 99.8)
    out = []
    for picture in pictures:
        top = max(np.percentile(picture, 99.6) if per_frame else whole, 1)
        out.append(255 - np.clip(picture / top * 255, 0, 255).astype(np.uint8))
    while len(out) % columns:
        out.append(np.full_like(out[0], 255))
    rows = [np.hstack(out[k : k + columns]) for k in range(0, len(out), columns)]
    return np.vstack(rows)


def scan_views(made: dict[str, bytes], target: Path) -> None:
    """Ventilation above perfusion of a normal exam and of one with embolism, in the eight views."""
    rows = []
    for exam in ("01-normal", "13-high-probability"):
        for part in ("ventilation", "perfusion"):
            pictures = frames(made[f"{exam}-0-{part}.dcm"])[:, 16:116, 6:122]
            rows.append((f"{exam[3:].replace('-', ' ')}: {part}", sheet(pictures, 8)))
    gap = 14
    canvas = Image.new("L", (rows[0][1].shape[1], sum(row.shape[0] + gap for _, row in rows) + gap), 255)
    draw = ImageDraw.Draw(canvas)
    for n, view in enumerate(VIEWS):
        draw.text((n * 116 + 44, 1), view, fill=60)
    top = gap
    for title, row in rows:
        draw.text((4, top), title, fill=60)
        canvas.paste(Image.fromarray(row), (0, top + gap))
        top += row.shape[0] + gap
    target.parent.mkdir(parents=True, exist_ok=True)
    canvas.quantize(14).save(target, optimize=True)
