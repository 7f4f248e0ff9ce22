"""The sound of a clip for listening: samples from a second on, and how loud it is over time. Nothing is written.

Times are those of the file, as frames count them: sound and picture of one second belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av.error
import numpy as np

from dashcamcleaner.errors import InputError
from dashcamcleaner.media.packets import open_source
from dashcamcleaner.messages import msg

__all__ = ["CHANNELS", "RATE", "read_sound", "sound_levels"]

RATE, CHANNELS = 48_000, 2
"""What samples are turned into: pairs of 16-bit numbers, left and right."""
_AV_TIME_BASE = 1_000_000


def read_sound(path: Path, *, from_s: float = 0.0) -> Iterator[bytes]:
    """The samples of the first sound track from a second on, in pieces; none where there is no sound.

    Args:
        path: the clip.
        from_s: the second to begin with; where the track begins later, there is silence up to it.

    Yields:
        Little-endian int16, left and right in turn, `RATE` pairs a second.

    Raises:
        InputError: the clip cannot be opened.
    """
    for start_s, samples in _decoded(path, from_s=from_s, rate=RATE, layout="stereo", format_name="s16"):
        pairs = samples.reshape(-1, CHANNELS)
        if start_s > from_s:
            yield bytes(2 * CHANNELS * round((start_s - from_s) * RATE))
            from_s = start_s
        late = round((from_s - start_s) * RATE)
        if late < len(pairs):
            yield pairs[max(0, late) :].astype("<i2").tobytes()
        from_s = max(from_s, start_s + len(pairs) / RATE)


def sound_levels(
    path: Path, *, end_s: float, buckets: int = 1000, cancelled: Callable[[], bool] = lambda: False
) -> list[float]:
    """How loud a clip is over its time: the peak of each of so many equal parts, 0-1; empty where there is no sound.

    Args:
        path: the clip.
        end_s: the second up to which it goes.
        buckets: the number of parts.
        cancelled: asked now and then; the rest stays 0.

    Raises:
        InputError: the clip cannot be opened.
    """
    rate = 8000
    levels = np.zeros(buckets)
    heard = False
    for start_s, samples in _decoded(path, from_s=0.0, rate=rate, layout="mono", format_name="s16"):
        heard = True
        if cancelled() or start_s > end_s:
            break
        times = start_s + np.arange(samples.size) / rate
        places = np.clip(times * buckets / max(end_s, 1e-3), 0, buckets - 1).astype(np.intp)
        np.maximum.at(levels, places, np.abs(samples.ravel().astype(np.float64)) / 32768)
    return levels.tolist() if heard else []


def _decoded(
    path: Path, *, from_s: float, rate: int, layout: str, format_name: str
) -> Iterator[tuple[float, np.ndarray]]:
    """Second and samples of each decoded piece; pieces that are damaged are left out."""
    try:
        container: Any = open_source(path)
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(msg("The sound of {path} cannot be read: {error}.", path=path, error=error)) from error
    with container:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            return
        resampler = av.AudioResampler(format=format_name, layout=layout, rate=rate)
        if from_s > 0:
            container.seek(int(from_s * _AV_TIME_BASE))
        next_s = -1.0
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            for frame in frames:
                at_s = float(frame.pts * frame.time_base) if frame.pts is not None else max(0.0, next_s)
                frame.pts = None
                for piece in resampler.resample(frame):
                    samples = piece.to_ndarray()
                    yield at_s, samples
                    at_s += piece.samples / rate
                next_s = at_s
