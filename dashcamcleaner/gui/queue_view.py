"""The queue on screen: a list with a drawn row per clip. What a row says comes from `words`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractListModel, QItemSelectionModel, QModelIndex, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFont, QFontMetrics, QImage, QKeyEvent, QPainter, QPainterPath, QResizeEvent
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from dashcamcleaner.core.findings import Status
from dashcamcleaner.core.plain_text import plain_markup, visible
from dashcamcleaner.gui.icons import paint_icon
from dashcamcleaner.gui.queue_model import Queue
from dashcamcleaner.gui.queue_row import BUSY, Row, State
from dashcamcleaner.gui.theme import color
from dashcamcleaner.gui.words import (
    accessible_text,
    detail_text,
    hint_text,
    note_text,
    settings_text,
    state_text,
    tr,
)

__all__ = ["QueueListModel", "QueueView", "look_of"]

_THUMB = QSize(84, 48)
_PAD = 10
_LONG_WORD = re.compile(r"\S{20,}")
_PART = re.compile(r"[^/\\_.-]{0,11}[/\\_.-]|[^/\\_.-]{12}")
"""Up to a sign between words, or twelve letters."""
_LOOKS: dict[State, tuple[str, str]] = {  # icon, colour
    State.WAITING: ("clock", "quiet"),
    State.RUNNING: ("play", "accent"),
    State.PAUSED: ("pause", "warn"),
    State.AUDITING: ("shield", "accent"),
    State.DONE: ("check", "good"),
    State.PARTIAL: ("warning", "warn"),
    State.FAILED: ("warning", "bad"),
    State.STOPPED: ("stop", "quiet"),
}


class QueueListModel(QAbstractListModel):
    """Qt's view of the queue; told by hand what changed."""

    def __init__(self, queue: Queue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's names
        return 0 if parent.isValid() else len(self._queue)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._queue):
            return None
        row = self._queue.at(index.row())
        if role == Qt.DisplayRole:
            return visible(row.source.name)
        if role == Qt.UserRole:
            return row
        if role == Qt.AccessibleTextRole:
            return visible(accessible_text(row))
        if role == Qt.ToolTipRole:
            lines = [str(row.source), note_text(row), settings_text(row), *row.warnings]
            if row.error is not None:
                lines.append(hint_text(row.error))
            if row.output is not None:
                lines.append(tr("Result: {path}", path=row.output))
            return plain_markup("\n".join(line for line in dict.fromkeys(lines) if line))
        return None

    def add(self, clips: Sequence[tuple[Path, Path | None]]) -> list[Row]:
        """Append clips (and the folders they came with), telling the view once; gives those that were not there yet."""
        fresh = [one for one in dict(clips).items() if not self._queue.holds(one[0])]
        if not fresh:
            return []
        place = len(self._queue)
        self.beginInsertRows(QModelIndex(), place, place + len(fresh) - 1)
        rows = [self._queue.add(source, root=root) for source, root in fresh]
        self.endInsertRows()
        return [row for row in rows if row is not None]

    def remove(self, row_id: int) -> bool:
        """Take a clip out, telling the view."""
        row = self._queue.get(row_id)
        if row is None or row.state in BUSY:
            return False
        place = self._queue.index_of(row_id)
        self.beginRemoveRows(QModelIndex(), place, place)
        self._queue.remove(row_id)
        self.endRemoveRows()
        return True

    def changed(self, row_id: int) -> None:
        """Repaint a row; its height may have changed with its message."""
        place = self.index(self._queue.index_of(row_id))
        self.dataChanged.emit(place, place)


