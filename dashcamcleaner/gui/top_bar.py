"""The top bar: adding, where results go, and the buttons of the run."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import QFileDialog, QFrame, QInputDialog, QMenu, QToolButton

from dashcamcleaner.core.plain_text import plain_markup, visible
from dashcamcleaner.gui.flow_layout import FlowLayout
from dashcamcleaner.gui.icons import icon, icon_button
from dashcamcleaner.gui.shortcuts import key_tip
from dashcamcleaner.gui.words import tr
from dashcamcleaner.output_files import CLEANED_SUFFIX

__all__ = ["OutputChoice", "TopBar"]


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
        self.suffix = CLEANED_SUFFIX
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
        self.add = icon_button(tr("Add clips"), "add", tip=key_tip(tr("Add clips"), "add"))
        self.add_folder = icon_button(tr("Add folder"), "folder", tip=key_tip(tr("Add a folder"), "add_folder"))
        self.output = OutputChoice(folder)
        self.cancel = icon_button(tr("Cancel"), "stop", tip=key_tip(tr("Stop; the next start continues"), "cancel"))
        self.pause = icon_button(tr("Pause"), "pause", tip=key_tip(tr("Pause or resume"), "pause"))
        self.start = icon_button(
            tr("Start"), "play", primary=True, tip=key_tip(tr("Clean all clips that wait"), "start")
        )
        self.settings = QToolButton()
        self.settings.setIcon(icon("settings", checked_ink="accent"))
        self.settings.setIconSize(QSize(18, 18))
        self.settings.setCheckable(True)
        self.settings.setToolTip(key_tip(tr("Show or hide the settings"), "settings"))
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
