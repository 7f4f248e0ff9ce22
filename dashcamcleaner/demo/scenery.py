"""A rendered street: trees, kerb and road, cars with rendered plates, and people made of one real portrait.

In comes a seed-free recipe, out come RGB(A) pictures; `demo.clip` moves a virtual camera over them. The portrait is the
picture of Rear Admiral Grace Hopper that matplotlib ships as sample data (US Navy, public domain): a real face, since
no detector should be trained to take a drawn one for a person. Where matplotlib is not installed (it is in no bundle),
a drawn one stands in its place, so that the sample clip is there for everybody.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dashcamcleaner.demo.plates import render_plate

__all__ = ["car", "drawn_face", "lamp_post", "pedestrian", "portrait", "street"]

HORIZON_PX = 330
"""Height of the picture at which the road begins."""

# The person's outline in the portrait (512 x 600), drawn by hand: cap, ear, shoulders.
# fmt: off
_OUTLINE = (
    (150, 148), (150, 88), (172, 62), (186, 44), (216, 27), (256, 22), (300, 34), (342, 60), (353, 84), (368, 96),
    (371, 130), (368, 176), (377, 196), (371, 236), (356, 262), (352, 296), (334, 314), (380, 344), (470, 380),
    (496, 398), (511, 440), (511, 599), (14, 599), (24, 470), (34, 408), (54, 384), (110, 362), (192, 328), (203, 318),
    (200, 300), (172, 272), (160, 242), (152, 206), (158, 180), (166, 160),
)
# fmt: on


def portrait() -> Image.Image:
    """The portrait (512 x 600, RGB) as it lies in the installed package, or a drawn one."""
    spec = find_spec("matplotlib")  # finds the folder without importing the package
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
        if path.is_file():
            return _without_badges(Image.open(path).convert("RGB"))
    return drawn_face()


def _without_badges(picture: Image.Image) -> Image.Image:
    """Cloth over the name tag and the ribbons: rows of small bright fields are taken for a plate."""
    for badge, cloth_top in (((72, 478, 176, 524), 538), ((314, 482, 464, 534), 540)):
        left, top, right, bottom = badge
        cloth = picture.crop((left, cloth_top, right, cloth_top + bottom - top))
        soft = Image.new("L", cloth.size, 0)
        ImageDraw.Draw(soft).rectangle((4, 4, cloth.width - 5, cloth.height - 5), fill=255)
        picture.paste(cloth, (left, top), soft.filter(ImageFilter.GaussianBlur(2)))
    return picture


def drawn_face() -> Image.Image:
    """A face drawn into the portrait's place, by hand like its outline (512 x 600, RGB)."""
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


