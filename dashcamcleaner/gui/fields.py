"""One widget per type of setting. Each shows a value and tells a change; none knows the form or decides anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLineEdit,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.core.plain_text import plain_markup, visible
from dashcamcleaner.gui.field_base import Field, line_of
from dashcamcleaner.gui.form_model import choice_title
from dashcamcleaner.gui.icons import icon
from dashcamcleaner.gui.worded_field import WORDED, WordedField
from dashcamcleaner.gui.words import tr
from dashcamcleaner.settings import Setting

__all__ = ["Field", "field_for"]

_STEPS = {"inference_size": 32, "look_ahead": 0.1, "fill_before": 0.1, "fill_after": 0.1, "max_look_ahead_mb": 50}
_NUMBER_PX = 84


class CheckField(Field):
    """Yes or no; its label is part of the box."""

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.box = QCheckBox(tr(row.label))
        self._prepare(self.box)
        line_of(self, self.box)
        self.box.clicked.connect(lambda on: self.edited.emit(on))

    def show_value(self, value: Any) -> None:
        self.box.setChecked(bool(value))


class ChoiceField(Field):
    """One of the row's choices."""

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.combo = QComboBox()
        self._prepare(self.combo)
        for choice in row.choices:
            self.combo.addItem(tr(choice_title(choice)), choice)
        line_of(self, self.combo)
        self.combo.activated.connect(lambda place: self.edited.emit(self.combo.itemData(place)))

    def show_value(self, value: Any) -> None:
        self.combo.setCurrentIndex(self.combo.findData(value))


class OpenChoiceField(Field):
    """A text setting whose choices are found out later: weights, devices. Any other value is shown too."""

    wide = True

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.combo = QComboBox()
        self.combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self._prepare(self.combo)
        self._layout = line_of(self, self.combo)
        self._value: Any = row.default
        self.offer([("auto", tr("Automatic"), "")])
        self.combo.activated.connect(lambda place: self.edited.emit(self.combo.itemData(place)))

    def offer(self, choices: Sequence[tuple[str, str, str]]) -> None:
        """Replace the choices: value, title, tool tip."""
        with QSignalBlocker(self.combo):
            self.combo.clear()
            for value, title, tip in choices:
                self.combo.addItem(visible(title), value)
                self.combo.setItemData(self.combo.count() - 1, plain_markup(tip), Qt.ToolTipRole)
        self.show_value(self._value)

    def add_button(self, button: QWidget) -> None:
        """A button beside the choices."""
        self._layout.addWidget(button)

    def show_value(self, value: Any) -> None:
        self._value = value
        place = self.combo.findData(value)
        if place < 0:
            self.combo.addItem(str(value).replace("\\", "/").rsplit("/", 1)[-1], value)
            place = self.combo.count() - 1
        self.combo.setCurrentIndex(place)


