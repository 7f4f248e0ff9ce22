"""Edits without a widget: unlimited undo and redo, and a file that is what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.errors import OutputError, PlanError
from dashcamcleaner.gui.review_model import HEADER, EditStack, Verdict

BOX = (10.0, 20.0, 60.0, 80.0)


def test_keeping_and_removing_exclude_each_other(tmp_path: Path) -> None:
    stack = EditStack(tmp_path / "a.edits.jsonl")
    stack.toggle(Verdict.KEEP, 3)
    stack.toggle(Verdict.CHECKED, 3)
    stack.toggle(Verdict.DROP, 3)
    edits = stack.edits
    assert (edits.keep, edits.drop, edits.checked) == (frozenset(), {3}, {3})
    stack.toggle(Verdict.DROP, 3)
    assert stack.edits.drop == frozenset()


def test_what_is_saved_is_read_by_the_engine_and_by_the_next_review(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    stack = EditStack(path)
    stack.toggle(Verdict.KEEP, 3)
    stack.rename(3, "Ann Ünal")
    place = stack.add_region([(1.0, BOX), (2.0, BOX)])
    stack.set_key(place, 1.5, (15, 25, 65, 85))
    stack.add_zone("frames", box=None, from_s=3.0, to_s=4.0)
    stack.add_zone("fixed", box=BOX)
    stack.save()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert Edits.from_lines(lines) == stack.edits
    assert EditStack(path, lines).state == stack.state
    assert stack.edits.regions[0].at(1.5) == (15, 25, 65, 85)
    assert not path.with_name(path.name + ".partial").exists()


def test_no_edits_leave_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    stack = EditStack(path)
    stack.toggle(Verdict.KEEP, 1)
    stack.save()
    assert path.exists()
    stack.undo()
    stack.save()
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    stack = EditStack(tmp_path / "gone" / "a.edits.jsonl")
    stack.toggle(Verdict.KEEP, 1)
    with pytest.raises(OutputError):
        stack.save()


def test_foreign_lines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError):
        EditStack(tmp_path / "a", ["not edits"])


def test_following_belongs_to_the_step_of_drawing(tmp_path: Path) -> None:
    stack = EditStack(tmp_path / "a")
    place = stack.add_region([(1.0, BOX)])
    before = stack.state
    assert stack.extend_region(before, place, [(0.5, BOX), (1.0, BOX), (1.5, BOX)])
    assert len(stack.edits.regions[0].keys) == 3
    stack.undo()
    assert stack.state == ()
    stack.redo()
    assert len(stack.edits.regions[0].keys) == 3


def test_following_that_comes_too_late_changes_nothing(tmp_path: Path) -> None:
    stack = EditStack(tmp_path / "a")
    place = stack.add_region([(1.0, BOX)])
    before = stack.state
    stack.toggle(Verdict.KEEP, 1)
    assert not stack.extend_region(before, place, [(0.5, BOX), (1.5, BOX)])


def test_a_region_is_fitted_to_a_span(tmp_path: Path) -> None:
    stack = EditStack(tmp_path / "a")
    place = stack.add_region([(0.0, (0, 0, 10, 10)), (10.0, (100, 0, 110, 10))])
    stack.trim(place, 2.0, 4.0)
    region = stack.edits.regions[0]
    assert (region.keys[0][0], region.keys[-1][0]) == (2.0, 4.0)
    assert region.at(3.0) == pytest.approx((30, 0, 40, 10))
    stack.trim(place, 0.0, 6.0)  # longer again: its ends stay where they were
    region = stack.edits.regions[0]
    assert region.at(0.5) == pytest.approx((20, 0, 30, 10), abs=6)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["keep", "drop", "only", "checked"]), st.integers(1, 4)),
        st.tuples(st.just("region"), st.integers(0, 9)),
        st.tuples(st.sampled_from(["undo", "redo", "remove"]), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(OPERATIONS)
def test_undo_and_redo_walk_the_states(operations: list[tuple[str, int]]) -> None:
    stack = EditStack(Path("none"))
    for what, value in operations:
        if what == "undo":
            stack.undo()
        elif what == "redo":
            stack.redo()
        elif what == "region":
            stack.add_region([(float(value), BOX)])
        elif what == "remove":
            hand = stack.by_hand()
            if hand:
                stack.remove(hand[0][0])
        else:
            stack.toggle(what, value)
        Edits.from_lines([HEADER, *stack.state])
    here = stack.state
    forward = []
    while stack.can_redo:
        stack.redo()
        forward.append(stack.state)
    for _ in forward:
        stack.undo()
    assert stack.state == here
    while stack.can_undo:
        stack.undo()
    assert stack.state == ()
