"""The picture on screen: fitted, with regions drawn over it, or before and after with a divider between them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PyQt5.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from dashcamcleaner.gui.focus_ring import FocusRing
from dashcamcleaner.gui.theme import color, kind_color
from dashcamcleaner.gui.words import tr

__all__ = ["Box", "Canvas", "Shown", "CanvasView"]


_ZOOM_STEP, _MOST_ZOOM = 1.25, 16.0
_MOST_PX = 4096


class CanvasView(StrEnum):
    """What the canvas shows of a frame."""

    RESULT = "result"
    REGIONS = "regions"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class Box:
    """A region to draw.

    Args:
        xyxy: the box in upright full-size pixels.
        kind: decides the colour.
        origin: ``detected`` is drawn solid, what no sighting backs dashed.
        score: 0-1.
        track: id, None where nothing was linked.
    """

    xyxy: tuple[float, float, float, float]
    kind: str
    origin: str = "detected"
    score: float = 1.0
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame for the canvas.

    Args:
        original, obscured: pictures of equal size; `original` is None where it may not be shown (a running job).
        size: the size of the full upright picture, in whose pixels the boxes are.
        boxes: what is hidden.
        counts: regions per kind.
        time_s: the frame's time in seconds.
        pts: the frame's time in ticks.
    """

    original: QImage | None
    obscured: QImage
    size: tuple[int, int]
    boxes: tuple[Box, ...] = ()
    counts: dict[str, int] | None = None
    time_s: float = 0.0
    pts: int = 0


