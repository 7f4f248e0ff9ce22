"""What two clip files hold besides pictures, and what of the output should not be there. Pure; `audit.container` reads.

`compare_contents` judges the output's file by what the run was asked to keep: one video stream, the same sound at the
same times, no position, no tag, no picture beside the video stream.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from PIL import ExifTags, Image

from dashcamcleaner.core.finding_table import found
from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.errors import InputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.codecs import SAFE_TAGS, is_location_tag, is_structural_tag
from dashcamcleaner.media.decoder import is_shown
from dashcamcleaner.media.packets import read_packets
from dashcamcleaner.media.picture_length import PictureLength, length_difference_s
from dashcamcleaner.media.probe import frame_rate
from dashcamcleaner.media.video_streams import choose_video_stream, is_cover, video_streams_of

__all__ = [
    "EmbeddedPicture",
    "ContainerContents",
    "AudioTrack",
    "compare_contents",
    "audio_shift_s",
    "examine",
    "audio_offset_s",
]

_COORDINATES = re.compile(r"[+-]\d{1,3}\.\d{3,}\s*,?\s*[+-]?\d{1,3}\.\d{3,}")
"""ISO 6709 (+48.1371+011.5754/) and its loose relatives, in whatever tag."""

MOST_AUDIO_SHIFT_S = 0.012
"""More than rounding to a container's coarsest clock (Matroska 1 ms, a sample's start in MP4), less than a frame."""


@dataclass(slots=True)
class AudioTrack:
    """One sound track.

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


@dataclass(slots=True, eq=False)
class EmbeddedPicture:
    """A picture that is no part of the video stream: a cover, an attachment, bytes between the packets.

    Args:
        where: the place, in words for people.
        pixels: uint8 RGB, None where it could not be decoded.
        cover: stands in the file as a cover picture, which can be asked for.
    """

    where: str
    pixels: np.ndarray | None
    cover: bool = False


@dataclass(slots=True, eq=False)
class ContainerContents:
    """What a file holds.

    Args:
        video_streams: indices of the picture streams that are no cover.
        other_streams: data, subtitle and attachment streams, for people.
        data_streams: the data streams among them.
        sound: the sound tracks.
        tags: the tags of the container and of all streams, name -> value (a stream's as ``stream 1: name``).
        pictures: what stands beside the video stream.
        positions: places where bytes between the packets hold a position.
        chapters: how many.
        length: how long the pictures last, by their packets; None for a picture file.
    """

    video_streams: list[int] = field(default_factory=list)
    other_streams: list[str] = field(default_factory=list)
    data_streams: list[str] = field(default_factory=list)
    sound: list[AudioTrack] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    pictures: list[EmbeddedPicture] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    chapters: int = 0
    length: PictureLength | None = None


def compare_contents(
    source: ContainerContents, output: ContainerContents, *, keep: Collection[str], muted: bool
) -> list[Finding]:
    """What of the output's file should not be there, or should.

    Args:
        source: what the source's file holds.
        output: what the output's file holds.
        keep: what was asked to be kept of what is stripped by default, see `codecs.KEEPABLE`.
        muted: the sound was to be left out.
    """
    findings: list[Finding] = []
    if not output.video_streams:
        findings.append(found("no-picture"))
    findings += [found("extra-film", {"stream": stream}) for stream in output.video_streams[1:]]
    for picture in output.pictures:
        if picture.cover and "cover" in keep:
            findings.append(found("cover-kept", {"where": picture.where}))
        else:
            size = "" if picture.pixels is None else f" of {picture.pixels.shape[1]}x{picture.pixels.shape[0]} pixels"
            code = "cover" if picture.cover else "thumbnail"
            findings.append(found(code, {"size": size, "where": picture.where}))
    findings += [found("position", {"where": place}) for place in output.positions]
    # Chapter titles are written as a data stream of their own.
    chapters = output.chapters > 0 and len(output.data_streams) <= 1
    if "data" not in keep and not chapters:
        findings += [found("data-stream", {"what": stream_text}) for stream_text in output.data_streams]
    findings += _compare_lengths(source.length, output.length)
    return [*findings, *_compare_tags(output, keep), *_compare_audio(source, output, muted)]


def _compare_lengths(source: PictureLength | None, output: PictureLength | None) -> Iterator[Finding]:
    """How long the pictures last; which of them are missing is told by who decodes both."""
    if source is None or output is None:
        return
    difference = length_difference_s(source, output)
    if difference is None:
        yield found("length-untold")
    elif difference:
        before, after = float(source.seconds or 0), float(output.seconds or 0)
        wrong = abs(difference) > _MOST_LENGTH_DIFFERENCE * before
        told = {"before": f"{before:.3f}", "after": f"{after:.3f}", "difference": f"{float(difference):+.3f}"}
        yield found("length", told, severity=Severity.FAIL if wrong else Severity.REVIEW)


def _compare_tags(output: ContainerContents, keep: Collection[str]) -> Iterator[Finding]:
    for name, value in output.tags.items():
        short = name.split(": ", 1)[-1]
        plain = short.lower()
        if is_location_tag(short) or _COORDINATES.search(value):
            yield found("location-kept" if "location" in keep else "location", {"name": name})
        elif (
            "tags" not in keep
            and plain not in SAFE_TAGS
            and not is_structural_tag(short)
            and not plain.startswith("handler")
        ):
            yield found("tag", {"name": name})


