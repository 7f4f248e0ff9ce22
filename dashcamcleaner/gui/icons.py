"""The window's icons: strokes drawn by us, coloured for the theme in force, sharp at every scale."""

from __future__ import annotations

from PyQt5.QtCore import QByteArray, QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt5.QtSvg import QSvgRenderer
from PyQt5.QtWidgets import QPushButton

from dashcamcleaner.gui.theme import color

__all__ = ["APP_ICON", "app_icon", "icon", "icon_button", "paint_icon"]

_STROKES: dict[str, str] = {  # inside a 24 x 24 field, stroke width 2, round ends
    "add": "M12 5v14M5 12h14",
    "folder": "M3 7v11a1 1 0 0 0 1 1h16a1 1 0 0 0 1-1V9a1 1 0 0 0-1-1h-8l-2-3H4a1 1 0 0 0-1 1z",
    "play": "M7 4.5v15l12-7.5z",
    "pause": "M8 5v14M16 5v14",
    "stop": "M6 6h12v12H6z",
    "skip": "M5 5v14l9-7zM18 5v14",
    "settings": "M4 7h9M19 7h1M4 17h2M12 17h8M16 4.5v5M9 14.5v5",
    "eye": "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 .01 0",
    "check": "M5 12.5l4.5 4.5L19 7",
    "warning": "M12 4L2.8 19.5h18.4zM12 10v4.5M12 17v.1",
    "cross": "M6 6l12 12M18 6L6 18",
    "clock": "M12 3.5a8.5 8.5 0 1 0 .01 0M12 7.5V12l3 2",
    "undo": "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
    "redo": "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h4",
    "reset": "M5 5v5h5M5.5 10a7.5 7.5 0 1 1-.6 4",
    "more": "M6 12h.1M12 12h.1M18 12h.1",
    "previous": "M15 5l-7 7 7 7",
    "next": "M9 5l7 7-7 7",
    "down": "M6 9l6 6 6-6",
    "right": "M9 6l6 6-6 6",
    "save": "M12 4v11M7 10.5l5 5 5-5M4 20h16",
    "shield": "M12 3l7.5 3v5.5c0 4.5-3 7.7-7.5 9.5-4.5-1.8-7.5-5-7.5-9.5V6z",
    "draw": "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
    "trash": "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
    "jump": "M4 5v14l8-7zM12 5v14l8-7z",
    "mark_in": "M8 4H5v16h3M10 12h9",
    "mark_out": "M16 4h3v16h-3M14 12H5",
    "cover": "M3 5h18v14H3zM3 12l9-7M3 19L21 5M12 19l9-7",
}
_FILLED = frozenset({"play", "stop"})

_CELLS = ((0.55, 1, 0.7), (1, 0.45, 0.85), (0.75, 0.9, 0.5))  # opacity of the mosaic that stands for the pupil

APP_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect x="3" y="3" width="58" height="58" rx="14" fill="#1f5fbf"/>'
    '<path d="M10 31c5-9 13-14 22-14s17 5 22 14c-5 9-13 14-22 14s-17-5-22-14z" fill="#fff"/>'
    + "".join(
        f'<rect x="{22 + 7 * column}" y="{20.5 + 7 * row}" width="7" height="7" fill="#1f5fbf" opacity="{opacity}"/>'
        for row, cells in enumerate(_CELLS)
        for column, opacity in enumerate(cells)
    )
    + '<rect x="19" y="50" width="26" height="5" rx="2.5" fill="#fff" opacity=".9"/></svg>'
)
"""A clip's eye whose pupil is a mosaic, over a number plate."""


def _svg(name: str, ink: QColor) -> QByteArray:
    fill = ink.name() if name in _FILLED else "none"
    width = 2.6 if name == "more" else 1.8
    return QByteArray(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{_STROKES[name]}" fill="{fill}" '
        f'stroke="{ink.name()}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"/></svg>'.encode()
    )


def _pixmap(svg: QByteArray, side_px: int) -> QPixmap:
    pixmap = QPixmap(side_px, side_px)
    pixmap.fill(Qt.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(svg).render(painter, QRectF(0, 0, side_px, side_px))
    painter.end()
    return pixmap


def icon(name: str, *, ink: str = "text", checked_ink: str = "") -> QIcon:
    """An icon in a colour of the theme, with its faint form for disabled buttons."""
    found = QIcon()
    faint = QColor(color("quiet"))
    if ink != "text":
        faint = QColor(color("line"))
    for side_px in (16, 18, 20, 24, 32, 40, 48):
        found.addPixmap(_pixmap(_svg(name, color(ink)), side_px))
        found.addPixmap(_pixmap(_svg(name, faint), side_px), QIcon.Disabled)
        if checked_ink:
            found.addPixmap(_pixmap(_svg(name, color(checked_ink)), side_px), QIcon.Normal, QIcon.On)
    return found


def paint_icon(painter: QPainter, name: str, rect: QRectF, ink: QColor) -> None:
    """Draw an icon into a rectangle."""
    QSvgRenderer(_svg(name, ink)).render(painter, rect)


def app_icon() -> QIcon:
    """The program's own icon."""
    found = QIcon()
    for side_px in (16, 24, 32, 48, 64, 128, 256):
        found.addPixmap(_pixmap(QByteArray(APP_ICON.encode()), side_px))
    return found


def icon_button(text: str, name: str, *, primary: bool = False, tip: str = "") -> QPushButton:
    """A button with an icon, whose name is kept in its property ``icon_name``, for who draws it anew."""
    button = QPushButton(icon(name, ink="on_accent" if primary else "text"), text)
    button.setProperty("primary", primary)
    button.setProperty("icon_name", name)
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(text)
    return button