class Canvas(QWidget):
    """Shows one frame.

    Signals:
        resized: it has another size now; a sharper picture may be wanted.
    """

    resized = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setMinimumSize(240, 160)
        self.setFocusPolicy(Qt.StrongFocus)
        self.ring = FocusRing(self)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Picture"))
        self.shown: Shown | None = None
        self.view = CanvasView.RESULT
        self.divider = 0.5
        self.message = ""
        self.badge = ""
        self.zoom = 1.0
        self._centre = (0.5, 0.5)
        self._panned_from: QPointF | None = None
        self._original_held = False
        self._dragging = False

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(640, 360)

    def wanted_px(self) -> int:
        """Longest side of a picture that is sharp here."""
        px = max(self.width(), self.height()) * self.devicePixelRatioF()
        return min(_MOST_PX if self.zoom > 1 else 1920, max(320, round(px * self.zoom)))

    # --- what is shown

    def show_frame(self, shown: Shown | None) -> None:
        """Show a frame; None empties the canvas."""
        self.shown = shown
        if shown is not None:
            self.message = ""
        self.setAccessibleDescription(tr("{n} regions hidden", n=len(shown.boxes)) if shown else self.message)
        self.update()

    def tell(self, message: str) -> None:
        """Words instead of a picture."""
        self.message = message
        self.update()

    def set_badge(self, text: str) -> None:
        """A word in the corner: live, original."""
        self.badge = text
        self.update()

    def set_view(self, view: CanvasView) -> None:
        """Result, regions, or both with a divider."""
        self.view = view
        self.setCursor(Qt.ArrowCursor)
        self.update()

    def hold_original(self, held: bool) -> None:
        """Show the frame as it is while a key or button is held."""
        if held != self._original_held:
            self._original_held = held
            self.update()

    # --- geometry

    def picture_rect(self) -> QRectF:
        """Where the picture lies in the widget."""
        if self.shown is None:
            return QRectF(self.rect())
        w, h = self.shown.size
        scale = min(self.width() / w, self.height() / h) * self.zoom
        left = _placed(self.width(), w * scale, self._centre[0])
        return QRectF(left, _placed(self.height(), h * scale, self._centre[1]), w * scale, h * scale)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Show the picture larger or smaller, from fitted on.

        Args:
            factor: above 1: larger.
            at: the point of the widget that stays where it is; None: its middle.
        """
        if self.shown is None:
            return
        at = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        before = self.picture_rect()
        part = ((at.x() - before.left()) / before.width(), (at.y() - before.top()) / before.height())
        self.zoom = min(_MOST_ZOOM, max(1.0, self.zoom * factor))
        after = self.picture_rect()
        # The point's place in the picture stays under the pointer: the widget's middle follows from that.
        self._centre = (
            part[0] + (self.width() / 2 - at.x()) / after.width(),
            part[1] + (self.height() / 2 - at.y()) / after.height(),
        )
        self._keep_inside()
        self.resized.emit()

    def pan_by(self, x: float, y: float) -> None:
        """Move the picture by so many pixels of the widget."""
        place = self.picture_rect()
        self._centre = (self._centre[0] - x / place.width(), self._centre[1] - y / place.height())
        self._keep_inside()

    def fit(self) -> None:
        """Show the whole picture."""
        self.zoom, self._centre = 1.0, (0.5, 0.5)
        self.resized.emit()
        self.update()

    def _keep_inside(self) -> None:
        """No room beside the picture where there need not be any."""
        place = self.picture_rect()
        halves = (self.width() / 2 / place.width(), self.height() / 2 / place.height())
        x, y = (
            0.5 if half >= 0.5 else min(max(middle, half), 1 - half)
            for middle, half in zip(self._centre, halves, strict=True)
        )
        self._centre = (x, y)
        self.update()

    def to_widget(self, xyxy: Sequence[float]) -> QRectF:
        """A box of the full picture in widget pixels."""
        place, (w, h) = self.picture_rect(), self.shown.size if self.shown else (1, 1)
        fx, fy = place.width() / w, place.height() / h
        x1, y1, x2, y2 = xyxy
        return QRectF(place.left() + x1 * fx, place.top() + y1 * fy, (x2 - x1) * fx, (y2 - y1) * fy)

    def to_picture(self, point: QPointF) -> tuple[float, float]:
        """A widget point in the pixels of the full picture, kept inside it."""
        place, (w, h) = self.picture_rect(), self.shown.size if self.shown else (1, 1)
        x = (point.x() - place.left()) * w / max(place.width(), 1e-6)
        y = (point.y() - place.top()) * h / max(place.height(), 1e-6)
        return (min(max(x, 0.0), w), min(max(y, 0.0), h))

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.Antialiasing | QPainter.SmoothPixmapTransform)
        painter.fillRect(self.rect(), color("canvas"))
        if self.shown is not None:
            self._paint_frame(painter, self.shown)
        if self.message:
            self._paint_message(painter)
        if self.badge or self._original_held:
            self._paint_badge(painter, tr("Original") if self._original_held else self.badge)
        painter.end()

    def _paint_frame(self, painter: QPainter, shown: Shown) -> None:
        place = self.picture_rect()
        original = shown.original or shown.obscured
        if self._original_held:
            painter.drawImage(place, original)
            return
        if self.view is CanvasView.COMPARE and shown.original is not None:
            self._paint_divided(painter, place, original, shown.obscured)
        elif self.view is CanvasView.REGIONS:
            painter.drawImage(place, original)
            self.paint_boxes(painter, shown.boxes)
        else:
            painter.drawImage(place, shown.obscured)

    def _paint_divided(self, painter: QPainter, place: QRectF, original: QImage, obscured: QImage) -> None:
        at = place.left() + place.width() * self.divider
        painter.drawImage(place, obscured)
        painter.save()
        painter.setClipRect(QRectF(place.left(), place.top(), at - place.left(), place.height()))
        painter.drawImage(place, original)
        painter.restore()
        painter.setPen(QPen(QColor("white"), 2))
        painter.drawLine(QPointF(at, place.top()), QPointF(at, place.bottom()))
        grip = QRectF(at - 14, place.center().y() - 14, 28, 28)
        painter.setPen(Qt.NoPen)
        painter.setBrush(QColor("white"))
        painter.drawEllipse(grip)
        painter.setPen(QPen(QColor("#1b1f24"), 2))
        middle = grip.center()
        for side in (-1, 1):
            painter.drawLine(middle + QPointF(side * 8, 0), middle + QPointF(side * 4, -4))
            painter.drawLine(middle + QPointF(side * 8, 0), middle + QPointF(side * 4, 4))
        self._paint_tag(painter, tr("Before"), QPointF(place.left() + 10, place.bottom() - 34), right=False)
        self._paint_tag(painter, tr("After"), QPointF(place.right() - 10, place.bottom() - 34), right=True)

    def paint_boxes(self, painter: QPainter, boxes: Sequence[Box], *, chosen: Collection[int] = ()) -> None:
        """Draw regions: kind by colour, what no sighting backs dashed."""
        for box in boxes:
            rect = self.to_widget(box.xyxy)
            ink = kind_color(box.kind)
            pen = QPen(QColor(0, 0, 0, 150), 3.5)
            painter.setBrush(Qt.NoBrush)
            painter.setPen(pen)
            painter.drawRect(rect)
            pen = QPen(ink, 2)
            if box.origin in ("interpolated", "held"):
                pen.setStyle(Qt.DashLine)
            elif box.origin == "manual":
                pen.setStyle(Qt.DotLine)
            if box.track in chosen:
                pen.setWidth(3)
                pen.setColor(QColor("white"))
            painter.setPen(pen)
            painter.drawRect(rect)

    def _paint_message(self, painter: QPainter) -> None:
        font = QFont(self.font())
        painter.setFont(font)
        room = QRectF(self.rect()).adjusted(40, 20, -40, -20)
        if self.shown is not None:  # keep it readable over a picture
            words = painter.boundingRect(room, int(Qt.AlignCenter | Qt.TextWordWrap), self.message)
            painter.setPen(Qt.NoPen)
            painter.setBrush(QColor(0, 0, 0, 190))
            painter.drawRoundedRect(words.adjusted(-14, -8, 14, 8), 8, 8)
        painter.setPen(color("on_canvas"))
        painter.drawText(room, int(Qt.AlignCenter | Qt.TextWordWrap), self.message)

    def _paint_badge(self, painter: QPainter, text: str) -> None:
        place = self.picture_rect()
        self._paint_tag(painter, text, QPointF(place.left() + 10, place.top() + 10), right=False)

    def _paint_tag(self, painter: QPainter, text: str, at: QPointF, *, right: bool) -> None:
        width = painter.fontMetrics().horizontalAdvance(text) + 18
        rect = QRectF(at.x() - (width if right else 0), at.y(), width, 24)
        painter.setPen(Qt.NoPen)
        painter.setBrush(QColor(0, 0, 0, 175))
        painter.drawRoundedRect(rect, 12, 12)
        painter.setPen(QColor("white"))
        painter.drawText(rect, int(Qt.AlignCenter), text)

    # --- the divider

    def _near_divider(self, x: float) -> bool:
        place = self.picture_rect()
        return self.view is CanvasView.COMPARE and abs(x - place.left() - place.width() * self.divider) < 16

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.zoom_by(_ZOOM_STEP ** (event.angleDelta().y() / 120), event.position())

    def pan_with(self, event: QMouseEvent) -> bool:
        """Pan while the middle button is held; whether the event was for that."""
        if event.type() == QEvent.MouseButtonPress and event.button() == Qt.MiddleButton:
            self._panned_from = event.localPos()
        elif self._panned_from is None:
            return False
        elif event.type() == QEvent.MouseMove:
            moved, self._panned_from = event.localPos() - self._panned_from, event.localPos()
            self.pan_by(moved.x(), moved.y())
        else:
            self._panned_from = None
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.pan_with(event):
            return
        if event.button() == Qt.LeftButton and self.view is CanvasView.COMPARE and self.shown is not None:
            self._dragging = True
            self._drag_to(event.localPos().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.pan_with(event):
            return
        if self._dragging:
            self._drag_to(event.localPos().x())
        else:
            self.setCursor(Qt.SplitHCursor if self._near_divider(event.localPos().x()) else Qt.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.pan_with(event)
        self._dragging = False

    def _drag_to(self, x: float) -> None:
        place = self.picture_rect()
        self._move_divider((x - place.left()) / max(place.width(), 1.0))

    def _move_divider(self, part: float) -> None:
        """Put it at this part of the picture's width, and no further than its edges."""
        self.divider = min(1.0, max(0.0, part))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.view is CanvasView.COMPARE and event.modifiers() == Qt.ShiftModifier and event.key() in (
            Qt.Key_Left,
            Qt.Key_Right,
        ):  # fmt: skip
            self._move_divider(self.divider + (0.02 if event.key() == Qt.Key_Right else -0.02))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        self.resized.emit()


def _placed(room: float, length: float, centre: float) -> float:
    """Where a side begins whose part `centre` lies in the middle of the room; in the middle where it fits."""
    return (room - length) / 2 if length <= room else room / 2 - centre * length
