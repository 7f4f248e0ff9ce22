"""Frames in, `Detections` out, in upright full-size pixels; `run` calls this and gives it any `Detector`.

Without tiles a frame is one picture of `FrameDetector.picture_size`. With ``tiles=n`` it is that picture and, for what
is far away, n overlapping tiles along the long side (and as many rows as the shape asks), each as large as the
network's input. What the tiles saw is merged: an object that a tile's border cuts is taken whole from where it was
seen whole, else its parts are put together, so that no box ends at a tile's border while its object goes on.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections, iou
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.detection.detector import Detector, PipelinedDetector
from dashcamcleaner.detection.yolo import EDGE_TOLERANCE, fitted_size, suppress
from dashcamcleaner.errors import BackendError, DashcamCleanerError, DetectorFailed
from dashcamcleaner.messages import msg

__all__ = ["FrameDetector", "Tile", "check_kinds", "lay_tiles", "merge_tiles"]

_MAX_ENLARGEMENT = 2.0
"""Tiles never show the picture larger than this: beyond, there is nothing more to see."""

_BORDER = 0.01
"""A box that ends within this share of a tile's long side of its border may be cut there."""

_SAME_OBJECT = 0.6
"""A cut part is explained by a whole box that covers this share of it."""

_MARGIN_PX = 2.0
"""Pixels of the tiled picture by which boxes of one object may differ; of a thin strip they are a large share."""


