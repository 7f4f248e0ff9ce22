"""COCO's detection format: one JSON file with images, annotations and categories.

https://cocodataset.org/#format-data. A frame is an image; beside the standard keys, an image has ``frame`` and
``seconds``, an annotation ``score`` and ``track_id`` (as in COCO's video extensions).
"""

from __future__ import annotations

import json
from typing import Any

from dashcamcleaner.labels.clip_labels import MOST_LABELS, ClipLabels, ObjectLabel, around_turned, check_count
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import parse_json

__all__ = ["from_bytes", "to_bytes"]

_MOST_BRACKETS, _MOST_COMMAS = 3 * MOST_LABELS, 20 * MOST_LABELS


def to_bytes(clip: ClipLabels) -> bytes:
    """The file's content."""
    width, height = clip.size
    number = {kind: place for place, kind in enumerate(clip.kinds, start=1)}
    images = [
        {
            "id": index + 1,
            "file_name": f"frame_{index:06d}.png",
            "width": width,
            "height": height,
            "frame": index,
            "seconds": round(seconds, 6),
        }
        for index, seconds in enumerate(clip.times_s)
    ]
    annotations: list[dict[str, Any]] = []
    for place, label in enumerate(clip.labels, start=1):
        x1, y1, x2, y2 = label.xyxy
        box = [round(v, 2) for v in (x1, y1, x2 - x1, y2 - y1)]
        row: dict[str, Any] = {
            "id": place,
            "image_id": label.frame + 1,
            "category_id": number[label.kind],
            "bbox": box,
            "area": round(box[2] * box[3], 2),
            "iscrowd": 0,
            "score": label.score,
        }
        if label.track is not None:
            row["track_id"] = label.track
        annotations.append(row)
    data = {
        "info": {"description": clip.name},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": place, "name": kind} for kind, place in number.items()],
    }
    return json.dumps(data, ensure_ascii=True).encode("ascii")


def from_bytes(content: bytes, *, size: tuple[int, int], kinds: tuple[str, ...]) -> ClipLabels:  # noqa: ARG001
    """The inverse of `to_bytes`; also of files that other tools wrote, if a frame's number can be told.

    Args:
        content: what the file holds.
        size: the size of the clip's upright picture, where the format does not tell it.
        kinds: names of the kinds, where the format does not tell them.

    Raises:
        ValueError, KeyError, TypeError: the content is not in this format.
    """
    # An annotation has a bracket for itself and one for its box; a value takes many times the bytes it is written in.
    if content.count(b"{") + content.count(b"[") > _MOST_BRACKETS or content.count(b",") > _MOST_COMMAS:
        raise ValueError(msg("it holds too many values"))
    data = parse_json(content)
    frame_of = {image["id"]: _frame(image) for image in data["images"]}
    if len(set(frame_of.values())) < len(data["images"]):
        raise ValueError(msg("two of its images have the same id, or are the same frame"))
    sizes = {(int(image["width"]), int(image["height"])) for image in data["images"]}
    if len(sizes) > 1:
        raise ValueError(msg("its images have several sizes, so they are no frames of one clip"))
    names = {row["id"]: str(row["name"]) for row in data["categories"]}
    check_count(len(data["annotations"]))
    labels = []
    for row in data["annotations"]:
        x, y, width, height = (float(v) for v in row["bbox"])
        more = row.get("attributes") or {}
        track = row.get("track_id", more.get("track_id"))
        score = float(row.get("score", 1.0))
        # CVAT writes a box that was turned as it was before, and the angle beside it.
        x1, y1, x2, y2 = around_turned((x, y, x + width, y + height), float(more.get("rotation", 0.0)))
        box = (round(x1, 2), round(y1, 2), round(x2, 2), round(y2, 2))
        labels.append(
            ObjectLabel(
                frame_of[row["image_id"]], box, names[row["category_id"]], score, None if track is None else int(track)
            )
        )
    labels.sort(key=lambda label: label.frame)
    times = sorted(
        (frame, image.get("seconds")) for frame, image in zip(frame_of.values(), data["images"], strict=True)
    )
    known = [float(seconds) for _, seconds in times if seconds is not None]
    return ClipLabels(
        str(data.get("info", {}).get("description", "")),
        sizes.pop() if sizes else size,
        tuple(known) if len(known) == len(times) else (),
        tuple(names.values()),
        tuple(labels),
        (times[0][0], times[-1][0]) if times else (0, -1),
    )


def _frame(image: dict[str, Any]) -> int:
    """The frame's index: told, or the digits at the end of the picture's name."""
    if "frame" in image:
        return int(image["frame"])
    stem = str(image["file_name"]).rsplit("/", 1)[-1].rsplit(".", 1)[0]
    digits = stem[len(stem.rstrip("0123456789")) :]
    if not digits.isascii() or not digits:
        raise ValueError(msg("the picture {stem} does not tell its frame's number", stem=repr(stem[:40])))
    return int(digits[:12])
