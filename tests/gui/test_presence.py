"""Says visibly, in one line, when the window's tests were left out."""

from __future__ import annotations

import pytest


def test_the_windows_tests_were_run() -> None:
    for name in ("PyQt5", "pytestqt"):
        pytest.importorskip(name, reason=f"the tests of the window need {name}")
