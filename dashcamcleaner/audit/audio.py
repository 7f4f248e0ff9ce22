"""Is the audio of two files in time? By its packets where it was copied, by ear where it was converted.

`audit.container` reads packets; what was converted is decoded here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np

from dashcamcleaner.media.packets import open_source, read_packets

__all__ = ["AudioTrack", "audio_offset_s", "audio_shift_s"]

_ENVELOPE_HZ = 400


@dataclass(slots=True)
class AudioTrack:
    """One audio track.

    Args:
        stream: its index in the file.
        codec: its codec.
        packets: SHA-256 prefix per packet, in order.
        times_s: time of each packet, seconds from the first picture.
    """

    stream: int
    codec: str
    packets: list[bytes] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)


def audio_shift_s(before: AudioTrack, after: AudioTrack) -> float | None:
    """The largest shift of any packet that both tracks hold, seconds; None where the sound was not copied.

    Times count from the first picture, and packets are known by their content, so that a file that begins elsewhere,
    or lacks a packet, is judged rightly.
    """
    places: dict[bytes, list[int]] = {}
    for index, packet in enumerate(before.packets):
        places.setdefault(packet, []).append(index)
    shifts = []
    for packet, time_s in zip(after.packets, after.times_s, strict=True):
        # Silence repeats itself: the nearest of the equal packets is meant.
        if packet in places:
            shifts.append((len(places[packet]), min((time_s - before.times_s[i] for i in places[packet]), key=abs)))
    if len(shifts) < 0.5 * max(1, len(after.packets)):
        return None
    unique = [shift for count, shift in shifts if count == 1] or [shift for _, shift in shifts]
    return max(unique, key=abs)


def audio_offset_s(source: Path, output: Path, *, source_stream: int, output_stream: int) -> tuple[float, float] | None:
    """How much later the sound comes in the output, by ear: for sound that was converted. None where it cannot be told.

    Loudness curves of both are correlated. Times count from each file's first picture.

    Returns:
        Seconds, and the correlation (0-1) at that shift.
    """
    curves = [_loudness(path, index) for path, index in ((source, source_stream), (output, output_stream))]
    if curves[0] is None or curves[1] is None or min(len(curve[1]) for curve in curves if curve) < _ENVELOPE_HZ // 2:
        return None
    (start_a, a), (start_b, b) = curves[0], curves[1]
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    if norm < 1e-9:
        return None
    size = 1 << int(np.ceil(np.log2(len(a) + len(b))))
    both = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)
    lag = int(both.argmax())
    likeness = float(both[lag]) / norm
    lag = lag - size if lag > size // 2 else lag
    return lag / _ENVELOPE_HZ + start_b - start_a, likeness


def _loudness(path: Path, index: int) -> tuple[float, np.ndarray] | None:
    """Start in seconds from the first picture, and the loudness per 1/400 s."""
    rate = _ENVELOPE_HZ * 20
    parts: list[np.ndarray] = []
    start: float | None = None
    try:
        with open_source(path) as container:
            pictures = read_packets(container, [container.streams.video[0]])
            first = next((p.pts * p.time_base for p in pictures if p.pts is not None), Fraction(0))
            container.seek(0)
            stream = container.streams[index]
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            for frame in (frame for packet in read_packets(container, [stream]) for frame in packet.decode()):
                if not isinstance(frame, av.AudioFrame):
                    continue
                if start is None and frame.pts is not None and frame.time_base is not None:
                    start = float(frame.pts * frame.time_base - first)
                parts += [np.abs(part.to_ndarray().ravel()) for part in resampler.resample(frame)]
    except (av.error.FFmpegError, ValueError):
        return None
    if not parts or start is None:
        return None
    samples = np.concatenate(parts)
    usable = len(samples) // 20 * 20
    return start, samples[:usable].reshape(-1, 20).mean(axis=1)