def _compare_audio(source: ContainerContents, output: ContainerContents, muted: bool) -> Iterator[Finding]:
    if muted:
        if output.sound:
            yield found("sound-present")
        return
    if len(source.sound) != len(output.sound):
        yield found(
            "sound-tracks", {"before": len(source.sound), "after": len(output.sound)},
            severity=Severity.REVIEW if len(output.sound) < len(source.sound) else Severity.FAIL,
        )  # fmt: skip
    for number, (before, after) in enumerate(zip(source.sound, output.sound, strict=False), 1):
        shift = audio_shift_s(before, after)
        lost = len(before.packets) - len(after.packets)
        if shift is not None and abs(shift) > MOST_AUDIO_SHIFT_S:
            yield found("sound-shift", {"number": number, "shift_ms": shift * 1000})
        elif shift is not None and lost > max(2, 0.02 * len(before.packets)):
            yield found("sound-cut", {"number": number, "lost": lost, "packets": len(before.packets)})


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

_MOST_LENGTH_DIFFERENCE = 0.02
"""Of the source's length; what is lost at damaged ends stays below it, a wrong rate does not."""

_LEAST_GAP_BYTES = 64
_MOST_GAP_BYTES = 64 << 20
_LEAST_PICTURE_PX = 16
_ENVELOPE_HZ = 400


def examine(path: Path, *, video: int | None = None) -> ContainerContents:
    """Read a clip file, all packets, decoding none of the pictures.

    Args:
        path: the file.
        video: index of the main video stream; None: as a run would choose.

    Raises:
        InputError: it cannot be read.
    """
    if still := _still(path):
        return still
    facts = ContainerContents()
    spans: list[tuple[int, int]] = []
    try:
        with av.open(
            f"file:{path.resolve()}", container_options=codecs.SOURCE_OPTIONS, metadata_errors="replace"
        ) as container:
            tracks = _read_streams(path, container, facts, video=video)
            codec = ""
            if facts.video_streams:
                first = container.streams[facts.video_streams[0]]
                codec = first.codec_context.codec.canonical_name if first.codec_context is not None else ""
                facts.length = PictureLength(
                    time_base=first.time_base or Fraction(1), rate=frame_rate(container, first)
                )
            first_picture: Fraction | None = None
            sound_times: dict[int, list[Fraction]] = {index: [] for index in tracks}
            for packet in read_packets(container):
                if not packet.size:
                    continue
                index = packet.stream_index
                if packet.pos is not None and packet.pos >= 0:
                    spans.append((packet.pos, packet.pos + packet.size))
                if index in facts.video_streams[:1] and facts.length is not None and is_shown(packet, codec=codec):
                    time = packet.dts if packet.pts is None else packet.pts
                    facts.length.add(time)
                if index in facts.video_streams[:1] and packet.pts is not None and not packet.is_discard:
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
        raise InputError(f"{path} cannot be read for the audit: {error}.") from error
    if "mp4" in name or "mov" in name:
        _search_gaps(path, spans, facts)
    return facts


def _still(path: Path) -> ContainerContents | None:
    """The facts of a picture file: what its headers tell, and pictures beside the picture. None for a clip."""
    try:
        with Image.open(path) as picture:
            if getattr(picture, "n_frames", 1) > 1:
                return None
            exif = picture.getexif()
            facts = ContainerContents(video_streams=[0])
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


def _read_streams(path: Path, container: Any, facts: ContainerContents, *, video: int | None) -> dict[int, AudioTrack]:
    tracks: dict[int, AudioTrack] = {}
    facts.tags = dict(container.metadata)
    facts.chapters = len(container.chapters())
    for stream in container.streams:
        facts.tags |= {f"stream {stream.index}: {name}": value for name, value in stream.metadata.items()}
        codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
        if stream.type == "video" and is_cover(stream):
            facts.pictures.append(
                EmbeddedPicture(f"cover picture (stream {stream.index})", _cover(container, stream), cover=True)
            )
        elif stream.type == "video":
            facts.video_streams.append(stream.index)
        elif stream.type == "audio":
            tracks[stream.index] = AudioTrack(stream.index, codec)
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
    if len(facts.video_streams) > 1:  # the main one first
        chosen = (
            choose_video_stream(video_streams_of(path, container), video_track=None, path=path)
            if video is None
            else None
        )
        first = chosen.index if chosen is not None else video
        facts.video_streams.sort(key=lambda index: (index != first, index))
    return tracks


def _cover(container: Any, stream: Any) -> np.ndarray | None:
    """The first picture of a cover stream, read through a second opening so that demuxing is not disturbed."""
    with (
        contextlib.suppress(av.error.FFmpegError, ValueError),
        av.open(container.name, container_options=codecs.SOURCE_OPTIONS) as again,
    ):
        for frame in (f for p in read_packets(again, [again.streams[stream.index]]) for f in p.decode()):
            return frame.to_ndarray(format="rgb24")
    return None


def _search_gaps(path: Path, spans: list[tuple[int, int]], facts: ContainerContents) -> None:
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


def _search_pictures(data: bytes, offset: int, facts: ContainerContents) -> None:
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
        with av.open(f"file:{path.resolve()}", container_options=codecs.SOURCE_OPTIONS) as container:
            video_stream = container.streams.video[0]
            first = next(
                (p.pts * p.time_base for p in read_packets(container, [video_stream]) if p.pts is not None), Fraction(0)
            )
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
