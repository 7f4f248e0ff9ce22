"""The *Live* tab: where pictures come from and go to, start, stop, panic, what leaves, figures and what changed."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.core.events import Event, LiveChange, Started
from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import DashcamCleanerError, SettingError
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.fields import CheckField, Field, field_for
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.live_panel import LivePanel
from dashcamcleaner.gui.live_run import LiveRun
from dashcamcleaner.gui.side_scroll import SideScroll
from dashcamcleaner.gui.words import failure_text, tr
from dashcamcleaner.messages import localized
from dashcamcleaner.settings import ROWS, Settings, resolve

__all__ = ["SOURCES", "LiveTab"]

SOURCES = ("screen", "screen:1", "camera", "rtsp://", "udp://")
"""What is offered; anything else is typed."""
_MOST_LINES = 200


class LiveTab(QWidget):
    """The tab.

    Args:
        engine: the door to the engine.
        model: the settings in force.

    Signals:
        ended: a run has ended, whichever way.
    """

    ended = pyqtSignal()

    def __init__(self, engine: EngineFacade, model: FormModel) -> None:
        super().__init__()
        self._engine, self._model = engine, model
        self.run: LiveRun | None = None
        self.fields: dict[str, Field] = {}
        self.panel = LivePanel()
        self.panel.watch(None)
        self.panel.panic_asked.connect(self.panic)
        self.panel.stop_asked.connect(self.stop)
        self.changes = QPlainTextEdit()
        self.changes.setReadOnly(True)
        self.changes.setMaximumBlockCount(_MOST_LINES)
        self.changes.setAccessibleName(tr("What happened"))
        self.changes.setFixedHeight(110)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel, 1)
        column.addWidget(self.changes)
        split = QSplitter(Qt.Horizontal)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self._form())
        split.setStretchFactor(0, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        model.listen(lambda _: self._show_values())
        self._show_values()
        self._enable()

    # --- building

    def _form(self) -> SideScroll:
        self.source = QComboBox()
        self.source.setEditable(True)
        self.source.addItems(SOURCES)
        self.source.setAccessibleName(tr("From"))
        self.source.setToolTip(tr("A screen, window, camera, address or file, as in docs/live.md"))
        self.sinks = QPlainTextEdit()
        self.sinks.setPlaceholderText(tr("such as {what}", what="tcp://127.0.0.1:5000?listen=1"))
        self.sinks.setAccessibleName(tr("To"))
        self.sinks.setToolTip(tr("Files, addresses, cameras, OBS, one a line; without any there is the preview alone"))
        self.sinks.setFixedHeight(74)
        self.sinks.setTabChangesFocus(True)
        self.labels = QLineEdit()
        self.labels.setPlaceholderText(tr("such as {what}", what="nudity>0.6"))
        self.labels.setAccessibleName(tr("Labels"))
        self.labels.setToolTip(tr("Labels of whole pictures that ask for a cover, with commas between"))
        self.key = QLineEdit()
        self.key.setPlaceholderText(tr("such as {what}", what="<ctrl>+<alt>+p"))
        self.key.setAccessibleName(tr("Panic key"))
        self.key.setToolTip(tr("A key of the whole desktop that covers everything; F12 does so in this window"))
        rows = QFormLayout()
        rows.setRowWrapPolicy(QFormLayout.WrapLongRows)
        for editor in (self.source, self.sinks, self.labels, self.key):
            rows.addRow(PlainLabel(editor.accessibleName()), editor)
        for row in ROWS:
            if row.group == "live":
                field = self.fields[row.name] = field_for(row)
                field.edited.connect(lambda value, name=row.name: self._take(name, value))
                if isinstance(field, CheckField):
                    rows.addRow(field)
                else:
                    rows.addRow(PlainLabel(tr(row.label)), field)
        self.start = QPushButton(tr("Start"))
        self.start.setProperty("primary", True)
        self.start.clicked.connect(self.begin)
        self.message = PlainLabel()
        self.message.setWordWrap(True)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 10, 12, 10)
        column.addLayout(rows)
        column.addWidget(self.start)
        column.addWidget(self.message)
        column.addStretch(1)
        scroll = SideScroll()
        scroll.setObjectName("panel")
        scroll.setMinimumWidth(290)
        scroll.setWidget(body)
        return scroll

    # --- settings

    def _take(self, name: str, value: Any) -> None:
        try:
            self._model.set(name, value)
        except SettingError as error:
            self._say(error.message, bad=True)

    def _show_values(self) -> None:
        for name, field in self.fields.items():
            field.show_value(self._model.value(name))

    # --- the run

    @property
    def busy(self) -> bool:
        """Whether a run is under way."""
        return self.run is not None

    def begin(self) -> None:
        """Start a run of what is asked for."""
        if self.run is not None:
            return
        engine, overrides = self._engine, self._model.overrides
        source, labels = self.source.currentText().strip(), self.labels.text()
        sinks = [line.strip() for line in self.sinks.toPlainText().splitlines() if line.strip()]
        if not source:
            self._say(tr("Say where the pictures come from."), bad=True)
            return

        def open_session() -> Any:
            from dashcamcleaner.live.request import LIVE_DEFAULTS, LiveRequest

            settings: Settings = resolve(LIVE_DEFAULTS, overrides)
            words = tuple(word.strip() for word in labels.split(",") if word.strip())
            return engine.open_live(LiveRequest(source, tuple(dict.fromkeys(["preview", *sinks])), words), settings)

        self.run = LiveRun(open_session, panic_key=self.key.text().strip(), parent=self)
        self.run.opened.connect(self.panel.watch)
        self.run.happened.connect(self._show_event)
        self.run.failed.connect(self._failed)
        self.run.finished.connect(self._finished)
        self._say(tr("Starting"))
        self.changes.clear()
        at_start = self.start.hasFocus()
        self._enable()
        if at_start:  # Qt would give it to whatever comes next, and Space would press that
            self.panel.panic.setFocus()
        self.run.start()

    def stop(self) -> None:
        """End the run."""
        if self.run is not None:
            self._say(tr("Stopping…"))
            self.run.stop()

    def panic(self) -> None:
        """Cover everything."""
        if self.run is not None:
            self.run.panic()

    def _show_event(self, event: Event) -> None:
        self.panel.show_event(event)
        if isinstance(event, Started):
            self._say(f"{localized(event.source)} → {localized(event.output)}")
        elif isinstance(event, LiveChange):
            self.changes.appendPlainText(f"{event.time_s:8.1f} s  {visible(localized(event.message))}")

    def _failed(self, error: DashcamCleanerError) -> None:
        text = failure_text(error)
        self._say(text, bad=True)
        self.changes.appendPlainText(visible(text))

    def _finished(self) -> None:
        run, self.run = self.run, None
        if run is not None:
            run.wait()
            run.deleteLater()
        self.panel.watch(None)
        if not self.message.property("bad"):
            self._say(tr("The run has ended."))
        self._enable()
        self.ended.emit()

    def _enable(self) -> None:
        idle = self.run is None
        self.start.setEnabled(idle)
        self.panel.panic.setEnabled(not idle)
        self.panel.stop.setEnabled(not idle)
        for editor in (self.source, self.sinks, self.labels, self.key, *self.fields.values()):
            editor.setEnabled(idle)

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.message.setText(text)
        self.message.setProperty("bad", bad)
        self.message.style().unpolish(self.message)
        self.message.style().polish(self.message)

    # --- the window's

    def take_key(self, event: QKeyEvent) -> bool:  # as the other tabs have it
        """The tab has no keys but F12, which is a button's."""
        return False

    def close_run(self) -> None:
        """End the run and wait for it: nothing leaves any more."""
        if self.run is not None:
            self.run.stop()
            self.run.wait()
