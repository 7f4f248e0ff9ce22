"""Number 9: killed at any point, on a full disk, or stopped twice: the same command completes, and nothing half stands.

Points are the run's own file operations, counted by Python's audit hook, so that the last milliseconds have as many as
all the rest; or moments in time. ``DASHCAMCLEANER_ATTACKS=200`` tries every operation and fifty moments, by hand.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.errors import OutputError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media import probe
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.pipeline import publication
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.report.data import html_path, read_report, report_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")
ATTACKS = int(os.environ.get("DASHCAMCLEANER_ATTACKS", "8"))
FRAMES = 30

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX ones")

PROGRAM = """
import os, signal, sys, time
sys.path.insert(0, {root!r})
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background hands down that it is ignored
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.argv = ["dashcamcleaner", *{words!r}]
from tests import fakes
from dashcamcleaner import cli
import dashcamcleaner.__main__ as program
from dashcamcleaner.audit import models  # what is imported late would count as points
import dashcamcleaner.jobs.batch, dashcamcleaner.cli.show
kill_at, seconds, limit = {kill_at}, {seconds}, {limit}

def look(number, picture):
    time.sleep(seconds)
    return [{face!r}]

pool = fakes.pool(fakes.ScriptedDetector(look, script_size=(320, 180)))
really = cli.main
cli.main = lambda words: really(words, models=pool)
POINTS = ("os.mkdir", "os.rmdir", "os.rename", "os.link", "os.remove", "os.truncate", "os.utime", "open", "fcntl.flock")
count = 0

