"""What comes into the window: clips and weights, browsed for or dropped, and the keys of the tab in front."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PyQt5.QtWidgets import QFileDialog, QLineEdit

from dashcamcleaner.gui.window_closing import ClosingWindow
from dashcamcleaner.gui.window_parts import clip_filter, dropped_paths
from dashcamcleaner.gui.words import tr

__all__ = ["InputWindow"]

_WEIGHTS = (".pt", ".onnx")


class InputWindow(ClosingWindow):
    """A window that takes clips, weights and keys; `main_window.MainWindow` gives it its parts."""

    queue: Any
    settings: Any
    tabs: Any
    veil: Any

    # --- files

    def _browse_clips(self) -> None:
        start = str(self.session.store.get("last_folder", ""))
        names, _ = QFileDialog.getOpenFileNames(self, tr("Add clips"), start, clip_filter())
        if names:
            self.session.store.set(last_folder=str(Path(names[0]).parent))
            self.session.add(names)

    def _browse_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, tr("Add folder"), str(self.session.store.get("last_folder", "")))
        if name:
            self.session.store.set(last_folder=name)
            self.session.add([name])

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
