"""Shared fixtures. Media is made at test time; measuring data is used only where it lies, and skipped visibly."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dashcamcleaner.messages import use_catalog

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LANGUAGE"] = "C"  # tests read English, whatever their reader speaks

# The same examples on every run: a build must not fail by luck. HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

# Fixtures that live longer than a test have a home of their own; its seals hold in every test.
_HOME = tempfile.TemporaryDirectory(prefix="dashcamcleaner-home-")
os.environ["DASHCAMCLEANER_HOME"] = _HOME.name

DATA = Path(os.environ.get("DASHCAMCLEANER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A test that speaks another language leaves none behind."""
    yield
    use_catalog(None, "en")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, trust and caches of the user who runs the tests are neither read nor written."""
    home = tmp_path_factory.mktemp("home")
    if (key := Path(_HOME.name) / "state" / "seal.key").exists():
        (home / "state").mkdir(mode=0o700)
        shutil.copy2(key, home / "state" / "seal.key")
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_closer_looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted detectors answer picture by picture: an enlarged crop is not one of theirs. Tests of closer looks are
    marked ``closer_looks``."""
    if request.node.get_closest_marker("closer_looks") is None:
        from dashcamcleaner.pipeline import build, context

        for module in (context, build):
            monkeypatch.setattr(module, "checker_for", lambda settings, detector, models: None)


@pytest.fixture()
def data_folder() -> Path:
    """The measuring data (see CONTRIBUTING.md); the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"measuring data not found at {DATA}; set DASHCAMCLEANER_DATA")
    return DATA


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A thread of ours that outlives its test is a leak: every run joins what it started."""
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("dashcamcleaner-")]
    assert not left, f"threads left running: {left}"
