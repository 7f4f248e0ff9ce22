"""A clip file in, `FileFacts` out: its streams, tags, sound packets and whatever pictures stand beside the film.

The audit's own reader of files, apart from the one that `stages.probe` and `stages.decode` share with the run: what
those overlook would be overlooked twice. `compare_files` sets the facts of source and output against each other.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from PIL import ExifTags, Image

from dashcamcleaner.core import codecs
from dashcamcleaner.core.filefacts import EmbeddedPicture, FileFacts, SoundTrack
from dashcamcleaner.errors import InputError

__all__ = ["examine", "sound_offset_s"]

_SIGNATURES = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))
_POSITION_TEXTS = (b"$GPRMC", b"$GNRMC", b"$GPGGA", b"$GNGGA")
"""How receivers write positions; a tag with one is told with the tags."""

_EXIF_POINTERS = {
    "ExifOffset",
    "GPSInfo",
    "Orientation",
    "ResolutionUnit",
    "XResolution",
    "YResolution",
    "YCbCrPositioning",
}
"""Where other blocks lie, and what says nothing about the footage."""

_LEAST_GAP_BYTES = 64
_MOST_GAP_BYTES = 64 << 20
_LEAST_PICTURE_PX = 16
_ENVELOPE_HZ = 400


def examine(path: Path) -> FileFacts:
    """Read a clip file, all packets, decoding none of the film.

    Raises:
        InputError: it cannot be read.
    """
    if still := _still(path):
        return still
    facts = FileFacts()
    spans: list[tuple[int, int]] = []
    try:
        with av.open(
            f"file:{path.resolve()}", container_options=codecs.SOURCE_OPTIONS, metadata_errors="replace"
        ) as container:
            tracks = _read_streams(container, facts)
            first_picture: Fraction | None = None
            sound_times: dict[int, list[Fraction]] = {index: [] for index in tracks}
            for packet in container.demux():
                if not packet.size:
                    continue
                index = packet.stream_index
                if packet.pos is not None and packet.pos >= 0:
                    spans.append((packet.pos, packet.pos + packet.size))
                if index in facts.films[:1] and packet.pts is not None and not packet.is_discard:
                    time = packet.pts * packet.time_base
                    first_picture = time if first_picture is None else min(time, first_picture)
                elif index in tracks and packet.pts is not None:
                    tracks[index].packets.append(hashlib.sha256(bytes(packet)).digest()[:8])
                    sound_times[index].append(packet.pts * packet.time_base)
            start = first_picture or Fraction(0)
            for index, times in sound_times.items():
                tracks[index].times_s = [float(time - start) for time in times]
            facts.sound = list(tracks.values())
            name = container.format.name
    except av.error.FFmpegError as error:
        raise InputError(f"{path} cannot be read for the audit: {error}") from error
    if "mp4" in name or "mov" in name:
        _search_gaps(path, spans, facts)
    return facts


def _still(path: Path) -> FileFacts | None:
    """The facts of a picture file: what its headers tell, and pictures beside the picture. None for a clip."""
    try:
        with Image.open(path) as picture:
            if getattr(picture, "n_frames", 1) > 1:
                return None
            exif = picture.getexif()
            facts = FileFacts(films=[0])
            names = {ExifTags.TAGS.get(tag, str(tag)): value for tag, value in exif.items()}
            facts.tags = {name: str(value) for name, value in names.items() if name not in _EXIF_POINTERS}
            facts.tags |= {str(name): str(value) for name, value in picture.info.items() if isinstance(value, str)}
            if exif.get_ifd(ExifTags.IFD.GPSInfo):
                facts.positions.append("EXIF GPS data")
    except (OSError, ValueError, SyntaxError):
        return None
    data = path.read_bytes()
    _search_pictures(data[8:], 8, facts)  # past the signature of the picture itself
    return facts


def _read_streams(container: Any, facts: FileFacts) -> dict[int, SoundTrack]:
    tracks: dict[int, SoundTrack] = {}
    covers = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    facts.tags = dict(container.metadata)
    facts.chapters = len(container.chapters())
    for stream in container.streams:
        facts.tags |= {f"stream {stream.index}: {name}": value for name, value in stream.metadata.items()}
        codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
        if stream.type == "video" and bool(stream.disposition & covers):
            facts.pictures.append(
                EmbeddedPicture(f"cover picture (stream {stream.index})", _cover(container, stream), cover=True)
            )
        elif stream.type == "video":
            facts.films.append(stream.index)
        elif stream.type == "audio":
            tracks[stream.index] = SoundTrack(stream.index, codec)
        else:
            facts.other_streams.append(f"{stream.type} stream {stream.index} ({codec})")
            if stream.type == "data":
                facts.data_streams.append(facts.other_streams[-1])
            if stream.type == "attachment":
                pixels = _decoded(bytes(getattr(stream, "data", b"") or b""))
                if pixels is not None:
                    facts.pictures.append(
                        EmbeddedPicture(f"attached picture (stream {stream.index})", pixels, cover=True)
                    )
    if len(facts.films) > 1:  # the film first, as the run picks it
        default = av.stream.Disposition.default
        streams = [container.streams[i] for i in facts.films]
        streams.sort(key=lambda s: (not s.disposition & default, -s.width * s.height, s.index))
        facts.films = [s.index for s in streams]
    return tracks


def _cover(container: Any, stream: Any) -> np.ndarray | None:
    """The first picture of a cover stream, read through a second opening so that demuxing is not disturbed."""
    with (
        contextlib.suppress(av.error.FFmpegError, ValueError),
        av.open(container.name, container_options=codecs.SOURCE_OPTIONS) as again,
    ):
        for frame in again.decode(again.streams[stream.index]):
            return frame.to_ndarray(format="rgb24")
    return None


def _search_gaps(path: Path, spans: list[tuple[int, int]], facts: FileFacts) -> None:
    """Look at the bytes that belong to no packet: thumbnails and positions hide in boxes that readers skip."""
    left = _MOST_GAP_BYTES
    with path.open("rb") as file:
        for start, end in _gaps(spans, path.stat().st_size):
            if left <= 0:
                return
            file.seek(start)
            data = file.read(min(end - start, left))
            left -= len(data)
            for text in _POSITION_TEXTS:
                if text in data:
                    facts.positions.append(f"{text.decode()} at byte {start + data.index(text)}")
            _search_pictures(data, start, facts)


def _gaps(spans: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in sorted(spans):
        if start - at >= _LEAST_GAP_BYTES:
            yield at, start
        at = max(at, end)
    if size - at >= _LEAST_GAP_BYTES:
        yield at, size


def _search_pictures(data: bytes, offset: int, facts: FileFacts) -> None:
    known = [p.pixels for p in facts.pictures if p.pixels is not None]
    for signature, name in _SIGNATURES:
        at = data.find(signature)
        while at >= 0:
            pixels = _decoded(data[at : at + (8 << 20)])
            step = len(signature)
            if pixels is not None and min(pixels.shape[:2]) >= _LEAST_PICTURE_PX:
                step = max(step, data.find(b"\xff\xd9", at) - at) if name == "JPEG" else step
                if not any(one.shape == pixels.shape and np.abs(one.astype(int) - pixels).mean() < 8 for one in known):
                    facts.pictures.append(EmbeddedPicture(f"{name} picture at byte {offset + at}", pixels))
                    known.append(pixels)
            at = data.find(signature, at + step)


def _decoded(data: bytes) -> np.ndarray | None:
    if len(data) < 64:
        return None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if picture is None else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def sound_offset_s(source: Path, output: Path, *, source_stream: int, output_stream: int) -> tuple[float, float] | None:
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
        with av.open(f"file:{path.resolve()}", container_options=codecs.SOURCE_OPTIONS) as container:
            film = container.streams.video[0]
            first = next((p.pts * p.time_base for p in container.demux(film) if p.pts is not None), Fraction(0))
            container.seek(0)
            stream = container.streams[index]
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            for frame in container.decode(stream):
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
