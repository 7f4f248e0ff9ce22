"""A clip in, `Frame`s out, in presentation order, with exact times and the planes as decoded.

`pipeline.video` iterates, the preview seeks. Frames that the decoder could not vouch for are flagged ``damaged`` so
that they are covered wholly; what could not be decoded is left out, never replaced. Planes stay native (depth, chroma,
range); only formats that are no YUV at all are converted, once, here.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter

from dashcamcleaner.core.budget import frames_at_once
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.avi_times import AviTimes
from dashcamcleaner.media.frame_clock import FrameClock
from dashcamcleaner.media.hardware import ChosenDecoder, chosen_decoder, device_fault
from dashcamcleaner.media.hidden_packets import ShownPictures
from dashcamcleaner.media.overlapping_parts import INTRA_ONLY, overlapping_parts
from dashcamcleaner.media.packet_order import PacketOrder
from dashcamcleaner.media.packets import bounded, open_source, read_packets
from dashcamcleaner.media.picture_breaks import CODECS_WITHOUT_CHECKS, PictureBreaks, judged_frames
from dashcamcleaner.media.picture_format import conformed
from dashcamcleaner.media.picture_length import PictureLength
from dashcamcleaner.media.scaler import Scaler
from dashcamcleaner.messages import counted, msg
from dashcamcleaner.os_errors import map_os_errors

__all__ = ["Decoder", "choose_decoder", "open_clip"]

_PACKET_IS_FRAME = frozenset({"h264", "hevc", "vvc", "av1", "vp8", "vp9"}) | INTRA_ONLY
"""Codecs whose every packet that shows a picture gives one: else it was lost. (MPEG-4 packs two into one.)"""

_DAMAGED_FILE = msg("parts of the file are missing or damaged")

_READ_AHEAD = 32
"""Packets: twice as many as codecs may reorder by."""


def open_clip(path: str | Path, *, info: MediaInfo, threads: int = 0, chosen: ChosenDecoder | None = None) -> Decoder:
    """Open a clip for decoding.

    Args:
        path: the clip.
        info: what `media.probe` said of it.
        threads: how many threads the decoder has; 0: the machine's.
        chosen: what decodes; None: software.

    Raises:
        InputError: it cannot be opened (any more).
    """
    return Decoder(path, info=info, threads=threads, chosen=chosen)


def choose_decoder(path: str | Path, *, info: MediaInfo, choice: str) -> ChosenDecoder:
    """What decodes a clip: what was asked for, if it gives the clip's first frame; else software, told.

    Args:
        path: the clip.
        info: what `media.probe` said of it.
        choice: one of `hardware.DECODERS`.
    """

    def decodes(device: str) -> str:
        why = device_fault(device)
        if why:
            return why
        try:
            with open_clip(path, info=info, chosen=ChosenDecoder(device)) as decoder:
                return "" if next(decoder, None) is not None else msg("it gave no frame")
        except (InputError, av.error.FFmpegError, ValueError, RuntimeError, NotImplementedError) as error:
            return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__

    return chosen_decoder(choice, decodes=decodes)


class Decoder:
    """An iterator of frames in presentation order; a context manager.

    Attributes:
        partial: the clip is truncated or corrupt: it was decoded as far as it goes.
        problems: what was met, one sentence each.
        length: the length of what was read so far, by the file's own packets and times.
    """

    def __init__(
        self, path: str | Path, *, info: MediaInfo, threads: int = 0, chosen: ChosenDecoder | None = None
    ) -> None:
        self.partial = False
        self.problems: list[str] = []
        self._container: Any
        self._stream: Any
        self._info = info
        self._scaler = Scaler(info)
        self._convert = VideoReformatter()
        self._aspect: Fraction | None = None
        with map_os_errors(Path(path), verb="opened", to=InputError, also=(av.error.FFmpegError,)):
            self._container = open_source(
                path,
                format_name=info.container if info.is_picture else None,
                hwaccel=chosen.hwaccel() if chosen is not None else None,
            )
        try:
            self._stream = self._container.streams[info.video]
            # Slices alone leave cores idle on most cameras' clips; frame threads cost a few frames of delay.
            self._stream.thread_type = "AUTO"
            most = frames_at_once(*info.size, bytes_per_pixel=4)
            self._stream.thread_count = threads if most >= (threads or os.cpu_count() or 1) else most
            bounded(self._stream, name=path)
        except BaseException:
            self._container.close()
            raise
        self._expected = len(self._stream.index_entries) if info.container.startswith("mov") else 0
        self._frames: Iterator[Frame] | None = None
        self._reset()

    def _reset(self) -> None:
        self._suspect = self._new_trouble = False
        self._flagged = 0
        self._doubtful: set[int] = set()
        self._joins: set[int | None] = set()
        self._seeking = False  # what a jump lands on is no news about the clip
        info = self._info
        self._clock = FrameClock(time_base=info.time_base, rate=info.frame_rate, origin=info.has_origin)
        self.length = PictureLength(time_base=info.time_base, rate=info.frame_rate)
        self._avi_times = AviTimes(self._stream) if info.container == "avi" else None
        self._parts = overlapping_parts(info.container, info.codec, time_base=info.time_base, rate=info.frame_rate)

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file. Frames already given stay valid."""
        self._frames = None
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        if self._frames is None:
            self._frames = self._iterate()
            if self._info.codec in CODECS_WITHOUT_CHECKS:
                most = frames_at_once(*self._info.size, bytes_per_pixel=4)
                self._frames = judged_frames(self._frames, PictureBreaks(self._info.layout, learning=most), self._break)
        return next(self._frames)

    def seek(self, pts: int) -> Frame:
        """The very frame whose pts is asked for; iterating goes on behind it.

        Raises:
            InputError: no frame has that pts.
        """
        frame = self._seek_from(pts, start=pts)
        if frame is None:  # open GOPs and clips without an index land late: take the long way
            frame = self._seek_from(pts, start=None)
        if frame is None:
            raise InputError(msg("{path} has no frame at pts {pts}.", path=self._info.path, pts=pts))
        return frame

    def _seek_from(self, pts: int, *, start: int | None) -> Frame | None:
        depth = self._stream.codec_context.reorder_depth
        try:
            if start is None:
                first = self._info.start_pts or 0
                self._container.seek(min(first, 0), stream=self._stream, backward=True)
            else:
                self._container.seek(start, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            return None
        # A flush makes the decoder forget how far it reorders, and it would drop B-frames until it learnt it again.
        self._stream.codec_context.reorder_depth = max(depth, self._stream.codec_context.reorder_depth)
        self._reset()
        self._seeking = True
        self._frames = self._iterate(seeking=True)
        for frame in self._frames:
            if frame.time.pts == pts:
                return frame
            if frame.time.pts > pts:
                return None
        return None

    def _iterate(self, *, seeking: bool = False) -> Iterator[Frame]:
        """Frames in order, held back by the reordering depth and one.

        Damage found in one also taints those that are shown before it but were decoded after it (B-frames that refer
        to it), and the one before, where damage often begins unnoticed.
        """
        held: deque[Frame] = deque()
        index = 0
        for native, damaged in self._decode(complete=not seeking):
            frame = self._frame(native, index=-1 if seeking else index, damaged=damaged)
            index += 1
            if self._new_trouble:
                self._new_trouble = False
                for earlier in held:
                    earlier.damaged = True
            held.append(frame)
            while len(held) > self._stream.codec_context.reorder_depth + 1:
                yield held.popleft()
        for frame in held:
            frame.damaged = frame.damaged or self._new_trouble
            yield frame
        if not seeking and index == 0:
            raise InputError(
                msg("{path} decodes to nothing.", path=self._info.path), hint="Take the original recording again."
            )

    def _decode(self, *, complete: bool) -> Iterator[tuple[Any, bool]]:
        """Decoded pictures, their times in order, and whether each is damaged."""
        watch = packet_is_frame(self._info)
        ledger = PacketOrder() if watch else None
        packets = 0
        for packet, shown in self._read_ahead(ledger):
            if packet.size:
                packets += 1
                if watch and shown:
                    self.length.add(packet.dts if packet.pts is None else packet.pts)
                if ledger is not None and packet.pts is not None and shown:
                    ledger.sent()
                self._doubt(packet)
            try:
                natives = packet.decode()
            except av.error.EOFError:
                natives = []
            except (av.error.FFmpegError, ValueError):
                self._trouble(msg("some frames could not be decoded"))
                natives = []
            for number, native in enumerate(natives, start=1):
                if not watch:
                    if self._avi_times is not None:
                        native.pts = self._avi_times.of(native)
                    self.length.add(native.dts if native.pts is None else native.pts)
                if ledger is not None and native.pts is not None:
                    native.pts, lost = ledger.received(native.pts, more=len(natives) - number)
                    self._tell_lost(lost)
                yield native, self._is_damaged(native)
        if complete:
            self._judge_end(packets, outstanding=ledger.outstanding if ledger else 0)

    def _read_ahead(self, ledger: PacketOrder | None) -> Iterator[tuple[Any, bool]]:
        """Packets in order, and whether each shows a picture.

        Their times are told ahead, so that the frames' times do not hang on the number of threads.
        """
        waiting: deque[tuple[Any, bool]] = deque()
        pictures = self.shown_pictures()
        for packet in self.packets():
            shown = pictures.shows(packet)
            if self._parts is not None and packet.size and self._parts.move(packet):
                self._note(msg("The clip's clock jumps back within it; its times go on without the jump."))
            if ledger is not None and packet.pts is not None and shown:
                ledger.seen(packet.pts)
            if packet.is_keyframe and len(waiting) > 1 and waiting[-2][0].is_corrupt and not waiting[-1][0].is_corrupt:
                self._joins.add(waiting[-2][0].pts)
            waiting.append((packet, shown))
            if len(waiting) > _READ_AHEAD:
                yield waiting.popleft()
        yield from waiting

    def shown_pictures(self) -> ShownPictures:
        """Tells which of the packets show a picture, from the place on at which reading goes on."""
        return ShownPictures(self._stream.codec_context)

    def packets(self) -> Iterator[Any]:
        """The coded packets of the picture stream; a clip that breaks off ends them."""
        packets = read_packets(self._container, [self._stream])
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError) as error:
                self._tell_partial(msg("The clip cannot be read to its end: {reason}.", reason=_reason(error)))
                return
            yield packet

    def _trouble(self, what: str) -> None:
        self._suspect = self._new_trouble = True
        self._tell_partial(msg("The clip is damaged: {what}.", what=what))

    def _break(self, frame: Frame) -> None:
        """What the decoder took for a picture is none."""
        frame.damaged = True
        self._tell_partial(msg("The clip is damaged: some pictures break with those around them, and are no cut."))

    def _tell_partial(self, sentence: str) -> None:
        self.partial = self.partial or not self._seeking
        self._note(sentence)

    def _note(self, sentence: str) -> None:
        if not self._seeking and sentence not in self.problems:
            self.problems.append(sentence)

    def _tell_lost(self, lost: int) -> None:
        if lost and not self._clock.started:
            self._tell_partial(
                counted(
                    "{n} frame before the first key frame cannot be decoded and is left out.",
                    "{n} frames before the first key frame cannot be decoded and are left out.",
                    lost,
                )
            )
        elif lost:
            self._trouble(msg("some frames could not be decoded"))

    def _doubt(self, packet: Any) -> None:
        """Remember the pictures of a packet that the file's reader flags, and of the next: a hole lies between them.

        Where a key frame follows those two, nothing that is shown refers across the hole: recordings that were joined
        look so. What the decoder itself says of the two is believed.
        """
        if packet.is_corrupt and packet.pts in self._joins:
            self._note(msg("Recordings are joined within the clip, or packets are missing before a key frame."))
        elif packet.is_corrupt:
            self._flagged = 2
        if self._flagged:
            self._flagged -= 1
            if packet.pts is None:
                self._trouble(_DAMAGED_FILE)
            else:
                self._doubtful.add(packet.pts)

    def _is_damaged(self, native: Any) -> bool:
        """Whether a picture is flagged by the decoder, or built on one that is or that was lost."""
        if native.is_corrupt:
            self._trouble(msg("some frames are incomplete"))
            return True
        fresh = native.key_frame or self._info.codec in INTRA_ONLY
        pts = native.pts if native.pts is not None else 0
        if self._doubtful and pts >= min(self._doubtful):
            if not fresh or pts in self._doubtful:
                self._trouble(_DAMAGED_FILE)
                return True
            self._doubtful = {doubt for doubt in self._doubtful if doubt > pts}
        if fresh:
            self._suspect = False
        return self._suspect

    def _judge_end(self, packets: int, *, outstanding: int) -> None:
        if packets < self._expected:
            self._tell_partial(
                msg(
                    "The clip ends early: {packets} of {expected} frames are there.",
                    packets=packets,
                    expected=self._expected,
                )
            )
        elif self._info.cut:
            self._tell_partial(msg("The clip ends early: the file is shorter than its header says."))
        elif outstanding:
            self._tell_partial(
                counted(
                    "The clip is damaged: {n} frame could not be decoded and is left out.",
                    "The clip is damaged: {n} frames could not be decoded and are left out.",
                    outstanding,
                )
            )

    def _frame(self, native: Any, *, index: int, damaged: bool) -> Frame:
        native = self._conform(native)
        told = native.dts if native.pts is None else native.pts
        pts = self._clock.show(told)
        leap = self._clock.leap - (self._parts.moved(told) if self._parts is not None and told is not None else 0)
        for sentence in self._clock.notes:
            self._note(sentence)
        native.pts = pts
        native.time_base = self._info.time_base

        def own() -> tuple[np.ndarray, ...]:
            native.make_writable()
            return _planes(native)

        return Frame(
            index=index,
            time=FrameTime(pts, self._info.time_base),
            planes=_planes(native),
            layout=self._info.layout,
            orientation=self._info.orientation,
            native=native,
            scale=lambda size: self._scaler.upright_rgb(native, size),
            own=own,
            damaged=damaged,
            leap_s=leap * self._info.time_base,
        )

    def _conform(self, native: Any) -> Any:
        """A picture in the clip's one size and layout; all but untouched streams come through here as they are."""
        aspect = self._stream.codec_context.sample_aspect_ratio or self._aspect or Fraction(1)
        self._aspect = self._aspect or aspect
        if (native.width, native.height) != self._info.size:
            self._note(msg("The picture's size changes within the clip; all of it is brought to the first size."))
        elif aspect != self._aspect:
            self._note(msg("The picture's shape changes within the clip; all of it is brought to the first one."))
        return conformed(
            native,
            layout=self._info.layout,
            size=self._info.size,
            converter=self._convert,
            stretch=aspect / self._aspect,
        )


def packet_is_frame(info: MediaInfo) -> bool:
    """Whether every packet that shows a picture gives exactly one; interlaced clips may have one for each field."""
    return info.codec in _PACKET_IS_FRAME and not info.interlaced


def _planes(native: Any) -> tuple[np.ndarray, ...]:
    """The planes of a picture as ``(h, w)`` views, cut to the visible width; NV12's chroma as two strided views."""
    name = native.format.name
    sample = np.dtype("<u2") if name.endswith(("10le", "12le")) else np.dtype("u1")
    views: list[np.ndarray] = []
    for number, plane in enumerate(native.planes):
        rows = np.frombuffer(plane, sample).reshape(plane.height, abs(plane.line_size) // sample.itemsize)
        if plane.line_size < 0:
            rows = rows[::-1]
        if name == "nv12" and number == 1:
            views += [rows[:, 0 : 2 * plane.width : 2], rows[:, 1 : 2 * plane.width : 2]]
        else:
            views.append(rows[:, : plane.width])
    return tuple(views)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", "") or error)
