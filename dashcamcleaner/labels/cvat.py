"""CVAT's own format for video, version 1.1: an XML file with a track for each object.

https://docs.cvat.ai/docs/manual/advanced/xml_format/. Between two key frames of a track CVAT moves the box evenly,
until one says ``outside``; so every box is a key frame here, and a gap in a track begins with an ``outside``.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # documents with a DTD are refused before it sees them
from collections.abc import Sequence

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.labels.clip_labels import ClipLabels, ObjectLabel, check_count
from dashcamcleaner.messages import msg

__all__ = ["from_bytes", "to_bytes"]

_CORNERS = ("xtl", "ytl", "xbr", "ybr")


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
    text = content.decode("utf-8-sig")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError(msg("it has a document type, which no file of CVAT has"))
    try:
        root = ET.fromstring(text.partition("?>")[2] if text.startswith("<?xml") else text)
    except (ET.ParseError, RecursionError) as error:
        raise ValueError(msg("it is not well-formed XML: {error}", error=error)) from error
    if root.tag != "annotations":
        raise ValueError(msg("it holds no annotations of CVAT"))
    task = next((found for name in ("task", "job") if (found := root.find(f"meta/{name}")) is not None), None)
    if task is not None:
        width, height = task.findtext("original_size/width", ""), task.findtext("original_size/height", "")
        size = (int(width), int(height)) if width and height else size
    if task is not None and (named := [name.text or "" for name in task.findall("labels/label/name")]):
        kinds = tuple(named)
    frames = int(task.findtext("size", "0") or 0) if task is not None else 0
    labels: list[ObjectLabel] = []
    for track in root.findall("track"):
        _read_track(track, frames=frames, into=labels)
    labels.sort(key=lambda label: label.frame)
    others = sorted({label.kind for label in labels} - set(kinds))
    return ClipLabels(task.findtext("name", "") if task is not None else "", size, (), (*kinds, *others), tuple(labels))


def _read_track(track: ET.Element, *, frames: int, into: list[ObjectLabel]) -> None:
    """Append a track's labels, which are counted before they are made: two boxes may stand a million frames apart."""
    kind, number = track.get("label", ""), int(track.get("id", "0"))
    if not kind:
        raise ValueError(msg("a track has no label"))
    keys: list[tuple[int, bool, tuple[float, float, float, float]]] = []
    for box in track.findall("box"):
        x1, y1, x2, y2 = (float(box.get(name, "nan")) for name in _CORNERS)
        keys.append((int(box.get("frame", "-1")), box.get("outside") == "1", (x1, y1, x2, y2)))
    keys.sort(key=lambda key: key[0])
    for place, (frame, outside, corners) in enumerate(keys):
        if outside:
            continue
        # After the last key frame a box stays to the end of the clip, unless it goes outside.
        following = keys[place + 1] if place + 1 < len(keys) else (max(frames, frame + 1), True, corners)
        check_count(len(into) + following[0] - frame)
        goal = corners if following[1] else following[2]
        for index in range(frame, following[0]):
            part = (index - frame) / (following[0] - frame)
            x1, y1, x2, y2 = (round(a + part * (b - a), 2) for a, b in zip(corners, goal, strict=True))
            into.append(ObjectLabel(index, (x1, y1, x2, y2), kind, 1.0, number))
