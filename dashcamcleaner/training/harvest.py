"""Clips in, pictures worth labelling out: spread over time, and those that the present weights are unsure of.

Called by ``dashcamcleaner train harvest``. Every clip gives the same number of pictures. Candidates are taken at even
times; where a detector is given, those with the most hits of middling score are kept, at most one per span, since
neighbouring frames teach the same twice. A clip whose pictures stand in the index is skipped by the next call; it is
known by its content, since cameras call clips of different folders alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_json, atomic_path
from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.probe import probe
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.training.pictures import read_meta

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

    def __post_init__(self) -> None:
        if self.per_clip < 1:
            raise SettingError(msg("--per-clip cannot be {n}: each clip gives a picture or more.", n=self.per_clip))
        if self.long_side_px < 32:
            raise SettingError(msg("--long-side cannot be {n}: pictures have 32 pixels or more.", n=self.long_side_px))


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
        InputError: there is no clip, none could be read, or ``meta.json`` cannot be.
        BackendError: the detector cannot run.
        OutputError: the pictures cannot be written.
    """
    from PIL import Image

    out = Path(out)
    if not clips:
        raise InputError("there are no clips to take pictures of.", hint="Give clips, or folders that hold some.")
    images = out / "images"
    with map_os_errors(images, what=msg("The folder {path}", path=images), verb="made"):
        images.mkdir(parents=True, exist_ok=True)
    meta_file = out / "meta.json"
    meta = {"clips": {}, "groups": {}, "sha256": {}} | read_meta(out)
    written = done_before = 0
    refused: dict[str, str] = {}
    for number, clip in enumerate(clips, 1):
        clip = Path(clip)
        try:
            with map_os_errors(clip, what=msg("The clip {path}", path=clip), verb="read", to=InputError):
                sha256 = file_sha256(clip)
            # An older index told names alone.
            if sha256 in meta["sha256"].values() or (clip.name in meta["clips"] and clip.name not in meta["sha256"]):
                done_before += 1
                continue
            chosen = list(_choose(clip, recipe=recipe, opener=opener))
        except InputError as error:
            refused[str(clip)] = error.message
            continue
        key, group = _free_names(clip, meta)
        names = []
        for index, rgb in chosen:
            name = f"{group}_{index:06d}"
            with atomic_path(images / f"{name}.jpg") as beside:
                Image.fromarray(rgb).save(beside, "JPEG", quality=92)
            names.append(name)
            meta["groups"][name] = group
        meta["clips"][key], meta["sha256"][key] = names, sha256
        written += len(names)
        atomic_json(meta_file, meta)
        if progress is not None:
            progress(number, len(clips))
    if refused and len(refused) == len(clips):
        raise InputError(msg("none of the clips can be read ({next}).", next=next(iter(refused.values())).rstrip(".")))
    return HarvestResult(written, done_before, refused)


def _free_names(clip: Path, meta: dict[str, dict[str, Any]]) -> tuple[str, str]:
    """What a clip is called in the index, and its group: another clip's pictures may have the name already."""
    groups = {Path(name).stem for name in meta["clips"]} | set(meta["groups"].values())
    for number in itertools.count(1):
        ending = "" if number == 1 else f"-{number}"
        key, group = f"{clip.stem}{ending}{clip.suffix}", f"{clip.stem}{ending}"
        if key not in meta["clips"] and group not in groups:
            return key, group
    raise AssertionError("there is always a number more")


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
