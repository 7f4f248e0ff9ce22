"""What stands around the program when it is begun with ``start.py``: signals, statuses, and what it tells of itself."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import start

ROOT = Path(__file__).resolve().parents[1]
_DRIVER = """
import sys
sys.path.insert(0, sys.argv[1])
import start
from pathlib import Path
start.set_up = lambda wanted: 0
start.PYTHON = Path(sys.argv[2])
sys.exit(start.main(["clean", "a.mp4"]))
"""
_CHILD = """#!{python}
import signal, sys, time
def stop(number, frame):
    print("clearing up", flush=True)
    time.sleep(1)  # longer than the quarter of a second that subprocess waits for who was interrupted
    print("cleared up", flush=True)
    sys.exit(130)
signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
print("begun", sys.argv[1:], flush=True)
{then}
"""


def _begin(tmp_path: Path, then: str) -> subprocess.Popen[str]:
    child = tmp_path / "child"
    child.write_text(_CHILD.format(python=sys.executable, then=then))
    child.chmod(0o755)
    return subprocess.Popen(
        [sys.executable, "-c", _DRIVER, str(ROOT), str(child)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="process groups of POSIX")
@pytest.mark.parametrize("whole_group", [True, False])
def test_a_stopped_run_clears_up_and_its_status_is_given(tmp_path: Path, whole_group: bool) -> None:
    process = _begin(tmp_path, "time.sleep(60)")
    assert process.stdout is not None
    assert process.stdout.readline() == "begun ['-P', '-m', 'dashcamcleaner', 'clean', 'a.mp4']\n"
    if whole_group:  # as a terminal does
        os.killpg(process.pid, signal.SIGINT)
    else:  # as a service manager does
        process.terminate()
    told, errors = process.communicate(timeout=30)
    assert told == "clearing up\ncleared up\n"
    assert errors == ""
    assert process.returncode == 130


def test_its_help_names_the_programs_commands() -> None:
    from dashcamcleaner.cli import COMMANDS

    words = [sys.executable, str(ROOT / "start.py"), "--help"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    listed = told.partition("its commands are")[2].partition("python3 start.py clean --help")[0]
    assert tuple(word.strip() for word in listed.split(",")) == COMMANDS


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_that_cannot_be_written_to_is_named(
    tmp_path: Path, made: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "HERE", tmp_path)
    monkeypatch.setattr(start, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(start, "PYTHON", tmp_path / ".venv" / "python")
    monkeypatch.setattr(start.os, "access", lambda path, mode: False)  # who runs the tests may write everywhere
    monkeypatch.setattr(start.subprocess, "call", lambda *_, **__: pytest.fail("nothing can be made there"))
    (tmp_path / "requirements.txt").write_text("numpy\n")
    if made:
        start.VENV.mkdir()
        start.PYTHON.touch()
    assert start.main(["doctor"]) == 1
    told = capsys.readouterr().err
    assert f"{start.VENV if made else tmp_path} cannot be written to" in told
    assert "apt-get" not in told


def test_every_extra_of_the_package_can_be_set_up() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    within = {"onnx": "audit", "demo": "base", "window": "base"}  # which set-up brings them
    for extra in config["options.extras_require"]:
        assert within.get(extra, extra) in start.REQUIREMENTS, extra
        assert within.get(extra) == "base" or within.get(extra, extra) in (start.__doc__ or ""), extra
    for file in start.REQUIREMENTS.values():
        assert (ROOT / file).is_file(), file


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_that_a_signal_ended_has_the_status_that_shells_give(tmp_path: Path) -> None:
    process = _begin(tmp_path, "import os; os.kill(os.getpid(), signal.SIGKILL)")
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize(
    "doing", ['start.main(["completion", "bash"])', "start.has_pip()", "start.missing_libraries()"]
)
def test_modules_in_the_folder_of_the_clips_are_not_run(tmp_path: Path, doing: str) -> None:
    for name in ("pip", "PyQt5", "dashcamcleaner", "json", "argparse", "numpy"):
        package = tmp_path / name
        package.mkdir()
        for file in ("__init__.py", "__main__.py"):
            (package / file).write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    driver = f"""
import sys
sys.path[:] = [{str(ROOT)!r}] + [one for one in sys.path if one]
import start
start.set_up = lambda wanted: 0
start.PYTHON = start.Path(sys.executable)
{doing}
"""
    path = tmp_path / "driver" / "driver.py"
    path.parent.mkdir()
    path.write_text(driver)
    subprocess.run([sys.executable, str(path)], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert not (tmp_path / "ran").exists()
