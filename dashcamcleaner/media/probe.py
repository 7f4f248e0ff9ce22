"""A file in, `MediaInfo` out: what the clip holds, or one sentence why it cannot be cleaned.

Called first for every job. The first frame is decoded to be sure: what decodes to nothing (encrypted, header only, no
decoder) is refused here rather than passed on. Only local files are opened, and only formats that hold their own
pictures (`codecs.SOURCE_OPTIONS`), so that a playlist in disguise reaches nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.core.budget import MOST_BARE_SAMPLES, MOST_GIF_PIXELS, check_clip
from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.core.media_info import MediaInfo, PictureMark
from dashcamcleaner.errors import InputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.formats import picture_format as still_format
from dashcamcleaner.media.matroska_crop import aperture_of, crops_of
from dashcamcleaner.media.mp4_boxes import BoxMap, boxes_of_file, is_cut
from dashcamcleaner.media.packets import bounded, open_source, read_packets
from dashcamcleaner.media.picture_format import picture_format
from dashcamcleaner.media.picture_marks import clean_aperture, picture_marks
from dashcamcleaner.media.stream_info import stream_infos
from dashcamcleaner.media.text_tracks import judge_text_tracks
from dashcamcleaner.media.video_streams import VideoStream, choose_video_stream, video_streams_of
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.plain_files import refuse_special

__all__ = ["frame_rate", "probe"]

_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_NAMED_PROFILES = frozenset({"png", "apng"})
"""Codecs whose colour profiles have a name: PyAV 18.1 frees that name with the side data, the library frees it again
with the picture, and the process dies. Their side data are never asked for."""
_PROFILE_CHUNK = b"iCCP"
_BOTTOM_FIRST = (3, 4)
"""FFmpeg's ``AV_FIELD_BB`` and ``AV_FIELD_TB``."""
_DV_ROWS = 576
_MOST_PACKETS = 4000
"""So many packets without a picture, and the stream counts as one that decodes to nothing (about two minutes)."""


def probe(path: str | Path, *, video_track: int | None = None) -> MediaInfo:
    """Find out what a clip holds.

    Args:
        path: the clip.
        video_track: number of the video stream to clean, from 1; None: the one that is most likely meant, see
            `media.video_streams`.

    Raises:
        InputError: the file is missing, empty, no clip, sound only, encrypted, or decodes to nothing; or it has no such
            video track.
    """
    path = Path(path)
    head, size = _read_head(path)
    picture = still_format(path)
    _refuse_disguises(path, head)
    if head.startswith(b"GIF8"):  # FFmpeg refuses it, too, but tells no size then
        check_clip(
            path, int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"), most=MOST_GIF_PIXELS
        )
    atoms = _read_atoms(path, head, size)
    if atoms is not None and picture is None:
        _refuse_by_atoms(path, atoms, size=size)
    # A picture's demuxer is named outright: the one for numbered series would open other files.
    with _open(path, format_name=picture.demuxer or None if picture else None, atoms=atoms) as container:
        info = _describe(
            path,
            container,
            is_picture=picture is not None,
            atoms=atoms,
            size=size,
            video_track=None if picture is not None else video_track,
        )
    broken = atoms is not None and atoms.broken_at is not None
    return dataclasses.replace(info, cut=broken or is_cut(head, size=size))


def _read_head(path: Path) -> tuple[bytes, int]:
    if path.is_dir():
        raise InputError(
            msg("{path} is a folder, not a clip.", path=path), hint="Name the folder itself to clean all clips in it."
        )
    refuse_special(path)
    with map_os_errors(path, verb="read", hint=msg("Check its permissions."), to=InputError):
        try:
            with path.open("rb") as file:
                head = file.read(4096)
            size = os.path.getsize(path)
        except FileNotFoundError as error:
            raise InputError(
                msg("{path} does not exist.", path=path), hint="Check the spelling of the path."
            ) from error
    if not head:
        raise InputError(
            msg("{path} is empty.", path=path), hint="The recording or the copy of it failed; take the original again."
        )
    return head, size


def _refuse_disguises(path: Path, head: bytes) -> None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in text:
        raise InputError(
            msg("{path} is a web page, not a clip.", path=path), hint="The download went wrong; fetch the clip itself."
        )
    if text.startswith((b"#extm3u", b"ffconcat", b"[playlist]", b"<mpd", b"v=0", b"<asx", b"<smil")) or b"<mpd" in text:
        raise InputError(
            msg("{path} is a playlist that points to other files, not a clip.", path=path),
            hint="Clean the clips that it names.",
        )


