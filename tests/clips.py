"""Clips made by recipe at test time: no media is stored, every oddity has a function or an argument of its own.

Every frame shows its own number as black and white bars (`read_number`), so that a test can tell which frame it looks
at after any encoding. Frames that start a whole second are marked by a white lower half, and the sound clicks at the
same moments (`clicks_s`), so that a test can prove sync.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from av.subtitles.subtitle import SubtitleSet
from av.video.frame import PictureType

BITS = 10
CLICK_S = 0.005
RATE = 48_000

QUARTER = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}
"""Clockwise turns for showing, as the first two rows of a display matrix."""


@dataclass(frozen=True)
class Made:
    """A clip that was made: where it is, and what is true of it."""

    path: Path
    pts: tuple[int, ...]
    time_base: Fraction
    size: tuple[int, int]

    @property
    def times(self) -> list[Fraction]:
        return [pts * self.time_base for pts in self.pts]


@dataclass(frozen=True)
class Sound:
    """A sound track: a click at every whole second.

    Args:
        codec: encoder.
        language: tag.
        start_s: when its first sample is heard.
        seconds: how long; None: as long as the picture.
        title: tag, if any.
    """

    codec: str = "aac"
    language: str = "eng"
    start_s: float = 0.0
    seconds: float | None = None
    title: str = ""


@dataclass(frozen=True)
class Recipe:
    """What a clip is made of; the defaults make a plain H.264 clip with one sound track."""

    frames: int = 30
    size: tuple[int, int] = (320, 180)
    time_base: Fraction = Fraction(1, 15360)
    rate: int = 30
    pts: Sequence[int] | None = None
    start_pts: int = 0
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    options: dict[str, str] = field(default_factory=lambda: {"crf": "12", "preset": "ultrafast"})
    b_frames: int = 0
    gop: int = 250
    sample_aspect: Fraction = Fraction(1)
    clockwise: int = 0
    mirrored: bool = False
    interlaced: bool = False
    color: dict[str, int] = field(default_factory=dict)
    sounds: tuple[Sound, ...] = ()
    subtitles: tuple[tuple[float, float, str], ...] = ()
    chapters: tuple[tuple[float, float, str], ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    timecode: str = ""
    cover: bool = False
    attachment: bool = False
    busy: bool = False


def vfr_pts(frames: int, *, seed: int = 7) -> list[int]:
    """Times of a variable frame rate, in 1/15360 s: 17 to 100 ms apart."""
    chooser = random.Random(seed)
    pts = [0]
    for _ in range(frames - 1):
        pts.append(pts[-1] + chooser.randint(261, 1536))
    return pts


def make(path: Path, **changes: Any) -> Made:
    """Make a clip; the arguments are `Recipe`'s, the extension picks the container."""
    recipe = Recipe(**changes)
    step = int(1 / (recipe.rate * recipe.time_base))
    pts = [p + recipe.start_pts for p in (recipe.pts or [i * step for i in range(recipe.frames)])]
    options = {"movflags": "faststart", "movie_timescale": "15360"} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", container_options=options) as output:
        output.metadata.update(recipe.tags)
        stream = _add_picture(output, recipe)
        seconds = float((pts[-1] + step) * recipe.time_base)
        sounds = [_AudioTrack(output, sound, seconds=seconds) for sound in recipe.sounds]
        texts: Any = None
        if recipe.subtitles:
            texts = output.add_stream("mov_text" if path.suffix in (".mp4", ".mov") else "srt")
        if texts is not None:
            texts.codec_context.subtitle_header = _ASS_HEADER
            texts.codec_context.time_base = texts.time_base = Fraction(1, 1000)
        cover = _add_cover(output) if recipe.cover else None
        if recipe.attachment:
            output.add_attachment("font.ttf", "application/x-truetype-font", b"\0\1\0\0 not really a font")
        if recipe.chapters:
            output.set_chapters([_chapter(number, *chapter) for number, chapter in enumerate(recipe.chapters)])
        output.start_encoding()
        if cover is not None:
            for packet in cover.encode(av.VideoFrame.from_ndarray(np.full((60, 80, 3), 200, np.uint8), format="rgb24")):
                output.mux_one(packet)
        for number, value in enumerate(pts):
            frame = _picture(number, value, recipe)
            for packet in stream.encode(frame):
                output.mux_one(packet)
            for sound in sounds:
                sound.write(until_s=float(value * recipe.time_base))
        for packet in stream.encode(None):
            output.mux_one(packet)
        for sound in sounds:
            sound.finish()
        for start, end, text in recipe.subtitles:
            output.mux_one(_text_packet(texts, start, end, text))
    return Made(path, tuple(pts), recipe.time_base, recipe.size)


