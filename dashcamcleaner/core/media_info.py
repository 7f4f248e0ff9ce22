"""What a clip holds: streams, picture size and format, times. `media.probe` finds it out, later stages read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dashcamcleaner.core.frame import Orientation, PixelLayout

__all__ = ["MediaInfo", "PictureMark", "StreamInfo"]

_PLAIN_ASPECT = Fraction(3, 2)
"""Pixels up to this much wider than high, or higher than wide, leave faces and plates as detectors know them."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream of a clip, as told by its container.

    Args:
        index: the stream's index in the container.
        type: ``video``, ``audio``, ``subtitle``, ``data`` or ``attachment``; ``box`` and ``pid`` are data that no
            stream of the container stands for.
        codec: FFmpeg's codec name, or the container's tag, box or packet identifier where FFmpeg has none.
        note: what people should know: ``cover picture``, ``GoPro telemetry``, ``undecodable``, ...
        language: ISO 639 code, or empty.
    """

    index: int
    type: str
    codec: str
    note: str = ""
    language: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PictureMark:
    """What a clip says of its picture beside its colours: 360 degrees, 3D, a clean aperture.

    Args:
        name: its name for people.
        box: the box that says so in a sample entry of MP4 or MOV; empty where it cannot be said there.
    """

    name: str
    box: bytes = b""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What `media.probe` found out about a clip without decoding all of it.

    Args:
        path: the source.
        container: FFmpeg's short format name (``mov,mp4,m4a,3gp,3g2,mj2``).
        size: ``(width, height)`` of the stored picture.
        orientation: how stored pixels become upright.
        layout: pixel layout of the main video stream.
        time_base: the time base of the main video stream.
        start_pts: pts of its first frame if the container tells, else None.
        start_s: when the earliest stream of the file begins, seconds, exact.
        end_pts: when the last frame's showing ends, in ticks of `time_base`, where the container tells it exactly.
        frame_rate: average rate as the container tells; a hint for people and ETA, never for timing.
        frames: the frame count if the container tells, else an estimate from the duration, else None.
        duration_s: seconds, or None where the container does not tell.
        bit_rate: bits per second of the main video stream (or the file), None if untold.
        streams: all streams; `video` is the index of the main video stream.
        video_track: number of the main video stream among the video streams, from 1.
        interlaced: its frames are two fields each.
        bottom_first: the field of the lower rows is shown first, where it is interlaced.
        chapters: number of chapters.
        chapter_titles: what each is called, empty where it has no title.
        tags: container-level tags (names only matter to what is stripped).
        marks: what the clip says of its picture beside its colours.
        cut: the file has fewer bytes than its header says.
        warnings: sentences about oddities found.
    """

    path: str
    container: str
    size: tuple[int, int]
    orientation: Orientation
    layout: PixelLayout
    time_base: Fraction
    video: int
    codec: str
    streams: tuple[StreamInfo, ...] = ()
    video_track: int = 1
    start_pts: int | None = None
    start_s: Fraction | None = None
    end_pts: int | None = None
    frame_rate: Fraction | None = None
    frames: int | None = None
    duration_s: float | None = None
    bit_rate: int | None = None
    file_bytes: int = 0
    sample_aspect: Fraction = Fraction(1)
    interlaced: bool = False
    bottom_first: bool = False
    color: dict[str, str] = field(default_factory=dict)
    hdr: bool = False
    chapters: int = 0
    chapter_titles: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    is_picture: bool = False
    marks: tuple[PictureMark, ...] = ()
    cut: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def has_origin(self) -> bool:
        """Whether the container's clock begins at zero; those of broadcasting begin, and start again, anywhere."""
        return not self.container.startswith(("mpegts", "mpeg", "mpegtsraw"))

    @property
    def upright_size(self) -> tuple[int, int]:
        """``(width, height)`` of the full-size picture as shown."""
        return self.orientation.upright_size(self.size)

    @property
    def shown_size(self) -> tuple[int, int] | None:
        """``(width, height)`` that players give the upright picture; None where its shape hardly changes.

        One side is that of the upright picture, the other one longer, up to sixteen times the longest.
        """
        across = 1 / self.sample_aspect if self.orientation.quarter_turns % 2 else self.sample_aspect
        if 1 / _PLAIN_ASPECT <= across <= _PLAIN_ASPECT:
            return None
        width, height = self.upright_size
        most = 16 * max(width, height)
        return (min(most, round(width * across)), height) if across > 1 else (width, min(most, round(height / across)))
