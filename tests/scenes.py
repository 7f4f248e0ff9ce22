"""Synthetic moving scenes with exact truth: what a detector and a motion meter would say of them, as data.

Objects move over a world plane by themselves (straight, accelerated, weaving, crossing each other); a camera pans,
zooms, shakes and cuts. No pictures: thousands of frames take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.training.truth import ClipTruth, TrueTrack

SIZE = (1280, 720)
TIME_BASE = Fraction(1, 90000)


@dataclass
class Thing:
    """An object: where it is on the world plane as a function of time, and how large."""

    kind: str
    start: tuple[float, float]
    speed: tuple[float, float] = (0.0, 0.0)
    acceleration: tuple[float, float] = (0.0, 0.0)
    weave_px: float = 0.0
    size: tuple[float, float] = (40.0, 48.0)
    swell_per_s: float = 0.0
    life: tuple[float, float] = (0.0, 1e9)

    def box(self, t: float) -> np.ndarray:
        x = self.start[0] + self.speed[0] * t + self.acceleration[0] * t * t / 2
        y = self.start[1] + self.speed[1] * t + self.acceleration[1] * t * t / 2
        y += self.weave_px * np.sin(2 * np.pi * 0.8 * t)
        scale = np.exp(self.swell_per_s * t)
        w, h = self.size[0] * scale, self.size[1] * scale
        return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


@dataclass
class Scene:
    """Things, a camera and the frames' times.

    Args:
        times_s: of all frames; need not be even.
        pan: pixels a second; zoom: natural logarithms a second; shake_px: per frame, random.
        cuts: frames before which the scene changes: all things are elsewhere.
    """

    things: list[Thing]
    times_s: np.ndarray
    pan: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0
    shake_px: float = 0.0
    cuts: tuple[int, ...] = ()
    seed: int = 0
    boxes: list[dict[int, np.ndarray]] = field(default_factory=list)
    motions: list[Motion | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        before = None
        centre = np.array(SIZE) / 2
        for i, t in enumerate(self.times_s):
            shift = centre * 0 - np.array(self.pan) * t + rng.normal(0, self.shake_px, 2)
            k = np.exp(self.zoom * t)
            # World point -> picture: zoom about the middle of the picture.
            matrix = np.array(
                [
                    [k, 0, centre[0] + k * (shift[0] - centre[0])],
                    [0, k, centre[1] + k * (shift[1] - centre[1])],
                    [0, 0, 1],
                ]
            )
            if before is None:
                self.motions.append(None)
            elif i in self.cuts:
                self.motions.append(Motion.scene_cut())
            else:
                affine = (matrix @ np.linalg.inv(before))[:2].astype(np.float32)
                self.motions.append(Motion(affine).rounded())
            before = matrix
            chapter = sum(1 for cut in self.cuts if cut <= i)
            here = {}
            for n, thing in enumerate(self.things):
                if not thing.life[0] <= t <= thing.life[1]:
                    continue
                box = thing.box(t) + np.tile([(chapter * 377) % 400, (chapter * 211) % 250], 2)
                box = (box.reshape(2, 2) * k + matrix[:2, 2]).ravel()
                seen = np.clip(box, 0, [*SIZE, *SIZE])
                area = (box[2] - box[0]) * (box[3] - box[1])
                if (seen[2] - seen[0]) * (seen[3] - seen[1]) >= 0.6 * area:
                    here[n] = seen
            self.boxes.append(here)

    def truth(self) -> ClipTruth:
        """Every box in the picture is legible."""
        chapters = np.searchsorted(np.array(self.cuts), np.arange(len(self.boxes)), side="right")
        tracks = []
        for n, thing in enumerate(self.things):
            for chapter in np.unique(chapters):
                boxes = {
                    i: tuple(map(float, here[n]))
                    for i, here in enumerate(self.boxes)
                    if n in here and chapters[i] == chapter
                }
                if boxes:
                    tracks.append(TrueTrack(f"{n}/{chapter}", thing.kind, boxes, frozenset(boxes)))
        return ClipTruth("scene", len(self.boxes), SIZE, ("face", "plate"), tuple(tracks), {})

    def observations(
        self, *, knock_out: float = 0.0, bursts: float = 0.0, jitter: float = 0.03, clutter: float = 0.3
    ) -> list[Observation]:
        """What a detector would say.

        Args:
            knock_out: share of sightings left out, each by itself.
            bursts: expected number of bursts of 10 frames without any sighting, per thing and 100 frames.
            jitter: of the boxes, as a part of their size.
            clutter: expected number of weak false sightings per frame.
        """
        rng = np.random.default_rng(self.seed + 1)
        frames = len(self.boxes)
        out = rng.random((frames, len(self.things))) < knock_out
        for n in range(len(self.things)):
            for first in np.flatnonzero(rng.random(frames) < bursts / 100):
                out[first : first + 10, n] = True
        result = []
        for i, here in enumerate(self.boxes):
            rows = []
            for n, box in here.items():
                if out[i, n]:
                    continue
                wh = np.tile(box[2:] - box[:2], 2)
                x1, y1, x2, y2 = np.clip(box + rng.normal(0, jitter, 4) * wh, 0, [*SIZE, *SIZE])
                rows.append((x1, y1, max(x1, x2), max(y1, y2), rng.uniform(0.3, 0.9), self.things[n].kind))
            for _ in range(rng.poisson(clutter)):
                x, y, s = rng.uniform(0, SIZE[0] - 50), rng.uniform(0, SIZE[1] - 50), rng.uniform(8, 50)
                rows.append((x, y, x + s, y + s, rng.uniform(0.05, 0.15), rng.choice(["face", "plate"])))
            time = FrameTime(round(float(self.times_s[i]) / TIME_BASE), TIME_BASE)
            result.append(Observation(i, time, Detections.from_rows(rows), motion=self.motions[i]))
        return result


def even(frames: int, *, rate: float = 30.0) -> np.ndarray:
    """Times of an even frame rate."""
    return np.arange(frames) / rate


def uneven(frames: int, *, seed: int = 0) -> np.ndarray:
    """Times of a variable frame rate: 12 to 60 frames a second."""
    return np.cumsum(1 / np.random.default_rng(seed).uniform(12, 60, frames))


def random_scene(seed: int, *, frames: int = 150, cuts: bool = False, vfr: bool = False) -> Scene:
    """Several things at several speeds, some crossing, under a moving camera."""
    rng = np.random.default_rng(seed)
    things = []
    for n in range(rng.integers(2, 7)):
        w = float(np.exp(rng.uniform(np.log(14), np.log(120))))
        plate = rng.random() < 0.4
        # Speeds go with size, as they do when distance makes both: up to four widths a second by itself.
        speed = rng.uniform(0, 4) * w
        angle = rng.uniform(0, 2 * np.pi)
        things.append(
            Thing(
                "plate" if plate else "face",
                start=(rng.uniform(200, 1080), rng.uniform(150, 570)),
                speed=(speed * np.cos(angle), speed * np.sin(angle) * 0.3),
                acceleration=(rng.normal(0, 1.0) * w, 0.0),
                weave_px=0.1 * w if not plate else 0.0,
                size=(w, w * (0.3 if plate else 1.2)),
                swell_per_s=rng.uniform(-0.2, 0.2),
                life=(rng.uniform(0, 1.0) if n % 2 else 0.0, 1e9),
            )
        )
    return Scene(
        things,
        uneven(frames, seed=seed) if vfr else even(frames, rate=float(rng.choice([15, 25, 30, 60]))),
        pan=tuple(rng.normal(0, 80, 2)),
        zoom=rng.uniform(-0.08, 0.08),
        shake_px=rng.uniform(0, 6),
        cuts=tuple(range(40, frames, 40)) if cuts else (),
        seed=seed,
    )
