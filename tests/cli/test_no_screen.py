"""The window without a screen, in real processes: one sentence and a status, never an abort."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the screen belongs to the system")
@pytest.mark.parametrize(
    "screen",
    [{"DISPLAY": ":4711"}, {"QT_QPA_PLATFORM": "nonsense"}, {"QT_QPA_PLATFORM": "wayland", "WAYLAND_DISPLAY": "none"}],
    ids=str,
)
def test_a_screen_that_is_not_there_is_told(screen: dict[str, str]) -> None:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {key: value for key, value in os.environ.items() if key not in names}
    done = subprocess.run(
        [sys.executable, "-m", "dashcamcleaner", "window"],
        env={**environment, **screen},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("dashcamcleaner: There is no screen to open the window on")
    assert done.stderr.count("\n") == 2  # the sentence and its hint
    assert not done.stdout