def counting(event, args):
    global count
    if event in POINTS and {folder!r} in str(args[0]) or event in ("fcntl.flock", "os.truncate"):
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(counting)
if limit:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
leaving = os._exit
os._exit = lambda status: (print("points", count, flush=True), leaving(status))
program.run()
"""


def program(folder: Path, *words: object, kill_at: int = 0, seconds: float = 0.0, limit: int = 0) -> list[str]:
    """The command line over a detector that always sees a face, in a process of its own."""
    code = PROGRAM.format(
        root=str(Path(__file__).parents[2]), words=[str(word) for word in words], face=FACE, folder=str(folder),
        kill_at=kill_at, seconds=seconds, limit=limit,
    )  # fmt: skip
    return [sys.executable, "-c", code]


def child(folder: Path, *words: object, **more: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program(folder, *words, **more),  # type: ignore[arg-type]
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def again(source: Path, output: Path) -> list[Event]:
    """The same command once more, undisturbed."""
    models = fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))
    return list(clean(Job(source, output, resolve({})), models=models))


def frames_of(path: Path) -> list[bytes]:
    with open_clip(path, info=probe.probe(path)) as decoder:
        return [b"".join(plane.tobytes() for plane in frame.planes) for frame in decoder]


def side_outputs(output: Path) -> list[Path]:
    return [plan_path(output), report_path(output), html_path(report_path(output))]


def require_whole(output: Path, expected: list[bytes]) -> None:
    assert frames_of(output) == expected
    with PlanReader(plan_path(output)) as reader:
        assert len(list(reader)) == FRAMES
        assert reader.complete
    assert read_report(report_path(output))["output"] == str(output)
    names = {output.name, "in.mp4", *(path.name for path in side_outputs(output))}
    assert {path.name for path in output.parent.iterdir()} == names


@pytest.mark.timeout(1200)
def test_killed_anywhere_the_same_command_completes(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    whole = tmp_path / "whole"
    whole.mkdir()
    shutil.copy2(made.path, whole / "in.mp4")
    undisturbed = child(whole, "clean", whole / "in.mp4", "-o", whole / "out.mp4")
    assert undisturbed.returncode == 0, undisturbed.stderr
    points = int(re.findall(r"points (\d+)", undisturbed.stdout)[0])
    assert points > 20
    expected = frames_of(whole / "out.mp4")
    chosen = random.Random(9)
    last = range(max(1, points - 25), points + 1)  # from the first file that gets its name to the lock's end
    tried = {points, *chosen.sample(last, min(len(last), ATTACKS * 3 // 4))}
    others = sorted(set(range(1, points + 1)) - tried)
    tried |= set(chosen.sample(others, min(len(others), max(0, ATTACKS - len(tried)))))
    for number in sorted(tried):
        folder = tmp_path / f"killed{number}"
        folder.mkdir()
        shutil.copy2(made.path, folder / "in.mp4")
        ended = child(folder, "clean", folder / "in.mp4", "-o", folder / "out.mp4", kill_at=number)
        assert ended.returncode == -signal.SIGKILL, (number, ended.returncode, ended.stderr)
        events = again(folder / "in.mp4", folder / "out.mp4")
        assert isinstance(events[-1], Finished), (number, events[-1])
        require_whole(folder / "out.mp4", expected)
        shutil.rmtree(folder)
        print(f"killed at {number} of {points}: whole", flush=True)


@pytest.mark.timeout(1200)
def test_killed_at_any_moment_the_same_command_completes(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    whole = tmp_path / "whole"
    whole.mkdir()
    shutil.copy2(made.path, whole / "in.mp4")
    begun = time.monotonic()
    assert child(whole, "clean", whole / "in.mp4", "-o", whole / "out.mp4").returncode == 0
    lasts_s = time.monotonic() - begun
    expected = frames_of(whole / "out.mp4")
    chosen = random.Random(100)
    for number in range(max(2, ATTACKS // 4)):
        folder = tmp_path / f"moment{number}"
        folder.mkdir()
        shutil.copy2(made.path, folder / "in.mp4")
        output = folder / "out.mp4"
        with subprocess.Popen(
            program(folder, "clean", folder / "in.mp4", "-o", output), stdout=subprocess.DEVNULL
        ) as running:
            with contextlib.suppress(subprocess.TimeoutExpired):  # every second one near the end
                running.wait(lasts_s * (chosen.random() if number % 2 else chosen.uniform(0.85, 1.0)))
            running.kill()
        if running.returncode == -signal.SIGKILL:
            events = again(folder / "in.mp4", output)
            if isinstance(events[-1], Failed):  # killed after its very last act
                assert "exists already" in events[-1].error.message, (number, events[-1])
        require_whole(output, expected)
        shutil.rmtree(folder)
        print(f"killed at moment {number}: whole", flush=True)


def test_killed_at_its_very_end_nothing_is_done_twice(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    ended = child(tmp_path, "clean", made.path, "-o", tmp_path / "out.mp4")
    points = int(re.findall(r"points (\d+)", ended.stdout)[0])
    for path in (tmp_path / "out.mp4", *side_outputs(tmp_path / "out.mp4")):
        path.unlink()
    child(tmp_path, "clean", made.path, "-o", tmp_path / "out.mp4", kill_at=points)
    before = (tmp_path / "out.mp4").stat()
    events = again(made.path, tmp_path / "out.mp4")
    assert isinstance(events[-1], Finished)
    assert events[-1].summary.frames == FRAMES
    assert (tmp_path / "out.mp4").stat().st_ino == before.st_ino
    assert isinstance(again(made.path, tmp_path / "out.mp4")[-1], Failed), "it exists, and its run is over"


def test_what_fails_between_two_names_takes_back_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    really = publication.publish

    def failing(work: publication.WorkFile, final: Path, *, overwrite: bool) -> None:
        if final.name == "out.mp4":
            raise OutputError("no.")
        really(work, final, overwrite=overwrite)

    monkeypatch.setattr(publication, "publish", failing)
    assert isinstance(again(made.path, tmp_path / "out.mp4")[-1], Failed)
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4"}


def test_a_disk_that_fills_up_anywhere_leaves_no_name_and_no_traceback(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES, busy=True)
    assert isinstance(again(made.path, tmp_path / "out.mp4")[-1], Finished)
    sizes = sorted(path.stat().st_size for path in (tmp_path / "out.mp4", *side_outputs(tmp_path / "out.mp4")))
    for path in (tmp_path / "out.mp4", *side_outputs(tmp_path / "out.mp4")):
        path.unlink()
    limits = [1, 500, *(size - less for size in sizes for less in (1, 700))]
    for limit in random.Random(9).sample(limits, min(len(limits), max(4, ATTACKS // 2))):
        ended = child(tmp_path, "clean", made.path, "-o", tmp_path / "out.mp4", limit=limit)
        assert ended.returncode == 4, (limit, ended.returncode, ended.stderr)
        assert "Traceback" not in ended.stderr, (limit, ended.stderr)
        assert "Exception ignored" not in ended.stderr, (limit, ended.stderr)
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {"in.mp4"}, (limit, left)
    assert isinstance(again(made.path, tmp_path / "out.mp4")[-1], Finished)


@pytest.fixture()
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_others_fill_during_the_run_leaves_no_name_and_no_traceback(
    tmp_path: Path, small_disk: Path
) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES, busy=True)
    output = small_disk / "out.mp4"
    assert isinstance(again(made.path, tmp_path / "out.mp4")[-1], Finished)
    paths = [tmp_path / "out.mp4", *side_outputs(tmp_path / "out.mp4")]
    needed = sum(-(-path.stat().st_size // 4096) * 4096 for path in paths)
    rooms = [0, 50_000, *(needed + more for more in (-40_960, -8_192, -4_096, 0, 4_096, 65_536))]
    ends = []
    for room in rooms if ATTACKS > 8 else random.Random(9).sample(rooms, 4):
        with subprocess.Popen(
            program(small_disk, "clean", made.path, "-o", output, seconds=0.03),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as running:  # fmt: skip
            wait_for_work(small_disk)
            (small_disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - room))
            _, told = running.communicate(timeout=60)
        ends.append(running.returncode)
        assert "Traceback" not in told, (room, told)
        assert "Exception ignored" not in told, (room, told)
        left = {path.name for path in small_disk.iterdir()}
        names = {path.name for path in (output, *side_outputs(output))} if running.returncode == 0 else set()
        assert running.returncode in (0, 4), (room, told)
        assert left == {"ballast", *names}, (room, told)
        for path in small_disk.iterdir():
            path.unlink()
    assert 4 in ends


def wait_for_work(folder: Path) -> None:
    until = time.monotonic() + 60
    while not list(folder.glob(".dashcamcleaner-*-*")) and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.parametrize("pause_s", [0.0, 0.02, 0.15, 0.6])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)])
def test_two_stops_are_one(tmp_path: Path, pause_s: float, number: signal.Signals) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=200)
    words = program(tmp_path, "clean", made.path, "-o", tmp_path / "out.mp4", seconds=0.05)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        wait_for_work(tmp_path)
        time.sleep(random.Random(pause_s).random())
        running.send_signal(number)
        time.sleep(pause_s)
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 130, (running.returncode, told)
    assert "Traceback" not in told
    assert "Fatal" not in told
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4"}
