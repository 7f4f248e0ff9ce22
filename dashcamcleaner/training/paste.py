"""Copy-paste: faces of other pictures, and rendered plates of many countries' looks on top of real ones.

A rendered plate always replaces the pixels of a real, labelled plate: the surroundings stay true, so the detector does
not learn that any rectangle with text is a plate. Faces are pasted with head and shoulders. Called by `training.views`.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np

__all__ = ["PlatePool", "face_patch", "paste_face", "paste_plate"]

# Looks of plates: background, letters, side band or None (RGB). The mix is of what drives on many countries' roads,
# not of any one register.
_LOOKS: tuple[tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int] | None], ...] = (
    ((240, 240, 236), (20, 20, 24), (0, 51, 153)),  # white, EU band
    ((238, 238, 238), (15, 15, 15), None),  # white, plain
    ((247, 204, 46), (20, 20, 20), None),  # yellow (UK rear, NL, India taxi)
    ((247, 204, 46), (20, 20, 20), (0, 51, 153)),  # yellow, band
    ((20, 20, 22), (235, 235, 235), None),  # black (Malaysia, old ones, India rental)
    ((22, 80, 170), (240, 240, 240), None),  # blue (China)
    ((40, 130, 80), (240, 240, 240), None),  # green (electric, taxis)
    ((205, 235, 215), (20, 40, 30), None),  # pale green (electric)
    ((235, 235, 240), (25, 50, 120), None),  # blue letters (US, Japan trucks)
    ((240, 240, 240), (180, 20, 30), None),  # red letters (Belgium, dealers)
    ((190, 30, 40), (240, 240, 240), None),  # red (diplomats, Nepal)
    ((215, 215, 210), (70, 70, 70), None),  # worn
)


class PlatePool:
    """Rendered plates, made once per maker: drawing text for every view would cost more than the view."""

    def __init__(self, *, seed: int, count: int = 240) -> None:
        self._seed = seed
        self._count = count
        self._one_line: list[np.ndarray] = []
        self._two_line: list[np.ndarray] = []

    def pick(self, *, aspect: float, rng: np.random.Generator) -> np.ndarray:
        """A plate ``(h, w, 3)`` for a box of this width to height."""
        if not self._one_line:
            drawing = np.random.default_rng(self._seed)
            self._one_line = [_render(drawing, lines=1) for _ in range(self._count)]
            self._two_line = [_render(drawing, lines=2) for _ in range(self._count // 2)]
        pool = self._two_line if aspect < 2.2 else self._one_line
        return pool[int(rng.integers(len(pool)))]


def _text(rng: np.random.Generator, length: int) -> str:
    letters, digits = string.ascii_uppercase, string.digits
    switch = int(rng.integers(1, max(length - 1, 2)))
    first, second = (letters, digits) if rng.random() < 0.75 else (digits, letters)
    text = "".join(first[int(rng.integers(len(first)))] for _ in range(switch))
    gap = (" ", "-", "", " ")[int(rng.integers(4))]
    return text + gap + "".join(second[int(rng.integers(len(second)))] for _ in range(length - switch))


def _render(rng: np.random.Generator, *, lines: int) -> np.ndarray:
    from PIL import Image, ImageDraw, ImageFont

    back, ink, band = _LOOKS[int(rng.integers(len(_LOOKS)))]
    height = 64
    width = int(height * (rng.uniform(3.6, 5.2) if lines == 1 else rng.uniform(1.2, 1.9)))
    picture = Image.new("RGB", (width, height), back)
    draw = ImageDraw.Draw(picture)
    left = 4
    if band is not None:
        draw.rectangle((0, 0, int(height * 0.22 if lines == 1 else 8), height), fill=band)
        left = int(height * 0.22) + 4 if lines == 1 else 10
    if rng.random() < 0.7:
        draw.rectangle((0, 0, width - 1, height - 1), outline=ink, width=int(rng.integers(1, 4)))
    rows = [_text(rng, int(rng.integers(5, 9)))] if lines == 1 else [_text(rng, int(rng.integers(3, 5))) for _ in "ab"]
    if lines == 1 and rng.random() < 0.25:  # a line of small print above, as on American and Brazilian plates
        draw.text((width / 2, 7), _text(rng, 8), fill=ink, font=ImageFont.load_default(10), anchor="mm")
    row_height = (height - 8) / lines
    for number, row in enumerate(rows):
        room = width - left - 6
        size = row_height * rng.uniform(0.85, 1.1)
        font: Any = ImageFont.load_default(size)
        long = draw.textlength(row, font=font)
        if long > room:
            font = ImageFont.load_default(size * room / long)
        centre = (left + room / 2, 5 + row_height * (number + 0.5))
        draw.text(centre, row, fill=ink, font=font, anchor="mm", stroke_width=int(rng.integers(0, 3)), stroke_fill=ink)
    return np.asarray(picture)


def paste_plate(area: np.ndarray, xyxy: np.ndarray, *, plates: PlatePool, rng: np.random.Generator) -> None:
    """Replace the plate in ``xyxy`` with a rendered one of the same light, in place."""
    import cv2

    height, width = area.shape[:2]
    x1, y1 = max(round(float(xyxy[0])), 0), max(round(float(xyxy[1])), 0)
    x2, y2 = min(round(float(xyxy[2])), width), min(round(float(xyxy[3])), height)
    if x2 - x1 < 8 or y2 - y1 < 4:
        return
    plate = plates.pick(aspect=(x2 - x1) / (y2 - y1), rng=rng)
    below = area[y1:y2, x1:x2]
    small = cv2.resize(plate, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA).astype(np.float32)
    # The light of the scene: as bright as the real plate's brightest part, never brighter than the drawing.
    light = np.percentile(below, 90) / 235.0
    small = small * np.clip(light, 0.15, 1.05) + rng.normal(0, 2.5, (*small.shape[:2], 1))
    if rng.random() < 0.5:
        shade = np.linspace(rng.uniform(0.7, 1.0), rng.uniform(0.7, 1.0), y2 - y1, dtype=np.float32)
        small *= shade[:, None, None]
    blur = float(rng.uniform(0.0, 0.012)) * (x2 - x1) + 0.4
    small = cv2.GaussianBlur(np.clip(small, 0, 255).astype(np.uint8), (0, 0), blur)
    # A slight lean inside the box, with the real pixels in the corners it leaves.
    lean = float(rng.uniform(-0.06, 0.06)) * (y2 - y1)
    corners = np.array([[0, 0], [x2 - x1, 0], [x2 - x1, y2 - y1], [0, y2 - y1]], np.float32)
    shifts = np.array([[0, max(lean, 0)], [0, max(-lean, 0)], [0, min(lean, 0)], [0, min(-lean, 0)]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, corners + shifts)
    size = (x2 - x1, y2 - y1)
    warped = cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR)
    alpha = cv2.warpPerspective(np.ones((y2 - y1, x2 - x1), np.float32), matrix, size)[..., None]
    area[y1:y2, x1:x2] = (warped * alpha + below * (1 - alpha)).astype(np.uint8)


def face_patch(rgb: np.ndarray, xyxy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A face with head and shoulders cut out of its picture, and the face's box inside the cut."""
    height, width = rgb.shape[:2]
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    w, h = x2 - x1, y2 - y1
    left, top = max(int(x1 - 0.5 * w), 0), max(int(y1 - 0.5 * h), 0)
    right, bottom = min(int(x2 + 0.5 * w), width), min(int(y2 + 0.7 * h), height)
    return rgb[top:bottom, left:right], np.array([x1 - left, y1 - top, x2 - left, y2 - top], np.float32)


