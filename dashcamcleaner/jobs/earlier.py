"""What an earlier run made of a source: a batch, a cluster and the window ask before they do it again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.errors import InputError, PlanError
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_check import examine_plan
from dashcamcleaner.pipeline.plan_file import find_plan, is_plan_of, knows_whole_source, read_header
from dashcamcleaner.report.data import find_report, is_report_of, read_report, summary_of

__all__ = ["does_the_same", "earlier_result", "finished_before"]

_FREE_SETTINGS = (
    "workers",
    "parallel",
    "split_clips",
    "overwrite",
    "private_plans",
    "report_source",
    "max_look_ahead_mb",
    "warn_hidden",
    "batch",
)
"""They change nothing in what is hidden and how."""


def finished_before(job: Job) -> RunSummary | None:
    """The summary of an earlier run that did what this job asks for."""
    if job.settings.overwrite or job.from_plan or job.added_edits or not os.path.isfile(job.output):
        return None
    summary = earlier_result(job.source, job.output)
    if summary is None or (job.audit and summary.audit is None):
        return None
    return summary if does_the_same(summary, job) else None


def does_the_same(summary: RunSummary, job: Job) -> bool:
    """Whether a run hid what a job is to hide, in the same way; the audit is another matter."""

    def deciding(overrides: Mapping[str, Any]) -> Any:
        return json.loads(json.dumps({name: v for name, v in overrides.items() if name not in _FREE_SETTINGS}))

    # Others may have been left visible then than are to be now.
    return summary.persons_asked == job.persons.key and deciding(summary.settings) == deciding(job.settings.overrides)


def earlier_result(source: Path, output: Path) -> RunSummary | None:
    """The summary of the run that made an output of this very source, read from its report.

    None where there is no such output, its plan or report is gone, cannot be read or was not made here, or they are of
    other footage: a clip of the same name is not the same clip, and a report can be written by anybody.
    """
    plan, report = find_plan(output), find_report(output)
    if not all(os.path.isfile(path) for path in (output, plan, report)):
        return None
    try:
        header = read_header(plan)
        if not is_plan_of(header, source):
            return None
        said = read_report(report)
        # With `settings.Settings.report_source` a report tells nothing of the source; the plan knows it.
        untold = not said.get("source_sha256") and knows_whole_source(header)
        if not (examine_plan(plan).sealed and is_report_of(said, source=None if untold else source, output=output)):
            return None
        summary = summary_of(said)
    except (PlanError, InputError, OSError, TypeError, ValueError, AttributeError):
        return None
    # Folders may have been moved together: what stands here counts, not what was written then.
    summary.source, summary.output, summary.plan, summary.report = str(source), str(output), str(plan), str(report)
    return summary
