"""The log of what a run has seen so far: what a killed run leaves for the next one.

It lies in the user's state folder, never beside the clip, under a name made of the source's content, the weights and
the settings that decide what is seen; so the next run of the same clip finds it, and no other. Each line carries the
seal (`dashcamcleaner.seals`) over all up to it. A log that is not ours, or was changed, is not read: what stands in it
decides what is hidden.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from dashcamcleaner.core.plan import FramePlan, Observation, PlanHeader
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.seals import Seal
from dashcamcleaner.side_files import lines_of
from dashcamcleaner.user_folders import user_folder

__all__ = ["SeenLog", "is_locked_by_us", "log_path", "older_log_notes"]

_FLUSH_EVERY_FRAMES = 15  # half a second at 30 fps: what a kill costs at most
_KEPT_S = 60 * 86400
_SEAL_CHARS = 64
_OUR_NAME = re.compile(r"[0-9a-f]{64}\.jsonl")


def log_path(header: PlanHeader, *, deciding: Mapping[str, Any]) -> Path:
    """Where the log of a run lies.

    Args:
        header: the header of the plan that the run writes: it tells source, weights and way of seeing.
        deciding: further settings that decide what is seen and looked at closer.
    """
    parts = [
        header.fingerprint,
        header.weights_sha256,
        header.seeing,
        header.versions.get("dashcamcleaner", ""),
        dict(deciding),
    ]
    name = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
    return _folder() / f"{name}.jsonl"


def _folder() -> Path:
    """The user's own, or where whoever started this process wants it: the service deletes a job's with the job."""
    moved = os.environ.get("DASHCAMCLEANER_SEEN")
    return Path(moved) if moved else user_folder("state") / "seen"


def older_log_notes(output: Path) -> tuple[str, ...]:
    """What to tell of a log beside an output, where version 0.1.0 kept it: it may be anybody's, and is not read."""
    beside = output.with_name(output.stem + ".seen.jsonl.partial")
    if not os.path.lexists(beside):
        return ()
    return (
        msg(
            "{beside} is not read: nobody can tell who made it, and the clip is analysed anew. "
            "An unfinished analysis is kept in your own folder now.",
            beside=beside,
        ),
    )


class SeenLog:
    """What the detector has seen so far, appended as the run goes, and deleted when the plan is finished.

    It never stops a run: where it cannot be kept, nothing can be continued, and `notes` says so.

    Args:
        path: the path of the log, from `log_path`.
        header: the header of this run.

    Attributes:
        stored_frames: how many frames an earlier run has left.
        notes: what to tell.
    """

    def __init__(self, path: Path, *, header: PlanHeader) -> None:
        self.path = path
        self.stored_frames = 0
        self.notes: tuple[str, ...] = ()
        self._time_base = header.time_base
        self._unflushed = 0
        self._file: IO[bytes] | None = None
        self._seal = Seal(f"seen {path.name}")
        if not self._seal.value:
            self.notes = (
                msg("This run keeps no unfinished analysis: there is no folder of yours that can hold a key."),
            )
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_old(path.parent)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            self._file = open(os.open(path, flags, 0o600), "r+b")  # noqa: SIM115  # closed by `close`
            if not is_locked_by_us(self._file):
                self._give_up(msg("another run of this clip is under way"))
                return
            end = self._usable_end(self._file, header)
            self._file.seek(end)
            self._file.truncate()
            if not end:
                self._append(header.to_line())
        except (OSError, ValueError) as error:
            self._give_up(getattr(error, "strerror", None) or str(error))

    def _give_up(self, why: str) -> None:
        self.stored_frames = 0
        self.notes = (msg("This run keeps no unfinished analysis: {why}.", why=why),)
        self.close()

    def _usable_end(self, file: IO[bytes], header: PlanHeader) -> int:
        """Byte length of what can be taken over, 0 for nothing; sets `stored_frames`, and the seal up to there."""
        end = 0
        file.seek(0)
        for line in lines_of(file):
            if not line.endswith(b"\n"):
                break  # torn, as a kill leaves it
            content = line[_SEAL_CHARS + 1 : -1]
            sealed = self._seal.copy()
            sealed.add(content + b"\n")
            if not (sealed.fits(line[:_SEAL_CHARS].decode("ascii", "replace")) and self._fits(content, header, end)):
                return self._anew()
            self._seal = sealed
            self.stored_frames += bool(end)
            end += len(line)
        return end if self.stored_frames else self._anew(told=False)

    def _fits(self, content: bytes, header: PlanHeader, end: int) -> bool:
        """Whether a line is the one that is due: the header, then one frame after another."""
        try:
            text = content.decode("utf-8")
            if not end:
                old = PlanHeader.from_line(text)
                return (old.fingerprint, old.seeing) == (header.fingerprint, header.seeing)
            return FramePlan.from_line(text, time_base=self._time_base).index == self.stored_frames
        except (PlanError, UnicodeDecodeError):
            return False

    def _anew(self, *, told: bool = True) -> int:
        self._seal = Seal(f"seen {self.path.name}")
        self.stored_frames = 0
        if told:
            self.notes = (
                msg(
                    "The unfinished analysis {path} was not made by you, or was changed; the clip is analysed anew.",
                    path=self.path,
                ),
            )
        return 0

    def stored(self) -> Iterator[Observation]:
        """The observations of earlier runs, lazily."""
        with self.path.open("rb") as file:
            file.readline()
            for _ in range(self.stored_frames):
                line = file.readline()[_SEAL_CHARS + 1 :].decode("utf-8")
                yield FramePlan.from_line(line, time_base=self._time_base).seen

    def write(self, seen: Observation) -> None:
        """Append what was seen of the next frame."""
        if self._file is None:
            return
        try:
            self._append(FramePlan(seen).to_line())
            self._unflushed += 1
            if self._unflushed >= _FLUSH_EVERY_FRAMES:
                self._file.flush()
                self._unflushed = 0
        except OSError:  # a full disk, where the output may have room: the run goes on
            self.close()

    def _append(self, text: str) -> None:
        assert self._file is not None
        content = text.encode("utf-8")
        self._seal.add(content + b"\n")
        self._file.write(self._seal.value.encode() + b" " + content + b"\n")

    def close(self) -> None:
        """Close; the log stays for the next run."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # what cannot be flushed is analysed again
                file.close()

    def remove(self) -> None:
        """Close and delete: the plan is finished. What another run holds stays."""
        ours = self._file is not None
        self.close()
        if ours:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)


def is_locked_by_us(file: IO[bytes]) -> bool:
    """Whether this process alone has the log; it is given back when the file is closed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1 << 40)  # far behind what is read: a lock keeps others from reading there
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_old(folder: Path) -> None:
    """Delete our own logs that nobody has continued for long."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if _OUR_NAME.fullmatch(path.name) and path.stat().st_mtime < time.time() - _KEPT_S:
                path.unlink()
