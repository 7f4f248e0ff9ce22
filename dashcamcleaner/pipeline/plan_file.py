"""Plan files: JSON Lines written as the run goes, read by replay, resume, review, audit and report.

While a run works, the plan grows beside its name, in a private folder. It gets its name just before the output does.
What a killed run leaves for the next one is `pipeline.seen_log`.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from dashcamcleaner.atomic_files import GrowingFile
from dashcamcleaner.core.plan import FramePlan, PlanHeader
from dashcamcleaner.errors import PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE, found_side_path, side_path
from dashcamcleaner.plain_files import file_sha256, open_plain
from dashcamcleaner.seals import Seal
from dashcamcleaner.side_files import UNREADABLE, lines_of, parse_json
from dashcamcleaner.work_files import WorkFile

__all__ = [
    "PLAN_ENDING",
    "PlanEnd",
    "PlanReader",
    "PlanWriter",
    "end_of_plan",
    "find_plan",
    "fingerprint",
    "is_plan_of",
    "knows_whole_source",
    "plan_of_0_1_0",
    "plan_path",
    "read_header",
    "tracks_key",
]

PLAN_ENDING = ".plan.jsonl"

_EDGE_BYTES = 1 << 20
_WHOLE_FILE_SINCE = (1, 1)


def plan_path(output: Path) -> Path:
    """Where the plan of an output is written: ``clip.mp4`` -> ``clip.mp4.plan.jsonl``."""
    return side_path(output, PLAN_ENDING)


def find_plan(output: Path) -> Path:
    """Where the plan of an output is read from; see `found_side_path`. Its fingerprint tells whether it is."""
    return found_side_path(output, PLAN_ENDING)


def plan_of_0_1_0(plan: Path) -> Path | None:
    """The plan of the same footage under the name that version 0.1.0 gave it, ``clip.plan.jsonl``; None for none."""
    output = plan.with_name(plan.name.removesuffix(PLAN_ENDING))
    older = output.with_name(output.stem + PLAN_ENDING)
    if output.name == plan.name or older == plan or not (older.is_file() and plan.is_file()):
        return None
    try:
        return older if _may_be_of_the_same(read_header(plan), read_header(older)) else None
    except PlanError:
        return None


def _may_be_of_the_same(header: PlanHeader, older: PlanHeader) -> bool:
    """Whether two plans may be of the same footage; where one of them tells its edges alone, by length and name."""
    if header.version >= _WHOLE_FILE_SINCE and not older.version >= _WHOLE_FILE_SINCE:
        length, _, _ = header.fingerprint.partition("-")
        return header.source == older.source and older.fingerprint.startswith(f"{length}-")
    return header.fingerprint == older.fingerprint


def fingerprint(path: Path) -> str:
    """The identity of a file: its length and the SHA-256 of all its bytes, as a plan rests on each of them."""
    return f"{path.stat().st_size}-{file_sha256(path)}"


def is_plan_of(header: PlanHeader, source: Path) -> bool:
    """Whether a plan is of this very file."""
    if header.fingerprint == fingerprint(source):
        return True
    return not knows_whole_source(header) and header.fingerprint == _edge_fingerprint(source)


def knows_whole_source(header: PlanHeader) -> bool:
    """Whether a plan tells every byte of its source, and not the edges alone, as version 0.1.0 did."""
    return header.version >= _WHOLE_FILE_SINCE


def _edge_fingerprint(path: Path) -> str:
    """What version 0.1.0 took for a file's identity: its length and the SHA-256 of its first and last MiB."""
    digest = hashlib.sha256()
    size = path.stat().st_size
    with path.open("rb") as file:
        digest.update(file.read(_EDGE_BYTES))
        if size > _EDGE_BYTES:
            file.seek(max(_EDGE_BYTES, size - _EDGE_BYTES))
            digest.update(file.read())
    return f"{size}-{digest.hexdigest()}"


@dataclass(frozen=True, slots=True)
class PlanEnd:
    """A plan's last line.

    Args:
        frames: the number of frames that it tells.
        seal: the seal over all lines before it; empty where there is none.
    """

    frames: int
    seal: str = ""


def end_of_plan(line: bytes) -> PlanEnd | None:
    """The last line of a plan; None where it is another one, or torn."""
    if not line.startswith(b'{"end"') or not line.endswith(b"\n"):
        return None
    try:
        data = parse_json(line)
        return PlanEnd(int(data["frames"]), str(data.get("seal", "")))
    except UNREADABLE:
        return None


def tracks_key(plan: Path) -> str:
    """What tells the track ids of one plan from those of all others: a SHA-256, 64 hex digits.

    It is over all that decides the ids (raw detections, motion, times, the picture's size) and over nothing that a
    rendering changes: rendered again from a plan, the new plan has the same key, and its tracks the same ids.

    Args:
        plan: the plan.

    Raises:
        PlanError: it is no plan, or cannot be read.
    """
    with map_os_errors(plan, what=msg("The plan {path}", path=plan), verb="read", to=PlanError):
        found = plan.stat()
    return _tracks_key(plan, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))