def check_kinds(detector: Detector, wanted: Sequence[str]) -> None:
    """Refuse a run in which a wanted kind has nobody to see it.

    Raises:
        BackendError: names the kinds that the weights do not know.
    """
    missing = [kind for kind in wanted if kind not in detector.kinds]
    if missing:
        raise BackendError(
            msg(
                "the weights {weights} cannot see: {missing} (they know {kinds}).",
                weights=detector.description.weights,
                missing=", ".join(missing),
                kinds=", ".join(detector.kinds),
            ),
            hint="Add weights that can, separated by a comma, or leave the kind out.",
        )


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the enlarged picture, and which of its borders lie inside the picture.

    Args:
        xyxy: the box in whole pixels.
        inner: left, top, right, bottom: True where the picture goes on.
    """

    xyxy: tuple[int, int, int, int]
    inner: tuple[bool, bool, bool, bool]


def lay_tiles(
    *, upright_size: tuple[int, int], input_size: tuple[int, int], tiles: int, overlap: float
) -> tuple[tuple[int, int], list[Tile]]:
    """The size ``(w, h)`` to ask a frame's picture in, and the tiles of it.

    Args:
        upright_size: the size of the full-size picture.
        input_size: the input size of the network.
        tiles: number along the long side.
        overlap: share of a tile that its neighbour sees too, at least.
    """
    w, h = upright_size
    along = 0 if w >= h else 1
    long_px = input_size[along] * (tiles - (tiles - 1) * overlap)
    scale = min(long_px / max(w, h), _MAX_ENLARGEMENT)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    starts = [_starts(size[axis], input_size[axis], overlap) for axis in (0, 1)]
    laid = []
    for top in starts[1]:
        for left in starts[0]:
            right, bottom = min(size[0], left + input_size[0]), min(size[1], top + input_size[1])
            laid.append(Tile((left, top, right, bottom), (left > 0, top > 0, right < size[0], bottom < size[1])))
    return size, laid


def _starts(length: int, tile: int, overlap: float) -> list[int]:
    """Where tiles begin along one side: the fewest that overlap enough, evenly spread, the last one flush."""
    if length <= tile:
        return [0]
    count = 1 + max(1, math.ceil((length - tile) / (tile * (1 - overlap)) - 0.01))
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


@contextlib.contextmanager
def _failing_closed() -> Iterator[None]:
    """Whatever a detector raises becomes one of our errors: the run stops, no frame passes unseen."""
    try:
        yield
    except DashcamCleanerError:
        raise
    except Exception as error:  # any detector may stand here, with any library's errors
        raise DetectorFailed(msg("the detector failed: {error}.", error=repr(error))) from error


class FrameDetector:
    """Wraps any detector for frames of one upright size.

    Args:
        detector: sees pictures.
        upright_size: ``(width, height)`` of the full-size picture; results are in its pixels.
        kinds: the kinds wanted; None takes all that the detector knows.
        tiles: tiles along the long side; 1 for none.
        overlap: the overlap of neighbouring tiles, as a share of a tile.
        shown_size: ``(width, height)`` that players give the picture where that is of another shape: it is looked at
            in both.

    Attributes:
        picture_size: what to ask `Frame.picture` for, where one picture is enough; frames may be given without asking.
        shown_size: the size in which players show what is looked at, within the network's input; None where it is that
            of the picture.
        parallel: how many frames are worth having under way at once.
        batch: how many frames the backend takes in one inference, by its own choice; 1 where it takes one at a time.
        description: the description of the detector.

    Raises:
        BackendError: a wanted kind that the detector does not know.
    """

    def __init__(
        self,
        detector: Detector,
        *,
        upright_size: tuple[int, int],
        kinds: Sequence[str] | None = None,
        tiles: int = 1,
        overlap: float = 0.2,
        shown_size: tuple[int, int] | None = None,
    ) -> None:
        if tiles < 1 or not 0 <= overlap <= 0.5:
            raise BackendError(
                msg(
                    "tiles must be 1 or more and overlap 0 to 0.5, not {tiles} and {overlap}.",
                    tiles=tiles,
                    overlap=overlap,
                )
            )
        if kinds is not None:
            check_kinds(detector, kinds)
        self.detector = detector
        self.description = detector.description
        self.upright_size = upright_size
        self.kinds = tuple(detector.kinds) if kinds is None else tuple(kinds)
        self.picture_size = fitted_size(upright_size, detector.input_size)
        self.tiles: list[Tile] = []
        self.tiled_size = self.picture_size
        if tiles > 1:
            self.tiled_size, self.tiles = lay_tiles(
                upright_size=upright_size, input_size=detector.input_size, tiles=tiles, overlap=overlap
            )
            if len(self.tiles) == 1:  # the picture is so small that one tile shows all of it
                self.tiles = []
        self.shown_size = fitted_size(shown_size, detector.input_size) if shown_size is not None else None
        self._each = 1 + len(self.tiles) + (self.shown_size is not None)
        self.parallel = max(1, math.ceil(detector.parallel / self._each))
        self.batch = max(1, int(getattr(detector, "batch", 1)) // self._each)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Detections of each frame, in upright full-size pixels, best score first, down to the score floor.

        Raises:
            DetectorFailed: the backend failed, or gave what cannot be a box.
        """
        return self.result(self.submit(frames))

    def submit(self, frames: Sequence[Frame]) -> Any:
        """Start frames; `result` fetches them. Detectors that cannot wait do all the work here.

        The frames' pictures have been read when this returns: they may be painted on.
        """
        if any(frame.upright_size != self.upright_size for frame in frames):
            raise DetectorFailed("a frame has another size than the clip began with.")
        pictures: list[np.ndarray] = []
        for frame in frames:
            self._lay(frame.picture, pictures)
            for view in frame.views:
                self._lay(view, pictures)
        views = [1 + len(frame.views) for frame in frames]
        with _failing_closed():
            if isinstance(self.detector, PipelinedDetector):
                return views, self.detector.submit(pictures), None
            return views, None, self._checked(self.detector.detect(pictures), len(pictures))

    def _lay(self, picture: Callable[[tuple[int, int]], np.ndarray], pictures: list[np.ndarray]) -> None:
        """Add what the detector is to see of one picture: the whole, the tiles, the whole in the shape of players."""
        pictures.append(picture(self.picture_size))
        if self.tiles:
            large = picture(self.tiled_size)
            for tile in self.tiles:
                x1, y1, x2, y2 = tile.xyxy
                pictures.append(large[y1:y2, x1:x2])
        if self.shown_size is not None:
            pictures.append(picture(self.shown_size))

    def result(self, handle: Any) -> list[Detections]:
        """Wait for what `submit` started; each handle is fetched once."""
        views, started, seen = handle
        each = self._each
        if seen is None:
            assert isinstance(self.detector, PipelinedDetector)
            with _failing_closed():
                seen = self._checked(self.detector.result(started), sum(views) * each)
        answers = iter([self._upright(seen[at : at + each]) for at in range(0, len(seen), each)])
        return [_joined_views(list(itertools.islice(answers, count))) for count in views]

    @staticmethod
    def _checked(seen: list[Detections], count: int) -> list[Detections]:
        if len(seen) != count:
            raise DetectorFailed(
                msg("the detector answered {count} of {count2} pictures.", count=len(seen), count2=count)
            )
        return seen

    def _upright(self, seen: Sequence[Detections]) -> Detections:
        """One picture's answers (the whole, then tiles) in full-size pixels."""
        w, h = self.upright_size
        whole = seen[0].moved(scale=(w / self.picture_size[0], h / self.picture_size[1]))
        if self.tiles:
            scale = (w / self.tiled_size[0], h / self.tiled_size[1])
            parts = []
            for tile, found in zip(self.tiles, seen[1 : 1 + len(self.tiles)], strict=True):
                placed = found.moved(offset=(float(tile.xyxy[0]), float(tile.xyxy[1])))
                parts.append((Tile(tile.xyxy, tile.inner), placed))
            whole = merge_tiles(whole, parts, scale=scale)
        if self.shown_size is not None:
            shown = seen[-1].moved(scale=(w / self.shown_size[0], h / self.shown_size[1]))
            whole = _joined_views([whole, shown])
        slack = EDGE_TOLERANCE * max(w, h)
        boxes = np.clip(whole.xyxy, -slack, np.array([w, h, w, h], np.float32) + slack)
        keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]) & np.isin(whole.kind, self.kinds)
        return Detections(boxes[keep], whole.score[keep], whole.kind[keep])

    def close(self) -> None:
        """Close the detector."""
        self.detector.close()