class _RowPainter(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._heights: dict[int, tuple[tuple[object, ...], int]] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802
        row: Row = index.data(Qt.UserRole)
        view = self.parent()
        width = view.viewport().width() if isinstance(view, QListView) else 400
        # A queue of a thousand clips is laid out at every change: what a height hangs on is compared, not measured.
        audit = row.summary.audit if row.summary is not None else None
        shown = (
            width,
            row.state,
            row.error,
            row.facts_error,
            row.summary,
            audit is None,
            len(row.warnings),
            row.from_plan,
            row.settings is None,
        )
        known = self._heights.get(row.id)
        if known is None or known[0] != shown:
            height = max(_THUMB.height(), self._lines_height(row, option.font, width)) + 2 * _PAD
            known = self._heights[row.id] = (shown, height)
        return QSize(width, known[1])

    def _lines_height(self, row: Row, font: QFont, width: int) -> int:
        line = QFontMetrics(font).height()
        height = 2 * line + 4
        room = max(80, width - _THUMB.width() - 3 * _PAD)
        if row.state is State.PAUSED:  # a sentence; of a running row's figures the first ones do
            height += 9 + _wrapped_height(_told(row), font, room)
        elif row.state in BUSY:
            height += 9 + line
        elif message := self._message(row):
            height += 4 + _wrapped_height(message, font, room)
        return height

    @staticmethod
    def _message(row: Row) -> str:
        text = _told(row)
        if row.state is State.FAILED and row.error is not None and hint_text(row.error):
            text += "\n" + _breakable(hint_text(row.error))
        return text

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        row: Row = index.data(Qt.UserRole)
        painter.save()
        painter.setRenderHints(QPainter.Antialiasing | QPainter.SmoothPixmapTransform)
        place = QRect(option.rect)
        self._paint_ground(painter, option, place, row)
        inside = place.adjusted(_PAD, _PAD, -_PAD, -_PAD)
        self._paint_thumbnail(painter, row, QRect(inside.topLeft(), _THUMB))
        self._paint_lines(painter, row, option.font, inside.adjusted(_THUMB.width() + _PAD, 0, 0, 0))
        painter.restore()

    @staticmethod
    def _paint_ground(painter: QPainter, option: QStyleOptionViewItem, place: QRect, row: Row) -> None:
        chosen, under = option.state & QStyle.State_Selected, option.state & QStyle.State_MouseOver
        if chosen or under:
            painter.fillRect(place, color("accent_soft" if chosen else "hover"))
        if row.state in (State.DONE, State.PARTIAL) and row.needs_look and not chosen:
            ground = QColor(color(look_of(row)[1]))
            ground.setAlpha(28)
            painter.fillRect(place, ground)
        if chosen:
            painter.fillRect(QRect(place.left(), place.top(), 3, place.height()), color("accent"))
        painter.fillRect(QRect(place.left(), place.bottom(), place.width(), 1), color("line"))
        if option.state & QStyle.State_HasFocus and option.state & QStyle.State_KeyboardFocusChange:
            painter.setPen(color("accent"))
            painter.drawRect(place.adjusted(0, 0, -1, -1))

    @staticmethod
    def _paint_thumbnail(painter: QPainter, row: Row, place: QRect) -> None:
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(place), 5, 5)
        painter.save()
        painter.setClipPath(frame)
        picture = row.facts.thumbnail if row.facts is not None else None
        if isinstance(picture, QImage) and not picture.isNull():
            painter.drawImage(place, picture)
        else:
            painter.fillPath(frame, color("hover"))
            side = 20
            middle = QRectF(place.center().x() - side / 2 + 1, place.center().y() - side / 2 + 1, side, side)
            paint_icon(painter, "warning" if row.facts_error else "clock", middle, color("quiet"))
        painter.restore()

    def _paint_lines(self, painter: QPainter, row: Row, font: QFont, place: QRect) -> None:
        metrics = QFontMetrics(font)
        line = metrics.height()
        symbol, ink = look_of(row)
        state = metrics.elidedText(state_text(row), Qt.ElideRight, place.width() - 20)
        state_width = metrics.horizontalAdvance(state) + 20
        top = QRect(place.left(), place.top(), place.width(), line)
        bold = QFont(font)
        bold.setWeight(QFont.DemiBold)
        painter.setFont(bold)
        painter.setPen(color("text"))
        name = QFontMetrics(bold).elidedText(visible(row.source.name), Qt.ElideMiddle, top.width())
        painter.drawText(top, int(Qt.AlignLeft | Qt.AlignVCenter), name)

        second = top.translated(0, line + 4)
        mark = QRectF(second.right() - state_width + 2, second.center().y() - 6.5, 14, 14)
        paint_icon(painter, symbol, mark, color(ink))
        painter.setPen(color(ink))
        painter.setFont(font)
        painter.drawText(second, int(Qt.AlignRight | Qt.AlignVCenter), state)
        painter.setPen(color("quiet"))
        detail = _fitting(detail_text(row), metrics, second.width() - state_width - 8)
        painter.drawText(second, int(Qt.AlignLeft | Qt.AlignVCenter), detail)
        below = second.bottom() + 1
        if row.state in BUSY:
            bar = QRectF(place.left(), below + 6, place.width(), 5)
            _bar(painter, bar, color("line"))
            if row.fraction:
                part = QRectF(bar.left(), bar.top(), max(5.0, bar.width() * row.fraction), bar.height())
                _bar(painter, part, color(ink))
            third = QRect(place.left(), below + 13, place.width(), place.bottom() - below)
            painter.setPen(color("quiet"))
            if row.state is State.PAUSED:
                painter.drawText(third, int(Qt.AlignLeft | Qt.AlignTop | Qt.TextWordWrap), _told(row))
            else:
                painter.drawText(third, int(Qt.AlignLeft), _fitting(_told(row), metrics, third.width()))
        elif message := _told(row):
            bad = row.state is State.FAILED or row.facts_error is not None
            painter.setPen(color("bad" if bad else "text" if row.summary else "quiet"))
            third = QRect(place.left(), below + 4, place.width(), place.bottom() - below)
            flags = int(Qt.AlignLeft | Qt.AlignTop | Qt.TextWordWrap)
            painter.drawText(third, flags, message)
            if hint := self._message(row)[len(message) + 1 :]:
                third.setTop(metrics.boundingRect(third, flags, message).bottom() + 1)
                painter.setPen(color("quiet"))
                painter.drawText(third, flags, hint)


