"""The rules of blocks and what becomes of each label: the column beside the picture of the *Scenes* tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.scenes_service import SCENE_LISTS
from dashcamcleaner.gui.side_scroll import SideScroll
from dashcamcleaner.gui.words import tr
from dashcamcleaner.scenes.blocks import BlockRules

__all__ = ["ScenesForm"]

_TITLES: dict[str, str] = {"": "As it is", "keep": "Keep", "drop": "Drop", "blur": "Blur", "mute": "Mute"}
"""Action of a label -> what people read."""


class ScenesForm(SideScroll):
    """Shows and tells; decides nothing.

    Signals:
        rules_changed: a rule of blocks has another value.
        actions_changed: a label is treated otherwise, or a choice about the cut is another one.
        export_wanted: a list in this format, of `SCENE_LISTS`.
        cut_wanted: the clip is to be cut.
    """

    rules_changed = pyqtSignal()
    actions_changed = pyqtSignal()
    export_wanted = pyqtSignal(str)
    cut_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setMinimumWidth(236)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(_heading(tr("Blocks")))
        layout.addLayout(self._rules())
        layout.addWidget(_heading(tr("What becomes of them")))
        self._rows = QFormLayout()
        self._rows.setLabelAlignment(Qt.AlignLeft)
        self.choices: dict[str, QComboBox] = {}
        self._chosen: dict[str, str] = {}
        """What was chosen for labels, those of other clips too."""
        layout.addLayout(self._rows)
        self.clean = QCheckBox(tr("Hide faces and plates"))
        self.clean.setChecked(True)
        self.clean.setToolTip(tr("In the same pass, by the settings of the window"))
        self.pieces = QCheckBox(tr("Each piece a file"))
        self.lossless = QCheckBox(tr("Cut without encoding"))
        self.lossless.setToolTip(tr("At key frames, so that pieces may be longer; nothing is hidden"))
        for box in (self.clean, self.pieces, self.lossless):
            layout.addWidget(box)
            box.clicked.connect(self._options_changed)
        layout.addStretch(1)
        self._make_buttons()
        self.setWidget(body)
        self.show_labels(())

    # --- building

    def _rules(self) -> QFormLayout:
        plain = BlockRules()
        self.threshold = _number(plain.min_score, most=1, step=0.01, name=tr("Threshold"))
        self.threshold.setToolTip(tr("A picture counts over this score; lines in the graph are dragged for one label"))
        self.own: dict[str, float] = {}
        self.threshold.valueChanged.connect(lambda _: self.own.clear())
        self.gap = _number(plain.max_gap_s, most=3600, step=1, name=tr("Join over"), unit=" s")
        self.gap.setToolTip(tr("The longest gap within a block"))
        self.shortest = _number(plain.min_length_s, most=36000, step=1, name=tr("At least"), unit=" s")
        self.shortest.setToolTip(tr("The shortest block that counts"))
        self.coverage = _number(plain.min_coverage, most=1, step=0.05, name=tr("Share"))
        self.coverage.setToolTip(tr("The least share of a block's pictures that match"))
        rows = QFormLayout()
        rows.setLabelAlignment(Qt.AlignLeft)
        for box in (self.threshold, self.gap, self.shortest, self.coverage):
            rows.addRow(PlainLabel(box.accessibleName()), box)
            box.valueChanged.connect(lambda _: self.rules_changed.emit())
        return rows

    def _make_buttons(self) -> None:
        """The panel has them in its bar, where they are seen however long the column is."""
        self.export = QToolButton()
        self.export.setText(tr("Export") + "  ▾")
        self.export.setAccessibleName(tr("Export"))
        self.export.setProperty("boxed", True)
        self.export.setPopupMode(QToolButton.InstantPopup)
        menu = QMenu(self)
        for form in SCENE_LISTS:
            menu.addAction(tr("Chapters") if form == "chapters" else form.upper(), self._exporting(form))
        self.export.setMenu(menu)
        self.cut = QPushButton(tr("Cut"))
        self.cut.setProperty("primary", True)
        self.cut.clicked.connect(lambda: self.cut_wanted.emit())

    def _exporting(self, form: str) -> Callable[[], None]:
        return lambda: self.export_wanted.emit(form)

    # --- what is shown

    def show_labels(self, labels: Sequence[str]) -> None:
        """Offer an action for each label; those that were offered before have what was chosen for them."""
        self._chosen |= {label: str(combo.currentData()) for label, combo in self.choices.items()}
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self.choices = {}
        for label in labels:
            combo = QComboBox()
            combo.setAccessibleName(label)
            for action, title in _TITLES.items():
                combo.addItem(tr(title), action)
            combo.setCurrentIndex(max(0, combo.findData(self._chosen.get(label, ""))))
            combo.activated.connect(lambda _: self.actions_changed.emit())
            self.choices[label] = combo
            self._rows.addRow(PlainLabel(label), combo)
        if not labels:
            empty = PlainLabel(tr("Look through a clip first."))
            empty.setProperty("quiet", True)
            self._rows.addRow(empty)

    def take_threshold(self, label: str, score: float) -> None:
        """Take a label's threshold; without a label: that of all, which no longer have one of their own."""
        if label:
            self.own[label] = score
        else:
            self.own.clear()
            with QSignalBlocker(self.threshold):
                self.threshold.setValue(score)
        self.rules_changed.emit()

    def show_state(self, *, can_export: bool, can_cut: bool, has_scores: bool) -> None:
        """What makes sense now."""
        self.export.setEnabled(can_export)
        self.cut.setEnabled(can_cut and bool(self.actions))
        for box in (self.threshold, self.gap, self.shortest, self.coverage):
            box.setEnabled(has_scores)

    def _options_changed(self) -> None:
        if self.lossless.isChecked():
            self.clean.setChecked(False)
        self.clean.setEnabled(not self.lossless.isChecked())
        self.actions_changed.emit()

    # --- what is said

    @property
    def rules(self) -> BlockRules:
        """The rules in force."""
        return BlockRules(
            round(self.threshold.value(), 2), self.gap.value(), self.shortest.value(), round(self.coverage.value(), 2),
            tuple((label, score) for label, score in self.own.items() if label in self.choices),
        )  # fmt: skip

    @property
    def actions(self) -> dict[str, str]:
        """Label -> action, of those that are not left as they are."""
        found = {label: str(combo.currentData()) for label, combo in self.choices.items()}
        return {label: action for label, action in found.items() if action}


def _heading(text: str) -> PlainLabel:
    label = PlainLabel(text)
    label.setProperty("heading", True)
    return label


def _number(value: float, *, most: float, step: float, name: str, unit: str = "") -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0, most)
    box.setDecimals(2 if most <= 1 else 1)
    box.setSingleStep(step)
    box.setValue(value)
    box.setSuffix(unit)
    box.setAccessibleName(name)
    return box
