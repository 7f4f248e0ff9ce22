"""The window's language: Qt's own files for those that are shipped, and one flat JSON file for anybody's own.

``languages/de.qm`` beside this module is made of ``languages/de.ts`` by ``packaging/update_languages.py``. A user's own
file in the configuration folder wins: ``languages/de.json``, ``{"English text": "translated text"}``. What a file does
not know stays English. `template` lists every text, `plurals` those of them that are one thing or so many.
"""

from __future__ import annotations

import ast
from pathlib import Path

from PyQt5.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from dashcamcleaner.core.kinds import BUILT_IN
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import use_language
from dashcamcleaner.settings import GROUPS, ROWS
from dashcamcleaner.side_files import read_json
from dashcamcleaner.user_folders import user_folder

__all__ = ["JsonTranslator", "install_language", "plurals", "template"]

_FOLDER = Path(__file__).parent
_SHOWN_VALUES = frozenset({"CHOICE_TITLES", "PROFILE_NOTES", "_TITLES", "_DETAIL", "_QUALITY"})
_SHOWN_KEYS = frozenset({"_MENUS"})
"""Tables whose texts are looked up when they are shown."""


class JsonTranslator(QTranslator):
    """Answers Qt's questions from a dictionary."""

    def __init__(self, texts: dict[str, str], parent: QCoreApplication | None = None) -> None:
        super().__init__(parent)
        self._texts = texts

    def isEmpty(self) -> bool:  # noqa: N802
        return not self._texts

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
        return self._texts.get(text, "")


def install_language(app: QCoreApplication, name: str = "") -> None:
    """Speak the user's language, as far as there is a file for it.

    Args:
        app: the application.
        name: ``de``, ``pt_BR``; empty: the system's.
    """
    locale = QLocale(name) if name else QLocale.system()
    use_language(locale.name())  # what the engine says, too
    texts: dict[str, str] = {}
    for stem in (locale.name().split("_")[0], locale.name()):
        texts |= _read(user_folder("config") / "languages" / f"{stem}.json")
    shipped = QTranslator(app)
    # The translator that is installed last is asked first.
    found = shipped.load(locale, "", "", str(_FOLDER / "languages")) and app.installTranslator(shipped)
    if texts:
        app.installTranslator(JsonTranslator(texts, app))
    if texts or found:
        own = QTranslator(app)  # Qt's own buttons and dialogs
        if own.load(locale, "qtbase", "_", QLibraryInfo.location(QLibraryInfo.TranslationsPath)):
            app.installTranslator(own)


def _read(path: Path) -> dict[str, str]:
    try:
        texts = read_json(path, what="The window's language", to=SettingError)
    except (SettingError, ValueError):
        return {}
    return {str(key): str(text) for key, text in texts.items() if text} if isinstance(texts, dict) else {}


def plurals() -> dict[str, str]:
    """The texts that speak of a number of things: what stands for many -> what stands for one."""
    pairs = {f"{{n}} {rules.plural}": f"{{n}} {rules.noun}" for rules in BUILT_IN.values()}
    for path in sorted(_FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr_count":
                forms = [str(one.value) for one in node.args[1:3] if isinstance(one, ast.Constant)]
                if len(forms) == 2:
                    pairs[forms[1]] = forms[0]
    return pairs


def template() -> dict[str, str]:
    """Every text of the window, each without its translation: what a new language starts from."""
    texts: set[str] = set(GROUPS.values())
    for row in ROWS:
        texts |= {text for text in (row.label, row.help, row.unit) if text}
    for rules in BUILT_IN.values():
        texts |= {rules.noun.capitalize(), f"{{n}} {rules.noun}", f"{{n}} {rules.plural}"}
    for path in sorted(_FOLDER.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id == "tr" and isinstance(first, ast.Constant):
                    texts.add(str(first.value))
                elif node.func.id == "tr_count":
                    texts |= {str(arg.value) for arg in node.args[1:] if isinstance(arg, ast.Constant)}
                elif node.func.id == "Shortcut":
                    texts |= {str(arg.value) for arg in node.args[2:] if isinstance(arg, ast.Constant)}
            elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
                name = node.target.id if isinstance(node.target, ast.Name) else ""
                shown = node.value.values if name in _SHOWN_VALUES else node.value.keys if name in _SHOWN_KEYS else []
                texts |= {str(one.value) for one in shown if isinstance(one, ast.Constant)}
    return dict.fromkeys(sorted(texts), "")
