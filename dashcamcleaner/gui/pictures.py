"""Arrays to Qt's pictures. Called from worker threads only: QImage may be made there, QPixmap may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage

if TYPE_CHECKING:
    import numpy as np

__all__ = ["blurred_thumbnail", "thumbnail", "to_image"]

THUMBNAIL_PX = (192, 108)
"""Twice the size at which it is shown, for screens with twofold scaling."""

_BLURRED_PX = 10  # cells along the long side: colours and light remain, nobody can be told


def to_image(rgb: np.ndarray) -> QImage:
    """A ``(h, w, 3)`` uint8 RGB array as a QImage of its own memory."""
    import numpy as np

    rgb = np.ascontiguousarray(rgb)
    h, w = rgb.shape[:2]
    return QImage(rgb.tobytes(), w, h, 3 * w, QImage.Format_RGB888).copy()


def thumbnail(picture: QImage) -> QImage:
    """Filled and cut to the thumbnail's size."""
    w, h = THUMBNAIL_PX
    scaled = picture.scaled(w, h, Qt.KeepAspectRatioByExpanding, Qt.SmoothTransformation)
    return scaled.copy((scaled.width() - w) // 2, (scaled.height() - h) // 2, w, h)


def blurred_thumbnail(picture: QImage) -> QImage:
    """The same of a clip that has not been cleaned: so coarse that nobody is shown to who stands behind the user."""
    w, h = picture.width(), picture.height()
    scale = _BLURRED_PX / max(w, h, 1)
    coarse = picture.scaled(
        max(2, round(w * scale)), max(2, round(h * scale)), Qt.IgnoreAspectRatio, Qt.SmoothTransformation
    )
    return thumbnail(coarse)
