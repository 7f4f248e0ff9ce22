"""The second half of a clip's scenes: what was asked is cut, blurred and muted, by the same engine that cleans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from dashcamcleaner.atomic_files import atomic_json
from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.edit_types import HiddenSpan
from dashcamcleaner.errors import SettingError
from dashcamcleaner.media.frame_times import first_time, frame_times
from dashcamcleaner.media.lossless import cut_at_key_frames
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import check_output, mode_like, side_path
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.scenes.actions import SceneCut
from dashcamcleaner.scenes.job import LabelledScenes, ScenesJob, check_lossless
from dashcamcleaner.scenes.tag_file import seconds_text

__all__ = ["cut_outputs", "cut_plan_path", "kept_note", "render_jobs", "write_cut_plan"]

_KEPT = ("subtitles",)
"""Kept beside what the settings keep (and chapters, which every run keeps): they are cut like the picture."""


def render_jobs(job: ScenesJob, found: LabelledScenes) -> list[Job]:
    """One job for the engine, or one for each piece.

    Without encoding, the cut of each is what can be had so: whole groups of pictures.

    Raises:
        SettingError: nothing would be left; or something is to be blurred or hidden, which needs encoding.
        OutputError: one of the files exists already, or cannot be written.
    """
    cut = _asked(job, found)
    check_lossless(job)
    hidden = tuple(HiddenSpan(from_s=float(start), to_s=float(end)) for start, end in cut.blurred.kept)
    settings = job.settings.replaced(keep=tuple(dict.fromkeys((*job.settings.keep, *_KEPT))))
    if not job.clean:
        settings = settings.replaced(faces=False, plates=False, other_kinds=())
    jobs = [
        Job(
            source=job.source, output=output, settings=settings, added_edits=hidden, cut=ClipCut(kept, cut.muted),
            detect=job.clean, notes=job.notes,
        )
        for output, kept in _free_outputs(job, cut.kept)
    ]  # fmt: skip
    return [_copied(one, found) for one in jobs] if job.lossless else jobs


def _copied(job: Job, found: LabelledScenes) -> Job:
    """The same without encoding; what is kept really is noted in it."""
    assert job.cut is not None
    origin = first_time(frame_times(job.source, info=found.info), info=found.info)
    real = cut_at_key_frames(job.source, info=found.info, cut=job.cut.later(origin)).later(-origin)
    return replace(job, cut=real, copied=True, write_plan=False, notes=(*job.notes, kept_note(real)))


def kept_note(cut: ClipCut) -> str:
    """What a cut without encoding keeps, as a sentence; seconds count from the first picture."""
    times = ", ".join(f"{seconds_text(a)} - {seconds_text(b)} s" for a, b in cut.kept.kept)
    return msg("Kept from key frame to key frame: {times}.", times=times)


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
        for path in (output, cut_plan_path(output)):
            check_output(path, sources=[job.source], overwrite=job.settings.overwrite)
    return outputs


def cut_plan_path(output: Path) -> Path:
    """The plan of a cut file."""
    return side_path(output, ".scenes.json")


def write_cut_plan(job: ScenesJob, found: LabelledScenes, *, output: Path, cut: ClipCut | None) -> None:
    """Write what was decided beside the cut file: blocks, rules, actions, and where each kept stretch went.

    It tells as much of the source as the report does.

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
    about_source = job.settings.report_source
    clip = {"full": found.info.path, "name": job.source.name}.get(about_source, "")
    atomic_json(
        cut_plan_path(output),
        {
            "schema": 1,
            "source": "" if about_source == "nothing" else job.source.name,
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
            "clip": clip,
            **({} if about_source == "full" else {"notes": []}),  # they name the list, and with it folders
        },
        mode=mode_like(job.source),
    )  # fmt: skip
