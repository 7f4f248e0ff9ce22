"""How the window looks: light or dark as the system says, one accent, a quiet style sheet over Qt's Fusion style."""

from __future__ import annotations

import sys

from PyQt5.QtCore import QSettings
from PyQt5.QtGui import QColor, QFontMetrics, QPalette
from PyQt5.QtWidgets import QApplication

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.errors import OutputError
from dashcamcleaner.user_folders import user_folder

__all__ = ["apply_theme", "color", "is_dark", "kind_color", "system_prefers_dark"]

# Contrast of text on its ground is at least 4.5:1 in both (WCAG AA); `test_theme` computes it.
COLORS: dict[str, tuple[str, str]] = {  # name: (light, dark)
    "window": ("#f4f5f7", "#1c1f24"),
    "panel": ("#ffffff", "#24282f"),
    "raised": ("#ffffff", "#2d323b"),
    "line": ("#d9dde3", "#3a404b"),
    "text": ("#1b1f24", "#e8eaed"),
    "quiet": ("#5a6472", "#a3abb8"),
    "accent": ("#1f5fbf", "#6ba4f8"),
    "on_accent": ("#ffffff", "#10141a"),
    "accent_soft": ("#e3ecfa", "#27364d"),
    "hover": ("#eaedf1", "#333945"),
    "good": ("#1c7440", "#62c98a"),
    "warn": ("#8a5a00", "#e3b341"),
    "bad": ("#b3261e", "#f28b82"),
    "canvas": ("#20242a", "#121417"),
    "on_canvas": ("#e8eaed", "#e8eaed"),
}

_FRAME_COLOR = "#8a63d2"


def kind_color(kind: str) -> QColor:
    """The colour of a kind, or of a whole frame (``frame``)."""
    return QColor(_FRAME_COLOR if kind == "frame" else rules_of(kind).color)


def color(name: str) -> QColor:
    """A named colour for the theme in force."""
    return QColor(COLORS[name][is_dark()])


def is_dark() -> bool:
    """Whether the dark theme is in force."""
    app = QApplication.instance()
    return bool(app is not None and app.property("darkTheme"))


def system_prefers_dark() -> bool:
    """What the system asks for. Qt 5 itself knows only on macOS and with a Linux theme plugin."""
    if sys.platform == "win32":
        key = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        return str(QSettings(key, QSettings.NativeFormat).value("AppsUseLightTheme", 1)) == "0"
    if sys.platform.startswith("linux") and (found := _portal_prefers_dark()) is not None:
        return found
    return QApplication.palette().color(QPalette.Window).lightness() < 128


def _portal_prefers_dark() -> bool | None:
    """The desktop's colour scheme over D-Bus (GNOME, KDE and others answer); None where nobody does."""
    try:
        from PyQt5.QtDBus import QDBusConnection, QDBusMessage
    except ImportError:
        return None
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return None
    call = QDBusMessage.createMethodCall(
        "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings", "Read"
    )
    call.setArguments(["org.freedesktop.appearance", "color-scheme"])
    answer = bus.call(call, timeout=300)
    if answer.type() != QDBusMessage.ReplyMessage or not answer.arguments():
        return None
    value = answer.arguments()[0]
    while hasattr(value, "variant"):
        value = value.variant()
    return {1: True, 2: False}.get(value)


def apply_theme(app: QApplication, *, dark: bool) -> None:
    """Put the theme in force for all windows."""
    app.setProperty("darkTheme", dark)
    app.setStyle("Fusion")
    palette = QPalette()
    roles = {
        "window": (QPalette.Window, QPalette.AlternateBase),
        "panel": (QPalette.Base,),
        "raised": (QPalette.Button, QPalette.ToolTipBase, QPalette.Light),
        "text": (QPalette.WindowText, QPalette.Text, QPalette.ButtonText, QPalette.ToolTipText),
        "accent": (QPalette.Highlight, QPalette.Link),
        "on_accent": (QPalette.HighlightedText,),
        "hover": (QPalette.Midlight,),
        "line": (QPalette.Mid, QPalette.Dark),
        "quiet": (QPalette.PlaceholderText,),
        "bad": (QPalette.BrightText,),
    }
    for name, its_roles in roles.items():
        for role in its_roles:
            palette.setColor(role, color(name))
    faint = QColor(color("quiet"))
    faint.setAlpha(150)
    for role in (QPalette.WindowText, QPalette.Text, QPalette.ButtonText):
        palette.setColor(QPalette.Disabled, role, faint)
    app.setPalette(palette)
    app.setStyleSheet(_sheet())