def _read_atoms(path: Path, head: bytes, size: int) -> BoxMap | None:
    if head[4:8] not in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"):
        return None
    return boxes_of_file(path, size=size)


def _refuse_by_atoms(path: Path, atoms: BoxMap, *, size: int) -> None:
    if atoms.encrypted:
        raise InputError(
            msg("{path} is encrypted.", path=path), hint="Decrypt it with the program or device that it belongs to."
        )
    if atoms.bare_samples > max(size, MOST_BARE_SAMPLES):
        raise InputError(
            msg("{path} is damaged: its index does not fit its content.", path=path),
            hint="Take the original again.",
        )
    if not atoms.has_index and atoms.has_pictures:
        raise InputError(
            msg("{path} has no index (moov): the recording was cut off before the camera could write it.", path=path),
            hint="Repair it with a tool such as untrunc and a good clip of the same camera, then clean the result.",
        )


def _open(path: Path, *, format_name: str | None, atoms: BoxMap | None) -> Any:
    try:
        return open_source(path, format_name=format_name)
    except av.error.FFmpegError as error:
        if atoms is not None and atoms.has_index:
            message, hint = (
                msg("{path} is damaged: its index does not fit its content.", path=path),
                "Take the original again.",
            )
        else:
            message, hint = (
                msg("{path} is not a clip that can be read.", path=path),
                msg("Clips are files such as MP4, MOV, MKV or AVI."),
            )
        raise InputError(message, hint=hint) from error


def _describe(
    path: Path, container: Any, *, is_picture: bool, atoms: BoxMap | None, size: int, video_track: int | None
) -> MediaInfo:
    streams = video_streams_of(path, container)
    chosen = choose_video_stream(streams, video_track=video_track, path=path)
    if chosen is None:
        raise _no_pictures(path, container, streams, atoms=atoms, is_picture=is_picture)
    stream = container.streams[chosen.index]
    rate = frame_rate(container, stream)
    # Asked before anything is decoded: decoders put in a rate of their own where the stream tells none.
    rate_told = container.format.name not in codecs.CLOCKLESS or bool(stream.codec_context.framerate)
    bounded(stream, name=path)
    frame, has_profile = _first_frame(path, container, stream)
    unlike_speech = judge_text_tracks(path) if container.streams.subtitles else {}
    side_data = _side_data(frame, codec=stream.codec_context.codec.canonical_name, has_profile=has_profile)
    side = dict(side_data)
    orientation, exact = _orientation(frame, side)
    look = picture_format(frame, codec=stream.codec_context.codec.canonical_name, side=side)
    duration_s = _duration_s(container, stream)
    start = container.start_time
    return MediaInfo(
        path=str(path),
        container=container.format.name,
        size=(frame.width, frame.height),
        orientation=orientation,
        layout=look.layout,
        time_base=stream.time_base,
        video=stream.index,
        video_track=chosen.number,
        codec=stream.codec_context.codec.canonical_name,
        streams=stream_infos(path, container, side_data, atoms=atoms, unlike_speech=unlike_speech),
        start_pts=frame.pts,
        start_s=Fraction(start, av.time_base) if start is not None else None,
        end_pts=_end_pts(container, stream),
        frame_rate=rate,
        frames=stream.frames or (round(duration_s * rate) if duration_s and rate else None),
        duration_s=duration_s,
        bit_rate=stream.bit_rate or container.bit_rate or None,
        file_bytes=size,
        sample_aspect=stream.sample_aspect_ratio or Fraction(1),
        interlaced=frame.interlaced_frame or stream.codec_context.field_order in (2, 3, 4, 5),
        bottom_first=_bottom_first(stream, frame),
        color=look.color,
        hdr=look.color.get("trc") in ("smpte2084", "arib-std-b67"),
        marks=_marks(path, container, stream, atoms, side, look.color),
        chapters=len(container.chapters()),
        chapter_titles=tuple(str(chapter["metadata"].get("title", "")) for chapter in container.chapters()),
        tags=dict(container.metadata),
        is_picture=is_picture,
        warnings=(
            *(() if rate_told else (_no_rate(rate),)),
            *_other_streams(streams, chosen),
            *_warnings(stream, exact=exact, atoms=atoms, side=side),
            *look.notes,
        ),
    )