def _joined_views(views: list[Detections]) -> Detections:
    """One frame's detections of what was seen in it, however it is shown."""
    return views[0] if len(views) == 1 else _drop_covered(suppress(Detections.concatenate(views)))


def merge_tiles(
    whole: Detections, parts: Sequence[tuple[Tile, Detections]], *, scale: tuple[float, float]
) -> Detections:
    """One frame's detections from the whole picture and from its tiles.

    Args:
        whole: the detections in the whole picture, in full-size pixels.
        parts: each tile with what was seen in it, in pixels of the tiled picture.
        scale: ``(x, y)`` from the tiled picture to full size.
    """
    intact, cut, sides = [whole], [], []
    for tile, found in parts:
        x1, y1, x2, y2 = tile.xyxy
        near = _BORDER * max(x2 - x1, y2 - y1)
        # Boxes may reach past a tile's border (a guess at what is not seen): they count as cut as well.
        inside = np.stack(
            [found.xyxy[:, 0] - x1, found.xyxy[:, 1] - y1, x2 - found.xyxy[:, 2], y2 - found.xyxy[:, 3]], axis=1
        )
        touches = (inside < near) & np.array(tile.inner)
        is_cut = touches.any(axis=1)
        full_size = found.moved(scale=scale)
        intact.append(full_size[~is_cut])
        cut.append(full_size[is_cut])
        sides.append(touches[is_cut])
    # The same object at two scales is rarely boxed alike when it is small: what lies within a better box goes too.
    kept = _drop_covered(suppress(Detections.concatenate(intact)))
    pieces = Detections.concatenate(cut)
    if not len(pieces):
        return kept
    touching = np.concatenate([side for side in sides if len(side)])
    margin_px = _MARGIN_PX * max(scale)
    kept, explained = _explain(pieces, kept, margin_px=margin_px)
    joined = _join(pieces[~explained], touching[~explained], margin_px=margin_px)
    if not len(joined):
        return kept
    both = Detections.concatenate([kept, _drop_covered(joined)])
    return both[np.argsort(-both.score, kind="stable")]


