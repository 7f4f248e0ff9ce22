"""A clip or picture file in, its `ContainerContents` out: streams, tags, and the bytes that belong to no packet.

Read from the file alone, whatever the run said of it: thumbnails and positions hide in boxes that readers skip.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from PIL import ExifTags, Image

from dashcamcleaner.audit.audio import AudioTrack
from dashcamcleaner.audit.contents import ContainerContents, EmbeddedPicture
from dashcamcleaner.audit.loose_bytes import cut_off, hidden_and_loose, loose_in_tiff
from dashcamcleaner.audit.positions import beside_the_picture, between_pictures, position_in
from dashcamcleaner.core.budget import fits
from dashcamcleaner.errors import InputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.exif import read_exif
from dashcamcleaner.media.hidden_packets import ShownPictures
from dashcamcleaner.media.image_file import beside_picture
from dashcamcleaner.media.mp4_boxes import read_boxes
from dashcamcleaner.media.overlapping_parts import OverlappingParts, overlapping_parts
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.picture_length import PictureLength
from dashcamcleaner.media.probe import frame_rate
from dashcamcleaner.media.text_judge import TrackJudge
from dashcamcleaner.media.text_tracks import texts_of
from dashcamcleaner.media.video_streams import choose_video_stream, is_cover, video_streams_of
from dashcamcleaner.messages import msg

__all__ = ["examine"]

_BYTES_PER_PIXEL = 12.0
_SIGNATURES = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))

_EXIF_POINTERS = frozenset(
    "ExifOffset GPSInfo Orientation ResolutionUnit XResolution YResolution YCbCrPositioning "
    # How a TIFF's samples lie: there every picture tells it.
    "ImageWidth ImageLength BitsPerSample Compression PhotometricInterpretation StripOffsets SamplesPerPixel "
    "RowsPerStrip StripByteCounts PlanarConfiguration Predictor SampleFormat ExtraSamples InterColorProfile".split()
)
"""Where other blocks lie, and what says nothing about the footage."""

_LEAST_GAP_BYTES = 64
_MOST_GAP_BYTES = 64 << 20
_LEAST_PICTURE_PX = 16


def examine(path: Path, *, video: int | None = None, written: bool = True) -> ContainerContents:
    """Read a clip file, all packets, decoding no more than its first picture.

    Args:
        path: the file.
        video: index of the main video stream; None: as a run would choose.
        written: it is an output, in which nothing may be held back; in a source nobody looks for that.

    Raises:
        InputError: it cannot be read.
    """
    if picture := _picture_contents(path):
        return picture
    facts = ContainerContents()
    spans: list[tuple[int, int]] = []
    try:
        with open_source(path) as container:
            tracks = _read_streams(path, container, facts, video=video)
            codec_of = {
                index: context.codec.canonical_name
                for index in facts.video_streams
                if (context := container.streams[index].codec_context) is not None
            }
            judges, parts = _text_judges(container), None
            if facts.video_streams:
                first = container.streams[facts.video_streams[0]]
                shown = ShownPictures(first.codec_context)
                timed: dict[str, Any] = {
                    "time_base": first.time_base or Fraction(1), "rate": frame_rate(container, first)
                }  # fmt: skip
                facts.length = PictureLength(**timed)
                parts = overlapping_parts(container.format.name, codec_of.get(first.index, ""), **timed)
            shown_at: set[int | None] = set()
            first_picture: Fraction | None = None
            audio_times: dict[int, list[Fraction]] = {index: [] for index in tracks}
            for packet in read_packets(container):
                if not packet.size:
                    continue
                index = packet.stream_index
                if index in codec_of:
                    _search_messages(packet, codec_of, facts)
                elif index in judges:
                    judges[index].take(packet)
                elif index not in tracks and (told := position_in(bytes(packet))):
                    facts.positions.append(msg("{told} in stream {index}", told=repr(told), index=index))
                    judges[index] = _TextTrack("", "")  # told once
                if packet.pos is not None and packet.pos >= 0:
                    spans.append((packet.pos, packet.pos + packet.size))
                if index in facts.video_streams[:1] and facts.length is not None:
                    _measure(packet, facts.length, parts=parts, shown=shown)
                if index in facts.video_streams[:1] and packet.pts is not None and not packet.is_discard:
                    time = packet.pts * packet.time_base
                    first_picture = time if first_picture is None else min(time, first_picture)
                    shown_at.add(packet.pos)
                elif index in tracks and packet.pts is not None:
                    tracks[index].packets.append(hashlib.sha256(bytes(packet)).digest()[:8])
                    audio_times[index].append(packet.pts * packet.time_base)
            start = first_picture or Fraction(0)
            for index, times in audio_times.items():
                tracks[index].times_s = [float(time - start) for time in times]
            facts.audio = list(tracks.values())
            facts.texts = {one.name: why for one in judges.values() if one.name and (why := one.judge.finish())}
            name = container.format.name
        if written:
            main = next(iter(codec_of), None)
            facts.cut = cut_off(path, video=main)
            facts.unshown, facts.loose = hidden_and_loose(path, video=main, shown=shown_at)
    except av.error.FFmpegError as error:
        raise InputError(msg("{path} cannot be read for the audit: {error}.", path=path, error=error)) from error
    boxes = "mp4" in name or "mov" in name
    facts.boxes = _extra_boxes(path) if boxes else []
    _search_gaps(path, spans, facts, pictures=boxes)
    return facts


def _measure(packet: Any, length: PictureLength, *, parts: OverlappingParts | None, shown: ShownPictures) -> None:
    """Count a packet of the picture stream, its times moved as the run moves them."""
    if parts is not None:
        parts.move(packet)
    if shown.shows(packet):
        length.add(packet.dts if packet.pts is None else packet.pts)


@dataclass(slots=True)
class _TextTrack:
    """A subtitle stream whose texts are judged as they come."""

    name: str
    codec: str
    judge: TrackJudge = field(default_factory=TrackJudge)

    def take(self, packet: Any) -> None:
        if self.codec and not self.judge.why:
            for text in texts_of(packet, codec=self.codec):
                self.judge.add(text)


def _text_judges(container: Any) -> dict[int, _TextTrack]:
    found = {}
    for stream in container.streams.subtitles:
        codec = stream.codec_context.codec.canonical_name if stream.codec_context is not None else ""
        readable = codec in codecs.TEXT_SUBTITLES
        judge = TrackJudge("" if readable else msg("cannot be read: it is a picture, or of an unknown kind"))
        found[stream.index] = _TextTrack(
            msg("text track (stream {index})", index=stream.index), codec if readable else "", judge
        )
    return found


def _search_messages(packet: Any, codec_of: dict[int, str], facts: ContainerContents) -> None:
    """Look at what stands between the pictures of a video stream; a find is told once for each."""
    index = packet.stream_index
    for message in between_pictures(bytes(packet), codec=codec_of[index]):
        if told := position_in(message):
            facts.positions.append(msg("{told} between the pictures of stream {index}", told=repr(told), index=index))
            codec_of[index] = ""
            return


def _extra_boxes(path: Path) -> list[str]:
    with path.open("rb") as file:

        def read(offset: int, length: int) -> bytes:
            file.seek(offset)
            return file.read(length)

        extras = read_boxes(read, size=path.stat().st_size).extras
    return [msg("the box {name} of {size} bytes", name=name, size=size) for name, size in extras]


def _picture_contents(path: Path) -> ContainerContents | None:
    """The facts of a picture file: what its headers tell, and pictures beside the picture. None for a clip."""
    try:
        with Image.open(path) as picture:
            if getattr(picture, "n_frames", 1) > 1:
                return None
            exif, damaged = read_exif(picture)
            facts = ContainerContents(video_streams=[0])
            names = {ExifTags.TAGS.get(tag, str(tag)): value for tag, value in exif.items()}
            facts.tags = {name: str(value) for name, value in names.items() if name not in _EXIF_POINTERS}
            facts.tags |= {str(name): str(value) for name, value in picture.info.items() if isinstance(value, str)}
            facts.tags.pop("compression", None)  # of a TIFF's samples
            if isinstance(comment := picture.info.get("comment"), bytes):
                facts.tags["comment"] = comment.decode("latin-1")
            name_of_format = picture.format or ""
            facts.positions += [
                msg("{told} in {name}", told=repr(told), name=name)
                for name, value in picture.info.items()
                if isinstance(value, bytes) and (told := position_in(value))
            ]
            if exif.get_ifd(ExifTags.IFD.GPSInfo):
                facts.positions.append("EXIF GPS data")
    except (OSError, ValueError, SyntaxError):
        return None
    data = path.read_bytes()
    facts.boxes = [one.what for one in beside_picture(data, name_of_format)]
    facts.boxes += [msg("damaged EXIF")] * damaged
    if name_of_format == "TIFF":
        facts.loose = loose_in_tiff(data, exif)
    facts.positions += [
        msg("{told} beside the picture", told=repr(told))
        for part in beside_the_picture(data)
        if (told := position_in(part))
    ]
    _search_pictures(data[8:], 8, facts)  # past the signature of the picture itself
    return facts


def _read_streams(path: Path, container: Any, facts: ContainerContents, *, video: int | None) -> dict[int, AudioTrack]:
    tracks: dict[int, AudioTrack] = {}
    facts.tags = dict(container.metadata)
    chapters = container.chapters()
    facts.chapters = len(chapters)
    for number, chapter in enumerate(chapters, 1):
        facts.tags |= {
            msg("chapter {number}: {name}", number=number, name=name): str(value)
            for name, value in chapter["metadata"].items()
        }
    for stream in container.streams:
        facts.tags |= {
            msg("stream {index}: {name}", index=stream.index, name=name): value
            for name, value in stream.metadata.items()
        }
        codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
        if stream.type == "video" and is_cover(stream):
            facts.pictures.append(
                EmbeddedPicture(
                    msg("cover picture (stream {index})", index=stream.index), _cover(container, stream), cover=True
                )
            )
        elif stream.type == "video":
            facts.video_streams.append(stream.index)
            look = stream.codec_context.format if stream.codec_context is not None else None
            coded = look is not None and any(part.is_alpha for part in look.components)
            facts.transparent = facts.transparent or coded or stream.metadata.get("alpha_mode") == "1"
        elif stream.type == "audio":
            tracks[stream.index] = AudioTrack(stream.index, codec)
        else:
            facts.other_streams.append(
                msg("{type} stream {index} ({codec})", type=stream.type, index=stream.index, codec=codec)
            )
            if stream.type == "data":
                facts.data_streams.append(facts.other_streams[-1])
            if stream.type == "attachment":
                pixels = _decoded(bytes(getattr(stream, "data", b"") or b""))
                if pixels is not None:
                    facts.pictures.append(
                        EmbeddedPicture(
                            msg("attached picture (stream {index})", index=stream.index), pixels, cover=True
                        )
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
        av.open(container.name, container_options=container.container_options) as again,
    ):
        for frame in (f for p in read_packets(again, [again.streams[stream.index]]) for f in p.decode()):
            return frame.to_ndarray(format="rgb24")
    return None


def _search_gaps(path: Path, spans: list[tuple[int, int]], facts: ContainerContents, *, pictures: bool) -> None:
    """Look at the bytes that belong to no packet: thumbnails and positions hide in boxes that readers skip."""
    left = _MOST_GAP_BYTES
    known = " ".join(facts.tags.values())
    with path.open("rb") as file:
        for start, end in _gaps(spans, path.stat().st_size):
            if left <= 0:
                return
            file.seek(start)
            data = file.read(min(end - start, left))
            left -= len(data)
            if (told := position_in(data)) and told not in known:  # tags are told with the tags
                facts.positions.append(
                    msg("{told} at byte {start}", told=repr(told), start=start + data.find(told.encode("latin-1")))
                )
            if pictures:
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
                    facts.pictures.append(
                        EmbeddedPicture(msg("{name} picture at byte {offset}", name=name, offset=offset + at), pixels)
                    )
                    known.append(pixels)
            at = data.find(signature, at + step)


def _decoded(data: bytes) -> np.ndarray | None:
    if len(data) < 64:
        return None
    try:
        with Image.open(io.BytesIO(data)) as opened:
            small = fits(*opened.size, bytes_per_pixel=_BYTES_PER_PIXEL)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if small else None
    return None if picture is None else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
