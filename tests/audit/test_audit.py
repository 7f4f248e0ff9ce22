"""The audit end to end: a clip made here, cleaned by the program, leaks planted into it, each found, none invented."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from dashcamcleaner import cli
from dashcamcleaner.audit.audit import audit
from dashcamcleaner.core.edit_types import HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Progress, Started, Warned
from dashcamcleaner.core.findings import AuditResult, Check, Severity, Status
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import Cancelled, ExtraMissing, extra_hint
from dashcamcleaner.jobs.fix import audit_and_fix
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_check import examine_plan, take_over
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.report.data import html_path, read_report, report_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

_PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "planted_leaks.py"
_SPEC = importlib.util.spec_from_file_location("planted_leaks", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
planted_leaks = importlib.util.module_from_spec(_SPEC)
sys.modules["planted_leaks"] = planted_leaks
_SPEC.loader.exec_module(planted_leaks)

SIZE = (384, 216)
FRAMES = 36
RED = {"face": (190, 45, 45), "plate": (0, 255, 255)}
"""No plate is ever there: nothing is of that colour."""
SPEED_PX = 3


def street(path: Path, *, people: bool = True, sound: bool = True) -> Path:
    """A camera that pans over a textured street in which a red, textured "face" moves the other way."""
    chooser = np.random.default_rng(3)
    world = np.zeros((SIZE[1], SIZE[0] + SPEED_PX * FRAMES), np.float32)
    for cells in (10, 40, 150):
        world += cv2.resize(chooser.normal(0, 30, (cells, 2 * cells)).astype(np.float32), world.shape[::-1])
    world = np.clip(world + 120, 30, 220)
    # Eyes, nose and mouth have a size: of what changes from pixel to pixel even a weak blur leaves nothing to tell.
    features = cv2.resize(chooser.normal(0, 14, (5, 4)).astype(np.float32), (48, 60), interpolation=cv2.INTER_CUBIC)
    face = np.clip(85 + features + chooser.normal(0, 7, (60, 48)), 50, 120)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"crf": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 15360)
        track = clips._AudioTrack(output, clips.Sound(), seconds=FRAMES / 30) if sound else None
        output.start_encoding()
        for number in range(FRAMES):
            planes = [np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8) for _ in range(2)]
            luma = world[:, SPEED_PX * number : SPEED_PX * number + SIZE[0]].copy()
            if people:
                x, y = 60 + 4 * number // 2 * 2, 70
                luma[y : y + 60, x : x + 48] = face
                for plane, value in zip(planes, (100, 200), strict=True):
                    plane[y // 2 : y // 2 + 30, x // 2 : x // 2 + 24] = value
            planes = [luma.astype(np.uint8), *planes]
            coded = clips.coded_frame(planes, pix_fmt="yuv420p", pts=number * 512, time_base=Fraction(1, 15360))
            for packet in stream.encode(coded):
                output.mux_one(packet)
            if track is not None:
                track.write(until_s=number / 30)
        for packet in stream.encode(None):
            output.mux_one(packet)
        if track is not None:
            track.finish()
    return path


def seeing_red(*, blind: bool = False, **absent: Any) -> ModelPool:
    """Detectors that see red, in the run and in the audit; nobody reads.

    Args:
        blind: in the audit nothing is seen in whole pictures.
        absent: other openers for the pool, which raise.
    """

    def detector(*, inference_size: int, **_: Any) -> fakes.ColourDetector:
        crops = inference_size == 320
        return fakes.ColourDetector(RED, score=0.85, least_px=8 if crops else 9999 if blind else 12)

    return fakes.pool(detector, **{"second_detector": detector, **absent})


@pytest.fixture()
def red() -> ModelPool:
    """See `seeing_red`."""
    return seeing_red()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The clip and its cleaned copy, made once."""
    folder = tmp_path_factory.mktemp("audit")
    source, output = street(folder / "source.mp4"), folder / "out.mp4"
    models = fakes.pool(fakes.ColourDetector(RED, score=0.9))
    events = list(clean(Job(source, output), models=models))
    assert isinstance(events[-1], Finished), events[-1]
    with PlanReader(plan_path(output)) as reader:
        plans = list(reader)
    frames = [plan.index for plan in plans if plan.regions]
    track = next(region.track for plan in plans for region in plan.regions)
    return planted_leaks.Case(source, output, plans, track, frames)


