"""The edits file, ``NAME.edits.jsonl`` beside the plan: the one place that reads and writes it.

The window writes it, ``--fix`` appends to it, people write it by hand; runs, audits and reviews read it. What its rows
say is told in `pipeline.edits_text`.

Where a row speaks of tracks or persons, the header names the plan that their numbers are of, ``"plan"``: its
`pipeline.plan_file.tracks_key`. Edits of another plan are refused; without the key such edits count as made elsewhere.

The header of a file that was made here carries a seal (`dashcamcleaner.seals`) over the file and over the clip that its
plan is of, as its last key, ``"seal"``. Edits without one may only hide more, unless a person says yes to them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.edit_types import Edit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.errors import NotAccepted, PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE
from dashcamcleaner.pipeline.edits_text import HEADER, edits_as_text, edits_from_text, line_of
from dashcamcleaner.pipeline.plan_file import plan_of_0_1_0, read_header, tracks_key
from dashcamcleaner.seals import is_seal_of, seal_of
from dashcamcleaner.side_files import read_bytes

__all__ = ["EditsFile", "edits_path", "free_name"]

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
        self._header = HEADER

    @classmethod
    def beside(cls, plan: Path) -> EditsFile:
        """The edits of a plan: ``clip.mp4.plan.jsonl`` -> ``clip.mp4.edits.jsonl``.

        Where there are none, but version 0.1.0 left ``clip.edits.jsonl`` with a plan of the same footage, it is these.
        """
        path = edits_path(plan)
        if not path.exists() and (older := plan_of_0_1_0(plan)) is not None and edits_path(older).is_file():
            return cls(edits_path(older), plan=plan)
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

    def is_of_plan_of(self, other: EditsFile) -> bool:
        """Whether both have the same path, and speak of the tracks of the same plan once they are bound."""
        return (self.path, self._tracks_of) == (other.path, other._tracks_of)

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
            self._header = HEADER
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
                os.replace(self.path, free_name(self.path, self._kept_apart))
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
        lines = "".join(line_of(edit) + "\n" for edit in more.entries)
        before, header, after, _ = _parts(text if text.strip() else self._header)
        text = before + self._bound(header, edits) + after
        text += ("" if text.endswith("\n") else "\n") + lines
        # Rows that need no yes may still say that somebody has looked: they are not ours by what we add to them.
        sealed = self._sealed(text) if self.is_ours else text
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


def free_name(path: Path, ending: str) -> Path:
    """Where a file is kept apart: under a name that nothing has."""
    for number in range(1, 1000):
        free = path.with_name(path.name + ending + ("" if number == 1 else f"-{number}"))
        if not os.path.lexists(free):
            return free
    raise PlanError(
        msg("There are too many edits that were kept apart beside {path}.", path=path), hint="Move them away."
    )


def edits_path(plan: Path) -> Path:
    """Where the edits of a plan stand: ``clip.mp4.plan.jsonl`` -> ``clip.mp4.edits.jsonl``."""
    return plan.with_name(plan.name.removesuffix(".jsonl").removesuffix(".plan") + ".edits.jsonl")
