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
            before: dict[int, tuple[int, Box]] = {}
            times_s: list[float] = []
            first = 0
            for frame in reader:
                seen = frame.seen
                first = first if times_s else frame.index
                times_s.append(seen.time.seconds)
                for which, track in enumerate(tracker.push(seen).ids.tolist()):
                    kind = str(seen.detections.kind[which])
                    x1, y1, x2, y2 = seen.detections.xyxy[which].tolist()
                    box = (x1, y1, x2, y2)
                    since, last = before.get(track, (frame.index - 1, box))
                    for index in range(since + 1, frame.index + 1):
                        now_s = times_s[index - first]
                        if edits.shows(track, kind, time_s=now_s):
                            persons = (one.person for one in edits.person_tracks.get(track, ()) if one.holds(now_s))
                            place = _between(last, box, (index - since) / (frame.index - since))
                            self._at.setdefault(index, []).append((place, frozenset(persons)))
                    before[track] = (frame.index, box)

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


def _between(first: Box, last: Box, part: float) -> Box:
    """The box at a part of the way from one sighting to the next: few frames may be looked at, all are left clear."""
    x1, y1, x2, y2 = (a + part * (b - a) for a, b in zip(first, last, strict=True))
    return (x1, y1, x2, y2)


def _same(a: Box, b: Box) -> bool:
    """Whether two detectors' boxes show one object: they overlap, or the centre of one lies in the other."""
    if float(iou(np.array([a]), np.array([b]))[0, 0]) > _SAME:
        return True
    x, y = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2
    return a[0] <= x <= a[2] and a[1] <= y <= a[3]
