"""The text of an edits file: a header and one JSON object per line, versioned like the plan.

    {"edits": "dashcamcleaner", "version": [1, 0]}
    {"edit": "keep", "track": 12}                     stays clear: somebody who agreed
    {"edit": "drop", "track": 7}                      is no face or plate: a false hit
    {"edit": "only", "track": 3}                      of all tracks, hide only those so named
    {"edit": "name", "track": 12, "name": "Ann"}      for people
    {"edit": "checked", "track": 12}                  somebody looked at it; changes nothing
    {"edit": "keep-span", "track": 12, "from_s": 1.0, "to_s": 2.5}
                                                      stays clear in these seconds, and is hidden in others
    {"edit": "checked-spot", "box": [10, 20, 90, 80], "from_s": 1.0, "to_s": 1.5, "kind": "face"}
                                                      somebody looked there and answered; changes nothing
    {"edit": "region", "keys": [[1.5, 10, 20, 90, 80], [2.0, 30, 20, 110, 80]], "kind": "face"}
                                                      hidden from the first key's second to the last's, moved evenly
                                                      from key to key; "by": "audit" where --fix wrote it
    {"edit": "fixed", "box": [0, 1000, 600, 1080]}    hidden throughout, or "from_s" to "to_s": a burned-in text
    {"edit": "exclude", "box": [0, 900, 1920, 1080]}  finds wholly inside are left clear, as for "fixed"
    {"edit": "frames", "from_s": 3.0, "to_s": 4.5}    hidden wholly
    {"edit": "person", "person": 2, "track": 12, "spans": [[0.5, 3.2]]}
                                                      the track shows person 2, surely so in these seconds
    {"edit": "keep-person", "person": 2}              stays visible, where that is sure; "by" for reports
    {"edit": "hide-person", "person": 3}              hidden, whatever else is said
    {"edit": "only-persons"}                          of those who are known, only the above are hidden
    {"edit": "style", "person": 3, "style": "mosaic", "square_px": 24}
                                                      how a person's regions look; "picture": "/path/face.png"
                                                      with the style "picture"
    {"edit": "vehicle", "vehicle": 12, "track": 15}   the track shows a plate of vehicle 12
    {"edit": "track-style", "track": 12, "style": "solid"}
                                                      how a track's regions look, with keys as for "style"
    {"edit": "keep-unknown"}                          faces of nobody known stay visible, too

Seconds are those of the clip's own clock, in which its plan tells the frames (``pts`` times the time base); it begins
at 0 in most clips, and later in streams that were cut from longer ones.

A row that this version does not know becomes an `UnknownEdit` and is written again byte for byte; keys that it does not
know are written again, too. `Edits.warnings` tells of both.
"""

from __future__ import annotations

import json

from dashcamcleaner.core.edit_types import EDIT_TYPES, Edit, UnknownEdit, edit_from_row
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import UNREADABLE, parse_json, reason_of

__all__ = ["EDITS_VERSION", "HEADER", "MOST_EDITS", "edits_as_text", "edits_from_text", "line_of"]

EDITS_VERSION = (1, 0)
"""Major, minor. A newer major version is refused; of a newer minor one, what is unknown is kept and told."""

MOST_EDITS = 100_000
"""In one file."""
HEADER = json.dumps({"edits": "dashcamcleaner", "version": list(EDITS_VERSION)}, separators=(",", ":"))
"""The first line of a new one."""


def edits_as_text(edits: Edits, *, header: str = HEADER) -> str:
    """The content of an edits file with these edits."""
    return "".join(line + "\n" for line in (header, *map(line_of, edits.entries)))


def edits_from_text(text: str) -> tuple[str, Edits]:
    """The inverse of `edits_as_text`: the header as it stands, and the edits. Blank lines are skipped.

    Raises:
        PlanError: not an edits file, of a newer major version, or with a line that cannot be read.
    """
    # At line feeds alone: a name may hold any other of the characters at which `splitlines` breaks.
    rows = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if len(rows) > MOST_EDITS:
        raise PlanError(
            msg("The file holds more than {most_edits} edits.", most_edits=MOST_EDITS),
            hint="A person makes a few; look at it.",
        )
    header = rows[0][1] if rows else ""
    newer = _version(header) > EDITS_VERSION
    return header, Edits(tuple(_edit(number, line, newer=newer) for number, line in rows[1:]))


def _version(header: str) -> tuple[int, int]:
    try:
        data = parse_json(header)
        if data["edits"] != "dashcamcleaner":
            raise ValueError("another program's file")
        major, minor = int(data["version"][0]), int(data["version"][1])
    except UNREADABLE as error:
        raise PlanError(
            "The file holds no edits of this program.",
            hint='Its first line is {"edits": "dashcamcleaner", "version": [1, 0]}.',
        ) from error
    if major > EDITS_VERSION[0]:
        raise PlanError(
            msg(
                "The edits have version {major}.{minor}, this program reads up to {edits_version}.x.",
                major=major,
                minor=minor,
                edits_version=EDITS_VERSION[0],
            ),
            hint="Update DashcamCleaner; the file is left as it is.",
        )
    return major, minor


def _edit(number: int, line: str, *, newer: bool) -> Edit:
    """One row. Of a newer file, one that cannot be read is unknown, not wrong."""
    try:
        row = parse_json(line)
        name = row["edit"]
        if not isinstance(name, str):
            raise ValueError('"edit" is a word')
        if name not in EDIT_TYPES:
            return UnknownEdit(line, name)
        try:
            return edit_from_row(row)
        except ValueError:
            if newer:
                return UnknownEdit(line, name)
            raise
    except UNREADABLE as error:
        raise PlanError(
            msg(
                "Line {number} of the edits cannot be read: {line} ({reason_of}).",
                number=number,
                line=repr(line.strip()[:60]),
                reason_of=reason_of(error),
            ),
            hint=msg('Each line is one JSON object with an "edit" of {edit_types}.', edit_types=", ".join(EDIT_TYPES)),
        ) from error


def line_of(edit: Edit) -> str:
    """The line of an edit, without its line break."""
    if isinstance(edit, UnknownEdit):
        return edit.line
    row = edit.to_row()
    line = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold and UTF-8 cannot
        return json.dumps(row, separators=(",", ":"))
    return line
