"""All keys in one table: actions take their shortcut from here, and the list behind ``?`` is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.words import tr

__all__ = ["SHORTCUTS", "Shortcut", "ShortcutDialog", "key", "key_tip"]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A key and what it does.

    Args:
        name: the name by which the code asks for it.
        keys: the keys as Qt writes them.
        what: what it does, for people.
        where: heading in the list.
    """

    name: str
    keys: str
    what: str
    where: str


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut("add", "Ctrl+O", "Add clips", "Queue"),
    Shortcut("add_folder", "Ctrl+Shift+O", "Add a folder", "Queue"),
    Shortcut("remove", "Del", "Remove the chosen clips from the queue", "Queue"),
    Shortcut("start", "Ctrl+Return", "Start", "Queue"),
    Shortcut("pause", "Ctrl+P", "Pause or resume", "Queue"),
    Shortcut("cancel", "Ctrl+.", "Cancel", "Queue"),
    Shortcut("queue", "Ctrl+1", "Go to the queue", "Window"),
    Shortcut("preview", "Ctrl+2", "Go to the preview", "Window"),
    Shortcut("review", "Ctrl+3", "Go to the review", "Window"),
    Shortcut("scenes", "Ctrl+5", "Go to the scenes", "Window"),
    Shortcut("live", "Ctrl+6", "Go to live pictures", "Window"),
    Shortcut("settings", "Ctrl+4", "Show or hide the settings", "Window"),
    Shortcut("help", "F1", "Help", "Window"),
    Shortcut("shortcuts", "?", "This list", "Window"),
    Shortcut("quit", "Ctrl+Q", "Close the window", "Window"),
    Shortcut("back", "Left", "Previous frame", "Preview and review"),
    Shortcut("forth", "Right", "Next frame", "Preview and review"),
    Shortcut("back_second", "Shift+Left", "One second back", "Preview and review"),
    Shortcut("forth_second", "Shift+Right", "One second on", "Preview and review"),
    Shortcut("first", "Home", "First frame", "Preview and review"),
    Shortcut("last", "End", "Last frame", "Preview and review"),
    Shortcut("original", "H", "Show the original while held", "Preview and review"),
    Shortcut("view_result", "1", "Show the result", "Preview and review"),
    Shortcut("view_regions", "2", "Show the regions", "Preview and review"),
    Shortcut("view_compare", "3", "Compare before and after", "Preview and review"),
    Shortcut("play", "Space", "Play or stop; look at the weak spot", "Review"),
    Shortcut("next_weak", "N", "Next weak spot", "Review"),
    Shortcut("previous_weak", "Shift+N", "Previous weak spot", "Review"),
    Shortcut("hide", "Return", "Hide the weak spot, or the chosen cards in any case", "Review"),
    Shortcut("nothing", "Backspace", "The weak spot is nothing", "Review"),
    Shortcut("merge", "G", "Merge the chosen cards", "Review"),
    Shortcut("split", "Shift+G", "Split the chosen card", "Review"),
    Shortcut("mark_in", "I", "Start of a span", "Review"),
    Shortcut("mark_out", "O", "End of a span", "Review"),
    Shortcut("cover", "C", "Hide the whole frame over the marked span", "Review"),
    Shortcut("burned_in", "X", "Hide burned-in text over the whole clip", "Review"),
    Shortcut("draw", "B", "Draw a box around something to hide", "Review"),
    Shortcut("keep", "K", "Keep the chosen track clear", "Review"),
    Shortcut("drop", "Del", "Remove the chosen track or drawn region", "Review"),
    Shortcut("only", "Y", "Hide only the chosen track", "Review"),
    Shortcut("checked", "M", "Mark the chosen track as checked", "Review"),
    Shortcut("zoom_in", "+", "Larger picture; the wheel does so, too, and the middle button moves it", "Review"),
    Shortcut("zoom_out", "-", "Smaller picture", "Review"),
    Shortcut("zoom_fit", "0", "The whole picture", "Review"),
    Shortcut("sound", "S", "Sound on or off", "Review"),
    Shortcut("undo", "Ctrl+Z", "Undo", "Review"),
    Shortcut("redo", "Ctrl+Shift+Z", "Redo", "Review"),
    Shortcut("render", "Ctrl+R", "Render again with the edits", "Review"),
)  # fmt: skip

_BY_NAME = {shortcut.name: shortcut for shortcut in SHORTCUTS}


def key(name: str) -> QKeySequence:
    """The key of an action."""
    return QKeySequence(_BY_NAME[name].keys)


def has_key(name: str) -> bool:
    """Whether an action has a key."""
    return name in _BY_NAME


def key_text(name: str) -> str:
    """The key as the platform writes it."""
    return key(name).toString(QKeySequence.NativeText)


def key_tip(text: str, name: str) -> str:
    """What a tooltip says: the words, and the key of an action."""
    return f"{text} ({key_text(name)})"


class ShortcutDialog(QDialog):
    """The list behind ``?``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setMinimumWidth(460)
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(16, 8, 16, 16)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        line = 0
        for where in dict.fromkeys(shortcut.where for shortcut in SHORTCUTS):
            heading = PlainLabel(tr(where))
            heading.setProperty("heading", True)
            grid.setRowMinimumHeight(line, 14)
            grid.addWidget(heading, line + 1, 0, 1, 2)
            line += 2
            for shortcut in (one for one in SHORTCUTS if one.where == where):
                keys = PlainLabel(key_text(shortcut.name))
                keys.setProperty("quiet", True)
                grid.addWidget(keys, line, 0)
                grid.addWidget(PlainLabel(tr(shortcut.what)), line, 1)
                line += 1
        scroll = QScrollArea()
        scroll.setObjectName("panel")
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 10)
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 0, 14, 0)
        foot.addWidget(buttons)
        layout.addWidget(scroll)
        layout.addLayout(foot)
        layout.setStretch(0, 1)
        bar = scroll.verticalScrollBar().sizeHint().width()
        self.resize(max(500, body.sizeHint().width() + bar + 4), 560)  # words of another language may be longer
