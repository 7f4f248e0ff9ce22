"""Whom a person kept visible on purpose, frame by frame: the audit lists those as kept, and nothing else with them.

The plan's detections are linked again, since a plan that was rendered with edits holds no regions of what they left
clear; `core.edits.Edits.shows` then tells of each whether it was left clear.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.tracking.tracker import Tracker

__all__ = ["KeptPersons"]

Box = tuple[float, float, float, float]

_SAME = 0.3


class KeptPersons:
    """Where a plan's edits leave persons clear.

    Args:
        plan: the file; None: nothing is known.
        edits: what the audit goes by.

    Raises:
        PlanError: the plan cannot be read.
    """

    def __init__(self, plan: Path | None, edits: Edits) -> None:
        self._at: dict[int, list[tuple[Box, frozenset[int]]]] = {}
        if plan is None or not (edits.shown_persons or edits.keep_unknown):
            return
        with PlanReader(plan) as reader:
            tracker = Tracker(upright_size=reader.header.upright_size)
            for frame in reader:
                seen = frame.seen
                ids = tracker.push(seen).ids
                now_s = seen.time.seconds
                for which, track in enumerate(ids.tolist()):
                    if not edits.shows(track, str(seen.detections.kind[which]), time_s=now_s):
                        continue
                    persons = (one.person for one in edits.person_tracks.get(track, ()) if one.holds(now_s))
                    x1, y1, x2, y2 = seen.detections.xyxy[which].tolist()
                    self._at.setdefault(frame.index, []).append(((x1, y1, x2, y2), frozenset(persons)))

    def judged(self, finding: Finding) -> Finding:
        """The finding as it stands; a note where all that it tells of was kept on purpose.

        Args:
            finding: the finding that something is clear.
        """
        if not self._at or not finding.boxes:
            return finding
        persons: set[int] = set()
        for index, box in finding.boxes.items():
            kept = [whose for place, whose in self._at.get(index, ()) if _same(place, box)]
            if not kept:
                return finding
            persons |= kept[0]
        who = (
            msg("Person {names}", names=", ".join(map(str, sorted(persons))))
            if persons
            else msg("It is an unknown face, which")
        )
        return replace(
            finding,
            severity=Severity.NOTE,
            message=msg("{finding} {who} was kept visible by choice.", finding=finding.message, who=who),
        )


def _same(a: Box, b: Box) -> bool:
    """Whether two detectors' boxes show one object: they overlap, or the centre of one lies in the other."""
    if float(iou(np.array([a]), np.array([b]))[0, 0]) > _SAME:
        return True
    x, y = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2
    return a[0] <= x <= a[2] and a[1] <= y <= a[3]
