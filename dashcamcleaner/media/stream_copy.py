"""Sound, subtitles, data, attachments: from a second opening of the source, packet for packet, with their own times.

They are woven into the output by time: whoever writes the picture calls `pass_on` with the time it has reached. What
the container does not hold is converted; the plan has said so before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from dashcamcleaner.core.cut_times import CutTimes
from dashcamcleaner.media.cover_art import CoverArt
from dashcamcleaner.media.frame_clock import JUMP_S
from dashcamcleaner.media.output_plan import OutputPlan
from dashcamcleaner.media.output_streams import SideStream
from dashcamcleaner.media.packets import open_source, read_packets
from dashcamcleaner.media.sound_header import plain_sound_header
from dashcamcleaner.media.text_tracks import packet_refusal, plain_header
from dashcamcleaner.media.transcode import DEFAULT_LAYOUTS, AudioConverter, SubtitleConverter
from dashcamcleaner.messages import msg

__all__ = ["StreamCopier", "add_target"]


_OWN_RUN_IN = ("opus", "libopus")
"""Sound whose run-in the container states itself."""


_SLIP_S = Fraction(1, 5)
"""A packet so far before its forerunner may be of another recording, whose pictures are moved behind."""

_MOST_HELD_S = 10
"""So long what leapt back waits for the picture to do so, too; then it goes on from its own end."""


class StreamCopier:
    """The streams that go along with the picture.

    Args:
        plan: which ones, and how.
        output: the open output; streams are added to it.
        source: the clip.
        clean_cover: obscures a cover picture.

    Attributes:
        problems: what was left out because it is damaged, one sentence each; complete after `close`.
        ends_early: the file ends within a packet of them; known after `close`.
    """

    def __init__(
        self,
        plan: OutputPlan,
        *,
        output: Any,
        source: Path,
        clean_cover: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.problems: list[str] = []
        self.ends_early = False
        self._half = False  # the latest packet has fewer bytes than its index says
        self._left_out = 0
        self._unlike_speech = 0
        self._judged: dict[int, str] = {}
        self._plan = plan
        self._output = output
        self._source: Any = open_source(source)
        self._targets: dict[int, Any] = {}
        self._converters: dict[int, AudioConverter | SubtitleConverter] = {}
        self._last_dts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._jumps: dict[int, int] = {}
        self._leaps: list[Fraction] = []
        self._followed: dict[int, int] = {}
        self._covers: list[CoverArt] = []
        self._clean_cover = clean_cover
        try:
            for side in plan.sides:
                if side.index < len(self._source.streams):  # a damaged file may show fewer streams the second time
                    self._add(side)
        except BaseException:
            self._source.close()
            raise
        for stream in self._source.streams:
            if stream.index not in self._targets:
                stream.discard = av.stream.Discard.all  # the reader need not even load the picture again
        # A clock without negative times would shift everything by the sound encoder's run-in, which nobody hears. From
        # Matroska to Matroska the run-in is told beside the packets, so that they keep their times.
        self._no_negative = plan.container.time_base is not None and "matroska" not in self._source.format.name
        self._run_in = 0
        self._packets = self._iterate()
        self._waiting: Any = None
        self._until = Fraction(0)
        self._held_from: Fraction | None = None
        self._ended = not self._targets

    def _add(self, side: SideStream) -> None:
        stream = self._source.streams[side.index]
        if side.type == "attachment":
            self._output.add_attachment(stream.metadata.get("filename", "file"), stream.mimetype or "", stream.data)
            return
        if side.type == "cover":
            self._covers.append(CoverArt(self._source, side.index, output=self._output, clean=self._clean_cover))
            return
        target, converter = add_target(side, stream=stream, output=self._output)
        if converter is not None:
            self._converters[side.index] = converter
            if isinstance(converter, AudioConverter) and self._plan.cut is not None:
                kept = self._plan.cut.kept
                converter.silent = tuple(
                    (kept.moved(start), kept.moved(end)) for start, end in self._plan.cut.muted.kept
                )
        if side.judged:
            self._judged[side.index] = stream.codec_context.codec.canonical_name
            if not side.codec and self._judged[side.index] in ("ass", "ssa"):
                target.codec_context.extradata = plain_header(bytes(stream.codec_context.extradata or b""))
        target.metadata.update(side.tags)
        target.disposition = stream.disposition
        self._targets[side.index] = target

    def begin(self) -> None:
        """Write what comes before all packets, once the header stands."""
        for cover in self._covers:
            cover.write()

    def chapters(self) -> list[Any]:
        """The source's chapter list, shifted like everything else."""
        chapters = self._source.chapters()
        for number, chapter in enumerate(chapters):
            title = self._plan.chapter_titles[number] if number < len(self._plan.chapter_titles) else ""
            chapter["metadata"] = {"title": title} if title else {}
            ticks = round(self._plan.shift_s / chapter["time_base"])
            chapter["start"] -= ticks
            chapter["end"] -= ticks
            if self._plan.cut is not None:
                base, kept = chapter["time_base"], self._plan.cut.kept
                chapter["start"], chapter["end"] = (
                    round(kept.moved(chapter[end] * base) / base) for end in ("start", "end")
                )
        return [chapter for chapter in chapters if self._plan.cut is None or chapter["start"] < chapter["end"]]

    def follow(self, leap_s: Fraction) -> None:
        """The file's clock has leapt, and the picture goes on without that: what comes from beyond follows.

        Args:
            leap_s: all that was taken off the picture's times so far, seconds; negative after leaps back.
        """
        if leap_s != sum(self._leaps):
            self._leaps.append(leap_s - sum(self._leaps))

    def _settle(self, packet: Any, time: int, *, until: Fraction) -> bool:
        """Take leaps off the times of a packet that comes from beyond them.

        It lies far ahead of the picture, or behind its forerunner. False where it leapt back and the picture has not
        yet: how far is known only then.
        """
        index = packet.stream_index
        for leap_s in self._leaps[self._followed.get(index, 0) :]:
            ahead_s = (time + self._jumps.get(index, 0)) * packet.time_base - until
            least_back_s = min(Fraction(JUMP_S), -leap_s / 2)
            if not (ahead_s >= leap_s / 2 if leap_s > 0 else self._back_s(packet, time) > least_back_s):
                return True
            self._jumps[index] = self._jumps.get(index, 0) - round(leap_s / packet.time_base)
            self._followed[index] = self._followed.get(index, 0) + 1
        if self._back_s(packet, time) <= _SLIP_S:
            self._held_from = None
            return True
        self._held_from = until if self._held_from is None else self._held_from
        return until - self._held_from > _MOST_HELD_S

    def _back_s(self, packet: Any, time: int) -> Fraction:
        """How far a packet lies before the one before it, seconds."""
        last = self._last_dts.get(packet.stream_index)
        if last is None:
            return Fraction(0)
        return Fraction((last - time - self._jumps.get(packet.stream_index, 0)) * packet.time_base)

    def pass_on(self, *, until: Fraction | None) -> None:
        """Write all packets up to a time in seconds; None: all that are left."""
        while not self._ended:
            packet = self._waiting if self._waiting is not None else next(self._packets, None)
            self._waiting = None
            if packet is None:
                self._ended = True
                for converter in self._converters.values():
                    for converted in converter.flush():
                        self._mux(converted)
                return
            time = packet.dts if packet.dts is not None else packet.pts
            self._until = self._until if until is None else until
            if time is not None and not self._settle(packet, time, until=self._until) and until is not None:
                self._waiting = packet
                return
            jump = self._jumps.get(packet.stream_index, 0)
            if until is not None and time is not None and (time + jump) * packet.time_base > until:
                self._waiting = packet
                return
            self._write(packet)

    def _write(self, packet: Any) -> None:
        index = packet.stream_index
        if index in self._judged and packet_refusal(packet, codec=self._judged[index]):
            self._unlike_speech += 1  # a damaged file may show other texts the second time
            return
        converter = self._converters.get(index)
        if isinstance(converter, SubtitleConverter):
            for converted in converter.convert(packet):
                self._mux(converted)
            return
        # Some containers give no decoding times; sound and texts are decoded in the order in which they are played.
        if packet.dts is None:
            packet.dts = packet.pts if packet.pts is not None else self._ends.get(index, 0)
        if packet.pts is None:
            packet.pts = packet.dts
        self._keep_order(packet)
        if converter is not None:
            for converted in converter.convert(packet):
                self._mux(converted)
            return
        packet.stream = self._targets[index]
        if self._no_negative and packet.pts < 0 and self._targets[index].codec_context.name not in _OWN_RUN_IN:
            if packet.pts + (packet.duration or 0) <= -packet.pts:
                self._run_in += 1
                return
            packet.pts = packet.dts = 0
        self._mux(packet)

    def _mux(self, packet: Any) -> None:
        try:
            self._output.mux_one(packet)
        except (av.error.InvalidDataError, av.error.ArgumentError):
            # Damaged sound is refused by the container; the picture does not suffer for it.
            self._left_out += 1

    def _keep_order(self, packet: Any) -> None:
        """Bring a packet behind the one before it: containers take no other.

        Joined recordings restart their clock; the picture's reader lets times go on likewise.
        """
        index = packet.stream_index
        jump = self._jumps.get(index, 0)
        end, last = self._ends.get(index), self._last_dts.get(index)
        if end is not None and last is not None:
            if (last - packet.dts - jump) * packet.time_base > JUMP_S:
                jump = self._jumps[index] = end - packet.dts
            tick = self._targets[index].time_base / packet.time_base
            least = last + max(1, math.ceil(tick))
            if packet.dts + jump < least:
                jump = least - packet.dts
        packet.dts += jump
        packet.pts = max(packet.pts + jump, packet.dts)
        self._last_dts[index] = packet.dts
        self._ends[index] = packet.dts + (packet.duration or 0)

    def _iterate(self) -> Iterator[Any]:
        streams = [self._source.streams[index] for index in self._targets]
        if not streams:
            return
        packets = read_packets(self._source, streams)
        shifts = {s.index: round(self._plan.shift_s / s.time_base) for s in streams}
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError):
                return  # a truncated source: the picture's own reader tells it
            if not packet.size and packet.dts is None:
                continue
            self._half = packet.is_corrupt
            shift = shifts[packet.stream_index]
            if shift:
                packet.pts = None if packet.pts is None else packet.pts - shift
                packet.dts = None if packet.dts is None else packet.dts - shift
            if self._plan.cut is None or self._cut(packet, self._plan.cut.kept):
                yield packet

    def _cut(self, packet: Any, kept: CutTimes) -> bool:
        """Give a packet its time in the cut file; False where it is left out.

        Sound goes along by the middle of a packet, so that no edge is off by more than half of one, and nothing adds
        up. A text is shown as long as any of its time is kept.
        """
        index = packet.stream_index
        base = packet.time_base
        start = packet.pts if packet.pts is not None else packet.dts
        if start is None:
            return bool(kept.kept)
        length = packet.duration or 0
        if self._output_type(index) == "subtitle":
            first, end = kept.moved(start * base), kept.moved((start + length) * base)
            if (length and first >= end) or (not length and not kept.holds(start * base)):
                return False
            packet.pts = packet.dts = math.floor(first / base)
            packet.duration = max(math.floor(end / base) - packet.pts, 1) if length else 0
            return True
        middle = (start + Fraction(length, 2)) * base
        if not kept.holds(middle):
            return False
        moved = math.floor((kept.moved(middle) - middle) / base)
        packet.pts = None if packet.pts is None else packet.pts + moved
        packet.dts = None if packet.dts is None else packet.dts + moved
        return True

    def _output_type(self, index: int) -> str:
        return next((side.type for side in self._plan.sides if side.index == index), "")

    def close(self) -> None:
        """Release the source."""
        if self._half and "mp4" in self._source.format.name:  # packets of other formats are told so for other reasons
            self.problems.append(msg("The sound or subtitles end early: the file is shorter than its header says."))
            self.ends_early, self._half = True, False
        if self._left_out:
            self.problems.append(
                msg("{left_out} damaged packets of sound or subtitles were left out.", left_out=self._left_out)
            )
            self._left_out = 0
        if self._run_in:
            told = msg(
                "{run_in} packets of the sound's run-in, which players leave out, were not copied", run_in=self._run_in
            )
            self.problems.append(
                msg("{told}: {container} has no times before 0.", told=told, container=self._plan.container.title)
            )
            self._run_in = 0
        if self._unlike_speech:
            self.problems.append(
                msg(
                    "{unlike_speech} texts that do not read as speech were left out.", unlike_speech=self._unlike_speech
                )
            )
            self._unlike_speech = 0
        self._ended = True
        self._source.close()


def add_target(side: SideStream, *, stream: Any, output: Any) -> tuple[Any, AudioConverter | SubtitleConverter | None]:
    """A stream of the output for one of the source, and what converts it, None where packets are copied.

    Args:
        side: what becomes of it.
        stream: the source's stream.
        output: the output, open, its header not yet written.
    """
    if not side.codec:
        target = output.add_stream_from_template(stream)
        if side.type == "audio":
            _name_layout(target.codec_context)
            header = bytes(stream.codec_context.extradata or b"")
            if header != (plain := plain_sound_header(stream.codec_context.codec.canonical_name, header)):
                target.codec_context.extradata = plain
        return target, None
    converter = AudioConverter if side.type == "audio" else SubtitleConverter
    made = converter(stream, output=output, codec=side.codec)
    return made.target, made


def _name_layout(context: Any) -> None:
    """Name the loudspeakers of a track that only counts them, as AVI, MXF and DV do; MP4 refuses those at its end."""
    if context.layout.name in ("", msg("{channels} channels", channels=context.channels)):
        layout = DEFAULT_LAYOUTS.get(context.channels)
        if layout is not None:
            context.layout = layout