def _chapter(number: int, start_s: float, end_s: float, title: str) -> Any:
    times = {"start": int(start_s * 1000), "end": int(end_s * 1000), "time_base": Fraction(1, 1000)}
    return {"id": number, **times, "metadata": {"title": title}}


def _add_picture(output: Any, recipe: Recipe) -> Any:
    options = dict(recipe.options)
    if recipe.codec == "libx264":
        options |= {"bf": str(recipe.b_frames), "g": str(recipe.gop)}
        if recipe.b_frames:
            options |= {"b_strategy": "0"}
    if recipe.codec == "libx265":
        more = options.get("x265-params", "")
        fixed = f"log-level=none:bframes={recipe.b_frames}:keyint={recipe.gop}:pools=none"
        options["x265-params"] = f"{fixed}:{more}" if more else fixed
    stream = output.add_stream(
        recipe.codec, rate=recipe.rate, options=options, width=recipe.size[0], height=recipe.size[1],
        time_base=recipe.time_base,
    )  # fmt: skip
    context = stream.codec_context
    context.pix_fmt = recipe.pix_fmt
    context.sample_aspect_ratio = recipe.sample_aspect
    context.thread_count = 1
    for name, value in recipe.color.items():
        setattr(context, name, value)
    if recipe.interlaced:
        context.flags |= int(av.codec.context.Flags.interlaced_dct | av.codec.context.Flags.interlaced_me)
    if recipe.clockwise or recipe.mirrored:
        a, b, c, d = QUARTER[recipe.clockwise]
        if recipe.mirrored:
            a, b = -a, -b
        stream.set_display_matrix([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30])
    if recipe.timecode:
        stream.metadata["timecode"] = recipe.timecode
    return stream


