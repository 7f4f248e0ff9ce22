"""Streams out: files that survive a kill, and streams for OBS and players. All written by PyAV."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import av
import av.error
from av.audio.resampler import AudioResampler

from dashcamcleaner.errors import OutputError
from dashcamcleaner.live.pictures import TIME_BASE
from dashcamcleaner.live.ports import SoundFormat, StreamFormat
from dashcamcleaner.live.release import ReleasedFrame, ReleasedSound
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE, check_output, new_empty_file

__all__ = ["StreamSink", "StreamTarget", "file_target", "network_target"]

_GOP_S = 1.0
"""A key frame a second: who joins sees a picture that soon, and a killed file loses no more."""
_FILE_OPTIONS = {
    "mp4": {
        "movflags": "+frag_keyframe+empty_moov+default_base_moof",
        "frag_duration": "1000000",
        "flush_packets": "1",
    },
    "matroska": {"cluster_time_limit": "1000", "flush_packets": "1"},
    "mpegts": {"flush_packets": "1"},
}
_EXTENSIONS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mp4", ".mkv": "matroska", ".ts": "mpegts"}
_SOUND_SLACK_S = Fraction(1, 100)
"""How far blocks of sound may overlap or gape before their times are followed; less than anybody notices."""
_LEAST_SOUND_RATE = 32_000
"""Sound of a lower rate is sent at `_SOUND_RATE`: the encoder holds two blocks of 1024 samples, however long."""
_SOUND_RATE = 48_000
_LEAD_BLOCKS = 4
"""So many blocks of sound the picture's decoding times are ahead of: else each picture would wait for its sound."""
_PORTS = {"rtmp": 1935, "rtmps": 443, "rtsp": 554}
_WAIT_S, _CONNECT_S = 0.5, 3.0
_FORMATS = {"udp": "mpegts", "tcp": "mpegts", "rtmp": "flv", "rtmps": "flv", "rtsp": "rtsp"}


@dataclass(frozen=True, slots=True)
class StreamTarget:
    """Where a stream goes.

    Args:
        url: a path or an address.
        shown: the same for people, without passwords.
        format: FFmpeg's name of the container.
        options: options of the container.
        file: the path, where it is a file.
        waits: opening waits for somebody who connects, and gives up after a while.
        place: host and port, where a connection is made.
        own: the connection is ours, and the library writes into it. It would hold the interpreter's lock, and with it
            every thread, as long as it waits for one.
    """

    url: str
    shown: str
    format: str
    options: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    waits: bool = False
    place: tuple[str, int] | None = None
    own: bool = False


def file_target(path: Path, *, overwrite: bool) -> StreamTarget:
    """A recording, made in pieces that stand by themselves.

    It grows under its final name: whatever ends the run, what was written until then can be played, and nothing clear
    was ever in it.

    Raises:
        OutputError: the path exists, cannot be written, or its extension says nothing.
    """
    name = _EXTENSIONS.get(path.suffix.lower())
    if name is None:
        raise OutputError(
            msg("{path} has no extension that live pictures can be written to.", path=path),
            hint="Take .mkv, .mp4, .mov or .ts.",
        )
    check_output(path, sources=[], overwrite=overwrite)
    return StreamTarget(f"file:{path.resolve()}", str(path), name, _FILE_OPTIONS.get(name, {}), file=path)


