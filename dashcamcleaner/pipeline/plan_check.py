"""Whether a plan may decide what stays clear: whole, of this clip, for these kinds, and made here or accepted.

A plan lies beside a clip and may have come with it, so a replay and an audit ask here before they go by one. Also takes
a plan over from another machine of the same person (`take_over`): sealed anew, once somebody has named its hash.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dashcamcleaner.core.plan import PLAN_VERSION, PlanHeader
from dashcamcleaner.detection.weights_search import available_weights
from dashcamcleaner.errors import NotAccepted, PlanError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.pipeline.plan_file import (
    PlanReader,
    PlanWriter,
    end_of_plan,
    fingerprint,
    is_plan_of,
    knows_whole_source,
)
from dashcamcleaner.plain_files import open_plain
from dashcamcleaner.seals import Seal
from dashcamcleaner.side_files import lines_of

__all__ = ["NO_WEIGHTS", "PlanState", "examine_plan", "open_for_replay", "take_over"]

NO_WEIGHTS = "none"
"""What stands for the weights in the plan of a run that looked for nothing."""


@dataclass(frozen=True, slots=True)
class PlanState:
    """What is known of a plan file without going by it.

    Args:
        sha256: the SHA-256 of the whole file, in hex.
        sealed: this user made it here, and nobody has changed it since.
        frames: the number of its frames.
        whole: its last line ends it, and tells this number.
    """

    sha256: str
    sealed: bool
    frames: int
    whole: bool

    def counts(self, accepted: Collection[str]) -> bool:
        """Whether it was made here, or a person has said yes to its hash."""
        return self.sealed or self.sha256 in accepted


def examine_plan(plan: Path) -> PlanState:
    """Read a plan through, as bytes.

    Raises:
        PlanError: it cannot be read.
    """
    seal, digest = Seal("plan"), hashlib.sha256()
    lines, sealed, told = 0, False, -1
    with (
        map_os_errors(plan, what=msg("The plan {plan}", plan=plan), verb="read", to=PlanError, also=(ValueError,)),
        open_plain(plan) as file,
    ):
        for line in lines_of(file):
            digest.update(line)
            end = end_of_plan(line)
            # What stands behind the end belongs to nothing.
            sealed, told = (end is not None and seal.fits(end.seal) and told < 0, end.frames if end else -1)
            if end is None:
                lines += 1
                seal.add(line)
            else:
                seal.add(b"end")  # a line that follows fits no seal
    frames = max(0, lines - 1)
    return PlanState(digest.hexdigest(), sealed, frames, told == frames)


def open_for_replay(
    plan: Path, *, source: Path, kinds: Iterable[str], accepted: Collection[str]
) -> tuple[PlanReader, tuple[str, ...]]:
    """A plan that may be rendered, and what to tell about it.

    Args:
        plan: the file.
        source: the clip that is to be rendered.
        kinds: the kinds that are to be hidden.
        accepted: SHA-256 of plans that a person has said yes to.

    Raises:
        PlanError: it is of another clip, is not whole, or was made by weights that do not know a kind.
        NotAccepted: it was not made here, or was changed, and nobody has said yes to it.
    """
    with PlanReader(plan):  # no plan at all is told as that
        state = examine_plan(plan)
    reader = PlanReader(plan, sha256=state.sha256)
    try:
        _check(reader, state, source=source, kinds=kinds, accepted=accepted)
    except BaseException:
        reader.close()
        raise
    notes = []
    if not state.sealed:
        notes.append(
            msg("The plan {plan} was not made here, or was changed since; you accepted it by its hash.", plan=plan)
        )
    if not knows_whole_source(reader.header):
        notes.append(
            msg(
                "The plan {plan} is of version 0.1.0: only the clip's first and last MiB tell that it is of it.",
                plan=plan,
            )
        )
    return reader, tuple(notes)


def _check(
    reader: PlanReader, state: PlanState, *, source: Path, kinds: Iterable[str], accepted: Collection[str]
) -> None:
    plan, header = reader.path, reader.header
    if not is_plan_of(header, source):
        raise PlanError(
            msg("The plan {plan} belongs to another clip than {source}.", plan=plan.name, source=source.name),
            hint=msg(
                "It was made of a file named {source}; a clip that was changed needs a new analysis.",
                source=header.source,
            ),
        )
    if not state.whole:
        raise PlanError(
            msg(
                "The plan {plan} is not whole: {frames} frames stand in it, and its end is missing or wrong.",
                plan=plan.name,
                frames=state.frames,
            ),
            hint="Analyse the clip again.",
        )
    if not state.counts(accepted):
        raise _not_accepted(plan, state, source="" if knows_whole_source(header) else str(source))
    known = header.kinds or _kinds_of_older(plan, header)
    missing = [kind for kind in kinds if kind not in known]
    if missing and header.weights == NO_WEIGHTS:
        raise PlanError(
            msg("Nothing was looked for when the plan {plan} was made.", plan=plan.name),
            hint="Clean the clip itself, without --from-plan.",
        )
    if missing:
        raise PlanError(
            msg(
                "The plan {plan} was made by weights that cannot see: {missing} (they know {known}).",
                plan=plan.name,
                missing=", ".join(missing),
                known=", ".join(known) or "nothing that is known here",
            ),
            hint="Analyse the clip again with weights that can, or leave the kind out.",
        )


def _not_accepted(plan: Path, state: PlanState, *, source: str = "") -> NotAccepted:
    words = ["dashcamcleaner", "plan", "import", str(plan), *(("--source", source) if source else ())]
    words += ["--accept-plan", state.sha256]
    return NotAccepted(
        msg("The plan {plan} was not made here, or was changed since: what it leaves out would stay clear.", plan=plan),
        hint=msg(
            "If you know it, add --accept-plan {sha256}, or take it over for good: {words}.",
            sha256=state.sha256,
            words=shlex.join(words),
        ),
    )


def _kinds_of_older(plan: Path, header: PlanHeader) -> tuple[str, ...]:
    """The kinds of a plan of version 0.1.0, which did not tell: those of its weights, and those that occur."""
    hashes = {one for one in header.weights_sha256.split(",") if one}
    kinds = {
        kind
        for weights in available_weights().values()
        if any(file.sha256 in hashes for file in weights.files)
        for kind in weights.kinds or ()
    }
    with PlanReader(plan) as reader:
        for frame in reader:
            kinds.update(str(kind) for kind in frame.seen.detections.kind)
    return tuple(sorted(kinds))


def _header_for(reader: PlanReader, source: Path | None) -> PlanHeader:
    """The header of a plan that is taken over: it tells the whole of the source."""
    header = reader.header
    if source is None and not knows_whole_source(header):
        raise PlanError(
            msg(
                "The plan {path} is of version 0.1.0, which knew its clip by the first and last MiB alone.",
                path=reader.path,
            ),
            hint="Name the clip by --source CLIP.",
        )
    if source is None:
        return header
    if not is_plan_of(header, source):
        raise PlanError(
            msg("The plan {path} belongs to another clip than {source}.", path=reader.path.name, source=source.name)
        )
    return replace(header, fingerprint=fingerprint(source), version=PLAN_VERSION)


def take_over(plan: Path, target: Path, *, accepted: Collection[str], source: Path | None = None) -> int:
    """Write a plan anew under this user's seal; gives its number of frames.

    Args:
        plan: the plan as it came.
        target: the file to write, which may be the same.
        accepted: SHA-256 of plans that a person has said yes to.
        source: the clip that it is of; needed for a plan of version 1.0, which knows but a part of its bytes.

    Raises:
        PlanError: it is no plan, not whole, or of another clip than the source.
        NotAccepted: nobody has said yes to it.
        OutputError: the target cannot be written.
    """
    state = examine_plan(plan)
    with PlanReader(plan, sha256=state.sha256) as reader:
        if not state.whole:
            raise PlanError(msg("The plan {plan} is not whole.", plan=plan), hint="Analyse the clip again.")
        if not state.counts(accepted):
            raise _not_accepted(plan, state)
        writer = PlanWriter(target, header=_header_for(reader, source))
        try:
            for frame in reader:
                writer.write(frame)
            writer.finish()
        finally:
            writer.abort()
    return state.frames