def look_of(row: Row) -> tuple[str, str]:
    """Icon and colour of a row's state; never the colour alone."""
    if row.state in (State.DONE, State.PARTIAL) and row.needs_look:
        return ("warning", "bad" if row.audit_status == Status.FAIL else "warn")
    return _LOOKS[row.state]


def _told(row: Row) -> str:
    """The row's last line: what is told of it, and with which settings it is or was done."""
    parts = [note_text(row)]
    if row.state is not State.FAILED:
        parts.append(settings_text(row))
    return _breakable(" · ".join(part for part in parts if part))


def _breakable(text: str) -> str:
    """A text as it is drawn: nothing in it acts, and long words may be broken, as names of files mostly are one."""
    shown = visible(text, lines=True)
    return _LONG_WORD.sub(lambda word: _PART.sub("\\g<0>\u200b", word[0]), shown)


def _fitting(text: str, metrics: QFontMetrics, width: int) -> str:
    """As many of a line's parts as there is room for, none if need be: half a number tells nothing."""
    parts = text.split(" · ")
    several = len(parts) > 1
    while len(parts) > 1 and metrics.horizontalAdvance(" · ".join(parts)) > width - 2:  # both are rounded
        parts.pop()
    if several and metrics.horizontalAdvance(parts[0]) > width - 2:
        return ""
    return metrics.elidedText(" · ".join(parts), Qt.ElideRight, width)


def _wrapped_height(text: str, font: QFont, width: int) -> int:
    """How high a text is where it is wrapped to a width, in pixels."""
    return QFontMetrics(font).boundingRect(QRect(0, 0, width, 10_000), int(Qt.TextWordWrap), text).height()


def _bar(painter: QPainter, place: QRectF, ink: QColor) -> None:
    path = QPainterPath()
    path.addRoundedRect(place, place.height() / 2, place.height() / 2)
    painter.fillPath(path, ink)


class QueueView(QListView):
    """The list of clips.

    Signals:
        chosen: row id of the row that is current now, or None.
        opened: row id, by double click or Return.
        unwanted: the rows with these ids are to go (key Delete).
    """

    chosen = pyqtSignal(object)
    opened = pyqtSignal(int)
    unwanted = pyqtSignal(list)

    def __init__(self, model: QueueListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_RowPainter(self))
        self.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.Adjust)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.NoFrame)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.setAccessibleName(tr("Clips"))
        self.selectionModel().currentChanged.connect(self._tell)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(Qt.UserRole).id))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()  # words wrap differently now, and rows are as high as their words

    def _tell(self, current: QModelIndex, _: QModelIndex) -> None:
        self.chosen.emit(current.data(Qt.UserRole).id if current.isValid() else None)

    def chosen_ids(self) -> list[int]:
        """All selected rows, in the queue's order."""
        found = sorted(index.row() for index in self.selectedIndexes())
        return [self.model().index(place, 0).data(Qt.UserRole).id for place in found]

    def choose(self, place: int) -> None:
        """Make the row at a position the current one, and the only one that is selected."""
        # Qt's own `setCurrentIndex` asks which keys are held: after Ctrl+Return it would take the selection away.
        self.selectionModel().setCurrentIndex(self.model().index(place, 0), QItemSelectionModel.ClearAndSelect)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key_Delete, Qt.Key_Backspace):
            self.unwanted.emit(self.chosen_ids())
        elif event.key() in (Qt.Key_Return, Qt.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().data(Qt.UserRole).id)
        else:
            super().keyPressEvent(event)
