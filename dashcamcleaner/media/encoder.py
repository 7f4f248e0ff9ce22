"""The encoder proper: frames with exact times in, a partial file out that only the pipeline may rename.

Planes reach the encoder as they are; a conversion happens only where the plan says so (chroma, odd sizes, turned
pixels). Packets of the side streams are woven in by time (`sides`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from dashcamcleaner.core.frame import Frame, Orientation
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media.encoder_options import add_picture, container_options, stored_size
from dashcamcleaner.media.output_plan import OutputPlan
from dashcamcleaner.media.packets import read_packets
from dashcamcleaner.media.picture_length import PictureLength, length_notes
from dashcamcleaner.media.picture_marks import add_marks
from dashcamcleaner.media.stream_copy import StreamCopier
from dashcamcleaner.media.written import WrittenClip
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors

__all__ = ["Encoder", "map_write_errors"]

_UNTOLD_DECODING = 2
"""x265 gives clips of so few pictures decoding times out of memory that nobody wrote; they come in order anyway."""
_MOST_STRETCH = 1000
"""A container's word on the clip's end is believed up to this many frames' time; broken headers claim years."""


def map_write_errors(path: Path) -> contextlib.AbstractContextManager[None]:
    """Map what FFmpeg and the system raise while ``path`` is written; see `os_errors.map_os_errors`."""
    hint = msg("Check the folder; where the source is damaged, --audio mute may help.")
    return map_os_errors(path, hint=hint, also=(av.error.FFmpegError, ValueError))


