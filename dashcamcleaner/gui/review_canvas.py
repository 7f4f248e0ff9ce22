"""The review's canvas: boxes that can be chosen, drawn, moved and resized over the frame."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QWidget

from dashcamcleaner.core.edit_types import ClearZone, DrawnRegion, HiddenZone
from dashcamcleaner.gui.canvas import Canvas, CanvasView, Shown
from dashcamcleaner.gui.theme import color, kind_color
from dashcamcleaner.gui.words import tr

__all__ = ["HandBox", "ReviewCanvas"]

_HANDLE_PX = 8
_LEAST_PX = 4


@dataclass(frozen=True, slots=True)
class HandBox:
    """A box that was added by hand and is in force on the frame shown.

    Args:
        place: among the entries of the edits.
        xyxy: full picture's pixels.
        edit: what it is a box of.
    """

    place: int
    xyxy: tuple[float, float, float, float]
    edit: DrawnRegion | HiddenZone | ClearZone


class ReviewCanvas(Canvas):
    """Shows a frame with all its regions.

    Signals:
        picked: key of what was clicked, ``("track", id)`` or ``("hand", place)``; None beside everything.
        drawn: a new box was drawn.
        reshaped: place of a box by hand, and its new box.
        menu_wanted: what was clicked with the other button was picked; where on the screen its menu belongs.
    """

    picked = pyqtSignal(object)
    drawn = pyqtSignal(object)
    reshaped = pyqtSignal(int, object)
    menu_wanted = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = CanvasView.REGIONS
        self.hand: list[HandBox] = []
        self.chosen: tuple[str, int] | None = None
        self.chosen_tracks: frozenset[int] = frozenset()
        self.drawing = False
        self.item_box: tuple[float, float, float, float] | None = None
        self._from: QPointF | None = None
        self._rubber: QRectF | None = None
        self._grip = ""
        self._held: HandBox | None = None

    def show_hand(self, boxes: Sequence[HandBox]) -> None:
        """The boxes by hand on this frame."""
        self.hand = list(boxes)
        self.update()

    def choose(self, key: tuple[str, int] | None, tracks: Collection[int] = ()) -> None:
        """Mark what is chosen; `tracks` are those that show it."""
        self.chosen, self.chosen_tracks = key, frozenset(tracks)
        self.update()

    def show_item(self, box: tuple[float, float, float, float] | None) -> None:
        """Frame a place that deserves a look."""
        self.item_box = box
        self.update()

    def draw_next(self, drawing: bool) -> None:
        """Let the next drag draw a new box."""
        self.drawing = drawing
        self.setCursor(Qt.CrossCursor if drawing else Qt.ArrowCursor)
        self.set_badge(tr("Drag a box around what is to be hidden") if drawing else "")

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if self.shown is None or self._original_held:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        if self.view is CanvasView.REGIONS:
            chosen = [box for box in self.shown.boxes if box.track in self.chosen_tracks]
            self.paint_boxes(painter, chosen, chosen=self.chosen_tracks)
        for box in self.hand:
            self._paint_hand(painter, box)
        if self.item_box is not None:
            rect = self.to_widget(self.item_box).adjusted(-4, -4, 4, 4)
            painter.setBrush(Qt.NoBrush)
            for ink, width in ((QColor(0, 0, 0, 170), 4.0), (QColor("#f2c037"), 2.0)):
                painter.setPen(QPen(ink, width))
                painter.drawRoundedRect(rect, 6, 6)
        if self._rubber is not None:
            painter.setPen(QPen(color("accent"), 2, Qt.DashLine))
            painter.setBrush(QColor(31, 95, 191, 50))
            painter.drawRect(self._rubber)
        painter.end()

    def _paint_hand(self, painter: QPainter, box: HandBox) -> None:
        chosen = self.chosen == ("hand", box.place)
        if not chosen and self.view is not CanvasView.REGIONS:
            return
        rect = self.to_widget(box.xyxy)
        ink = QColor("white") if chosen else color("good") if box.edit.uncovers else kind_color("manual")
        painter.setBrush(Qt.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 3.5))
        painter.drawRect(rect)
        painter.setPen(QPen(ink, 2, Qt.DotLine if isinstance(box.edit, DrawnRegion) else Qt.DashDotLine))
        painter.drawRect(rect)
        if chosen:
            painter.setPen(QPen(QColor("#1b1f24"), 1))
            painter.setBrush(QColor("white"))
            for grip in _grips(rect).values():
                painter.drawRect(grip)

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.pan_with(event):
            return
        if event.button() == Qt.RightButton and self.shown is not None and not self.drawing:
            self.picked.emit(self._what_is_at(event.localPos()))
            self.menu_wanted.emit(event.globalPos())
            return
        if event.button() != Qt.LeftButton or self.shown is None:
            return
        at = event.localPos()
        if self._near_divider(at.x()):
            super().mousePressEvent(event)
            return
        self._from = at
        if self.drawing:
            return
        held = next((box for box in self.hand if self.chosen == ("hand", box.place)), None)
        if held is not None:
            rect = self.to_widget(held.xyxy)
            self._grip = next((name for name, grip in _grips(rect).items() if grip.contains(at)), "")
            if self._grip or rect.contains(at):
                self._held = held
                return
        self.picked.emit(self._what_is_at(at))

    def _what_is_at(self, at: QPointF) -> tuple[str, int] | None:
        """The smallest box there: the one that is hardest to hit."""
        found: list[tuple[float, tuple[str, int]]] = []
        for box in self.hand:
            found.append((_area(self.to_widget(box.xyxy), at), ("hand", box.place)))
        for region in self.shown.boxes if self.shown is not None else ():
            if region.track is not None:
                found.append((_area(self.to_widget(region.xyxy), at), ("track", region.track)))
        inside = [one for one in found if one[0] > 0]
        return min(inside)[1] if inside else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        at = event.localPos()
        if self._dragging or self._panned_from is not None:
            super().mouseMoveEvent(event)
        elif self.drawing and self._from is not None:
            self._rubber = QRectF(self._from, at).normalized()
            self.update()
        elif self._held is not None and self._from is not None:
            self._rubber = self._reshaped(self._held, at)
            self.update()
        elif not self.drawing:
            super().mouseMoveEvent(event)

    def _reshaped(self, held: HandBox, at: QPointF) -> QRectF:
        assert self._from is not None
        rect, by = self.to_widget(held.xyxy), at - self._from
        if not self._grip:
            return rect.translated(by)
        left = by.x() if "w" in self._grip else 0
        right = by.x() if "e" in self._grip else 0
        top = by.y() if "n" in self._grip else 0
        bottom = by.y() if "s" in self._grip else 0
        return rect.adjusted(left, top, right, bottom).normalized()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        rubber, held, drawing = self._rubber, self._held, self.drawing
        self._from, self._rubber, self._held, self._grip = None, None, None, ""
        self.update()
        if rubber is None or min(rubber.width(), rubber.height()) < _LEAST_PX:
            return
        box = (*self.to_picture(rubber.topLeft()), *self.to_picture(rubber.bottomRight()))
        if box[2] - box[0] < 1 or box[3] - box[1] < 1:
            return
        if drawing:
            self.draw_next(False)
            self.drawn.emit(box)
        elif held is not None:
            self.reshaped.emit(held.place, box)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key_Escape and (self.drawing or self._held is not None):
            self._from, self._rubber, self._held = None, None, None
            self.draw_next(False)
            self.update()
            return
        super().keyPressEvent(event)

    def show_frame(self, shown: Shown | None) -> None:
        super().show_frame(shown)
        if self.drawing:
            self.set_badge(tr("Drag a box around what is to be hidden"))


def _grips(rect: QRectF) -> dict[str, QRectF]:
    """Eight handles, by the compass."""
    xs = {"w": rect.left(), "": rect.center().x(), "e": rect.right()}
    ys = {"n": rect.top(), "": rect.center().y(), "s": rect.bottom()}
    half = _HANDLE_PX / 2
    return {
        v + h: QRectF(x - half, y - half, _HANDLE_PX, _HANDLE_PX) for h, x in xs.items() for v, y in ys.items() if v + h
    }


def _area(rect: QRectF, at: QPointF) -> float:
    return rect.width() * rect.height() if rect.contains(at) else -1.0
