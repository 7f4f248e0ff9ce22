"""The review's cards: one per person or vehicle with its best picture, and one per thing that was added by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    pyqtSignal,
)
from PyQt5.QtGui import QFont, QFontMetrics, QImage, QMouseEvent, QPainter, QPainterPath
from PyQt5.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from dashcamcleaner.core.plain_text import plain_markup, visible
from dashcamcleaner.gui.focus_ring import FocusRing
from dashcamcleaner.gui.icons import paint_icon
from dashcamcleaner.gui.theme import color, kind_color
from dashcamcleaner.gui.words import tr

__all__ = ["Card", "CardList"]

_THUMB_PX = 46
_PAD = 8
_DRAG_PX = 12


@dataclass(frozen=True, slots=True)
class Card:
    """One card.

    Args:
        key: ``("person", number)``, ``("track", id)`` or ``("hand", place)``.
        title: the name that people read.
        detail: a second line.
        kind: decides the colour.
        verdict: what was said about it, for people; empty for nothing.
        sure: how surely it is what it is taken for, for people; shown while nothing was said.
        clear: it is not hidden.
        checked: somebody looked at it.
        picture: the track whose picture it shows; None for what has none.
    """

    key: tuple[str, int]
    title: str
    detail: str
    kind: str
    verdict: str = ""
    sure: str = ""
    clear: bool = False
    checked: bool = False
    picture: int | None = None


class _CardModel(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: list[Card] = []
        self.pictures: dict[tuple[str, int], QImage] = {}
        self.crop: tuple[tuple[str, int], QImage] | None = None

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.cards)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.cards):
            return None
        card = self.cards[index.row()]
        if role == Qt.DisplayRole:
            return card.title
        if role == Qt.UserRole:
            return card
        if role in (Qt.AccessibleTextRole, Qt.ToolTipRole):
            checked = tr("Checked") if card.checked else ""
            told = ". ".join(part for part in (card.title, card.detail, card.verdict or card.sure, checked) if part)
            return plain_markup(told) if role == Qt.ToolTipRole else visible(told)
        if role == Qt.DecorationRole:
            if self.crop is not None and self.crop[0] == card.key:
                return self.crop[1]
            return self.pictures.get(("track", card.picture)) if card.picture is not None else None
        return None


class _CardPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802
        return QSize(120, max(_THUMB_PX, 3 * QFontMetrics(option.font).height() + 3) + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        card: Card = index.data(Qt.UserRole)
        painter.save()
        painter.setRenderHints(QPainter.Antialiasing | QPainter.SmoothPixmapTransform)
        place = QRect(option.rect)
        chosen, under = option.state & QStyle.State_Selected, option.state & QStyle.State_MouseOver
        if chosen or under:
            painter.fillRect(place, color("accent_soft" if chosen else "hover"))
        painter.fillRect(QRect(place.left(), place.bottom(), place.width(), 1), color("line"))
        thumb = QRect(place.left() + _PAD + 4, place.top() + _PAD, _THUMB_PX, _THUMB_PX)
        painter.fillRect(QRect(place.left(), place.top(), 4, place.height() - 1), kind_color(card.kind))
        self._paint_thumb(painter, card, thumb, index.data(Qt.DecorationRole))
        font = QFont(option.font)
        metrics = QFontMetrics(font)
        room = place.adjusted(_THUMB_PX + 2 * _PAD + 6, _PAD, -_PAD, -_PAD)
        line = QRect(room.left(), room.top(), room.width(), metrics.height())
        bold = QFont(font)
        bold.setWeight(QFont.DemiBold)
        painter.setFont(bold)
        painter.setPen(color("quiet" if card.clear else "text"))
        title = QFontMetrics(bold).elidedText(card.title, Qt.ElideRight, line.width() - (20 if card.checked else 0))
        painter.drawText(line, int(Qt.AlignVCenter), title)
        if card.checked:
            paint_icon(painter, "check", QRectF(line.right() - 14, line.top() + 1, 14, 14), color("good"))
        painter.setFont(font)
        painter.setPen(color("quiet"))
        line.translate(0, metrics.height() + 1)
        painter.drawText(line, int(Qt.AlignVCenter), metrics.elidedText(card.detail, Qt.ElideRight, line.width()))
        third = card.verdict or card.sure
        if third:
            painter.setPen(color(("warn" if card.clear else "accent") if card.verdict else "quiet"))
            line.translate(0, metrics.height() + 1)
            painter.drawText(line, int(Qt.AlignVCenter), metrics.elidedText(third, Qt.ElideRight, line.width()))
        painter.restore()

    @staticmethod
    def _paint_thumb(painter: QPainter, card: Card, place: QRect, picture: QImage | None) -> None:
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(place), 5, 5)
        if picture is None:
            painter.fillPath(frame, color("hover"))
            side = QRectF(place.center().x() - 9, place.center().y() - 9, 20, 20)
            paint_icon(painter, "draw" if card.key[0] == "hand" else "clock", side, color("quiet"))
            return
        painter.save()
        painter.setClipPath(frame)
        side_px = min(picture.width(), picture.height())
        left, top = (picture.width() - side_px) // 2, (picture.height() - side_px) // 2
        if card.clear:
            painter.setOpacity(0.5)
        painter.drawImage(place, picture, QRect(left, top, side_px, side_px))
        painter.restore()


class CardList(QListView):
    """The list of cards.

    Signals:
        chosen: key of the card that is current now, or None.
        opened: the card with this key was clicked twice.
        dropped: keys of a card that was dragged, and of the one that it was let go over.
        scrubbed: key of the card whose picture the pointer is over, and where, 0-1 from the left; key None: it left.
    """

    chosen = pyqtSignal(object)
    opened = pyqtSignal(object)
    dropped = pyqtSignal(object, object)
    scrubbed = pyqtSignal(object, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _CardModel(self)
        self._pressed: tuple[QPoint, tuple[str, int]] | None = None
        self.setModel(self._model)
        self.setItemDelegate(_CardPainter(self))
        self.setSelectionMode(QListView.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.NoFrame)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.setAccessibleName(tr("Tracks"))
        self.ring = FocusRing(self)
        self.selectionModel().currentChanged.connect(lambda *_: self._tell())
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(Qt.UserRole).key))

    def _tell(self) -> None:
        """Tell what is chosen, once the current card and the selection agree: Qt changes one after the other."""
        current = self.currentIndex()
        if current.isValid() and self.selectionModel().isSelected(current):
            self.chosen.emit(current.data(Qt.UserRole).key)

    @property
    def cards(self) -> list[Card]:
        return self._model.cards

    def show_cards(self, cards: Sequence[Card]) -> None:
        """Show other cards; the chosen one stays chosen if it is still there."""
        kept, several = self.key, self.keys
        with QSignalBlocker(self.selectionModel()):
            self._model.beginResetModel()
            self._model.cards = list(cards)
            self._model.endResetModel()
        self.choose(kept)
        with QSignalBlocker(self.selectionModel()):
            for place, card in enumerate(self._model.cards):
                if card.key in several:
                    self.selectionModel().select(self._model.index(place, 0), QItemSelectionModel.Select)

    def show_crop(self, key: tuple[str, int] | None, picture: QImage | None = None) -> None:
        """Another of a card's pictures while the pointer is over it; key None: each shows its own again."""
        self._model.crop = (key, picture) if key is not None and picture is not None else None
        self.viewport().update()

    @property
    def keys(self) -> list[tuple[str, int]]:
        """All that is chosen, in the order shown."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return [self._model.cards[row].key for row in rows if row < len(self._model.cards)]

    # --- the pointer

    def _card_at(self, at: QPoint) -> Card | None:
        index = self.indexAt(at)
        return self._model.cards[index.row()] if index.isValid() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        card = self._card_at(event.pos())
        plain = event.button() == Qt.LeftButton and event.modifiers() == Qt.NoModifier
        self._pressed = (event.pos(), card.key) if plain and card is not None else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.LeftButton:  # it is carried onto another card; lists would choose all on the way
            if self._pressed is not None and (event.pos() - self._pressed[0]).manhattanLength() > _DRAG_PX:
                self.setCursor(Qt.DragMoveCursor)
            return
        card = self._card_at(event.pos())
        x = event.pos().x() - _PAD - 4
        if card is not None and card.picture is not None and 0 <= x < _THUMB_PX:
            self.scrubbed.emit(card.key, x / _THUMB_PX)
        elif self._model.crop is not None:
            self.scrubbed.emit(None, 0.0)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.unsetCursor()
        pressed, card, self._pressed = self._pressed, self._card_at(event.pos()), None
        super().mouseReleaseEvent(event)
        if pressed is None or card is None or card.key == pressed[1]:
            return
        if (event.pos() - pressed[0]).manhattanLength() > _DRAG_PX:
            self.dropped.emit(pressed[1], card.key)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.scrubbed.emit(None, 0.0)
        super().leaveEvent(event)

    def show_picture(self, key: tuple[str, int], picture: QImage) -> None:
        """A card's picture has come."""
        self._model.pictures[key] = picture
        self.viewport().update()

    def forget_pictures(self) -> None:
        """Another clip's cards are to come."""
        self._model.pictures.clear()

    @property
    def key(self) -> tuple[str, int] | None:
        """What is chosen."""
        index = self.currentIndex()
        card = index.data(Qt.UserRole) if index.isValid() else None
        return card.key if card is not None else None

    def choose(self, key: tuple[str, int] | None) -> None:
        """Choose a card without telling it."""
        place = next((i for i, card in enumerate(self._model.cards) if card.key == key), None)
        with QSignalBlocker(self.selectionModel()):
            if place is None:
                self.setCurrentIndex(QModelIndex())
                self.clearSelection()
            else:
                # Not Qt's own `setCurrentIndex`: it would take the card out while Ctrl is held, as after Ctrl+Z.
                self.selectionModel().setCurrentIndex(self._model.index(place, 0), QItemSelectionModel.ClearAndSelect)
                self.scrollTo(self._model.index(place, 0))
        self.viewport().update()
