"""The command line starts quickly: nothing heavy is imported before it is known to be needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "openvino", "onnxruntime", "cv2", "av", "PyQt5", "numpy", "ultralytics", "rich", "PIL")


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('loaded', *sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    assert loaded_after("import dashcamcleaner.cli, dashcamcleaner.__main__") == set()


@pytest.mark.parametrize("words", [["--help"], ["clean", "--help"], ["settings"]])
def test_help_and_settings_load_nothing_heavy(words: list[str]) -> None:
    code = f"from dashcamcleaner.cli import main\ntry:\n    main({words!r})\nexcept SystemExit:\n    pass"
    assert loaded_after(code) == set()


@pytest.mark.parametrize(("words", "wanted"), [(["--version"], set()), (["clean", "--help"], {"clean", "audit"})])
def test_no_other_command_is_loaded_than_the_one_asked_for(words: list[str], wanted: set[str]) -> None:
    # Those of clean have a part of the audit's table in them.
    code = f"""
from dashcamcleaner import cli
try:
    cli.main({words!r})
except SystemExit:
    pass
print(*(name for name in cli.COMMANDS if "dashcamcleaner.cli." + name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", "import sys" + code], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()[-1].split()) == wanted


def test_without_words_the_window_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner import __main__, cli

    asked: list[list[str]] = []
    monkeypatch.setattr(cli, "main", lambda words: asked.append(list(words)) or 0)
    monkeypatch.setattr(sys, "argv", ["dashcamcleaner"])
    __main__.main()
    monkeypatch.setattr(sys, "argv", ["dashcamcleaner", __file__])
    __main__.main()
    monkeypatch.setattr(sys, "argv", ["dashcamcleaner", "clean", __file__])
    __main__.main()
    assert asked == [["window"], ["window", __file__], ["clean", __file__]]


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["claen", "x.mp4"], 2, "Did you mean clean?"),
        (["clean", "x.mp4", "--treshold", "0.2"], 2, "Did you mean --threshold?"),
        (["clean", "x.mp4", "--threshold", "2"], 2, "0 to 1"),
        (["clean", "x.mp4", "--profile", "publsh"], 2, "Did you mean publish?"),
        (["clean", "/nowhere/x.mp4"], 3, "There is no file /nowhere/x.mp4"),
        (["clean", "x.mp4", "--settings", "/nowhere.toml"], 2, "cannot be read"),
    ],
)
def test_mistakes_get_one_sentence(
    words: list[str], status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from dashcamcleaner.cli import main

    try:
        code = main(words)
    except SystemExit as stop:
        code = stop.code  # type: ignore[assignment]
    told_all = capsys.readouterr().err
    assert code == status
    assert told in told_all
    assert "Traceback" not in told_all
