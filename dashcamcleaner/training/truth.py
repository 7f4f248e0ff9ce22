"""Truth: what is really there in a labelled clip.

A labelled clip is ``NAME.mp4`` (or the like) with ``NAME.json`` beside it: tracks with a box per frame and the frame
spans in which a face or plate can be recognised, and areas of which nothing is claimed. `training.leaks` holds plans
against it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import msg

__all__ = ["CLIP_SUFFIXES", "ClipTruth", "LabelledClip", "TrueTrack", "labelled_clips"]

CLIP_SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".webm")


@dataclass(frozen=True, slots=True)
class TrueTrack:
    """One labelled object.

    Args:
        id: the id within its clip.
        kind: ``face``, ``plate``, ...
        boxes: frame -> ``x1, y1, x2, y2`` in pixel edges of the upright picture.
        legible: the frames in which it can be recognised.
    """

    id: str
    kind: str
    boxes: Mapping[int, tuple[float, float, float, float]]
    legible: frozenset[int]


@dataclass(frozen=True, slots=True)
class ClipTruth:
    """A labelled clip.

    Args:
        size: ``(width, height)``.
        kinds: the kinds that are labelled; of others nothing is known.
        tracks: the labelled objects.
        ignore: areas of which nothing is claimed, frame -> boxes.
    """

    clip: str
    frames: int
    size: tuple[int, int]
    kinds: tuple[str, ...]
    tracks: tuple[TrueTrack, ...]
    ignore: Mapping[int, np.ndarray]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClipTruth:
        """From the JSON of a labelled clip.

        Raises:
            ValueError: the data is not of that form.
        """
        try:
            tracks = tuple(
                TrueTrack(
                    id=str(track["id"]),
                    kind=str(track["kind"]),
                    boxes={
                        int(k): (float(b[0]), float(b[1]), float(b[2]), float(b[3])) for k, b in track["boxes"].items()
                    },
                    legible=frozenset(i for first, last in track["legible"] for i in range(int(first), int(last) + 1)),
                )
                for track in data["tracks"]
            )
            ignore: dict[int, list[list[float]]] = {}
            for area in data.get("ignore", ()):
                for k, box in area["boxes"].items():
                    ignore.setdefault(int(k), []).append([float(v) for v in box])
            return cls(
                clip=str(data["clip"]),
                frames=int(data["frames"]),
                size=(int(data["width"]), int(data["height"])),
                kinds=tuple(data.get("kinds") or ("face", "plate")),
                tracks=tracks,
                ignore={k: np.array(v, np.float32).reshape(-1, 4) for k, v in ignore.items()},
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(f"not the truth of a labelled clip ({type(error).__name__}: {error})") from error


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A clip's file and what is there in it."""

    path: Path
    truth: ClipTruth

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem


def labelled_clips(folder: str | Path, *, names: Sequence[str] = ()) -> list[LabelledClip]:
    """The labelled clips of a folder, in the order of their names.

    Args:
        folder: holds ``NAME.json`` beside ``NAME.mp4`` or the like.
        names: only these; all without any.

    Raises:
        InputError: no labelled clip in there, none of a given name, or a truth that cannot be read.
    """
    found = []
    for file in sorted(Path(folder).glob("*.json")):
        clip = clip_beside(file)
        if clip is None or (names and file.stem not in names):
            continue
        try:
            found.append(LabelledClip(clip, ClipTruth.from_json(json.loads(file.read_text(encoding="utf-8")))))
        except (OSError, ValueError) as error:
            raise InputError(
                msg("{file} is not the truth of a labelled clip ({error}).", file=file, error=error)
            ) from error
    missing = sorted(set(names) - {clip.name for clip in found})
    if missing or not found:
        raise InputError(
            msg("{folder} holds no labelled clip named {missing}.", folder=folder, missing=missing[0])
            if missing
            else msg("{folder} holds no labelled clip.", folder=folder),
            hint="A labelled clip is NAME.mp4 with NAME.json beside it.",
        )
    return found


def clip_beside(file: Path) -> Path | None:
    """The clip that a file of the same name tells of."""
    return next((path for suffix in CLIP_SUFFIXES if (path := file.with_suffix(suffix)).is_file()), None)