def street(size: tuple[int, int], *, seed: int = 1) -> np.ndarray:
    """The background, uint8 RGB: sky, trees, a hedge, pavement and road.

    No houses: rows of windows on a light wall are what a small detector takes for a huge plate. The trees stand close
    and have small leaves, as real ones do: single round crowns of large blots on thin trunks were taken for heads.
    """
    w, h = size
    rng = np.random.default_rng(seed)
    sky = np.linspace((150, 184, 220), (222, 230, 236), HORIZON_PX).astype(np.uint8)
    picture = Image.new("RGB", size, (96, 97, 100))
    picture.paste(Image.fromarray(np.repeat(sky[:, None], w, axis=1)), (0, 0))
    draw = ImageDraw.Draw(picture)
    ground = HORIZON_PX + 70
    hills = HORIZON_PX - 170 + 24 * np.sin(np.arange(w) / 170) + 18 * np.sin(np.arange(w) / 61)
    draw.polygon([(0, ground), *((x, int(hills[x])) for x in range(0, w, 8)), (w, ground)], fill=(128, 150, 146))
    for x in range(-40, w + 40, 150):
        _tree(draw, x + int(rng.integers(-45, 45)), ground, rng)
    for x in range(-20, w + 20, 14):  # the hedge
        top = ground - int(rng.integers(52, 76))
        draw.ellipse((x - 26, top, x + 26, ground + 12), fill=_leaf(rng, (62, 92, 52)))
    picture = picture.filter(ImageFilter.GaussianBlur(1.6))  # what stands far behind is not sharp
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, ground, w, ground + 44), fill=(158, 156, 150))
    draw.rectangle((0, ground + 44, w, ground + 52), fill=(120, 119, 116))
    draw.rectangle((0, ground + 52, w, h), fill=(96, 97, 100))
    for mark in range(0, w, 230):
        draw.polygon([(mark, 590), (mark + 120, 590), (mark + 112, 602), (mark - 12, 602)], fill=(206, 206, 200))
    grain = rng.normal(0, 4, (h // 2, w // 2)).astype(np.float32)
    grain = np.asarray(Image.fromarray(grain).resize(size, Image.Resampling.BICUBIC))
    return np.clip(np.asarray(picture, np.float32) + grain[..., None], 0, 255).astype(np.uint8)


def _tree(draw: ImageDraw.ImageDraw, x: int, ground: int, rng: np.random.Generator) -> None:
    crown = ground - int(rng.integers(190, 290))
    draw.polygon([(x - 9, ground), (x + 9, ground), (x + 5, crown), (x - 5, crown)], fill=(92, 74, 58))
    for _ in range(900):
        angle, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
        cx, cy = x + 140 * reach * np.cos(angle), crown + 74 * reach * np.sin(angle)
        r = rng.uniform(3, 7)
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=_leaf(rng, (74, 112, 60)))


def _leaf(rng: np.random.Generator, colour: tuple[int, int, int]) -> tuple[int, int, int]:
    light = rng.uniform(0.84, 1.12)
    return (int(colour[0] * light), int(colour[1] * light), int(colour[2] * light))


def car(text: str, *, paint: tuple[int, int, int], design: str) -> np.ndarray:
    """A car from behind with its plate, uint8 RGBA, 640 wide and 500 high."""
    picture = Image.new("RGBA", (640, 500), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    dark = tuple(int(v * 0.62) for v in paint)
    shadow = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    ImageDraw.Draw(shadow).ellipse((24, 430, 616, 482), fill=(0, 0, 0, 130))
    picture.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(8)))
    for left in (52, 488):
        draw.rounded_rectangle((left, 390, left + 100, 484), radius=22, fill=(22, 22, 24))
    draw.polygon([(150, 20), (490, 20), (566, 200), (74, 200)], fill=dark)
    draw.polygon([(170, 38), (470, 38), (530, 178), (110, 178)], fill=(38, 48, 56))
    draw.polygon([(170, 38), (260, 38), (190, 178), (110, 178)], fill=(58, 70, 80))
    draw.rounded_rectangle((40, 172, 600, 430), radius=46, fill=paint)
    draw.rounded_rectangle((40, 352, 600, 440), radius=34, fill=dark)
    for left in (52, 482):
        draw.rounded_rectangle((left, 214, left + 106, 276), radius=20, fill=(150, 16, 20))
        draw.rounded_rectangle((left + 10, 224, left + 96, 244), radius=8, fill=(206, 60, 50))
    draw.line((150, 330, 490, 330), fill=dark, width=5)
    plate = Image.fromarray(render_plate(text, height_px=40, design=design))
    x, y = (640 - plate.width) // 2, 274
    draw.rectangle((x - 5, y - 5, x + plate.width + 4, y + plate.height + 4), fill=(24, 24, 26))
    picture.paste(plate, (x, y))
    return np.asarray(picture)


def pedestrian(face: Image.Image, *, coat: tuple[int, int, int], mirrored: bool = False) -> np.ndarray:
    """A person from the front, uint8 RGBA, 512 wide and 1500 high: the portrait on a drawn body."""
    outline = Image.new("L", (1024, 1200), 0)
    ImageDraw.Draw(outline).polygon([(2 * x, 2 * y) for x, y in _OUTLINE], fill=255)
    bust = face.convert("RGBA")
    bust.putalpha(outline.resize((512, 600), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1.2)))
    picture = Image.new("RGBA", (512, 1500), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    for left in (120, 272):
        draw.rounded_rectangle((left, 980, left + 118, 1470), radius=40, fill=(40, 42, 50))
        draw.rounded_rectangle((left - 8, 1444, left + 126, 1496), radius=22, fill=(24, 22, 22))
    draw.rounded_rectangle((16, 520, 500, 1060), radius=60, fill=coat)
    draw.rounded_rectangle((14, 520, 110, 1000), radius=44, fill=tuple(int(v * 0.8) for v in coat))
    draw.rounded_rectangle((404, 520, 502, 1000), radius=44, fill=tuple(int(v * 0.8) for v in coat))
    picture.alpha_composite(bust)
    if mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(picture)


def lamp_post() -> np.ndarray:
    """A post that hides what walks behind it, uint8 RGBA, 60 wide and 700 high."""
    picture = Image.new("RGBA", (60, 700), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((14, 0, 46, 690), fill=(52, 58, 60, 255))
    draw.rectangle((20, 0, 27, 690), fill=(86, 92, 94, 255))
    draw.rectangle((4, 650, 56, 699), fill=(44, 48, 50, 255))
    return np.asarray(picture)
