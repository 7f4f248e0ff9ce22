"""What the output will be, decided before the run: container, codec, pixel format, the fate of every stream and tag.

Pure: reads `MediaInfo` and the tables in `media.codecs`, opens nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.media_info import MediaInfo, PictureMark, StreamInfo
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.codecs import Container, VideoCodec
from dashcamcleaner.media.text_judge import is_language_code, is_timestamp, tells_position
from dashcamcleaner.messages import as_message, counted, msg

__all__ = ["OutputPlan", "SideStream", "plan_output", "with_cut"]

_BITS_PER_PIXEL = 0.16
"""Of a busy street scene at quality 20; measured 0.03-0.16 over fifteen clips, the upper end taken for the estimate."""

_MOST_H264_SIDE_PX = 4096
"""Decoders in phones, televisions and browsers take no larger H.264; H.265 they take up to twice that."""


@dataclass(frozen=True, slots=True)
class SideStream:
    """A stream that goes along with the picture.

    Args:
        index: the index in the source.
        type: ``audio``, ``subtitle``, ``data``, ``attachment`` or ``cover``.
        codec: the encoder to convert with, empty when packets are copied.
        tags: the tags of the stream, those that are kept.
        judged: its texts go along only as far as they read as speech; each is looked at again when it is copied.
    """

    index: int
    type: str
    codec: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    judged: bool = False


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


def with_cut(plan: OutputPlan, cut: ClipCut) -> OutputPlan:
    """The same output with part of the source left out, and its sound silent in places.

    Times then count from the first picture that is kept. A track in which something is muted is encoded anew.
    """
    sides = plan.sides
    if any(CutTimes.of([stretch]).kept for stretch in cut.muted.kept):
        fallback = plan.container.audio_fallback
        sides = tuple(
            dataclasses.replace(side, codec=side.codec or fallback) if side.type == "audio" else side for side in sides
        )
    return dataclasses.replace(plan, cut=cut, sides=sides, shift_s=Fraction(0))


def plan_output(
    info: MediaInfo,
    *,
    output: str | Path,
    codec: str = "auto",
    keep: Sequence[str] = (),
    audio: str = "keep",
    keep_chroma: bool = False,
    quality: int = 20,
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
        uncopiable: side streams whose packets the container refused when tried, see `media.trial`.
        unwritable: side streams that it refused converted, too.

    Raises:
        OutputError: the extension is unknown, or the container cannot hold what was asked for.
    """
    container = _container(output)
    video = _video_codec(info, container=container, codec=codec)
    pixel_format, notes = _pixel_format(info, codec=video, keep_chroma=keep_chroma)
    size, size_notes = _size(info, pixel_format=pixel_format)
    sides, actions = _sides(
        info, container=container, keep=keep, audio=audio, uncopiable=uncopiable, unwritable=unwritable
    )
    tags, tag_actions = _tags(info.tags, keep=keep)
    video_tags, video_tag_actions = _video_tags(info, container=container, keep=keep)
    # Times are counted from the clip's start where the clock begins anywhere.
    shift = info.start_s if info.start_s and not info.has_origin else Fraction(0)
    chapters = info.chapters > 0 and "chapters" in keep
    marks = _kept_marks(info, container=container, size=size)
    titles, chapter_actions = _chapters(info, kept=chapters, keep=keep)
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
    return codecs.VIDEO_CODECS[codec]


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
        notes.append(msg("The source has {depth} bits per sample; 10 are written.", depth=info.layout.depth))
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


def _sides(
    info: MediaInfo,
    *,
    container: Container,
    keep: Sequence[str],
    audio: str,
    uncopiable: Collection[int],
    unwritable: Collection[int],
) -> tuple[list[SideStream], list[StreamAction]]:
    sides: list[SideStream] = []
    actions: list[StreamAction] = []
    counts: dict[str, int] = {}
    for stream in info.streams:
        if stream.index == info.video:
            continue
        counts[stream.type] = counts.get(stream.type, 0) + 1
        title = _title(stream, counts[stream.type])
        decide: Callable[[StreamInfo], _Fate] = {
            "audio": lambda s: _audio(s, container, audio, s.index in uncopiable),
            "subtitle": lambda s: _subtitle(s, container, keep, s.index in uncopiable),
            "data": lambda s: _data(s, container, keep),
            "attachment": lambda s: _attachment(s, container, keep),
            "video": lambda s: _picture(s, container, keep),
            "pid": lambda _: (None, "dropped", msg("may carry position; only announced streams can be kept")),
            "box": lambda _: (None, "dropped", msg("may carry position; only tracks can be kept")),
            "sei": lambda _: (None, "dropped", msg("may carry texts and position; the pictures are coded anew")),
        }[stream.type]
        side, action, why = decide(stream)
        if side is not None and side.index in unwritable:
            side, action, why = (
                None,
                "dropped",
                msg("{container} refuses it, it may be damaged", container=container.title),
            )
        actions.append(StreamAction(title, action, why))
        if side is not None:
            tags, tag_actions = _tags(_own_tags(stream), keep=keep, of=title, told=info.tags)
            sides.append(dataclasses.replace(side, tags=tags | _stream_tags(stream, container)))
            actions += tag_actions
    return sides, actions


