"""The window's actions: names, words, keys and menus. What they do is given by the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt5.QtWidgets import QAction, QMainWindow, QMenu

from dashcamcleaner.gui.bars import AppearanceMenu
from dashcamcleaner.gui.recent import RecentMenu
from dashcamcleaner.gui.shortcuts import has_key, key
from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.words import tr

__all__ = ["Actions"]

_TITLES: dict[str, str] = {
    "add": "Add clips…",
    "add_folder": "Add folder…",
    "sample": "Try a sample clip",
    "quit": "Quit",
    "undo": "Undo",
    "redo": "Redo",
    "render": "Render again",
    "start": "Start",
    "pause": "Pause",
    "cancel": "Cancel",
    "stop_after": "Stop after this clip",
    "audit_all": "Audit every result",
    "remove_rows": "Remove from queue",
    "clear": "Remove finished clips",
    "queue": "Queue",
    "preview": "Preview",
    "review": "Review",
    "scenes": "Scenes",
    "live": "Live",
    "settings": "Settings",
    "help": "Help",
    "shortcuts": "Keyboard shortcuts",
    "log": "Log file",
    "about": "About DashcamCleaner",
}
_CHECKABLE = frozenset({"stop_after", "audit_all", "settings"})
_MENUS: dict[str, tuple[str, ...]] = {  # an empty name is a line between
    "&File": ("add", "add_folder", "recent", "", "sample", "", "quit"),
    "&Edit": ("undo", "redo", "", "render"),
    "&Queue": ("start", "pause", "cancel", "stop_after", "", "audit_all", "", "remove_rows", "clear"),
    "&View": ("queue", "preview", "review", "scenes", "live", "settings", ""),
    "&Help": ("help", "shortcuts", "", "log", "", "about"),
}


class Actions:
    """Actions by name.

    Args:
        window: the window whose menu bar they stand in.
        acts: what each does.
        store: what is remembered: the look in force, and what was added lately.
    """

    def __init__(self, window: QMainWindow, acts: Mapping[str, Callable[[], object]], *, store: Store) -> None:
        self._actions: dict[str, QAction] = {}
        for name, title in _TITLES.items():
            action = self._actions[name] = QAction(tr(title), window)
            action.setCheckable(name in _CHECKABLE)
            action.triggered.connect(_calling(acts[name]))
            if has_key(name):
                action.setShortcut(key(name))
            window.addAction(action)
        self.appearance = AppearanceMenu(window, str(store.get("appearance", "system")))
        self.recent = RecentMenu(window, store)
        for title, names in _MENUS.items():
            menu = window.menuBar().addMenu(tr(title))
            for name in names:
                if name == "recent":
                    menu.addMenu(self.recent)
                elif name:
                    menu.addAction(self._actions[name])
                else:
                    menu.addSeparator()
            if title == "&View":
                menu.addMenu(self.appearance)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def menu(self, window: QMainWindow, *names: str) -> QMenu:
        """A menu of some of them."""
        menu = QMenu(window)
        for name in names:
            menu.addAction(self._actions[name])
        return menu


def _calling(act: Callable[[], object]) -> Callable[..., None]:
    def call(*_: object) -> None:
        act()

    return call
