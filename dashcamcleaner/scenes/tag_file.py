"""The ``.tag`` file: the blocks of a clip as text, which a person edits and `dashcamcleaner scenes --cut` cuts again.

    film.mp4, driving, parked                    the clip's name and all labels
    1470, 312, 1100                              seconds in all, then seconds in blocks for each label
    parked, 65, 110, 0.912345, 0.955556          a block: label, start, end (seconds), mean score, coverage

Comma-separated, with a blank behind the comma. Whole seconds are written without decimals. Names lose their commas. A
tag file may have come with the clip: it is foreign input, whose size, numbers and labels are checked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import counted, msg
from dashcamcleaner.scenes.blocks import Block, SceneScores
from dashcamcleaner.side_files import read_bytes

__all__ = ["TagFile", "check_clip", "read_tag_file", "seconds_text", "tag_text"]

_MOST_BYTES = 16 << 20
_MOST_BLOCKS = 100_000
_LONGEST_S = 10_000_000
_OFF_S, _OFF_SHARE = 2, Fraction(1, 50)
"""How far the length that a list tells may be from the clip's: it counts whole steps from picture to picture."""


@dataclass(frozen=True, slots=True)
class TagFile:
    """What a tag file says.

    Args:
        clip: the name of the clip.
        labels: all labels.
        seconds: the length in all.
        blocks: the blocks, in the order of the file.
    """

    clip: str
    labels: tuple[str, ...]
    seconds: Fraction
    blocks: tuple[Block, ...]


def seconds_text(seconds: Fraction) -> str:
    """Seconds as the file writes them: whole ones without decimals, others to the millisecond."""
    whole = round(seconds * 1000)
    return str(whole // 1000) if whole % 1000 == 0 else f"{whole / 1000:.3f}"


def tag_text(clip: str, scores: SceneScores, blocks: Sequence[Block]) -> str:
    """The file's text.

    Args:
        clip: the name of the clip.
        scores: which labels there are, and how long the clip is.
        blocks: those of all labels.
    """
    lengths = {label: Fraction(0) for label in scores.labels}
    for block in blocks:
        lengths[block.label] += block.end_s - block.start_s
    rows = [
        [_name(clip), *map(_name, scores.labels)],
        [seconds_text(scores.seconds), *map(seconds_text, lengths.values())],
    ]
    rows += [
        [_name(b.label), seconds_text(b.start_s), seconds_text(b.end_s), f"{b.score:.6f}", f"{b.coverage:.6f}"]
        for b in blocks
    ]
    return "".join(", ".join(row) + "\n" for row in rows)


def _name(text: str) -> str:
    return visible(text).replace(",", ";").strip()


def check_clip(read: TagFile, *, path: Path, clip: str, seconds: Fraction | None) -> list[str]:
    """See that a list is of the clip that is cut by it; what speaks against it is told, for people.

    Args:
        read: what the list says.
        path: the list.
        clip: the name of the clip.
        seconds: its length; None where that is not known.

    Raises:
        InputError: neither the clip's name nor its length is the list's.
    """
    name, whole = re.split(r"[/\\]", read.clip)[-1].casefold(), _name(clip).casefold()
    named = name in (whole, Path(whole).stem)
    off = abs(read.seconds - seconds) if seconds is not None else Fraction(0)
    fits = off <= max(Fraction(_OFF_S), _OFF_SHARE * max(read.seconds, seconds or 0))
    told, length = seconds_text(read.seconds), seconds_text(seconds or read.seconds)
    if not named and not fits:
        raise InputError(
            msg("{path} is a list of {named} ({told} s), not of {clip} ({length} s).",
                path=path, named=visible(read.clip), clip=visible(clip), told=told, length=length),
            hint="Name the list of this clip. If this one is meant, write the clip's name into its first line.",
        )  # fmt: skip
    notes = []
    if not named:
        note = msg("note: {path} was made of {named}, as its first line says.", path=path, named=visible(read.clip))
        notes.append(note)
    if not fits:
        notes.append(
            msg("note: {path} tells of {told} s, the clip has {length} s.", path=path, told=told, length=length)
        )
    behind = sum(seconds is not None and block.start_s >= seconds for block in read.blocks)
    if behind:
        notes.append(
            counted(
                "note: {n} block of {path} begins behind the end of the clip, which has {length} s.",
                "note: {n} blocks of {path} begin behind the end of the clip, which has {length} s.",
                behind,
                path=path,
                length=length,
            )
        )
    return notes


def read_tag_file(path: Path) -> TagFile:
    """Read what was written, and perhaps edited, with or without the blanks.

    Raises:
        InputError: it cannot be read; the sentence names the line.
    """
    content = read_bytes(path, what=msg("The tag file {path}", path=path), to=InputError, most=_MOST_BYTES)
    lines = [
        [part.strip() for part in line.rstrip().rstrip(",").split(",")]
        for line in content.decode("utf-8-sig", "replace").splitlines()
    ]
    if len(lines) < 2 or len(lines[0]) < 2 or len(lines[1]) != len(lines[0]) or len(lines) > _MOST_BLOCKS:
        raise InputError(
            msg("{path} is no tag file: its first lines are not a name with labels and as many numbers.", path=path),
            hint="Name the .tag file that scenes wrote.",
        )
    clip, *labels = lines[0]
    blocks = []
    for number, row in enumerate(lines[2:], start=3):
        if row == [""] or (row[0] == "label" and row[1:2] == ["start"]):  # a heading, as some write it
            continue
        blocks.append(_block(row, labels=labels, path=path, number=number))
    return TagFile(clip, tuple(labels), _seconds(lines[1][0], path=path, number=2), tuple(blocks))


def _block(row: list[str], *, labels: Sequence[str], path: Path, number: int) -> Block:
    if len(row) not in (3, 5) or row[0] not in labels:
        raise InputError(
            msg(
                "{path}, line {number}: {row} is no label, start, end, score, coverage.",
                path=path,
                number=number,
                row=repr(", ".join(row)),
            ),
            hint=msg("Labels of this file: {labels}.", labels=", ".join(labels)),
        )
    start, end = _seconds(row[1], path=path, number=number), _seconds(row[2], path=path, number=number)
    if end <= start:
        raise InputError(
            msg("{path}, line {number}: the block ends before it begins.", path=path, number=number),
            hint="Start comes before end.",
        )
    try:
        score, coverage = (float(part) for part in row[3:] or ("1", "1"))
    except ValueError:
        score = coverage = -1.0
    if not (0 <= score <= 1 and 0 <= coverage <= 1):
        raise InputError(
            msg("{path}, line {number}: score and coverage are not 0 to 1.", path=path, number=number),
            hint="They may be left out.",
        )
    return Block(row[0], start, end, score, coverage)


def _seconds(text: str, *, path: Path, number: int) -> Fraction:
    try:
        found = Fraction(text) if len(text) < 32 and "/" not in text and "e" not in text.lower() else None
    except (ValueError, ZeroDivisionError):
        found = None
    if found is None or not 0 <= found <= _LONGEST_S:
        raise InputError(
            msg("{path}, line {number}: {text} is no time in seconds.", path=path, number=number, text=repr(text[:40])),
            hint="Write e.g. 65 or 65.5.",
        )
    return found
