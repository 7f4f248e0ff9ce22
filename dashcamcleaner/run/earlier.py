"""What an earlier run left of a clip: so that a result can be reviewed another day, and is not made twice unasked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from dashcamcleaner.core.summary import KindSummary, RunSummary, StreamAction
from dashcamcleaner.errors import InputError, PlanError
from dashcamcleaner.run.planfile import PlanReader, fingerprint, plan_path
from dashcamcleaner.run.reporting import read_report, report_path

__all__ = ["earlier_result"]


def earlier_result(source: Path, output: Path) -> RunSummary | None:
    """The summary of the run that made an output of this very source, read from its report.

    None where there is no such output, its plan or report is gone or cannot be read, or the plan is of other footage:
    a clip of the same name is not the same clip.
    """
    plan, report = plan_path(output), report_path(output)
    if not (output.is_file() and plan.is_file() and report.is_file()):
        return None
    try:
        with PlanReader(plan) as reader:
            if reader.header.fingerprint != fingerprint(source):
                return None
        summary = _summary_of(read_report(report))
    except (PlanError, InputError, OSError, TypeError, ValueError, AttributeError):
        return None
    # Folders may have been moved together: what stands here counts, not what was written then.
    summary.source, summary.output, summary.plan, summary.report = str(source), str(output), str(plan), str(report)
    return summary


def _summary_of(data: dict[str, Any]) -> RunSummary:
    known = {field.name for field in dataclasses.fields(RunSummary)}
    summary = RunSummary(**{name: value for name, value in data.items() if name in known})
    summary.kinds = {kind: KindSummary(**counts) for kind, counts in summary.kinds.items()}  # type: ignore[arg-type]
    summary.streams = [StreamAction(**action) for action in summary.streams]  # type: ignore[arg-type]
    summary.size = (int(summary.size[0]), int(summary.size[1]))
    return summary
