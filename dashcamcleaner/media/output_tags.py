"""What becomes of the tags of a file, its streams and its chapters; pure, as all of `media.output_plan`."""

from __future__ import annotations

from collections.abc import Sequence

from dashcamcleaner.core.media_info import MediaInfo, StreamInfo
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.media import codecs
from dashcamcleaner.media.codecs import Container
from dashcamcleaner.media.text_judge import is_language_code, is_timestamp, tells_position
from dashcamcleaner.messages import msg

__all__ = ["language_tags", "own_tags", "picture_tags", "sorted_chapters", "sorted_tags"]


def own_tags(stream: StreamInfo) -> dict[str, str]:
    """The tags of a stream but for those that are told in another way: its timecode, file name and language."""
    own = stream.details.get("tags", {})
    return {
        name: value
        for name, value in own.items()
        if name.lower() not in ("timecode", "filename", "mimetype")
        and not (name.lower() == "language" and is_language_code(value))  # told with the stream
    }


def sorted_tags(
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
        group, why = (
            ("location", msg("tells the place")) if place else ("tags", msg("may tell who filmed, when, with what"))
        )
        if safe is not None:  # free text where a date or a language belongs is not passed on at all
            group, why = "", msg("is no {value}", value="date" if lower == "creation_time" else "language")
        if group in keep:
            kept[name] = value
        actions.append(_tag_action(f"{name}{owner}", group in keep, why))
    return kept, actions


def picture_tags(
    info: MediaInfo, *, container: Container, keep: Sequence[str]
) -> tuple[dict[str, str], list[StreamAction]]:
    """What becomes of the tags of the video stream; see `sorted_tags`."""
    stream = next(s for s in info.streams if s.index == info.video)
    tags, actions = sorted_tags(own_tags(stream), keep=keep, of="the picture", told=info.tags)
    timecode = stream.details.get("tags", {}).get("timecode")
    if timecode and "data" in keep:
        tags["timecode"] = timecode
    if timecode and not any(s.codec == "tmcd" for s in info.streams):  # else its own track tells it
        actions.append(_tag_action("timecode", "data" in keep, msg("tells the time of day")))
    return tags | language_tags(stream, container), actions


def language_tags(stream: StreamInfo, container: Container) -> dict[str, str]:
    """A stream's language as the container wants it told; empty where none is known."""
    if stream.language in ("", "und") or not is_language_code(stream.language):
        return {}
    return {"language": codecs.language_tag(stream.language, container=container)}


def sorted_chapters(info: MediaInfo, *, kept: bool, keep: Sequence[str]) -> tuple[tuple[str, ...], list[StreamAction]]:
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


def _tag_action(name: str, kept: bool, why: str) -> StreamAction:
    return StreamAction(msg("tag {name}", name=name), "copied" if kept else "dropped", "" if kept else why)
