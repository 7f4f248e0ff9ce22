"""The review's buttons: tools above the canvas, the scrubber below it, and what can be said about a track."""

from __future__ import annotations

from PyQt5.QtCore import QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.core.plain_text import plain_markup
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.card_tools import CardTools
from dashcamcleaner.gui.cards import CardList
from dashcamcleaner.gui.flow_layout import FlowLayout
from dashcamcleaner.gui.icons import icon
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.review_canvas import ReviewCanvas
from dashcamcleaner.gui.shortcuts import key_text
from dashcamcleaner.gui.side_scroll import SideScroll
from dashcamcleaner.gui.timeline import TimelineView
from dashcamcleaner.gui.words import tr

__all__ = ["ReviewFoot", "ReviewTools", "TrackButtons", "ReviewLayout"]


def _tool(name: str, tip: str, shortcut: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(18, 18))
    button.setToolTip(f"{tip} ({key_text(shortcut)})")
    button.setAccessibleName(tip)
    button.setProperty("icon_name", name)
    return button


class ReviewTools(QFrame):
    """Views, undo, drawing, items, and rendering again.

    Signals:
        view_wanted: one of result, regions and compare is asked for.
        wanted: an action, by its name in the table of shortcuts.
    """

    view_wanted = pyqtSignal(object)
    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 7, 12, 7)
        column.setSpacing(6)
        column.addLayout(self._first_line())
        column.addLayout(self._second_line())
        self.show_view(CanvasView.REGIONS)

    def _first_line(self) -> FlowLayout:
        line = FlowLayout(spacing=0)
        self.views = QButtonGroup(self)
        for view, title in (
            (CanvasView.RESULT, tr("Result")),
            (CanvasView.REGIONS, tr("Regions")),
            (CanvasView.COMPARE, tr("Compare")),
        ):
            button = QToolButton()
            button.setText(title)
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.view = view
            button.clicked.connect(lambda _, view=view: self.view_wanted.emit(view))
            self.views.addButton(button)
            line.addWidget(button)
        line.addSpacing(10)
        self.undo = _tool("undo", tr("Undo"), "undo")
        self.redo = _tool("redo", tr("Redo"), "redo")
        self.draw = QToolButton()
        self.draw.setIcon(icon("draw"))
        self.draw.setText(tr("Draw"))
        self.draw.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.draw.setToolTip(f"{tr('Draw a box; it is followed both ways')} ({key_text('draw')})")
        self.draw.setPopupMode(QToolButton.MenuButtonPopup)
        self.draw.setProperty("icon_name", "draw")
        menu = QMenu(self.draw)
        menu.addAction(tr("Draw a box and follow it"), lambda: self.wanted.emit("draw"))
        menu.addAction(tr("Draw a fixed area to hide"), lambda: self.wanted.emit("fixed"))
        menu.addAction(tr("Draw an area to leave clear"), lambda: self.wanted.emit("exclude"))
        self.draw.setMenu(menu)
        for button, name in ((self.undo, "undo"), (self.redo, "redo"), (self.draw, "draw")):
            button.clicked.connect(lambda _, name=name: self.wanted.emit(name))
            line.addWidget(button)
        line.addStretch()
        self.counts = PlainLabel()
        self.counts.setProperty("quiet", True)
        self.render_again = QPushButton(tr("Render again"))
        self.render_again.setProperty("primary", True)
        self.render_again.setToolTip(
            f"{tr('Write the result anew with your edits; nothing is detected again')} ({key_text('render')})"
        )
        self.render_again.clicked.connect(lambda: self.wanted.emit("render"))
        line.addWidget(self.counts)
        line.addSpacing(12)
        line.addWidget(self.render_again)
        return line

    def _second_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(4)
        self.previous = _tool("previous", tr("Previous weak spot"), "previous_weak")
        self.next = _tool("next", tr("Next weak spot"), "next_weak")
        self.previous.clicked.connect(lambda: self.wanted.emit("previous_weak"))
        self.next.clicked.connect(lambda: self.wanted.emit("next_weak"))
        self.item_text = PlainLabel()
        self.item_text.setAccessibleName(tr("Weak spot"))
        self.item_text.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        line.addWidget(self.previous)
        line.addWidget(self.next)
        line.addWidget(self.item_text, 1)
        return line

    def show_view(self, view: CanvasView) -> None:
        """Mark the view in force."""
        for button in self.views.buttons():
            button.setChecked(button.view is view)

    def offer_render(self, title: str, *, enabled: bool) -> None:
        """Name the button that renders again, and enable it."""
        self.render_again.setText(title)
        self.render_again.setEnabled(enabled)

    def show_state(self, *, opened: bool, can_undo: bool, can_redo: bool, review_items: str, has_doubts: bool) -> None:
        """Which buttons make sense now; whether there is something to render is told by `offer_render`."""
        for button in (*self.views.buttons(), self.draw):
            button.setEnabled(opened)
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        self.previous.setEnabled(has_doubts)
        self.next.setEnabled(has_doubts)
        self.item_text.setText(review_items)
        self.item_text.setToolTip(plain_markup(review_items))
        if not opened:
            self.counts.clear()
            self.render_again.setEnabled(False)

    def refresh_theme(self) -> None:
        """Draw icons anew."""
        for button in (self.undo, self.redo, self.draw, self.previous, self.next):
            button.setIcon(icon(str(button.property("icon_name"))))


