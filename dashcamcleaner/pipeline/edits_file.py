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

Seconds are those of the clip's own clock, in which its plan tells the frames (``pts`` times the time base); it begins
at 0 in most clips, and later in streams that were cut from longer ones.

Where a row speaks of tracks or persons, the header names the plan that their numbers are of, ``"plan"``: its
`pipeline.plan_file.tracks_key`. Edits of another plan are refused; without the key such edits count as made elsewhere.

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
from dataclasses import dataclass
from pathlib import Path

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.edit_types import EDIT_TYPES, Edit, UnknownEdit, edit_from_row
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.errors import DashcamCleanerError, NotAccepted, PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE
from dashcamcleaner.pipeline.plan_file import plan_of_0_1_0, read_header, tracks_key
from dashcamcleaner.seals import is_seal_of, seal_of
from dashcamcleaner.side_files import UNREADABLE, parse_json, read_bytes, reason_of

__all__ = ["EDITS_VERSION", "EditsFile", "OutlivedEdits", "edits_as_text", "edits_from_text", "outlived_edits"]

EDITS_VERSION = (1, 0)
"""Major, minor. A newer major version is refused; of a newer minor one, what is unknown is kept and told."""
MOST_EDITS = 100_000
"""In one file."""
_HEADER = json.dumps({"edits": "dashcamcleaner", "version": list(EDITS_VERSION)}, separators=(",", ":"))

_SEAL = re.compile(r',"seal":"([0-9a-f]{64})"\}(\s*)$')
_PLAN = re.compile(r',\s*"plan":\s*"([0-9a-f]{64})"')