@pytest.fixture()
def case(kept: Any, tmp_path: Path) -> Any:
    """A copy of its own: leaks are planted beside it."""
    output = tmp_path / "out.mp4"
    for path in (kept.output, plan_path(kept.output), report_path(kept.output)):
        shutil.copy(path, tmp_path / path.name)
    source = Path(shutil.copy(kept.source, tmp_path / "source.mp4"))
    return planted_leaks.Case(source, output, kept.plans, kept.track, kept.frames)


def result_of(events: Iterator[Event]) -> AuditResult:
    last = list(events)[-1]
    assert isinstance(last, Audited), last
    return last.result


def test_a_clean_output_passes(case: Any, red: ModelPool) -> None:
    events = list(audit(case.source, case.output, models=red))
    assert isinstance(events[0], Started)
    assert any(isinstance(e, Progress) and e.phase == "audit" for e in events)
    result = events[-1].result  # type: ignore[union-attr]
    assert (result.status, result.exit_code) == (Status.PASS, 0), result.reasons
    assert result.frames == FRAMES
    assert all(check.ran for check in result.checks)
    assert {"media", "audio", "leftovers", "pixels", "outside", "search-own", "search-face"} <= {
        c.name for c in result.checks
    }


@pytest.mark.parametrize("name", list(planted_leaks.LEAKS))
def test_every_planted_leak_is_found(case: Any, red: ModelPool, tmp_path: Path, name: str) -> None:
    target = tmp_path / "leaked.mp4"
    shutil.copy(plan_path(case.output), plan_path(target))
    leak = planted_leaks.LEAKS[name][1](case, target)
    result = result_of(audit(case.source, target, models=red))
    assert planted_leaks.is_found(leak, result, AuditResult("", "")), [f.message for f in result.findings]
    assert result.status is not Status.PASS


