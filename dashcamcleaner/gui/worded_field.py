"""A number in plain words, with the number itself behind them: *Detail* and *Quality*, for who knows neither scale."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtWidgets import QAbstractSpinBox, QComboBox, QSpinBox

from dashcamcleaner.gui.field_base import Field, line_of
from dashcamcleaner.gui.words import tr
from dashcamcleaner.settings import Setting

__all__ = ["WORDED", "WordedField"]

_DETAIL: dict[int, str] = {
    640: "Near ones only",
    960: "Usual",
    1280: "Far ones too",
    1920: "Very far ones too",
}
_QUALITY: dict[int, str] = {16: "Hardly any loss", 20: "Good", 24: "Smaller file", 28: "Smallest file"}
WORDED: dict[str, dict[int, str]] = {"inference_size": _DETAIL, "quality": _QUALITY}
"""Setting -> values and what they mean for people. Any other value is shown as *Own value*."""


class WordedField(Field):
    """Words to choose from, and a number field beside them for who wants another."""

    wide = True

    def __init__(self, row: Setting) -> None:
        super().__init__(row)
        self.combo = QComboBox()
        self.combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        for value, words in WORDED[row.name].items():
            self.combo.addItem(tr(words), value)
        self.spin = QSpinBox()
        self.spin.setRange(int(row.minimum or 0), int(row.maximum or 1_000_000))
        self.spin.setKeyboardTracking(False)
        self.spin.setAlignment(Qt.AlignRight)
        self.spin.setFixedWidth(84)
        self.spin.setButtonSymbols(QAbstractSpinBox.NoButtons)
        if row.unit:
            self.spin.setSuffix(" " + tr(row.unit))
        self._prepare(self.combo, self.spin)
        line_of(self, self.combo, self.spin)
        self.combo.activated.connect(self._chosen)
        self.spin.valueChanged.connect(self._typed)

    def _chosen(self, place: int) -> None:
        value = self.combo.itemData(place)
        if value is not None:
            self._typed(value)

    def _typed(self, value: int) -> None:
        self.show_value(value)
        self.edited.emit(value)

    def show_value(self, value: Any) -> None:
        place, own = self.combo.findData(value), self.combo.findData(None)
        if place >= 0 and own >= 0:
            self.combo.removeItem(own)
        elif place < 0 and own < 0:
            self.combo.addItem(tr("Own value"), None)
        self.combo.setCurrentIndex(place if place >= 0 else self.combo.findData(None))
        with QSignalBlocker(self.spin):
            self.spin.setValue(value)