class Encoder:
    """Writes one clip. Use `write` per frame, then `finish`, or `abort` whatever happened.

    Args:
        plan: the plan from `plan_output`.
        partial_path: the file that is written; never the final name.
        final: the name that the file is going to have, for messages.
        source: the clip that side streams are copied from.
        info: what the source holds.
        quality: constant rate factor on x264's scale.
        preset: x264's name of it.
        threads: how many threads the encoder has; 0: the machine's.
        clean_cover: ``(h, w, 3) RGB -> the same, obscured`` for cover pictures; they are left out without it.

    Attributes:
        length: the length of the file as it stands on the disk; complete after `finish`.

    Raises:
        OutputError, DiskFull: the file cannot be created.
    """

    def __init__(
        self,
        plan: OutputPlan,
        *,
        partial_path: str | Path,
        final: Path | None = None,
        source: str | Path,
        info: MediaInfo,
        quality: int = 20,
        preset: str = "veryfast",
        threads: int = 0,
        clean_cover: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self._plan = plan
        self._info = info
        self._path = Path(partial_path)
        self._final = final or self._path
        self._lock = threading.Lock()
        self._durations: dict[int, int] = {}
        self._pictures = 0
        self.length = self._asked = PictureLength(time_base=info.time_base, rate=info.frame_rate)
        self._aborting = False
        self._held: Frame | None = None
        self._step = 0
        self._first: tuple[int, int] | None = None
        self._end_pts = -(1 << 62)
        self._shift_ticks = round(plan.shift_s / info.time_base)
        self._reformatter: VideoReformatter | None = None
        self._written: WrittenClip | None = None
        self._output: Any = None
        self._sides: StreamCopier | None = None
        try:
            with map_write_errors(self._final):
                self._output = av.open(
                    f"file:{self._path.resolve()}",
                    "w",
                    format=plan.container.muxer,
                    container_options=container_options(plan, info),
                )
                self._stream = add_picture(self._output, plan, info, quality=quality, preset=preset, threads=threads)
                self._sides = StreamCopier(plan, output=self._output, source=Path(source), clean_cover=clean_cover)
                self._output.metadata.update(plan.tags)
                if plan.chapters:
                    self._output.set_chapters(self._sides.chapters())
                self._output.start_encoding()
                self._sides.begin()
        except BaseException:
            self.abort()
            raise

    def write(self, frame: Frame) -> None:
        """Take the next frame; the one before it is encoded now that its duration is known.

        Of a plan with a cut, frames that are not kept are passed over, and the others get their new times.

        Raises:
            OutputError, DiskFull: it cannot be written.
        """
        self._require_open()
        cut = self._plan.cut
        if cut is not None:
            time = frame.time.exact()
            if not self._plan.keeps(time):
                return
            base = frame.time.time_base
            frame = dataclasses.replace(frame, time=FrameTime(math.floor(cut.kept.moved(time) / base), base))
        with self._lock, map_write_errors(self._final):
            self._require_open()
            held, self._held = self._held, frame
            if self._sides is not None:
                self._sides.follow(frame.leap_s)
            if held is not None:
                self._step = frame.time.pts - held.time.pts
                self._encode(held, duration=self._step)

    def finish(self) -> int:
        """Write what is held back, close, and give the size in bytes.

        Raises:
            OutputError, DiskFull: it cannot be written, or the file does not hold what was written.
        """
        with self._lock, map_write_errors(self._final):
            self._require_open()
            if self._held is not None:
                self._encode(self._held, duration=self._last_duration(self._held))
                self._held = None
            left = self._stream.encode(None)
            if self._first is None and len(left) <= _UNTOLD_DECODING:
                for packet in left:
                    packet.dts = packet.pts
            *packets, last = left or [None]
            for packet in packets:
                self._mux(packet)
            if last is not None:
                self._mux(last, ends=True)
            if self._sides is not None:
                self._sides.pass_on(until=None)
                self._sides.close()
            self._written = WrittenClip(
                muxer=self._plan.container.muxer,
                pictures=self._pictures,
                duration_s=float((self._end_pts - (self._first or (0, 0))[0]) * self._info.time_base),
                step_s=float(self._step * self._info.time_base),
                streams=Counter(stream.type for stream in self._output.streams),
            )
            self._output.close()
            self._output = None
            if self._plan.marks:
                add_marks(self._path, b"".join(mark.box for mark in self._plan.marks))
            self.length = self._measured()
            self._require_all_pictures(self.length)
        return self._path.stat().st_size

    def _measured(self) -> PictureLength:
        """The file as it was written, read again."""
        with av.open(f"file:{self._path.resolve()}", format=self._plan.container.muxer) as written:
            stream = written.streams.video[0]
            assert stream.time_base is not None
            for other in written.streams:
                if other.index != stream.index:
                    other.discard = av.stream.Discard.all
            length = PictureLength(time_base=stream.time_base, rate=self._info.frame_rate)
            for packet in read_packets(written, [stream]):
                if packet.size:
                    length.add(packet.pts)
        return length

    def _require_all_pictures(self, written: PictureLength) -> None:
        if written.pictures < self._pictures:
            raise OutputError(
                msg(
                    "{pictures} of {pictures2} pictures could not be written.",
                    pictures=self._pictures - written.pictures,
                    pictures2=self._pictures,
                ),
                hint="The source's sound may be damaged; try --audio mute.",
            )
        wrong = length_notes(self._asked, written)
        if wrong:
            raise OutputError(
                msg("The output is not what was written: {wrong}.", wrong=wrong[0].rstrip(".")),
                hint="Write another kind of file, e.g. MKV.",
            )

    def _require_open(self) -> None:
        if self._output is None or self._aborting:
            raise OutputError(msg("{final} is closed already.", final=self._final), hint="Start the run again.")

    def _encode(self, frame: Frame, *, duration: int) -> None:
        native = self._fit(frame.native)
        native.pts = frame.time.pts - self._shift_ticks
        native.time_base = frame.time.time_base
        native.duration = duration
        # A decoded frame carries the type it had in the source, which the encoder would take for an order.
        native.pict_type = PictureType.NONE
        self._durations[native.pts] = duration
        self._asked.add(native.pts)
        for packet in self._stream.encode(native):
            self._mux(packet)

    def _last_duration(self, frame: Frame) -> int:
        """How long the last frame is shown: the container's word, else the decoder's, else as the one before it."""
        end_pts = self._info.end_pts or 0
        if self._plan.cut is not None:
            end_pts = math.floor(self._plan.cut.kept.moved(end_pts * self._info.time_base) / self._info.time_base)
        stated = end_pts - frame.time.pts
        if 0 < stated <= max(self._step, frame.native.duration) * _MOST_STRETCH:
            return stated
        return int(frame.native.duration or self._step or 1)

    def _mux(self, packet: Any, *, ends: bool = False) -> None:
        # Encoders do not all pass durations on, and only B-frames' decoding times would be left to guess them from.
        packet.duration = self._durations.pop(packet.pts, packet.duration or 0)
        self._first = self._first or (packet.pts, packet.dts)
        self._end_pts = max(self._end_pts, packet.pts + packet.duration)
        if ends:
            # MP4 adds up decoding steps: the last packet's must bring the sum to where the last picture ends. Where
            # pictures are unevenly long, decoding may begin so early that the sum is there already; a packet that holds
            # the last picture keeps that one's length all the same, for the file's end is reckoned from it.
            shown, decoded = self._end_pts - self._first[0], packet.dts - self._first[1]
            least = int(packet.duration) if packet.pts + packet.duration == self._end_pts else 1
            packet.duration = max(shown - decoded, least, 1)
        time = None if packet.dts is None else packet.dts * packet.time_base
        self._pictures += 1
        try:
            self._output.mux_one(packet)
        except (av.error.InvalidDataError, av.error.ArgumentError):
            if not self._plan.sides:
                raise
            # Packets wait in line to be woven in: what was refused here is most likely damaged sound from before.
            # Whether a picture was lost is checked at the end.
        if time is not None and self._sides is not None:
            self._sides.pass_on(until=time)

    @property
    def written(self) -> WrittenClip:
        """What was put into the file; known after `finish`."""
        assert self._written is not None
        return self._written

    @property
    def problems(self) -> list[str]:
        """What a careful user wants to know afterwards, one sentence each."""
        return list(self._sides.problems) if self._sides is not None else []

    @property
    def sides_end_early(self) -> bool:
        """Whether the source ends within a packet of what goes along with the picture; known after `finish`."""
        return self._sides is not None and self._sides.ends_early

    def abort(self) -> None:
        """Close and delete the partial file. Safe at any time, from any thread, more than once."""
        self._aborting = True  # without the lock: a busy writer would hardly ever let go of it
        with self._lock:
            self._held = None
            if self._sides is not None:
                self._sides.close()
            if self._output is not None:
                # Closing writes a trailer, which fails again on a full disk; the file goes anyway.
                with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
                    self._output.close()
                self._output = None
                self._path.unlink(missing_ok=True)

    def _fit(self, native: Any) -> Any:
        """The picture as the plan wants it: as it is, or with its last row or column repeated, turned, or converted."""
        if self._plan.bake_orientation:
            native = _baked(native, self._info.orientation)
        if (native.width, native.height) != stored_size(self._plan, self._info):
            native = _padded(native, stored_size(self._plan, self._info))
        if native.format.name == self._plan.pixel_format:
            return native
        self._reformatter = self._reformatter or VideoReformatter()
        full = self._info.layout.full_range
        return self._reformatter.reformat(
            native,
            format=self._plan.pixel_format,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND,
            src_color_range=ColorRange.JPEG if full else None,
            dst_color_range=ColorRange.JPEG if full else None,
            threads=1,
        )


def _copy_planes(source: Any, target: Any, change: Callable[[np.ndarray, int, int], np.ndarray]) -> None:
    for mine, theirs in zip(source.planes, target.planes, strict=True):
        width = mine.line_size
        sample = np.dtype("<u2") if source.format.name.endswith(("10le", "12le")) else np.dtype("u1")
        lanes = 2 if source.format.name == "nv12" and mine.width != source.width else 1
        rows = np.frombuffer(mine, sample).reshape(mine.height, width // sample.itemsize)[:, : mine.width * lanes]
        goal = np.frombuffer(theirs, sample).reshape(theirs.height, theirs.line_size // sample.itemsize)
        picture = rows.reshape(mine.height, mine.width, lanes)
        changed = change(picture, theirs.width, theirs.height)
        goal[:, : theirs.width * lanes] = changed.reshape(theirs.height, theirs.width * lanes)


def _empty_like(native: Any, size: tuple[int, int]) -> Any:
    """A frame of another size with all the properties (times, colours, field flags) of ``native``."""
    # Only the scaler carries a frame's properties over; its pixels are written over at once.
    return VideoReformatter().reformat(
        native, width=size[0], height=size[1], interpolation=Interpolation.POINT, threads=1
    )


def _padded(native: Any, size: tuple[int, int]) -> Any:
    target = _empty_like(native, size)

    def repeat(picture: np.ndarray, width: int, height: int) -> np.ndarray:
        extra = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
        return np.pad(picture, extra, mode="edge")

    _copy_planes(native, target, repeat)
    return target


def _baked(native: Any, orientation: Orientation) -> Any:
    size = orientation.upright_size((native.width, native.height))
    target = (
        _empty_like(native, size)
        if size != (native.width, native.height)
        else _empty_like(native, (size[0] + 2, size[1]))
    )
    if target.width != size[0]:
        target = _empty_like(target, size)
    _copy_planes(native, target, lambda picture, _width, _height: orientation.upright(picture))
    return target
