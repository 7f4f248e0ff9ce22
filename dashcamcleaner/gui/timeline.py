"""The review's timeline: one bar per track, kind by colour, origin by pattern, gaps visible, items marked above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PyQt5.QtWidgets import QWidget

from dashcamcleaner.core.plain_text import plain_markup
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.gui.lane_view import LaneView
from dashcamcleaner.gui.theme import color, kind_color
from dashcamcleaner.gui.words import tr

__all__ = ["Lane", "TimelineView"]

_RULER_PX = 26
_LANE_PX = 18
_LABEL_PX = 104
_ZOOM = 1.25
_SOUND_PX = 26
_SHORTEST_VIEW_S = 0.5
_PATTERNS = {"interpolated": Qt.BDiagPattern, "held": Qt.Dense5Pattern, "manual": Qt.Dense3Pattern}


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the timeline.

    Args:
        key: ``("track", id)`` or ``("hand", place)``.
        title: the name that people read.
        kind: decides the colour.
        spans: ``(first second, last second, origin)``, where it is hidden.
        faint: it is not hidden any more.
        checked: somebody looked at it.
        clear_spans: the same, where it stays clear.
    """

    key: tuple[str, int]
    title: str
    kind: str
    spans: tuple[tuple[float, float, str], ...]
    faint: bool = False
    checked: bool = False
    clear_spans: tuple[tuple[float, float, str], ...] = ()

    @property
    def first_s(self) -> float | None:
        """When it is there first."""
        return min((first for first, _, _ in (*self.spans, *self.clear_spans)), default=None)


