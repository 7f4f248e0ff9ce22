"""The window's parts in their places: bars, queue, tabs, settings. It knows where things stand, and nothing of work."""

from __future__ import annotations

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QAbstractButton, QFrame, QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from dashcamcleaner.gui.background_worker import ReviewWorkers
from dashcamcleaner.gui.bars import FootBar, MessageBar, application
from dashcamcleaner.gui.empty_page import EmptyPage
from dashcamcleaner.gui.frame_provider import FrameProvider
from dashcamcleaner.gui.live_tab import LiveTab
from dashcamcleaner.gui.preview import PreviewPanel
from dashcamcleaner.gui.queue_view import QueueView
from dashcamcleaner.gui.result_bar import ResultBar
from dashcamcleaner.gui.review import ReviewPanel
from dashcamcleaner.gui.scenes_panel import ScenesPanel
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.settings_form import SettingsForm
from dashcamcleaner.gui.top_bar import TopBar
from dashcamcleaner.gui.window_parts import DropVeil
from dashcamcleaner.gui.words import tr

__all__ = ["WindowBody"]

_QUEUE_PX = 280
_QUEUE_AT_FIRST_PX = 340
_SETTINGS_PX = 280
_MIDDLE_PX = 400


class WindowBody(QWidget):
    """Everything below the menu bar.

    Args:
        session: what the parts show.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.top = TopBar(session.output_folder)
        self.foot = FootBar()
        self.queue = QueueView(session.rows)
        self.messages = MessageBar(self.queue)
        self.empty = EmptyPage()
        self.preview = PreviewPanel(session.sight, FrameProvider(session.engine), session.form)
        workers = ReviewWorkers(session.sight, session.planning, session.files)
        self.review = ReviewPanel(workers, session.engine, session.form)
        self.result = ResultBar()
        self.settings = SettingsForm(session.form, session.store)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.preview, tr("Preview"))
        self.tabs.addTab(self.review, tr("Review"))
        self.scenes = ScenesPanel(session.sight, session.engine, session.form, lambda: session.output_folder)
        self.tabs.addTab(self.scenes, tr("Scenes"))
        self.live = LiveTab(session.engine, session.form)
        self.tabs.addTab(self.live, tr("Live"))
        self.split = self._middle()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.split)
        self.pages.currentChanged.connect(self._place_messages)
        self._place_messages(0)
        self.outer = _splitter(self.pages, self.settings)
        self.outer.setStretchFactor(0, 1)
        column = _column(self)
        for widget in (self.top, self.outer, self.foot):
            column.addWidget(widget)
        column.setStretch(1, 1)
        self.veil = DropVeil(self)

    def _place_messages(self, page: int) -> None:
        """Messages stand below the queue, or over the foot of the empty page: what is clicked on stays in its place."""
        if page:
            self._below_queue.addWidget(self.messages)
        else:
            self.empty.overlay(self.messages)

    def _middle(self) -> QSplitter:
        frame = QFrame()
        frame.setObjectName("queue")
        frame.setMinimumWidth(_QUEUE_PX)
        inside = self._below_queue = QVBoxLayout(frame)
        inside.setContentsMargins(0, 0, 1, 0)
        inside.setSpacing(0)
        inside.addWidget(self.queue, 1)
        middle = QWidget()
        middle.setMinimumWidth(_MIDDLE_PX)
        column = _column(middle)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.result)
        split = _splitter(frame, middle)
        split.setStretchFactor(1, 1)
        return split

    @property
    def reviewing(self) -> bool:
        """The review is in front."""
        return self.tabs.currentWidget() is self.review

    @property
    def previewing(self) -> bool:
        """The preview is in front."""
        return self.tabs.currentWidget() is self.preview

    def place_at_first(self, width: int) -> None:
        """Dividers for a window that was never open before."""
        self.split.setSizes([_QUEUE_AT_FIRST_PX, max(1, width - _SETTINGS_PX - _QUEUE_AT_FIRST_PX)])
        self.outer.setSizes([max(1, width - _SETTINGS_PX), _SETTINGS_PX])

    def show_settings(self, visible: bool) -> None:
        """Show the settings, or give their room to the tab in front.

        The queue keeps its width: else the tabs would move away from under the pointer that has just clicked one.
        """
        queue_px = self.split.sizes()[0]
        if not visible and self.tabs.isVisible() and self.settings.isAncestorOf(self.focusWidget()):
            self.tabs.currentWidget().setFocus()  # Qt would give it to the first button, and Space would press that
        self.settings.setVisible(visible)
        self.outer.refresh()
        self.split.setSizes([queue_px, max(1, self.pages.width() - queue_px)])

    def show_preview(self, *, clicked: bool) -> None:
        """Show the preview; after a click only when no second one can follow, which would press what stands there."""
        if clicked:
            QTimer.singleShot(application().doubleClickInterval(), self._leave_review)
        else:
            self.tabs.setCurrentWidget(self.preview)

    def _leave_review(self) -> None:
        if self.reviewing:
            self.tabs.setCurrentWidget(self.preview)

    def focus_tab(self) -> None:
        """Give the focus to what the tab in front is about, not to a button: Space would press that instead of playing.

        The queue and the tabs themselves keep it: arrows go on there.
        """
        focus, panel = self.window().focusWidget(), self.tabs.currentWidget()
        if not self.isVisible() or panel is None or focus in (self.queue, self.tabs.tabBar()):
            return
        if isinstance(focus, QAbstractButton) or not panel.isAncestorOf(focus):  # Qt looks for the first that takes it
            at_work: dict[QWidget, QWidget] = {self.preview: self.preview.canvas, self.review: self.review.cards}
            at_work.get(panel, panel).setFocus()

    def refresh_theme(self) -> None:
        """Draw everything anew in the colours in force."""
        panels = (self.preview, self.review, self.scenes, self.settings)
        for part in (self.top, self.messages, self.empty, self.result, *panels):
            part.refresh_theme()
        self.queue.viewport().update()


def _column(parent: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(parent)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return column


def _splitter(left: QWidget, right: QWidget) -> QSplitter:
    split = QSplitter(Qt.Horizontal)
    split.setHandleWidth(1)
    split.setChildrenCollapsible(False)
    split.addWidget(left)
    split.addWidget(right)
    return split
