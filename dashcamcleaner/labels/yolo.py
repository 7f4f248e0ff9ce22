"""YOLO's format as Ultralytics and CVAT take it: a ZIP archive with ``data.yaml`` and a text file for each frame.

Pictures that are added belong into ``images/train``, under the names of their label files.
A line is ``class cx cy width height``, classes from 0, the rest in parts of the picture's width and height. It knows
neither tracks nor scores. Nothing of an archive is unpacked to disk.
"""

from __future__ import annotations

import io
import json
import lzma
import re
import zipfile
import zlib

from dashcamcleaner.labels.clip_labels import ClipLabels, ObjectLabel, check_count
from dashcamcleaner.messages import msg

__all__ = ["from_bytes", "to_bytes"]

_FOLDER = "labels/train/"
_FRAME = re.compile(r"(?:^|/)[^/]*?(\d{1,9})\.txt$")
_NAME = re.compile(r"^\s*(?:(\d+)\s*:|-)\s*(.+?)\s*$")
_MOST_BYTES = 256 << 20
_MOST_FILES = 1_000_000
"""A file a frame: four hours of sixty frames a second."""
_MOST_IN_FILE = 4 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError)
"""What comes of an archive whose bytes are not what they were; each way of packing has an error of its own."""


def to_bytes(clip: ClipLabels) -> bytes:
    """The archive's content; the same labels give the same bytes."""
    width, height = clip.size
    number = {kind: place for place, kind in enumerate(clip.kinds)}
    frames: dict[int, list[str]] = {index: [] for index in range(len(clip.times_s))}
    for label in clip.labels:
        x1, y1, x2, y2 = label.xyxy
        place = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height
        row = " ".join(f"{v:.7f}" for v in place)
        frames.setdefault(label.frame, []).append(f"{number[label.kind]} {row}\n")
    names = "".join(f"  {place}: {json.dumps(kind)}\n" for kind, place in number.items())
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "data.yaml", f"path: .\ntrain: train.txt\nnames:\n{names}")
        _add(archive, "train.txt", "".join(f"./images/train/frame_{frame:06d}.png\n" for frame in frames))
        for frame, rows in frames.items():
            _add(archive, f"{_FOLDER}frame_{frame:06d}.txt", "".join(rows))
    return into.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    # A fixed date: the archive's bytes follow from the labels alone.
    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)


def from_bytes(content: bytes, *, size: tuple[int, int], kinds: tuple[str, ...]) -> ClipLabels:
    """The inverse of `to_bytes`; an archive of label files alone is read, too, with the kinds given.

    Args:
        content: what the file holds.
        size: the size of the clip's upright picture.
        kinds: names of the kinds in the order of their numbers, where the archive has no ``data.yaml``.

    Raises:
        ValueError: the content is not in this format, or unpacks to more than 256 MiB.
    """
    if content.count(b"PK\x01\x02") > _MOST_FILES:  # the list of its files takes memory before one of them is read
        raise ValueError(msg("it holds too many files"))
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError) as error:
        raise ValueError("it is no ZIP archive") from error
    with archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if sum(one.file_size for one in members) > _MOST_BYTES:
            raise ValueError(msg("it unpacks to more than 256 MiB"))
        for one in members:
            if one.filename.rsplit("/", 1)[-1] in ("data.yaml", "obj.names"):
                kinds = _kinds(_text(archive, one)) or kinds
        labels: list[ObjectLabel] = []
        frames: list[int] = []
        for one in members:
            found = _FRAME.search(one.filename)
            if found is not None:
                frames.append(int(found[1]))
                labels += _labels(_text(archive, one), frame=int(found[1]), size=size, kinds=kinds)
                check_count(len(labels))
    labels.sort(key=lambda label: label.frame)
    return ClipLabels("", size, (), kinds, tuple(labels), (min(frames), max(frames)) if frames else (0, -1))


def _text(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """A member's text; the size that its entry claims is not believed."""
    try:
        with archive.open(member) as file:
            content = file.read(_MOST_IN_FILE + 1)
    except _DAMAGED as error:
        raise ValueError(msg("its archive cannot be unpacked")) from error
    if len(content) > _MOST_IN_FILE:
        raise ValueError(msg("one of its files has more than 4 MiB"))
    return content.decode("utf-8")


def _kinds(text: str) -> tuple[str, ...]:
    """The names in ``data.yaml`` (a list or numbered lines under ``names:``), or a name a line."""
    head, colon, below = text.partition("names:")
    if not colon:
        return tuple(line.strip() for line in head.splitlines() if line.strip())
    first = below.split("\n", 1)[0].strip()
    if first.startswith("["):
        return tuple(name.strip().strip("\"'") for name in first.strip("[]").split(","))
    names = []
    for line in below.splitlines()[1:]:
        found = _NAME.match(line)
        if found is None:
            break
        names.append(found[2].strip("\"'"))
    return tuple(names)


def _labels(text: str, *, frame: int, size: tuple[int, int], kinds: tuple[str, ...]) -> list[ObjectLabel]:
    width, height = size
    labels = []
    for line in text.splitlines():
        if not line.strip():
            continue
        words = line.split()
        if len(words) not in (5, 6):
            raise ValueError(f"the line {line[:60]!r} is not a class and a box")
        kind = int(words[0])
        if not 0 <= kind < len(kinds):
            raise ValueError(f"the class {kind} is none of 0 to {len(kinds) - 1}")
        cx, cy, w, h = (float(v) for v in words[1:5])
        score = float(words[5]) if len(words) == 6 else 1.0
        x1, y1 = (cx - w / 2) * width, (cy - h / 2) * height
        box = (round(x1, 2), round(y1, 2), round(x1 + w * width, 2), round(y1 + h * height, 2))
        labels.append(ObjectLabel(frame, box, kinds[kind], score))
    return labels
