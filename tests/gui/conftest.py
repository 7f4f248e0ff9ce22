"""Fixtures of the window's tests. What needs no widget is tested without Qt too; the rest is left out without it."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("PyQt5") is None or find_spec("pytestqt") is None:
    collect_ignore = [
        "test_app.py",
        "test_latency.py",
        "test_preview.py",
        "test_review.py",
        "test_review_objects.py",
        "test_sound.py",
        "test_zoom.py",
        "test_settings_form.py",
        "test_window.py",
    ]
else:
    from tests.gui.driving import (  # noqa: F401 - pytest finds fixtures by their names here
        detector,
        files,
        no_box_in_the_way,
        no_qthread_left,
        open_window,
        qtbot,
        street,
    )
