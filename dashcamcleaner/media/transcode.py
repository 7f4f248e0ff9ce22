"""Sound and subtitles that the output's container does not hold, turned into what it does, times kept."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.error
import av.filter
from av.subtitles.subtitle import SubtitleSet

from dashcamcleaner.media.overlaps import Piece, TimedTexts

__all__ = ["DEFAULT_LAYOUTS", "AudioConverter", "SubtitleConverter"]

_BITS_PER_CHANNEL = 96_000
_ENCODERS = {"aac": "aac", "opus": "libopus"}
_FRAME_SAMPLES = {"aac": 1024, "opus": 960}
DEFAULT_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
"""The loudspeakers of so many channels where none are named, all of which the encoders here take; a track of another
count is mixed down to stereo when it is converted."""

_ASS_FIELDS = 8
"""A subtitle line as the library gives it: its text stands behind so many commas."""

_NEW_LINE = "\\N"
_LONGEST_TEXT_S = 5
"""So long is a text shown that tells no end, unless another begins before."""


class AudioConverter:
    """Decodes a sound stream and encodes it anew.

    Args:
        stream: the stream of the source.
        output: the open output; `target` is added to it.
        codec: ``aac`` or ``opus``.

    Attributes:
        silent: stretches in seconds, by the times of the packets that come in, in which nothing is heard.
    """

    silent: tuple[tuple[Fraction, Fraction], ...] = ()

    def __init__(self, stream: Any, *, output: Any, codec: str) -> None:
        self._stream = stream
        encoder = _ENCODERS[codec]
        rates = av.Codec(encoder, "w").audio_rates or [48_000]
        self._rate = min(rates, key=lambda rate: (abs(rate - stream.codec_context.sample_rate), -rate))
        self._layout = DEFAULT_LAYOUTS.get(stream.codec_context.channels, "stereo")
        self._samples = _FRAME_SAMPLES[codec]
        self.target = output.add_stream(encoder, rate=self._rate)
        self.target.codec_context.layout = self._layout
        self.target.codec_context.bit_rate = _BITS_PER_CHANNEL * self.target.codec_context.layout.nb_channels
        self._graph: Any = None
        self._end_s = Fraction(0)

    def _open(self, frame: Any) -> Any:
        graph = av.filter.Graph()
        chain = [
            graph.add_abuffer(
                format=frame.format.name,
                sample_rate=frame.sample_rate,
                layout=frame.layout.name,
                time_base=self._stream.time_base,
            ),
            # Gaps in the source become silence: what follows must not slip forward against the picture.
            graph.add("aresample", f"{self._rate}:async=1"),
            graph.add(
                "aformat",
                f"sample_fmts={self.target.codec_context.format.name}:sample_rates={self._rate}"
                f":channel_layouts={self._layout}",
            ),
            graph.add("asetnsamples", f"n={self._samples}:p=0"),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*chain)
        graph.configure()
        return graph

    def convert(self, packet: Any) -> Iterator[Any]:
        """Encoded packets that a source packet completes."""
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, ValueError):
            return  # a damaged stretch of sound becomes silence
        for frame in frames:
            frame.time_base = self._stream.time_base
            if frame.pts is None:  # what decoders hold back to the end comes without a time
                frame.pts = round(self._end_s / frame.time_base)
            self._end_s = frame.pts * frame.time_base + Fraction(frame.samples, frame.sample_rate)
            if any(start <= self._end_s and frame.pts * frame.time_base < end for start, end in self.silent):
                frame = _silence_like(frame)
            self._graph = self._graph or self._open(frame)
            self._graph.push(frame)
            yield from self._encode()

    def flush(self) -> Iterator[Any]:
        """What is left at the end."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._encode()
        yield from self.target.encode(None)

    def _encode(self) -> Iterator[Any]:
        while True:
            try:
                part = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield from self.target.encode(part)


def _silence_like(frame: Any) -> Any:
    """A stretch of sound without any, of the same form, at the same time."""
    empty = av.AudioFrame(format=frame.format.name, layout=frame.layout.name, samples=frame.samples)
    for plane in empty.planes:
        plane.update(bytes([0x80 if frame.format.name.startswith("u8") else 0]) * plane.buffer_size)
    empty.sample_rate, empty.pts, empty.time_base = frame.sample_rate, frame.pts, frame.time_base
    return empty


class SubtitleConverter:
    """Turns text subtitles of one kind into another.

    Args:
        stream: the stream of the source.
        output: the open output; `target` is added to it.
        codec: ``mov_text``, ``subrip`` or ``webvtt``.
    """

    def __init__(self, stream: Any, *, output: Any, codec: str) -> None:
        self._stream = stream
        self.target = output.add_stream(codec)
        stream.codec_context.open()
        self.target.codec_context.subtitle_header = stream.codec_context.subtitle_header
        self.target.codec_context.time_base = stream.time_base
        self.target.time_base = stream.time_base
        longest = round(_LONGEST_TEXT_S / stream.time_base)
        self._texts = TimedTexts(longest=longest) if codec == "mov_text" else None

    def convert(self, packet: Any) -> Iterator[Any]:
        """The packet anew, or what is complete with it; nothing for an empty one (a gap in MP4's way)."""
        subtitles = self._stream.codec_context.decode2(packet) if packet.size else None
        if subtitles is None or not len(subtitles):
            return
        if self._texts is None or packet.pts is None:
            yield from self._encoded(subtitles, packet.pts, packet.duration)
            return
        lines = [subtitle.ass.decode("utf-8", "replace") for subtitle in subtitles if subtitle.type == b"ass"]
        text = _NEW_LINE.join(line.split(",", _ASS_FIELDS)[-1] for line in lines)
        for piece in self._texts.add(packet.pts, packet.pts + (packet.duration or 0), text):
            yield from self._piece(piece)

    def flush(self) -> Iterator[Any]:
        """What waited for texts that might overlap it."""
        for piece in self._texts.finish() if self._texts is not None else ():
            yield from self._piece(piece)

    def _piece(self, piece: Piece) -> Iterator[Any]:
        line = f"0,0,Default,,0,0,0,,{_NEW_LINE.join(piece.texts)}".encode()
        length_ms = round((piece.end - piece.start) * self._stream.time_base * 1000)
        yield from self._encoded(SubtitleSet.create(line, 0, length_ms, pts=0), piece.start, piece.end - piece.start)

    def _encoded(self, subtitles: Any, start: int | None, duration: int | None) -> Iterator[Any]:
        converted = self.target.codec_context.encode_subtitle(subtitles)
        if not converted.size:
            return
        converted.stream = self.target
        converted.time_base = self._stream.time_base
        converted.pts = converted.dts = start
        converted.duration = duration or 0
        yield converted
