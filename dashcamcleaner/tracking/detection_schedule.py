"""Which frames the detector looks at, where it need not look at all of them.

`DetectionSchedule` says it of one frame after the other, by their times and their motion alone: every k-th, or as many
as the motion asks for. With the latter, `detections_agree` says afterwards whether two looks that follow each other
tell of the same objects in the places to which the motion carries them; where they do not, the frames between them are
looked at as well. So what appears, is lost or moves unlike the picture around it is detected in every frame.

Nothing here depends on the speed of the machine or on how many inferences it keeps under way: a resumed run, and a run
on another machine, look at the same frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.core.motion import FrameMotion, Motion

__all__ = ["LONGEST_INTERVAL", "LONGEST_INTERVAL_S", "DetectionSchedule", "detections_agree"]

LONGEST_INTERVAL = 4
"""Frames between two looks where the motion allows it. On the labelled clips 4 leaves less unprotected than 3 and 5:
with fewer looks in between, more of what is unsteady shows as a difference between two of them."""
LONGEST_INTERVAL_S = 0.25
"""Two looks are never further apart, whatever the frame rate and the interval asked for."""
_PASSED = 0.05
"""How far the picture may move between two looks, as a share of its long side: what comes in at the border and leaves
again within that is not seen."""
_MEANT = 0.1
"""Score from which a detection must be found again in the other look: below it most are noise."""
_SAME_IOU = 0.2
_NEAR_IOU = 0.5
_NEAR = 0.1
"""A box with a side of this share of the picture's long side is near: there the motion has to be told better."""


class DetectionSchedule:
    """Says of each frame, in order, whether the detector looks at it.

    Args:
        interval: every so many frames; None: as many as the motion asks for, and `detections_agree` is to be asked.
        upright_size: ``(width, height)`` of the full-size picture.
    """

    def __init__(self, *, interval: int | None, upright_size: tuple[int, int]) -> None:
        self.interval = interval
        self._upright_size = upright_size
        self._since = 0
        self._moved = 0.0
        self._latest_s: float | None = None

    def is_due(self, at_s: float, motion: Motion | None, *, next_s: float | None, next_motion: Motion | None) -> bool:
        """Whether the detector looks at the next frame; asked once for every frame, in order.

        The first and the last frame of a clip and of a scene always are: what lies between two looks is found in one
        of them.

        Args:
            at_s: time of the frame, in seconds.
            motion: the way to it.
            next_s: time of the frame after it; None: there is none.
            next_motion: the way to that frame.
        """
        self._since += 1
        self._moved += self._share(motion)
        if self.interval is not None:
            due = self._since >= self.interval
        else:
            step = max(1e-6, self._moved / self._since)
            due = self._since >= min(LONGEST_INTERVAL, _PASSED / step)
        begins = self._latest_s is None or (motion is not None and motion.cut)
        ends = next_s is None or (next_motion is not None and next_motion.cut)
        late = next_s is not None and self._latest_s is not None and next_s - self._latest_s > LONGEST_INTERVAL_S
        if due or begins or ends or late:
            self._since, self._moved, self._latest_s = 0, 0.0, at_s
            return True
        return False

    def _share(self, motion: Motion | None) -> float:
        """How far the picture moved, as a share of its long side: the camera's motion at the borders' middles."""
        if motion is None or motion.cut:
            return 0.0
        w, h = self._upright_size
        at = np.array([[0, h / 2, 1], [w, h / 2, 1], [w / 2, 0, 1], [w / 2, h, 1]])
        moved = at @ motion.affine.T.astype(np.float64) - at[:, :2]
        return float(np.hypot(moved[:, 0], moved[:, 1]).max()) / max(w, h)


def detections_agree(
    first: Detections, second: Detections, *, way: Sequence[FrameMotion], upright_size: tuple[int, int]
) -> bool:
    """Whether two looks tell of the same objects, each where the motion carries it.

    Args:
        first: the detections of the first frame, upright full-size pixels.
        second: those of the second.
        way: the motions from the one to the other, frame by frame.
        upright_size: ``(width, height)`` of the full-size picture.
    """
    if any(motion.cut for motion in way):
        return False
    first, second = first.rounded(), second.rounded()
    if not (first.score >= _MEANT).any() and not (second.score >= _MEANT).any():
        return True
    carried = np.array([_carried(box, way) for box in first.xyxy.tolist()], np.float32).reshape(-1, 4)
    overlap = iou(carried, second.xyxy) * (first.kind[:, None] == second.kind[None, :])
    near_px = _NEAR * max(upright_size)
    for found, best in ((first, overlap.max(axis=1, initial=0)), (second, overlap.max(axis=0, initial=0))):
        near = np.max(found.xyxy[:, 2:] - found.xyxy[:, :2], axis=1, initial=0) >= near_px
        if ((found.score >= _MEANT) & (best < np.where(near, _NEAR_IOU, _SAME_IOU))).any():
            return False
    return True


def _carried(box: Sequence[float], way: Sequence[FrameMotion]) -> tuple[float, float, float, float]:
    """A box taken along by the camera's motion and what is seen to move beyond it."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    w, h = box[2] - box[0], box[3] - box[1]
    for motion in way:
        own_x, own_y = motion.own(x, y, width=w, height=h) or (0.0, 0.0)
        x, y = motion.ahead(x, y)
        x, y, w, h = x + own_x, y + own_y, w * motion.scale, h * motion.scale
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2
