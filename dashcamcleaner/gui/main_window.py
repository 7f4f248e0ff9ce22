"""The window: layout, menus and actions. What they do stands in `session`; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PyQt5.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QKeyEvent
from PyQt5.QtWidgets import (
    QFileDialog,
    QFrame,
    QLineEdit,
    QMainWindow,
    QMenu,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.gui import bars
from dashcamcleaner.gui.actions import Actions
from dashcamcleaner.gui.crash import log_path
from dashcamcleaner.gui.frame_provider import FrameProvider
from dashcamcleaner.gui.live_tab import LiveTab
from dashcamcleaner.gui.preview import PreviewPanel
from dashcamcleaner.gui.queue_model import BUSY, Row
from dashcamcleaner.gui.queue_view import QueueView
from dashcamcleaner.gui.review import ReviewPanel
from dashcamcleaner.gui.scenes_panel import ScenesPanel
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.settings_form import SettingsForm
from dashcamcleaner.gui.shortcuts import ShortcutDialog
from dashcamcleaner.gui.theme import apply_theme, system_prefers_dark
from dashcamcleaner.gui.window_parts import (
    CloseQuestion,
    DropVeil,
    do_with_row,
    dropped_paths,
    open_path,
    remember_geometry,
    restore_geometry,
)
from dashcamcleaner.gui.words import tr

__all__ = ["MainWindow"]

_WEIGHTS = (".pt", ".onnx")
_QUEUE_PX = 280


class MainWindow(QMainWindow):
    """The window.

    Args:
        session: the working part; closed together with the window.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWindowTitle("DashcamCleaner")
        self.setAcceptDrops(True)
        self.setMinimumSize(1000, 600)
        self._asked_to_close = False
        self._followed: int | None = None
        self._queue_px = 380
        self._wide = False
        self._closing = False
        appearance = str(session.store.get("appearance", "system"))
        self.actions_ = Actions(self, self._acts(), appearance=appearance)
        self.actions_["audit_all"].setChecked(session.audit_all)
        self._lay_out()
        self._connect()
        self._restore_geometry()
        self._show_buttons()
        # The heavy imports of the background workers begin only now, with the window on screen.
        QTimer.singleShot(0, self._after_show)

    # --- building

    def _acts(self) -> dict[str, Callable[[], object]]:
        session = self.session
        return {
            "add": self._browse_clips,
            "add_folder": self._browse_folder,
            "quit": self.close,
            "undo": lambda: self.review.do("undo"),
            "redo": lambda: self.review.do("redo"),
            "render": self._render_again,
            "start": session.start,
            "pause": lambda: session.pause(not session.paused),
            "cancel": session.cancel,
            "stop_after": lambda: session.set_stop_after_this(self.actions_["stop_after"].isChecked()),
            "audit_all": lambda: session.store.set(audit=self.actions_["audit_all"].isChecked()),
            "remove_rows": lambda: session.remove(self.queue.chosen_ids()),
            "clear": session.remove_ended,
            "queue": lambda: self.queue.setFocus(Qt.ShortcutFocusReason),
            "preview": lambda: self.tabs.setCurrentWidget(self.preview),
            "review": lambda: self.tabs.setCurrentWidget(self.review),
            "scenes": lambda: self.tabs.setCurrentWidget(self.scenes),
            "live": self._show_live_tab,
            "settings": lambda: self._show_settings(self.actions_["settings"].isChecked()),
            "shortcuts": lambda: ShortcutDialog(self).open(),
            "log": lambda: open_path(log_path().parent),
            "about": lambda: QMessageBox.about(self, tr("About DashcamCleaner"), bars.about_text()),
        }

    def _lay_out(self) -> None:
        session = self.session
        self.top = bars.TopBar(session.output_folder)
        self.messages = bars.MessageBar()
        self.foot = bars.FootBar()
        self.queue = QueueView(session.rows)
        self.empty = bars.EmptyPage()
        self.preview = PreviewPanel(session.sight, FrameProvider(session.engine), session.form)
        self.result = bars.ResultBar()
        self.settings = SettingsForm(session.form, session.store)
        self.settings.setMinimumWidth(270)

        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.preview, tr("Preview"))
        self.review = ReviewPanel(session.sight, session.planning, session.files, session.engine, session.form)
        self.tabs.addTab(self.review, tr("Review"))
        self.scenes = ScenesPanel(session.sight, session.engine, session.form, lambda: session.output_folder)
        self.tabs.addTab(self.scenes, tr("Scenes"))
        self.live = LiveTab(session.engine, session.form)
        self.tabs.addTab(self.live, tr("Live"))

        frame = QFrame()
        frame.setObjectName("queue")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(0, 0, 1, 0)
        inside.addWidget(self.queue)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.result)
        self.split = QSplitter(Qt.Horizontal)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(frame)
        self.split.addWidget(middle)
        self.split.setStretchFactor(1, 1)
        frame.setMinimumWidth(_QUEUE_PX)
        middle.setMinimumWidth(450)

        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.split)
        self.outer = QSplitter(Qt.Horizontal)
        self.outer.setHandleWidth(1)
        self.outer.setChildrenCollapsible(False)
        self.outer.addWidget(self.pages)
        self.outer.addWidget(self.settings)
        self.outer.setStretchFactor(0, 1)

        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.top, self.messages, self.outer, self.foot):
            column.addWidget(widget)
        column.setStretch(2, 1)
        self.setCentralWidget(body)
        self.veil = DropVeil(body)

    def _connect(self) -> None:
        session = self.session
        for part in (self.queue, self.review.cards):
            part.installEventFilter(self)
        session.changed.connect(self._show_buttons)
        session.row_changed.connect(self._row_changed)
        session.began.connect(self._follow)
        session.message.connect(self.messages.tell)
        self.review.message.connect(self.messages.tell)
        session.picture.connect(self._live_picture)
        session.all_done.connect(self._all_done)
        session.ended.connect(self._ended)
        for button, name in (
            (self.top.add, "add"),
            (self.top.add_folder, "add_folder"),
            (self.empty.add, "add"),
            (self.empty.add_folder, "add_folder"),
            (self.top.start, "start"),
            (self.top.pause, "pause"),
            (self.top.cancel, "cancel"),
        ):
            button.clicked.connect(self.actions_[name].trigger)
        self.top.settings.clicked.connect(self.actions_["settings"].trigger)
        self.foot.stop_after.clicked.connect(self.actions_["stop_after"].trigger)
        self.top.output.folder_chosen.connect(session.set_output_folder)
        self.queue.chosen.connect(self._choose)
        self.queue.opened.connect(self._open_row)
        self.queue.unwanted.connect(session.remove)
        self.actions_.appearance.chosen.connect(self._set_appearance)
        self.queue.customContextMenuRequested.connect(self._queue_menu)
        self.preview.live_wanted.connect(lambda live: session.show_live(self.preview.canvas.wanted_px() if live else 0))
        self.settings.weights_offered.connect(self._add_weights)
        self.result.wanted.connect(self._on_result)
        self.review.render_wanted.connect(self._render_again)
        self.tabs.currentChanged.connect(self._tab_changed)

    def _after_show(self) -> None:
        session = self.session
        session.restore()
        session.files.ask(session.engine.weights, self.settings.offer_weights)
        session.files.ask(session.engine.growth, self.settings.offer_growth)
        session.sight.ask(session.engine.devices, self.settings.offer_devices)
        if session.form.dropped:
            self.messages.tell("  ".join(session.form.dropped))

    # --- state on screen

    def _show_buttons(self) -> None:
        session, queue = self.session, self.session.queue
        totals = queue.totals()
        waits = any(row.state in ("waiting", "stopped") for row in queue)
        self.actions_["start"].setEnabled(waits and not (session.busy or session.started))
        self.actions_["pause"].setEnabled(session.busy)
        self.actions_["pause"].setText(tr("Resume") if session.paused else tr("Pause"))
        self.actions_["cancel"].setEnabled(session.busy)
        self.actions_["stop_after"].setEnabled(session.busy)
        self.actions_["stop_after"].setChecked(session.stop_after_this)
        self.top.show_state(busy=session.busy or session.started, paused=session.paused, can_start=waits)
        self.top.output.show_folder(session.output_folder)
        self.foot.show_totals(totals, busy=session.busy, stop_after=session.stop_after_this)
        wanted = 1 if len(queue) or self.tabs.currentWidget() is self.live else 0
        if self.pages.currentIndex() != wanted:
            self.pages.setCurrentIndex(wanted)
        if len(queue) and not self.queue.currentIndex().isValid():
            self.queue.choose(0)

    @property
    def chosen(self) -> Row | None:
        """The current row of the queue."""
        index = self.queue.currentIndex()
        return index.data(Qt.UserRole) if index.isValid() else None

    def _choose(self, row_id: int | None) -> None:
        row = self.session.queue.get(row_id)
        self.preview.set_running(False)
        self.preview.show_clip(row.source if row is not None else None)
        if self.tabs.currentWidget() is self.scenes:
            self.scenes.show_clip(row.source if row is not None else None)
        self.result.show_row(row if self.tabs.currentWidget() is self.preview else None)
        if row is not None:
            self.preview.set_running(row.state in BUSY)
        if self.tabs.currentWidget() is self.review:
            self._open_review()

    def _row_changed(self, row_id: int) -> None:
        row = self.chosen
        if row is not None and row.id == row_id:
            self.result.show_row(row if self.tabs.currentWidget() is self.preview else None)
            self.preview.set_running(row.state in BUSY)

    def _follow(self, row_id: int) -> None:
        """Go along with the run, unless the user has turned to another clip meanwhile."""
        row = self.chosen
        if self._followed is None or row is None or row.id == self._followed:
            self.queue.choose(self.session.queue.index_of(row_id))
        self._followed = row_id

    def _live_picture(self, row_id: int, picture: QImage, time_s: float) -> None:
        row = self.chosen
        if row is not None and row.id == row_id:
            self.preview.show_live(picture, time_s, row.counts)

    def _ended(self, row_id: int) -> None:
        """A plan may have been written anew: a review of it begins afresh when it is looked at again."""
        row = self.session.queue.get(row_id)
        if row is not None and self.review.opened is not None and self.review.opened.clip.path == row.source:
            self.review.save()
            self.review.show_nothing()
            if self.tabs.currentWidget() is self.review and row is self.chosen:
                self._open_review()

    def _all_done(self) -> None:
        self._followed = None
        if self._closing:
            self.close()

    # --- actions

    def _browse_clips(self) -> None:
        start = str(self.session.store.get("last_folder", ""))
        names, _ = QFileDialog.getOpenFileNames(self, tr("Add clips"), start)
        if names:
            self.session.store.set(last_folder=str(Path(names[0]).parent))
            self.session.add(names)

    def _browse_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, tr("Add folder"), str(self.session.store.get("last_folder", "")))
        if name:
            self.session.store.set(last_folder=name)
            self.session.add([name])

    def _open_row(self, row_id: int) -> None:
        row = self.session.queue.get(row_id)
        if row is not None and row.summary is not None:
            open_path(Path(row.summary.output))

    def _queue_menu(self, at: QPoint) -> None:
        row = self.chosen
        menu = QMenu(self)
        for what, title in self.result.choices(row) if row is not None else ():
            menu.addAction(title, lambda what=what: self._on_result(what))
        menu.addSeparator()
        menu.addAction(self.actions_["remove_rows"])
        menu.addAction(self.actions_["clear"])
        menu.setAttribute(Qt.WA_DeleteOnClose)
        menu.popup(self.queue.viewport().mapToGlobal(at))

    def _on_result(self, what: str) -> None:
        row = self.chosen
        if row is not None and what == "review":
            self.tabs.setCurrentWidget(self.review)
        elif row is not None:
            do_with_row(what, row, session=self.session, parent=self)

    def _add_weights(self, path: str) -> None:
        session = self.session

        def added(name: str) -> None:
            session.form.set("weights", name)
            session.files.ask(session.engine.weights, self.settings.offer_weights)
            self.settings.more.open(True)
            note = tr("Added; loading a .pt from elsewhere needs “Trust these weights”.")
            self.settings.tell("weights", note if name.endswith(".pt") else tr("Added."))

        def failed(error: Exception) -> None:
            self.settings.tell("weights", f"{error}", bad=True)

        session.files.ask(lambda: session.engine.add_weights(Path(path)), added, failed=failed)

    def _show_settings(self, visible: bool) -> None:
        self.settings.setVisible(visible)
        self.actions_["settings"].setChecked(visible)
        self.top.settings.setChecked(visible)
        self.session.store.set(settings_visible=visible)

    def _set_appearance(self, wanted: str) -> None:
        self.session.store.set(appearance=wanted)
        apply_theme(bars.application(), dark=system_prefers_dark() if wanted == "system" else wanted == "dark")
        for part in (
            self.top,
            self.preview,
            self.review,
            self.scenes,
            self.messages,
            self.empty,
            self.result,
            self.settings,
        ):
            part.refresh_theme()
        self.queue.viewport().update()

    def _tab_changed(self, _: int) -> None:
        shown = self.tabs.currentWidget()
        wide = shown is not self.preview
        # All but the preview need the room: the settings go, and the queue keeps no more than it must.
        if wide and not self._wide:
            self._queue_px = self.split.sizes()[0]
        self._wide = wide
        self.settings.setVisible(not wide and self.actions_["settings"].isChecked())
        queue_px = _QUEUE_PX if wide else self._queue_px
        self.split.setSizes([queue_px, max(1, self.pages.width() - queue_px)])
        self.result.show_row(None if wide else self.chosen)
        if shown is self.review:
            self._open_review()
        elif shown is self.scenes:
            row = self.chosen
            self.scenes.show_clip(row.source if row is not None else None)
        self._show_buttons()

    def _show_live_tab(self) -> None:
        """Live pictures need no clip in the queue."""
        self.tabs.setCurrentWidget(self.live)
        self._show_buttons()

    def _open_review(self) -> None:
        row = self.chosen
        if row is None or row.plan is None or row.summary is None:
            if row is not None and row.state in BUSY:
                self.review.show_nothing(tr("This clip can be reviewed when it is done."))
            else:
                self.review.show_nothing()
            return
        report = Path(row.summary.report) if row.summary.report else None
        self.review.open(row.source, row.plan, report)

    def _render_again(self) -> None:
        row = self.chosen
        if row is not None and row.plan is not None and row.can_restart:
            self.review.save()
            self.session.again(row.id, overwrite=True, from_plan=row.plan)
            self.tabs.setCurrentWidget(self.preview)

    # --- dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if dropped_paths(event):
            event.acceptProposedAction()
            self.veil.lower_over()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self.veil.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.veil.hide()
        paths = dropped_paths(event)
        for path in paths:
            if path.lower().endswith(_WEIGHTS):
                self._add_weights(path)
        self.session.add([path for path in paths if not path.lower().endswith(_WEIGHTS)])
        event.acceptProposedAction()

    # --- keys of the preview, wherever the focus is (but in a text field)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self._preview_key(event, pressed=True):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self._preview_key(event, pressed=False):
            super().keyReleaseEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Lists search by letters and move by arrows; the panels' own keys come first, but for what lists need."""
        if event.type() == QEvent.KeyPress and isinstance(event, QKeyEvent):
            kept = event.key() in (Qt.Key_Delete, Qt.Key_Backspace, Qt.Key_Home, Qt.Key_End) and watched is self.queue
            if not kept and self._preview_key(event, pressed=True):
                return True
        return super().eventFilter(watched, event)

    def _preview_key(self, event: QKeyEvent, *, pressed: bool) -> bool:
        if event.modifiers() & (Qt.ControlModifier | Qt.AltModifier) or isinstance(self.focusWidget(), QLineEdit):
            return False
        panel = self.tabs.currentWidget()
        if event.key() == Qt.Key_H and panel is not self.live:
            if not event.isAutoRepeat():
                panel.canvas.hold_original(pressed)
            return True
        return pressed and panel.take_key(event)

    # --- closing

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if (self.session.busy or self.scenes.busy or self.live.busy) and not self._closing:
            event.ignore()
            self._ask_whether_to_close()
            return
        self._remember_geometry()
        self.preview.close_clip()
        self.review.close_clip()
        self.scenes.close_clip()
        self.live.close_run()
        self.session.close()
        for panel in (self.preview, self.review, self.scenes):
            panel.close_files()
        event.accept()

    def _ask_whether_to_close(self) -> None:
        if not self._asked_to_close:
            self._asked_to_close = True
            self.question = CloseQuestion(self)
            if not self.session.busy:
                self.question.setText(tr("Stop what is under way and close?"))
                self.question.setInformativeText(tr("Nothing unfinished stands under a final name."))
            self.question.answered.connect(self._answered)
            self.question.open()

    def _answered(self, stop: bool) -> None:
        self._asked_to_close = False
        if stop:
            self._closing = True
            self.messages.tell(tr("Stopping…"))
            self.session.cancel()
            if not self.session.busy:
                self.close()

    def close_now(self) -> None:
        """Stop what runs, then close, without asking: the system wants it."""
        if self.session.busy:
            self._answered(True)
        else:
            self._closing = True
            self.close()

    def _remember_geometry(self) -> None:
        remember_geometry(self.session.store, window=self, split=self.split, outer=self.outer)

    def _restore_geometry(self) -> None:
        store = self.session.store
        self.resize(1280, 720)
        self.split.setSizes([self._queue_px, 580])
        self.outer.setSizes([980, 300])
        restore_geometry(store, window=self, split=self.split, outer=self.outer)
        self._show_settings(bool(store.get("settings_visible", True)))
