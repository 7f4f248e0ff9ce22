"""Pictures, answered at once: read within limits, scored, searched, cleaned. Called by the routes in worker threads.

A picture stands in a private temporary file (0600, in a folder of the service's own) for as long as it is read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError, InputError, TooLarge
from dashcamcleaner.media.formats import FORMATS, MediaKind, format_of, picture_format_of
from dashcamcleaner.media.image_file import PictureFile, picture_file_size, read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.messages import as_message, msg
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.output_files import PRIVATE
from dashcamcleaner.pipeline.image import plan_picture
from dashcamcleaner.pipeline.writer import obscurer_for
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.policy import Policy
from dashcamcleaner.service.problems import problem_of, telling_no_room, without_paths
from dashcamcleaner.service.scoring import Scorers, highest
from dashcamcleaner.settings import Settings

__all__ = ["CleanPicture", "PictureModels", "PictureWork", "SentPicture", "written_formats"]

_MB = 1_000_000
_SCORED_SIDE_PX = 1600
"""Long side of what is scored: networks see 224 to 640 px of it, and full-size copies would only cost memory."""

_ASPECTS = (16 / 9, 3 / 2, 4 / 3, 1.0)
_SIZE_STEP_PX = 160


class PictureModels(ModelPool):
    """A pool that opens few networks for pictures of any shape.

    A run opens a network for the very shape of its clip. A service is sent any shape: the network's is the nearest of a
    few that hold the picture at the same scale, and its size one of few, so that the pool comes to rest.
    """

    def detector(self, *, inference_size: int = 640, aspect: tuple[int, int] | None = None, **asked: Any) -> Detector:
        """As `ModelPool.detector`, of the nearest shape and size."""
        size = max(1, round(inference_size / _SIZE_STEP_PX)) * _SIZE_STEP_PX
        if aspect is not None:
            long, short = max(aspect), min(aspect)
            ratio = next((one for one in _ASPECTS if long / short >= one * 0.999), 1.0)
            sides = (round(1000 * ratio), 1000)
            aspect = sides if aspect[0] >= aspect[1] else sides[::-1]
        return super().detector(inference_size=size, aspect=aspect, **asked)


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture as it was sent.

    Args:
        name: what its sender calls it, made plain; of no meaning here.
        content: the bytes of the file.
    """

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture with its faces and plates hidden.

    Args:
        content: the bytes of the file.
        media_type: the type as HTTP names it.
        suffix: the file's extension, with its dot.
        regions: how many were hidden, by kind.
        notes: what of the file was left behind or changed.
    """

    content: bytes
    media_type: str
    suffix: str
    regions: Mapping[str, int]
    notes: tuple[str, ...]


def written_formats() -> dict[str, str]:
    """Name in a request -> extension, of the picture formats that can be written."""
    return {
        one.suffixes[0].lstrip("."): one.suffixes[0]
        for one in FORMATS
        if one.kind is MediaKind.PICTURE and one.writer
    }  # fmt: skip


class PictureWork:
    """The work on pictures; any thread may call it.

    Args:
        options: the limits.
        models: gives detectors and scorers; not closed here.
        folder: where temporary files may stand; it is there.
    """

    def __init__(self, options: ServiceOptions, *, models: ModelPool, folder: Path) -> None:
        self._options = options
        self._models = models
        self._folder = folder

    def clean(self, sent: SentPicture, *, settings: Settings, suffix: str | None) -> CleanPicture:
        """Hide what the settings name.

        Args:
            sent: the picture.
            settings: how it is seen and hidden.
            suffix: the extension of the format wanted; None: the picture's own.

        Raises:
            DashcamCleanerError: it cannot be read, written, or is too large; with no path in its sentence.
        """
        with self._read(sent) as (picture, folder):
            plan = plan_picture(picture, settings=settings, models=self._models)
            obscurer_for(settings).obscure(picture.frame, plan.regions)
            found = picture_format_of(sent.content[:64])
            ending = suffix or (found.suffixes[0] if found is not None else ".png")
            written = folder / f"cleaned{ending}"
            actions = write_picture_file(picture, partial_path=written, suffix=ending, keep=settings.keep)
            target = format_of(ending)
            return CleanPicture(
                written.read_bytes(),
                f"image/{(target.name if target is not None else 'png').lower()}",
                ending,
                _counts(plan),
                tuple(f"{one.what}: {one.action}" + (f" ({one.why})" if one.why else "") for one in actions),
            )

    def detect(self, sent: SentPicture, *, settings: Settings) -> dict[str, Any]:
        """What would be hidden, and what was seen, in pixels of the upright picture; see `clean`."""
        begun = time.monotonic()
        with self._read(sent) as (picture, _):
            plan = plan_picture(picture, settings=settings, models=self._models)
            width, height = picture.frame.upright_size
        regions = [
            {"kind": region.kind, "score": round(float(region.score), 4), **_box(region.xyxy)}
            for region in plan.regions
        ]  # fmt: skip
        seen = plan.seen.detections
        detections = [
            {"kind": str(kind), "score": round(float(score), 4), **_box(box)}
            for box, score, kind in zip(seen.xyxy, seen.score, seen.kind, strict=True)
        ]
        return {
            "name": sent.name,
            "size": {"width": width, "height": height},
            "regions": regions,
            "detections": detections,
            "ms": _ms_since(begun),
        }

    def score(self, sent: Sequence[SentPicture], *, policy: Policy) -> dict[str, Any]:
        """Scores, parts, boxes and a verdict for each picture.

        A picture that cannot be read has its ``error`` in its place; if none can be, the first one's is raised.

        Raises:
            DashcamCleanerError: the scores cannot be told at all, or no picture can be read.
        """
        begun = time.monotonic()
        scorers = Scorers(self._models)
        results: list[dict[str, Any]] = []
        failed: list[DashcamCleanerError] = []
        for one in sent:
            try:
                results.append(self._score_one(one, scorers, policy))
            except (InputError, TooLarge) as error:
                failed.append(error)
                results.append({"name": one.name, "error": problem_of(error)})
        if len(failed) == len(sent):
            raise failed[0]
        return {"results": results, "models": scorers.cards, "ms": _ms_since(begun)}

    def _score_one(self, sent: SentPicture, scorers: Scorers, policy: Policy) -> dict[str, Any]:
        with self._read(sent) as (picture, _):
            width, height = picture.frame.upright_size
            shrunk = max(1.0, max(width, height) / _SCORED_SIDE_PX)
            size = (max(1, round(width / shrunk)), max(1, round(height / shrunk)))
            views = [np.ascontiguousarray(view(size)) for view in (picture.frame.picture, *picture.frame.views)]
        found = highest(scorers.score(views))
        return {
            "name": sent.name,
            "size": {"width": width, "height": height},
            "scores": _rounded(found.scores),
            "parts": _rounded(found.parts),
            "experimental": found.experimental,
            "boxes": [_enlarged(dataclasses.asdict(box), shrunk) for box in found.boxes],
            "verdict": policy.verdict(found.scores, found.parts),
        }

    @contextlib.contextmanager
    def _read(self, sent: SentPicture) -> Iterator[tuple[PictureFile, Path]]:
        """The picture, read, and a private folder for what is made of it; errors name the sender's file."""
        self._check_bytes(sent)
        with telling_no_room(), TemporaryDirectory(prefix="picture-", dir=self._folder) as made:  # 0700 by itself
            path = Path(made) / "picture"
            try:
                atomic_write(path, sent.content, mode=PRIVATE)
                self._check_pixels(path)
                yield read_picture_file(path), Path(made)
            except Exception as error:
                ours = as_our_error(error, source=path)
                names = {str(path): sent.name or msg("The picture"), made: msg("a folder of the server")}
                ours.message = as_message(without_paths(ours.message, names))
                ours.hint = as_message(without_paths(ours.hint, names))
                ours.args = (ours.message,)
                if ours is error:
                    raise
                raise ours from error

    def _check_bytes(self, sent: SentPicture) -> None:
        most = self._options.max_picture_mb
        if not sent.content:
            raise InputError("The picture has no bytes.", hint="Send the file itself.")
        if len(sent.content) > most * _MB:
            raise TooLarge(
                msg(
                    "The picture has {count:.1f} MB; {most:g} MB are taken at most.",
                    count=len(sent.content) / _MB,
                    most=most,
                )
            )

    def _check_pixels(self, path: Path) -> None:
        if picture_format_of(path.read_bytes()[:64]) is None:
            raise InputError(
                msg("{path} is no picture of a kind that is known here.", path=path),
                hint=msg("Kinds: {names}. A clip is a job: POST /jobs.", names=", ".join(written_formats())),
            )
        found = picture_format_of(path.read_bytes()[:64])
        if found is not None and not found.readable:
            return  # `read_picture_file` tells why
        width, height = picture_file_size(path)
        most = self._options.max_megapixels
        if width * height > most * 1_000_000:
            raise TooLarge(
                msg(
                    "The picture has {width}x{height} pixels; {most:g} million are taken at most.",
                    width=width,
                    height=height,
                    most=most,
                ),
                hint="Scale it first.",
            )


def _counts(plan: FramePlan) -> dict[str, int]:
    counts: dict[str, int] = {}
    for region in plan.regions:
        counts[region.kind] = counts.get(region.kind, 0) + 1
    return counts


def _box(xyxy: Sequence[float] | np.ndarray) -> dict[str, float]:
    x1, y1, x2, y2 = (round(float(side), 1) for side in xyxy)
    return {"x": x1, "y": y1, "w": round(x2 - x1, 1), "h": round(y2 - y1, 1)}


def _enlarged(box: dict[str, Any], factor: float) -> dict[str, Any]:
    return {key: round(value * factor, 1) if key in ("x", "y", "w", "h") else value for key, value in box.items()}


def _rounded(scores: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(score), 4) for name, score in scores.items() if math.isfinite(score)}


def _ms_since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)
