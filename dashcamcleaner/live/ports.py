"""The ports of a live run: where frames and sound come from, and where what may be seen goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from dashcamcleaner.core.frame import Frame, PixelLayout
from dashcamcleaner.live.release import ReleasedFrame, ReleasedSound

__all__ = ["CapturedFrame", "CapturedSound", "FrameSink", "FrameSource", "SoundFormat", "StreamFormat"]


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How captured sound is laid out.

    Args:
        rate: samples a second.
        layout: FFmpeg's name of the channel layout, e.g. ``stereo``.
    """

    rate: int
    layout: str


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a sink must know before the first frame.

    Args:
        size: ``(width, height)`` of the stored picture; all frames have it.
        layout: how its planes are laid out.
        rate: frames a second that are expected; a hint, times are told with each frame.
        sound: how the sound is laid out, None where there is none.
        sample_aspect: width of a sample by its height, as the picture is to be shown.
        color: colour tags by the name of an encoder's attribute, see `live.pictures.color_tags`.
    """

    size: tuple[int, int]
    layout: PixelLayout
    rate: float
    sound: SoundFormat | None = None
    sample_aspect: Fraction = Fraction(1)
    color: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class CapturedFrame:
    """A frame as it came in.

    Args:
        frame: its pixels; `Frame.time` is not looked at.
        captured_s: when it was captured, seconds of the session's clock.
        source_s: its time by the source's own clock, of any zero; None: the source has none. After a stall a stream
            may bring seconds within a moment: how far two of its frames lie apart only this clock tells.
    """

    frame: Frame
    captured_s: float
    source_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CapturedSound:
    """A block of sound as it came in.

    Args:
        native: the decoder's own block; opaque to everyone but sources and sinks.
        captured_s: when its first sample was captured, seconds of the session's clock.
    """

    native: Any
    captured_s: float


class FrameSource(Protocol):
    """Where frames come from. One thread opens it, iterates it and closes it.

    Attributes:
        description: one line for people.
        ends: the source has an end (a file); else a source that ends is opened again.
        path: the file that is read; None where it is none.
    """

    description: str
    ends: bool
    path: Path | None

    def open(self) -> StreamFormat:
        """Begin; called again after a failure.

        Raises:
            InputError: there is nothing to read, or not now.
        """

    def captured(self) -> Iterator[CapturedFrame | CapturedSound]:
        """Frames and sound in order of time, each when it has come; waits, but never for long without looking up.

        Raises:
            InputError: the source failed.
        """

    def interrupt(self) -> None:
        """Let `captured` end soon; called from another thread."""

    def close(self) -> None:
        """Give everything back; safe to call twice."""


class FrameSink(Protocol):
    """Where released frames go. One thread uses it.

    Attributes:
        description: one line for people.
        path: the file that is written; None where it is none.
    """

    description: str
    path: Path | None

    def open(self, form: StreamFormat) -> bool:
        """Begin; called again after a failure. False: nobody is there yet who takes it; to be asked again.

        Raises:
            OutputError: it cannot be written to, or not now.
        """

    def write(self, item: ReleasedFrame | ReleasedSound) -> None:
        """Take what left.

        Raises:
            OutputError: it could not be written.
        """

    def close(self) -> None:
        """End what was begun; safe to call twice."""