@pytest.mark.parametrize("name", ["clear-frame", "missed"])
def test_without_a_plan_the_output_is_searched_all_the_same(
    case: Any, red: ModelPool, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "leaked.mp4"
    leak = planted_leaks.LEAKS[name][1](case, target)
    plan_path(target).unlink(missing_ok=True)
    result = result_of(audit(case.source, target, models=red))
    assert result.plan is None
    assert planted_leaks.is_found(leak, result, AuditResult("", ""))


def test_without_a_plan_nothing_passes(case: Any, red: ModelPool) -> None:
    plan_path(case.output).unlink()
    result = result_of(audit(case.source, case.output, models=red))
    assert result.status is Status.NEEDS_REVIEW
    assert any(not check.ran for check in result.checks)


def test_where_nothing_was_hidden_nothing_passes(tmp_path: Path, red: ModelPool) -> None:
    source, output = street(tmp_path / "empty.mp4", people=False, sound=False), tmp_path / "out.mp4"
    list(clean(Job(source, output), models=red))
    result = result_of(audit(source, output, models=red))
    assert result.status is Status.NEEDS_REVIEW
    assert any("Nothing at all was hidden" in reason for reason in result.reasons)


def test_a_missing_extra_is_to_review_and_names_the_line(case: Any) -> None:
    def absent(**_: Any) -> Any:
        raise ExtraMissing("the independent face detector is not installed", hint=extra_hint("audit"))

    models = seeing_red(second_detector=absent, text_reader=absent)
    result = result_of(audit(case.source, case.output, models=models))
    assert (result.status, result.exit_code) == (Status.NEEDS_REVIEW, 9)
    missing = {check.name: check for check in result.checks if not check.ran}
    assert set(missing) == {"search-face", "read-back"}
    assert all("dashcamcleaner[audit]" in check.description for check in missing.values())


def test_a_plan_of_another_clip_is_not_used(case: Any, red: ModelPool, tmp_path: Path) -> None:
    other = street(tmp_path / "other.mp4", people=False)
    result = result_of(audit(other, case.output, models=red))
    assert result.plan is None
    assert result.status is not Status.PASS
    events = list(audit(other, case.output, plan=plan_path(case.output), models=red))
    assert isinstance(events[-1], Failed)
    assert events[-1].error.exit_code == 6


def test_it_can_be_cancelled_and_touches_nothing(case: Any, red: ModelPool) -> None:
    control = Control()
    before = {path: path.read_bytes() for path in (case.source, case.output)}
    control.cancel()
    last = list(audit(case.source, case.output, control=control, models=red))[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, Cancelled)
    assert before == {path: path.read_bytes() for path in before}


def test_clean_audits_at_the_end_and_reports_it(tmp_path: Path, red: ModelPool) -> None:
    source, output = street(tmp_path / "a.mp4"), tmp_path / "out.mp4"
    events = list(clean(Job(source, output, audit=True), models=red))
    assert any(isinstance(e, Progress) and e.phase == "audit" for e in events)
    assert isinstance(events[-1], Finished)
    summary = events[-1].summary
    assert summary.audit is not None
    assert summary.audit["status"] == "PASS"
    data = read_report(report_path(output))
    assert data["audit"]["status"] == "PASS"
    assert data["output_sha256"]
    assert data["timeline"]["kinds"]["face"]
    assert "PASS" in html_path(report_path(output)).read_text()


def test_runs_and_audits_of_one_pool_open_each_model_once(tmp_path: Path) -> None:
    asked: list[int] = []

    def detector(*, inference_size: int, **_: Any) -> fakes.ColourDetector:
        asked.append(inference_size)
        return fakes.ColourDetector(RED, score=0.85, least_px=8 if inference_size == 320 else 12)

    models = fakes.pool(detector, second_detector=detector)
    source = street(tmp_path / "a.mp4", sound=False)
    for number in range(3):
        events = list(clean(Job(source, tmp_path / f"out{number}.mp4", audit=True), models=models))
        assert isinstance(events[-1], Finished)
        assert events[-1].summary.audit["status"] == "PASS"  # type: ignore[index]
    # The run's own; the audit's for whole pictures and crops, by the same weights and by others.
    assert len(asked) == 5


def test_fix_hides_what_was_found_and_can_be_undone(case: Any, red: ModelPool, tmp_path: Path) -> None:
    target = tmp_path / "leaked.mp4"
    planted_leaks.LEAKS["missed"][1](case, target)
    without = [json.loads(line) for line in plan_path(target).read_text().splitlines()[1:-1]]
    assert not any(frame["r"] for frame in without)
    _forget_detections(plan_path(target))
    source_before = case.source.read_bytes()
    result = result_of(audit_and_fix(case.source, target, rounds=2, models=red))
    assert result.rounds == 1
    assert result.fixes
    assert result.status is Status.PASS, [f.message for f in result.findings]
    assert case.source.read_bytes() == source_before
    edits = tmp_path / "leaked.mp4.edits.jsonl"
    lines = [json.loads(line) for line in edits.read_text().splitlines()]
    assert all(line["by"] == "audit" for line in lines[1:])
    with PlanReader(plan_path(target)) as reader:
        assert any(r.origin.value == "manual" for plan in reader for r in plan.regions)
    edits.unlink()  # undone: the next rendering does not know of it
    list(clean(Job(case.source, target, resolve({"overwrite": True}), from_plan=plan_path(target)), models=red))
    with PlanReader(plan_path(target)) as reader:
        assert not any(plan.regions for plan in reader)


@pytest.mark.parametrize("folder", ["plans", "."])
def test_fix_audits_what_it_rendered_wherever_the_plan_lies(
    case: Any, red: ModelPool, tmp_path: Path, folder: str
) -> None:
    target = tmp_path / "leaked.mp4"
    planted_leaks.LEAKS["missed"][1](case, target)
    _forget_detections(plan_path(target))
    plan = tmp_path / folder / "other.plan.jsonl"
    plan.parent.mkdir(exist_ok=True)
    shutil.move(plan_path(target), plan)
    zone = HiddenZone((0.0, 0.0, 9.0, 9.0))
    EditsFile.beside(plan).write(Edits.of(zone))
    result = result_of(audit_and_fix(case.source, target, plan=plan, rounds=2, models=red))
    assert result.plan == str(plan_path(target))
    assert result.status is Status.PASS, [f.message for f in result.findings]
    assert result.rounds == 1
    edits = EditsFile.beside(plan).read().entries
    assert edits[0] == zone
    assert len(edits) > 1
    beside = EditsFile.beside(plan_path(target))
    assert beside.read().entries == edits, "audits and renderings of the result go by them"
    assert beside.is_ours


@pytest.mark.parametrize("by", ["a file", "the command line"])
def test_who_is_left_clear_on_purpose_is_to_review_wherever_the_plan_lies(
    red: ModelPool, tmp_path: Path, by: str
) -> None:
    source, first = street(tmp_path / "a.mp4", sound=False), tmp_path / "first.mp4"
    list(clean(Job(source, first), models=red))
    with PlanReader(plan_path(first)) as reader:
        keep = KeepTrack(next(r.track for plan in reader for r in plan.regions if r.track is not None))
    said = () if by == "a file" else (keep,)
    if not said:
        EditsFile.beside(plan_path(first)).write(Edits.of(keep))
    output = tmp_path / "elsewhere" / "out.mp4"
    job = Job(source, output, from_plan=plan_path(first), added_edits=said, audit=True)
    last = list(clean(job, models=red))[-1]
    assert isinstance(last, Finished)
    assert last.summary.audit is not None
    assert last.summary.audit["status"] == "NEEDS REVIEW", last.summary.audit["reasons"]
    beside = EditsFile.beside(plan_path(output))
    assert beside.read(missing_ok=True).entries == (() if said else (keep,)), "what is said for this once is not kept"
    assert beside.is_ours


def test_fix_tells_what_goes_wrong(case: Any, red: ModelPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "leaked.mp4"
    planted_leaks.LEAKS["missed"][1](case, target)
    _forget_detections(plan_path(target))
    edits = EditsFile.beside(plan_path(target)).path
    edits.write_text('{"edits": "dashcamcleaner", "version": [1, 0]}\n{"edit": "keep", "track": 1}\n')
    before = edits.read_bytes()
    last = list(audit_and_fix(case.source, target, models=red))[-1]
    assert isinstance(last, Failed)
    assert last.error.exit_code == 9, "edits from elsewhere need a yes before anything is added to them"
    assert edits.read_bytes() == before
    edits.unlink()

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr("dashcamcleaner.jobs.fix.ClipPreview", broken)
    assert isinstance(list(audit_and_fix(case.source, target, models=red))[-1], Failed)


def test_edits_that_this_version_does_not_know_are_to_review(case: Any, red: ModelPool, tmp_path: Path) -> None:
    output = tmp_path / "copy.mp4"
    shutil.copy(case.output, output)
    shutil.copy(plan_path(case.output), plan_path(output))
    assert result_of(audit(case.source, output, models=red)).status is Status.PASS
    edits = tmp_path / "copy.mp4.edits.jsonl"
    edits.write_text('{"edits": "dashcamcleaner", "version": [1, 3]}\n{"edit": "tint", "track": 1}\n')
    before = edits.read_bytes()
    events = list(audit(case.source, output, models=red))
    assert any(isinstance(event, Warned) and "'tint'" in event.message for event in events)
    result = events[-1].result
    assert result.status is Status.NEEDS_REVIEW
    assert [f.code for f in result.findings if f.severity is Severity.REVIEW] == ["edits-unknown"]
    assert edits.read_bytes() == before


def _forget_detections(plan: Path) -> None:
    """The detector never saw the object: rendering again from the plan alone does not help."""
    lines = plan.read_text().splitlines()
    frames = [json.loads(line) for line in lines[1:-1]]
    for frame in frames:
        frame["d"] = []
    plan.write_text("\n".join([lines[0], *(json.dumps(frame) for frame in frames), lines[-1]]) + "\n")
    take_over(plan, plan, accepted={examine_plan(plan).sha256})


def run_cli(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments], models=seeing_red())


def test_the_command_gives_status_and_report(case: Any, tmp_path: Path, capsys: Any) -> None:
    assert run_cli("audit", case.source, case.output) == 0
    assert "PASS" in capsys.readouterr().out
    target = tmp_path / "leaked.mp4"
    planted_leaks.LEAKS["location"][1](case, target)
    shutil.copy(plan_path(case.output), plan_path(target))
    assert run_cli("audit", case.source, target, "--json") == 10
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["audit"]["status"] == "FAIL"
    assert read_report(report_path(target))["audit"]["findings"][0]["code"] == "location"


def test_a_folder_gives_a_table_worst_first(case: Any, tmp_path: Path, capsys: Any) -> None:
    sources, outputs = tmp_path / "in", tmp_path / "cleaned"
    sources.mkdir()
    outputs.mkdir()
    for name in ("good", "bad"):
        shutil.copy(case.source, sources / f"{name}.mp4")
        shutil.copy(case.output, outputs / f"{name}.mp4")
        shutil.copy(plan_path(case.output), plan_path(outputs / f"{name}.mp4"))
    planted_leaks.LEAKS["location"][1](case, outputs / "bad.mp4")
    assert run_cli("audit", sources, outputs, "--quiet") == 10
    told = capsys.readouterr().out
    table = told[told.index("status") :]
    assert table.index("bad.mp4") < table.index("good.mp4")
    page = (outputs / "report.html").read_text()
    assert page.index("bad.mp4") < page.index("good.mp4")


def test_verify_tells_the_file_from_another(case: Any, tmp_path: Path, capsys: Any) -> None:
    report = report_path(case.output)
    assert run_cli("verify", report, case.output) == 0
    with case.output.open("ab") as file:
        file.write(b"\0")
    assert run_cli("verify", report, case.output) == 10
    assert "another" in capsys.readouterr().out
    assert run_cli("verify", report, tmp_path / "missing.mp4") == 3
    assert run_cli("verify", case.source, case.output) == 3


def test_a_sized_down_output_fails(case: Any, red: ModelPool, tmp_path: Path) -> None:
    small = clips.make(tmp_path / "small.mp4", size=(192, 108), frames=FRAMES)
    result = result_of(audit(case.source, small.path, models=red))
    assert result.status is Status.FAIL
    assert "size" in {f.code for f in result.findings if f.severity is Severity.FAIL}


def test_checks_tell_what_they_show() -> None:
    assert Check("a", "A", looked_at=3).description == "nothing wrong in 3 frames"


def test_a_folder_cleaned_and_audited_gives_one_page(tmp_path: Path, capsys: Any) -> None:
    sources = tmp_path / "in"
    sources.mkdir()
    street(sources / "a.mp4", sound=False)
    street(sources / "b.mp4", people=False, sound=False)
    (sources / "c.mp4").write_bytes(b"broken" * 50)
    assert run_cli("clean", sources, "-o", tmp_path / "out", "--audit") == 3
    told = capsys.readouterr().out
    assert told.index("failed", told.index("status ")) < told.index("NEEDS REVIEW", told.index("status "))
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.index("c.mp4") < page.index("b.mp4") < page.index("a.mp4")
    assert 'href="a.mp4.report.html"' in page


@pytest.mark.parametrize(
    ("one", "other", "ends"), [(0, 9, 9), (9, 10, 10), (10, 9, 10), (10, 3, 3), (3, 10, 3), (7, 9, 9), (0, 0, 0)]
)
def test_the_worst_status_is_the_one_that_counts(one: int, other: int, ends: int) -> None:
    from dashcamcleaner.cli.audit import worse

    assert worse(one, other) == ends


RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "variable frame rate": (".mp4", {"pts": clips.vfr_pts(30)}),
    "variable frame rate into Matroska": (".mkv", {"pts": clips.vfr_pts(30)}),
    "b-frames": (".mp4", {"b_frames": 3, "gop": 12}),
    "turned": (".mp4", {"clockwise": 90}),
    "turned and mirrored": (".mp4", {"clockwise": 270, "mirrored": True}),
    "ten bits": (".mp4", {"pix_fmt": "yuv420p10le", "codec": "libx265"}),
    "full range": (".mp4", {"pix_fmt": "yuvj420p"}),
    "4:4:4": (".mp4", {"pix_fmt": "yuv444p"}),
    "late start": (".mp4", {"start_pts": 46080}),
    "two sounds": (".mp4", {"sounds": (clips.Sound(), clips.Sound(language="deu", start_s=0.1))}),
    "sound into Matroska": (".mkv", {"sounds": (clips.Sound(),)}),
    "chapters and tags": (".mp4", {"chapters": ((0.0, 0.5, "a"), (0.5, 1.0, "b")), "tags": {"title": "x"}}),
    "a cover": (".mp4", {"cover": True}),
    "odd size": (".mp4", {"size": (319, 179), "pix_fmt": "yuv444p"}),
}


@pytest.mark.parametrize("name", list(RECIPES))
def test_nothing_is_invented_on_clips_of_many_kinds(name: str, tmp_path: Path) -> None:
    suffix, changes = RECIPES[name]
    made = clips.make(tmp_path / "in.mp4", **changes)
    seen = [(40.0, 60.0, 90.0, 110.0, 0.9, "face")]
    models = fakes.pool(fakes.ScriptedDetector(lambda n, p: seen, script_size=(320, 180)))
    output = tmp_path / f"out{suffix}"
    assert isinstance(list(clean(Job(made.path, output), models=models))[-1], Finished)
    result = result_of(audit(made.path, output, models=seeing_red(blind=True)))
    assert [f.message for f in result.findings if f.severity is not Severity.NOTE] == []
    assert result.status is Status.PASS
    assert result.frames == len(made.pts)