class NumberField(Field):
    """A number with its bounds; a slider beside it where the range is short. "auto" stands for no value."""

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self._whole = row.type == "int"
        self._step = _STEPS.get(row.name, 1 if self._whole else 0.05 if (row.maximum or 0) > 1 else 0.01)
        low = row.minimum or 0
        top = row.maximum if row.maximum is not None else 1e6
        self._nullable = row.default is None
        self.spin: QSpinBox | QDoubleSpinBox = QSpinBox() if self._whole else QDoubleSpinBox()
        if isinstance(self.spin, QDoubleSpinBox):
            self.spin.setDecimals(2)
        first = low - self._step if self._nullable else low
        self.spin.setRange(*((int(first), int(top)) if self._whole else (first, top)))
        self.spin.setSingleStep(self._step)  # type: ignore[arg-type]
        self.spin.setKeyboardTracking(False)
        self.spin.setAlignment(Qt.AlignRight)
        self.spin.setFixedWidth(_NUMBER_PX)
        self.spin.setButtonSymbols(QAbstractSpinBox.NoButtons)
        if self._nullable:
            self.spin.setSpecialValueText(tr("auto"))
            self.spin.setStepType(QAbstractSpinBox.DefaultStepType)
        elif row.unit:
            self.spin.setSuffix(" " + tr(row.unit))
            self.spin.setFixedWidth(max(_NUMBER_PX, self.spin.sizeHint().width()))  # a unit may be words
        slider_top = top if row.usual_maximum is None else row.usual_maximum  # the number field goes on
        self.slider: QSlider | None = None
        self._low = low
        if (slider_top - low) / self._step <= 120 and row.name not in _STEPS:
            self.slider = QSlider(Qt.Horizontal)
            self.slider.setRange(0, round((slider_top - low) / self._step))
            self.slider.setPageStep(max(1, self.slider.maximum() // 10))
            self.slider.valueChanged.connect(self._slid)
            self.wide = True
        editors = [self.spin] if self.slider is None else [self.slider, self.spin]
        self._prepare(*editors)
        line_of(self, *editors)
        self.spin.valueChanged.connect(self._typed)
        self.hint: float | None = None

    def _slid(self, place: int) -> None:
        value = self._low + place * self._step
        with QSignalBlocker(self.spin):
            self.spin.setValue(round(value) if self._whole else value)  # type: ignore[arg-type]
        self.edited.emit(round(value) if self._whole else round(value, 4))

    def _typed(self, value: float) -> None:
        if self._nullable and value < self._low:
            self._place_slider(None)
            self.edited.emit(None)
            return
        self._place_slider(value)
        self.edited.emit(value if self._whole else round(value, 4))

    def _place_slider(self, value: float | None) -> None:
        if self.slider is not None:
            shown = value if value is not None else self.hint if self.hint is not None else self._low
            with QSignalBlocker(self.slider):
                self.slider.setValue(round((shown - self._low) / self._step))

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(self.spin.minimum() if value is None else value)  # type: ignore[arg-type]
        self._place_slider(value)


class SpanField(Field):
    """A number of frames or of seconds."""

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.number = QDoubleSpinBox()
        self.number.setRange(0, 100_000)
        self.number.setKeyboardTracking(False)
        self.number.setAlignment(Qt.AlignRight)
        self.number.setButtonSymbols(QAbstractSpinBox.NoButtons)
        self.number.setFixedWidth(60)
        self.unit = QComboBox()
        self.unit.addItem(tr("frames"), "")
        self.unit.addItem(tr("seconds"), "s")
        self._prepare(self.number, self.unit)
        line_of(self, self.number, self.unit)
        self.number.valueChanged.connect(self._tell)
        self.unit.activated.connect(self._tell)

    def _tell(self, *_: Any) -> None:
        unit = self.unit.currentData()
        with QSignalBlocker(self.number):
            self.number.setDecimals(2 if unit else 0)
        self.edited.emit(f"{self.number.value():g}{unit}")

    def show_value(self, value: Any) -> None:
        text = str(value)
        seconds = text.endswith("s")
        with QSignalBlocker(self.number):
            self.number.setDecimals(2 if seconds else 0)
            self.number.setValue(float(text.rstrip("s")))
        self.unit.setCurrentIndex(1 if seconds else 0)


class SetField(Field):
    """Any of the row's choices."""

    wide = True

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.boxes = {choice: QCheckBox(tr(choice_title(choice))) for choice in row.choices}
        for box in self.boxes.values():
            layout.addWidget(box)
            box.clicked.connect(self._tell)
            box.setToolTip(tr(row.help))
        self.setFocusProxy(next(iter(self.boxes.values())))

    def _tell(self) -> None:
        self.edited.emit(tuple(choice for choice, box in self.boxes.items() if box.isChecked()))

    def show_value(self, value: Any) -> None:
        for choice, box in self.boxes.items():
            box.setChecked(choice in value)


class TextField(Field):
    """Free text; names are separated by commas."""

    wide = True

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(tr("none"))
        self._prepare(self.edit)
        self._layout = line_of(self, self.edit)
        self.edit.editingFinished.connect(self._tell)
        self._shown = ""

    def _tell(self) -> None:
        text = self.edit.text().strip()
        if text != self._shown:
            self.edited.emit(text or None)

    def show_value(self, value: Any) -> None:
        self._shown = ", ".join(value) if isinstance(value, tuple) else str(value or "")
        self.edit.setText(self._shown)


class PathField(TextField):
    """A file, typed or chosen."""

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        browse = QToolButton()
        browse.setIcon(icon("folder"))
        browse.setToolTip(tr("Choose a file"))
        browse.setAccessibleName(tr("Choose a file"))
        browse.clicked.connect(self._browse)
        self._layout.addWidget(browse)

    def _browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr(self.row.label), self.edit.text())
        if name:
            self.edited.emit(name)


def field_for(row: Setting) -> Field:
    """The editor for a row of the settings table."""
    if row.name in WORDED:
        return WordedField(row)
    if row.name in ("weights", "device"):
        return OpenChoiceField(row)
    if row.type == "list":
        return SetField(row) if row.choices else TextField(row)
    makers: dict[str, type[Field]] = {
        "bool": CheckField,
        "int": NumberField,
        "float": NumberField,
        "choice": ChoiceField,
        "span": SpanField,
        "path": PathField,
        "text": TextField,
    }
    return makers[row.type](row)