_SIGNS = {
    "down": '<path d="M5 9l7 7 7-7" fill="none" stroke="{ink}" stroke-width="2.6" stroke-linecap="round"/>',
    "check": '<path d="M4 12.5l5.5 5.5L20 7" fill="none" stroke="{ink}" stroke-width="3.4" stroke-linecap="round"/>',
}


def _arrow(name: str) -> str:
    """Path of a small sign for the style sheet, which takes pictures from files only; written where caches lie."""
    ink = color("on_accent" if name == "check" else "quiet").name()
    path = user_folder("cache") / "signs" / f"{name}-{ink[1:]}.svg"
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{_SIGNS[name].format(ink=ink)}</svg>'
    try:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            atomic_write(path, text, make_folder=True)
    except (OSError, OutputError):
        return ""  # a read-only home: the sign is missing, the field still works
    return path.as_posix()


def _sheet() -> str:
    title_pt = round(5 / 3 * QApplication.font().pointSizeF())  # grows with the texts of who needs large ones
    c = {name: color(name).name() for name in COLORS}
    line_px = max(18, QFontMetrics(QApplication.font()).height())  # large letters need higher buttons
    return f"""
QToolTip {{ color: {c["text"]}; background: {c["raised"]}; border: 1px solid {c["line"]}; padding: 4px 6px; }}
QMainWindow::separator {{ width: 0; height: 0; }}
QFrame#bar {{ background: {c["panel"]}; border: none; border-bottom: 1px solid {c["line"]}; }}
QFrame#notice {{ background: {c["accent_soft"]}; border: none; border-top: 1px solid {c["line"]}; }}
QFrame#foot {{ background: {c["panel"]}; border: none; border-top: 1px solid {c["line"]}; }}
QFrame#panel, QScrollArea#panel {{ background: {c["panel"]}; border: none; }}
QScrollArea#panel > QWidget > QWidget {{ background: {c["panel"]}; }}
QFrame#side {{ background: {c["panel"]}; border: none; border-left: 1px solid {c["line"]}; }}
QFrame#queue {{ background: {c["panel"]}; border: none; border-right: 1px solid {c["line"]}; }}
QSplitter::handle {{ background: {c["line"]}; }}
QLabel[quiet="true"] {{ color: {c["quiet"]}; }}
QLabel[bad="true"] {{ color: {c["bad"]}; }}
QLabel[heading="true"] {{ font-weight: 600; }}
QLabel[title="true"] {{ font-size: {title_pt}pt; font-weight: 600; }}
QPushButton, QToolButton[boxed="true"] {{
    background: {c["raised"]}; border: 1px solid {c["line"]}; border-radius: 6px; padding: 5px 12px; color: {c["text"]};
    min-height: {line_px}px;
}}
QToolButton[boxed="true"] {{ padding: 3px 12px; }}
QPushButton:hover, QToolButton[boxed="true"]:hover {{ background: {c["hover"]}; }}
QPushButton:pressed, QToolButton[boxed="true"]:pressed {{ background: {c["line"]}; }}
QPushButton:focus, QToolButton[boxed="true"]:focus {{ border: 1px solid {c["accent"]}; }}
QPushButton:disabled, QToolButton[boxed="true"]:disabled {{ color: {c["quiet"]}; background: {c["window"]}; }}
QPushButton:checked {{ background: {c["accent_soft"]}; border: 1px solid {c["accent"]}; color: {c["accent"]}; }}
QPushButton:checked:focus {{ border: 2px solid {c["accent"]}; padding: 4px 11px; }}
QPushButton[small="true"] {{ padding: 3px 8px; }}
QPushButton[small="true"]:checked:focus {{ padding: 2px 7px; }}
QPushButton[primary="true"] {{
    background: {c["accent"]}; color: {c["on_accent"]}; border: 1px solid {c["accent"]}; font-weight: 600;
    padding: 6px 18px;
}}
QPushButton[primary="true"]:hover {{ background: {color("accent").lighter(112).name()}; }}
QPushButton[primary="true"]:focus {{ border: 2px solid {c["text"]}; padding: 5px 17px; }}
QPushButton[primary="true"]:disabled {{
    background: {c["window"]}; color: {c["quiet"]}; border: 1px solid {c["line"]};
}}
QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 4px; background: transparent; }}
QToolButton:hover {{ background: {c["hover"]}; }}
QToolButton:focus {{ border: 1px solid {c["accent"]}; }}
QToolButton:checked {{ background: {c["accent_soft"]}; color: {c["accent"]}; }}
QToolButton[boxed="true"]::menu-indicator {{ image: none; width: 0; }}
QToolButton[segment="true"] {{ border: 1px solid {c["line"]}; border-radius: 0; padding: 4px 10px; margin-left: -1px; }}
QToolButton[segment="true"]:checked {{ background: {c["accent"]}; color: {c["on_accent"]}; }}
QToolButton[segment="true"]:focus {{ border: 2px solid {c["accent"]}; padding: 3px 9px; }}
QToolButton[segment="true"]:checked:focus {{ border: 2px solid {c["text"]}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QToolButton::menu-button {{ border: none; width: 18px; background: transparent; }}
QToolButton::menu-arrow {{ image: url("{_arrow("down")}"); width: 10px; height: 10px; }}
QToolButton[popupMode="1"] {{ padding-right: 20px; }}
QToolButton[section="true"] {{
    font-weight: 600; border: none; border-radius: 0; padding: 8px 0; text-align: left; background: transparent;
    color: {c["text"]};
}}
QToolButton[section="true"]:hover, QToolButton[section="true"]:focus {{ color: {c["accent"]}; }}
QToolButton[small="true"] {{ padding: 1px; }}
QTabBar::tab {{
    background: transparent; color: {c["quiet"]}; padding: 7px 14px; border: none; border-bottom: 2px solid transparent;
}}
QTabBar::tab:selected {{ color: {c["text"]}; border-bottom: 2px solid {c["accent"]}; }}
QTabBar::tab:hover {{ color: {c["text"]}; }}
QTabBar::tab:focus {{ color: {c["accent"]}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {c["line"]}; }}
QListView, QListWidget {{ background: {c["panel"]}; border: none; outline: none; }}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit {{
    background: {c["panel"]}; border: 1px solid {c["line"]}; border-radius: 5px; padding: 3px 6px;
    min-height: {max(20, line_px)}px;
    selection-background-color: {c["accent"]}; selection-color: {c["on_accent"]};
}}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {{
    border: 1px solid {c["accent"]};
}}
QLineEdit[bad="true"], QSpinBox[bad="true"], QDoubleSpinBox[bad="true"] {{ border: 1px solid {c["bad"]}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{_arrow("down")}"); width: 10px; height: 10px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {c["line"]}; border-radius: 3px; margin: 2px; min-height: 28px; min-width: 28px; }}
QScrollBar::handle:hover {{ background: {c["quiet"]}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
    background: transparent; border: none; width: 0; height: 0;
}}
QSlider:horizontal {{ min-height: 22px; }}
QSlider::groove:horizontal {{ background: {c["line"]}; height: 4px; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {c["accent"]}; height: 4px; border-radius: 2px; }}
QSlider::handle:horizontal {{
    background: {c["raised"]}; border: 2px solid {c["accent"]}; width: 11px; height: 11px;
    margin: -6px 0; border-radius: 7px;
}}
QSlider::handle:horizontal:focus, QSlider::handle:horizontal:hover {{ background: {c["accent"]}; }}
QSlider::sub-page:horizontal:disabled {{ background: {c["line"]}; }}
QSlider::handle:horizontal:disabled {{ background: {c["window"]}; border-color: {c["line"]}; }}
QCheckBox {{ spacing: 8px; }}
QCheckBox::indicator {{
    width: 15px; height: 15px; border: 1px solid {c["quiet"]}; border-radius: 4px; background: {c["panel"]};
}}
QCheckBox::indicator:checked {{
    background: {c["accent"]}; border-color: {c["accent"]}; image: url("{_arrow("check")}");
}}
QCheckBox::indicator:focus {{ border: 2px solid {c["accent"]}; width: 13px; height: 13px; }}
QCheckBox::indicator:checked:focus {{ border: 2px solid {c["text"]}; width: 13px; height: 13px; }}
QComboBox QAbstractItemView {{
    background: {c["raised"]}; border: 1px solid {c["line"]}; selection-background-color: {c["accent"]};
    selection-color: {c["on_accent"]}; outline: none;
}}
QProgressBar {{ background: {c["line"]}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {c["accent"]}; border-radius: 3px; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QMenu {{ background: {c["raised"]}; border: 1px solid {c["line"]}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {c["accent"]}; color: {c["on_accent"]}; }}
QMenu::item:disabled {{ color: {c["quiet"]}; }}
QMenu::separator {{ height: 1px; background: {c["line"]}; margin: 4px 6px; }}
QMenuBar {{ background: {c["panel"]}; border-bottom: 1px solid {c["line"]}; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; }}
QMenuBar::item:selected {{ background: {c["hover"]}; }}
"""