def _covered_share(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Which share of each box of ``a`` each box of ``b`` covers: ``(n, m)``."""
    side = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    side = np.clip(side, 0, None)
    area = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    return side[..., 0] * side[..., 1] / np.maximum(area, 1e-6)[:, None]


def _drop_covered(found: Detections) -> Detections:
    """Without boxes that lie (nearly) within a box of their kind with as good a score: nothing less is hidden."""
    if len(found) < 2:
        return found
    area = (found.xyxy[:, 2] - found.xyxy[:, 0]) * (found.xyxy[:, 3] - found.xyxy[:, 1])
    found = found[np.lexsort((-area, -found.score))]
    within = _covered_share(found.xyxy, found.xyxy) > 0.85
    within &= found.kind[:, None] == found.kind[None, :]
    return found[np.flatnonzero(~np.tril(within, -1).any(axis=1))]


def _explain(pieces: Detections, kept: Detections, *, margin_px: float) -> tuple[Detections, np.ndarray]:
    """Which pieces lie in a whole box of their kind; it takes their score if that is better, being the same object.

    A faint whole box does not explain away a strong piece: it may be something else.
    """
    if not len(kept) or not len(pieces):
        return kept, np.zeros(len(pieces), bool)
    fits = (pieces.kind[:, None] == kept.kind[None, :]) & (kept.score[None, :] >= 0.5 * pieces.score[:, None])
    roomy = kept.xyxy + np.array([-margin_px, -margin_px, margin_px, margin_px], np.float32)
    fits &= _covered_share(pieces.xyxy, roomy) > _SAME_OBJECT
    lent = np.where(fits, pieces.score[:, None], 0).max(axis=0)
    return Detections(kept.xyxy, np.maximum(kept.score, lent), kept.kind), fits.any(axis=1)


def _join(pieces: Detections, touching: np.ndarray, *, margin_px: float) -> Detections:
    """Pieces of one object put together; a piece without a partner is drawn out past the border that cuts it.

    Args:
        pieces: cut boxes in full-size pixels.
        touching: ``(n, 4)``: left, top, right, bottom side is at a tile's border.
        margin_px: how far such a piece is drawn out past the border.
    """
    if not len(pieces):
        return pieces
    boxes = pieces.xyxy.copy()
    # Where a neighbour saw nothing of the rest, the rest is guessed to be as long as what was seen.
    size = np.concatenate([boxes[:, 2:] - boxes[:, :2]] * 2, axis=1) * np.array([-1, -1, 1, 1], np.float32)
    drawn = boxes + np.where(touching, size, 0.0)
    facing = np.zeros((len(boxes), len(boxes)), bool)
    for one, other in ((0, 2), (1, 3), (2, 0), (3, 1)):
        facing |= touching[:, None, one] & touching[None, :, other]
    across = np.maximum(_extent_iou(boxes, axis=0), _extent_iou(boxes, axis=1))
    meets = (iou(drawn, boxes) > 0) & (pieces.kind[:, None] == pieces.kind[None, :]) & (across > 0.5)
    linked = meets & meets.T & facing
    # The same piece is also seen by tiles above and below: equal boxes belong together, whatever their borders.
    linked |= (iou(boxes, boxes) > 0.5) & (pieces.kind[:, None] == pieces.kind[None, :])
    group = np.arange(len(boxes))
    for i, j in np.argwhere(linked):
        if i < j and group[i] != group[j]:
            group[group == group[j]] = group[i]
    together: list[list[float | str]] = []
    alone: list[list[float | str]] = []
    far: list[list[float | str]] = []
    for number in np.unique(group):
        mine = np.flatnonzero(group == number)
        score, kind = float(pieces.score[mine].max()), str(pieces.kind[mine[0]])
        row: list[float | str] = [*_hull(boxes[mine]), score, kind]
        if (linked & facing)[np.ix_(mine, mine)].any():
            together.append(row)
        else:
            alone.append(row)
            drawn_row: list[float | str] = [*_hull(drawn[mine]), score, kind]
            far.append(drawn_row)
    # A strip of an object may have found no partner although its other pieces found each other.
    joined, explained = _explain(Detections.from_rows(alone), Detections.from_rows(together), margin_px=margin_px)
    rest = [row for row, known in zip(far, explained, strict=True) if not known]
    return suppress(Detections.concatenate([joined, Detections.from_rows(rest)]))


def _hull(boxes: np.ndarray) -> list[float]:
    return [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()]


def _extent_iou(boxes: np.ndarray, *, axis: int) -> np.ndarray:
    """IoU of the boxes' extents along one axis: ``(n, n)``."""
    low, high = boxes[:, axis], boxes[:, axis + 2]
    inter = np.clip(np.minimum(high[:, None], high[None, :]) - np.maximum(low[:, None], low[None, :]), 0, None)
    length = high - low
    return inter / np.maximum(length[:, None] + length[None, :] - inter, 1e-6)
