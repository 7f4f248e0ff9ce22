"""The row above the review's cards: how they are sorted, which are shown, and what can be done with many at once."""

from __future__ import annotations

from PyQt5.QtCore import QSize, pyqtSignal
from PyQt5.QtWidgets import QComboBox, QFrame, QMenu, QSizePolicy, QToolButton

from dashcamcleaner.gui.flow_layout import FlowLayout
from dashcamcleaner.gui.shortcuts import has_key, key_text
from dashcamcleaner.gui.words import tr
from dashcamcleaner.review.review_objects import ObjectFilter, ObjectOrder

__all__ = ["CardTools"]


class CardTools(QFrame):
    """Sorting, filters and the menu for many cards.

    Signals:
        changed: another order or other filters are wanted.
        wanted: an action, by its name.
    """

    changed = pyqtSignal()
    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        line = FlowLayout(self, spacing=4, line_spacing=4)
        line.setContentsMargins(8, 6, 8, 4)
        self.sorting = QComboBox()
        self.sorting.setAccessibleName(tr("Sort cards"))
        self.sorting.setToolTip(tr("Sort cards"))
        for order, title in (
            (ObjectOrder.TIME, tr("By time")),
            (ObjectOrder.SIZE, tr("Largest first")),
            (ObjectOrder.COUNT, tr("Most seen first")),
            (ObjectOrder.UNSURE, tr("Unsure first")),
        ):
            self.sorting.addItem(title, order)
        self.sorting.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.filtering = self._button(tr("Filter"))
        menu = QMenu(self.filtering)
        self._filters = {}
        for which, title in (
            (ObjectFilter.FACES, tr("Faces")),
            (ObjectFilter.PLATES, tr("Plates")),
            (ObjectFilter.UNSURE, tr("Only unsure")),
            (ObjectFilter.SHORT, tr("Only seen once or twice")),
            (ObjectFilter.LARGE, tr("Only large")),
            (ObjectFilter.UNSEEN, tr("Only not looked at")),
        ):
            action = self._filters[which] = menu.addAction(title)
            action.setCheckable(True)
            action.toggled.connect(lambda _: self._filtered())
        self.filtering.setMenu(menu)
        self.many = self._button(tr("More"))
        self._more = QMenu(self.many)
        for what, title in (
            ("find_people", tr("Find persons")),
            ("merge", tr("Merge the chosen cards")),
            ("split", tr("Split the chosen card")),
            ("burned_in", tr("Hide burned-in text")),
            ("rarely_seen", tr("Remove all seen at most twice and unsure")),
        ):
            text = f"{title}\t{key_text(what)}" if has_key(what) else title
            self._more.addAction(text, lambda what=what: self.wanted.emit(what))
        self.many.setMenu(self._more)
        self.sorting.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        line.addWidget(self.sorting)
        line.addWidget(self.filtering)
        line.addWidget(self.many)

    @staticmethod
    def _button(title: str) -> QToolButton:
        button = QToolButton()
        button.setText(title)
        button.setPopupMode(QToolButton.InstantPopup)
        button.setIconSize(QSize(16, 16))
        return button

    def _filtered(self) -> None:
        number = len(self.filters)
        self.filtering.setText(tr("Filter") + (f" ({number})" if number else ""))
        self.changed.emit()

    @property
    def order(self) -> ObjectOrder:
        """What cards are sorted by."""
        return ObjectOrder(self.sorting.currentData())

    @property
    def filters(self) -> list[ObjectFilter]:
        """Which cards are shown alone; none: all."""
        return [which for which, action in self._filters.items() if action.isChecked()]

    def set_filter(self, which: ObjectFilter, on: bool) -> None:
        """Put a filter on or off."""
        self._filters[which].setChecked(on)

    def refresh_theme(self) -> None:
        """Nothing to draw anew: words only."""