def network_target(url: str, *, shown: str) -> StreamTarget:
    """A stream to an address ``udp://``, ``tcp://``, ``rtmp://`` or ``rtsp://``.

    Raises:
        OutputError: another scheme.
    """
    scheme = url.partition("://")[0].lower()
    if scheme not in _FORMATS:
        raise OutputError(
            msg("Nothing is known of how to send to {shown}.", shown=shown),
            hint=msg("Addresses begin with {formats}.", formats=", ".join(_FORMATS)),
        )
    try:
        parts = urlsplit(url)
        place = (parts.hostname or "127.0.0.1", parts.port or _PORTS.get(scheme, 0))
    except ValueError as error:
        raise OutputError(
            msg("{shown} is no address.", shown=shown), hint="tcp://HOST:PORT?listen=1, for one."
        ) from error
    if not place[1]:
        raise OutputError(msg("{shown} names no port.", shown=shown), hint="tcp://127.0.0.1:5000?listen=1, for one.")
    waits = scheme == "tcp" and parse_qs(parts.query).get("listen", ["0"])[-1] not in ("0", "")
    if scheme == "udp" and "pkt_size" not in url:
        url += ("&" if "?" in url else "?") + "pkt_size=1316"
    # With its length told, a picture is whole for the reader when its last byte is there, not when the next one begins.
    options = {"mpegts": {"omit_video_pes_length": "0", "flush_packets": "1", "mpegts_flags": "+resend_headers"}}
    place_of = None if scheme == "udp" else place
    return StreamTarget(
        url,
        shown,
        _FORMATS[scheme],
        options.get(_FORMATS[scheme], {}),
        waits=waits,
        place=place_of,
        own=scheme == "tcp",
    )


