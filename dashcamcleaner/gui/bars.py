"""The window's fixed parts: top bar, message bar, empty page, result bar and foot. They show; they decide nothing."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QActionGroup,
    QApplication,
    QCheckBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

import dashcamcleaner
from dashcamcleaner.core.plain_text import plain_markup, visible
from dashcamcleaner.errors import OutputError
from dashcamcleaner.gui.flow_layout import FlowLayout
from dashcamcleaner.gui.help_page import first_hints
from dashcamcleaner.gui.icons import app_icon, icon
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.queue_model import Totals
from dashcamcleaner.gui.queue_row import Row, State
from dashcamcleaner.gui.shortcuts import key_text
from dashcamcleaner.gui.words import render_title, totals_text, tr

__all__ = ["EmptyPage", "FootBar", "MessageBar", "OutputChoice", "ResultBar", "TopBar"]


def application() -> QApplication:
    """The running application."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def _button(text: str, name: str, *, primary: bool = False, tip: str = "") -> QPushButton:
    button = QPushButton(icon(name, ink="on_accent" if primary else "text"), text)
    button.setProperty("primary", primary)
    button.setProperty("icon_name", name)
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(text)
    return button


def _tip(text: str, name: str) -> str:
    return f"{text} ({key_text(name)})"


class OutputChoice(QToolButton):
    """Where results go.

    Signals:
        folder_chosen: a folder, or None for beside each clip.
        suffix_chosen: what a result's name has after its source's; empty: as it was at first.
    """

    folder_chosen = pyqtSignal(object)
    suffix_chosen = pyqtSignal(str)

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self.suffix = "_cleaned"
        self.setProperty("boxed", True)
        self.setPopupMode(QToolButton.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.setAccessibleName(tr("Save results"))
        menu = QMenu(self)
        self.beside = menu.addAction(tr("Beside each clip"), lambda: self.folder_chosen.emit(None))
        self.browse = menu.addAction(tr("Into a folder…"), self._browse)
        menu.addSeparator()
        self.naming = menu.addAction("", self._name)
        self.setMenu(menu)
        self._folder: Path | None = None
        self.show_folder(folder)

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(self, tr("Folder for results"), str(self._folder or ""))
        if name:
            self.folder_chosen.emit(Path(name))

    def _name(self) -> None:
        words = tr("What results are called: the clip's name and")
        text, chosen = QInputDialog.getText(self, tr("Names of results"), words, text=self.suffix)
        if chosen:
            self.suffix_chosen.emit(text)

    def show_folder(self, folder: Path | None, *, suffix: str = "") -> None:
        """Show where results go now, and under which names."""
        self._folder, self.suffix = folder, suffix or self.suffix
        name = tr("Named NAME{suffix}…", suffix=visible(self.suffix))
        self.naming.setText(name.replace("&", "&&"))
        text = tr("Save beside each clip") if folder is None else tr("Save to {folder}", folder=folder.name or folder)
        self.setIcon(icon("save"))
        shown = self.fontMetrics().elidedText(visible(text), Qt.ElideMiddle, 220).replace("&", "&&")
        self.setText(shown + "  ▾")
        beside = tr("Each result stands beside its clip as NAME{suffix}", suffix=self.suffix)
        self.setToolTip(plain_markup(beside) if folder is None else plain_markup(folder))


class TopBar(QFrame):
    """Adding, where results go, and the run's buttons."""

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.add = _button(tr("Add clips"), "add", tip=_tip(tr("Add clips"), "add"))
        self.add_folder = _button(tr("Add folder"), "folder", tip=_tip(tr("Add a folder"), "add_folder"))
        self.output = OutputChoice(folder)
        self.cancel = _button(tr("Cancel"), "stop", tip=_tip(tr("Stop; the next start continues"), "cancel"))
        self.pause = _button(tr("Pause"), "pause", tip=_tip(tr("Pause or resume"), "pause"))
        self.start = _button(tr("Start"), "play", primary=True, tip=_tip(tr("Clean all clips that wait"), "start"))
        self.settings = QToolButton()
        self.settings.setIcon(icon("settings", checked_ink="accent"))
        self.settings.setIconSize(QSize(18, 18))
        self.settings.setCheckable(True)
        self.settings.setToolTip(_tip(tr("Show or hide the settings"), "settings"))
        self.settings.setAccessibleName(tr("Settings"))
        line = FlowLayout(self)
        line.setContentsMargins(12, 9, 12, 9)
        for widget in (self.add, self.add_folder, self.output):
            line.addWidget(widget)
        line.addStretch()
        for widget in (self.cancel, self.pause, self.start):
            line.addWidget(widget)
        line.addSpacing(4)
        line.addWidget(self.settings)

    def show_state(self, *, busy: bool, paused: bool, can_start: bool, takes_all: bool) -> None:
        """Which buttons make sense now.

        Args:
            busy: something runs, or is about to.
            paused: it is held.
            can_start: a clip waits.
            takes_all: everything that waits will be run anyway.
        """
        self.start.setVisible(not takes_all and (can_start or not busy))
        self.start.setEnabled(can_start)
        self.pause.setVisible(busy)
        self.cancel.setVisible(busy)
        self.pause.setText(tr("Resume") if paused else tr("Pause"))
        self.pause.setIcon(icon("play" if paused else "pause"))
        self.pause.setAccessibleName(self.pause.text())

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        for button in (self.add, self.add_folder, self.cancel, self.pause):
            button.setIcon(icon(str(button.property("icon_name"))))
        self.start.setIcon(icon("play", ink="on_accent"))
        self.settings.setIcon(icon("settings", checked_ink="accent"))
        self.output.show_folder(self.output._folder)


class MessageBar(QFrame):
    """A sentence that waits to be read, never a box in the way, and nothing under the pointer moves when it comes.

    Args:
        focus_after: gets the focus when a key dismisses it; Qt would give it to a button, which Space then presses.
    """

    def __init__(self, focus_after: QWidget) -> None:
        super().__init__()
        self._focus_after = focus_after
        self.setObjectName("notice")
        self.text = PlainLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.PlainText)  # sentences quote names and files, which anybody may have written
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.text.setAccessibleName(tr("Message"))
        self.text.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Minimum)  # a long name makes no column wider
        self.dismiss = QToolButton()
        self.dismiss.setIcon(icon("cross"))
        self.dismiss.setToolTip(tr("Dismiss"))
        self.dismiss.setAccessibleName(tr("Dismiss"))
        self.dismiss.clicked.connect(self._put_away)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 8, 8, 8)
        line.addWidget(self.text, 1)
        line.addWidget(self.dismiss, 0, Qt.AlignTop)
        self.hide()

    def _put_away(self) -> None:
        if self.dismiss.hasFocus():
            self._focus_after.setFocus(Qt.TabFocusReason)
        self.hide()

    def tell(self, text: str) -> None:
        """Show a sentence in place of the last one."""
        self.text.setText(text)
        self.text.setToolTip(plain_markup(text))
        self.setVisible(bool(text))

    def refresh_theme(self) -> None:
        """Draw the icon anew."""
        self.dismiss.setIcon(icon("cross"))