_Fate = tuple[SideStream | None, str, str]


def _stream_tags(stream: StreamInfo, container: Container) -> dict[str, str]:
    if stream.language in ("", "und") or not is_language_code(stream.language):
        return {}
    return {"language": codecs.language_tag(stream.language, container=container)}


def _audio(stream: StreamInfo, container: Container, audio: str, uncopiable: bool) -> _Fate:
    if audio == "mute":
        return None, "muted", msg("asked for")
    if stream.note == "undecodable" and stream.codec not in container.audio:
        return None, "dropped", msg("unknown codec")
    if stream.codec in container.audio and not uncopiable:
        return SideStream(stream.index, "audio"), "copied", ""
    why = _not_held(stream, container, uncopiable)
    return SideStream(stream.index, "audio", codec=container.audio_fallback), "converted", why


def _not_held(stream: StreamInfo, container: Container, uncopiable: bool) -> str:
    if uncopiable:
        return msg("{container} refuses this {codec}", container=container.title, codec=stream.codec)
    return msg("{container} does not hold {codec}", container=container.title, codec=stream.codec)


def _subtitle(stream: StreamInfo, container: Container, keep: Sequence[str], uncopiable: bool) -> _Fate:
    telemetry = stream.note == codecs.TELEMETRY_TEXT
    judged = "subtitles" not in keep and not (telemetry and "data" in keep)
    why = stream.details.get("unlike_speech", "")
    if why and judged:
        told = (
            msg("its texts tell the position")
            if telemetry
            else msg("its texts do not read as speech: one {why}", why=why)
        )
        return None, "dropped", told
    if stream.codec in container.subtitles and not uncopiable:
        return SideStream(stream.index, "subtitle", judged=judged), "copied", ""
    why = _not_held(stream, container, uncopiable)
    if stream.codec in codecs.TEXT_SUBTITLES and stream.note != "undecodable":
        fallback = container.subtitle_fallback
        return SideStream(stream.index, "subtitle", codec=fallback, judged=judged), "converted", why
    return None, "dropped", why


def _data(stream: StreamInfo, container: Container, keep: Sequence[str]) -> _Fate:
    if stream.codec == "text" and stream.note == "chapter titles":
        return None, "dropped", msg("the chapter list says the same")
    if "data" not in keep:
        return None, "dropped", msg("may carry position")
    if stream.codec == "tmcd" and "tmcd" in container.data_tags:
        return None, "copied", msg("as the picture's timecode")
    if stream.codec in container.data_tags:
        return SideStream(stream.index, "data"), "copied", ""
    raise OutputError(
        msg(
            "{container} cannot hold the data track {index} ({codec}: {note}).",
            container=container.title,
            index=stream.index,
            codec=stream.codec or "unknown",
            note=stream.note,
        ),
        hint="Leave out --keep data, or keep the source for its data.",
    )


def _attachment(stream: StreamInfo, container: Container, keep: Sequence[str]) -> _Fate:
    if "attachments" not in keep:
        return None, "dropped", msg("may hold pictures or names")
    if not container.attachments:
        raise OutputError(
            msg("{container} cannot hold attached files.", container=container.title),
            hint="Write MKV, or leave out --keep attachments.",
        )
    return SideStream(stream.index, "attachment"), "copied", ""


def _picture(stream: StreamInfo, container: Container, keep: Sequence[str]) -> _Fate:
    if stream.note != "cover picture":
        return None, "dropped", msg("only one video stream is cleaned")
    if "cover" not in keep:
        return None, "dropped", msg("shows the scene uncleaned")
    if not container.cover:
        raise OutputError(
            msg("{container} cannot hold a cover picture.", container=container.title), hint="Leave out --keep cover."
        )
    return SideStream(stream.index, "cover"), "cleaned", ""


def _title(stream: StreamInfo, number: int) -> str:
    names = {
        "audio": msg("sound"), "subtitle": msg("subtitles"), "attachment": msg("attachment"), "box": msg("box"),
    }  # fmt: skip
    if stream.type == "video":
        size = stream.details.get("size")
        shape = f", {size[0]}x{size[1]}" if size else ""
        what = as_message(stream.note) if stream.note else msg("other video stream")
        return msg("{what} ({codec}{shape})", what=what, codec=stream.codec, shape=shape)
    if stream.type == "pid":
        return msg(
            "{note} (PID {codec}, {packets} packets)",
            note=stream.note,
            codec=stream.codec,
            packets=stream.details.get("packets", 0),
        )
    if stream.type == "sei":
        return stream.note
    if stream.type == "data":
        return msg("{note} ({codec})", note=as_message(stream.note), codec=stream.codec or msg("no format told"))
    known = stream.language not in ("", "und") and is_language_code(stream.language)
    language = f", {stream.language}" if known else ""
    note = msg(", {note}", note=as_message(stream.note)) if stream.note and stream.type != "box" else ""
    if stream.type == "box":
        return msg("box {codec} ({bytes} bytes)", codec=stream.codec, bytes=stream.details.get("bytes", 0))
    return msg(
        "{kind} {number} ({codec}{language}{note})",
        kind=as_message(names.get(stream.type, stream.type)),
        number=number,
        codec=stream.codec or msg("unknown"),
        language=language,
        note=note,
    )


