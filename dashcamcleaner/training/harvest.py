"""Clips in, pictures worth labelling out: spread over time, and those that the present weights are unsure of.

Called by ``dashcamcleaner train harvest``. Every clip gives the same number of pictures. Candidates are taken at even
times; where a detector is given, those with the most hits of middling score are kept, at most one per span, since
neighbouring frames teach the same twice. A clip whose pictures stand in the index is skipped by the next call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dashcamcleaner.atomic_files import atomic_json
from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.probe import probe
from dashcamcleaner.messages import msg

__all__ = ["HarvestRecipe", "HarvestResult", "doubt", "harvest"]


@dataclass(frozen=True, slots=True)
class HarvestRecipe:
    """How many pictures, and which.

    Args:
        per_clip: how many pictures are taken of one clip.
        candidates: frames looked at for each picture that is kept; 1 needs no detector.
        long_side_px: pictures are reduced to this, never enlarged.
        doubtful: scores between these two count as doubt.
    """

    per_clip: int = 24
    candidates: int = 4
    long_side_px: int = 1280
    doubtful: tuple[float, float] = (0.08, 0.5)


@dataclass(frozen=True, slots=True)
class HarvestResult:
    """Pictures written by this call, clips that were done before, and clips that could not be read, with the reason."""

    pictures: int
    done_before: int
    refused: dict[str, str]


def doubt(found: Detections, *, between: tuple[float, float]) -> float:
    """How unsure a detector is of a picture: the sum over its hits of how near their score is to the middle."""
    low, high = between
    middle, reach = (low + high) / 2, (high - low) / 2
    return float(np.clip(1 - np.abs(found.score - middle) / reach, 0, None).sum())


def harvest(
    clips: Sequence[str | Path],
    out: str | Path,
    *,
    recipe: HarvestRecipe,
    opener: Callable[[tuple[int, int]], Detector] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> HarvestResult:
    """Write pictures of ``clips`` into ``out/images`` and their groups (one per clip) into ``out/meta.json``.

    Args:
        clips: files; those that an earlier call has done are left out.
        out: gets ``images/`` and ``meta.json``.
        recipe: how many pictures, and which.
        opener: gives a detector for an upright picture size; None takes frames by time alone.
        progress: called with clips done and in all.

    Raises:
        InputError: no clip could be read.
    """
    from PIL import Image

    out = Path(out)
    (out / "images").mkdir(parents=True, exist_ok=True)
    meta_file = out / "meta.json"
    meta = json.loads(meta_file.read_text(encoding="utf-8")) if meta_file.exists() else {"clips": {}, "groups": {}}
    written = done_before = 0
    refused: dict[str, str] = {}
    for number, clip in enumerate(clips, 1):
        clip = Path(clip)
        if clip.name in meta["clips"]:
            done_before += 1
            continue
        try:
            chosen = list(_choose(clip, recipe=recipe, opener=opener))
        except DashcamCleanerError as error:
            refused[str(clip)] = error.message
            continue
        names = []
        for index, rgb in chosen:
            name = f"{clip.stem}_{index:06d}"
            Image.fromarray(rgb).save(out / "images" / f"{name}.jpg", quality=92)
            names.append(name)
            meta["groups"][name] = clip.stem
        meta["clips"][clip.name] = names
        written += len(names)
        atomic_json(meta_file, meta)
        if progress is not None:
            progress(number, len(clips))
    if refused and len(refused) == len(clips):
        raise InputError(msg("none of the clips can be read ({next}).", next=next(iter(refused.values())).rstrip(".")))
    return HarvestResult(written, done_before, refused)


def _choose(
    clip: Path, *, recipe: HarvestRecipe, opener: Callable[[tuple[int, int]], Detector] | None
) -> Iterator[tuple[int, np.ndarray]]:
    """The best candidate of each span, as frame index and upright RGB picture, in time order."""
    info = probe(clip)
    width, height = info.upright_size
    scale = min(1.0, recipe.long_side_px / max(width, height))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    candidates = recipe.candidates if opener is not None else 1
    total = info.frames or _count(clip)
    # The middles of equal spans, each divided among its candidates.
    steps = recipe.per_clip * candidates
    wanted = {int((k + 0.5) * total / steps): k // candidates for k in range(steps)}
    detector = opener(size) if opener is not None else None
    best: dict[int, tuple[float, int, np.ndarray]] = {}
    try:
        with open_clip(clip, info=info) as frames:
            for frame in frames:
                span = wanted.get(frame.index)
                if span is None or frame.damaged:
                    continue
                rgb = frame.picture(size)
                value = doubt(detector.detect([rgb])[0], between=recipe.doubtful) if detector is not None else 0.0
                if span not in best or value > best[span][0]:
                    best[span] = (value, frame.index, rgb.copy())
    finally:
        if detector is not None:
            detector.close()
    for span in sorted(best):
        _, index, rgb = best[span]
        yield index, rgb


def _count(clip: Path) -> int:
    with open_clip(clip, info=probe(clip)) as frames:
        return sum(1 for _ in frames)