class ReviewFoot(QFrame):
    """Scrubber and marks.

    Signals:
        wanted: an action, by its name in the table of shortcuts.
        scrubbed: the position of a frame was chosen.
    """

    wanted = pyqtSignal(str)
    scrubbed = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 5, 12, 5)
        line.setSpacing(4)
        self.buttons: dict[str, QToolButton] = {}
        for what, name, tip in (
            ("back", "previous", tr("Previous frame")),
            ("play", "play", tr("Play or stop")),
            ("forth", "next", tr("Next frame")),
        ):
            line.addWidget(self._add(what, name, tip))
        self.scrubber = QSlider(Qt.Horizontal)
        self.scrubber.setAccessibleName(tr("Frame"))
        self.scrubber.valueChanged.connect(self.scrubbed)
        line.addWidget(self.scrubber, 1)
        self.time = PlainLabel()
        self.time.setProperty("quiet", True)
        line.addSpacing(6)
        line.addWidget(self.time)
        line.addSpacing(8)
        for what, name, tip in (
            ("mark_in", "mark_in", tr("Start of a span")),
            ("mark_out", "mark_out", tr("End of a span")),
            ("cover", "cover", tr("Hide the whole frame over the marked span")),
        ):
            line.addWidget(self._add(what, name, tip))

    def _add(self, what: str, name: str, tip: str) -> QToolButton:
        button = self.buttons[what] = _tool(name, tip, what)
        button.clicked.connect(lambda: self.wanted.emit(what))
        button.setAutoRepeat(what in ("back", "forth"))
        return button

    def set_frames(self, frames: int) -> None:
        """How many frames there are."""
        with QSignalBlocker(self.scrubber):
            self.scrubber.setRange(0, max(0, frames - 1))
            self.scrubber.setPageStep(max(1, frames // 20))

    def show_place(self, place: int, now_s: float, end_s: float) -> None:
        """Where the review stands."""
        with QSignalBlocker(self.scrubber):
            self.scrubber.setValue(place)
        self.time.setText(f"{format_seconds(now_s)} / {format_seconds(end_s)}")

    def show_playing(self, playing: bool) -> None:
        """Play or pause on the button."""
        self.buttons["play"].setProperty("icon_name", "pause" if playing else "play")
        self.buttons["play"].setIcon(icon("pause" if playing else "play"))

    def refresh_theme(self) -> None:
        """Draw icons anew."""
        for button in self.buttons.values():
            button.setIcon(icon(str(button.property("icon_name"))))


class TrackButtons(QWidget):
    """What can be said about the chosen track, or done with what was added by hand.

    Signals:
        wanted: an action, by its name in the table of shortcuts.
    """

    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        line = FlowLayout(self, spacing=6)
        line.setContentsMargins(8, 8, 8, 8)
        self.buttons: dict[str, QPushButton] = {}
        for what, title, tip in (
            ("keep", tr("Keep clear"), tr("Somebody who agreed to be shown; for the marked span where there is one")),
            ("drop", tr("Remove"), tr("It is no face or plate, or not wanted any more")),
            ("only", tr("Only this"), tr("Of all tracks, hide only those marked so")),
            ("checked", tr("Checked"), tr("Mark as looked at")),
            ("name", tr("Name…"), tr("Give it a name")),
            ("trim", tr("Fit to span"), tr("Let it last for the marked span")),
        ):
            button = self.buttons[what] = QPushButton(title)
            button.setToolTip(f"{tip} ({key_text(what)})" if what in ("keep", "drop", "only", "checked") else tip)
            button.setCheckable(what in ("keep", "only", "checked"))
            button.setProperty("small", True)
            button.clicked.connect(lambda _, what=what: self.wanted.emit(what))
            button.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
            line.addWidget(button)
        self.show_choice(None, said=set(), marked=False)

    @staticmethod
    def _possible(key: tuple[str, int] | None) -> tuple[str, ...]:
        if key is None:
            return ()
        return ("keep", "drop", "only", "checked", "name") if key[0] != "hand" else ("drop", "trim")

    def choices(self, key: tuple[str, int]) -> list[tuple[str, str]]:
        """What makes sense for a card, and its title: for menus."""
        return [(what, self.buttons[what].text()) for what in self._possible(key)]

    def show_choice(self, key: tuple[str, int] | None, *, said: set[str], marked: bool) -> None:
        """Which buttons make sense for what is chosen, and what was said already."""
        possible = self._possible(key)
        for what, button in self.buttons.items():
            button.setEnabled(what in possible and (what != "trim" or marked))
            if button.isCheckable():
                button.setChecked(what in said)
        self.buttons["drop"].setText(tr("Put back") if "drop" in said else tr("Remove"))

    def refresh_theme(self) -> None:
        """Nothing to draw anew: words only."""


class ReviewLayout(QWidget):
    """The review's widgets in their places; `review.ReviewPanel` gives them something to do."""

    def __init__(self) -> None:
        super().__init__()
        self.tools, self.foot, self.buttons = ReviewTools(), ReviewFoot(), TrackButtons()
        self.canvas, self.timeline, self.cards = ReviewCanvas(), TimelineView(), CardList()
        self.card_tools = CardTools()
        # The list of cards gives way first: it scrolls by itself, and buttons below it had better be seen.
        self.cards.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Ignored)
        self.cards.setMinimumHeight(5 * self.cards.fontMetrics().height())
        side = QWidget()
        side.setObjectName("panel")
        column = QVBoxLayout(side)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.card_tools)
        column.addWidget(self.cards, 1)
        column.addWidget(self.buttons)
        side.setMinimumWidth(210)
        scroll = SideScroll()  # with large letters, what can be done with a card is higher than a small window
        scroll.setFrameShape(QFrame.NoFrame)
        scroll.setWidget(side)
        down = QSplitter(Qt.Vertical)
        down.setHandleWidth(1)
        down.setChildrenCollapsible(False)
        upper = QWidget()
        rows = QVBoxLayout(upper)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.canvas, 1)
        rows.addWidget(self.foot)
        down.addWidget(upper)
        down.addWidget(self.timeline)
        down.setStretchFactor(0, 1)
        down.setSizes([420, 130])
        across = QSplitter(
            Qt.Horizontal
        )  # cards from top to bottom: a small screen shows hardly three beside a picture
        across.setHandleWidth(1)
        across.setChildrenCollapsible(False)
        across.addWidget(down)
        across.addWidget(scroll)
        across.setStretchFactor(0, 1)
        across.setSizes([600, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tools)
        layout.addWidget(across, 1)
