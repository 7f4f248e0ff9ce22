"""How well regions hide, frame by frame, and the findings that follow. Pure; `audit.compare` measures.

On clips hidden properly (all styles, strengths 1 to 6, crf 20 and 32; two labelled clips) the gain stayed below 0.15
wherever the likeness was above 0.5, and the clear share below 0.1; a Gaussian of a twentieth of the region's long side
kept a likeness of 0.6-0.8 at gains of 0.25-0.6. The limits lie between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from dashcamcleaner.audit.exposures import legibility
from dashcamcleaner.core.finding_table import found
from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.plan import Region
from dashcamcleaner.messages import msg

__all__ = ["RegionCheckLog", "RegionCheck", "spans"]

T = TypeVar("T")

_MOST_GAP_FRAMES = 2
"""Faults of one track with fewer good frames between them are told as one span."""

_TREND_FRAMES = 5
_TREND_LIKENESS = 0.38
_TREND_GAIN = 0.06
_BOXES_TOLD = 20
_OWN_EDGES = 1.2
"""As much more detail, by its root mean square, than coding adds by itself."""


@dataclass(frozen=True, slots=True)
class RegionCheck:
    """One region in one frame.

    Args:
        region: the region as planned.
        tested: there was enough detail in the source to tell.
        gain: how much of the source's detail is left in the output, 0 to 1; more where the output has edges of its own.
        likeness: correlation of what detail there is.
        clear_share: the share of the region's textured parts that is still clear.
        clear_side: the same along its worst side.
    """

    region: Region
    tested: bool
    gain: float = 0.0
    likeness: float = 0.0
    clear_share: float = 0.0
    clear_side: float = 0.0

    @property
    def is_clear(self) -> bool:
        """As good as untouched."""
        return self.tested and self.gain > 0.6 and self.likeness > 0.8

    @property
    def is_weak(self) -> bool:
        """Blurred so little that the source's detail can be told."""
        left = self.likeness > 0.5 and self.gain > 0.14 and not _has_own_edges(self.gain, self.likeness)
        return self.tested and not self.is_clear and left

    @property
    def is_partly_clear(self) -> bool:
        """A part of it is clear."""
        aside = self.clear_side > 0.7 and self.clear_share > 0.08
        return self.tested and not self.is_clear and (self.clear_share > 0.15 or aside)


def _has_own_edges(gain: float, likeness: float) -> bool:
    """Whether there is clearly more detail than the source has: edges of cells, where the source is nearly smooth.

    The gain over the likeness is the root of the detail's energy in the output over that in the source. No blur raises
    it.
    """
    return gain > _OWN_EDGES * likeness


@dataclass(slots=True)
class _Fault:
    frame: int
    seconds: float
    test: RegionCheck


@dataclass(slots=True)
class _Trend:
    """All tests of one track: what is left of its detail may be too little in each frame, and yet always there."""

    count: int = 0
    gain: float = 0.0
    likeness: float = 0.0
    boxes: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)
    first: tuple[int, float] = (0, 0.0)
    last: tuple[int, float] = (0, 0.0)

    def add(self, frame: int, seconds: float, test: RegionCheck) -> None:
        self.first = self.first if self.count else (frame, seconds)
        self.last = (frame, seconds)
        self.count += 1
        self.gain += test.gain
        self.likeness += test.likeness
        if len(self.boxes) < _BOXES_TOLD:
            self.boxes[frame] = test.region.xyxy

    @property
    def is_weak(self) -> bool:
        n = self.count
        left = self.likeness > _TREND_LIKENESS * n and self.gain > _TREND_GAIN * n
        return n >= _TREND_FRAMES and left and not _has_own_edges(self.gain, self.likeness)

    def finding(self, kind: str, track: int) -> Finding:
        height = max(box[3] - box[1] for box in self.boxes.values())
        return found(
            "region-weak",
            {
                "kind": rules_of(kind).noun,
                "what": msg("its shapes can be told in all of {count} frames", count=self.count),
            },
            severity=Severity.REVIEW,
            kind=kind,
            first_frame=self.first[0],
            last_frame=self.last[0],
            start_s=self.first[1],
            end_s=self.last[1],
            boxes=dict(self.boxes),
            legible=legibility(kind, height_px=height / 1.5),
            doubt=0.4,
            track=track,
            evidence={"frames": self.count, "gain": round(self.gain / self.count, 2)},
        )


