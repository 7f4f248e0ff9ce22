"""Scores of a clip's seconds, a lane per label: the curve, the threshold as a line to drag, and the blocks below.

It paints and tells what the pointer does; it decides nothing. Times are seconds from the clip's first picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QWidget

from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.gui.lane_view import LaneView
from dashcamcleaner.gui.theme import color, is_dark
from dashcamcleaner.gui.words import tr

__all__ = ["BlockBar", "ScoreGraph", "ScoreLane"]

_RULER_PX = 22
_LANE_PX = 78
_BLOCKS_PX = 10
_LABEL_PX = 128
_RIGHT_PX = 14
_GRIP_PX = 5
_STEP = 0.01
_INKS = (("#1f5fbf", "#6ba4f8"), ("#b3541e", "#f0a06a"), ("#1c7440", "#62c98a"), ("#7a4fc2", "#b79af0"),
         ("#8a5a00", "#e3b341"), ("#a3246b", "#ee8cc0"))  # fmt: skip
"""Colours of labels in turn, on light and on dark ground."""
_PATTERNS = {"drop": Qt.BDiagPattern, "blur": Qt.Dense5Pattern, "mute": Qt.HorPattern}


@dataclass(frozen=True, slots=True)
class BlockBar:
    """A block to draw.

    Args:
        start_s, end_s: where it lies, seconds.
        score: its mean score, 0-1.
    """

    start_s: float
    end_s: float
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class ScoreLane:
    """A label's lane.

    Args:
        label: the label.
        scores: float ``(pictures,)``, 0-1; None where only blocks are known.
        place: its place among all labels; decides the colour.
    """

    label: str
    scores: np.ndarray | None
    place: int


class ScoreGraph(LaneView):
    """The graph.

    Signals:
        threshold_moved: this label's threshold was dragged to this score; without a label: that of all.
        sought: a second to look at.
    """

    threshold_moved = pyqtSignal(str, float)
    sought = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        name = tr("Scores over time")
        super().__init__(parent, name=name, ruler_px=_RULER_PX, least_px=_RULER_PX + _LANE_PX)
        self.lanes: tuple[ScoreLane, ...] = ()
        self.blocks: dict[str, list[BlockBar]] = {}
        self.threshold = 0.5
        self._own: dict[str, float] = {}
        self._actions: Mapping[str, str] = {}
        self._step_s, self._seconds = 1.0, 0.0
        self._now_s = 0.0
        self._dragged: int | None = None
        self._seeking = False

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(600, _RULER_PX + 2 * _LANE_PX)

    # --- what is shown

    def show_lanes(self, lanes: Sequence[ScoreLane], *, step_s: float, seconds: float) -> None:
        """Show another clip's scores.

        Args:
            lanes: a lane per label.
            step_s: seconds from one score to the next.
            seconds: the clip's length.
        """
        self.lanes = tuple(lanes)
        self._step_s, self._seconds = step_s, max(seconds, 1e-3)
        self.blocks = {}
        self.setMinimumHeight(_RULER_PX + min(2, max(1, len(self.lanes))) * _LANE_PX)
        self._resize()

    def show_blocks(
        self, blocks: Mapping[str, Sequence[BlockBar]], *, threshold: float, own: Mapping[str, float]
    ) -> None:
        """Show the blocks that came of the rules in force.

        Args:
            blocks: those of each label.
            threshold: the score that labels ask for.
            own: label -> score, of those that ask for another one.
        """
        self.blocks = {label: list(bars) for label, bars in blocks.items()}
        self.threshold, self._own = threshold, dict(own)
        parts = [f"{lane.label}: {len(self.blocks.get(lane.label, ()))}" for lane in self.lanes]
        self.setAccessibleDescription(tr("Blocks: {what}", what=", ".join(parts)))
        self.viewport().update()

    def show_actions(self, actions: Mapping[str, str]) -> None:
        """Show what becomes of each label: label -> keep, drop, blur or mute."""
        self._actions = dict(actions)
        self.viewport().update()

    def show_now(self, now_s: float) -> None:
        """Move the playhead."""
        self._now_s = now_s
        self.viewport().update()

    @property
    def has_threshold(self) -> bool:
        """Whether there are scores that a threshold can be laid over."""
        return any(lane.scores is not None for lane in self.lanes)

    # --- geometry

    def _resize(self) -> None:
        self._fit_bar(lanes_px=len(self.lanes) * _LANE_PX, taken_px=_RULER_PX, step_px=_LANE_PX // 3)

    def _width(self) -> int:
        return max(1, self.viewport().width() - _LABEL_PX - _RIGHT_PX)

    def x_of(self, seconds: float) -> float:
        """Where a second lies, pixels of the viewport."""
        return _LABEL_PX + self._width() * min(1.0, seconds / self._seconds)

    def _second(self, x: float) -> float:
        return self._within_clip((x - _LABEL_PX) / self._width() * self._seconds)

    def _within_clip(self, seconds: float) -> float:
        return min(self._seconds, max(0.0, seconds))

    def _lane_top(self, place: int) -> int:
        return _RULER_PX + place * _LANE_PX - self.verticalScrollBar().value()

    def _curve_rect(self, place: int) -> QRectF:
        return QRectF(_LABEL_PX, self._lane_top(place) + 6, self._width(), _LANE_PX - _BLOCKS_PX - 14)

    def threshold_y(self, place: int) -> float:
        """Where the threshold's line lies in a lane, pixels of the viewport."""
        rect = self._curve_rect(place)
        return rect.bottom() - self.threshold_of(place) * rect.height()

    def threshold_of(self, place: int) -> float:
        """The score that a lane's label asks for."""
        return self._own.get(self.lanes[place].label, self.threshold)

    def _lane_at(self, y: float) -> int | None:
        place = int((y - _RULER_PX + self.verticalScrollBar().value()) // _LANE_PX)
        return place if y >= _RULER_PX and 0 <= place < len(self.lanes) else None

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.Antialiasing)
        width, height = self.viewport().width(), self.viewport().height()
        painter.fillRect(self.viewport().rect(), color("panel"))
        painter.save()
        painter.setClipRect(0, _RULER_PX, width, height - _RULER_PX)
        for place, lane in enumerate(self.lanes):
            top = self._lane_top(place)
            if top + _LANE_PX >= _RULER_PX and top <= height:
                self._paint_lane(painter, place, lane)
        painter.restore()
        if self.lanes:
            self._paint_ruler(painter, width)
            x = self.x_of(self._now_s)
            painter.setPen(QPen(color("bad"), 1.5))
            painter.drawLine(QPointF(x, 4), QPointF(x, height))
        painter.end()

    def _paint_lane(self, painter: QPainter, place: int, lane: ScoreLane) -> None:
        rect, ink = self._curve_rect(place), _ink(lane.place)
        painter.fillRect(QRectF(0, self._lane_top(place) + _LANE_PX - 1, self.viewport().width(), 1), color("line"))
        painter.setPen(color("text"))
        metrics = painter.fontMetrics()
        room = QRectF(10, rect.top(), _LABEL_PX - 20, metrics.height() + 2)
        painter.drawText(room, int(Qt.AlignVCenter), metrics.elidedText(lane.label, Qt.ElideRight, int(room.width())))
        painter.setPen(color("quiet"))
        room.translate(0, metrics.height() + 2)
        total = sum(bar.end_s - bar.start_s for bar in self.blocks.get(lane.label, ()))
        painter.drawText(room, int(Qt.AlignVCenter), tr("{n} s in blocks", n=f"{total:.0f}"))
        painter.fillRect(rect, color("window"))
        if lane.scores is not None and len(lane.scores):
            line = self._line(rect, lane.scores)
            soft = QColor(ink)
            soft.setAlpha(70)
            painter.setPen(Qt.NoPen)
            painter.setBrush(soft)
            painter.drawPolygon(QPolygonF([QPointF(line[0].x(), rect.bottom()), *line,
                                           QPointF(line[-1].x(), rect.bottom())]))  # fmt: skip
            painter.setPen(QPen(ink, 1.4))
            painter.drawPolyline(QPolygonF(line))
            y = self.threshold_y(place)
            painter.setPen(QPen(color("text"), 1.2, Qt.DashLine))
            painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
            painter.setBrush(color("text"))
            painter.setPen(Qt.NoPen)
            painter.drawEllipse(QPointF(rect.right(), y), 4, 4)
            painter.setPen(color("quiet"))
            number = QRectF(rect.right() - 44, y - 15 if y > rect.top() + 15 else y, 36, 14)
            painter.drawText(number, int(Qt.AlignRight | Qt.AlignVCenter), f"{self.threshold_of(place):.2f}")
        self._paint_blocks(painter, lane, rect.bottom() + 4, ink)

    def _paint_blocks(self, painter: QPainter, lane: ScoreLane, top: float, ink: QColor) -> None:
        action = self._actions.get(lane.label, "")
        for bar in self.blocks.get(lane.label, ()):
            left = self.x_of(bar.start_s)
            place = QRectF(left, top, max(2.0, self.x_of(bar.end_s) - left), _BLOCKS_PX)
            ground = QColor(ink)
            if action in _PATTERNS:
                ground.setAlpha(50)
                painter.fillRect(place, ground)
                painter.fillRect(place, QBrush(ink, _PATTERNS[action]))
            else:
                painter.fillRect(place, ground)

    def _line(self, rect: QRectF, scores: np.ndarray) -> list[QPointF]:
        """The curve, a step per picture; where pixels are fewer than pictures, the highest score of each pixel."""
        ends = np.minimum(np.arange(len(scores) + 1) * self._step_s / self._seconds, 1.0) * rect.width()
        most = max(2, int(rect.width()))
        if len(scores) > most:
            cuts = np.unique(np.linspace(0, len(scores) - 1, most).astype(int))
            scores, ends = np.maximum.reduceat(scores, cuts), np.append(ends[cuts], ends[-1])
        ys = rect.bottom() - np.clip(scores, 0, 1) * rect.height()
        return [
            QPointF(rect.left() + x, y)
            for left, right, y in zip(ends[:-1].tolist(), ends[1:].tolist(), ys.tolist(), strict=True)
            for x in (left, right)
        ]

    def _paint_ruler(self, painter: QPainter, width: int) -> None:
        self._paint_ruler_ground(painter, width)
        most = max(2, self._width() // 90)
        steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
        step = next((one for one in steps if self._seconds / one <= most), 28800)
        at = 0
        while at <= self._seconds:
            x = self.x_of(at)
            text = format_seconds(at)[:-4]
            fits = x + 3 + painter.fontMetrics().horizontalAdvance(text) <= width
            self._paint_tick(painter, x, text if fits else "")
            at += step

    # --- pointer and keys

    def _line_at(self, event: QMouseEvent) -> int | None:
        """The lane whose threshold lies under the pointer."""
        place = self._lane_at(event.y())
        if place is None or self.lanes[place].scores is None or event.x() < _LABEL_PX:
            return None
        return place if abs(event.y() - self.threshold_y(place)) <= _GRIP_PX else None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() != Qt.LeftButton or not self.lanes:
            return
        self._dragged = self._line_at(event)
        self._seeking = self._dragged is None and event.x() >= _LABEL_PX
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._dragged is None and not self._seeking:
            self.viewport().setCursor(Qt.ArrowCursor if self._line_at(event) is None else Qt.SizeVerCursor)
        self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged, self._seeking = None, False

    def _drag(self, event: QMouseEvent) -> None:
        if self._seeking:
            self.sought.emit(self._second(event.x()))
        elif self._dragged is not None:
            rect = self._curve_rect(self._dragged)
            score = _as_threshold((rect.bottom() - event.y()) / rect.height())
            if score != self.threshold_of(self._dragged):
                self.threshold_moved.emit(self.lanes[self._dragged].label, score)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Up and down move the threshold of all labels, left and right go a picture on or back."""
        sign = {Qt.Key_Up: 1, Qt.Key_Right: 1, Qt.Key_Down: -1, Qt.Key_Left: -1}.get(event.key())
        if sign is None or not self.lanes:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key_Up, Qt.Key_Down):
            if self.has_threshold:
                self.threshold_moved.emit("", _as_threshold(self.threshold + sign * _STEP))
        else:
            self.sought.emit(self._within_clip(self._now_s + sign * self._step_s))


def _as_threshold(score: float) -> float:
    """A score as a threshold that the form can show: 0-1, in hundredths."""
    return round(min(1.0, max(0.0, score)), 2)


def _ink(place: int) -> QColor:
    return QColor(_INKS[place % len(_INKS)][is_dark()])
