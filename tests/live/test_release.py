"""What may leave: neither a proof nor a released frame can be made without what it stands for."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region
from dashcamcleaner.live.release import CoverReason, Proof, ReleasedFrame

PACKAGE = Path(__file__).resolve().parents[2] / "dashcamcleaner"


def proof(**changes: Any) -> Proof:
    values: dict[str, Any] = {
        "number": 3, "captured_s": 1.0, "regions": (), "detected_before_s": 0.95, "detected_after_s": 1.05,
        "carry_s": 0.2,
    }  # fmt: skip
    return Proof(**{**values, **changes})


def test_a_proof_encloses_its_frame_by_detections_close_to_each_other() -> None:
    proof()
    proof(detected_before_s=1.0, detected_after_s=1.0, carry_s=0.0)
    for wrong in (
        {"detected_before_s": 1.01},
        {"detected_after_s": 0.99},
        {"detected_before_s": 0.8},
        {"detected_after_s": 1.3},
        {"detected_after_s": float("inf")},
        {"captured_s": float("nan")},
        {"regions": (Region((0, 0, 9, 9), WHOLE_FRAME, 1.0, Origin.DAMAGED),)},
    ):
        with pytest.raises(ValueError, match=r"frame 3|no numbers"):
            proof(**wrong)


def test_a_frame_leaves_with_its_own_proof_or_covered_and_never_with_both_or_neither() -> None:
    assert not ReleasedFrame(3, 1.0, None, proof=proof()).covered
    assert ReleasedFrame(3, 1.0, None, reason=CoverReason.LATE).covered
    for number, captured_s, given in (
        (3, 1.0, {}),
        (3, 1.0, {"proof": proof(), "reason": CoverReason.LATE}),
        (4, 1.0, {"proof": proof()}),
        (3, 1.01, {"proof": proof()}),
    ):
        with pytest.raises(ValueError, match=r"frame"):
            ReleasedFrame(number, captured_s, None, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "places"),
    [("ReleasedFrame", {"live/gate.py"}), ("Proof", {"live/analysis.py"}), ("ReleasedSound", {"live/gate.py"})],
)
def test_only_one_module_makes_what_leaves(name: str, places: set[str]) -> None:
    makers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name
    }
    assert makers == places
