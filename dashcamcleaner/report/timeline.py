"""Where everything stands in the drawing of a report's timeline: regions per frame over time, and findings below.

`report.html` computes it from the dict of a report; the template ``timeline.html`` draws it. Lengths are units of the
drawing, which is as wide as the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.time import format_seconds

__all__ = ["Bar", "Mark", "ChartRow", "Tick", "Chart", "timeline_of"]

_WHOLE_FRAME_COLOR = "#475569"
_FAILS, _TO_REVIEW = "#b91c1c", "#d97706"
_WIDTH, _ROW, _LEFT = 900, 46, 112
_LEAST_MARK = 3.0
_TICKS = 5
_WHOLE_SECONDS_FROM_S = 20.0


@dataclass(frozen=True, slots=True)
class Bar:
    """Regions in one slice of time; the pale one over it shows how many of them were filled over time."""

    x: float
    y: float
    width: float
    height: float
    pale: bool


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One kind: its bars stand on the line at ``base``; ``top`` regions per frame are as high as the row."""

    name: str
    color: str
    base: float
    top: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """When a finding was seen."""

    x: float
    width: float
    color: str
    message: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A time below the drawing; ``anchor`` is the side of the text at which ``x`` lies, in the words of SVG."""

    x: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole drawing; ``severities`` explains the colours of the marks."""

    width: int
    height: int
    left: int
    rows: tuple[ChartRow, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    severities: Mapping[str, str]


def timeline_of(report: Mapping[str, Any]) -> Chart | None:
    """The drawing for a report, or None where it holds no timeline."""
    data = report.get("timeline") or {}
    slices = int(data.get("slices") or 0)
    if not slices:
        return None
    kinds: Mapping[str, Sequence[Sequence[float]]] = data.get("kinds") or {}
    start_s, length_s = float(data.get("start_s") or 0), slices * float(data["slice_s"])
    findings = (report.get("audit") or {}).get("findings", [])
    return Chart(
        width=_WIDTH,
        height=len(kinds) * _ROW + 22,
        left=_LEFT,
        rows=tuple(_row(number, name, series, slices=slices) for number, (name, series) in enumerate(kinds.items())),
        marks=_marks(findings, start_s=start_s, length_s=length_s),
        ticks=tuple(_tick(number, start_s=start_s, length_s=length_s) for number in range(_TICKS)),
        severities={"audit: fails": _FAILS, "to review": _TO_REVIEW},
    )


def _row(number: int, name: str, series: Sequence[Sequence[float]], *, slices: int) -> ChartRow:
    """One kind's row; of each slice of time its ``series`` tells regions per frame, and how many of these filled."""
    step = (_WIDTH - _LEFT) / slices
    base = (number + 1) * _ROW - 8
    top = max(max(values[0] for values in series), 1.0)
    bars = []
    for index, (hidden, filled, *_) in enumerate(series):
        for count, pale in ((hidden, False), (filled, True)):
            if hidden and count:
                height = count / top * (_ROW - 14)
                bars.append(Bar(_LEFT + index * step, base - height, step + 0.2, height, pale))
    color = _WHOLE_FRAME_COLOR if name == "whole frame" else rules_of(name).chart_color
    return ChartRow(name, color, base, top, tuple(bars))


def _marks(findings: Sequence[Mapping[str, Any]], *, start_s: float, length_s: float) -> tuple[Mark, ...]:
    per_s = (_WIDTH - _LEFT) / length_s
    marks = []
    for finding in sorted(findings, key=lambda finding: finding["severity"] == "fail"):  # what fails is drawn on top
        if finding["first_frame"] >= 0 and finding["severity"] != "note":
            width = max(_LEAST_MARK, (finding["end_s"] - finding["start_s"]) * per_s)
            color = _FAILS if finding["severity"] == "fail" else _TO_REVIEW
            marks.append(Mark(_LEFT + (finding["start_s"] - start_s) * per_s, width, color, finding["message"]))
    return tuple(marks)


def _tick(number: int, *, start_s: float, length_s: float) -> Tick:
    part = number / (_TICKS - 1)
    anchor = "start" if number == 0 else "end" if number == _TICKS - 1 else "middle"
    text = format_seconds(start_s + part * length_s)
    if length_s >= _WHOLE_SECONDS_FROM_S:  # a shorter clip would have the same time twice
        text = text.split(".")[0]
    return Tick(_LEFT + part * (_WIDTH - _LEFT), anchor, text)
