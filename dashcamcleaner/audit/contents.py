"""What two clip files hold besides pictures, and what of the output should not be there. Pure; `audit.container` reads.

`compare_contents` judges the output's file by what the run was asked to keep: one video stream, the same audio at the
same times, no position, no tag, no picture beside the video stream.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np

from dashcamcleaner.audit.audio import AudioTrack, audio_shift_s
from dashcamcleaner.core.finding_table import found
from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.media.codecs import SAFE_TAGS, is_location_tag, is_structural_tag
from dashcamcleaner.media.picture_length import PictureLength, length_difference_s
from dashcamcleaner.media.text_judge import tells_position
from dashcamcleaner.messages import msg

__all__ = ["EmbeddedPicture", "ContainerContents", "compare_contents"]

MOST_AUDIO_SHIFT_S = 0.012
"""More than rounding to a container's coarsest clock (Matroska 1 ms, a sample's start in MP4), less than a frame."""


@dataclass(slots=True, eq=False)
class EmbeddedPicture:
    """A picture that is no part of the video stream: a cover, an attachment, bytes between the packets.

    Args:
        where: the place, in words for people.
        pixels: uint8 RGB, None where it could not be decoded.
        cover: stands in the file as a cover picture, which can be asked for.
    """

    where: str
    pixels: np.ndarray | None
    cover: bool = False


@dataclass(slots=True, eq=False)
class ContainerContents:
    """What a file holds.

    Args:
        video_streams: indices of the picture streams that are no cover.
        other_streams: data, subtitle and attachment streams, for people.
        data_streams: the data streams among them.
        audio: the audio tracks.
        tags: the tags of the container and of all streams, name -> value (a stream's as ``stream 1: name``).
        pictures: what stands beside the video stream.
        positions: places where bytes outside of tags and text tracks hold a position.
        chapters: how many.
        texts: subtitle streams whose texts do not read as speech, for people -> why.
        boxes: boxes beside the tracks that are no part of the format.
        length: how long the pictures last, by their packets; None for a picture file.
        unshown: how many pictures of the main video stream an edit list keeps from being shown.
        loose: bytes that belong to nothing that is shown.
        cut: ``(width, height)`` of the coded pictures, where much of them is cut off before they are shown.
        transparent: the pictures have a plane of transparency.
    """

    video_streams: list[int] = field(default_factory=list)
    other_streams: list[str] = field(default_factory=list)
    data_streams: list[str] = field(default_factory=list)
    audio: list[AudioTrack] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    pictures: list[EmbeddedPicture] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    chapters: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    boxes: list[str] = field(default_factory=list)
    length: PictureLength | None = None
    unshown: int = 0
    loose: int = 0
    cut: tuple[int, int] | None = None
    transparent: bool = False


def compare_contents(
    source: ContainerContents, output: ContainerContents, *, keep: Collection[str], muted: bool
) -> list[Finding]:
    """What of the output's file should not be there, or should.

    Args:
        source: what the source's file holds.
        output: what the output's file holds.
        keep: what was asked to be kept of what is stripped by default, see `settings.KEEPABLE`.
        muted: the audio was to be left out.
    """
    findings: list[Finding] = []
    if not output.video_streams:
        findings.append(found("no-picture"))
    findings += [found("extra-video-stream", {"stream": stream}) for stream in output.video_streams[1:]]
    for picture in output.pictures:
        if picture.cover and "cover" in keep:
            findings.append(found("cover-kept", {"where": picture.where}))
        else:
            size = (
                ""
                if picture.pixels is None
                else msg(" of {shape}x{shape2} pixels", shape=picture.pixels.shape[1], shape2=picture.pixels.shape[0])
            )
            code = "cover" if picture.cover else "thumbnail"
            findings.append(found(code, {"size": size, "where": picture.where}))
    findings += [found("position", {"where": place}) for place in output.positions]
    findings += [found("box", {"what": box}) for box in output.boxes]
    if output.loose > _FEW_LOOSE_BYTES + output.chapters * _TITLE_BYTES:
        findings.append(found("box", {"what": msg("{bytes} bytes that belong to no stream", bytes=output.loose)}))
    if output.unshown:
        findings.append(found("unshown", {"count": output.unshown}))
    if output.cut:
        findings.append(found("cut-off", {"width": output.cut[0], "height": output.cut[1]}))
    if output.transparent:
        findings.append(found("alpha"))
    findings += [_told_text(name, why, keep) for name, why in output.texts.items()]
    # Chapter titles are written as a data stream of their own.
    chapters = output.chapters > 0 and len(output.data_streams) <= 1
    if "data" not in keep and not chapters:
        findings += [found("data-stream", {"what": stream_text}) for stream_text in output.data_streams]
    findings += _compare_lengths(source.length, output.length)
    return [*findings, *_compare_tags(output, keep), *_compare_audio(source, output, muted)]


def _told_text(name: str, why: str, keep: Collection[str]) -> Finding:
    """What is told of a text track that does not read as speech."""
    if asked := {"subtitles", "data"} & set(keep):
        return found("text-kept", {"what": name, "why": why, "keep": min(asked)})
    severity = Severity.FAIL if "position" in why else Severity.REVIEW
    return found("text", {"what": name, "why": why}, severity=severity)


def _compare_lengths(source: PictureLength | None, output: PictureLength | None) -> Iterator[Finding]:
    """How long the pictures last; which of them are missing is told by who decodes both."""
    if source is None or output is None:
        return
    difference = length_difference_s(source, output)
    if difference is None:
        yield found("length-untold")
    elif difference:
        before, after = float(source.seconds or 0), float(output.seconds or 0)
        wrong = abs(difference) > _MOST_LENGTH_DIFFERENCE * before
        told = {"before": f"{before:.3f}", "after": f"{after:.3f}", "difference": f"{float(difference):+.3f}"}
        yield found("length", told, severity=Severity.FAIL if wrong else Severity.REVIEW)


def _compare_tags(output: ContainerContents, keep: Collection[str]) -> Iterator[Finding]:
    for name, value in output.tags.items():
        if _CHAPTER_TITLE.fullmatch(f"{name}={value}"):
            continue  # as the run writes them
        short = name.split(": ", 1)[-1]
        plain = short.lower()
        if is_location_tag(short) or tells_position(value):
            yield found("location-kept" if "location" in keep else "location", {"name": name})
        elif (
            "tags" not in keep
            and plain not in SAFE_TAGS
            and not is_structural_tag(short)
            and not plain.startswith("handler")
        ):
            yield found("tag", {"name": name})


def _compare_audio(source: ContainerContents, output: ContainerContents, muted: bool) -> Iterator[Finding]:
    if muted:
        if output.audio:
            yield found("audio-present")
        return
    if len(source.audio) != len(output.audio):
        yield found(
            "audio-tracks", {"before": len(source.audio), "after": len(output.audio)},
            severity=Severity.REVIEW if len(output.audio) < len(source.audio) else Severity.FAIL,
        )  # fmt: skip
    for number, (before, after) in enumerate(zip(source.audio, output.audio, strict=False), 1):
        shift = audio_shift_s(before, after)
        lost = len(before.packets) - len(after.packets)
        if shift is not None and abs(shift) > MOST_AUDIO_SHIFT_S:
            yield found("audio-shift", {"number": number, "shift_ms": shift * 1000})
        elif shift is not None and lost > max(2, 0.02 * len(before.packets)):
            yield found("audio-cut", {"number": number, "lost": lost, "packets": len(before.packets)})


_CHAPTER_TITLE = re.compile(r"chapter (\d+): title=Chapter \1")

_MOST_LENGTH_DIFFERENCE = 0.02
"""Of the source's length; what is lost at damaged ends stays below it, a wrong rate does not."""

_FEW_LOOSE_BYTES, _TITLE_BYTES = 512, 256
"""What muxers leave between samples; chapter titles are samples of a track that readers do not give."""