def paste_face(
    area: np.ndarray,
    patch: tuple[np.ndarray, np.ndarray],
    *,
    taken: np.ndarray,
    rng: np.random.Generator,
) -> list[float] | None:
    """Paste a face at a free place, in place, with soft edges.

    Returns:
        The face's box in ``area``, or None where no free place was found.
    """
    import cv2

    cut, box = patch
    side = float(max(box[2] - box[0], box[3] - box[1]))
    factor = float(np.exp(rng.uniform(np.log(9), np.log(44)))) / max(side, 1)
    factor = min(factor, 1.2)
    out_w, out_h = int(cut.shape[1] * factor), int(cut.shape[0] * factor)
    height, width = area.shape[:2]
    if out_w < 6 or out_h < 6 or out_w >= width or out_h >= height:
        return None
    for _ in range(4):
        x, y = int(rng.integers(width - out_w)), int(rng.integers(height - out_h))
        if (
            len(taken)
            and ((taken[:, 0] < x + out_w) & (taken[:, 2] > x) & (taken[:, 1] < y + out_h) & (taken[:, 3] > y)).any()
        ):
            continue
        small = cv2.resize(cut, (out_w, out_h), interpolation=cv2.INTER_AREA)
        edge_x = np.clip(np.minimum(np.arange(out_w) + 1, out_w - np.arange(out_w)) / (0.16 * out_w), 0, 1)
        edge_y = np.clip(np.minimum(np.arange(out_h) + 1, out_h - np.arange(out_h)) / (0.16 * out_h), 0, 1)
        alpha = np.minimum(edge_y[:, None], edge_x[None, :]).astype(np.float32)[..., None]
        below = area[y : y + out_h, x : x + out_w]
        area[y : y + out_h, x : x + out_w] = (small * alpha + below * (1 - alpha)).astype(np.uint8)
        return [float(v) * factor + offset for v, offset in zip(box, (x, y, x, y), strict=True)]
    return None
