"""Labelled folders, and the packed cache that `training.fit` draws its views from.

A labelled folder holds ``images/``, ``labels/`` (YOLO text: ``class cx cy w h``, normalised), optionally ``ignore/`` of
the same form (doubtful objects, painted grey) and ``meta.json``. A picture labels only some kinds; the others are
*unknown* there, not background. A teacher's folder fills them in (`list_folder`). `pack` decodes every picture once
into one uncompressed file that is memory-mapped: decoding JPEG in every epoch would cost as much as a quarter of the
training.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_json, atomic_write
from dashcamcleaner.detection.yolo import GREY
from dashcamcleaner.errors import ExtraMissing, InputError, SettingError, extra_hint
from dashcamcleaner.media.formats import MediaKind, suffixes
from dashcamcleaner.messages import msg

__all__ = [
    "KINDS",
    "PackedPictures",
    "Picture",
    "list_folder",
    "pack",
    "paint_out",
    "read_boxes",
    "read_rgb",
    "refuse_validation",
    "select",
    "write_boxes",
]

KINDS = ("face", "plate")
"""Class numbers in label files: 0 = face, 1 = plate."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture.

    Args:
        path: the picture file.
        folder: name of the labelled folder, for sampling weights and reports.
        group: pictures of one group (drive, event, near copies) must stay on one side of a split.
        boxes: ``[class, x1, y1, x2, y2]`` rows in pixels.
        ignore: the same, of what is doubtful: painted over.
        known: class numbers for which the absence of a box means that there is no such object.
        unsure: the same form as ``ignore``, but not painted: the class is simply not judged there.
    """

    path: str
    folder: str
    group: str
    size: tuple[int, int]
    boxes: list[list[float]] = field(default_factory=list)
    ignore: list[list[float]] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    unsure: list[list[float]] = field(default_factory=list)


def _cv2() -> Any:
    try:
        import cv2
    except ImportError as e:
        raise ExtraMissing("training needs OpenCV, which is not installed.", hint=extra_hint("train")) from e
    cv2.setNumThreads(1)
    return cv2


def read_rgb(path: str | Path) -> np.ndarray:
    """A picture file as uint8 RGB ``(h, w, 3)``.

    Raises:
        InputError: not a picture.
    """
    cv2 = _cv2()
    data = np.fromfile(path, np.uint8)
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if bgr is None:
        raise InputError(msg("{path} is not a picture that can be read.", path=path))
    return np.ascontiguousarray(bgr[:, :, ::-1])


def read_boxes(path: str | Path, *, size: tuple[int, int]) -> list[list[float]]:
    """Rows ``[class, x1, y1, x2, y2]`` in pixels from a YOLO text file; empty where the file is absent.

    Further columns (a teacher's score) are ignored.

    Raises:
        InputError: a line that is not ``class cx cy w h``.
    """
    path = Path(path)
    if not path.exists():
        return []
    width, height = size
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            cls, cx, cy, w, h = (float(v) for v in line.split()[:5])
        except ValueError as e:
            raise InputError(
                msg(
                    "{path}, line {number}: expected 'class cx cy w h', found {line}.",
                    path=path,
                    number=number,
                    line=repr(line[:40]),
                )
            ) from e
        rows.append([cls, (cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height])
    return rows


def write_boxes(path: str | Path, rows: Iterable[Sequence[float]], *, size: tuple[int, int]) -> None:
    """The inverse of `read_boxes`, written beside and renamed, so that a kill leaves no half file."""
    path = Path(path)
    width, height = size
    lines = []
    for cls, x1, y1, x2, y2, *rest in rows:
        values = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height, *rest)
        lines.append(f"{int(cls)} " + " ".join(f"{v:.6f}" for v in values) + "\n")
    atomic_write(path, "".join(lines), make_folder=True)


def list_folder(folder: str | Path, *, known: Sequence[int], teacher: str | Path | None = None) -> list[Picture]:
    """The pictures of one labelled folder, in name order.

    Args:
        folder: the folder with ``images/`` and, unless it holds negatives, ``labels/``.
        known: class numbers that the folder labels completely.
        teacher: a folder written by `training.label` for this one: its labels are added and its kinds count as known.

    Raises:
        InputError: no ``images/`` in it, or a picture cannot be read.
    """
    from PIL import Image

    folder = Path(folder)
    images = folder / "images"
    if not images.is_dir():
        raise InputError(
            msg("{folder} has no images/ folder.", folder=folder), hint="A labelled folder holds images/ and labels/."
        )
    meta_file = folder / "meta.json"
    groups = json.loads(meta_file.read_text(encoding="utf-8")).get("groups", {}) if meta_file.exists() else {}
    pictures = []
    for path in sorted(images.iterdir()):
        if path.suffix.lower() not in suffixes(MediaKind.PICTURE):
            continue
        with Image.open(path) as opened:
            size = opened.size
        boxes = read_boxes(folder / "labels" / f"{path.stem}.txt", size=size)
        kinds = list(known)
        unsure: list[list[float]] = []
        taught_file = Path(teacher) / "labels" / f"{path.stem}.txt" if teacher is not None else None
        if teacher is not None and taught_file is not None and taught_file.exists():
            taught_kinds = json.loads((Path(teacher) / "teacher.json").read_text(encoding="utf-8"))["classes"]
            boxes += [row for row in read_boxes(taught_file, size=size) if int(row[0]) not in known]
            unsure = [
                row
                for row in read_boxes(Path(teacher) / "unsure" / f"{path.stem}.txt", size=size)
                if int(row[0]) not in known
            ]
            kinds += [kind for kind in taught_kinds if kind not in kinds]
        pictures.append(
            Picture(
                path=str(path),
                folder=folder.name,
                group=str(groups.get(path.stem, path.stem)),
                size=size,
                boxes=boxes,
                ignore=read_boxes(folder / "ignore" / f"{path.stem}.txt", size=size),
                known=kinds,
                unsure=unsure,
            )
        )
    return pictures


def select(
    pictures: Sequence[Picture],
    *,
    part: tuple[int, int] | None = None,
    groups: Sequence[str] | None = None,
    without: Sequence[str] = (),
) -> list[Picture]:
    """Some pictures of a folder: by group first, then a half-open range of what is left, in name order.

    Args:
        pictures: the pictures, as `list_folder` gives them.
        part: first and one past the last; None takes all.
        groups: only pictures of these groups; None takes all.
        without: pictures of these groups are left out.

    Raises:
        SettingError: a group is named of which the folder holds no picture.
    """
    known = {picture.group for picture in pictures}
    for group in (*(groups or ()), *without):
        if group not in known:
            raise SettingError(
                msg("No picture belongs to the group {group}.", group=repr(group)),
                hint="The groups stand in meta.json.",
            )
    chosen = [p for p in pictures if (groups is None or p.group in groups) and p.group not in without]
    return chosen[slice(*part)] if part is not None else chosen


def refuse_validation(folder: str | Path) -> None:
    """Keep validation sets out of training and out of a teacher's hands.

    A set says that it is one in its ``meta.json``: ``purpose`` or ``scene`` begins with "validation".

    Raises:
        InputError: it does.
    """
    meta_file = Path(folder) / "meta.json"
    if not meta_file.exists():
        return
    meta = json.loads(meta_file.read_text(encoding="utf-8"))
    if any(str(meta.get(key, "")).lower().startswith("validation") for key in ("purpose", "scene")):
        raise InputError(
            msg(
                "{folder} is a validation set: figures measured on what was trained on would mean nothing.",
                folder=folder,
            ),
            hint="Give another folder, or change its meta.json if it is wrong.",
        )


def paint_out(rgb: np.ndarray, ignore: Sequence[Sequence[float]], boxes: Sequence[Sequence[float]]) -> None:
    """Cover ``ignore`` with grey in place, leaving the pixels of labelled ``boxes`` as they are."""
    height, width = rgb.shape[:2]
    kept = [(_pixels(box, width, height)) for box in boxes]
    originals = [rgb[y1:y2, x1:x2].copy() for x1, y1, x2, y2 in kept]
    for box in ignore:
        x1, y1, x2, y2 = _pixels(box, width, height)
        rgb[y1:y2, x1:x2] = GREY
    for (x1, y1, x2, y2), pixels in zip(kept, originals, strict=True):
        rgb[y1:y2, x1:x2] = pixels


def _pixels(row: Sequence[float], width: int, height: int) -> tuple[int, int, int, int]:
    x1, y1 = max(int(np.floor(row[1])), 0), max(int(np.floor(row[2])), 0)
    x2, y2 = min(int(np.ceil(row[3])), width), min(int(np.ceil(row[4])), height)
    return x1, y1, max(x2, x1), max(y2, y1)


class PackedPictures:
    """Decoded pictures of a cache folder, memory-mapped. Cheap to open in every worker process."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        index = json.loads((self.folder / "index.json").read_text(encoding="utf-8"))
        self.pictures = [Picture(**{**row, "size": tuple(row["size"])}) for row in index["pictures"]]
        self._offsets = index["offsets"]
        self._pixels = np.memmap(self.folder / "pixels.raw", np.uint8, "r")

    def __len__(self) -> int:
        return len(self.pictures)

    def rgb(self, index: int) -> np.ndarray:
        """The pixels ``(h, w, 3)`` of one picture; read-only."""
        width, height = self.pictures[index].size
        offset = self._offsets[index]
        return self._pixels[offset : offset + width * height * 3].reshape(height, width, 3)


def pack(
    pictures: Sequence[Picture],
    folder: str | Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> PackedPictures:
    """Decode ``pictures`` into ``folder``, painting out what is to be ignored.

    The pixels of an existing cache of the same picture files are kept: only the labels are written anew, so that a
    second round with a teacher's labels costs nothing.

    Raises:
        InputError: no pictures, one that cannot be read, or one of a validation set.
    """
    if not pictures:
        raise InputError("there are no pictures to train on.", hint="Give labelled folders with pictures in images/.")
    for source in {Path(p.path).parent.parent for p in pictures}:
        refuse_validation(source)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    index_file, pixel_file = folder / "index.json", folder / "pixels.raw"
    offsets = np.cumsum([0] + [p.size[0] * p.size[1] * 3 for p in pictures]).tolist()
    same = False
    if index_file.exists() and pixel_file.exists():
        old = json.loads(index_file.read_text(encoding="utf-8"))
        same = old["offsets"] == offsets and [row["path"] for row in old["pictures"]] == [p.path for p in pictures]
    if not same:
        index_file.unlink(missing_ok=True)
        with open(pixel_file, "wb") as out:
            for number, picture in enumerate(pictures):
                rgb = read_rgb(picture.path)
                if rgb.shape[1::-1] != picture.size:
                    raise InputError(msg("{path} decodes to another size than its header says.", path=picture.path))
                paint_out(rgb, picture.ignore, picture.boxes)
                out.write(rgb.tobytes())
                if progress is not None:
                    progress(number + 1, len(pictures))
    atomic_json(index_file, {"pictures": [asdict(p) for p in pictures], "offsets": offsets})
    return PackedPictures(folder)
