"""One decoded frame of a clip: its planes as decoded, how they are laid out and turned. `media.decoder` makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from dashcamcleaner.core.time import FrameTime

__all__ = ["WHOLE_RANGE", "Frame", "Orientation", "PixelLayout"]

WHOLE_RANGE = np.clip((np.arange(256).astype(np.float32) - 16) * (255 / 219), 0, 255).astype(np.uint8)
"""Levels of limited range (16 to 235) -> 0 to 255."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """How stored pixels become upright ones: mirror left-right first, then turn.

    Args:
        quarter_turns: clockwise quarter turns (0-3) applied to the (mirrored) stored picture for showing.
        mirrored: the stored picture is flipped left-right before it is turned.
    """

    quarter_turns: int = 0
    mirrored: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether stored and upright pixels are the same."""
        return self.quarter_turns == 0 and not self.mirrored

    def upright_size(self, stored: tuple[int, int]) -> tuple[int, int]:
        """``(width, height)`` as shown, of a stored ``(width, height)``."""
        return (stored[1], stored[0]) if self.quarter_turns % 2 else stored

    def upright(self, picture: np.ndarray) -> np.ndarray:
        """The upright view of a stored ``(h, w[, c])`` array. No copy is made."""
        if self.mirrored:
            picture = picture[:, ::-1]
        return np.rot90(picture, k=-self.quarter_turns) if self.quarter_turns else picture

    def stored(self, picture: np.ndarray) -> np.ndarray:
        """The stored view of an upright ``(h, w[, c])`` array: the inverse of `upright`."""
        picture = np.rot90(picture, k=self.quarter_turns) if self.quarter_turns else picture
        return picture[:, ::-1] if self.mirrored else picture

    def boxes_to_stored(self, xyxy: np.ndarray, *, upright_size: tuple[int, int]) -> np.ndarray:
        """Boxes ``(n, 4)`` in upright pixels of a picture of ``upright_size``, in stored pixels."""
        boxes = np.asarray(xyxy, dtype=np.float32).reshape(-1, 4)
        w, h = upright_size
        for _ in range(self.quarter_turns % 4):  # each step undoes one clockwise turn
            x1, y1, x2, y2 = boxes.T
            boxes = np.stack([y1, w - x2, y2, w - x1], axis=1)
            w, h = h, w
        if self.mirrored:
            boxes = np.stack([w - boxes[:, 2], boxes[:, 1], w - boxes[:, 0], boxes[:, 3]], axis=1)
        return boxes


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """How the planes of a frame are laid out.

    Args:
        name: FFmpeg's name of the pixel format, e.g. ``yuv420p10le``.
        depth: bits per sample (8, 10, 12, 16); deeper than 8 means uint16 planes.
        chroma_shift: ``(x, y)`` log2 subsampling of the chroma planes; ``(1, 1)`` for 4:2:0.
        full_range: samples use 0..2^depth-1; else the "limited" (studio) range.
        rgb: the planes hold R, G, B (in the order of `planes`) rather than Y, U, V.
        alpha: the last plane is opacity.
    """

    name: str
    depth: int = 8
    chroma_shift: tuple[int, int] = (1, 1)
    full_range: bool = False
    rgb: bool = False
    alpha: bool = False


@dataclass(slots=True, eq=False)
class Frame:
    """One decoded frame. The full-size frame is never converted to RGB.

    Args:
        index: position in presentation order, from 0.
        time: the frame's exact time.
        planes: the planes as decoded, **stored** orientation, ``(h, w)`` uint8 or uint16 each. Read-only by
            contract until `make_writable` was called: they may be the decoder's reference pictures.
        layout: how to read the planes.
        orientation: stored -> upright.
        damaged: the decoder flagged the frame as corrupt or concealed.
        leap_s: what was taken off the file's time where its clock leapt, seconds; negative after leaps back.
        native: the decoder's own frame, for the encoder; opaque to everyone else.
        scale: ``scale((width, height)) -> (h, w, 3)`` uint8 RGB, **upright**; supplied by the decoder.
        own: makes `native` and `planes` private copies and returns the new planes; supplied by the decoder.
        views: further pictures that viewers make of the samples, each as `scale`: a detector looks at them as well.
    """

    index: int
    time: FrameTime
    planes: tuple[np.ndarray, ...]
    layout: PixelLayout
    orientation: Orientation
    native: Any
    scale: Callable[[tuple[int, int]], np.ndarray]
    own: Callable[[], tuple[np.ndarray, ...]]
    damaged: bool = False
    leap_s: Fraction = Fraction(0)
    views: tuple[Callable[[tuple[int, int]], np.ndarray], ...] = ()
    _pictures: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)
    _owned: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Stored ``(width, height)``."""
        h, w = self.planes[0].shape[:2]
        return (w, h)

    @property
    def upright_size(self) -> tuple[int, int]:
        """``(width, height)`` as shown."""
        return self.orientation.upright_size(self.size)

    def picture(self, size: tuple[int, int]) -> np.ndarray:
        """Upright RGB picture ``(h, w, 3)`` uint8 scaled to ``size`` = (width, height); made once per size.

        Take it before the frame is obscured: it shows the planes as they are when first asked for.
        """
        picture = self._pictures.get(size)
        if picture is None:
            picture = self._pictures[size] = self.scale(size)
        return picture

    def clearest_view(
        self, size: tuple[int, int], *, within: Sequence[float] | None = None
    ) -> Callable[[tuple[int, int]], np.ndarray]:
        """What to show people: `picture`, or where viewers show something else, that of the `views` with most contrast.

        Choose before the frame is obscured; the view itself, like `scale`, shows the planes as they are when asked.

        Args:
            size: ``(width, height)`` of the pictures to choose by.
            within: ``x1, y1, x2, y2`` in pixels of that size: where the contrast counts; None: everywhere.
        """
        if not self.views:
            return self.picture
        x1, y1, x2, y2 = (max(0, round(side)) for side in within or (0, 0, *size))

        def contrast(view: Callable[[tuple[int, int]], np.ndarray]) -> float:
            part = view(size)[y1:y2, x1:x2]
            return float(part.std()) if part.size else 0.0

        return max(self.views, key=contrast)

    def luma(self) -> np.ndarray | None:
        """The upright brightness, uint8, in the frame's proportions, of limited range where the planes are.

        None where the planes are RGB. Of eight bits it is a view of the plane, of more every other sample of it: good
        for measuring motion. Take it before the frame is obscured.
        """
        if self.layout.rgb:
            return None
        plane = self.orientation.upright(self.planes[0])
        return plane if plane.dtype == np.uint8 else (plane[::2, ::2] >> (self.layout.depth - 8)).astype(np.uint8)

    def make_writable(self) -> tuple[np.ndarray, ...]:
        """Planes that may be painted on: private to this frame, never the decoder's references."""
        if not self._owned:
            self.planes = self.own()
            self._owned = True
        return self.planes

    def forget_pictures(self) -> None:
        """Drop the cached RGB pictures (they are a large part of what a waiting frame holds)."""
        self._pictures.clear()