@dataclass(slots=True)
class RegionCheckLog:
    """Collects the tests of all frames in order.

    Attributes:
        regions: how many were pushed.
        tested: how many of them held enough detail to tell.
        faulty: how many were not hidden as they should, of those that `findings` tells.
    """

    regions: int = 0
    tested: int = 0
    faulty: int = 0
    _faults: dict[tuple[str, str, int], list[_Fault]] = field(default_factory=dict)
    _trends: dict[tuple[str, int], _Trend] = field(default_factory=dict)

    def push(self, frame: int, seconds: float, tests: list[RegionCheck]) -> None:
        """The tests of the next frame."""
        for number, test in enumerate(tests):
            self.regions += 1
            self.tested += test.tested
            code = "clear" if test.is_clear else "partly" if test.is_partly_clear else "weak" if test.is_weak else ""
            if test.tested and test.region.track is not None:
                self._trends.setdefault((test.region.kind, test.region.track), _Trend()).add(frame, seconds, test)
            if code:
                track = test.region.track if test.region.track is not None else -1 - number
                self._faults.setdefault((code, test.region.kind, track), []).append(_Fault(frame, seconds, test))

    def findings(self) -> Iterator[Finding]:
        """One finding per track, fault and span."""
        found_tracks: set[tuple[str, int]] = set()
        self.faulty = 0
        for (code, kind, track), faults in self._faults.items():
            for run in spans(faults, frame_of=lambda fault: fault.frame, most_gap=_MOST_GAP_FRAMES):
                finding = _tell(code, kind, run)
                if finding is not None:
                    finding.track = track if track >= 0 else None
                    found_tracks.add((kind, track))
                    self.faulty += len(run)
                    yield finding
        for (kind, track), trend in self._trends.items():
            if (kind, track) not in found_tracks and trend.is_weak:
                self.faulty += trend.count
                yield trend.finding(kind, track)


def spans(items: list[T], *, frame_of: Callable[[T], int], most_gap: int) -> Iterator[list[T]]:
    """Items in order of their frames, cut where more than ``most_gap`` frames lie between two."""
    run: list[T] = []
    for item in items:
        if run and frame_of(item) - frame_of(run[-1]) > most_gap + 1:
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _tell(code: str, kind: str, run: list[_Fault]) -> Finding | None:
    share = max(fault.test.clear_share for fault in run)
    gain = max(fault.test.gain for fault in run)
    height = max(fault.test.region.xyxy[3] - fault.test.region.xyxy[1] for fault in run)
    legible = legibility(kind, height_px=height / 1.5)  # regions are grown
    noun = rules_of(kind).noun
    if code == "clear":
        severity, doubt = Severity.FAIL, 1.0
    elif code == "partly":
        if len(run) < 2 and share < 0.3:
            return None  # one frame, a strip along a side: chance texture under hard-edged cells
        severity = Severity.FAIL if share > 0.25 or len(run) > 4 else Severity.REVIEW
        doubt = min(1.0, 0.4 + share)
    else:
        if len(run) < 2 and gain < 0.4:
            return None
        severity = Severity.FAIL if gain > 0.3 and len(run) > 2 else Severity.REVIEW
        doubt = min(1.0, 0.3 + gain)
    return found(
        f"region-{code}",
        {"kind": noun, "share": share, "what": msg("{gain:.0%} of its detail is left", gain=gain)},
        severity=severity if legible > 0.06 else Severity.REVIEW,
        kind=kind,
        first_frame=run[0].frame,
        last_frame=run[-1].frame,
        start_s=run[0].seconds,
        end_s=run[-1].seconds,
        boxes={fault.frame: fault.test.region.xyxy for fault in run},
        legible=legible,
        doubt=doubt,
        evidence={"frames": len(run), "gain": round(gain, 2), "clear_share": round(share, 2)},
    )