def _no_pictures(
    path: Path, container: Any, streams: Sequence[VideoStream], *, atoms: BoxMap | None, is_picture: bool
) -> InputError:
    if streams:
        return InputError(
            msg("{path} has pictures in a codec that cannot be decoded here.", path=path),
            hint="Convert it with the program of the camera's maker first.",
        )
    if container.streams.audio:
        return InputError(
            msg("{path} holds sound only, no picture.", path=path), hint="There is nothing to obscure in it."
        )
    if is_picture:
        return InputError(
            msg("{path} is a picture that cannot be decoded.", path=path), hint="Save it as JPEG or PNG first."
        )
    left = atoms is not None and any("GPS" in name.upper() for name, _ in atoms.extras)
    extra = msg(" (only the camera's GPS data are left)") if left else ""
    return InputError(
        msg("{path} holds no picture{extra}.", path=path, extra=extra), hint="Take the original recording again."
    )


def _first_frame(path: Path, container: Any, stream: Any) -> tuple[Any, bool]:
    """The first picture that decodes, and whether a PNG's coded data hold a colour profile."""
    stream.thread_type = "AUTO"
    packets, has_profile = 0, _PROFILE_CHUNK in bytes(stream.codec_context.extradata or b"")
    try:
        for packet in read_packets(container, [stream]):
            if packet.has_sidedata("encryption_info"):
                raise InputError(
                    msg("{path} is encrypted.", path=path), hint="Decrypt it with the program that it belongs to."
                )
            has_profile = has_profile or _PROFILE_CHUNK in bytes(packet).partition(b"IDAT")[0]
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                frames = []
            if frames:
                return frames[0], has_profile
            packets += 1
            if packets > _MOST_PACKETS:
                break
    except av.error.FFmpegError as error:
        raise InputError(
            msg("{path} is damaged: no picture can be decoded.", path=path), hint="Take the original again."
        ) from error
    if packets <= 1:
        raise InputError(
            msg("{path} holds no picture data, only a header.", path=path), hint="Take the original recording again."
        )
    raise InputError(
        msg("{path} decodes to nothing: no picture in {packets} packets.", path=path, packets=packets),
        hint="It may be encrypted or broken; check that a player shows it.",
    )


def _side_data(frame: Any, *, codec: str, has_profile: bool) -> list[tuple[str, bytes]]:
    """What stands beside a decoded picture: FFmpeg's name and content of each, in order.

    Args:
        frame: the picture.
        codec: FFmpeg's name of the codec.
        has_profile: a PNG's coded data hold a colour profile.
    """
    if codec in _NAMED_PROFILES:
        return [("ICC_PROFILE", b"")] if has_profile else []
    found = []
    try:
        for data in frame.side_data:
            with contextlib.suppress(ValueError):  # a kind (EXIF, for one) that the binding has no name for
                found.append((data.type.name, bytes(data)))
    except ValueError:
        pass  # such a kind can hide what comes after it
    return found


def _marks(
    path: Path, container: Any, stream: Any, atoms: BoxMap | None, side: dict[str, bytes], color: dict[str, str]
) -> tuple[PictureMark, ...]:
    """What the clip says of its picture beside its colours."""
    marks = picture_marks(side)
    if "MASTERING_DISPLAY_METADATA" in side and "mastering_display" not in color:
        marks.append(PictureMark(msg("mastering display, told in part")))
    if atoms is not None and stream.id in atoms.apertures:
        marks.append(clean_aperture(atoms.apertures[stream.id]))
    crops = crops_of(path) if atoms is None else []
    number = [one.index for one in container.streams.video].index(stream.index)
    if number < len(crops) and any(crops[number]):
        size = (stream.codec_context.width, stream.codec_context.height)
        marks.append(clean_aperture(aperture_of(crops[number], size)))
    return tuple(marks)


