"""Rendered number plates: texts that belong to nobody, drawn by us. In comes a text, out comes an RGB picture.

`demo.clip` puts them on its cars; the attack test and ``benchmarks/attack.py`` check on them that what was obscured
cannot be read. Pillow draws with the font it carries, so nothing is needed from the system.
"""

from __future__ import annotations

import string
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["DESIGNS", "plate_text", "render_plate"]

DESIGNS: dict[str, tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int] | None]] = {
    "band": ((242, 242, 238), (16, 16, 20), (0, 51, 153)),
    "white": ((240, 240, 240), (16, 16, 16), None),
    "yellow": ((248, 206, 48), (18, 18, 18), None),
    "dark": ((22, 22, 24), (236, 236, 236), None),
}
"""Background, letters and side band (RGB), by name."""

_SIZE = (1040, 220)
"""Drawn at this size (twice 520 x 110 mm in millimetres) and reduced: thin strokes then come out true at any height."""

_LETTERS = "".join(c for c in string.ascii_uppercase if c not in "IOQ")
"""Registers leave out what looks like a digit; so the reading of a plate here is not ambiguous either."""


def plate_text(rng: np.random.Generator) -> str:
    """A text of seven characters in a form that no register gives out (three letters, a gap, four digits)."""
    letters = "".join(_LETTERS[i] for i in rng.integers(len(_LETTERS), size=3))
    return letters + " " + "".join(str(d) for d in rng.integers(10, size=4))


def render_plate(text: str, *, height_px: int, design: str = "band") -> np.ndarray:
    """A plate, edge to edge, as uint8 RGB ``(height_px, width, 3)``; about 4.7 times as wide as high.

    Args:
        text: what stands on it.
        height_px: the height of the picture.
        design: one of `DESIGNS`.
    """
    full = _draw(text, design)
    size = (max(round(full.width * height_px / full.height), 1), height_px)
    return np.asarray(full.resize(size, Image.Resampling.BOX, reducing_gap=None))


@lru_cache(maxsize=64)
def _draw(text: str, design: str) -> Image.Image:
    background, ink, band = DESIGNS[design]
    w, h = _SIZE
    plate = Image.new("RGB", _SIZE, background)
    draw = ImageDraw.Draw(plate)
    left = 16
    if band is not None:
        draw.rectangle((0, 0, 90, h), fill=band)
        left = 106
    draw.rounded_rectangle((3, 3, w - 4, h - 4), radius=18, outline=ink, width=7)
    # The size at which letters with a stroke fill the plate's height, less where a long text would not fit.
    for size in range(190, 40, -5):
        font = ImageFont.load_default(size)
        box = draw.textbbox((0, 0), text, font=font, stroke_width=5)
        if box[2] - box[0] <= w - left - 30 and box[3] - box[1] <= h - 44:
            break
    x = left + (w - left - 14 - (box[2] - box[0])) / 2 - box[0]
    y = (h - (box[3] - box[1])) / 2 - box[1]
    draw.text((x, y), text, font=font, fill=ink, stroke_width=5, stroke_fill=ink)
    return plate
