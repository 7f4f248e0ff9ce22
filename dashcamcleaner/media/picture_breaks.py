"""Damage that no decoder reports: a picture that breaks with those around it, and is no cut.

Codecs without checksums (FFV1 without CRC, Huffyuv, raw pictures) decode damaged data to garbage without a word. It
shows in time: tiles of the picture are suddenly full of streaks and false colours, and in the next picture they are not
any more, or are so in another way. After a cut the next picture goes on where this one is. So a picture is damaged
where the same tiles break both with the picture before and with the one after it, and for as long afterwards as tiles
are fuller of streaks than any camera's.

The thresholds leave alone all pictures of the road clips and of the scenes with known truth, among them rain, wipers,
night, fast pans and cuts; docs/security.md has the figures.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from dashcamcleaner.core.frame import Frame, PixelLayout

__all__ = ["CODECS_WITHOUT_CHECKS", "PictureBreaks", "judged_frames"]

CODECS_WITHOUT_CHECKS = frozenset(
    {"ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv", "lagarith", "rawvideo", "v210", "mjpeg", "jpeg2000"}
    | {"dvvideo", "dnxhd", "prores"}
)
"""Every picture stands for itself in them, and the decoder does not notice all damage."""

_TILES = (8, 16)
"""Across and down: damage begins in the middle of a row of blocks and goes on to the end of a slice."""
_LUMA_STREAKS, _LUMA_TIMES = 40.0, 3.0
"""A tile breaks where neighbouring samples differ by so many levels of 256, and so many times as much as before."""
_CHROMA_STREAKS, _CHROMA_TIMES = 12.0, 4.0
_CHROMA_LEVELS = 24.0
"""Or where its colour is so far off."""
_LUMA_GARBAGE, _CHROMA_GARBAGE = 60.0, 24.0
"""No tile of the road clips and known scenes has more than 51 and 15. Codecs that go on from picture to picture (FFV1
between its key frames) go on with the damage, too, so that pictures resemble each other again."""
_BEYOND_OWN = 1.25
"""Test patterns have more; garbage is beyond theirs, too, by so many times."""
_COMMON = 0.5
"""So large a share of the tiles that break with one neighbour must break with the other, too."""
_IMPOSSIBLE = (2.0, 253.0)
"""No camera gives a whole plane of colour that is at the very end of its range."""
_DETAIL = 2.0
_MOST_LEARNT = 9
_UNUSUAL = 3
"""In a clip whose pictures break all the time, so many times as many tiles as usual must break."""
_LEAST_LEARNT, _FEW = 3, 32
"""Fewer breaks among the first pictures are their damage. So are more tiles than that, unless all pictures break."""
_LEAST_ROWS = 270
"""Of larger pictures only so many rows are compared, and up to twice as many."""


class PictureBreaks:
    """Takes the pictures of a clip in order and tells of each, once its neighbours are known, whether it is damaged.

    Test patterns and cartoons break from picture to picture all the time; that is how they are. What is usual in a clip
    is told by its first pictures, so that nothing is told of any before so many have come.

    Args:
        layout: how to read the planes.
        learning: so many pictures may wait.
    """

    def __init__(self, layout: PixelLayout, *, learning: int = _MOST_LEARNT) -> None:
        self._layout = layout
        self._first: list[_Tiles] | None = []  # until it is known what is usual
        self._learning = min(learning, _MOST_LEARNT)
        self._usual = 0
        self._earlier: _Tiles | None = None  # the picture before the last
        self._last: _Tiles | None = None
        self._broken: np.ndarray | None = None  # tiles in which the last picture broke with the one before it
        self._good: _Tiles | None = None  # the latest that is not damaged

    def add(self, planes: Sequence[np.ndarray]) -> list[bool]:
        """Take the next picture; gives whether those before it are damaged, in order, each once.

        Args:
            planes: the planes of the picture, as in `Frame.planes`, not painted on yet.
        """
        tiles = _Tiles(planes, self._layout)
        if self._first is None:
            return self._judge(tiles)
        self._first.append(tiles)
        return self._learn() if len(self._first) >= self._learning else []

    def finish(self) -> list[bool]:
        """Whether the pictures of which nothing is told yet are damaged, in order."""
        told = self._learn()
        last, broken = self._last, self._broken
        if last is None:
            return told
        return [*told, self._is_garbage(last) or (broken is not None and bool((broken & last.is_wild).any()))]

    def _learn(self) -> list[bool]:
        first, self._first = self._first or [], None
        counts = [int(one.breaks_with(other).sum()) for one, other in itertools.pairwise(first)]
        restless = sum(count > 0 for count in counts)
        if restless >= _LEAST_LEARNT and (max(counts) <= _FEW or restless == len(counts)):
            self._usual = max(counts)
        return [damaged for tiles in first for damaged in self._judge(tiles)]

    def _judge(self, tiles: _Tiles) -> list[bool]:
        earlier, last, before = self._earlier, self._last, self._broken
        self._earlier, self._last = last, tiles
        if last is None:
            return []
        self._broken = after = self._unusual(last.breaks_with(tiles))
        if before is None or earlier is None:  # the first picture: what is wilder is the garbage
            damaged = bool((after & last.is_wild & last.is_wilder_than(tiles)).any())
        else:
            passing = last.is_between(earlier, tiles)
            damaged = _is_break(before & ~passing, after & ~passing)
        damaged = damaged or self._is_garbage(last)
        self._good = self._good if damaged else last
        return [damaged]

    def _unusual(self, broken: np.ndarray) -> np.ndarray:
        """The tiles that break; none where no more of them do than is usual in the clip."""
        return broken if int(broken.sum()) > _UNUSUAL * self._usual else np.zeros_like(broken)

    def _is_garbage(self, tiles: _Tiles) -> bool:
        """Whether a picture cannot be one by itself, and is another than what was good."""
        if tiles.is_impossible:
            return True
        if self._good is None:
            return False
        return bool((tiles.is_beyond_cameras(self._good) & self._unusual(tiles.breaks_with(self._good))).any())


def judged_frames(frames: Iterator[Frame], breaks: PictureBreaks, tell: Callable[[Frame], None]) -> Iterator[Frame]:
    """The frames of a clip, each once it is known whether it is damaged.

    Args:
        frames: those of the clip in order, from the first on.
        breaks: the judge, fresh.
        tell: is given each damaged frame before it comes out.
    """
    waiting: deque[Frame] = deque()
    for frame in frames:
        waiting.append(frame)
        for damaged in breaks.add(frame.planes):
            if damaged:
                tell(waiting[0])
            yield waiting.popleft()
    for damaged in breaks.finish():
        if damaged:
            tell(waiting[0])
        yield waiting.popleft()


def _is_break(before: np.ndarray, after: np.ndarray) -> bool:
    both = int((before & after).sum())
    return both > 0 and both >= _COMMON * max(int(before.sum()), 1)


class _Tiles:
    """What is kept of a picture: of each plane's tiles the mean, and how much neighbouring samples differ."""

    def __init__(self, planes: Sequence[np.ndarray], layout: PixelLayout) -> None:
        scale = 1.0 / (1 << (layout.depth - 8))
        colours = planes[: 3 if len(planes) >= 3 else 1]
        self._chroma = [number > 0 and not layout.rgb for number in range(len(colours))]
        self._means, self._streaks = [], []
        self.is_impossible = False
        for plane, is_chroma in zip(colours, self._chroma, strict=True):
            samples = np.ascontiguousarray(plane)
            self._means.append(_tile_means(samples) * scale)
            self._streaks.append(_streaks(samples) * scale)
            if is_chroma and not _IMPOSSIBLE[0] < float(self._means[-1].mean()) < _IMPOSSIBLE[1]:
                self.is_impossible = float(self._streaks[0].mean()) > _DETAIL  # else it may be a test picture

    def breaks_with(self, other: _Tiles) -> np.ndarray:
        """In which tiles the two pictures do not look like neighbours, ``(rows, columns)`` bool."""
        found = np.zeros(self._means[0].shape, bool)
        for number, is_chroma in enumerate(self._chroma):
            ours, theirs = self._streaks[number], other._streaks[number]
            more, less = np.maximum(ours, theirs), np.minimum(ours, theirs)
            if is_chroma:
                found |= (more > _CHROMA_STREAKS) & (more > _CHROMA_TIMES * less)
                found |= _is_foreign(self._means[number], other._means[number])
                found |= _is_foreign(other._means[number], self._means[number])
            else:
                found |= (more > _LUMA_STREAKS) & (more > _LUMA_TIMES * less)
        return found

    def is_wilder_than(self, other: _Tiles) -> np.ndarray:
        """In which tiles this picture is fuller of streaks, in brightness or in colour."""
        return np.logical_or.reduce([a > b for a, b in zip(self._streaks, other._streaks, strict=True)])

    def is_between(self, earlier: _Tiles, later: _Tiles) -> np.ndarray:
        """In which tiles this picture is all the way from one to the other: an edge passes by."""
        return np.logical_and.reduce(
            [
                (np.minimum(one, other) <= mine) & (mine <= np.maximum(one, other))
                for kind in ("_means", "_streaks")
                for mine, one, other in zip(*(getattr(t, kind) for t in (self, earlier, later)), strict=True)
            ]
        )

    @property
    def is_wild(self) -> np.ndarray:
        """In which tiles there are as many streaks as garbage has."""
        return self._above([_CHROMA_STREAKS if is_chroma else _LUMA_STREAKS for is_chroma in self._chroma])

    def is_beyond_cameras(self, good: _Tiles) -> np.ndarray:
        """In which tiles there are more streaks than any camera gives, and than anywhere in a good one."""
        limits = [_CHROMA_GARBAGE if is_chroma else _LUMA_GARBAGE for is_chroma in self._chroma]
        own = [_BEYOND_OWN * float(streaks.max()) for streaks in good._streaks]
        return self._above([max(pair) for pair in zip(limits, own, strict=True)])

    def _above(self, limits: Sequence[float]) -> np.ndarray:
        return np.logical_or.reduce([streaks > limit for streaks, limit in zip(self._streaks, limits, strict=True)])


