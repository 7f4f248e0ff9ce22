"""`clean` from the command line: what is printed, what the status is, what machines read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from dashcamcleaner import cli
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")


def main(words: Sequence[str]) -> int:
    """The command line over a detector that always sees a face."""
    return cli.main(words, models=fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180))))


def test_a_clip_is_cleaned_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=20, sounds=(clips.Sound(),), tags={"location": "+48.1+11.5/"})
    assert main(["clean", str(made.path), "-o", str(tmp_path / "out.mp4")]) == 0
    told = capsys.readouterr()
    for part in ("cleaned:", "20 frames", "face: hidden in 20 frames", "plate: none found", "location", "summary:"):
        assert part in told.out, part
    assert "\x1b" not in told.err, "plain lines in a pipe"


def test_machines_read_events_and_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=10)
    assert main(["clean", str(made.path), "-o", str(tmp_path / "out.mp4"), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "started"
    assert events[-1]["event"] == "summary"
    assert events[-1]["cleaned"] == 1
    finished = next(event for event in events if event["event"] == "finished")
    assert finished["summary"]["frames"] == 10


def test_one_bad_file_does_not_stop_a_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    clips.make(tmp_path / "in" / "good.mp4", frames=5)
    (tmp_path / "in" / "bad.mp4").write_text("<html>not found</html>")
    assert main(["clean", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 3
    told = capsys.readouterr()
    assert (tmp_path / "out" / "good.mp4").exists()
    assert not (tmp_path / "out" / "bad.mp4").exists()
    assert "1 cleaned, 0 partial, 1 failed" in told.out


def test_a_batch_of_bad_files_names_each_once_and_still_leaves_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "in" / name).write_text("<html>not found</html>")
    assert main(["clean", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 3
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert [line.count("a.mp4") for line in text.splitlines() if "a.mp4" in line] == [1]
    assert "b.mp4" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]


def test_a_partial_clip_has_its_own_status(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mkv", frames=60, busy=True)
    clips.truncate(made.path, fraction=0.6)
    assert main(["clean", str(made.path), "-o", str(tmp_path / "out.mp4")]) == 7
    assert (tmp_path / "out.mp4").exists()


def test_tracks_need_a_plan_and_must_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=10)
    source, plan = str(made.path), str(tmp_path / "a.mp4.plan.jsonl")
    assert main(["clean", source, "-o", str(tmp_path / "a.mp4"), "--keep-track", "1"]) == 2
    assert "--from-plan" in capsys.readouterr().err
    assert main(["clean", source, "-o", str(tmp_path / "a.mp4")]) == 0
    again = ["clean", source, "-o", str(tmp_path / "b.mp4"), "--overwrite", "--from-plan", plan]
    assert main([*again, "--keep-track", "999"]) == 6
    assert "no track 999" in capsys.readouterr().err
    assert main([*again, "--drop-track", "1"]) == 0
    assert "face: hidden" not in capsys.readouterr().out
    assert main([*again, "--cover", "0,0,50,50@0-0.1"]) == 0
    assert main([*again, "--cover", "0,0,50"]) == 2
    assert main([*again, "--exclude", "90,50,200,150"]) == 0


def test_a_stopped_run_says_how_to_continue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=30)
    from dashcamcleaner.cli.show import Display

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Display, "show", interrupt)
    assert main(["clean", str(made.path), "-o", str(tmp_path / "out.mp4")]) == 130
    assert "continues where it stopped" in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()


def test_settings_come_from_a_file_and_flags_win(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text('profile = "fast"\nquality = 30\nkeep = ["tags"]\n')
    made = clips.make(tmp_path / "in.mp4", frames=3)
    words = ["--settings", str(tmp_path / "mine.toml"), "--quality", "25", "--json"]
    assert main(["clean", str(made.path), "-o", str(tmp_path / "out.mp4"), *words]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = next(event for event in events if event["event"] == "finished")["summary"]["settings"]
    assert said == {"profile": "fast", "quality": 25, "keep": ["tags"]}


def test_what_was_too_unsure_is_not_said_to_be_left_clear_by_edits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=10)
    once = fakes.ScriptedDetector(lambda n, p: [(*FACE[:4], 0.62, "face")] if n == 3 else [], script_size=(320, 180))
    words = ["clean", str(made.path), "-o", str(tmp_path / "out.mp4"), "--overwrite", "--threshold", "0.6"]
    assert cli.main(words, models=fakes.pool(once)) == 0
    told = capsys.readouterr().out
    assert "1 detection, left clear: too unsure to be hidden" in told
    assert "edits" not in told


def test_a_pictures_report_lists_its_edits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.png"
    Image.new("RGB", (320, 180), "grey").save(source)
    words = ["clean", str(source), "-o", str(tmp_path / "out.png")]
    assert main([*words, "--exclude", "0,0,320,180", "--cover", "200,100,260,160"]) == 0
    report = json.loads(next(tmp_path.glob("*.report.json")).read_text(encoding="utf-8"))
    assert report["edits"] == [
        "area hidden throughout: 200,100,260,160, whole clip",
        "area in which finds are left clear: 0,0,320,180, whole clip",
    ]
    told = capsys.readouterr().out
    assert "1 detection, left clear: by edits or too unsure (finds in 1 area left clear)" in told


def test_what_hides_nothing_by_wish_is_not_called_cleaned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=1)
    assert main(["clean", str(made.path), "-o", str(tmp_path / "out.mp4"), "--no-faces", "--no-plates"]) == 0
    told = capsys.readouterr().out
    assert "cleaned" not in told
    assert "nothing was looked for, as asked" in told
    assert "  1 frame in" in told


def test_where_nothing_is_to_be_hidden_no_detector_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened(**_: object) -> fakes.ScriptedDetector:
        raise AssertionError("nobody asked for anything")

    made, none = clips.make(tmp_path / "in.mp4", frames=3), ["--no-faces", "--no-plates"]
    Image.new("RGB", (320, 180), "grey").save(tmp_path / "in.png")
    for source in (made.path, tmp_path / "in.png"):
        words = ["clean", str(source), "-o", str(tmp_path / f"out{source.suffix}"), *none, "--cover", "10,10,90,90"]
        assert cli.main(words, models=fakes.pool(opened)) == 0
        assert "manual: hidden in 1 frame" in capsys.readouterr().out.replace("3 frames", "1 frame")
    again = ["clean", str(made.path), "-o", str(tmp_path / "again.mp4"), "--from-plan"]
    assert main([*again, str(tmp_path / "out.mp4.plan.jsonl")]) == 6
    assert "Nothing was looked for when the plan out.mp4.plan.jsonl was made." in capsys.readouterr().err
    exported = tmp_path / "found.json"
    words = ["clean", str(made.path), "-o", str(tmp_path / "third.mp4"), *none, "--export-detections", str(exported)]
    assert main(words) == 0
    assert len(json.loads(exported.read_text(encoding="utf-8"))) == 3


def test_what_was_left_clear_on_request_is_not_said_to_be_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=5)
    first, again = str(tmp_path / "out.mp4"), str(tmp_path / "again.mp4")
    assert main(["clean", str(made.path), "-o", first]) == 0
    assert "1 track\n" in capsys.readouterr().out
    plan = str(tmp_path / "out.mp4.plan.jsonl")
    assert main(["clean", str(made.path), "-o", again, "--from-plan", plan, "--only-track", "1"]) == 0
    assert "plate: none hidden (all but 1 track left clear)" in capsys.readouterr().out


def test_a_clip_that_was_cleaned_and_audited_before_says_why_it_needs_a_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    clips.make(tmp_path / "in" / "a.mp4", frames=5)
    words = ["clean", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--audit"]
    status = main(words)
    told = capsys.readouterr().out
    assert status == 9
    assert main(words) == 9
    again = capsys.readouterr().out
    reasons = told[told.index("  audit: NEEDS REVIEW") : told.index("  plan:")]
    assert len(reasons.splitlines()) > 1
    assert reasons in again
