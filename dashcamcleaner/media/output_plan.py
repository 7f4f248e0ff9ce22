"""What the output will be, decided before the run: container, codec, pixel format, the fate of every stream and tag.

Pure: reads `MediaInfo` and the tables in `media.codecs`, opens nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from dashcamcleaner.core.cut_times import ClipCut
from dashcamcleaner.core.media_info import MediaInfo, PictureMark
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.codecs import Container, VideoCodec
from dashcamcleaner.media.output_streams import SideStream, side_streams
from dashcamcleaner.media.output_tags import picture_tags, sorted_chapters, sorted_tags
from dashcamcleaner.messages import counted, msg

__all__ = ["OutputPlan", "check_codec", "plan_output", "with_cut"]

_BITS_PER_PIXEL = 0.16
"""Of a busy street scene at quality 20; measured 0.03-0.16 over fifteen clips, the upper end taken for the estimate."""

_LEAST_PICTURE_BYTES = 8
"""Of a picture that shows the one before it again, in the tersest codecs."""

_MOST_H264_SIDE_PX = 4096
"""Decoders in phones, televisions and browsers take no larger H.264; H.265 they take up to twice that."""


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """All that was decided.

    Args:
        container: what is written.
        codec: the codec of the pictures.
        pixel_format: the pixel format given to the encoder.
        size: ``(width, height)`` of the stored pictures, even where 4:2:0 needs it.
        sides: streams that go along, in order.
        tags: the tags of the file.
        video_tags: the tags of the video stream.
        chapters: the chapter list goes along.
        chapter_titles: what its chapters are called in the output, in order.
        shift_s: taken off every time (clips of containers whose clock has no origin).
        bake_orientation: turn and mirror the pictures themselves, since the container cannot say it.
        marks: those of the picture that are put into the finished file.
        actions: what becomes of each stream, tag and box, for the summary.
        warnings: what a careful user wants to know.
        estimated_bytes: the estimated bytes of the output, on the large side.
        cut: only part of the source goes into the output; in the source's own times, on frames.
    """

    container: Container
    codec: VideoCodec
    pixel_format: str
    size: tuple[int, int]
    sides: tuple[SideStream, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    video_tags: dict[str, str] = field(default_factory=dict)
    chapters: bool = False
    chapter_titles: tuple[str, ...] = ()
    shift_s: Fraction = Fraction(0)
    bake_orientation: bool = False
    marks: tuple[PictureMark, ...] = ()
    actions: tuple[StreamAction, ...] = ()
    warnings: tuple[str, ...] = ()
    estimated_bytes: int = 0
    cut: ClipCut | None = None

    def keeps(self, time: Fraction) -> bool:
        """Whether what the source shows at this time, seconds of its own clock, goes into the output."""
        return self.cut is None or self.cut.kept.holds(time)


def with_cut(plan: OutputPlan, cut: ClipCut) -> OutputPlan:
    """The same output with part of the source left out, and its sound silent in places.

    Times then count from the first picture that is kept. The plan has to be made for a cut that mutes: ``silenced``.
    """
    return dataclasses.replace(plan, cut=cut, shift_s=Fraction(0))


def plan_output(
    info: MediaInfo,
    *,
    output: str | Path,
    codec: str = "auto",
    keep: Sequence[str] = (),
    audio: str = "keep",
    keep_chroma: bool = False,
    quality: int = 20,
    silenced: bool = False,
    uncopiable: Collection[int] = (),
    unwritable: Collection[int] = (),
) -> OutputPlan:
    """Decide what the output will be.

    Args:
        info: what the source holds.
        output: its extension picks the container.
        codec: ``auto``, ``h264``, ``h265`` or ``av1``.
        keep: what is kept although it is stripped by default: location, tags, data, subtitles, cover, attachments,
            chapters.
        audio: ``keep`` or ``mute``.
        keep_chroma: 4:2:2 and 4:4:4 stay as they are.
        quality: x264's scale; only the size estimate depends on it.
        silenced: parts of the sound are silent, so that it is encoded anew.
        uncopiable: side streams whose packets the container refused when tried, see `media.trial`.
        unwritable: side streams that it refused converted, too.

    Raises:
        OutputError: the extension is unknown, or the container cannot hold what was asked for.
    """
    container = _container(output)
    video = _video_codec(info, container=container, codec=codec)
    pixel_format, notes = _pixel_format(info, codec=video, keep_chroma=keep_chroma)
    size, size_notes = _size(info, pixel_format=pixel_format)
    sides, actions = side_streams(
        info,
        container=container,
        keep=keep,
        audio=audio,
        silenced=silenced,
        uncopiable=uncopiable,
        unwritable=unwritable,
    )
    tags, tag_actions = sorted_tags(info.tags, keep=keep)
    video_tags, video_tag_actions = picture_tags(info, container=container, keep=keep)
    # Times are counted from the clip's start where the clock begins anywhere.
    shift = info.start_s if info.start_s and not info.has_origin else Fraction(0)
    chapters = info.chapters > 0 and "chapters" in keep
    marks = _kept_marks(info, container=container, size=size)
    titles, chapter_actions = sorted_chapters(info, kept=chapters, keep=keep)
    actions += chapter_actions
    return OutputPlan(
        container=container,
        codec=video,
        pixel_format=pixel_format,
        size=size,
        sides=tuple(sides),
        tags=tags,
        video_tags=video_tags,
        chapters=chapters,
        chapter_titles=titles,
        shift_s=shift,
        bake_orientation=info.orientation.mirrored and not container.mirroring,
        marks=marks,
        actions=(_picture_action(info, video), *_mark_actions(info, marks), *actions, *tag_actions, *video_tag_actions),
        warnings=(
            *notes,
            *size_notes,
            *_text_notes(info, sides),
            *_timing_notes(info, container, shift, video),
            *_mark_notes(info, marks),
            *_refused_notes(info, container, unwritable),
        ),
        estimated_bytes=_estimate(info, sides, quality=quality),
    )


def _container(output: str | Path) -> Container:
    extension = Path(output).suffix.lower()
    container = codecs.CONTAINERS.get(extension)
    if container is None:
        names = ", ".join(codecs.CONTAINERS)
        raise OutputError(
            msg(
                "{extension} is no kind of clip that is written here.",
                extension=extension or "a name without extension",
            ),
            hint=msg("End the output's name in one of {names}.", names=names),
        )
    return container


def _video_codec(info: MediaInfo, *, container: Container, codec: str) -> VideoCodec:
    if codec == "auto":
        large = max(info.size) > _MOST_H264_SIDE_PX
        name = "h265" if info.layout.depth > 8 or info.hdr or large else "h264"
        if name not in container.video:
            name = codecs.safest_playable(container.video) or name
        return codecs.VIDEO_CODECS[name]
    _check_codec(codec, container=container)
    return codecs.VIDEO_CODECS[codec]


def check_codec(codec: str, *, output: str | Path) -> None:
    """See that a kind of file holds a codec, before anything is known of the clip.

    Args:
        codec: ``auto``, ``h264``, ``h265`` or ``av1``.
        output: its extension picks the container.

    Raises:
        OutputError: the extension is unknown, or the container does not hold it.
    """
    container = _container(output)
    if codec != "auto":
        _check_codec(codec, container=container)


def _check_codec(codec: str, *, container: Container) -> None:
    if codec not in codecs.VIDEO_CODECS:
        raise OutputError(
            msg("{codec} is no codec that is written here.", codec=codec),
            hint=msg("Choose {video_codecs}.", video_codecs=", ".join(codecs.VIDEO_CODECS)),
        )
    if codec not in container.video:
        fitting = ", ".join(sorted(codecs.VIDEO_CODECS[name].title for name in container.video))
        raise OutputError(
            msg(
                "{container} does not hold {title}.", container=container.title, title=codecs.VIDEO_CODECS[codec].title
            ),
            hint=msg("It holds {fitting}; choose another codec or another extension.", fitting=fitting),
        )


def _pixel_format(info: MediaInfo, *, codec: VideoCodec, keep_chroma: bool) -> tuple[str, list[str]]:
    name = codecs.output_pixel_format(info.layout, codec=codec, keep_chroma=keep_chroma)
    if name not in codec.formats:
        raise OutputError(
            msg(
                "{codec} is not written with the source's chroma ({layout}).",
                codec=codec.title,
                layout=info.layout.name,
            ),
            hint="Leave out --keep-chroma, or choose H.264 or H.265.",
        )
    notes = []
    if info.layout.chroma_shift != (1, 1) and not keep_chroma:
        notes.append(
            msg("The colour of the source is finer (4:2:2 or 4:4:4) and is written as 4:2:0, which all players show.")
        )
    if info.layout.depth > 10:
        notes.append(msg("The source has more than 10 bits per sample; 10 are written."))
    return name, notes


def _size(info: MediaInfo, *, pixel_format: str) -> tuple[tuple[int, int], list[str]]:
    width, height = info.size
    step_x = 1 if "444" in pixel_format else 2
    step_y = 2 if "420" in pixel_format or pixel_format == "nv12" else 1
    size = (width + width % step_x, height + height % step_y)
    if size == (width, height):
        return size, []
    return size, [
        msg(
            "{width}x{height} is odd, which 4:2:0 cannot be: the last row or column is repeated ({size}x{size2}).",
            width=width,
            height=height,
            size=size[0],
            size2=size[1],
        )
    ]


def _text_notes(info: MediaInfo, sides: Iterable[SideStream]) -> Iterable[str]:
    taken = {side.index for side in sides}
    left = [s for s in info.streams if s.index not in taken and s.details.get("unlike_speech")]
    if left:
        yield counted(
            "A text track does not read as speech and may tell where it was filmed; --keep subtitles takes it along.",
            "{n} text tracks do not read as speech and may tell where it was filmed; --keep subtitles takes it along.",
            len(left),
        )


def _picture_action(info: MediaInfo, codec: VideoCodec) -> StreamAction:
    why = (
        ""
        if info.codec in (codec.name, {"h265": "hevc"}.get(codec.name))
        else msg("written as {codec}", codec=codec.title)
    )
    return StreamAction(
        msg("picture ({codec}, {size}x{size2})", codec=info.codec, size=info.size[0], size2=info.size[1]),
        "cleaned",
        why,
    )


def _kept_marks(info: MediaInfo, *, container: Container, size: tuple[int, int]) -> tuple[PictureMark, ...]:
    """Those that the container takes; they speak of the stored picture, so that has to stay as it is."""
    if container.muxer not in ("mp4", "mov") or size != info.size:
        return ()
    return tuple(mark for mark in info.marks if mark.box)


def _mark_actions(info: MediaInfo, kept: Sequence[PictureMark]) -> Iterable[StreamAction]:
    for mark in info.marks:
        if mark in kept:
            yield StreamAction(msg("mark: {mark}", mark=mark.name), "copied")
        else:
            yield StreamAction(msg("mark: {mark}", mark=mark.name), "dropped", "cannot be written here")


def _timing_notes(info: MediaInfo, container: Container, shift: Fraction, codec: VideoCodec) -> Iterable[str]:
    if container.time_base is not None and (info.time_base % container.time_base) != 0:
        yield msg("{container} counts in milliseconds: frame times are rounded to them.", container=container.title)
    if shift:
        yield msg("The source's clock starts at {shift:.3f} s; the output's starts at 0.", shift=float(shift))
    if info.interlaced and not codec.interlaced:
        yield msg("{codec} is written without the mark that says that the source is interlaced.", codec=codec.title)
    if info.orientation.mirrored and not container.mirroring:
        yield msg(
            "{container} cannot say that the picture is mirrored; the pixels themselves are turned.",
            container=container.title,
        )


def _mark_notes(info: MediaInfo, kept: Sequence[PictureMark]) -> Iterable[str]:
    for mark in info.marks:
        if mark not in kept:
            yield msg(
                "The source's mark is not kept ({mark}): players will show the picture as it is stored.", mark=mark.name
            )


def _refused_notes(info: MediaInfo, container: Container, unwritable: Collection[int]) -> Iterable[str]:
    for stream in info.streams:
        if stream.index in unwritable:
            yield msg(
                "The {type} stream {index} is left out: {container} refuses it.",
                type=stream.type,
                index=stream.index,
                container=container.title,
            )


def _estimate(info: MediaInfo, sides: Iterable[SideStream], *, quality: int) -> int:
    seconds = info.duration_s or (info.frames or 0) / float(info.frame_rate or 30) or 60.0
    rate = float(info.frame_rate or 30)
    if info.file_bytes:  # a header may claim anything
        seconds = min(seconds, info.file_bytes / (_LEAST_PICTURE_BYTES * rate))
    pixels = info.size[0] * info.size[1] * rate * seconds
    picture = pixels * _BITS_PER_PIXEL / 8 * 2 ** ((20 - quality) / 6)
    by_index = {stream.index: stream for stream in info.streams}
    sound = sum((by_index[side.index].details.get("bit_rate") or 192_000) / 8 * seconds for side in sides)
    return int(picture + sound) + 1_000_000
