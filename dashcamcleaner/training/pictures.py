"""Labelled folders, and the packed cache that `training.fit` draws its views from.

A labelled folder holds ``images/``, ``labels/`` (YOLO text: ``class cx cy w h``, normalised), optionally ``ignore/`` of
the same form (doubtful objects, painted grey) and ``meta.json``. A picture labels only some kinds; the others are
*unknown* there, not background. A teacher's folder fills them in (`list_folder`). `pack` decodes every picture once
into one uncompressed file that is memory-mapped: decoding JPEG in every epoch would cost as much as a quarter of the
training.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_json, atomic_path
from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.detection.yolo import GREY
from dashcamcleaner.errors import ExtraMissing, InputError, SettingError, extra_hint
from dashcamcleaner.media.formats import MediaKind, suffixes
from dashcamcleaner.media.large_jpeg import orientation_of
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.side_files import UNREADABLE, read_json, reason_of
from dashcamcleaner.training.label_files import KINDS, read_boxes

__all__ = [
    "PackedPictures",
    "Picture",
    "list_folder",
    "pack",
    "paint_out",
    "read_meta",
    "read_rgb",
    "refuse_validation",
    "select",
]


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


def _head(path: str | Path) -> tuple[tuple[int, int], Orientation]:
    """The size of a picture as stored, and how it becomes upright, without decoding it.

    Raises:
        InputError: not a picture.
    """
    from PIL import Image, UnidentifiedImageError

    what = msg("The picture {path}", path=path)
    try:
        with map_os_errors(Path(path), what=what, verb="read", to=InputError), Image.open(path) as opened:
            return opened.size, orientation_of(opened.getexif())
    except (UnidentifiedImageError, Image.DecompressionBombError, InputError, SyntaxError, ValueError) as e:
        if isinstance(e, InputError) and not isinstance(e.__cause__, UnidentifiedImageError):
            raise
        raise InputError(msg("{path} is not a picture that can be read.", path=path)) from e


def read_rgb(path: str | Path) -> np.ndarray:
    """A picture file as uint8 RGB ``(h, w, 3)``, upright as its EXIF says: so people and their tools label it.

    Raises:
        InputError: not a picture.
    """
    cv2 = _cv2()
    _, orientation = _head(path)
    data = np.fromfile(path, np.uint8)
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
    if bgr is None:
        raise InputError(msg("{path} is not a picture that can be read.", path=path))
    return np.ascontiguousarray(orientation.upright(bgr)[:, :, ::-1])


def read_meta(folder: str | Path) -> dict[str, Any]:
    """What ``meta.json`` of a labelled folder says; empty where there is none.

    Raises:
        InputError: it cannot be read, or is not of this form.
    """
    path = Path(folder) / "meta.json"
    if not path.exists():
        return {}
    try:
        meta = read_json(path, what=str(path), to=InputError)
        if not isinstance(meta, dict) or not isinstance(meta.get("groups", {}), dict):
            raise ValueError(msg("groups is no table"))
    except UNREADABLE as e:
        raise InputError(msg("{path} cannot be read: {reason}.", path=path, reason=reason_of(e))) from e
    return meta


def list_folder(folder: str | Path, *, known: Sequence[int], teacher: str | Path | None = None) -> list[Picture]:
    """The pictures of one labelled folder, in name order.

    Args:
        folder: the folder with ``images/`` and, unless it holds negatives, ``labels/``.
        known: class numbers that the folder labels completely.
        teacher: a folder written by `training.label` for this one: its labels are added and its kinds count as known.

    Raises:
        InputError: no ``images/`` in it, a picture or its labels cannot be read, or the teacher has written nothing.
    """
    folder = Path(folder)
    images = folder / "images"
    if not images.is_dir():
        raise InputError(
            msg("{folder} has no images/ folder.", folder=folder), hint="A labelled folder holds images/ and labels/."
        )
    groups = read_meta(folder).get("groups", {})
    taught_kinds = _taught_kinds(Path(teacher)) if teacher is not None else []
    pictures = []
    for path in sorted(images.iterdir()):
        if path.suffix.lower() not in suffixes(MediaKind.PICTURE):
            continue
        stored, orientation = _head(path)
        size = orientation.upright_size(stored)
        boxes = read_boxes(folder / "labels" / f"{path.stem}.txt", size=size)
        kinds = list(known)
        unsure: list[list[float]] = []
        taught_file = Path(teacher) / "labels" / f"{path.stem}.txt" if teacher is not None else None
        if teacher is not None and taught_file is not None and taught_file.exists():
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


def _taught_kinds(teacher: Path) -> list[int]:
    """The class numbers that a teacher's folder tells of.

    Raises:
        InputError: no teacher has written there; without its labels a kind would count as unknown, and nobody be told.
    """
    path = teacher / "teacher.json"
    try:
        kinds = read_json(path, what=msg("The teacher's labels {path}", path=path), to=InputError)["classes"]
        if not all(kind in range(len(KINDS)) for kind in kinds):
            raise ValueError(msg("the class is out of range"))
    except UNREADABLE as e:
        raise InputError(msg("{path} cannot be read: {reason}.", path=path, reason=reason_of(e))) from e
    return list(kinds)


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
    meta = read_meta(folder)
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
    second round with a teacher's labels costs nothing. They are made anew where a file changed, or
    what is painted out; a run that is going keeps those that it has opened.

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
    files = [_stamp(p.path) for p in pictures]
    same = False
    if index_file.exists() and pixel_file.exists():
        old = json.loads(index_file.read_text(encoding="utf-8"))
        painted = [_painted(Picture(**row)) for row in old["pictures"]]
        same = old["offsets"] == offsets and painted == [_painted(p) for p in pictures]
        same = same and old.get("files", files) == files
    if not same:
        index_file.unlink(missing_ok=True)
        with atomic_path(pixel_file) as beside, open(beside, "wb") as out:
            for number, picture in enumerate(pictures):
                rgb = read_rgb(picture.path)
                if rgb.shape[1::-1] != picture.size:
                    raise InputError(msg("{path} decodes to another size than its header says.", path=picture.path))
                paint_out(rgb, picture.ignore, picture.boxes)
                out.write(rgb.tobytes())
                if progress is not None:
                    progress(number + 1, len(pictures))
    atomic_json(index_file, {"pictures": [asdict(p) for p in pictures], "offsets": offsets, "files": files})
    return PackedPictures(folder)


def _stamp(path: str) -> list[int]:
    told = Path(path).stat()
    return [told.st_size, told.st_mtime_ns]


def _painted(picture: Picture) -> tuple[str, Any, Any]:
    """What the pixels of a picture follow from, beside its file."""
    return picture.path, picture.ignore, picture.boxes if picture.ignore else None
