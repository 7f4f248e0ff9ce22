"""CVAT's own format for video, version 1.1: an XML file with a track for each object.

https://docs.cvat.ai/docs/manual/advanced/xml_format/. Between two key frames of a track CVAT moves the box evenly,
until one says ``outside``; so every box is a key frame here, and a gap in a track begins with an ``outside``. What was
drawn in another shape (turned, a polygon, an ellipse) is read as the upright box around it; what is none that a box can
stand for is refused, since it would not be hidden.
"""

from __future__ import annotations

import codecs
import xml.etree.ElementTree as ET  # documents with a DTD are refused before it sees them
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.labels.clip_labels import ClipLabels, Corners, ObjectLabel, around_turned, check_count
from dashcamcleaner.messages import msg

__all__ = ["from_bytes", "to_bytes"]

_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_TOLD = ("name", "size", "start_frame", "stop_frame", "original_size/width", "original_size/height")
_DEEPEST = 24
_LONGEST = 1000
_MOST_KINDS = 10_000
_PART = 1 << 20


def to_bytes(clip: ClipLabels) -> bytes:
    """The file's content."""
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    task = ET.SubElement(ET.SubElement(root, "meta"), "task")
    ET.SubElement(task, "name").text = _clean(clip.name)
    ET.SubElement(task, "size").text = str(len(clip.times_s))
    ET.SubElement(task, "mode").text = "interpolation"
    ET.SubElement(task, "start_frame").text = "0"
    ET.SubElement(task, "stop_frame").text = str(max(0, len(clip.times_s) - 1))
    names = ET.SubElement(task, "labels")
    for kind in clip.kinds:
        ET.SubElement(ET.SubElement(names, "label"), "name").text = _clean(kind)
    original = ET.SubElement(task, "original_size")
    ET.SubElement(original, "width").text = str(clip.size[0])
    ET.SubElement(original, "height").text = str(clip.size[1])
    for (track, kind), labels in clip.by_track().items():
        element = ET.SubElement(root, "track", id=str(track), label=_clean(kind), source="auto")
        _write_boxes(element, labels, frames=len(clip.times_s))
    ET.indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def _clean(text: str) -> str:
    """XML holds no control characters, not even escaped."""
    return visible(text)


def _write_boxes(element: ET.Element, labels: Sequence[ObjectLabel], *, frames: int) -> None:
    for place, label in enumerate(labels):
        _write_box(element, label, frame=label.frame, outside=False)
        follows = labels[place + 1].frame if place + 1 < len(labels) else frames
        if follows > label.frame + 1:
            _write_box(element, label, frame=label.frame + 1, outside=True)


def _write_box(element: ET.Element, label: ObjectLabel, *, frame: int, outside: bool) -> None:
    corners = {name: f"{v:.2f}" for name, v in zip(_CORNERS, label.xyxy, strict=True)}
    state = {"outside": str(int(outside)), "occluded": "0", "keyframe": "1"}
    ET.SubElement(element, "box", {"frame": str(frame), **state, **corners, "z_order": "0"})


def from_bytes(content: bytes, *, size: tuple[int, int], kinds: tuple[str, ...]) -> ClipLabels:
    """The inverse of `to_bytes`; boxes between key frames are worked out, as CVAT does.

    Args:
        content: what the file holds.
        size: the size of the clip's upright picture, where the file does not tell it.
        kinds: names of the kinds, where the file does not tell them.

    Raises:
        ValueError: the content is not in this format.
    """
    if not content.isascii():
        content.decode("utf-8-sig")  # anything else is refused, whatever encoding the file says that it has
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError(msg("it has a document type, which no file of CVAT has"))
    found = _TrackReader()
    parser = ET.XMLParser(target=found, encoding="utf-8")
    try:
        for at in range(0, len(content), _PART):
            parser.feed(content[at : at + _PART])
        parser.close()
    except (ET.ParseError, RecursionError) as error:
        raise ValueError(msg("it is not well-formed XML: {error}", error=error)) from error
    told = found.told
    width, height = (told.get(f"original_size/{side}", "") for side in ("width", "height"))
    size = (int(width), int(height)) if width and height else size
    kinds = tuple(found.kinds) or kinds
    labels: list[ObjectLabel] = []
    for track in found.tracks:
        _add_labels(track, frames=int(told.get("size", "0") or 0), into=labels)
    labels.sort(key=lambda label: label.frame)
    others = sorted({label.kind for label in labels} - set(kinds))
    first, last = told.get("start_frame", ""), told.get("stop_frame", "")
    stretch = (int(first), int(last)) if first and last else None
    return ClipLabels(told.get("name", ""), size, (), (*kinds, *others), tuple(labels), stretch)


