"""The window: layout, menus and actions. What they do stands in `session`; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QPoint, QSize, Qt, QTimer
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QMenu, QMessageBox

from dashcamcleaner.errors import install_command
from dashcamcleaner.gui import bars
from dashcamcleaner.gui.actions import Actions
from dashcamcleaner.gui.crash import log_path
from dashcamcleaner.gui.frame_provider import FinishedResult
from dashcamcleaner.gui.help_page import HelpPage
from dashcamcleaner.gui.presence import Presence
from dashcamcleaner.gui.queue_row import BUSY, Row, State
from dashcamcleaner.gui.session import Session
from dashcamcleaner.gui.shortcuts import ShortcutDialog
from dashcamcleaner.gui.theme import apply_theme, system_prefers_dark
from dashcamcleaner.gui.window_body import WindowBody
from dashcamcleaner.gui.window_input import InputWindow
from dashcamcleaner.gui.window_parts import do_with_row, open_path, restore_geometry
from dashcamcleaner.gui.words import render_title, tr
from dashcamcleaner.messages import localized
from dashcamcleaner.plain_files import file_state

__all__ = ["MainWindow"]

_AT_FIRST_PX = (1280, 720)
_LEAST_PX = (960, 480)
"""A screen of 1024x600 holds it with a task bar, and so does one of 1920x1080 whose texts are of twice the size."""
_TITLE_PX = 40
"""What a desktop may put above a window; it is not known before the window is shown."""
_CLEANING = frozenset({State.RUNNING, State.PAUSED})
_ALL_AT_ONCE = frozenset({"again", "replace", "audit", "render"})
"""What is done with all selected rows for which it makes sense, not with the current one alone."""


class MainWindow(InputWindow):
    """The window.

    Args:
        session: the working part; closed together with the window.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.setWindowTitle("DashcamCleaner")
        self.setAcceptDrops(True)
        self.setMinimumSize(*_LEAST_PX)
        self._followed: int | None = None
        self.actions_ = Actions(self, self._acts(), store=session.store)
        self.actions_["audit_all"].setChecked(session.audit_all)
        self.presence = Presence(self)
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
            "sample": session.add_sample,
            "help": lambda: HelpPage(self).open(),
            "shortcuts": lambda: ShortcutDialog(self).open(),
            "log": lambda: open_path(log_path().parent),
            "about": lambda: QMessageBox.about(self, tr("About DashcamCleaner"), bars.about_text()),
        }

    def _lay_out(self) -> None:
        body = self.body = WindowBody(self.session)
        self.setCentralWidget(body)
        self.top, self.messages, self.foot, self.queue = body.top, body.messages, body.foot, body.queue
        self.empty, self.preview, self.review, self.result = body.empty, body.preview, body.review, body.result
        self.settings, self.tabs, self.pages, self.split = body.settings, body.tabs, body.pages, body.split
        self.outer, self.veil = body.outer, body.veil
        self.scenes, self.live = body.scenes, body.live

    def _connect(self) -> None:
        session = self.session
        for part in (self.queue, self.review.cards):
            part.installEventFilter(self)
        session.changed.connect(self._show_buttons)
        session.row_changed.connect(self._row_changed)
        session.began.connect(self._follow)
        session.message.connect(self.messages.tell)
        session.form.listen(lambda _: self._show_result())
        self.review.editing.edited.connect(self._show_render)
        self.review.ready.connect(self._show_render)
        self.review.message.connect(self.messages.tell)
        session.picture.connect(self._live_picture)
        session.all_done.connect(self._all_done)
        session.ended.connect(self._ended)
        for button, name in (
            (self.top.add, "add"),
            (self.top.add_folder, "add_folder"),
            (self.empty.add, "add"),
            (self.empty.add_folder, "add_folder"),
            (self.empty.sample, "sample"),
            (self.top.start, "start"),
            (self.top.pause, "pause"),
            (self.top.cancel, "cancel"),
        ):
            button.clicked.connect(self.actions_[name].trigger)
        self.top.settings.clicked.connect(self.actions_["settings"].trigger)
        self.foot.stop_after.clicked.connect(self.actions_["stop_after"].trigger)
        self.top.output.folder_chosen.connect(session.set_output_folder)
        self.top.output.suffix_chosen.connect(self._set_suffix)
        self.queue.chosen.connect(self._choose)
        self.queue.opened.connect(self._open_row)
        self.queue.unwanted.connect(session.remove)
        self.actions_.appearance.chosen.connect(self._set_appearance)
        self.queue.customContextMenuRequested.connect(self._queue_menu)
        self.preview.live_wanted.connect(lambda live: session.show_live(self.preview.canvas.wanted_px() if live else 0))
        self.preview.measured.connect(session.set_pace)
        self.actions_.recent.chosen.connect(lambda path: session.add([path]))
        session.added.connect(self.actions_.recent.remember)
        self.settings.weights_offered.connect(self._add_weights)
        self.result.wanted.connect(self._on_result)
        self.review.render_wanted.connect(lambda: self._render_again(clicked=True))
        self.tabs.currentChanged.connect(self._tab_changed)

    def _after_show(self) -> None:
        session = self.session
        session.restore()
        session.files.ask(session.engine.weights, self.settings.offer_weights)
        session.files.ask(session.engine.growth, self.settings.offer_growth)
        session.sight.ask(session.engine.devices, self.settings.offer_devices)
        if not self.presence.lock.possible and not session.store.get("told_of_sleep"):
            session.store.set(told_of_sleep=True)
            command = install_command('"dashcamcleaner[window]"')
            self.messages.tell(tr("The machine may go to sleep during a run; {command} prevents it.", command=command))
        if session.form.dropped:
            self.messages.tell("  ".join(map(localized, session.form.dropped)))

    # --- state on screen

    def _show_buttons(self) -> None:
        session, queue = self.session, self.session.queue
        totals = queue.totals(pace_fps=session.pace_fps)
        waits = any(row.state in ("waiting", "stopped") for row in queue)
        self.actions_["start"].setEnabled(waits and not session.takes_all)
        self.preview.set_spare(not session.busy)
        self.actions_["pause"].setEnabled(session.busy)
        self.actions_["pause"].setText(tr("Resume") if session.paused else tr("Pause"))
        self.actions_["cancel"].setEnabled(session.busy)
        self.actions_["stop_after"].setChecked(session.stop_after_this)
        self.top.show_state(
            busy=session.busy or session.started,
            paused=session.paused,
            can_start=waits,
            takes_all=session.takes_all,
        )
        self.top.output.show_folder(session.output_folder, suffix=session.result_suffix)
        self.presence.show(totals, busy=session.busy)
        follows = any(row.state is State.WAITING and (session.takes_all or row.wanted) for row in queue)
        self.actions_["stop_after"].setEnabled(session.busy and follows)
        self.foot.show_totals(totals, follows=session.busy and follows, stop_after=session.stop_after_this)
        for name in ("queue", "review", "scenes"):
            self.actions_[name].setEnabled(bool(len(queue)))
        if not len(queue) and self.tabs.currentWidget() in (self.review, self.scenes):
            self.tabs.setCurrentWidget(self.preview)  # the empty page stands there; settings as the preview has them
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
        self.session.choose(row_id)
        self.preview.set_running(False)
        self.preview.show_clip(row.source if row is not None else None, _finished(row))
        if self.tabs.currentWidget() is self.scenes:
            self.scenes.show_clip(row.source if row is not None else None)
        self._show_result()
        if row is not None:
            self.preview.set_running(row.state in _CLEANING)
        if self.body.reviewing:
            self._open_review()

    def _row_changed(self, row_id: int) -> None:
        row = self.chosen
        if row is not None and row.id == row_id:
            if row.state not in BUSY:
                self.preview.show_result(_finished(row))
                if self.body.reviewing:  # it may have become one that can be reviewed
                    self._open_review()
            self.preview.set_running(row.state in _CLEANING)
            self._show_result()

    def _show_result(self) -> None:
        """What can be done with the chosen clip, by its state and the settings in force."""
        self.result.show_row(self.chosen if self.body.previewing else None, style=self.session.form.settings.style)
        self._show_render()

    def _show_render(self) -> None:
        title = render_title(self.chosen, self.session.form.settings.style)
        self.actions_["render"].setText(title)
        self.actions_["render"].setEnabled(self._can_render(self.chosen))
        self.review.offer_render(title, enabled=self._can_render(self.chosen))

    def _can_render(self, row: Row | None) -> bool:
        """There is something to render: edits that the result does not have, or another style."""
        if row is None or row.plan is None or not row.can_restart:
            return False
        return row.style != self.session.form.settings.style or self.review.has_unrendered(row.source)

    def _follow(self, row_id: int) -> None:
        """Go along with the runs, unless the user has turned to another clip meanwhile.

        The clip that is followed is the first of those that run, until it is done.
        """
        row, runs = self.chosen, self.session.runs
        if self._followed in runs and self._followed != row_id:
            return
        first = next(iter(runs), row_id)
        if self._followed is None or row is None or row.id == self._followed:
            self.queue.choose(self.session.queue.index_of(first))
        self._followed = first

    def _live_picture(self, row_id: int, picture: QImage, time_s: float) -> None:
        row = self.chosen
        if row is not None and row.id == row_id:
            self.preview.show_live(picture, time_s, row.counts)

    def _ended(self, row_id: int) -> None:
        """A plan may have been written anew: a review of it begins afresh when it is looked at again."""
        row = self.session.queue.get(row_id)
        if row is None:
            return
        self.review.save(row.source)  # what was said of the plan before: it is kept apart, not lost
        if self.review.opened is not None and self.review.opened.clip.path == row.source:
            self.review.show_nothing()

    def join(self, paths: list[str]) -> None:
        """Take what a later start was given, and come to the front."""
        self.session.add(paths)
        self.setWindowState(self.windowState() & ~Qt.WindowMinimized)
        self.raise_()
        self.activateWindow()

    def _all_done(self) -> None:
        self._followed = None
        self.presence.ended(self.session.queue.totals())
        if self._closing:
            self.close()

    # --- actions

    def _set_suffix(self, suffix: str) -> None:
        if not self.session.set_result_suffix(suffix):
            self.messages.tell(tr("{suffix} cannot be part of a file's name.", suffix=suffix))

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
            for one in self._meant(what, row):
                if what == "render":
                    self._render(one)
                else:
                    do_with_row(what, one, session=self.session, parent=self)

    def _meant(self, what: str, row: Row) -> list[Row]:
        """The rows that something is to be done with."""
        if what not in _ALL_AT_ONCE:
            return [row]
        selected = [self.session.queue[row_id] for row_id in self.queue.chosen_ids()]
        allowed = [one for one in selected if what in dict(self.result.choices(one))]
        return allowed if row in selected else [row]

    def _show_settings(self, visible: bool) -> None:
        """Show the settings or hide them, as was asked for; that of the preview is remembered."""
        self._place_settings(visible)
        if self.body.previewing:
            self.session.store.set(settings_visible=visible)

    def _place_settings(self, visible: bool) -> None:
        self.body.show_settings(visible)
        self.actions_["settings"].setChecked(visible)
        self.top.settings.setChecked(visible)

    @property
    def _settings_wanted(self) -> bool:
        """The settings stand beside the preview; the other tabs need their room, until they are asked for there."""
        return self.body.previewing and bool(self.session.store.get("settings_visible", True))

    def _set_appearance(self, wanted: str) -> None:
        self.session.store.set(appearance=wanted)
        apply_theme(bars.application(), dark=system_prefers_dark() if wanted == "system" else wanted == "dark")
        self.body.refresh_theme()

    def _tab_changed(self, _: int) -> None:
        self._place_settings(self._settings_wanted)
        self.body.focus_tab()
        self._show_result()
        if self.body.reviewing:
            self._open_review()
        elif self.tabs.currentWidget() is self.scenes:
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

    def _render_again(self, *, clicked: bool = False) -> None:
        row = self.chosen
        if row is not None and self._can_render(row):
            self._render(row)
            self.body.show_preview(clicked=clicked)

    def _render(self, row: Row) -> None:
        if self.review.save(row.source):  # without edits that are not written, other things would be hidden
            self.session.again(row.id, overwrite=True, from_plan=row.plan)

    def _restore_geometry(self) -> None:
        store = self.session.store
        screen = self.screen()
        room = screen.availableGeometry().size() if screen is not None else QSize(*_AT_FIRST_PX)
        # A screen of 1280 pixels holds fewer of Qt's own where texts are enlarged.
        wanted = QSize(*_AT_FIRST_PX).boundedTo(room - QSize(0, _TITLE_PX))
        self.resize(wanted)
        self.body.place_at_first(wanted.width())
        restore_geometry(store, window=self, split=self.split, outer=self.outer)
        self._place_settings(self._settings_wanted)


def _finished(row: Row | None) -> FinishedResult | None:
    """The row's finished file, for the preview."""
    if row is None or row.summary is None or row.state not in (State.DONE, State.PARTIAL, State.AUDITING):
        return None
    output = Path(row.summary.output)
    try:
        return FinishedResult(output, row.plan, version=file_state(output))
    except OSError:  # moved away since: what is left is what the settings would make
        return None
