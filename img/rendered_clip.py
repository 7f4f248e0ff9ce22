"""The clip of the pictures in the README: the demo's rendered street, with people whose faces are drawn, not real.

`make_screenshots.py` and `make_states.py` call `make_rendered_clip`; nobody who lives and no plate that exists is in
it. Short, since the program draws the face itself where it has no portrait.
"""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from dashcamcleaner.demo import clip
from dashcamcleaner.demo.scenery import drawn_face

__all__ = ["make_rendered_clip"]


def make_rendered_clip(folder: Path) -> Path:
    """Make ``street.mp4`` in a folder."""
    with mock.patch.object(clip, "portrait", drawn_face):
        return clip.make_demo(folder).rename(folder / "street.mp4")
