"""What a person corrected in another tool, as edits of the plan.

A labelled box that the plan leaves open becomes a drawn region; a track that no label stands for any more is dropped.
Where a label only moved within what is hidden anyway, nothing changes. So labels that nobody touched give no edits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from dashcamcleaner.core.boxes import grow, iou
from dashcamcleaner.core.edit_types import DrawnRegion, DropTrack, Edit
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.errors import InputError
from dashcamcleaner.labels.clip_labels import ClipLabels, ObjectLabel, labels_of
from dashcamcleaner.messages import msg

__all__ = ["edits_from_labels"]

_SAME_OBJECT = 0.5
_NEXT_FRAME = 0.3
"""Intersection over union of one object in two frames that follow each other, where labels have no tracks."""
_COVERED = 0.95
_GROWTH = 1.2
"""A drawn box is painted with round corners; grown so far, they lie outside of what was labelled."""


def edits_from_labels(frames: Sequence[FramePlan], labels: ClipLabels, *, size: tuple[int, int]) -> tuple[Edit, ...]:
    """The edits that make a plan hide what the labels say.

    Args:
        frames: the plan's frames, in order.
        labels: those of the same clip; boxes in upright full-size pixels.
        size: ``(width, height)`` of the clip's upright picture.

    Raises:
        InputError: the labels are of pictures of another size, or of frames that the clip lacks.
    """
    if labels.size != size:
        (width, height), (w, h) = size, labels.size
        raise InputError(
            msg(
                "The labels are of pictures of {w} x {h}, the clip has {width} x {height}.",
                w=w,
                h=h,
                width=width,
                height=height,
            )
        )
    if labels.labels and labels.labels[-1].frame >= len(frames):
        raise InputError(
            msg(
                "The labels speak of frame {frame}, the clip has {count} frames (from 0).",
                frame=labels.labels[-1].frame,
                count=len(frames),
            )
        )
    return (*_dropped(frames, labels, size=size), *_drawn(frames, labels))


def _dropped(frames: Sequence[FramePlan], labels: ClipLabels, *, size: tuple[int, int]) -> Iterable[DropTrack]:
    """Tracks of which no detection is labelled."""
    labelled: dict[tuple[int, str], list[ObjectLabel]] = defaultdict(list)
    for label in labels.labels:
        labelled[label.frame, label.kind].append(label)
    exported = labels_of(frames, name="", size=size)
    for (track, kind), own in exported.by_track().items():
        if kind not in labels.kinds:
            continue  # the file speaks of other kinds
        alive = any(
            iou(np.array([one.xyxy]), np.array([other.xyxy for other in others])).max() >= _SAME_OBJECT
            for one in own
            if (others := labelled.get((one.frame, kind)))
        )
        if not alive:
            yield DropTrack(track)


def _drawn(frames: Sequence[FramePlan], labels: ClipLabels) -> Iterable[DrawnRegion]:
    """Regions for the labels that no region covers."""
    open_labels = [label for label in labels.labels if not _is_covered(frames[label.frame], label)]
    for run in _runs(open_labels):
        keys = []
        for label in run:
            x1, y1, x2, y2 = (round(float(v), 2) for v in grow(np.array([label.xyxy]), _GROWTH)[0])
            keys.append((frames[label.frame].time.seconds, (x1, y1, x2, y2)))
        yield DrawnRegion(tuple(keys), run[0].kind)


def _is_covered(plan: FramePlan, label: ObjectLabel) -> bool:
    x1, y1, x2, y2 = label.xyxy
    area = (x2 - x1) * (y2 - y1)
    for region in plan.regions:
        a1, b1, a2, b2 = region.xyxy
        inside = max(0.0, min(x2, a2) - max(x1, a1)) * max(0.0, min(y2, b2) - max(y1, b1))
        if inside >= _COVERED * area:
            return True
    return False


def _runs(labels: Sequence[ObjectLabel]) -> list[list[ObjectLabel]]:
    """Labels of one object in frames that follow each other; by track, else by where they are."""
    done: list[list[ObjectLabel]] = []
    growing: list[list[ObjectLabel]] = []
    for label in labels:
        done += [run for run in growing if run[-1].frame < label.frame - 1]
        growing = [run for run in growing if run[-1].frame >= label.frame - 1]
        for run in growing:
            last = run[-1]
            if last.frame == label.frame - 1 and last.kind == label.kind and _continues(last, label):
                run.append(label)
                break
        else:
            growing.append([label])
    return done + growing


def _continues(last: ObjectLabel, label: ObjectLabel) -> bool:
    if last.track is not None or label.track is not None:
        return last.track == label.track
    return bool(iou(np.array([last.xyxy]), np.array([label.xyxy]))[0, 0] >= _NEXT_FRAME)
