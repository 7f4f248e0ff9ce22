"""What two clip files hold besides pictures, and what of the output should not be there. Pure; `stages.examine` reads.

`compare_facts` judges the output's file by what the run was asked to keep: one film, the same sound at the same times,
no position, no tag, no picture beside the film.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np

from dashcamcleaner.core.codecs import SAFE_TAGS, is_location_tag, is_structural_tag
from dashcamcleaner.core.findings import Finding, Severity

__all__ = ["EmbeddedPicture", "FileFacts", "SoundTrack", "compare_facts", "sound_shift_s"]

_COORDINATES = re.compile(r"[+-]\d{1,3}\.\d{3,}\s*,?\s*[+-]?\d{1,3}\.\d{3,}")
"""ISO 6709 (+48.1371+011.5754/) and its loose relatives, in whatever tag."""

MOST_SOUND_SHIFT_S = 0.012
"""More than rounding to a container's coarsest clock (Matroska 1 ms, a sample's start in MP4), less than a frame."""


@dataclass(slots=True)
class SoundTrack:
    """One sound track.

    Args:
        stream: its index in the file.
        codec: its codec.
        packets: SHA-256 prefix per packet, in order.
        times_s: time of each packet, seconds from the first picture.
    """

    stream: int
    codec: str
    packets: list[bytes] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class EmbeddedPicture:
    """A picture that is no part of the film: a cover, an attachment, bytes between the packets.

    Args:
        where: for people.
        pixels: uint8 RGB, None where it could not be decoded.
        cover: stands in the file as a cover picture, which can be asked for.
    """

    where: str
    pixels: np.ndarray | None
    cover: bool = False


@dataclass(slots=True, eq=False)
class FileFacts:
    """What a file holds.

    Args:
        films: indices of the picture streams that are no cover.
        other_streams: data, subtitle and attachment streams, for people.
        data_streams: those of them that are data.
        sound: the sound tracks.
        tags: of the container and of all streams, name -> value (a stream's as ``stream 1: name``).
        pictures: what stands beside the film.
        positions: places where bytes between the packets hold a position.
        chapters: how many.
    """

    films: list[int] = field(default_factory=list)
    other_streams: list[str] = field(default_factory=list)
    data_streams: list[str] = field(default_factory=list)
    sound: list[SoundTrack] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    pictures: list[EmbeddedPicture] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    chapters: int = 0


def compare_facts(source: FileFacts, output: FileFacts, *, keep: Collection[str], muted: bool) -> list[Finding]:
    """What of the output's file should not be there, or should.

    Args:
        source, output: their facts.
        keep: what was asked to be kept of what is stripped by default, see `codecs.KEEPABLE`.
        muted: the sound was to be left out.
    """
    found: list[Finding] = []

    def add(check: str, code: str, severity: Severity, message: str) -> None:
        found.append(Finding(check, code, severity, message))

    if not output.films:
        add("media", "no-picture", Severity.FAIL, "The output holds no picture stream.")
    for stream in output.films[1:]:
        add(
            "leftovers",
            "extra-film",
            Severity.FAIL,
            f"The output holds a second picture stream (stream {stream}), which nobody cleaned.",
        )
    for picture in output.pictures:
        if picture.cover and "cover" in keep:
            add("leftovers", "cover-kept", Severity.NOTE, f"The output holds a {picture.where}, as asked; look at it.")
        else:
            size = "" if picture.pixels is None else f" of {picture.pixels.shape[1]}x{picture.pixels.shape[0]} pixels"
            code = "cover" if picture.cover else "thumbnail"
            add("leftovers", code, Severity.FAIL, f"The output holds a picture beside the film{size}: {picture.where}.")
    for place in output.positions:
        add("leftovers", "position", Severity.FAIL, f"The output holds a position outside of its streams: {place}.")
    for stream_text in output.data_streams:
        # Chapter titles are written as a data stream of their own.
        chapters = output.chapters > 0 and len(output.data_streams) <= 1
        if "data" not in keep and not chapters:
            add(
                "leftovers",
                "data-stream",
                Severity.FAIL,
                f"The output holds a {stream_text}, which may carry a position.",
            )
    _compare_tags(output, keep, add)
    _compare_sound(source, output, muted, add)
    return found


def _compare_tags(output: FileFacts, keep: Collection[str], add: _Add) -> None:
    for name, value in output.tags.items():
        short = name.split(": ", 1)[-1]
        plain = short.lower()
        if is_location_tag(short) or _COORDINATES.search(value):
            if "location" in keep:
                add(
                    "leftovers",
                    "location-kept",
                    Severity.NOTE,
                    f"The output tells a position in the tag {name}, as asked.",
                )
            else:
                add("leftovers", "location", Severity.FAIL, f"The output tells a position in the tag {name}.")
        elif (
            "tags" not in keep
            and plain not in SAFE_TAGS
            and not is_structural_tag(short)
            and not plain.startswith("handler")
        ):
            add(
                "leftovers", "tag", Severity.REVIEW, f"The output carries the tag {name}, which is not kept by default."
            )


def _compare_sound(source: FileFacts, output: FileFacts, muted: bool, add: _Add) -> None:
    if muted:
        if output.sound:
            add("sound", "sound-present", Severity.FAIL, "The sound was to be left out, but the output has some.")
        return
    if len(source.sound) != len(output.sound):
        text = f"The source has {len(source.sound)} sound tracks, the output {len(output.sound)}."
        add("sound", "sound-tracks", Severity.REVIEW if len(output.sound) < len(source.sound) else Severity.FAIL, text)
    for number, (before, after) in enumerate(zip(source.sound, output.sound, strict=False), 1):
        shift = sound_shift_s(before, after)
        if shift is not None and abs(shift) > MOST_SOUND_SHIFT_S:
            add(
                "sound",
                "sound-shift",
                Severity.FAIL,
                f"Sound track {number} comes {shift * 1000:+.0f} ms against the picture.",
            )
        elif shift is not None and len(before.packets) - len(after.packets) > max(2, 0.02 * len(before.packets)):
            lost = len(before.packets) - len(after.packets)
            add(
                "sound",
                "sound-cut",
                Severity.REVIEW,
                f"Sound track {number} lacks {lost} of {len(before.packets)} packets.",
            )


def sound_shift_s(before: SoundTrack, after: SoundTrack) -> float | None:
    """The largest shift of any packet that both tracks hold, seconds; None where the sound was not copied.

    Times count from the first picture, and packets are known by their content, so that a file that begins elsewhere,
    or lacks a packet, is judged rightly.
    """
    places: dict[bytes, list[int]] = {}
    for index, packet in enumerate(before.packets):
        places.setdefault(packet, []).append(index)
    shifts = []
    for packet, time_s in zip(after.packets, after.times_s, strict=True):
        # Silence repeats itself: the nearest of the equal packets is meant.
        if packet in places:
            shifts.append((len(places[packet]), min((time_s - before.times_s[i] for i in places[packet]), key=abs)))
    if len(shifts) < 0.5 * max(1, len(after.packets)):
        return None
    unique = [shift for count, shift in shifts if count == 1] or [shift for _, shift in shifts]
    return max(unique, key=abs)


_Add = Callable[[str, str, Severity, str], None]
