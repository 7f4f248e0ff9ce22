"""The review's cards: one per track with its best picture, and one per thing that was added by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QAbstractListModel, QModelIndex, QRect, QRectF, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFont, QFontMetrics, QImage, QPainter, QPainterPath
from PyQt5.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from dashcamcleaner.core.plain_text import plain_markup, visible
from dashcamcleaner.gui.icons import paint_icon
from dashcamcleaner.gui.theme import color, kind_color
from dashcamcleaner.gui.words import tr

__all__ = ["Card", "CardList"]

_THUMB_PX = 46
_PAD = 8


@dataclass(frozen=True, slots=True)
class Card:
    """One card.

    Args:
        key: ``("track", id)`` or ``("hand", place)``.
        title: the name that people read.
        detail: a second line.
        kind: decides the colour.
        verdict: what was said about it, for people; empty for nothing.
        clear: it is not hidden.
        checked: somebody looked at it.
    """

    key: tuple[str, int]
    title: str
    detail: str
    kind: str
    verdict: str = ""
    clear: bool = False
    checked: bool = False


class _CardModel(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: list[Card] = []
        self.pictures: dict[tuple[str, int], QImage] = {}

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
            told = ". ".join(part for part in (card.title, card.detail, card.verdict, checked) if part)
            return plain_markup(told) if role == Qt.ToolTipRole else visible(told)
        if role == Qt.DecorationRole:
            return self.pictures.get(card.key)
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
        if card.verdict:
            painter.setPen(color("warn" if card.clear else "accent"))
            line.translate(0, metrics.height() + 1)
            painter.drawText(line, int(Qt.AlignVCenter), metrics.elidedText(card.verdict, Qt.ElideRight, line.width()))
        painter.restore()

    @staticmethod
    def _paint_thumb(painter: QPainter, card: Card, place: QRect, picture: QImage | None) -> None:
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(place), 5, 5)
        if picture is None:
            painter.fillPath(frame, color("hover"))
            side = QRectF(place.center().x() - 9, place.center().y() - 9, 20, 20)
            paint_icon(painter, "clock" if card.key[0] == "track" else "draw", side, color("quiet"))
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
    """

    chosen = pyqtSignal(object)
    opened = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _CardModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_CardPainter(self))
        self.setVerticalScrollMode(QListView.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.NoFrame)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.setAccessibleName(tr("Tracks"))
        self.selectionModel().currentChanged.connect(self._tell)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.data(Qt.UserRole).key))

    def _tell(self, current: QModelIndex, _: QModelIndex) -> None:
        self.chosen.emit(current.data(Qt.UserRole).key if current.isValid() else None)

    @property
    def cards(self) -> list[Card]:
        return self._model.cards

    def show_cards(self, cards: Sequence[Card]) -> None:
        """Show other cards; the chosen one stays chosen if it is still there."""
        kept = self.key
        with QSignalBlocker(self.selectionModel()):
            self._model.beginResetModel()
            self._model.cards = list(cards)
            self._model.endResetModel()
        self.choose(kept)

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
                self.setCurrentIndex(self._model.index(place, 0))
                self.scrollTo(self._model.index(place, 0))
        self.viewport().update()
