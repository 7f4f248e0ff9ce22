"""How much of a hidden number plate can be had back? Attacks on our own obscuring, as a table.

    python benchmarks/attack.py                 # the full table, some minutes
    python benchmarks/attack.py --quick         # fewer sizes and plates

A rendered plate moves past with sub-pixel steps for 30 frames; a region with a detector's jitter is obscured in each.
The attacker knows everything but the text: the program, its dials, the exact motion and the exact regions. Attacks:

- single: text recognition (rapidocr, its own models) on each obscured frame alone;
- mean: all frames aligned exactly (to a fraction of a pixel) and averaged, then read, also with stretched contrast;
- fused: the colour averages of all frames' cells are solved for the one plate that explains them all (least squares
  with a smoothness prior: multi-frame super-resolution), then read;
- pick: the plate is known to be one of 20; each is rendered and obscured in the same way and the nearest is chosen.
  "lab" gives the attacker the very same pixels around and beneath (only sensor noise differs), "field" errs in light
  (10 %), position (half a pixel) and letter weight. Compared is what is shown, and how it changes over the frames; the
  better way counts. Chance is 5 %.

Recognition figures are characters right at their place, of seven, the best over all frames and plates; "clear" is the
same reading without obscuring: the control that shows that the check can fail.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


from dashcamcleaner.core.frame import Frame, PixelLayout
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.core.styles import GAUSSIAN, MOSAIC, SOLID
from dashcamcleaner.demo.plates import plate_text, render_plate
from dashcamcleaner.obscure import obscurer as obscurer_module
from dashcamcleaner.obscure import tones
from dashcamcleaner.obscure.masks import RegionFootprint, footprint
from dashcamcleaner.obscure.obscurer import Obscurer
from tests.fakes import frame_of_planes

FRAMES = 30
GROWTH = 1.15
FEATHER = 0.15
_SUPERSAMPLING = 4
_LAYOUT = PixelLayout("yuv420p")


@dataclass(frozen=True, slots=True)
class Scene:
    """One plate's way through the picture.

    Args:
        text: what stands on it.
        height_px: of the plate in the first frame.
        seed: of background, motion and the detector's jitter; equal seeds differ in the text alone.
        noise_seed: of the sensor's noise.
        light: factor on all brightness.
        shift_px: error in the plate's position.
        look: of the plate.
        heavier: letters drawn a little heavier, an attacker's wrong guess of the font.
    """

    text: str
    height_px: int
    seed: int
    noise_seed: int = 0
    light: float = 1.0
    shift_px: float = 0.0
    look: str = "white"
    heavier: bool = False
    frames: int = FRAMES


@dataclass(slots=True)
class Shot:
    """A frame of a scene with its region and where the plate truly is (x1, y1, x2, y2)."""

    frame: Frame
    region: Region
    plate: tuple[float, float, float, float]


def shoot(scene: Scene) -> list[Shot]:
    """Render a scene: luma and chroma planes as a camera would give them."""
    rng = np.random.default_rng(scene.seed)
    noise = np.random.default_rng(scene.noise_seed)
    plate = render_plate(scene.text, height_px=220, design=scene.look).astype(np.float32)
    if scene.heavier:
        plate = cv2.erode(plate, np.ones((5, 5), np.uint8))
    h, w = scene.height_px, scene.height_px * plate.shape[1] / plate.shape[0]
    size = (int(2.2 * w) // 2 * 2, int(4 * h) // 2 * 2)
    big = (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING)
    body = cv2.resize(rng.uniform(40, 150, (5, 7, 3)).astype(np.float32), big, interpolation=cv2.INTER_CUBIC)
    body += cv2.resize(rng.normal(0, 10, (48, 64, 1)).astype(np.float32), big)[..., None]
    step = rng.uniform(0.15, 0.35, 2) * (w / 60, h / 60)
    start = np.array([size[0] / 2 - w / 2, size[1] / 2 - h / 2]) - step * scene.frames / 2
    shots = []
    for t in range(scene.frames):
        scale = 1 + 0.002 * t
        sway = 0.6 * np.array([np.sin(t * 0.9), np.cos(t * 1.3)])  # the camera shakes by a good half pixel
        x, y = start + step * t + sway + scene.shift_px
        k = h * scale / plate.shape[0] * _SUPERSAMPLING
        matrix = np.array([[k, 0, x * _SUPERSAMPLING], [0, k, y * _SUPERSAMPLING]])
        canvas = body.copy()
        reduced = cv2.GaussianBlur(plate, (0, 0), max(0.35 / k, 0.01)) if k < 1 else plate
        cv2.warpAffine(reduced, matrix, big, canvas, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
        rgb = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA) * scene.light
        rgb += noise.normal(0, 2.0, rgb.shape)
        box = (x, y, x + w * scale, y + h * scale)
        jitter = rng.normal(0, 0.02, 4) * (w, h, w, h)  # drawn after the background: equal for all texts of a seed
        grown_w, grown_h = (box[2] - box[0]) * (GROWTH - 1) / 2, (box[3] - box[1]) * (GROWTH - 1) / 2
        seen = (
            float(box[0] - grown_w + jitter[0]),
            float(box[1] - grown_h + jitter[1]),
            float(box[2] + grown_w + jitter[2]),
            float(box[3] + grown_h + jitter[3]),
        )
        region = Region(seen, "plate", 0.8, Origin.DETECTED, 1)
        shots.append(Shot(_frame(rgb, index=t), region, box))
    return shots


def _frame(rgb: np.ndarray, *, index: int) -> Frame:
    ycc = cv2.cvtColor(np.clip(rgb, 0, 255).astype(np.uint8), cv2.COLOR_RGB2YCrCb)
    h, w = ycc.shape[:2]
    chroma = [cv2.resize(ycc[..., i], (w // 2, h // 2), interpolation=cv2.INTER_AREA) for i in (2, 1)]
    planes = (ycc[..., 0].copy(), *chroma)
    return frame_of_planes(planes, _LAYOUT, index=index)


@contextmanager
def weakened(cells: int | None = None) -> Iterator[None]:
    """Obscuring as it is commonly done: plain averages (no tints, all levels), and with ``cells`` that many of them.

    The attacker computes with plain averages, since the tints are secret; and fusing a naive mosaic of more cells shows
    that the attack is a strong one.
    """
    names = {"_TINT": 1e-9, "_TINT_CHROMA": 0.0}
    if cells is not None:
        names |= {"_LEVELS_LUMA": 256, "_LEVELS_CHROMA": 256, "_STICKY": -1.0, "_MIN_CELL_PX": 1, "_MOST_CELLS": cells}
    before = {name: getattr(tones, name) for name in names}
    count = tones.cells_of
    try:
        for name, value in names.items():
            setattr(tones, name, value)
        if cells is not None:
            obscurer_module.cells_of = lambda place, *, many=cells, **_: count(place, cells=many)
        tones._scale.cache_clear()
        yield
    finally:
        for name, value in before.items():
            setattr(tones, name, value)
        obscurer_module.cells_of = count
        tones._scale.cache_clear()


def hide(shots: Sequence[Shot], *, style: str, strength: int) -> list[np.ndarray]:
    """The luma planes of all shots after obscuring; the shots themselves stay clear."""
    obscurer = Obscurer(style=style, strength=strength, feather=FEATHER)
    hidden = []
    for shot in shots:
        frame = frame_of_planes(shot.frame.planes, _LAYOUT, index=shot.frame.index)
        obscurer.obscure(frame, [shot.region])
        hidden.append(frame.planes[0])
    return hidden


class Reader:
    """Text recognition, and how many characters of the truth it has at their places."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine: Any = RapidOCR(
            params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1}
        )

    def right(self, picture: np.ndarray, truth: str, *, ways: Sequence[str] = ("line", "whole")) -> int:
        """Most characters right over all readings of a grey picture: taken for one line, or searched for text."""
        grey = np.clip(picture, 0, 255).astype(np.uint8)
        rgb = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
        readings: list[str] = []
        for way in ways:
            found = self._engine(rgb, use_det=way == "whole", use_cls=False, use_rec=True)
            readings += [str(text) for text in (getattr(found, "txts", None) or ())]
        return max((right_characters(reading, truth) for reading in readings), default=0)


