"""Streams in: network streams and cameras as they come, files at their own pace. All read by PyAV."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.errors import InputError
from dashcamcleaner.live.clock import Clock
from dashcamcleaner.live.pictures import LIVE_LAYOUT, FrameMaker, color_tags, even
from dashcamcleaner.live.ports import CapturedFrame, CapturedSound, SoundFormat, StreamFormat
from dashcamcleaner.media import probe
from dashcamcleaner.media.packets import open_source
from dashcamcleaner.messages import msg

__all__ = ["StreamAddress", "StreamSource"]

_OPEN_S, _READ_S = 10.0, 2.0
_BEHIND_S = 0.3
"""A stream that comes this much later than its own times say has lost time for good: its clock is set anew."""
_NETWORK_PROTOCOLS = "udp,rtp,rtcp,tcp,tls,rtsp,rtmp,rtmps,http,https,httpproxy,crypto,data"
"""What a stream may make the library open on its behalf: never a file."""
_NETWORK_FORMATS = "mpegts,rtsp,rtp,sdp,flv,live_flv,hls,matroska,webm,mov,mpjpeg,mjpeg,ogg,nut,h264,hevc,aac,mp3"
_CLOCKLESS = frozenset({"mpjpeg", "mjpeg", "h264", "hevc"})
"""Containers, as IP cameras send them, whose pictures carry no times: the library counts 25 a second, however many
come. When one came is known all the same."""
_PATIENT = {"analyzeduration": "9000000", "probesize": "50000000", "fpsprobesize": "3", "fflags": "-nobuffer"}
"""Options for a stream that tells its size seldom, with its key frames, up to 9 s apart: what was read of it is kept,
so that nobody waits for the next."""
_LEAST_STEP_S = 1e-4


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """What is opened, and how.

    Args:
        url: a path, an address, or a device's name.
        shown: the same for people, without passwords.
        format: FFmpeg's name of the input device or container; empty: found out.
        options: options of the library.
        file: a file: played at its own pace, and it ends.
        video_track: the number of its video stream, from 1; None: the one that is most likely meant.
    """

    url: str
    shown: str
    format: str = ""
    options: dict[str, str] = field(default_factory=dict)
    file: bool = False
    video_track: int | None = None


class StreamSource:
    """A `FrameSource` over PyAV.

    Args:
        address: what is opened.
        clock: the session's.

    Attributes:
        path: the file that is read; None where it is none.
    """

    def __init__(self, address: StreamAddress, *, clock: Clock) -> None:
        self._address = address
        self._clock = clock
        self.description = address.shown
        self.ends = address.file
        self.path = Path(address.url) if address.file else None
        self._container: Any = None
        self._streams: list[Any] = []
        self._maker: FrameMaker
        self._size: tuple[int, int] | None = None
        self._changed = threading.Condition()
        self._interrupted = False
        self._suspect = False
        self._flagged = 0
        self._whole_keys = set[int | None]()

    def open(self) -> StreamFormat:
        """Begin.

        Raises:
            InputError: nothing can be opened, or it holds no picture.
        """
        self.close()
        try:
            self._container, video, orientation = self._opened()
            if video is None:
                raise InputError(
                    msg("{description} holds no picture.", description=self.description), hint="Name another source."
                )
            context = video.codec_context
            video.thread_type = "AUTO" if self._address.file else "SLICE"  # frame threads hold frames back
            size = even(orientation.upright_size((context.width, context.height)))
            if min(size) < 16:
                raise InputError(
                    msg("{description} does not tell how large its picture is.", description=self.description)
                )
            self._streams = [video, *self._container.streams.audio[:1]]
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self.close()
            raise InputError(
                msg("{description} cannot be opened: {reason}.", description=self.description, reason=_reason(error)),
                hint="See that it is there and that nobody else uses it.",
            ) from error
        except InputError:
            self.close()
            raise
        # A stream that comes back with another size, as a phone that was turned, goes on in the one that sinks know.
        self._size = self._size or size
        self._maker = FrameMaker(self._size, orientation=orientation)
        rate = float(video.average_rate or video.guessed_rate or 30)
        sounds = [stream.codec_context for stream in self._streams[1:]]
        sound = SoundFormat(sounds[0].sample_rate, sounds[0].layout.name) if sounds else None
        aspect = Fraction(video.sample_aspect_ratio or 1)
        if orientation.quarter_turns % 2:
            aspect = 1 / aspect
        return StreamFormat(
            self._size, LIVE_LAYOUT, rate if 1 <= rate <= 240 else 30.0, sound,
            sample_aspect=aspect, color=color_tags(context),
        )  # fmt: skip

    def _opened(self) -> tuple[Any, Any, Orientation]:
        """The container, its stream of pictures (None: it has none), and how these become upright."""
        address = self._address
        if address.file:
            info = probe.probe(Path(address.url), video_track=address.video_track)
            container = open_source(address.url)
            return container, container.streams[info.video], info.orientation
        options = {"protocol_whitelist": _NETWORK_PROTOCOLS, **address.options}
        if not address.format:
            options = {"format_whitelist": _NETWORK_FORMATS, **options}
        for more in ({}, _PATIENT):
            container = av.open(
                address.url,
                format=address.format or None,
                options={**options, **more},
                timeout=(_OPEN_S, _READ_S),
                metadata_errors="replace",
            )
            video = next(iter(container.streams.video), None)
            if video is None or video.codec_context.width:
                break
            container.close()
        return container, video, Orientation()

    def captured(self) -> Iterator[CapturedFrame | CapturedSound]:
        """Frames and sound with the times at which they were captured.

        Raises:
            InputError: the stream broke off.
        """
        zero: float | None = None  # the session's time of the stream's own zero
        latest = -1.0
        clockless = not self._address.file and self._container.format.name in _CLOCKLESS
        try:
            for native, is_video, damaged in self._decoded():
                if native.pts is None or native.time_base is None:
                    continue
                at = float(native.pts * native.time_base)
                if not is_video:
                    if zero is not None and zero + at >= 0:
                        yield CapturedSound(native, zero + at)
                    continue
                now = self._clock.now()
                if zero is None:
                    zero = now - at
                elif self._address.file:
                    self._wait_until(zero + at)
                else:
                    behind = now - (zero + at)
                    if behind < 0 or behind > _BEHIND_S or clockless:  # nothing comes before it was captured
                        zero = now - at
                latest = max(zero + at, latest + _LEAST_STEP_S)
                if self._interrupted:
                    return
                yield CapturedFrame(self._maker.of_native(native, damaged=damaged), latest, at)
        except (av.error.FFmpegError, OSError) as error:
            if not self._interrupted:
                raise InputError(
                    msg("{description} broke off: {reason}.", description=self.description, reason=_reason(error))
                ) from error

    def _decoded(self) -> Iterator[tuple[Any, bool, bool]]:
        """Decoded pictures and blocks of sound, in the order of the packets; whether a picture, whether damaged."""
        packets = self._container.demux(self._streams)
        while not self._interrupted:
            try:
                packet = next(packets)
            except (StopIteration, IndexError, av.error.EOFError):
                return
            is_video = packet.stream is self._streams[0] or packet.stream.index == self._streams[0].index
            if is_video and packet.size:
                self._doubt(packet)
            try:
                natives = packet.decode()
            except av.error.EOFError:
                continue
            except (av.error.FFmpegError, ValueError):
                if is_video:
                    self._lose_trust()
                continue
            for native in natives:
                if is_video:
                    if native.is_corrupt:
                        self._lose_trust()
                    elif native.key_frame and native.pts in self._whole_keys:
                        self._suspect = False
                yield native, is_video, is_video and self._suspect

    def _doubt(self, packet: Any) -> None:
        """What the reader flags, and the packet after it, lack something; the decoder paints over that, and tells not.

        What refers to it is not to be trusted until a key frame comes that was read whole, and after it.
        """
        if packet.is_corrupt:
            self._flagged = 2
        if self._flagged:
            self._flagged -= 1
            self._lose_trust()
        elif packet.is_keyframe:
            if not self._suspect:
                self._whole_keys.clear()
            self._whole_keys.add(packet.pts)

    def _lose_trust(self) -> None:
        self._suspect = True
        self._whole_keys.clear()

    def _wait_until(self, time_s: float) -> None:
        with self._changed:
            while self._clock.now() < time_s and not self._interrupted:
                self._clock.wait(self._changed, time_s)

    def interrupt(self) -> None:
        """Let `captured` end; within the time that a read may take."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def close(self) -> None:
        """Close the stream."""
        container, self._container, self._streams = self._container, None, []
        if container is not None:
            with contextlib.suppress(av.error.FFmpegError, OSError):
                container.close()


def _reason(error: BaseException) -> str:
    if isinstance(error, av.error.ExitError):  # the library's word for a time that is over
        return msg("nothing came in time")
    return str(getattr(error, "strerror", "") or error).rstrip(".")
