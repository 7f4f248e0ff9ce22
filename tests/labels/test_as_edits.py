"""Corrected labels become edits: what was added is hidden, what was removed is dropped, the rest changes nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from labelled import KINDS, SIZE, exported, plan

from dashcamcleaner.core.edit_types import DrawnRegion
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.shapes import BOX
from dashcamcleaner.core.track_edits import DropTrack
from dashcamcleaner.errors import InputError
from dashcamcleaner.labels.as_edits import edits_from_labels
from dashcamcleaner.labels.clip_labels import ClipLabels, ObjectLabel, labels_of
from dashcamcleaner.labels.files import FORMATS, read_labels


def with_labels(*labels: ObjectLabel) -> ClipLabels:
    return ClipLabels("clip.mp4", SIZE, (), KINDS, tuple(sorted(labels, key=lambda one: one.frame)))


def test_untouched_labels_give_no_edits() -> None:
    assert edits_from_labels(plan(), exported(), size=SIZE) == ()


def test_a_box_that_moved_within_what_is_hidden_gives_no_edit() -> None:
    moved = [dataclasses.replace(one, xyxy=tuple(v + 1 for v in one.xyxy)) for one in exported().labels]
    assert edits_from_labels(plan(), with_labels(*moved), size=SIZE) == ()


def test_a_removed_track_is_dropped() -> None:
    kept = [one for one in exported().labels if one.track != 7]
    assert edits_from_labels(plan(), with_labels(*kept), size=SIZE) == (DropTrack(7),)


def test_labels_of_a_part_drop_nothing_that_goes_on_outside(tmp_path: Path) -> None:
    """A job of CVAT, and images or label files, may be of a part of the clip: nobody has looked at the rest."""
    frames = [one.frame for one in exported().labels if one.track == 7]
    first, last = min(frames), max(frames)
    kept = tuple(one for one in exported().labels if one.track != 7)
    for stretch, dropped in (((first, last), (DropTrack(7),)), ((first + 1, last), ()), ((first, last - 1), ())):
        part = ClipLabels("", SIZE, (), KINDS, kept, stretch)
        assert [one for one in edits_from_labels(plan(), part, size=SIZE) if one == DropTrack(7)] == list(dropped)
    for form in FORMATS:
        path = tmp_path / f"whole{form.ending}"
        path.write_bytes(form.write(exported()))
        whole = read_labels(path, size=SIZE, kinds=KINDS)
        assert whole.stretch in (None, (0, len(plan()) - 1)), form.name


def test_a_track_with_some_labels_left_is_not_dropped() -> None:
    kept = [one for one in exported().labels if one.track != 7 or one.frame == 3]
    assert edits_from_labels(plan(), with_labels(*kept), size=SIZE) == ()


def test_a_file_of_other_kinds_drops_nothing_of_these() -> None:
    plates = tuple(one for one in exported().labels if one.kind == "plate")
    assert edits_from_labels(plan(), ClipLabels("", SIZE, (), ("plate",), plates), size=SIZE) == ()


@pytest.mark.parametrize("track", [40, None])
def test_an_added_object_is_drawn_along_its_frames(track: int | None) -> None:
    added = [ObjectLabel(frame, (100.0 + frame, 250, 120.0 + frame, 280), "face", 1.0, track) for frame in (2, 3, 4, 8)]
    edits = edits_from_labels(plan(), with_labels(*exported().labels, *added), size=SIZE)
    drawn = [one for one in edits if isinstance(one, DrawnRegion)]
    assert len(drawn) == len(edits) == 2
    first = next(one for one in drawn if len(one.keys) == 3)
    assert (first.from_s, first.to_s) == (pytest.approx(2 / 25), pytest.approx(4 / 25))
    assert first.keys[0][1] == (102, 250, 122, 280), "painted as it was labelled, corners and all"
    hidden = [
        dataclasses.replace(frame, regions=(*frame.regions, *Edits(edits).apply((), seen=frame.seen)))
        for frame in plan()
    ]
    again = edits_from_labels(hidden, with_labels(*exported().labels, *added), size=SIZE)
    assert again == edits, "what edits drew is hidden by these edits, not by any rendering of the plan"


def test_a_label_at_the_corners_of_a_round_region_is_not_covered() -> None:
    face = next(one for one in exported().labels if one.kind == "face" and one.frame == 2)
    x1, y1, x2, y2 = next(r.xyxy for r in plan()[2].regions if r.kind == "face")
    box = (x1, y1, x1 + (x2 - x1) / 3, y1 + (y2 - y1) / 3)
    corner = dataclasses.replace(face, xyxy=tuple(round(value, 2) for value in box), track=40)
    labels = with_labels(*exported().labels, corner)
    assert edits_from_labels(plan(), labels, size=SIZE) == (DrawnRegion(((2 / 25, corner.xyxy),), "face"),)
    assert edits_from_labels(plan(), labels, size=SIZE, shapes={"face": BOX}) == ()


def test_labels_that_stay_as_they_were_exported_give_no_edits_however_little_was_grown() -> None:
    tight = []
    for frame in plan():
        boxes = frame.seen.detections.xyxy.tolist()
        regions = [dataclasses.replace(r, xyxy=tuple(boxes[n])) for n, r in enumerate(frame.regions)]
        tight.append(dataclasses.replace(frame, regions=tuple(regions)))
    labels = labels_of(tight, name="clip.mp4", size=SIZE, kinds=KINDS)
    assert edits_from_labels(tight, labels, size=SIZE) == ()


def test_labels_of_another_clip_are_refused() -> None:
    with pytest.raises(InputError, match="320 x 240"):
        edits_from_labels(plan(), dataclasses.replace(exported(), size=(320, 240)), size=SIZE)
    with pytest.raises(InputError, match="frame 40"):
        edits_from_labels(plan(), with_labels(ObjectLabel(40, (1, 1, 5, 5), "face")), size=SIZE)
