"""One setting as a line of the form, and the sections that fold lines away."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from dashcamcleaner.errors import SettingError
from dashcamcleaner.gui.fields import CheckField, Field, field_for
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.icons import icon
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.words import tr
from dashcamcleaner.settings import Setting, shown

__all__ = ["FORM_LEAST_PX", "FORM_MARGIN_PX", "FoldingSection", "SettingLine"]

FORM_LEAST_PX = 270
FORM_MARGIN_PX = 14
_BESIDE_PX = 30
"""What stands beside a line: the way back to the default, the indent of its section, and a scroll bar."""


class SettingLine(QWidget):
    """A field with its label, its way back to the default, and the place for a complaint."""

    def __init__(self, row: Setting, model: FormModel) -> None:
        super().__init__()
        self.row, self._model = row, model
        self.field: Field = field_for(row)
        self.label = PlainLabel(tr(row.label))
        self.label.setToolTip(tr(row.help))
        self.label.setBuddy(self.field)
        self.label.setWordWrap(True)  # a long word of another language must not push the fields out of sight
        self.label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Preferred)
        self.back = QToolButton()
        self.refresh_theme()
        self.back.setAccessibleName(tr("Reset {name}", name=tr(row.label)))
        self.back.setProperty("small", True)
        self.back.setIconSize(QSize(13, 13))
        self.back.clicked.connect(lambda: model.reset(row.name))
        self.note = PlainLabel()
        self.note.setWordWrap(True)
        self.note.hide()
        self.field.edited.connect(self._take)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 3, 0, 3)
        layout.setSpacing(3)
        top = QHBoxLayout()
        top.setSpacing(6)
        if isinstance(self.field, CheckField):
            self.label.hide()
            top.addWidget(self.field)
        else:
            top.addWidget(self.label, 1)
        top.addWidget(self.back)
        if isinstance(self.field, CheckField):
            top.addStretch(1)
        below = self.field.wide or self._is_long()
        if not (below or isinstance(self.field, CheckField)):
            top.addWidget(self.field)
        layout.addLayout(top)
        if below:
            layout.addWidget(self.field)
        layout.addWidget(self.note)

    def _is_long(self) -> bool:
        """Label and field do not fit beside each other: a long word cannot be broken."""
        asked = self.label.minimumSizeHint().width() + self.field.minimumSizeHint().width()
        return not isinstance(self.field, CheckField) and asked > FORM_LEAST_PX - 2 * FORM_MARGIN_PX - _BESIDE_PX

    def _take(self, value: Any) -> None:
        try:
            self._model.set(self.row.name, value)
        except SettingError as error:
            self.tell(error.message, bad=True)
            return
        self.tell("")
        self.refresh()

    def refresh_theme(self) -> None:
        """Draw the icon anew."""
        self.back.setIcon(icon("reset", ink="quiet"))

    def tell(self, text: str, *, bad: bool = False) -> None:
        """A sentence below the field; none hides it."""
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.note.setProperty("bad", bad)
        self.note.setProperty("quiet", not bad)
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)

    def refresh(self) -> None:
        """Show the value in force."""
        self.field.show_value(self._model.value(self.row.name))
        own = self._model.is_own(self.row.name)
        self.back.setVisible(own)
        self.back.setToolTip(tr("Reset to {value}", value=shown(self._model.default(self.row.name))))


class FoldingSection(QWidget):
    """A heading that opens and closes what is below it."""

    def __init__(self, title: str, *, opened: bool = False) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setChecked(opened)
        self.button.setProperty("section", True)
        self.button.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        self.body = QWidget()
        self.lines = QVBoxLayout(self.body)
        self.lines.setContentsMargins(4, 0, 0, 8)
        self.lines.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.button)
        layout.addWidget(self.body)
        self.button.toggled.connect(self.open)
        self.open(opened)

    def refresh_theme(self) -> None:
        """Draw the icon anew."""
        self.open(self.button.isChecked())

    def open(self, opened: bool) -> None:
        self.body.setVisible(opened)
        self.button.setChecked(opened)
        self.button.setIcon(icon("down" if opened else "right", ink="quiet"))