def _own_tags(stream: StreamInfo) -> dict[str, str]:
    own = stream.details.get("tags", {})
    return {
        name: value
        for name, value in own.items()
        if name.lower() not in ("timecode", "filename", "mimetype")
        and not (name.lower() == "language" and is_language_code(value))  # told with the stream
    }


def _tags(
    tags: dict[str, str], *, keep: Sequence[str], of: str = "", told: dict[str, str] | None = None
) -> tuple[dict[str, str], list[StreamAction]]:
    """What becomes of tags.

    Args:
        tags: name -> value.
        keep: what is kept.
        of: what they belong to, for people; empty: the file.
        told: the file's own, where these are a stream's: what says the same again is not told twice.
    """
    kept: dict[str, str] = {}
    actions = []
    owner = msg(" of {of}", of=of) if of else ""
    for name, value in tags.items():
        if codecs.is_structural_tag(name):
            continue
        lower = name.lower()
        safe = {"creation_time": is_timestamp, "language": is_language_code}.get(lower)
        if safe is not None and safe(value):
            kept[name] = value
            if lower == "creation_time" and (told or {}).get(name) != value:
                actions.append(_tag_action(f"{name}{owner}", True, ""))
            continue
        place = codecs.is_location_tag(name) or tells_position(value)
        group, why = ("location", msg("tells the place")) if place else ("tags", msg("may tell who filmed"))
        if safe is not None:  # free text where a date or a language belongs is not passed on at all
            group, why = "", msg("is no {value}", value="date" if lower == "creation_time" else "language")
        if group in keep:
            kept[name] = value
        actions.append(_tag_action(f"{name}{owner}", group in keep, why))
    return kept, actions


def _chapters(info: MediaInfo, *, kept: bool, keep: Sequence[str]) -> tuple[tuple[str, ...], list[StreamAction]]:
    """What the chapters are called in the output, and what is told of them.

    A title is a tag that somebody wrote: it may name people and places, which no rule can tell from other words.
    """
    if not info.chapters:
        return (), []
    titles, dropped = [], False
    for number in range(info.chapters):
        own = info.chapter_titles[number] if number < len(info.chapter_titles) else ""
        stays = "tags" in keep and (not tells_position(own) or "location" in keep)
        dropped = dropped or (bool(own) and not stays)
        titles.append(own if stays else f"Chapter {number + 1}")
    actions = [StreamAction(msg("{chapters} chapters", chapters=info.chapters), "copied" if kept else "dropped")]
    if kept and dropped:
        actions.append(StreamAction("titles of the chapters", "dropped", "may tell names and places"))
    return tuple(titles), actions


def _text_notes(info: MediaInfo, sides: Iterable[SideStream]) -> Iterable[str]:
    taken = {side.index for side in sides}
    left = [s for s in info.streams if s.index not in taken and s.details.get("unlike_speech")]
    if left:
        yield counted(
            "A text track does not read as speech and may tell where it was filmed; --keep subtitles takes it along.",
            "{n} text tracks do not read as speech and may tell where it was filmed; --keep subtitles takes it along.",
            len(left),
        )


def _tag_action(name: str, kept: bool, why: str) -> StreamAction:
    return StreamAction(msg("tag {name}", name=name), "copied" if kept else "dropped", "" if kept else why)


def _video_tags(
    info: MediaInfo, *, container: Container, keep: Sequence[str]
) -> tuple[dict[str, str], list[StreamAction]]:
    stream = next(s for s in info.streams if s.index == info.video)
    tags, actions = _tags(_own_tags(stream), keep=keep, of="the picture", told=info.tags)
    timecode = stream.details.get("tags", {}).get("timecode")
    if timecode and "data" in keep:
        tags["timecode"] = timecode
    if timecode and not any(s.codec == "tmcd" for s in info.streams):  # else its own track tells it
        actions.append(_tag_action("timecode", "data" in keep, msg("tells the time of day")))
    return tags | _stream_tags(stream, container), actions


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
    pixels = info.size[0] * info.size[1] * rate * seconds
    picture = pixels * _BITS_PER_PIXEL / 8 * 2 ** ((20 - quality) / 6)
    by_index = {stream.index: stream for stream in info.streams}
    sound = sum((by_index[side.index].details.get("bit_rate") or 192_000) / 8 * seconds for side in sides)
    return int(picture + sound) + 1_000_000
