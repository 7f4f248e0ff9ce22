"""The menu of clips and folders that were added lately. Only names are kept, in the user's own folder.

Short, since it is one menu and what it remembers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QMenu, QWidget

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.words import tr

__all__ = ["RecentMenu"]

_MOST = 10


class RecentMenu(QMenu):
    """What was added lately, the latest first.

    Signals:
        chosen: a path to add.
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget, store: Store) -> None:
        super().__init__(tr("Add recent"), parent)
        self._store = store
        self.aboutToShow.connect(self._fill)
        self._fill()

    @property
    def paths(self) -> list[str]:
        """The paths that are remembered."""
        known = self._store.get("recent", [])
        return [path for path in known if isinstance(path, str)][:_MOST] if isinstance(known, list) else []

    def remember(self, paths: Sequence[str]) -> None:
        """Put paths in front."""
        fresh = list(dict.fromkeys([*paths, *self.paths]))[:_MOST]
        self._store.set(recent=fresh or None)
        self._fill()

    def _fill(self) -> None:
        self.clear()
        for path in self.paths:
            title = visible(f"{Path(path).name}  –  {Path(path).parent}").replace("&", "&&")
            self.addAction(title, lambda path=path: self.chosen.emit(path))
        if self.paths:
            self.addSeparator()
            self.addAction(tr("Forget these"), self._forget)
        self.menuAction().setEnabled(bool(self.paths))

    def _forget(self) -> None:
        self._store.set(recent=None)
        self._fill()