def right_characters(reading: str, truth: str) -> int:
    """Characters at their right place; a reading may be off by one place (a border read as I)."""
    got = "".join(c for c in reading.upper() if c.isalnum())
    want = "".join(c for c in truth.upper() if c.isalnum())
    best = 0
    for offset in (-1, 0, 1):
        shifted = got[offset:] if offset >= 0 else " " * -offset + got
        best = max(best, sum(a == b for a, b in zip(shifted, want, strict=False)))
    return best


def upright_plate(luma: np.ndarray, plate: tuple[float, float, float, float], *, height: int = 48) -> np.ndarray:
    """The plate cut out of a frame and aligned exactly, ``height`` pixels high with a rim of a quarter around."""
    x1, y1, x2, y2 = plate
    k = height / (y2 - y1)
    rim = height / 4
    size = (round((x2 - x1) * k + 2 * rim), round(height + 2 * rim))
    # OpenCV counts pixel centres as integers: half a pixel of either scale is taken off.
    matrix = np.array([[k, 0, rim - x1 * k + (k - 1) / 2], [0, k, rim - y1 * k + (k - 1) / 2]])
    return cv2.warpAffine(luma, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def stretched(picture: np.ndarray) -> np.ndarray:
    """Contrast stretched to the full range between the 2nd and 98th percentile."""
    low, high = np.percentile(picture, (2, 98))
    return np.clip((picture - low) * 255 / max(high - low, 1), 0, 255)


def attack_single(reader: Reader, hidden: Sequence[np.ndarray], shots: Sequence[Shot], text: str, *, every: int) -> int:
    """Best reading of single frames."""
    best = 0
    for luma, shot in list(zip(hidden, shots, strict=True))[::every]:
        cut = upright_plate(luma, shot.plate)
        best = max(best, reader.right(cut, text, ways=("whole",)), reader.right(stretched(cut), text, ways=("line",)))
    return best


def attack_mean(reader: Reader, hidden: Sequence[np.ndarray], shots: Sequence[Shot], text: str) -> int:
    """Best reading of the aligned mean."""
    mean = np.mean(
        [upright_plate(luma, shot.plate).astype(np.float32) for luma, shot in zip(hidden, shots, strict=True)], axis=0
    )
    return max(reader.right(mean, text), reader.right(stretched(mean), text))


def attack_fused(reader: Reader, hidden: Sequence[np.ndarray], shots: Sequence[Shot], text: str, **look: Any) -> int:
    """Best reading of the plate solved from all cells, over a range of prior smoothness."""
    pictures = (fuse(hidden, shots, smooth_px=smooth_px, noise=2.0, **look) for smooth_px in (0.8, 1.5, 3.0))
    return max(reader.right(picture, text) for picture in pictures)


def fuse(
    hidden: Sequence[np.ndarray],
    shots: Sequence[Shot],
    *,
    style: str,
    strength: int,
    smooth_px: float = 1.5,
    noise: float = 4.0,
    many: int | None = None,
) -> np.ndarray:
    """The plate that best explains all cells of all frames: a Gaussian-process (ridge) solution.

    Unknowns are the samples of a picture fixed to the plate; a cell's value is the mean over its rectangle there. The
    prior is a smooth picture (correlation of ``smooth_px`` of the frame's pixels), the noise in codes.
    """
    rows_per_plate = 20
    rim = 0.5  # of the plate's height, around: regions reach past the plate
    x1, y1, x2, y2 = shots[0].plate
    aspect = (x2 - x1) / (y2 - y1)
    grid = (round((aspect + 2 * rim) * rows_per_plate), round((1 + 2 * rim) * rows_per_plate))
    rows, values = [], []
    for luma, shot in zip(hidden, shots, strict=True):
        place, cells = _grid_of(shot, luma, cells=many or 7 - strength)
        averages = _cell_values(luma, place, cells, style=style)
        px1, py1, _, py2 = shot.plate
        k = rows_per_plate / (py2 - py1)
        ix1, iy1, ix2, iy2 = place.inside
        across = _coverage(ix1, ix2, cells[0], origin=px1, k=k, rim=rim * rows_per_plate, length=grid[0])
        down = _coverage(iy1, iy2, cells[1], origin=py1, k=k, rim=rim * rows_per_plate, length=grid[1])
        for r in range(cells[1]):
            for c in range(cells[0]):
                rows.append(np.outer(down[r], across[c]).astype(np.float32))
                values.append(averages[r, c])
    sigma = smooth_px * rows_per_plate / (y2 - y1)
    spread = [cv2.GaussianBlur(row, (0, 0), max(sigma, 0.3)) for row in rows]
    a = np.stack([row.ravel() for row in rows])
    ka = np.stack([row.ravel() for row in spread])
    y = np.array(values, np.float64)
    mean = y.mean()
    system = a.astype(np.float64) @ ka.T
    scale = 60.0**2 / max(float(np.mean(np.diag(system))), 1e-9) * 0.05  # plates vary by tens of codes
    weights = np.linalg.solve(system * scale + noise**2 * np.eye(len(y)), y - mean)
    picture = mean + scale * (weights @ ka).reshape(grid[1], grid[0])
    return stretched(cv2.resize(picture.astype(np.float32), None, fx=2.4, fy=2.4, interpolation=cv2.INTER_CUBIC))


def _grid_of(shot: Shot, luma: np.ndarray, *, cells: int) -> tuple[RegionFootprint, tuple[int, int]]:
    place = footprint(shot.region.xyxy, size=(luma.shape[1], luma.shape[0]), feather=FEATHER, block=(2, 2))
    assert place is not None
    grid = tones.cells_of(place, cells=cells)
    assert grid is not None
    return place, grid


def _cell_values(luma: np.ndarray, place: RegionFootprint, cells: tuple[int, int], *, style: str) -> np.ndarray:
    """The cells as the attacker has them: read at their centres; the soft look is undone by iterating."""
    x1, y1, x2, y2 = place.inside
    at_x = (x1 + (np.arange(cells[0]) + 0.5) * (x2 - x1) / cells[0]).astype(int)
    at_y = (y1 + (np.arange(cells[1]) + 0.5) * (y2 - y1) / cells[1]).astype(int)
    shown = luma[np.ix_(at_y, at_x)].astype(np.float32)
    if style != GAUSSIAN:
        return shown
    values = shown.copy()
    for _ in range(40):
        soft = tones.smooth(values, grid=(0, 0, x2 - x1, y2 - y1), size=(x2 - x1, y2 - y1))
        values += shown - soft[np.ix_(at_y - y1, at_x - x1)]
    return values


def _coverage(
    start: int, end: int, cells: int, *, origin: float, k: float, rim: float, length: int
) -> list[np.ndarray]:
    """For each cell of an axis, its share of every sample of the plate's picture (sums to 1)."""
    edges = (start + np.arange(cells + 1) * (end - start) / cells - origin) * k + rim
    at = np.arange(length)
    shares = []
    for low, high in itertools.pairwise(edges):
        share = np.clip(np.minimum(at + 1, high) - np.maximum(at, low), 0, None)
        shares.append(share / max(share.sum(), 1e-9))
    return shares


@dataclass(slots=True)
class Row:
    """One line of the table: a style and strength at a plate height."""

    style: str
    strength: int
    height_px: int
    single: int = 0
    mean: int = 0
    fused: int = 0
    lab: list[tuple[bool, bool]] = field(default_factory=list)
    field_: list[tuple[bool, bool]] = field(default_factory=list)


def picked(hits: Sequence[tuple[bool, bool]]) -> float:
    """How often the better of the two ways of comparing picked the right one."""
    return float(np.max(np.mean(hits, axis=0)))


def pick(truth: np.ndarray, candidates: Sequence[np.ndarray]) -> tuple[int, int]:
    """The nearest candidate by what is shown (brightness left free), and by how it changes over the frames.

    The second way is the answer to the secret tints: they stay, so changes are free of them.
    """
    level = [np.mean((truth - other - np.mean(truth - other, axis=(1, 2), keepdims=True)) ** 2) for other in candidates]
    change = [np.mean((truth - truth.mean(axis=0) - (other - other.mean(axis=0))) ** 2) for other in candidates]
    return int(np.argmin(level)), int(np.argmin(change))


def inside(hidden: Sequence[np.ndarray], shots: Sequence[Shot]) -> np.ndarray:
    """The shown insides of the regions as one stack of small pictures; the attacker sees where a region ends."""
    parts = []
    for luma, shot in zip(hidden, shots, strict=True):
        x1, y1, x2, y2 = (round(v) for v in shot.region.xyxy)
        parts.append(cv2.resize(luma[y1:y2, x1:x2].astype(np.float32), (36, 12), interpolation=cv2.INTER_AREA))
    return np.stack(parts)


def read_attacks(reader: Reader, *, styles: Sequence[str], strengths: Sequence[int], heights: Sequence[int],
                 plates: int, every: int) -> tuple[list[Row], dict[int, int]]:  # fmt: skip
    """All recognition attacks; the second result is the control per height: fewest right characters when clear."""
    rows: list[Row] = []
    clear: dict[int, int] = {}
    for height in heights:
        found = {(style, strength): Row(style, strength, height) for style in styles for strength in strengths}
        for number in range(plates):
            text = plate_text(np.random.default_rng(1000 + 7 * number + height))
            scene = Scene(text, height, seed=number, look=("white", "yellow", "dark", "band")[number % 4])
            shots = shoot(scene)
            control = attack_single(reader, [s.frame.planes[0] for s in shots], shots, text, every=10)
            clear[height] = min(clear.get(height, 99), control)
            for (style, strength), row in found.items():
                hidden = hide(shots, style=style, strength=strength)
                row.single = max(row.single, attack_single(reader, hidden, shots, text, every=every))
                row.mean = max(row.mean, attack_mean(reader, hidden, shots, text))
                row.fused = max(row.fused, attack_fused(reader, hidden, shots, text, style=style, strength=strength))
        rows += found.values()
    return rows, clear


def pick_attacks(rows: Sequence[Row], *, trials: int, candidates: int) -> None:
    """Fill in how often the right one of the candidates is picked."""
    for height in sorted({row.height_px for row in rows}):
        for trial in range(trials):
            rng = np.random.default_rng(50 + trial)
            texts = [plate_text(rng) for _ in range(candidates)]
            right = int(rng.integers(candidates))
            truth = shoot(Scene(texts[right], height, seed=trial, noise_seed=99))
            lab = [shoot(Scene(text, height, seed=trial, noise_seed=1 + i)) for i, text in enumerate(texts)]
            guess = [
                shoot(Scene(text, height, seed=trial, noise_seed=1 + i, light=0.9, shift_px=0.5, heavier=True))
                for i, text in enumerate(texts)
            ]
            for row in (row for row in rows if row.height_px == height):
                look = {"style": row.style, "strength": row.strength}
                seen = inside(hide(truth, **look), truth)
                with weakened():
                    for shots_of, hits in ((lab, row.lab), (guess, row.field_)):
                        levels, changes = pick(seen, [inside(hide(shots, **look), truth) for shots in shots_of])
                        hits.append((levels == right, changes == right))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer sizes, plates and trials")
    parser.add_argument("--no-reading", action="store_true", help="only the picking attack (no rapidocr needed)")
    asked = parser.parse_args()
    heights = (16, 40) if asked.quick else (16, 30, 60)
    styles, strengths = (GAUSSIAN, MOSAIC), range(1, 7)
    cv2.setNumThreads(1)
    if asked.no_reading:
        rows, clear = [Row(s, n, h) for h in heights for s in styles for n in strengths], {}
    else:
        rows, clear = read_attacks(
            Reader(),
            styles=styles,
            strengths=strengths,
            heights=heights,
            plates=2 if asked.quick else 3,
            every=15 if asked.quick else 10,
        )
    print(f"read; clear plates gave at least {clear} of 7", file=sys.stderr, flush=True)
    rows += [Row(SOLID, 3, height) for height in heights]
    pick_attacks(rows, trials=8 if asked.quick else 20, candidates=20)
    print(f"{FRAMES} frames, region grown by {GROWTH}, best over all plates; characters right of 7 (clear: {clear})")
    print("| style | strength | plate height px | single | mean | fused | pick of 20, lab | pick of 20, field |")
    print("|---|---|---|---|---|---|---|---|")
    for row in sorted(rows, key=lambda r: (r.style, r.strength, r.height_px)):
        print(
            f"| {row.style} | {row.strength} | {row.height_px} | {row.single} | {row.mean} | {row.fused} "
            f"| {picked(row.lab):.0%} | {picked(row.field_):.0%} |"
        )


if __name__ == "__main__":
    main()
