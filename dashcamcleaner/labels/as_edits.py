"""What a person corrected in another tool, as edits of the plan.

A labelled box that the plan leaves open becomes a drawn region, which is painted as it was labelled, corners and all; a
track that no label stands for any more is dropped. Where a label only moved within what is painted anyway, nothing
changes. So labels that nobody touched give no edits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.edit_rows import rounded_box
from dashcamcleaner.core.edit_types import DrawnRegion, Edit
from dashcamcleaner.core.painted import painted_share
from dashcamcleaner.core.plan import FramePlan, Origin, Region
from dashcamcleaner.core.shapes import DEFAULT_SHAPES
from dashcamcleaner.core.track_edits import DropTrack
from dashcamcleaner.errors import InputError
from dashcamcleaner.labels.clip_labels import ClipLabels, ObjectLabel, labels_of
from dashcamcleaner.messages import msg

__all__ = ["edits_from_labels"]

_SAME_OBJECT = 0.5
_NEXT_FRAME = 0.3
"""Intersection over union of one object in two frames that follow each other, where labels have no tracks."""
_COVERED = 0.95
_UNTOUCHED_PX = 0.5
"""Formats round coordinates."""


def edits_from_labels(
    frames: Sequence[FramePlan],
    labels: ClipLabels,
    *,
    size: tuple[int, int],
    shapes: Mapping[str, str] = DEFAULT_SHAPES,
) -> tuple[Edit, ...]:
    """The edits that make a plan hide what the labels say.

    Args:
        frames: the plan's frames, in order.
        labels: those of the same clip; boxes in upright full-size pixels.
        size: ``(width, height)`` of the clip's upright picture.
        shapes: shape per kind, as the run paints them.

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
    exported = labels_of(frames, name="", size=size)
    return (*_dropped(exported, labels), *_drawn(frames, exported, labels, shapes))


def _dropped(exported: ClipLabels, labels: ClipLabels) -> Iterable[DropTrack]:
    """Tracks of which no detection is labelled."""
    labelled: dict[tuple[int, str], list[ObjectLabel]] = defaultdict(list)
    for label in labels.labels:
        labelled[label.frame, label.kind].append(label)
    for (track, kind), own in exported.by_track().items():
        if kind not in labels.kinds:
            continue  # the file speaks of other kinds
        if labels.stretch is not None and not _lies_in(own, *labels.stretch):
            continue  # and nobody has seen the rest of it
        alive = any(
            iou(np.array([one.xyxy]), np.array([other.xyxy for other in others])).max() >= _SAME_OBJECT
            for one in own
            if (others := labelled.get((one.frame, kind)))
        )
        if not alive:
            yield DropTrack(track)


def _lies_in(own: Sequence[ObjectLabel], first: int, last: int) -> bool:
    return first <= own[0].frame and own[-1].frame <= last


def _drawn(
    frames: Sequence[FramePlan], exported: ClipLabels, labels: ClipLabels, shapes: Mapping[str, str]
) -> Iterable[DrawnRegion]:
    """Regions for the labels that nothing painted covers."""
    before: dict[tuple[int, str], list[ObjectLabel]] = defaultdict(list)
    for label in exported.labels:
        before[label.frame, label.kind].append(label)
    open_labels = [
        label
        for label in labels.labels
        if not _is_one_of(before.get((label.frame, label.kind), ()), label)
        and painted_share(label.xyxy, _planned(frames[label.frame]), shapes=shapes) < _COVERED
    ]
    for run in _runs(open_labels):
        yield DrawnRegion(
            tuple((frames[label.frame].time.seconds, rounded_box(label.xyxy)) for label in run), run[0].kind
        )


def _planned(plan: FramePlan) -> list[Region]:
    """The regions that any rendering of the plan has: what edits drew goes with the edits."""
    return [region for region in plan.regions if region.origin is not Origin.MANUAL]


def _is_one_of(exported: Sequence[ObjectLabel], label: ObjectLabel) -> bool:
    """Whether a label is as it was exported: how much of it is hidden was decided when the plan was made."""
    return any(max(abs(a - b) for a, b in zip(one.xyxy, label.xyxy, strict=True)) <= _UNTOUCHED_PX for one in exported)


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
