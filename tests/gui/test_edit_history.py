"""Edits without a widget: unlimited undo and redo, and a file that is what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashcamcleaner.core.edit_types import EDIT_TYPES, DrawnRegion, Edit, HiddenSpan, HiddenZone, UnknownEdit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack
from dashcamcleaner.errors import OutputError
from dashcamcleaner.gui.edit_history import EditHistory
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.edits_text import edits_as_text, edits_from_text

BOX = (10.0, 20.0, 60.0, 80.0)


def history_at(path: Path) -> EditHistory:
    return EditHistory(EditsFile(path))


def drawn(*times: float) -> DrawnRegion:
    return DrawnRegion(tuple((time_s, BOX) for time_s in times))


def say(history: EditHistory, edit: Edit) -> None:
    history.change(history.edits.added(edit))


def test_what_is_saved_is_read_by_the_engine_and_by_the_next_review(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    history = history_at(path)
    say(history, KeepTrack(3))
    history.rename(3, "Ann Ünal")
    place = history.add(drawn(1.0, 2.0))
    history.reshape(place, 1.5, (15, 25, 65, 85))
    history.add(HiddenSpan(from_s=3.0, to_s=4.0))
    history.add(HiddenZone(BOX))
    history.save()
    assert EditsFile(path).read() == history.edits
    assert history.edits.regions[0].at(1.5) == (15, 25, 65, 85)
    assert not path.with_name(path.name + ".partial").exists()


def test_no_edits_leave_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    history = history_at(path)
    say(history, KeepTrack(1))
    history.save()
    assert path.exists()
    history.undo()
    history.save()
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    history = history_at(tmp_path / "gone" / "a.edits.jsonl")
    say(history, KeepTrack(1))
    with pytest.raises(OutputError):
        history.save()


def test_rows_of_a_newer_version_stay_in_place_through_every_step(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    unknown = '{ "edit": "tint" , "strength": 1.50 }'
    path.write_text(
        f'{{"edits":"dashcamcleaner","version":[1,4]}}\n{unknown}\n{{"edit":"keep","track":1,"mood":"x"}}\n'
    )
    before = path.read_text()
    file = EditsFile(path)
    history = EditHistory(file, file.read())
    history.rename(1, "Ann")
    place = history.add(drawn(1.0))
    history.remove(place)
    say(history, DropTrack(1))
    history.save()
    assert path.read_text().splitlines()[:2] == before.splitlines()[:2]
    while history.can_undo:
        history.undo()
    history.save()
    assert path.read_text() == before
    history.change(history.edits.without(1))
    history.save()
    assert EditsFile(path).read().entries == (UnknownEdit(unknown, "tint"),)


def test_following_belongs_to_the_step_of_drawing(tmp_path: Path) -> None:
    history = history_at(tmp_path / "a")
    place = history.add(drawn(1.0))
    before = history.edits
    assert history.extend_region(before, place, [(0.5, BOX), (1.0, BOX), (1.5, BOX)])
    assert len(history.edits.regions[0].keys) == 3
    history.undo()
    assert history.edits == Edits()
    history.redo()
    assert len(history.edits.regions[0].keys) == 3


def test_following_that_comes_too_late_changes_nothing(tmp_path: Path) -> None:
    history = history_at(tmp_path / "a")
    place = history.add(drawn(1.0))
    before = history.edits
    say(history, KeepTrack(1))
    assert not history.extend_region(before, place, [(0.5, BOX), (1.5, BOX)])


def test_following_that_comes_after_an_undo_is_not_lost_by_a_redo(tmp_path: Path) -> None:
    history = history_at(tmp_path / "a")
    place = history.add(drawn(1.0))
    before = history.edits
    say(history, KeepTrack(1))
    history.undo()
    assert history.extend_region(before, place, [(0.5, BOX), (1.0, BOX), (1.5, BOX)])
    history.redo()
    assert history.edits.keep == {1}
    assert len(history.edits.regions[0].keys) == 3


def test_undo_and_redo_keep_every_key_frame(tmp_path: Path) -> None:
    history = history_at(tmp_path / "a.edits.jsonl")
    place = history.add(drawn(1.0))
    history.extend_region(history.edits, place, [(i / 10, (i, 0, i + 20, 30)) for i in range(5, 16)])
    history.reshape(place, 1.05, (100, 0, 130, 30))  # a new key frame
    history.reshape(place, 0.7, (50, 0, 80, 30))  # one that is there is moved
    history.trim(place, 0.72, 1.2)  # takes key frames away
    history.add(HiddenZone(BOX))
    history.remove(place)  # takes all of them away
    steps = [history.edits]
    while history.can_undo:
        history.undo()
        steps.append(history.edits)
    assert [[len(region.keys) for region in edits.regions] for edits in steps] == [[], [7], [7], [12], [12], [11], []]
    assert steps[3].regions[0].at(0.7) == (50, 0, 80, 30)
    assert steps[4].regions[0].at(0.7) == (7, 0, 27, 30)
    for edits in reversed(steps[:-1]):
        history.redo()
        assert history.edits == edits
        history.save()
        assert EditsFile(history.file.path).read() == edits  # the file keeps them, too


def test_a_region_is_fitted_to_a_span(tmp_path: Path) -> None:
    history = history_at(tmp_path / "a")
    place = history.add(DrawnRegion(((0.0, (0, 0, 10, 10)), (10.0, (100, 0, 110, 10)))))
    history.trim(place, 2.0, 4.0)
    region = history.edits.regions[0]
    assert (region.keys[0][0], region.keys[-1][0]) == (2.0, 4.0)
    assert region.at(3.0) == pytest.approx((30, 0, 40, 10))
    history.trim(place, 0.0, 6.0)  # longer again: its ends stay where they were
    region = history.edits.regions[0]
    assert region.at(0.5) == pytest.approx((20, 0, 30, 10), abs=6)


def test_an_area_is_moved_and_fitted_and_a_span_has_no_shape(tmp_path: Path) -> None:
    history = history_at(tmp_path / "a")
    area, span = history.add(HiddenZone(BOX)), history.add(HiddenSpan(from_s=1.0, to_s=2.0))
    history.reshape(area, 9.0, (1.004, 2.0, 30.0, 40.0))
    history.trim(area, 0.5, 1.123456789)
    assert history.at(area) == HiddenZone((1.0, 2.0, 30.0, 40.0), from_s=0.5, to_s=1.12346)
    history.reshape(span, 1.0, BOX)
    history.trim(span, 1.5, 3.0)
    assert history.at(span) == HiddenSpan(from_s=1.5, to_s=3.0)


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
    history = history_at(Path("none"))
    for what, value in operations:
        if what == "undo":
            history.undo()
        elif what == "redo":
            history.redo()
        elif what == "region":
            history.add(drawn(float(value)))
        elif what == "remove":
            hand = history.by_hand()
            if hand:
                history.remove(hand[0][0])
        else:
            say(history, EDIT_TYPES[what](value))
        assert edits_from_text(edits_as_text(history.edits))[1] == history.edits
    here = history.edits
    forward = []
    while history.can_redo:
        history.redo()
        forward.append(history.edits)
    for _ in forward:
        history.undo()
    assert history.edits == here
    while history.can_undo:
        history.undo()
    assert history.edits == Edits()
