"""Plan files: JSON Lines written as the run goes, read by replay, resume, review, audit and report.

While a run works, the plan grows under ``NAME.plan.jsonl.partial``. When the output gets its final name, so does the
plan. What a killed run leaves for the next one is `pipeline.seen_log`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from dashcamcleaner.core.plan import FramePlan, PlanHeader
from dashcamcleaner.errors import PlanError
from dashcamcleaner.files import GrowingFile, map_os_errors

__all__ = ["PlanReader", "PlanWriter", "fingerprint", "plan_path"]

_EDGE_BYTES = 1 << 20


def plan_path(output: Path) -> Path:
    """Where the plan of an output stands: ``clip.mp4`` -> ``clip.plan.jsonl``."""
    return output.with_name(output.stem + ".plan.jsonl")


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

    def finish(self) -> Path:
        """Mark the plan complete and give it its final name."""
        self._file.write(json.dumps({"end": True, "frames": self.frames}) + "\n")
        self._file.finish()
        return self.final

    def abort(self) -> None:
        """Close and delete the partial file; does nothing after `finish`."""
        self._file.abort()


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