@functools.lru_cache(maxsize=8)
def _tracks_key(plan: Path, _version: tuple[int, ...]) -> str:
    """See `tracks_key`; an hour's plan takes a second or two, so it is read once."""
    with PlanReader(plan) as reader:
        digest = hashlib.sha256(json.dumps(reader.header.upright_size).encode())
        for row in reader.rows():
            deciding = [row.get(key) for key in ("i", "pts", "d", "m", "skipped")]
            digest.update(b"\n" + json.dumps(deciding, sort_keys=True, separators=(",", ":")).encode())
    return digest.hexdigest()


class PlanWriter:
    """Writes a plan beside its final name and gives it that name at the end.

    Args:
        final: the final path of the plan.
        header: its first line.
        mode: the mode of the file; a plan tells where everybody is.

    Raises:
        OutputError: the file cannot be written.
    """

    def __init__(self, final: Path, *, header: PlanHeader, mode: int = PRIVATE) -> None:
        self.final = final
        self.frames = 0
        self._closed: WorkFile | None = None
        self._file = GrowingFile(final, what=msg("The plan {final}", final=final), mode=mode)
        self._seal = Seal("plan")
        self._append(header.to_line())

    def write(self, plan: FramePlan) -> None:
        """Append a frame."""
        self._append(plan.to_line())
        self.frames += 1

    def _append(self, line: str) -> None:
        self._seal.add(line.encode("utf-8", "backslashreplace") + b"\n")  # as the file writes it
        self._file.write(line + "\n")

    def close(self) -> WorkFile:
        """Mark the plan complete and seal it; gives the file, which still has to be published. Once is enough."""
        if self._closed is not None:
            return self._closed
        sealed = {"seal": self._seal.value} if self._seal.value else {}
        self._file.write(json.dumps({"end": True, "frames": self.frames, **sealed}) + "\n")
        self._closed = self._file.close()
        return self._closed

    def finish(self) -> Path:
        """Mark the plan complete, seal it and give it its final name."""
        self.close()
        self._file.finish()
        return self.final

    def abort(self) -> None:
        """Close and delete the partial file; does nothing after `finish`."""
        self._file.abort()


class PlanReader:
    """Reads a plan lazily: the header at once, frames as they are asked for.

    Args:
        path: the file.
        sha256: the SHA-256 that it had when it was examined; reading to its end tells if it was changed meanwhile.

    Raises:
        PlanError: no plan, a newer major version, or a line in the middle that cannot be read.
    """

    def __init__(self, path: Path, *, sha256: str = "") -> None:
        self.path = path
        self.complete = False
        self._expected, self._digest = sha256, hashlib.sha256()
        with map_os_errors(path, what=msg("The plan {path}", path=path), verb="read", to=PlanError):
            self._file: IO[str] = io.TextIOWrapper(open_plain(path), encoding="utf-8", newline="\n")
        self._lines = lines_of(self._file)
        try:
            self.header = PlanHeader.from_line(self._taken(next(self._lines, "")))
        except (PlanError, OSError, ValueError) as error:
            self._file.close()
            if isinstance(error, PlanError):
                raise PlanError(msg("{path}: {error}", path=path, error=error.message), hint=error.hint) from error
            raise PlanError(
                msg("{path} is not a plan of this program.", path=path), hint="A plan's name ends in .plan.jsonl."
            ) from error

    def __iter__(self) -> Iterator[FramePlan]:
        """The frames in order; afterwards `complete` tells whether the plan was finished.

        A torn last line, as a kill leaves it, ends the plan quietly; frames out of order are an error.
        """
        for index, line in enumerate(self._checked_lines()):
            if not self._taken(line).endswith("\n"):
                return
            if line.startswith('{"end"'):
                self.complete = True
                if self._expected and self._digest.hexdigest() != self._expected:
                    raise PlanError(
                        msg("The plan {path} was changed while it was read.", path=self.path), hint="Try it again."
                    )
                return
            plan = FramePlan.from_line(line, time_base=self.header.time_base)
            if plan.index != index:
                raise PlanError(
                    msg(
                        "{path} has frame {index} where {index2} was due.",
                        path=self.path,
                        index=plan.index,
                        index2=index,
                    )
                )
            yield plan

    def rows(self) -> Iterator[dict[str, Any]]:
        """The frames as JSON reads them, instead of the plan's own frames; nothing is checked but that they are rows.

        Raises:
            PlanError: a line is none.
        """
        for line in self._checked_lines():
            if not line.endswith("\n") or line.startswith('{"end"'):
                return
            try:
                row = parse_json(line)
                if not isinstance(row, dict):
                    raise ValueError("a frame is a row of values")
            except UNREADABLE as error:
                raise PlanError(msg("The plan {path} has a line that cannot be read.", path=self.path)) from error
            yield row

    def _checked_lines(self) -> Iterator[str]:
        with map_os_errors(
            self.path, what=msg("The plan {path}", path=self.path), verb="read", to=PlanError, also=(ValueError,)
        ):
            yield from self._lines

    def _taken(self, line: str) -> str:
        if self._expected:
            self._digest.update(line.encode("utf-8"))
        return line

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> PlanReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_header(path: Path) -> PlanHeader:
    """A plan's header alone.

    Raises:
        PlanError: no plan, or of a newer major version.
    """
    with PlanReader(path) as reader:
        return reader.header