def _is_foreign(means: np.ndarray, other: np.ndarray) -> np.ndarray:
    """In which tiles the colour is far off all that the other picture shows there and next to it, ``(rows, columns)``.

    What moves brings the colour of its neighbourhood along; a strong colour that passes by is no damage.
    """
    around = np.ones((3, 3), np.uint8)
    above = means - cv2.dilate(other, around)
    below = cv2.erode(other, around) - means
    return np.asarray(np.maximum(above, below) > _CHROMA_LEVELS)


def _tile_means(samples: np.ndarray) -> np.ndarray:
    """Means of `_TILES`, ``(rows, columns)`` float32, whatever the picture's size."""
    samples = samples[:: max(1, len(samples) // _LEAST_ROWS)]
    means = cv2.resize(samples, _TILES, interpolation=cv2.INTER_AREA)
    return means.reshape(_TILES[1], _TILES[0]).astype(np.float32)


def _streaks(samples: np.ndarray) -> np.ndarray:
    """How much neighbouring samples differ on average, across and down together, per tile."""
    if min(samples.shape[:2]) < 2:
        return np.zeros((_TILES[1], _TILES[0]), np.float32)
    step = max(1, len(samples) // _LEAST_ROWS)
    across = cv2.absdiff(samples[::step, 1:], samples[::step, :-1])
    down = cv2.absdiff(samples[1::step], samples[:-1:step])
    return _tile_means(across) + _tile_means(down)
