"""The message bar and the foot, the menu of appearances and what the about box says. They show; they decide nothing."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QActionGroup,
    QApplication,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

import dashcamcleaner
from dashcamcleaner.core.plain_text import plain_markup
from dashcamcleaner.gui.icons import icon
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.queue_model import Totals
from dashcamcleaner.gui.words import totals_text, tr

__all__ = ["AppearanceMenu", "FootBar", "MessageBar", "about_text", "application"]


def application() -> QApplication:
    """The running application."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


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
