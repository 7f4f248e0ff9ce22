"""The clip of the pictures in the README: the demo's rendered street, with people whose faces are drawn, not real.

`make_screenshots.py` calls `make_rendered_clip`; nobody who lives and no plate that exists is in it.
"""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dashcamcleaner.demo import clip

__all__ = ["drawn_face", "make_rendered_clip"]


def drawn_face() -> Image.Image:
    """A face drawn into the place of the demo's portrait (512 x 600)."""
    picture = Image.new("RGB", (512, 600), (54, 62, 78))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(215, 300), (318, 300), (330, 400), (205, 400)], fill=(196, 150, 124))
    draw.polygon([(14, 600), (30, 410), (200, 345), (330, 345), (500, 400), (511, 600)], fill=(48, 66, 96))
    draw.ellipse((160, 20, 372, 250), fill=(58, 40, 30))
    draw.ellipse((172, 70, 360, 325), fill=(222, 178, 150))
    shade = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shade).ellipse((172, 70, 360, 325), fill=150)
    light = np.linspace(255, 90, 512, dtype=np.float32)[None, :].repeat(600, 0)
    shade = Image.fromarray((np.asarray(shade, np.float32) * (255 - light) / 255).astype(np.uint8))
    picture.paste((150, 104, 82), (0, 0), shade)
    draw = ImageDraw.Draw(picture)
    draw.pieslice((160, 20, 372, 210), 180, 360, fill=(58, 40, 30))
    for x in (222, 312):
        draw.ellipse((x - 26, 158, x + 26, 190), fill=(176, 128, 104))
        draw.ellipse((x - 20, 164, x + 20, 186), fill=(244, 240, 236))
        draw.ellipse((x - 10, 163, x + 10, 187), fill=(70, 48, 34))
        draw.ellipse((x - 5, 168, x + 5, 180), fill=(16, 12, 10))
        draw.arc((x - 32, 132, x + 32, 180), 205, 335, fill=(58, 40, 30), width=9)
    draw.polygon([(262, 180), (246, 242), (282, 246)], fill=(196, 146, 120))
    draw.ellipse((244, 230, 286, 252), fill=(188, 136, 112))
    draw.ellipse((224, 268, 308, 294), fill=(168, 84, 80))
    draw.line((224, 281, 308, 281), fill=(110, 48, 48), width=4)
    return picture.filter(ImageFilter.GaussianBlur(2.2))


def make_rendered_clip(folder: Path) -> Path:
    """Make ``street.mp4`` in a folder."""
    with mock.patch.object(clip, "portrait", drawn_face):
        return clip.make_demo(folder).rename(folder / "street.mp4")