class TimelineView(LaneView):
    """Shows lanes over time.

    Signals:
        sought: a second to go to.
        chosen: the lane with this key was chosen.
    """

    sought = pyqtSignal(float)
    chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        name = tr("Timeline")
        super().__init__(parent, name=name, ruler_px=_RULER_PX, least_px=_RULER_PX + 3 * _LANE_PX)
        self._lanes: list[Lane] = []
        self._start_s, self._end_s = 0.0, 1.0
        self._now_s = 0.0
        self._doubts: list[tuple[float, float]] = []
        self._marks: tuple[float | None, float | None] = (None, None)
        self._chosen: tuple[str, int] | None = None
        self._seeking = False
        self._view = (0.0, 1.0)
        self._levels: Sequence[float] = ()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(600, _RULER_PX + 6 * _LANE_PX)

    # --- what is shown

    def show_lanes(self, lanes: Sequence[Lane], *, start_s: float, end_s: float) -> None:
        """Show other lanes."""
        self._lanes = list(lanes)
        before = (self._start_s, self._end_s)
        self._start_s, self._end_s = start_s, max(end_s, start_s + 1e-3)
        if before != (self._start_s, self._end_s):
            self._view = (self._start_s, self._end_s)
        self.setAccessibleDescription(tr("{n} tracks", n=sum(lane.key[0] == "track" for lane in lanes)))
        self._resize()

    def show_doubts(self, review_items: Sequence[tuple[float, float]]) -> None:
        """Mark what deserves a look: second and harm."""
        self._doubts = list(review_items)
        self.viewport().update()

    def show_levels(self, levels: Sequence[float]) -> None:
        """Show how loud the clip is: peaks of equal parts of its time, 0-1; none: it has no sound."""
        self._levels = tuple(levels)
        self._resize()

    @property
    def _sound_px(self) -> int:
        return _SOUND_PX if self._levels else 0

    def show_now(self, now_s: float) -> None:
        """Move the playhead."""
        self._now_s = now_s
        first, last = self._view
        if not first <= now_s <= last:  # what is seen goes along with the playhead
            self._see(now_s - (last - first) / 2, last - first)
        self.viewport().update()

    def show_marks(self, start_s: float | None, end_s: float | None) -> None:
        """Show the span that was marked."""
        self._marks = (start_s, end_s)
        self.viewport().update()

    def choose(self, key: tuple[str, int] | None) -> None:
        """Mark a lane as the chosen one, and scroll to it."""
        self._chosen = key
        place = next((i for i, lane in enumerate(self._lanes) if lane.key == key), None)
        if place is not None:
            bar, top = self.verticalScrollBar(), place * _LANE_PX
            room = self.viewport().height() - _RULER_PX
            if not bar.value() <= top <= bar.value() + room - _LANE_PX:
                bar.setValue(top - room // 2)
        self.viewport().update()

    # --- geometry

    def _resize(self) -> None:
        taken_px = _RULER_PX + self._sound_px
        self._fit_bar(lanes_px=len(self._lanes) * _LANE_PX, taken_px=taken_px, step_px=_LANE_PX)

    def _x(self, seconds: float) -> float:
        width = self.viewport().width() - _LABEL_PX - 12
        return _LABEL_PX + width * (seconds - self._view[0]) / (self._view[1] - self._view[0])

    def _see(self, first_s: float, length_s: float) -> None:
        """Show so many seconds from one on, as far as the clip goes."""
        whole = self._end_s - self._start_s
        length_s = min(whole, max(_SHORTEST_VIEW_S, length_s))
        first_s = min(max(self._start_s, first_s), self._end_s - length_s)
        self._view = (first_s, first_s + length_s)
        self.viewport().update()

    def zoom(self, factor: float, *, around_s: float) -> None:
        """Show less or more of the clip; a second stays where it is.

        Args:
            factor: above 1 it shows less, larger.
            around_s: the second that stays.
        """
        first, last = self._view
        length = min(self._end_s - self._start_s, max(_SHORTEST_VIEW_S, (last - first) / factor))
        part = (around_s - first) / (last - first)
        self._see(around_s - part * length, length)

    def _seconds(self, x: float) -> float:
        width = max(1, self.viewport().width() - _LABEL_PX - 12)
        part = min(1.0, max(0.0, (x - _LABEL_PX) / width))
        return self._view[0] + part * (self._view[1] - self._view[0])

    def _lane_at(self, y: float) -> Lane | None:
        place = int((y - _RULER_PX + self.verticalScrollBar().value()) // _LANE_PX)
        return self._lanes[place] if y >= _RULER_PX and 0 <= place < len(self._lanes) else None

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.Antialiasing)
        width, height = self.viewport().width(), self.viewport().height()
        painter.fillRect(self.viewport().rect(), color("panel"))
        painter.save()
        painter.setClipRect(0, _RULER_PX, width, height - _RULER_PX - self._sound_px)
        top = _RULER_PX - self.verticalScrollBar().value()
        for place, lane in enumerate(self._lanes):
            y = top + place * _LANE_PX
            if y + _LANE_PX >= _RULER_PX and y <= height:
                self._paint_lane(painter, lane, y)
        painter.restore()
        self._paint_sound(painter, width, height)
        self._paint_marks(painter, height)
        self._paint_ruler(painter, width)
        x = self._x(self._now_s)
        painter.setPen(QPen(color("bad"), 1.5))
        painter.drawLine(QPointF(x, 4), QPointF(x, height))
        painter.end()

    def _paint_lane(self, painter: QPainter, lane: Lane, y: float) -> None:
        width = self.viewport().width()
        if lane.key == self._chosen:
            painter.fillRect(QRectF(0, y, width, _LANE_PX), color("accent_soft"))
        painter.setPen(color("quiet" if lane.faint else "text"))
        words = ("✓ " if lane.checked else "") + lane.title
        room = QRectF(10, y, _LABEL_PX - 16, _LANE_PX)
        painter.drawText(
            room, int(Qt.AlignVCenter), painter.fontMetrics().elidedText(words, Qt.ElideRight, int(room.width()))
        )
        for faint, spans in ((lane.faint and not lane.clear_spans, lane.spans), (True, lane.clear_spans)):
            self._paint_spans(painter, spans, y, lane.kind, faint=faint)

    def _paint_spans(
        self, painter: QPainter, spans: Sequence[tuple[float, float, str]], y: float, kind: str, *, faint: bool
    ) -> None:
        width = self.viewport().width()
        ink = QColor(kind_color(kind))
        if faint:
            ink.setAlpha(70)
        for first, last, origin in spans:
            if last < self._view[0] or first > self._view[1]:
                continue
            left, right = max(self._x(first), float(_LABEL_PX)), min(self._x(last), float(width))
            bar = QRectF(left, y + 4, max(2.5, right - left), _LANE_PX - 8)
            ground = QColor(ink)
            ground.setAlpha(ink.alpha() if origin == "detected" else 55)
            painter.fillRect(bar, ground)
            if origin in _PATTERNS:
                painter.fillRect(bar, QBrush(ink, _PATTERNS[origin]))

    def _paint_ruler(self, painter: QPainter, width: int) -> None:
        self._paint_ruler_ground(painter, width)
        step = _step(self._view[1] - self._view[0], most=max(2, (width - _LABEL_PX) // 90))
        at = step * int(self._view[0] / step + 0.999)
        while at <= self._view[1]:
            self._paint_tick(painter, self._x(at), format_seconds(at)[: -4 if step >= 1 else -2])
            at += step
        for seconds, harm in self._doubts:
            if not self._view[0] <= seconds <= self._view[1]:
                continue
            x = self._x(seconds)
            ink = QColor(color("bad" if harm >= 1 else "warn"))
            ink.setAlphaF(min(1.0, 0.45 + harm / 2))
            painter.setPen(Qt.NoPen)
            painter.setBrush(ink)
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 1), QPointF(x + 4, 1), QPointF(x, 8)]))

    def _paint_sound(self, painter: QPainter, width: int, height: int) -> None:
        """The waveform: per pixel the loudest part that falls on it."""
        if not self._levels:
            return
        middle, count = height - _SOUND_PX / 2, len(self._levels)
        painter.fillRect(QRectF(0, height - _SOUND_PX, width, 1), color("line"))
        painter.setPen(color("quiet"))
        painter.drawText(QRectF(10, height - _SOUND_PX, _LABEL_PX - 16, _SOUND_PX), int(Qt.AlignVCenter), tr("Sound"))
        painter.setPen(QPen(color("accent"), 1))
        whole = self._end_s
        for x in range(_LABEL_PX, width - 12):
            first = int(self._seconds(x) / whole * count)
            last = max(first + 1, int(self._seconds(x + 1) / whole * count))
            peak = max(self._levels[first:last], default=0.0) * (_SOUND_PX / 2 - 2)
            painter.drawLine(QPointF(x, middle - peak), QPointF(x, middle + peak))

    def _paint_marks(self, painter: QPainter, height: int) -> None:
        start, end = self._marks
        if start is None and end is None:
            return
        left = max(float(_LABEL_PX), self._x(start if start is not None else self._start_s))
        right = self._x(end if end is not None else self._end_s)
        ground = QColor(color("accent"))
        ground.setAlpha(45)
        painter.fillRect(QRectF(left, _RULER_PX, max(2.0, right - left), height), ground)

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() != Qt.LeftButton:
            return
        lane = self._lane_at(event.localPos().y())
        if lane is not None:
            self.chosen.emit(lane.key)
        if event.localPos().x() >= _LABEL_PX:
            self._seeking = True
            self.sought.emit(self._seconds(event.localPos().x()))
        elif lane is not None and lane.first_s is not None:
            self.sought.emit(lane.first_s)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._seeking:
            self.sought.emit(self._seconds(event.localPos().x()))
            return
        lane = self._lane_at(event.localPos().y())
        self.viewport().setToolTip(plain_markup(lane.title) if lane is not None else "")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._seeking = False

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        at, turned = event.position(), event.angleDelta()
        if at.x() >= _LABEL_PX and not event.modifiers() & Qt.ShiftModifier and not turned.x():
            self.zoom(_ZOOM ** (turned.y() / 120), around_s=self._seconds(at.x()))
            return
        if at.x() >= _LABEL_PX:
            length = self._view[1] - self._view[0]
            self._see(self._view[0] - (turned.x() or turned.y()) / 120 * length / 10, length)
            return
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() - event.angleDelta().y() // 120 * _LANE_PX * 2)


def _step(length_s: float, *, most: int) -> float:
    """A round number of seconds between two ticks."""
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800):
        if length_s / step <= most:
            return step
    return 3600
