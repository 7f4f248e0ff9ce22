"""The window: layout, menus and actions. What they do stands in `session`; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QByteArray, QPoint, Qt, QTimer, QUrl
from PyQt5.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QKeyEvent
from PyQt5.QtWidgets import (
    QAction,
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
from dashcamcleaner.gui.crash import log_path
from dashcamcleaner.gui.drop import DropVeil, dropped_paths
from dashcamcleaner.gui.looker import Looker
from dashcamcleaner.gui.preview import PreviewPanel
from dashcamcleaner.gui.queue_model import BUSY, Row
from dashcamcleaner.gui.queue_view import QueueView
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.settings_form import SettingsForm
from dashcamcleaner.gui.shortcuts import ShortcutDialog, key
from dashcamcleaner.gui.theme import apply_theme, system_prefers_dark
from dashcamcleaner.gui.words import tr

__all__ = ["MainWindow"]

_WEIGHTS = (".pt", ".onnx")


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
        self.setMinimumSize(860, 540)
        self._asked_to_close = False
        self._followed: int | None = None
        self._closing = False
        self._actions: dict[str, QAction] = {}
        self._make_actions()
        self._lay_out()
        self._make_menus()
        self._connect()
        self._restore_geometry()
        self._show_buttons()
        # The heavy imports of the desks begin only now, with the window on screen.
        QTimer.singleShot(0, self._after_show)

    # --- building

    def _make_actions(self) -> None:
        self._action("add", tr("Add clips…"), self._browse_clips)
        self._action("add_folder", tr("Add folder…"), self._browse_folder)
        self._action("remove", tr("Remove from queue"), self._remove_chosen, shortcut=False)
        self._action("clear", tr("Remove finished clips"), self.session.remove_ended, shortcut=False)
        self._action("start", tr("Start"), self.session.start)
        self._action("pause", tr("Pause"), lambda: self.session.pause(not self.session.paused))
        self._action("cancel", tr("Cancel"), self.session.cancel)
        stop = self._action("stop_after", tr("Stop after this clip"), self._stop_after, shortcut=False)
        stop.setCheckable(True)
        self._action("quit", tr("Quit"), self.close)
        self._action("queue", tr("Queue"), lambda: self.queue.setFocus(Qt.ShortcutFocusReason))
        self._action("preview", tr("Preview"), lambda: self.tabs.setCurrentIndex(0))
        self._action("review", tr("Review"), lambda: self.tabs.setCurrentIndex(1))
        settings = self._action("settings", tr("Settings"), lambda: self._show_settings(settings.isChecked()))
        settings.setCheckable(True)
        self._action("shortcuts", tr("Keyboard shortcuts"), lambda: ShortcutDialog(self).open())
        self._action("log", tr("Log file"), lambda: _open(log_path().parent), shortcut=False)
        self._action("about", tr("About DashcamCleaner"), self._about, shortcut=False)

    def _action(self, name: str, text: str, act: Callable[[], object], *, shortcut: bool = True) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda *_: act())
        if shortcut:
            action.setShortcut(key(name))
        self.addAction(action)
        self._actions[name] = action
        return action

    def action(self, name: str) -> QAction:
        """An action by its name."""
        return self._actions[name]

    def _lay_out(self) -> None:
        session = self.session
        self.top = bars.TopBar(session.output_folder)
        self.messages = bars.MessageBar()
        self.foot = bars.FootBar()
        self.queue = QueueView(session.rows)
        self.empty = bars.EmptyPage()
        self.preview = PreviewPanel(session.sight, Looker(session.engine), session.form)
        self.result = bars.ResultBar()
        self.settings = SettingsForm(session.form, session.store)
        self.settings.setMinimumWidth(270)

        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.preview, tr("Preview"))

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
        frame.setMinimumWidth(280)
        middle.setMinimumWidth(320)

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

    def _make_menus(self) -> None:
        bar = self.menuBar()
        for title, names in (
            (tr("&File"), ("add", "add_folder", None, "quit")),
            (tr("&Queue"), ("start", "pause", "cancel", "stop_after", None, "remove", "clear")),
            (tr("&View"), ("queue", "preview", "review", "settings")),
            (tr("&Help"), ("shortcuts", "log", None, "about")),
        ):
            menu = bar.addMenu(title)
            for name in names:
                if name is None:
                    menu.addSeparator()
                else:
                    menu.addAction(self._actions[name])
            if "settings" in names:
                menu.addSeparator()
                self._appearance = bars.appearance_menu(self, str(self.session.store.get("appearance", "system")))
                self._appearance.chosen.connect(self._set_appearance)
                menu.addMenu(self._appearance)

    def _connect(self) -> None:
        session = self.session
        session.changed.connect(self._show_buttons)
        session.row_changed.connect(self._row_changed)
        session.began.connect(self._follow)
        session.told.connect(self.messages.tell)
        session.picture.connect(self._live_picture)
        session.all_done.connect(self._all_done)
        for button, name in (
            (self.top.add, "add"),
            (self.top.add_folder, "add_folder"),
            (self.empty.add, "add"),
            (self.empty.add_folder, "add_folder"),
            (self.top.start, "start"),
            (self.top.pause, "pause"),
            (self.top.cancel, "cancel"),
        ):
            button.clicked.connect(self._actions[name].trigger)
        self.top.settings.clicked.connect(self._actions["settings"].trigger)
        self.foot.stop_after.clicked.connect(self._actions["stop_after"].trigger)
        self.top.output.folder_chosen.connect(session.set_output_folder)
        self.queue.chosen.connect(self._choose)
        self.queue.opened.connect(self._open_row)
        self.queue.unwanted.connect(session.remove)
        self.queue.customContextMenuRequested.connect(self._queue_menu)
        self.preview.live_wanted.connect(lambda live: session.watch(self.preview.canvas.wanted_px() if live else 0))
        self.settings.weights_offered.connect(self._add_weights)
        self.result.wanted.connect(self._on_result)

    def _after_show(self) -> None:
        session = self.session
        settings = session.form.settings
        session.restore()
        session.files.ask(session.engine.weights, self.settings.offer_weights)
        session.files.ask(session.engine.growth, self.settings.offer_growth)
        session.sight.ask(lambda: session.engine.devices(settings=settings), self.settings.offer_devices)
        if session.form.dropped:
            self.messages.tell("  ".join(session.form.dropped))

    # --- state on screen

    def _show_buttons(self) -> None:
        session, queue = self.session, self.session.queue
        totals = queue.totals()
        waits = any(row.state in ("waiting", "stopped") for row in queue)
        self._actions["start"].setEnabled(waits and not (session.busy or session.started))
        self._actions["pause"].setEnabled(session.busy)
        self._actions["pause"].setText(tr("Resume") if session.paused else tr("Pause"))
        self._actions["cancel"].setEnabled(session.busy)
        self._actions["stop_after"].setEnabled(session.busy)
        self._actions["stop_after"].setChecked(session.stop_after_this)
        self.top.show_state(busy=session.busy or session.started, paused=session.paused, can_start=waits)
        self.top.output.show_folder(session.output_folder)
        self.foot.show_totals(totals, busy=session.busy, stop_after=session.stop_after_this)
        wanted = 1 if len(queue) else 0
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
        self.result.show_row(row)
        if row is not None:
            self.preview.set_running(row.state in BUSY)

    def _row_changed(self, row_id: int) -> None:
        row = self.chosen
        if row is not None and row.id == row_id:
            self.result.show_row(row)
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

    def _remove_chosen(self) -> None:
        self.session.remove(self.queue.chosen_ids())

    def _open_row(self, row_id: int) -> None:
        row = self.session.queue.get(row_id)
        if row is not None and row.summary is not None:
            _open(Path(row.summary.output))

    def _on_result(self, what: str) -> None:
        row = self.chosen
        if row is None:
            return
        summary = row.summary
        if what == "again":
            self.session.again(row.id)
        elif what == "replace":
            self.session.again(row.id, overwrite=True)
        elif what == "name":
            self._choose_own_output(row)
        elif summary is not None and what == "open":
            _open(Path(summary.output))
        elif summary is not None and what == "folder":
            _open(Path(summary.output).parent)
        elif summary is not None and what == "report" and summary.report:
            _open(Path(summary.report))

    def _choose_own_output(self, row: Row) -> None:
        start = str(row.own_output or row.output or row.source.with_name(f"{row.source.stem}_cleaned.mp4"))
        asked = QFileDialog.DontConfirmOverwrite  # the engine refuses to replace; its sentence tells what to do
        name, _ = QFileDialog.getSaveFileName(self, tr("Save result as"), start, options=asked)
        if name:
            row.own_output = Path(name)
            self.session.row_changed.emit(row.id)

    def _queue_menu(self, at: QPoint) -> None:
        row = self.chosen
        menu = QMenu(self)
        if row is not None:
            for what, title in self.result.choices(row):
                menu.addAction(title, lambda what=what: self._on_result(what))
            menu.addSeparator()
            menu.addAction(self._actions["remove"])
        menu.addAction(self._actions["clear"])
        menu.setAttribute(Qt.WA_DeleteOnClose)
        menu.popup(self.queue.viewport().mapToGlobal(at))

    def _add_weights(self, path: str) -> None:
        session = self.session

        def added(name: str) -> None:
            session.form.set("weights", name)
            session.files.ask(session.engine.weights, self.settings.offer_weights)
            self.settings.more.open(True)
            told = tr("Added; loading a .pt from elsewhere needs “Trust these weights”.")
            self.settings.tell("weights", told if name.endswith(".pt") else tr("Added."))

        def failed(error: Exception) -> None:
            self.settings.tell("weights", f"{error}", bad=True)

        session.files.ask(lambda: session.engine.add_weights(Path(path)), added, failed=failed)

    def _show_settings(self, visible: bool) -> None:
        self.settings.setVisible(visible)
        self._actions["settings"].setChecked(visible)
        self.top.settings.setChecked(visible)
        self.session.store.set(settings_visible=visible)

    def _set_appearance(self, wanted: str) -> None:
        self.session.store.set(appearance=wanted)
        apply_theme(bars.application(), dark=system_prefers_dark() if wanted == "system" else wanted == "dark")
        for part in (self.top, self.preview, self.messages, self.empty, self.result):
            part.refresh_theme()
        self.queue.viewport().update()

    def _about(self) -> None:
        QMessageBox.about(self, tr("About DashcamCleaner"), bars.about_text())

    def _stop_after(self) -> None:
        self.session.set_stop_after_this(self._actions["stop_after"].isChecked())

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

    def _preview_key(self, event: QKeyEvent, *, pressed: bool) -> bool:
        if event.modifiers() & (Qt.ControlModifier | Qt.AltModifier) or isinstance(self.focusWidget(), QLineEdit):
            return False
        panel = self.tabs.currentWidget()
        if event.key() == Qt.Key_O:
            if not event.isAutoRepeat():
                panel.canvas.hold_original(pressed)
            return True
        return pressed and panel.take_key(event)

    # --- closing

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self.session.busy and not self._closing:
            event.ignore()
            self._ask_whether_to_close()
            return
        self._remember_geometry()
        self.preview.close_clip()
        self.session.close()
        event.accept()

    def _ask_whether_to_close(self) -> None:
        if self._asked_to_close:
            return
        self._asked_to_close = True
        self.question = QMessageBox(self)
        self.question.setIcon(QMessageBox.Question)
        self.question.setWindowTitle(tr("A clip is being cleaned"))
        self.question.setText(tr("Stop the running clip and close?"))
        self.question.setInformativeText(tr("What was analysed is kept: the next start continues where it stopped."))
        stop = self.question.addButton(tr("Stop and close"), QMessageBox.AcceptRole)
        self.question.setDefaultButton(self.question.addButton(tr("Keep working"), QMessageBox.RejectRole))
        self.question.finished.connect(lambda _: self._answered(self.question.clickedButton() is stop))
        self.question.open()

    def _answered(self, stop: bool) -> None:
        self._asked_to_close = False
        if stop:
            self._closing = True
            self.messages.tell(tr("Stopping…"))
            self.session.cancel()
            if not self.session.busy:
                self.close()

    def _remember_geometry(self) -> None:
        self.session.store.set(
            geometry=bytes(self.saveGeometry().toBase64()).decode(),
            split=bytes(self.split.saveState().toBase64()).decode(),
            outer=bytes(self.outer.saveState().toBase64()).decode(),
        )

    def _restore_geometry(self) -> None:
        store = self.session.store
        self.resize(1280, 720)
        self.split.setSizes([380, 580])
        self.outer.setSizes([980, 300])
        for name, restore in (
            ("geometry", self.restoreGeometry),
            ("split", self.split.restoreState),
            ("outer", self.outer.restoreState),
        ):
            kept = store.get(name)
            if isinstance(kept, str):
                restore(QByteArray.fromBase64(kept.encode()))
        self._show_settings(bool(store.get("settings_visible", True)))


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
