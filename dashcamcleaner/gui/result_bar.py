"""What can be done with the chosen clip's result: buttons, and a menu for what is rarer."""

from __future__ import annotations

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QFrame, QMenu, QPushButton, QToolButton

from dashcamcleaner.errors import OutputError
from dashcamcleaner.gui.flow_layout import FlowLayout
from dashcamcleaner.gui.icons import icon, icon_button
from dashcamcleaner.gui.queue_row import Row, State
from dashcamcleaner.gui.words import render_title, tr

__all__ = ["ResultBar"]


class ResultBar(QFrame):
    """What can be done with the chosen clip's result.

    Signals:
        wanted: ``open``, ``folder``, ``report``, ``again``, ``replace``, ``name``, ...
    """

    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.line = FlowLayout(self)
        self.line.setContentsMargins(12, 8, 12, 8)
        self.buttons: dict[str, QPushButton] = {}
        for what, title, name in (
            ("open", tr("Play result"), "play"),
            ("folder", tr("Open folder"), "folder"),
            ("report", tr("Open report"), "check"),
            ("review", tr("Review"), "eye"),
            ("render", tr("Render again"), "reset"),
            ("audit", tr("Run audit"), "shield"),
            ("again", tr("Start again"), "reset"),
            ("replace", tr("Clean again, replacing the result"), "reset"),
            ("name", tr("Save result as…"), "save"),
            ("log", tr("Log of this clip"), "check"),
        ):
            button = icon_button(title, name)
            button.clicked.connect(lambda _, what=what: self.wanted.emit(what))
            self.buttons[what] = button
            self.line.addWidget(button)
        self.more = QToolButton()
        self.more.setProperty("boxed", True)
        self.more.setText(tr("More") + "  ▾")
        self.more.setAccessibleName(tr("More"))
        self.more.setPopupMode(QToolButton.InstantPopup)
        menu = QMenu(self.more)
        menu.aboutToShow.connect(lambda: self._fill_more(menu))
        self.more.setMenu(menu)
        self.line.addWidget(self.more)
        self._row: Row | None = None
        self._shown: list[str] | None = None
        self.style_wanted = ""
        self.show_row(None)

    def _possible(self, row: Row | None) -> list[str]:
        if row is None:
            return []
        logged = ["log"] if row.log else []
        if row.state in (State.DONE, State.PARTIAL):
            found = ["open", "folder"]
            found += ["report"] if row.summary is not None and row.summary.report else []
            found += ["review"] if row.plan is not None else []
            found += ["render"] if row.plan is not None and row.style != self.style_wanted else []
            return [*found, "audit", "replace", *logged]
        if row.plan is not None and row.state in (State.FAILED, State.STOPPED):  # rendering again: the result stands
            return ["again", "review", "replace", *logged]
        if row.state is State.FAILED:
            taken = isinstance(row.error, OutputError) and row.output is not None and row.output.exists()
            return ["replace", "name", *logged] if taken else ["again", "name", *logged]
        if row.state is State.STOPPED:
            return ["again", *logged]
        return ["name", *logged] if row.state is State.WAITING else logged

    _IN_MENU_ONLY = frozenset({"folder", "audit", "replace", "log"})

    def _fill_more(self, menu: QMenu) -> None:
        menu.clear()
        for what, title in self.choices(self._row) if self._row is not None else ():
            if what in self._IN_MENU_ONLY:
                menu.addAction(title, lambda what=what: self.wanted.emit(what))

    def choices(self, row: Row) -> list[tuple[str, str]]:
        """What makes sense for a row, and its title: for menus too."""
        titles = {what: button.text() for what, button in self.buttons.items()}
        titles["render"] = render_title(row, self.style_wanted)
        return [(what, titles[what]) for what in self._possible(row)]

    def show_row(self, row: Row | None, *, style: str = "") -> None:
        """Show the buttons that make sense for a row.

        Args:
            row: the row; None: there is none.
            style: the style in force in the settings; *Render again* is offered where the result has another.
        """
        self._row, self.style_wanted = row, style
        self.buttons["render"].setText(render_title(row, style))
        self.buttons["render"].setAccessibleName(self.buttons["render"].text())
        possible = self._possible(row)
        finished = row is not None and row.state in (State.DONE, State.PARTIAL)
        self.more.setVisible(finished or (row is not None and row.state is State.FAILED and bool(row.log)))
        if row is not None and row.state is not State.WAITING:
            possible = [what for what in possible if what not in self._IN_MENU_ONLY]
        if row is not None and row.state is State.WAITING:
            possible = []  # the menu offers another name; the bar stays out of the way
        if possible == self._shown:
            return
        self._shown = possible
        for what, button in self.buttons.items():
            button.setVisible(what in possible)
        self.setVisible(bool(possible))

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        for button in self.buttons.values():
            button.setIcon(icon(str(button.property("icon_name"))))