@dataclass(slots=True)
class _Track:
    """The key frames of one object: frame, whether it is outside, its corners, and by how many degrees it is turned."""

    kind: str
    number: int
    keys: list[tuple[int, bool, Corners, float]] = field(default_factory=list)


class _TrackReader:
    """What the parser tells of each element. No tree is made: elements take many times the bytes they are written in.

    Attributes:
        told: texts of the task (or job) by their places in it.
        kinds: names of the labels that the task has.
        tracks: the tracks, in order.
    """

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.kinds: list[str] = []
        self.tracks: list[_Track] = []
        self._path: list[str] = []
        self._text = ""
        self._boxes = 0
        self._task = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if not self._path and tag != "annotations":
            raise ValueError(msg("it holds no annotations of CVAT"))
        if len(self._path) >= _DEEPEST:
            raise ValueError(msg("values lie too deep in one another"))
        self._path.append(tag)
        self._text = ""
        if self._path == ["annotations", "meta", tag] and tag in ("task", "job"):
            self._task = self._task or tag
        elif self._path == ["annotations", "track"]:
            if not attributes.get("label"):
                raise ValueError(msg("a track has no label"))
            self.tracks.append(_Track(attributes["label"][:_LONGEST], int(attributes.get("id", "0"))))
            check_count(len(self.tracks))
        elif self._path == ["annotations", "image"]:
            raise ValueError(msg("it is of CVAT for images, where CVAT for video 1.1 is wanted"))
        elif self._path == ["annotations", "track", tag]:
            frame, outside = int(attributes.get("frame", "-1")), attributes.get("outside") == "1"
            turned = float(attributes.get("rotation", "0"))
            self.tracks[-1].keys.append((frame, outside, _corners(tag, attributes), turned))
            self._boxes += 1
            check_count(self._boxes // 2)  # behind each that is seen one may stand that ends it

    def data(self, text: str) -> None:
        """A part of a text."""
        if len(self._path) > 3 and len(self._text) < _LONGEST:
            self._text += text[:_LONGEST]

    def end(self, _tag: str) -> None:
        """The latest element ends."""
        head, place = self._path[:3], "/".join(self._path[3:])
        if head == ["annotations", "meta", self._task]:
            if place == "labels/label/name":
                self.kinds.append(self._text)
                if len(self.kinds) > _MOST_KINDS:
                    raise ValueError(msg("kinds is too long"))
            elif place in _TOLD:
                self.told.setdefault(place, self._text)
        self._path.pop()
        self._text = ""

    def close(self) -> None:
        """The document ends."""


def _corners(shape: str, attributes: dict[str, str]) -> Corners:
    """The box of a shape, or around it; not turned yet.

    Raises:
        ValueError: it is no shape that a box can stand for.
    """
    if shape == "box":
        x1, y1, x2, y2 = (float(attributes.get(name, "nan")) for name in _CORNERS)
        return x1, y1, x2, y2
    if shape == "ellipse":
        cx, cy, rx, ry = (float(attributes.get(name, "nan")) for name in ("cx", "cy", "rx", "ry"))
        return cx - rx, cy - ry, cx + rx, cy + ry
    if shape in ("polygon", "polyline", "points"):
        places = [place.split(",") for place in attributes.get("points", "").split(";")]
        xs, ys = zip(*((float(x), float(y)) for x, y in places), strict=True)
        return min(xs), min(ys), max(xs), max(ys)
    raise ValueError(msg("a track is drawn as {shape}, not as boxes", shape=visible(shape[:40])))


def _add_labels(track: _Track, *, frames: int, into: list[ObjectLabel]) -> None:
    """Append a track's labels, which are counted before they are made: two boxes may stand a million frames apart."""
    kind, number = track.kind, track.number
    keys = sorted(track.keys, key=lambda key: key[0])
    for place, (frame, outside, corners, turned) in enumerate(keys):
        if outside:
            continue
        # After the last key frame a box stays to the end of the clip, unless it goes outside.
        following = keys[place + 1] if place + 1 < len(keys) else (max(frames, frame + 1), True, corners, turned)
        check_count(len(into) + following[0] - frame)
        goal, then = (corners, turned) if following[1] else following[2:]
        turn = (then - turned + 180) % 360 - 180  # the shorter way round, as CVAT turns it
        for index in range(frame, following[0]):
            part = (index - frame) / (following[0] - frame)
            x1, y1, x2, y2 = (a + part * (b - a) for a, b in zip(corners, goal, strict=True))
            box = around_turned((x1, y1, x2, y2), turned + part * turn)
            x1, y1, x2, y2 = (round(value, 2) for value in box)
            into.append(ObjectLabel(index, (x1, y1, x2, y2), kind, 1.0, number))
