"""Sound and subtitles that the output's container does not hold, turned into what it does, times kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import av.error
from av.audio.resampler import AudioResampler

__all__ = ["SoundConverter", "SubtitleConverter"]

_SOUND_BITS_PER_CHANNEL = 96_000
_OPUS_RATE = 48_000


class SoundConverter:
    """Decodes a sound stream and encodes it anew.

    Args:
        stream: of the source.
        output: the open output; `target` is added to it.
        codec: ``aac`` or ``opus``.
    """

    def __init__(self, stream: Any, *, output: Any, codec: str) -> None:
        self._stream = stream
        rate = _OPUS_RATE if codec == "opus" else stream.codec_context.sample_rate
        layout = stream.codec_context.layout.name
        encoder = {"opus": "libopus"}.get(codec, codec)
        self.target = output.add_stream(encoder, rate=rate)
        context = self.target.codec_context
        context.layout = layout
        context.bit_rate = _SOUND_BITS_PER_CHANNEL * stream.codec_context.layout.nb_channels
        self._resampler = AudioResampler(format=context.format, layout=layout, rate=rate)
        self._fifo = av.AudioFifo()
        self._frame_size = 0

    def convert(self, packet: Any) -> Iterator[Any]:
        """Encoded packets that a source packet completes."""
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, ValueError):
            return  # a damaged stretch of sound is a gap
        for frame in frames:
            frame.time_base = self._stream.time_base
            for part in self._resampler.resample(frame):
                yield from self._encode(part)

    def flush(self) -> Iterator[Any]:
        """What is left at the end."""
        for part in self._resampler.resample(None):
            yield from self._encode(part)
        rest = self._fifo.read(0, partial=True) if self._fifo.samples else None
        if rest is not None:
            yield from self.target.encode(rest)
        yield from self.target.encode(None)

    def _encode(self, part: Any) -> Iterator[Any]:
        size = self.target.codec_context.frame_size or 1024
        part.pts = None if part.pts is None else part.pts
        self._fifo.write(part)
        while (chunk := self._fifo.read(size)) is not None:
            yield from self.target.encode(chunk)


class SubtitleConverter:
    """Turns text subtitles of one kind into another.

    Args:
        stream: of the source.
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

    def convert(self, packet: Any) -> Iterator[Any]:
        """The packet anew; nothing for an empty one (a gap in MP4's way)."""
        subtitles = self._stream.codec_context.decode2(packet) if packet.size else None
        if subtitles is None or not len(subtitles):
            return
        converted = self.target.codec_context.encode_subtitle(subtitles)
        if not converted.size:
            return
        converted.stream = self.target
        converted.time_base = packet.time_base
        converted.pts = packet.pts
        converted.dts = packet.pts
        converted.duration = packet.duration
        yield converted

    def flush(self) -> Iterator[Any]:
        """Nothing is held back."""
        return iter(())
