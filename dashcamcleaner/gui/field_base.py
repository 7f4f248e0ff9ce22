"""What every field of the settings form is made on: it shows a value, tells a change, and lets the wheel pass."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSlider, QWidget

from dashcamcleaner.gui.words import tr
from dashcamcleaner.settings import Setting

__all__ = ["Field", "line_of"]


class _WheelGuard(QObject):
    """Lets the wheel scroll the form, not turn a value that happens to lie under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class Field(QWidget):
    """The editor of one setting.

    Signals:
        edited: the new value, as the settings table takes it.
    """

    edited = pyqtSignal(object)
    wide = False
    """It wants a line of its own below its label."""

    def __init__(self, row: Setting) -> None:
        super().__init__()
        self.row = row
        self._guard = _WheelGuard(self)

    def show_value(self, value: Any) -> None:
        """Show a value without telling it."""
        raise NotImplementedError

    def _prepare(self, *editors: QWidget) -> None:
        for editor in editors:
            editor.installEventFilter(self._guard)
            editor.setFocusPolicy(Qt.StrongFocus)
            editor.setToolTip(tr(self.row.help))
            editor.setAccessibleName(tr(self.row.label))
            editor.setAccessibleDescription(tr(self.row.help))
        self.setFocusProxy(editors[0])


def line_of(field: QWidget, *editors: QWidget) -> QHBoxLayout:
    """Lay editors out side by side; those that may be long take the room."""
    layout = QHBoxLayout(field)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for editor in editors:
        layout.addWidget(editor, 1 if isinstance(editor, QSlider | QLineEdit | QComboBox) else 0)
    return layout