class EditsFile:
    """An edits file, which need not be there yet.

    Args:
        path: its place.
        plan: the plan that its tracks belong to: edits that were sealed for another clip are foreign to it, and what
            was said of the tracks of another plan does not fit. None: there is none.

    Attributes:
        is_foreign: what `read` gave can leave something clear, or lays a picture of this machine on, and neither this
            user made it here, for a plan that it tells, nor has anybody accepted it.
        is_ours: this user made here what `read` gave, or has accepted it, or there is none.
        is_sealed: this user made here what `read` gave, for the plan's clip.
        is_misfit: what `read` gave speaks of tracks or persons of another plan; their numbers mean something else here.
        sha256: the SHA-256 of what was read, in hex; empty where there is no file.
    """

    def __init__(self, path: Path, *, plan: Path | None = None) -> None:
        self.path = path
        self.is_foreign = False
        self.is_ours = True
        self.is_sealed = self.is_misfit = False
        self.sha256 = ""
        self._plan = plan
        self._tracks_of: str | None = None
        """The key of the plan whose tracks the edits in hand speak of; empty: untold; None: that of `_plan`."""
        self._accepted: set[str] = set()
        self._kept_apart = ""
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
            self._tracks_of = self._tracks_of or None

    def refuse(self) -> None:
        """What was read is not gone by: a person has said no to it, or it does not fit.

        `write` keeps it apart, as ``NAME.edits.jsonl.foreign`` or, where it is of another plan, ``.older``.
        """
        self._kept_apart = ".older" if self.is_misfit else "" if self.is_ours else ".foreign"
        self.is_foreign = self.is_misfit = False
        self._tracks_of = None

    def bind(self) -> None:
        """Edits that are written from now on speak of the tracks of the plan as it is now, also if it is replaced."""
        if self._tracks_of is None:
            self._tracks_of = self._key_of_plan()

    def require_accepted(self, edits: Edits, *, how: str = "add") -> None:
        """Go no further by edits of another plan, or by such that were not made here and have no person's yes.

        Args:
            edits: what `read` gave.
            how: the words before the flag in the hint.

        Raises:
            PlanError: they speak of the tracks of another plan.
            NotAccepted: they were not made here, or do not tell their plan, need a person's yes, and have none.
        """
        if self.is_misfit:
            raise PlanError(
                msg(
                    "The edits {path} speak of the tracks of another plan than {plan}, where their numbers differ.",
                    path=self.path,
                    plan=self._plan,
                ),
                hint="Move them away and choose the tracks anew, with the contact sheet of this plan or in the review.",
            )
        if self.is_foreign:
            of_no_plan = msg(
                "The edits {path} do not tell which plan their track numbers are of: {yes_note}.",
                path=self.path,
                yes_note=edits.yes_note,
            )
            foreign = msg("The edits {path} were not made here: {yes_note}.", path=self.path, yes_note=edits.yes_note)
            raise NotAccepted(
                of_no_plan if self.is_sealed else foreign,
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
        self.sha256, self.is_foreign, self.is_ours, self._kept_apart = "", False, True, ""
        self.is_sealed = self.is_misfit = False
        self._tracks_of = None
        if missing_ok and not text.strip():
            self._header = _HEADER
            return Edits()
        self.sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
        try:
            header, edits = edits_from_text(text)
        except PlanError as error:
            raise PlanError(msg("{path}: {error}", path=self.path, error=error.message), hint=error.hint) from error
        self._header = _SEAL.sub("}", header)
        self.is_sealed = made_here = self._is_sealed(text)
        accepted = self.sha256 in self._accepted
        if edits.is_of_one_plan and self._plan is not None:
            named = _PLAN.search(self._header)
            self._tracks_of = named[1] if named is not None else "" if edits.needs_yes and not accepted else None
            self.is_misfit = named is not None and named[1] != self._key_of_plan()
            # Edits that do not tell their plan may be of the one that stood here before.
            made_here = made_here and named is not None
        self.is_ours = accepted or made_here
        self.is_foreign = edits.needs_yes and not self.is_ours
        return edits

    @property
    def is_told(self) -> bool:
        """Whether the file that was read names the plan of its tracks."""
        return _PLAN.search(self._header) is not None

    def write(self, edits: Edits) -> None:
        """Put these edits into the file instead of all that stands there; without any the file is removed.

        Raises:
            DiskFull, OutputError: it cannot be written; what stood there still does.
        """
        what = msg("The edits {path}", path=self.path)
        if self._kept_apart:
            with map_os_errors(self.path, what=what):
                os.replace(self.path, _free_name(self.path, self._kept_apart))
            self._kept_apart = ""
        if edits.entries:
            self.is_foreign = self.is_foreign and edits.needs_yes
            text = edits_as_text(edits, header=self._bound(self._header, edits))
            atomic_write(self.path, text if self.is_foreign else self._sealed(text), what=what, mode=PRIVATE)
            return
        with map_os_errors(self.path, what=what):
            self.path.unlink(missing_ok=True)

    def append(self, added: Iterable[Edit]) -> None:
        """Add edits at the end; what stands there stays as it is, byte for byte, but for the header's seal and plan.

        Raises:
            PlanError: what stands there cannot be read, or is of a newer major version.
            DiskFull, OutputError: the file cannot be written.
        """
        text = self._text(missing_ok=True)
        more = Edits(tuple(added))
        edits = self._read(text, missing_ok=True).joined(more)
        lines = "".join(_line(edit) + "\n" for edit in more.entries)
        before, header, after, _ = _parts(text if text.strip() else self._header)
        text = before + self._bound(header, edits) + after
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

    def _bound(self, header: str, edits: Edits) -> str:
        """A header without a seal, with the plan that these edits speak of the tracks of."""
        key = self._tracks_of
        if key is None:
            key = self._key_of_plan() if edits.is_of_one_plan else ""
        end = _PLAN.sub("", header).rstrip()
        named = f',"plan":"{key}"' if key and edits.is_of_one_plan else ""
        return end[:-1] + named + "}" + header[len(header.rstrip()) :]

    def _key_of_plan(self) -> str:
        """The plan's `tracks_key`; empty where there is none, or none that can be read."""
        if self._plan is not None:
            with contextlib.suppress(PlanError):
                return tracks_key(self._plan)
        return ""

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


@dataclass(frozen=True, slots=True)
class OutlivedEdits:
    """Edits that speak of the tracks of a plan that another one replaces.

    Args:
        path: the edits file.
        plan: the plan, old and new.
        aside: where it is kept.
        same_clip: the new plan is of the clip that the old one was of.
    """

    path: Path
    plan: Path
    aside: Path
    same_clip: bool

    @property
    def note(self) -> str:
        """What becomes of them, a sentence for people."""
        if not self.same_clip:
            return msg(
                "The edits {path} are of another clip, whose plan was replaced: they are kept as {aside}.",
                path=self.path,
                aside=self.aside.name,
            )
        return msg(
            "The edits {path} speak of the tracks of the plan that was replaced: they are kept as {aside}, and what "
            "they say of places and times alone stays.",
            path=self.path,
            aside=self.aside.name,
        )

    def put_aside(self) -> str:
        """Move the file away, and write what holds for any plan of the clip in its place; when the new plan is there.

        Returns:
            What went wrong, for people; empty where nothing did. The edits are refused then, as of another plan.
        """
        file = EditsFile(self.path, plan=self.plan)
        try:
            rest = file.read(missing_ok=True).without_tracks
            what = msg("The edits {path}", path=self.path)
            with map_os_errors(self.path, what=what):
                os.replace(self.path, self.aside)
            if rest.entries and self.same_clip:
                fresh = EditsFile(self.path, plan=self.plan)
                fresh.is_foreign = not file.is_sealed
                fresh.write(rest)
        except DashcamCleanerError as error:
            return msg("Edits of the plan before could not be put aside: {error}", error=error.message)
        return ""


def outlived_edits(plan: Path, *, new: Path) -> OutlivedEdits | None:
    """The edits beside a plan that do not outlive it; None where there are none.

    Args:
        plan: the plan, whose name `new` is about to get; it need not be there.
        new: the new plan.
    """
    file = EditsFile(_edits_path(plan), plan=new)
    if not file.path.is_file():
        return None
    try:
        edits = file.read(missing_ok=True)
        if not edits.is_of_one_plan or (file.is_told and not file.is_misfit):
            return None
        if not file.is_told and (not plan.is_file() or tracks_key(plan) == tracks_key(new)):
            return None
        same = file.is_sealed or (plan.is_file() and read_header(plan).fingerprint == read_header(new).fingerprint)
        return OutlivedEdits(file.path, plan, _free_name(file.path, ".older"), same)
    except PlanError:  # what cannot be read cannot be gone by either
        return None


def _free_name(path: Path, ending: str) -> Path:
    """Where a file is kept apart: under a name that nothing has."""
    for number in range(1, 1000):
        free = path.with_name(path.name + ending + ("" if number == 1 else f"-{number}"))
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
