"""Plan files: JSON Lines written as the run goes, read by replay, resume, review, audit and report.

While a run works, what was seen is appended to ``NAME.seen.jsonl.partial``, and the plan grows beside its name.
When the output gets its final name, so does the plan, and the log of what was seen goes. A killed run leaves the log,
from which the next run continues.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from dashcamcleaner.core.plan import FramePlan, Observation, PlanHeader
from dashcamcleaner.errors import PlanError
from dashcamcleaner.files import GrowingFile, found_side_path, map_os_errors, side_path
from dashcamcleaner.work_files import WorkFile

__all__ = [
    "PlanReader",
    "PlanWriter",
    "SeenLog",
    "find_plan",
    "fingerprint",
    "plan_of_0_1_0",
    "plan_path",
    "seen_path",
]

_ENDING = ".plan.jsonl"

_EDGE_BYTES = 1 << 20
_FLUSH_EVERY_FRAMES = 15  # half a second at 30 fps: what a kill costs at most


def plan_path(output: Path) -> Path:
    """Where the plan of an output is written: ``clip.mp4`` -> ``clip.mp4.plan.jsonl``."""
    return side_path(output, _ENDING)


def find_plan(output: Path) -> Path:
    """Where the plan of an output is read from; see `files.found_side_path`. Its fingerprint tells whether it is."""
    return found_side_path(output, _ENDING)


def plan_of_0_1_0(plan: Path) -> Path | None:
    """The plan of the same footage under the name that version 0.1.0 gave it, ``clip.plan.jsonl``; None for none."""
    output = plan.with_name(plan.name.removesuffix(_ENDING))
    older = output.with_name(output.stem + _ENDING)
    if output.name == plan.name or older == plan or not (older.is_file() and plan.is_file()):
        return None
    try:
        with PlanReader(plan) as mine, PlanReader(older) as theirs:
            return older if mine.header.fingerprint == theirs.header.fingerprint else None
    except PlanError:
        return None


def seen_path(output: Path) -> Path:
    """Where an unfinished analysis of an output stands."""
    return output.with_name(output.stem + ".seen.jsonl.partial")


def fingerprint(path: Path) -> str:
    """A quick identity of a file: its length and the SHA-256 of its first and last MiB.

    Enough to tell that a plan belongs to a clip, in milliseconds whatever its length; reports carry the full hash.
    """
    digest = hashlib.sha256()
    size = path.stat().st_size
    with path.open("rb") as file:
        digest.update(file.read(_EDGE_BYTES))
        if size > _EDGE_BYTES:
            file.seek(max(_EDGE_BYTES, size - _EDGE_BYTES))
            digest.update(file.read())
    return f"{size}-{digest.hexdigest()}"


class PlanWriter:
    """Writes a plan beside its final name and gives it that name at the end.

    Raises:
        OutputError: the file cannot be written.
    """

    def __init__(self, final: Path, *, header: PlanHeader) -> None:
        self.final = final
        self.frames = 0
        self._file = GrowingFile(final, what=f"The plan {final}")
        self._file.write(header.to_line() + "\n")

    def write(self, plan: FramePlan) -> None:
        """Append a frame."""
        self._file.write(plan.to_line() + "\n")
        self.frames += 1

    def close(self) -> WorkFile:
        """Mark the plan complete; gives the file, which still has to be published."""
        self._file.write(json.dumps({"end": True, "frames": self.frames}) + "\n")
        return self._file.close()

    def finish(self) -> Path:
        """Mark the plan complete and give it its final name."""
        self._file.write(json.dumps({"end": True, "frames": self.frames}) + "\n")
        self._file.finish()
        return self.final

    def abort(self) -> None:
        """Close and delete the partial file; does nothing after `finish`."""
        self._file.abort()


class SeenLog:
    """What the detector has seen so far, appended as the run goes: what a killed run leaves for the next one.

    A file of plan lines without regions, ``NAME.seen.jsonl.partial``. It is deleted when the plan is finished.

    Args:
        path: the path of the log.
        header: the header of this run. A log whose fingerprint or way of seeing differs is started anew.
    """

    def __init__(self, path: Path, *, header: PlanHeader) -> None:
        self.path = path
        self.stored_frames = 0
        self._unflushed = 0
        with map_os_errors(path, what=f"The analysis {path}"):
            end = self._usable_end(header)
            if end:
                with path.open("r+b") as file:
                    file.truncate(end)  # a torn last line, as a kill leaves it
            else:
                path.write_text(header.to_line() + "\n", encoding="utf-8", newline="\n")
            self._file: IO[str] = path.open("a", encoding="utf-8", newline="\n")

    def _usable_end(self, header: PlanHeader) -> int:
        """Byte length of what can be taken over, 0 for nothing; sets `stored_frames`."""
        if not self.path.exists():
            return 0
        try:
            with self.path.open("rb") as file:
                first = file.readline()
                old = PlanHeader.from_line(first.decode("utf-8"))
                if (old.fingerprint, old.seeing) != (header.fingerprint, header.seeing):
                    return 0
                end = len(first)
                for line in file:
                    plan = FramePlan.from_line(line.decode("utf-8"), time_base=old.time_base)
                    if not line.endswith(b"\n") or plan.index != self.stored_frames:
                        break
                    end += len(line)
                    self.stored_frames += 1
        except (PlanError, UnicodeDecodeError):
            return end if self.stored_frames else 0
        return end if self.stored_frames else 0

    def stored(self) -> Iterator[Observation]:
        """The observations of earlier runs, lazily."""
        with PlanReader(self.path) as reader:
            for plan in itertools.islice(reader, self.stored_frames):
                yield plan.seen

    def write(self, seen: Observation) -> None:
        """Append what was seen of the next frame."""
        self._file.write(FramePlan(seen).to_line() + "\n")
        self._unflushed += 1
        if self._unflushed >= _FLUSH_EVERY_FRAMES:
            self._file.flush()
            self._unflushed = 0

    def close(self) -> None:
        """Close; the log stays for the next run."""
        self._file.close()

    def remove(self) -> None:
        """Close and delete: the plan is finished."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class PlanReader:
    """Reads a plan lazily: the header at once, frames as they are asked for.

    Raises:
        PlanError: no plan, a newer major version, or a line in the middle that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complete = False
        with map_os_errors(path, what=f"The plan {path}", verb="read", to=PlanError):
            self._file: IO[str] = path.open(encoding="utf-8")
        try:
            self.header = PlanHeader.from_line(self._file.readline())
        except (PlanError, UnicodeDecodeError) as error:
            self._file.close()
            if isinstance(error, PlanError):
                raise PlanError(f"{path}: {error.message}", hint=error.hint) from error
            raise PlanError(
                f"{path} is not a plan of this program.", hint="A plan's name ends in .plan.jsonl."
            ) from error

    def __iter__(self) -> Iterator[FramePlan]:
        """The frames in order; afterwards `complete` tells whether the plan was finished.

        A torn last line, as a kill leaves it, ends the plan quietly; frames out of order are an error.
        """
        for index, line in enumerate(self._file):
            if not line.endswith("\n"):
                return
            if line.startswith('{"end"'):
                self.complete = True
                return
            plan = FramePlan.from_line(line, time_base=self.header.time_base)
            if plan.index != index:
                raise PlanError(f"{self.path} has frame {plan.index} where {index} was due.")
            yield plan

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> PlanReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
