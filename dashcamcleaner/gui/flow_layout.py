"""A line of widgets that goes on below where it is too narrow: bars stay whole at any size of letters and window.

After Qt's own example "Flow Layout", with room that one widget or gap of a line may take, as in a `QHBoxLayout`.
"""

from __future__ import annotations

from itertools import pairwise

from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QSpacerItem, QWidget

__all__ = ["FlowLayout"]


class FlowLayout(QLayout):
    """Widgets and gaps side by side, in as many lines as they need.

    Args:
        parent: the widget that it is the layout of; None: it goes into another layout.
        spacing: pixels between widgets.
        line_spacing: pixels between lines.
    """

    def __init__(self, parent: QWidget | None = None, *, spacing: int = 8, line_spacing: int = 6) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._line_spacing = line_spacing
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)
        if parent is not None:
            parent.setLayout(self)

    def addSpacing(self, width: int) -> None:  # noqa: N802  # as QHBoxLayout calls it
        """A gap; none where a line begins or ends with it."""
        self.addItem(QSpacerItem(width, 0, QSizePolicy.Fixed, QSizePolicy.Minimum))

    def addStretch(self) -> None:  # noqa: N802
        """A gap that takes what room its line has left."""
        self.addItem(QSpacerItem(0, 0, QSizePolicy.Expanding, QSizePolicy.Minimum))

    def addItem(self, item: QLayoutItem | None) -> None:  # noqa: N802  # Qt's names from here on
        """Qt hands over what was added."""
        assert item is not None
        self._items.append(item)

    def count(self) -> int:
        """How many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        """An item; None: there is none."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        """An item, which the caller owns from now on; None: there is none."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientations:  # noqa: N802
        """It takes the width that it is given, and no more height than it needs."""
        return Qt.Orientations(Qt.Horizontal)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """The narrower, the more lines."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """The height of all lines."""
        return self._arrange(QRect(0, 0, width, 0), apply=False)

    def setGeometry(self, rectangle: QRect) -> None:  # noqa: N802
        """Place all widgets."""
        super().setGeometry(rectangle)
        self._arrange(rectangle, apply=True)

    def sizeHint(self) -> QSize:  # noqa: N802
        """All in one line."""
        line = self._shown()
        left, top, right, bottom = self._margins()
        height = max((item.sizeHint().height() for item in line), default=0)
        return QSize(self._width(line) + left + right, height + top + bottom)

    def minimumSize(self) -> QSize:  # noqa: N802
        """The widest widget alone."""
        left, top, right, bottom = self._margins()
        size = QSize(0, 0)
        for item in self._shown():
            if item.widget() is not None:
                size = size.expandedTo(item.minimumSize())
        return size + QSize(left + right, top + bottom)

    def _margins(self) -> tuple[int, int, int, int]:
        margins = self.contentsMargins()
        return margins.left(), margins.top(), margins.right(), margins.bottom()

    def _shown(self) -> list[QLayoutItem]:
        """Items that are not hidden; gaps at the beginning and the end say nothing."""
        line = [item for item in self._items if item.spacerItem() is not None or not item.isEmpty()]
        return _without_outer_gaps(line)

    def _width(self, line: list[QLayoutItem]) -> int:
        """Of items side by side."""
        widgets = sum(item.widget() is not None for item in line)
        return sum(_least_width(item) for item in line) + max(0, widgets - 1) * self.spacing()

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = [[]]
        for item in self._shown():
            line = lines[-1]
            if item.widget() is not None and line and self._width([*line, item]) > width:
                lines.append([item])
            else:
                line.append(item)
        # A stretch that would push what follows it to the right does so in the line of what follows.
        for before, after in pairwise(lines):
            while before and before[-1].spacerItem() is not None:
                gap = before.pop()
                if _expands(gap):
                    after.insert(0, gap)
        return lines

    def _arrange(self, rectangle: QRect, *, apply: bool) -> int:
        """Place the items in a rectangle; the height they take, margins with it."""
        left, top, right, bottom = self._margins()
        width = rectangle.width() - left - right
        y = rectangle.y() + top
        for number, line in enumerate(self._lines(width)):
            y += self._line_spacing if number else 0
            height = max((item.sizeHint().height() for item in line), default=0)
            if apply:
                self._place(line, QRect(rectangle.x() + left, y, width, height))
            y += height
        return y + bottom - rectangle.y()

    def _place(self, line: list[QLayoutItem], room: QRect) -> None:
        free = max(0, room.width() - self._width(line))
        takers = [item for item in line if _expands(item)]
        x = room.x()
        for item in line:
            width = min(_least_width(item), room.width())
            if item in takers:
                width += free // len(takers)
            if item.widget() is not None:
                height = min(item.sizeHint().height(), room.height())
                at = QPoint(x, room.y() + (room.height() - height) // 2)
                item.setGeometry(QRect(at, QSize(width, height)))
                width += self.spacing()
            x += width


def _expands(item: QLayoutItem) -> bool:
    return bool(item.expandingDirections() & Qt.Horizontal)


def _least_width(item: QLayoutItem) -> int:
    widget = item.widget()
    if widget is not None and widget.sizePolicy().horizontalPolicy() == QSizePolicy.Ignored:
        return item.minimumSize().width()
    return item.sizeHint().width()


def _without_outer_gaps(line: list[QLayoutItem]) -> list[QLayoutItem]:
    """A line from its first widget to its last, but that a stretch at the beginning stays."""
    widgets = [index for index, item in enumerate(line) if item.widget() is not None]
    if not widgets:
        return []
    first, last = widgets[0], widgets[-1]
    return [item for item in line[:first] if _expands(item)] + line[first : last + 1]
