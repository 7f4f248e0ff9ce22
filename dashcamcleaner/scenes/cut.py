"""The second half of a clip's scenes: what was asked is cut, blurred and muted, by the same engine that cleans."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from dashcamcleaner.atomic_files import atomic_json, new_work_file, publish
from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.edit_types import HiddenSpan
from dashcamcleaner.core.summary import CLEANED, actions_told
from dashcamcleaner.errors import SettingError
from dashcamcleaner.media.frame_times import first_time, frame_times
from dashcamcleaner.media.lossless import copy_cut, cut_at_key_frames
from dashcamcleaner.media.trial import proven_plan
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import check_output, keep_date, mode_like, side_path
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.scenes.actions import SceneCut
from dashcamcleaner.scenes.job import LabelledScenes, ScenesJob, check_lossless
from dashcamcleaner.scenes.tag_file import seconds_text

__all__ = ["cut_losslessly", "cut_outputs", "cut_plan_path", "render_jobs", "write_cut_plan"]

_KEPT = ("subtitles",)
"""Kept beside what the settings keep (and chapters, which every run keeps): they are cut like the picture."""


def render_jobs(job: ScenesJob, found: LabelledScenes) -> list[Job]:
    """One job for the engine, or one for each piece.

    Raises:
        SettingError: nothing would be left.
        OutputError: one of the files exists already, or cannot be written.
    """
    cut = _asked(job, found)
    hidden = tuple(HiddenSpan(from_s=float(start), to_s=float(end)) for start, end in cut.blurred.kept)
    settings = job.settings.replaced(keep=tuple(dict.fromkeys((*job.settings.keep, *_KEPT))))
    if not job.clean:
        settings = settings.replaced(faces=False, plates=False, other_kinds=())
    return [
        Job(
            source=job.source, output=output, settings=settings, added_edits=hidden, cut=ClipCut(kept, cut.muted),
            detect=job.clean, notes=job.notes,
        )
        for output, kept in _free_outputs(job, cut.kept)
    ]  # fmt: skip


def _asked(job: ScenesJob, found: LabelledScenes) -> SceneCut:
    cut = found.cut
    if cut is None or not cut.kept.kept:
        raise SettingError(
            msg("Nothing of {source} would be left: no block of what is kept was found.", source=job.source.name),
            hint="See the list; lower --min-score or --min-cut, or name other labels.",
        )
    return cut


def cut_outputs(job: ScenesJob, kept: CutTimes) -> Iterator[tuple[Path, CutTimes]]:
    """The files that a cut writes, and what of the clip goes into each.

    Args:
        job: names the clip, and tells whether pieces are wanted.
        kept: what is left of the clip.
    """
    if not job.pieces:
        yield job.cut_path(), kept
        return
    for number, stretch in enumerate(kept.kept):
        yield job.cut_path(number), CutTimes((stretch,))


def _free_outputs(job: ScenesJob, kept: CutTimes) -> list[tuple[Path, CutTimes]]:
    """What `cut_outputs` gives; refused as a whole where one of them may not be written."""
    outputs = list(cut_outputs(job, kept))
    for output, _ in outputs:
        check_output(output, sources=[job.source], overwrite=job.settings.overwrite)
    return outputs


def cut_losslessly(job: ScenesJob, found: LabelledScenes) -> list[str]:
    """Cut at key frames, without encoding; gives what was kept really, a sentence each.

    Raises:
        SettingError: something is to be blurred or hidden, which needs encoding; or nothing would be left.
        OutputError: the container does not take it, or it cannot be written.
    """
    cut = _asked(job, found)
    check_lossless(job)
    told = []
    origin = first_time(frame_times(job.source, info=found.info), info=found.info)
    for output, kept in _free_outputs(job, cut.kept):
        real = cut_at_key_frames(job.source, info=found.info, cut=ClipCut(kept, cut.muted).later(origin))
        plan = proven_plan(
            found.info,
            source=job.source,
            output=output,
            keep=(*job.settings.keep, *_KEPT, "chapters"),
            audio=job.settings.audio,
            silenced=bool(cut.muted.kept),
        )
        work = new_work_file(output, mode=mode_like(job.source))
        try:
            problems = copy_cut(job.source, partial_path=work.path, info=found.info, plan=plan, cut=real)
            keep_date(job.source, work.path)
            publish(work, output, overwrite=job.settings.overwrite)
        except BaseException:
            work.discard()
            raise
        relative = real.later(-origin)
        write_cut_plan(job, found, output=output, cut=relative)
        times = ", ".join(f"{seconds_text(a)} - {seconds_text(b)} s" for a, b in relative.kept.kept)
        told += [
            msg("cut: {output}", output=output),
            msg("  kept from key frame to key frame: {times}", times=times),
            msg("  nothing was looked for, as asked: faces and plates stand as they stood"),
            *actions_told(one for one in plan.actions if one.action != CLEANED),
            *problems,
        ]
    return told


def cut_plan_path(output: Path) -> Path:
    """The plan of a cut file."""
    return side_path(output, ".scenes.json")


def write_cut_plan(job: ScenesJob, found: LabelledScenes, *, output: Path, cut: ClipCut | None) -> None:
    """Write what was decided beside the cut file: blocks, rules, actions, and where each kept stretch went.

    Raises:
        OutputError: it cannot be written.
    """
    assert cut is not None
    assert found.cut is not None
    place, rows = Fraction(0), []
    for start, end in cut.kept.kept:
        rows.append({"from_s": float(start), "to_s": float(end), "at_s": float(place)})
        place += end - start
    rules = job.rules
    atomic_json(
        cut_plan_path(output),
        {
            "schema": 1,
            "source": job.source.name,
            "output": output.name,
            "rules": {
                "min_score": rules.min_score, "max_gap_s": rules.max_gap_s, "min_cut_s": rules.min_length_s,
                "min_coverage": rules.min_coverage, "label_scores": dict(rules.label_scores),
            },
            "targets": list(job.targets),
            "everything_but": job.everything_but,
            "actions": list(job.actions),
            "lossless": job.lossless,
            "cleaned": job.clean,
            "kept": rows,
            "blurred": [[float(a), float(b)] for a, b in found.cut.blurred.kept],
            "muted": [[float(a), float(b)] for a, b in found.cut.muted.kept],
            **found.as_dict(),
        },
        mode=mode_like(job.source),
    )  # fmt: skip