class EmptyPage(QWidget):
    """What an empty queue says: how to begin."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("The queue is empty"))
        self.emblem = PlainLabel()
        self.emblem.setAlignment(Qt.AlignCenter)
        title = PlainLabel(tr("Drop clips or folders here"))
        title.setProperty("title", True)
        words = PlainLabel(
            tr("Faces and number plates are hidden, everything else stays as it was.\nNothing leaves this computer.")
        )
        words.setProperty("quiet", True)
        self.add = _button(tr("Add clips"), "add", tip=_tip(tr("Add clips"), "add"))
        self.add_folder = _button(tr("Add folder"), "folder", tip=_tip(tr("Add a folder"), "add_folder"))
        self.sample = _button(tr("Try a sample clip"), "play", tip=tr("A drawn street, to see everything at work"))
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for button in (self.add, self.add_folder, self.sample):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._place = QGridLayout(self)
        self._place.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout()
        self._place.addLayout(column, 0, 0)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.addStretch(3)
        column.addWidget(self.emblem)
        column.addSpacing(4)
        for label in (title, words):
            label.setAlignment(Qt.AlignCenter)
            label.setWordWrap(True)  # texts may be of twice the size
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(buttons)
        column.addSpacing(18)
        for sentence in first_hints():
            hint = PlainLabel(sentence)
            hint.setProperty("quiet", True)
            hint.setAlignment(Qt.AlignCenter)
            hint.setWordWrap(True)
            column.addWidget(hint)
        column.addStretch(4)
        self.refresh_theme()

    def overlay(self, widget: QWidget) -> None:
        """Lay a widget over the foot of the page; nothing else moves."""
        self._place.addWidget(widget, 0, 0, Qt.AlignBottom)

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        self.emblem.setPixmap(app_icon().pixmap(self.windowHandle(), QSize(84, 84)))
        self.add.setIcon(icon("add"))
        self.add_folder.setIcon(icon("folder"))
        self.sample.setIcon(icon("play"))


class ResultBar(QFrame):
    """What can be done with the chosen clip's result.

    Signals:
        wanted: ``open``, ``folder``, ``report``, ``again``, ``replace``, ``name``, ...
    """

    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.line = FlowLayout(self)
        self.line.setContentsMargins(12, 8, 12, 8)
        self.buttons: dict[str, QPushButton] = {}
        for what, title, name in (
            ("open", tr("Play result"), "play"),
            ("folder", tr("Open folder"), "folder"),
            ("report", tr("Open report"), "check"),
            ("review", tr("Review"), "eye"),
            ("render", tr("Render again"), "reset"),
            ("audit", tr("Run audit"), "shield"),
            ("again", tr("Start again"), "reset"),
            ("replace", tr("Clean again, replacing the result"), "reset"),
            ("name", tr("Save result as…"), "save"),
            ("log", tr("Log of this clip"), "check"),
        ):
            button = _button(title, name)
            button.clicked.connect(lambda _, what=what: self.wanted.emit(what))
            self.buttons[what] = button
            self.line.addWidget(button)
        self.more = QToolButton()
        self.more.setProperty("boxed", True)
        self.more.setText(tr("More") + "  ▾")
        self.more.setAccessibleName(tr("More"))
        self.more.setPopupMode(QToolButton.InstantPopup)
        menu = QMenu(self.more)
        menu.aboutToShow.connect(lambda: self._fill_more(menu))
        self.more.setMenu(menu)
        self.line.addWidget(self.more)
        self._row: Row | None = None
        self._shown: list[str] | None = None
        self.style_wanted = ""
        self.show_row(None)

    def _possible(self, row: Row | None) -> list[str]:
        if row is None:
            return []
        logged = ["log"] if row.log else []
        if row.state in (State.DONE, State.PARTIAL):
            found = ["open", "folder"]
            found += ["report"] if row.summary is not None and row.summary.report else []
            found += ["review"] if row.plan is not None else []
            found += ["render"] if row.plan is not None and row.style != self.style_wanted else []
            return [*found, "audit", "replace", *logged]
        if row.plan is not None and row.state in (State.FAILED, State.STOPPED):  # rendering again: the result stands
            return ["again", "review", "replace", *logged]
        if row.state is State.FAILED:
            taken = isinstance(row.error, OutputError) and row.output is not None and row.output.exists()
            return ["replace", "name", *logged] if taken else ["again", "name", *logged]
        if row.state is State.STOPPED:
            return ["again", *logged]
        return ["name", *logged] if row.state is State.WAITING else logged

    _IN_MENU_ONLY = frozenset({"folder", "audit", "replace", "log"})

    def _fill_more(self, menu: QMenu) -> None:
        menu.clear()
        for what, title in self.choices(self._row) if self._row is not None else ():
            if what in self._IN_MENU_ONLY:
                menu.addAction(title, lambda what=what: self.wanted.emit(what))

    def choices(self, row: Row) -> list[tuple[str, str]]:
        """What makes sense for a row, and its title: for menus too."""
        titles = {what: button.text() for what, button in self.buttons.items()}
        titles["render"] = render_title(row, self.style_wanted)
        return [(what, titles[what]) for what in self._possible(row)]

    def show_row(self, row: Row | None, *, style: str = "") -> None:
        """Show the buttons that make sense for a row.

        Args:
            row: the row; None: there is none.
            style: the style in force in the settings; *Render again* is offered where the result has another.
        """
        self._row, self.style_wanted = row, style
        self.buttons["render"].setText(render_title(row, style))
        self.buttons["render"].setAccessibleName(self.buttons["render"].text())
        possible = self._possible(row)
        finished = row is not None and row.state in (State.DONE, State.PARTIAL)
        self.more.setVisible(finished or (row is not None and row.state is State.FAILED and bool(row.log)))
        if row is not None and row.state is not State.WAITING:
            possible = [what for what in possible if what not in self._IN_MENU_ONLY]
        if row is not None and row.state is State.WAITING:
            possible = []  # the menu offers another name; the bar stays out of the way
        if possible == self._shown:
            return
        self._shown = possible
        for what, button in self.buttons.items():
            button.setVisible(what in possible)
        self.setVisible(bool(possible))

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        for button in self.buttons.values():
            button.setIcon(icon(str(button.property("icon_name"))))


class FootBar(QFrame):
    """Total progress."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Total progress"))
        self.text = PlainLabel()
        self.text.setAccessibleName(tr("Total progress"))
        self.text.setSizePolicy(QSizePolicy.Minimum, QSizePolicy.Preferred)
        self.stop_after = QCheckBox(tr("Stop after this clip"))
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 7, 14, 7)
        line.setSpacing(14)
        line.addWidget(self.text)
        line.addWidget(self.bar, 1)
        line.addWidget(self.stop_after)

    def show_totals(self, totals: Totals, *, follows: bool, stop_after: bool) -> None:
        """How far the queue is.

        Args:
            totals: what is told.
            follows: another clip is to be started after those that run.
            stop_after: none is, although one waits.
        """
        self.setVisible(bool(totals.clips))
        self.bar.setValue(round(totals.fraction * 1000))
        text = totals_text(totals)
        if text != self.text.text():
            self.text.setText(text)
        self.stop_after.setVisible(follows)
        self.stop_after.setChecked(stop_after)


class AppearanceMenu(QMenu):
    """System, light or dark.

    Signals:
        chosen: ``system``, ``light`` or ``dark``.
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget, current: str) -> None:
        super().__init__(tr("Appearance"), parent)
        group = QActionGroup(self)
        for name, title in (("system", tr("As the system")), ("light", tr("Light")), ("dark", tr("Dark"))):
            action = self.addAction(title)
            action.setCheckable(True)
            action.setChecked(name == current)
            action.triggered.connect(lambda _, name=name: self.chosen.emit(name))
            group.addAction(action)


def about_text() -> str:
    """What the about box says."""
    words = tr("Hides faces and number plates in dashcam and street clips, and keeps everything else as it was.")
    licence = tr("Free software under the AGPL-3.0. Its reports tell what was done, not that nobody can be recognised.")
    return f"<b>DashcamCleaner {dashcamcleaner.__version__}</b><p>{words}</p><p>{licence}</p>"
