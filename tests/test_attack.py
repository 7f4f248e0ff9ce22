"""Proof by attack, the quick version: what was obscured cannot be read, alone or fused from 30 frames.

``benchmarks/attack.py`` holds the attacks and prints the full table. The controls show that each attack works where
obscuring is absent or naive: a check that cannot fail proves nothing.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rapidocr", reason="rapidocr reads the plates (pip install rapidocr)")

_PATH = Path(__file__).resolve().parents[1] / "benchmarks" / "attack.py"
_SPEC = importlib.util.spec_from_file_location("attack", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
attack = importlib.util.module_from_spec(_SPEC)
sys.modules["attack"] = attack
_SPEC.loader.exec_module(attack)

STYLES = ("gaussian", "mosaic")


@pytest.fixture(scope="module")
def reader():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # the engine's own deprecations
        return attack.Reader()


LOOKS = {24: "white", 56: "dark"}


@pytest.fixture(scope="module", params=LOOKS, ids=lambda height: f"{height}px")
def scene(request):
    height, look = request.param, LOOKS[request.param]
    text = attack.plate_text(np.random.default_rng(height))
    return text, attack.shoot(attack.Scene(text, height, seed=height, look=look))


def test_the_unobscured_plate_is_read(reader, scene):
    text, shots = scene
    clear = [shot.frame.planes[0] for shot in shots]
    assert attack.attack_single(reader, clear, shots, text, every=29) >= 6
    assert attack.attack_mean(reader, clear, shots, text) >= 6


def test_a_naive_mosaic_is_read_by_fusing(reader):
    """18 plain cells: nothing to be read in a frame, yet all of it in thirty. Why six rounded cells are the most."""
    text = attack.plate_text(np.random.default_rng(40))
    shots = attack.shoot(attack.Scene(text, 40, seed=1))
    with attack.weakened(cells=18):
        hidden = attack.hide(shots, style="mosaic", strength=1)
    single = attack.attack_single(reader, hidden, shots, text, every=29)
    fused = attack.fuse(hidden, shots, style="mosaic", strength=1, noise=2.0, many=18)
    assert single < 4
    assert reader.right(fused, text) >= 5


# Gaussian and mosaic show the same cells; each strength is attacked in one look or the other, the least in both.
@pytest.mark.parametrize(
    ("style", "strength"),
    [
        ("gaussian", 1),
        ("mosaic", 1),
        ("gaussian", 2),
        ("gaussian", 3),
        ("mosaic", 3),
        ("mosaic", 4),
        ("gaussian", 5),
        ("mosaic", 6),
    ],
)
def test_what_was_obscured_cannot_be_read(reader, scene, style, strength):
    text, shots = scene
    hidden = attack.hide(shots, style=style, strength=strength)
    assert attack.attack_single(reader, hidden, shots, text, every=15) < 2
    assert attack.attack_mean(reader, hidden, shots, text) < 2
    fused = attack.fuse(hidden, shots, style=style, strength=strength, noise=2.0)
    assert reader.right(fused, text) < 2