def _orientation(frame: Any, side: dict[str, bytes]) -> tuple[Orientation, bool]:
    """How stored pixels become upright, and whether that is exact (no odd angle)."""
    matrix = side.get("DISPLAYMATRIX")
    if matrix is None or len(matrix) < 36:
        return Orientation(quarter_turns=round(-frame.rotation / 90) % 4), frame.rotation % 90 == 0
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix[:36])
    # A point (x, y) is shown at (a x + c y, b x + d y); rows of exact quarter turns hold one entry of +-1.0 each.
    exact = (abs(a) < 64 and abs(d) < 64) or (abs(b) < 64 and abs(c) < 64)
    straight = abs(a) + abs(d) >= abs(b) + abs(c)
    p, q, r, s = (a > 0, None, None, d > 0) if straight else (None, b > 0, c > 0, None)
    table = {
        (True, None, None, True): Orientation(0, False),
        (False, None, None, False): Orientation(2, False),
        (False, None, None, True): Orientation(0, True),
        (True, None, None, False): Orientation(2, True),
        (None, True, False, None): Orientation(1, False),
        (None, False, True, None): Orientation(3, False),
        (None, False, False, None): Orientation(1, True),
        (None, True, True, None): Orientation(3, True),
    }
    return table[(p, q, r, s)], exact


def _bottom_first(stream: Any, frame: Any) -> bool:
    """Whether the field of the lower rows is shown first; DV tapes tell it nowhere, for all of them are so."""
    return stream.codec_context.field_order in _BOTTOM_FIRST or (
        stream.codec_context.codec.canonical_name == "dvvideo" and frame.interlaced_frame and frame.height <= _DV_ROWS
    )


def _end_pts(container: Any, stream: Any) -> int | None:
    """MP4 and MOV alone write how long each track is shown, to the tick."""
    if container.format.name.startswith("mov") and stream.start_time is not None and stream.duration:
        return int(stream.start_time + stream.duration)
    return None


def frame_rate(container: Any, stream: Any) -> Fraction | None:
    """The average rate of an open container's stream, None where nothing tells it.

    Some containers give the ticks of their clock instead, which is no rate. Elementary streams have no clock: theirs is
    what the codec says, and the average only what the reader makes up.
    """
    rates = [stream.average_rate, stream.guessed_rate, stream.base_rate]
    if container.format.name in codecs.CLOCKLESS:
        rates.insert(0, stream.codec_context.framerate)
    return next((rate for rate in rates if rate and 0 < rate < 500), None)


def _duration_s(container: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if not container.duration:
        return None
    # Matroska's is reckoned from the clock's zero, which may lie weeks before the first picture.
    start = container.start_time or 0 if container.format.name.startswith("matroska") else 0
    seconds = max(container.duration - start, 0) / av.time_base or None
    # It is the longest stream's, too: subtitles without an end last for weeks.
    told = _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))
    own = sum(float(part) * unit for part, unit in zip(told.groups(), (3600, 60, 1), strict=True)) if told else 0.0
    return own if seconds and 0 < 2 * own < seconds else seconds


def _no_rate(rate: Fraction | None) -> str:
    return msg("The file tells no frame rate; {rate:g} pictures a second are assumed.", rate=float(rate or 25))


def _other_streams(streams: Sequence[VideoStream], chosen: VideoStream) -> tuple[str, ...]:
    if len(streams) < 2:
        return ()
    told = " and ".join(str(one) for one in streams)
    return (
        msg(
            "The file holds {count} video streams: {told}. Number {number} is cleaned, the "
            "others are left out; --video-track takes another.",
            count=len(streams),
            told=told,
            number=chosen.number,
        ),
    )


def _warnings(
    stream: Any,
    *,
    exact: bool,
    atoms: BoxMap | None,
    side: dict[str, bytes],
) -> tuple[str, ...]:
    warnings = []
    dynamic = {"DYNAMIC_HDR_PLUS": "HDR10+", "DOVI_METADATA": "Dolby Vision", "DYNAMIC_HDR_VIVID": "HDR Vivid"}
    for kind in sorted(dynamic.keys() & side.keys()):
        warnings.append(
            msg("The clip's {dynamic} data are not kept; what stays is its plain HDR picture.", dynamic=dynamic[kind])
        )
    if stream.metadata.get("alpha_mode") == "1":
        warnings.append(msg("The picture's transparency is not kept."))
    if not exact:
        warnings.append(msg("The picture is turned by an angle that is not a quarter turn; the nearest one is used."))
    if atoms is not None and atoms.truncated:
        warnings.append(msg("The file is shorter than its header says; what is missing cannot be cleaned."))
    return tuple(warnings)
