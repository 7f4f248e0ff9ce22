"""The edits file, ``NAME.edits.jsonl`` beside the plan: the one reader and writer of its rows.

A header and one JSON object per line, versioned like the plan. The window writes it, ``--fix`` appends to it, people
write it by hand; runs, audits and reviews read it.

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

The header of a file that was made here carries a seal (`dashcamcleaner.seals`) over the file and over the clip that its
plan is of, as its last key, ``"seal"``. Edits without one may only hide more, unless a person says yes to them.

A row that this version does not know becomes an `UnknownEdit` and is written again byte for byte; keys that it does not
know are written again, too. `Edits.warnings` tells of both.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

from dashcamcleaner.core.edit_types import EDIT_TYPES, Edit, UnknownEdit, edit_from_row
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.errors import NotAccepted, PlanError
from dashcamcleaner.files import PRIVATE, atomic_write, map_os_errors
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.plan_file import plan_of_0_1_0, read_header
from dashcamcleaner.seals import is_seal_of, seal_of
from dashcamcleaner.side_files import UNREADABLE, parse_json, read_bytes, reason_of

__all__ = ["EDITS_VERSION", "EditsFile", "edits_as_text", "edits_from_text"]

EDITS_VERSION = (1, 0)
"""Major, minor. A newer major version is refused; of a newer minor one, what is unknown is kept and told."""
MOST_EDITS = 100_000
"""In one file."""
_HEADER = json.dumps({"edits": "dashcamcleaner", "version": list(EDITS_VERSION)}, separators=(",", ":"))

_SEAL = re.compile(r',"seal":"([0-9a-f]{64})"\}(\s*)$')


class EditsFile:
    """An edits file, which need not be there yet.

    Args:
        path: its place.
        plan: the plan that its tracks belong to: edits that were sealed for another clip are foreign to it. None:
            there is none.

    Attributes:
        is_foreign: what `read` gave can leave something clear, or lays a picture of this machine on, and neither this
            user made it here nor has anybody accepted it.
        is_ours: this user made here what `read` gave, or has accepted it, or there is none.
        sha256: the SHA-256 of what was read, in hex; empty where there is no file.
    """

    def __init__(self, path: Path, *, plan: Path | None = None) -> None:
        self.path = path
        self.is_foreign = False
        self.is_ours = True
        self.sha256 = ""
        self._plan = plan
        self._accepted: set[str] = set()
        self._kept_apart = False
        self._header = _HEADER

    @classmethod
    def beside(cls, plan: Path) -> EditsFile:
        """The edits of a plan: ``clip.mp4.plan.jsonl`` -> ``clip.mp4.edits.jsonl``.

        Where there are none, but version 0.1.0 left ``clip.edits.jsonl`` with a plan of the same footage, it is these.
        """
        path = _edits_path(plan)
        if not path.exists() and (older := plan_of_0_1_0(plan)) is not None and _edits_path(older).is_file():
            return cls(_edits_path(older), plan=plan)
        return cls(path, plan=plan)

    def accept(self, *hashes: str) -> None:
        """A person has said yes to edits with these hashes: they count as made here, and are sealed when written.

        Args:
            hashes: the SHA-256 of each file, in hex.
        """
        self._accepted |= set(hashes)
        if self.sha256 in self._accepted:
            self.is_foreign, self.is_ours = False, True

    def refuse(self) -> None:
        """A person has said no to what was read; `write` keeps it apart, as ``NAME.edits.jsonl.foreign``."""
        self._kept_apart, self.is_foreign = not self.is_ours, False

    def require_accepted(self, edits: Edits, *, how: str = "add") -> None:
        """Go no further by edits that were not made here, need a person's yes, and have none.

        Args:
            edits: what `read` gave.
            how: the words before the flag in the hint.

        Raises:
            NotAccepted: they are such.
        """
        if self.is_foreign:
            raise NotAccepted(
                msg("The edits {path} were not made here: {yes_note}.", path=self.path, yes_note=edits.yes_note),
                hint=msg("If you know them, {how} --accept-edits {sha256}.", how=how, sha256=self.sha256),
            )

    def read(self, *, missing_ok: bool = False) -> Edits:
        """What stands in the file; its header is the one that `write` will write.

        Args:
            missing_ok: where there is no file, or an empty one, there are no edits.

        Raises:
            PlanError: it cannot be read, is no edits file, or of a newer major version.
        """
        return self._read(self._text(missing_ok=missing_ok), missing_ok=missing_ok)

    def _read(self, text: str, *, missing_ok: bool) -> Edits:
        """See `read`; of the text that stands in the file."""
        self.sha256, self.is_foreign, self.is_ours, self._kept_apart = "", False, True, False
        if missing_ok and not text.strip():
            self._header = _HEADER
            return Edits()
        self.sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
        try:
            header, edits = edits_from_text(text)
        except PlanError as error:
            raise PlanError(msg("{path}: {error}", path=self.path, error=error.message), hint=error.hint) from error
        self._header = _SEAL.sub("}", header)
        self.is_ours = self.sha256 in self._accepted or self._is_sealed(text)
        self.is_foreign = edits.needs_yes and not self.is_ours
        return edits

    def write(self, edits: Edits) -> None:
        """Put these edits into the file instead of all that stands there; without any the file is removed.

        Raises:
            DiskFull, OutputError: it cannot be written; what stood there still does.
        """
        what = msg("The edits {path}", path=self.path)
        if self._kept_apart:
            with map_os_errors(self.path, what=what):
                os.replace(self.path, _free_name(self.path))
            self._kept_apart = False
        if edits.entries:
            self.is_foreign = self.is_foreign and edits.needs_yes
            text = edits_as_text(edits, header=self._header)
            atomic_write(self.path, text if self.is_foreign else self._sealed(text), what=what, mode=PRIVATE)
            return
        with map_os_errors(self.path, what=what):
            self.path.unlink(missing_ok=True)

    def append(self, added: Iterable[Edit]) -> None:
        """Add edits at the end; what stands there stays as it is, byte for byte, but for the seal.

        Raises:
            PlanError: what stands there cannot be read, or is of a newer major version.
            DiskFull, OutputError: the file cannot be written.
        """
        text = self._text(missing_ok=True)
        self._read(text, missing_ok=True)
        text = text if text.strip() else self._header
        lines = "".join(_line(edit) + "\n" for edit in added)
        text += ("" if text.endswith("\n") else "\n") + lines
        sealed = text if self.is_foreign else self._sealed(text)
        atomic_write(self.path, sealed, what=msg("The edits {path}", path=self.path), mode=PRIVATE)

    def _sealed(self, text: str) -> str:
        """The same with the seal in its header; without one where there is no key."""
        before, header, after, _ = _parts(text)
        content = before + header + after
        seal = seal_of("edits", self._bound_to() + content.encode("utf-8"))
        end = header.rstrip()
        return before + end[:-1] + f',"seal":"{seal}"}}' + header[len(end) :] + after if seal else content

    def _is_sealed(self, text: str) -> bool:
        before, header, after, seal = _parts(text)
        content = (before + header + after).encode("utf-8")
        # Edits that a person made for no plan, to be named by ``--edits``, count for any.
        return any(is_seal_of(seal, "edits", clip + content) for clip in (self._bound_to(), b"\n"))

    def _bound_to(self) -> bytes:
        """The clip that the edits are of, as the plan tells it."""
        clip = ""
        if self._plan is not None:
            with contextlib.suppress(PlanError):
                clip = read_header(self._plan).fingerprint
        return clip.encode("utf-8", "replace") + b"\n"

    def _text(self, *, missing_ok: bool) -> str:
        if not self.path.exists():
            if missing_ok:
                return ""
            raise PlanError(msg("There is no edits file {path}.", path=self.path))
        try:
            # Bytes, not text: line ends stay as they are.
            return read_bytes(self.path, what=msg("The edits file {path}", path=self.path), to=PlanError).decode(
                "utf-8"
            )
        except UnicodeDecodeError as error:
            raise PlanError(msg("{path} is not an edits file of this program.", path=self.path)) from error


def _parts(text: str) -> tuple[str, str, str, str]:
    """What stands before the header, the header without its seal, what stands behind it, and the seal."""
    lines = text.split("\n")
    place = next((number for number, line in enumerate(lines) if line.strip()), 0)
    before = "".join(line + "\n" for line in lines[:place])
    found = _SEAL.search(lines[place])
    header = lines[place] if found is None else lines[place][: found.start()] + "}" + found[2]
    return before, header, text[len(before) + len(lines[place]) :], found[1] if found is not None else ""


def _free_name(path: Path) -> Path:
    """Where a file is kept apart: under a name that nothing has."""
    for number in range(1, 1000):
        free = path.with_name(f"{path.name}.foreign" + ("" if number == 1 else f"-{number}"))
        if not os.path.lexists(free):
            return free
    raise PlanError(
        msg("There are too many edits that were kept apart beside {path}.", path=path), hint="Move them away."
    )


def _edits_path(plan: Path) -> Path:
    return plan.with_name(plan.name.removesuffix(".jsonl").removesuffix(".plan") + ".edits.jsonl")


def edits_as_text(edits: Edits, *, header: str = _HEADER) -> str:
    """The content of an edits file with these edits."""
    return "".join(line + "\n" for line in (header, *map(_line, edits.entries)))


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


def _line(edit: Edit) -> str:
    if isinstance(edit, UnknownEdit):
        return edit.line
    row = edit.to_row()
    line = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold and UTF-8 cannot
        return json.dumps(row, separators=(",", ":"))
    return line
