"""A drawn box followed both ways through a clip, as the key frames of an edit. For the window and the command line."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.decoder import Decoder
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.one_picture import OnePicture, open_frames
from dashcamcleaner.review.preview import ClipPreview, fitted
from dashcamcleaner.tracking.box_tracker import BoxTracker

__all__ = ["follow_box", "thinned"]

Box = tuple[float, float, float, float]
Key = tuple[float, Box]

_PICTURE_PX = 960
_READ_FRAMES = 24
"""Read at once going back: a clip is decoded forwards only, and so many small pictures are kept."""
_THIN_PX = 1.5


def follow_box(
    clip: ClipPreview, pts: int, box: Box, *, most_s: float = 5.0, cancelled: Callable[[], bool] = lambda: False
) -> list[Key]:
    """Key frames ``(second, box)`` of a box drawn on the frame of ``pts``, as far as it can be followed.

    Args:
        clip: open for preview; a decoder of its own is opened here.
        pts: the time, in ticks, of the frame that was drawn on.
        box: upright full-size pixels.
        most_s: how far it is followed each way.
        cancelled: asked between frames.

    Raises:
        InputError: the clip has no such frame.
    """
    times = clip.times
    here = bisect_left(times, pts)
    if here >= len(times) or times[here] != pts:
        raise InputError(msg("{path} has no frame at pts {pts}.", path=clip.path, pts=pts))
    time_base, (w, _) = clip.info.time_base, clip.info.upright_size
    size = fitted(clip.info.upright_size, _PICTURE_PX)
    scale = size[0] / w
    reach = round(Fraction(most_s) / time_base)
    last = bisect_left(times, pts + reach + 1) - 1
    first = bisect_left(times, pts - reach)
    small: Box = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)

    def followed(pictures: Iterator[tuple[int, np.ndarray]], start: np.ndarray) -> list[tuple[int, Box]]:
        follower, found = BoxTracker(start, small), []
        for at, picture in pictures:
            moved = None if cancelled() else follower.update(picture)
            if moved is None:
                break
            found.append((at, moved))
        return found

    _, decoder = open_frames(clip.path, info=clip.info)
    with decoder:
        start = decoder.seek(pts).picture(size)
        ahead = followed(_ahead(decoder, size, times[last]), start)
        back = followed(_back(decoder, size, times, first, here), start)
    places = [*reversed(back), (pts, small), *ahead]
    keys = [(float(at * time_base), _scaled(place, 1 / scale)) for at, place in places]
    return thinned(keys, keep_s=float(pts * time_base))


def _ahead(decoder: Decoder | OnePicture, size: tuple[int, int], last: int) -> Iterator[tuple[int, np.ndarray]]:
    for frame in decoder:
        if frame.time.pts > last:
            return
        yield frame.time.pts, frame.picture(size)


def _back(
    decoder: Decoder | OnePicture, size: tuple[int, int], times: tuple[int, ...], first: int, here: int
) -> Iterator[tuple[int, np.ndarray]]:
    while here > first:
        start = max(first, here - _READ_FRAMES)
        pictures: list[tuple[int, np.ndarray]] = []
        frame = _first_of(decoder, times[start:here])
        while frame is not None and frame.time.pts < times[here]:
            pictures.append((frame.time.pts, frame.picture(size)))
            frame.forget_pictures()
            frame = next(decoder, None)
        yield from reversed(pictures)
        here = start


def _first_of(decoder: Decoder | OnePicture, times: tuple[int, ...]) -> Frame | None:
    """The first of these frames that decodes; None where none does."""
    for pts in times:
        try:
            return decoder.seek(pts)
        except InputError:  # its packet is there, but damaged
            continue
    return None


def _scaled(box: Box, factor: float) -> Box:
    return (box[0] * factor, box[1] * factor, box[2] * factor, box[3] * factor)


def thinned(keys: list[Key], *, keep_s: float | None = None, most_error_px: float = _THIN_PX) -> list[Key]:
    """As few of the keys as keep every box within some pixels when it is moved evenly between them.

    Args:
        keys: the key frames in order of time.
        keep_s: the key nearest to this second is kept: it was set by hand.
        most_error_px: largest distance of a corner.
    """
    if len(keys) < 3:
        return keys
    kept = {0, len(keys) - 1}
    if keep_s is not None:
        kept.add(min(range(len(keys)), key=lambda i: abs(keys[i][0] - keep_s)))
    ends = sorted(kept)
    spans = list(pairwise(ends))
    while spans:
        a, b = spans.pop()
        worst, error = a, 0.0
        for i in range(a + 1, b):
            part = (keys[i][0] - keys[a][0]) / (keys[b][0] - keys[a][0])
            pairs = zip(keys[a][1], keys[b][1], keys[i][1], strict=True)
            off = max(abs(p + part * (q - p) - v) for p, q, v in pairs)
            if off > error:
                worst, error = i, off
        if error > most_error_px:
            kept.add(worst)
            spans += [(a, worst), (worst, b)]
    return [keys[i] for i in sorted(kept)]
