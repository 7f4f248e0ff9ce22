"""Opening what a run works with: where it fails, nothing stays open or locked behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.core.events import Finished
from dashcamcleaner.errors import BackendError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline import context as context_module
from dashcamcleaner.pipeline.context import open_context
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from tests import clips, fakes


def blind() -> Any:
    return fakes.pool(fakes.ScriptedDetector({}))


def refuse(*_: Any, **__: Any) -> Any:
    raise BackendError("not today.")


@pytest.mark.parametrize("step", ["rules_per_kind", "checker_for", "make_planner", "live_source", "older_log_notes"])
def test_a_run_that_could_not_begin_does_not_keep_the_next_one_from_its_analysis(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = clips.make(tmp_path / "a.mp4", frames=4).path
    job, info = Job(source, tmp_path / "o.mp4"), probe(source)
    with monkeypatch.context() as patched:
        patched.setattr(context_module, step, refuse)
        with pytest.raises(BackendError) as kept:
            open_context(job, info=info, models=blind())
    with open_context(job, info=info, models=blind()) as context:
        assert context.log is not None
        assert context.log.notes == ()
    assert kept.value.__traceback__ is not None, "nobody has let go of the lock by forgetting it"


@pytest.mark.parametrize("step", ["rules_per_kind", "make_planner", "_header"])
def test_a_plan_is_closed_where_it_cannot_be_rendered(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = clips.make(tmp_path / "a.mp4", frames=4).path
    job = Job(source, tmp_path / "o.mp4")
    assert isinstance(list(clean(job, models=blind()))[-1], Finished)
    closed: list[Path] = []
    real = PlanReader.close

    def close(self: PlanReader) -> None:
        closed.append(self.path)
        real(self)

    opened: list[Path] = []
    real_open = context_module.open_for_replay

    def note(plan: Path, **more: Any) -> Any:
        result = real_open(plan, **more)
        opened.append(plan)
        closed.clear()
        return result

    monkeypatch.setattr(PlanReader, "close", close)
    monkeypatch.setattr(context_module, "open_for_replay", note)
    monkeypatch.setattr(context_module, step, refuse)
    plan = plan_path(job.output)
    with pytest.raises(BackendError):
        open_context(replace(job, from_plan=plan), info=probe(source), models=blind())
    assert opened == closed == [plan]