class StreamSink:
    """A `FrameSink` over PyAV: H.264 and AAC, encoded without holding frames back.

    Args:
        target: where to.

    Attributes:
        path: the file that is written; None where it is none.
    """

    def __init__(self, target: StreamTarget) -> None:
        self._target = target
        self.description = target.shown
        self.path = target.file
        self._output: Any = None
        self._video: Any = None
        self._audio: Any = None
        self._resampler: AudioResampler | None = None
        self._sound_shape = ("", "", 0)
        self._base: Fraction | None = None
        self._latest_pts = -1
        self._sound_end: Fraction | None = None
        self._lead_s = Fraction(0)
        self._opened_before = False
        self._listening: socket.socket | None = None
        self._connection: socket.socket | None = None

    def open(self, form: StreamFormat) -> bool:
        """Begin; False while nobody has connected.

        Raises:
            OutputError: it cannot be written.
        """
        self._forget()
        target = self._target
        self._base, self._latest_pts, self._sound_end = None, -1, None
        try:
            if target.file is not None:
                if self._opened_before:
                    raise OutputError(
                        msg("{shown} could not be written to its end.", shown=target.shown), hint="Is the disk full?"
                    )
                with map_os_errors(target.file):
                    new_empty_file(target.file, mode=PRIVATE)
            self._opened_before = True
            to = self._connected() if target.place is not None else target.url
            if to is None:
                return False
            self._output = av.open(to, "w", format=target.format, container_options=target.options)
            self._add_video(form)
            self._add_audio(form.sound)
            self._output.start_encoding()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._forget()
            raise OutputError(
                msg(
                    "{description} cannot be written to: {reason}.", description=self.description, reason=_reason(error)
                )
            ) from error
        return True

    def _connected(self) -> Any:
        """What to write to, once somebody is there; None while nobody has connected."""
        target = self._target
        assert target.place is not None
        if target.waits:
            if self._listening is None:
                self._listening = socket.create_server(target.place, backlog=1)
                self._listening.settimeout(_WAIT_S)
            try:
                self._connection, _ = self._listening.accept()
            except TimeoutError:
                return None
        else:
            self._connection = socket.create_connection(target.place, timeout=_CONNECT_S)
        if not target.own:  # it was there a moment ago: the library will not have to wait for it for long
            self._connection.close()
            self._connection = None
            return target.url
        self._connection.settimeout(_CONNECT_S)
        return _Pipe(self._connection)

    def _add_video(self, form: StreamFormat) -> None:
        rate = Fraction(form.rate).limit_denominator(1001)
        stream = self._output.add_stream(
            "libx264",
            rate=rate,
            options={
                "preset": "veryfast" if self._target.file else "ultrafast",
                "tune": "zerolatency",
                "crf": "21",
                # Decoded frames carry the captions and user data of the source's stream, which may tell anything.
                "a53cc": "0",
                "udu_sei": "0",
            },
            width=form.size[0],
            height=form.size[1],
            pix_fmt=form.layout.name,
            time_base=TIME_BASE,
        )
        context = stream.codec_context
        context.time_base = TIME_BASE
        context.gop_size = max(1, round(_GOP_S * form.rate))
        context.max_b_frames = 0
        context.sample_aspect_ratio = form.sample_aspect
        for name, number in form.color.items():
            setattr(context, name, number)
        self._video = stream

    def _add_audio(self, sound: SoundFormat | None) -> None:
        self._audio = self._resampler = None
        self._sound_shape = ("", "", 0)
        self._lead_s = Fraction(0)
        if sound is None:
            return
        rate = sound.rate if sound.rate >= _LEAST_SOUND_RATE else _SOUND_RATE
        self._audio = self._output.add_stream("aac", rate=rate, layout="stereo")
        if self._target.file is None:
            self._lead_s = Fraction(_LEAD_BLOCKS * 1024, rate)

    def write(self, item: ReleasedFrame | ReleasedSound) -> None:
        """Encode and send.

        Raises:
            OutputError: it could not be written.
        """
        try:
            if isinstance(item, ReleasedFrame):
                self._write_frame(item)
            elif self._audio is not None:
                self._write_sound(item)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise OutputError(
                msg(
                    "{description} cannot be written to: {reason}.", description=self.description, reason=_reason(error)
                )
            ) from error

    def _write_frame(self, frame: ReleasedFrame) -> None:
        pts = frame.native.pts
        if self._base is None:
            self._base = pts * TIME_BASE
        if pts <= self._latest_pts:  # a card stood for this moment already
            return
        self._latest_pts = pts
        self._send(self._video.encode(frame.native))

    def _write_sound(self, sound: ReleasedSound) -> None:
        if self._base is None or self._audio is None:
            return  # nothing is heard before something is seen
        rate = self._audio.codec_context.sample_rate
        start = Fraction(round(sound.captured_s * rate), rate)
        if self._sound_end is not None and start < self._sound_end - _SOUND_SLACK_S:
            return  # it would be heard twice: the source's clock was set back
        if self._sound_end is None or start > self._sound_end + _SOUND_SLACK_S:
            self._sound_end = start  # the first block, or one after a hole
        native = sound.native
        shape = (native.format.name, native.layout.name, native.sample_rate)
        if (
            self._resampler is None or shape != self._sound_shape
        ):  # what is broadcast changes in between, and a resampler takes one kind alone
            self._sound_shape = shape
            self._resampler = AudioResampler(format="fltp", layout="stereo", rate=rate)
        for block in self._resampler.resample(native):
            block.pts = round(self._sound_end * rate)
            block.time_base = Fraction(1, rate)
            self._sound_end += Fraction(block.samples, rate)
            self._send(self._audio.encode(block))

    def _send(self, packets: list[Any]) -> None:
        assert self._base is not None
        for packet in packets:
            if packet.dts is None or packet.pts is None:
                continue
            shift = round(self._base / packet.time_base)
            packet.pts -= shift
            packet.dts -= shift
            if self._lead_s and packet.stream is self._video:
                packet.dts -= round(self._lead_s / packet.time_base)
            if packet.pts < 0 and self._audio is not None and packet.stream is self._audio:
                continue
            self._output.mux(packet)

    def close(self) -> None:
        """Write what the encoder holds and close."""
        if self._output is not None:
            with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
                for stream in (self._video, self._audio):
                    if stream is not None and self._base is not None:
                        self._send(stream.encode(None))
        self._forget()
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()

    def _forget(self) -> None:
        output, self._output = self._output, None
        if output is not None:
            # The trailer fails once more where the connection is gone.
            with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
                output.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _Pipe:
    """A connection as the library writes to one: in order, and never back."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, data: bytes) -> int:
        self._connection.sendall(data)
        return len(data)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or error).rstrip(".")