def bars(number: int, size: tuple[int, int], *, flash: bool = False, busy: bool = False) -> np.ndarray:
    """Luma ``(h, w)`` uint8 in 16-235 of a frame that shows its number."""
    width, height = size
    picture = np.tile(np.linspace(60, 180, width).astype(np.uint8), (height, 1))
    if busy:
        picture = np.random.default_rng(number).integers(16, 235, (height, width), dtype=np.uint8)
    edges = np.linspace(0, width, BITS + 1).astype(int)
    for bit in range(BITS):
        picture[: height // 4, edges[bit] : edges[bit + 1]] = 235 if number >> bit & 1 else 16
    if flash:
        picture[height // 2 :] = 235
    return picture


def read_number(luma: np.ndarray) -> int:
    """The number that a (possibly re-encoded) frame shows; any bit depth."""
    height, width = luma.shape
    middle = (int(luma.max()) + int(luma.min())) / 2
    row = luma[height // 16 : height // 6].astype(np.float64).mean(axis=0)
    edges = np.linspace(0, width, BITS + 1).astype(int)
    return sum(1 << bit for bit in range(BITS) if row[(edges[bit] + edges[bit + 1]) // 2] > middle)


def _picture(number: int, pts: int, recipe: Recipe) -> Any:
    seconds = pts * recipe.time_base
    luma = bars(number, recipe.size, flash=seconds.denominator == 1, busy=recipe.busy)
    planes = [luma, np.full_like(luma, 140), np.full_like(luma, 180)]
    frame = coded_frame(planes, pix_fmt="yuv444p", pts=pts, time_base=recipe.time_base)
    if recipe.pix_fmt != "yuv444p":
        frame = frame.reformat(format=recipe.pix_fmt)
        frame.pts, frame.time_base, frame.pict_type = pts, recipe.time_base, PictureType.NONE
    return frame


def coded_frame(planes: Sequence[np.ndarray], *, pix_fmt: str, pts: int, time_base: Fraction) -> Any:
    """A frame for an encoder, of planes ``(h, w)`` as the pixel format has them."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, pix_fmt)
    for plane, samples in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(plane, samples.dtype).reshape(plane.height, plane.line_size // samples.itemsize)
        rows[:, : samples.shape[1]] = samples
    frame.pts, frame.time_base, frame.pict_type = pts, time_base, PictureType.NONE
    return frame


class _AudioTrack:
    """Encodes silence with a click at every whole second."""

    def __init__(self, output: Any, sound: Sound, *, seconds: float) -> None:
        self._output = output
        self._stream = output.add_stream(sound.codec, rate=RATE)
        self._stream.codec_context.layout = "mono"
        self._stream.codec_context.bit_rate = 96_000
        self._stream.metadata["language"] = sound.language
        if sound.title:
            self._stream.metadata["title"] = sound.title
        self._first = round(sound.start_s * RATE)
        total = round((sound.seconds if sound.seconds is not None else seconds - sound.start_s) * RATE)
        times = (np.arange(total) + self._first) / RATE
        loud = (times % 1.0) < CLICK_S
        self._samples = (np.sin(times * 2 * np.pi * 2000) * 0.8 * loud).astype(np.float32)
        self._at = 0

    def write(self, *, until_s: float) -> None:
        size = self._stream.codec_context.frame_size or 1024
        format_name = self._stream.codec_context.format.name
        while self._at < len(self._samples) and self._first + self._at <= until_s * RATE:
            chunk = self._samples[self._at : self._at + size]
            whole = {"s16": np.int16, "s32": np.int32}.get(format_name.rstrip("p"))
            array = chunk if whole is None else (chunk * float(np.iinfo(whole).max)).astype(whole)
            frame = av.AudioFrame.from_ndarray(array[None], format=format_name, layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, self._first + self._at, Fraction(1, RATE)
            for packet in self._stream.encode(frame):
                self._output.mux_one(packet)
            self._at += len(chunk)

    def finish(self) -> None:
        self.write(until_s=1e9)
        for packet in self._stream.encode(None):
            self._output.mux_one(packet)


_ASS_HEADER = (
    b"[Script Info]\r\nScriptType: v4.00+\r\nPlayResX: 384\r\nPlayResY: 288\r\n\r\n[V4+ Styles]\r\n"
    b"Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    b"Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, "
    b"MarginR, MarginV, Encoding\r\nStyle: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,"
    b"10,10,10,1\r\n\r\n[Events]\r\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, "
    b"Text\r\n"
)


def _text_packet(stream: Any, start_s: float, end_s: float, text: str) -> Any:
    line = f"0,0,Default,,0,0,0,,{text}".encode()
    subtitles = SubtitleSet.create(line, 0, int((end_s - start_s) * 1000), pts=0)
    packet = stream.codec_context.encode_subtitle(subtitles)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = int(start_s * 1000)
    packet.duration = int((end_s - start_s) * 1000)
    return packet


def _add_cover(output: Any) -> Any:
    stream = output.add_stream("mjpeg", rate=1, width=80, height=60)
    stream.codec_context.pix_fmt = "yuvj420p"
    stream.disposition = Disposition.attached_pic
    return stream


CAPTION = b"\xb5\x00\x31GA94\x03" + bytes([0xC0 | 4, 0xFF]) + b"\xfc48\xfc.1\xfc, \xfc11" + b"\xff"
USER_DATA = bytes(range(0x40, 0x50)) + b"GPS(E: 11.500000, N: 48.100000)"
"""What an H.264 stream may carry between its pictures: closed captions (kind 4), and anybody's data (kind 5)."""


def sei(kind: int, payload: bytes) -> bytes:
    """A unit of texts between the pictures of an H.264 stream, as MP4 has it."""
    assert len(payload) < 255
    unit = bytes([6, kind, len(payload)]) + payload + b"\x80"
    return len(unit).to_bytes(4, "big") + unit


def with_unit(plain: Path, to: Path, unit: bytes) -> None:
    """A copy of an H.264 clip with a unit before each of its pictures."""
    with_packets(plain, to, lambda _, content: unit + content)


def with_packets(plain: Path, to: Path, change: Callable[[int, bytes], bytes]) -> None:
    """A copy of a clip's pictures whose packets, given with their number, hold something else."""
    with av.open(str(plain)) as first, av.open(str(to), "w") as output:
        target = output.add_stream_from_template(first.streams.video[0])
        for number, packet in enumerate(list(first.demux(video=0))):
            if packet.size:
                new = av.Packet(change(number, bytes(packet)))
                new.pts, new.dts, new.duration, new.time_base = (
                    packet.pts,
                    packet.dts,
                    packet.duration,
                    packet.time_base,
                )
                new.is_keyframe, new.stream = packet.is_keyframe, target
                output.mux(new)


def as_telemetry(path: Path) -> None:
    """Turn the subtitle track of an MP4 into a GoPro telemetry track, by its four-letter names."""
    data = path.read_bytes()
    for old, new in ((b"tx3g", b"gpmd"), (b"sbtl", b"meta")):
        assert data.count(old) == 1, (old, data.count(old))
        data = data.replace(old, new)
    path.write_bytes(data)


def truncate(path: Path, *, fraction: float) -> None:
    """Cut a file's end off, as a full card or a lost connection does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])


def corrupt(path: Path, *, start: float, end: float, seed: int = 3) -> None:
    """Overwrite bytes between two fractions of the file with noise, one in twenty."""
    data = bytearray(path.read_bytes())
    chooser = random.Random(seed)
    for at in range(int(len(data) * start), int(len(data) * end), 20):
        data[at] = chooser.randrange(256)
    path.write_bytes(bytes(data))


def samples_of(path: Path, *, track: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Decoded sound: times in seconds and samples, mono."""
    times, values = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[track]):
            array = frame.to_ndarray().astype(np.float64)
            mono = array[0] if frame.format.is_planar else array.reshape(-1, frame.layout.nb_channels)[:, 0]
            if frame.pts is not None:
                start = float(frame.pts * (frame.time_base or container.streams.audio[track].time_base))
            else:  # held back by the decoder to the end
                start = times[-1][-1] + 1 / frame.sample_rate
            times.append(start + np.arange(len(mono)) / frame.sample_rate)
            values.append(mono)
    return np.concatenate(times), np.concatenate(values)


def clicks_s(path: Path, *, track: int = 0) -> list[float]:
    """When the sound clicks, seconds, by the file's own clock."""
    times, values = samples_of(path, track=track)
    loud = np.abs(values) > 0.25 * np.abs(values).max()
    found: list[float] = []
    for time in times[loud]:
        if not found or time - found[-1] > 0.2:
            found.append(float(time))
    return found


def flashes_s(path: Path) -> list[float]:
    """When the picture is white below, seconds, by the file's own clock."""
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            gray = frame.to_ndarray(format="gray")
            if gray[gray.shape[0] * 3 // 4].mean() > 200:
                found.append(float(frame.pts * frame.time_base))
    return found


def make_road(path: Path, *, rate: int = 10) -> None:
    """Six seconds of moving texture, eight of the same picture, five of another scene that moves."""
    chance = np.random.default_rng(3)
    scenes = [chance.integers(30, 225, (45, 160, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1) for _ in range(2)]
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(19 * rate):
            scene = scenes[number >= 14 * rate]
            left = 7 * min(number, 6 * rate) if number < 14 * rate else 7 * (number - 14 * rate)
            picture = np.ascontiguousarray(scene[:180, left % 900 : left % 900 + 320])
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                output.mux_one(packet)
        for packet in stream.encode(None):
            output.mux_one(packet)
