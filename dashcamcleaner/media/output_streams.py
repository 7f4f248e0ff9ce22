"""Which streams go along with the picture, and what becomes of each; pure, as all of `media.output_plan`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from dashcamcleaner.core.media_info import MediaInfo, StreamInfo
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.codecs import Container
from dashcamcleaner.media.output_tags import language_tags, own_tags, sorted_tags
from dashcamcleaner.media.text_judge import is_language_code
from dashcamcleaner.messages import as_message, msg

__all__ = ["SideStream", "side_streams"]


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


_Fate = tuple[SideStream | None, str, str]


def side_streams(
    info: MediaInfo,
    *,
    container: Container,
    keep: Sequence[str],
    audio: str,
    silenced: bool,
    uncopiable: Collection[int],
    unwritable: Collection[int],
) -> tuple[list[SideStream], list[StreamAction]]:
    """Decide about every stream but the picture's own.

    Args:
        info: what the source holds.
        container: what is written.
        keep: what is kept although it is dropped by default, see `media.output_plan.plan_output`.
        audio: ``keep`` or ``mute``.
        silenced: parts of the sound are silent, so that it is encoded anew.
        uncopiable: streams whose packets the container refused when tried.
        unwritable: streams that it refused converted, too.

    Returns:
        The streams that go along, in order, and what is told of each stream and tag.

    Raises:
        OutputError: the container cannot hold what was asked for.
    """
    sides: list[SideStream] = []
    actions: list[StreamAction] = []
    counts: dict[str, int] = {}
    for stream in info.streams:
        if stream.index == info.video:
            continue
        counts[stream.type] = counts.get(stream.type, 0) + 1
        title = _title(stream, counts[stream.type])
        decide: Callable[[StreamInfo], _Fate] = {
            "audio": lambda s: _audio(s, container, audio, silenced, s.index in uncopiable),
            "subtitle": lambda s: _subtitle(s, container, keep, s.index in uncopiable),
            "data": lambda s: _data(s, container, keep),
            "attachment": lambda s: _attachment(s, container, keep),
            "video": lambda s: _picture(s, container, keep),
            "pid": lambda _: (None, "dropped", msg("may carry position; only announced streams can be kept")),
            "box": lambda s: (None, "dropped", _of_box(s)),
            "sei": lambda _: (None, "dropped", msg("may carry texts and position")),
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
            tags, tag_actions = sorted_tags(own_tags(stream), keep=keep, of=title, told=info.tags)
            sides.append(dataclasses.replace(side, tags=tags | language_tags(stream, container)))
            actions += tag_actions
    return sides, actions


def _of_box(stream: StreamInfo) -> str:
    if stream.codec == "moov":  # an index of its own
        return msg("another clip behind the first; cut it out and clean it by itself")
    return msg("may carry position; only tracks can be kept")


def _audio(stream: StreamInfo, container: Container, audio: str, silenced: bool, uncopiable: bool) -> _Fate:
    if audio == "mute":
        return None, "muted", msg("asked for")
    if stream.note == "undecodable" and (silenced or stream.codec not in container.audio):
        return None, "dropped", msg("unknown codec")
    if stream.details.get("unknown_form"):
        return None, "dropped", msg("none comes in the first minute")
    if silenced:
        side = SideStream(stream.index, "audio", codec=container.audio_fallback)
        return side, "converted", msg("parts of it are silent, as asked")
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
        return None, "dropped", msg("tells the time of day") if stream.codec == "tmcd" else msg("may carry position")
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
