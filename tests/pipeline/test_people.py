"""Runs with rules about persons: who is clear in the output, by what truth; what is told, and what is never written."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Failed, Finished, Warned
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.core.track_edits import CheckedTrack, NameTrack
from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.probe import probe
from dashcamcleaner.people.rules import PersonRequest
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.settings import resolve
from tests.people import street

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="scikit-learn is not installed (extra [people])"
)

FRAMES = 90
SETTINGS = resolve({}, {"quality": 10, "preset": "ultrafast", "style": "solid"})
"""A block of one colour averages to itself: what is hidden must be of another one."""


def run(
    source: Path, output: Path, request: PersonRequest, *, overwrite: bool = False, **more: Any
) -> tuple[RunSummary, list[str]]:
    """The summary of a run, and what it warned of."""
    settings = dataclasses.replace(SETTINGS, overwrite=overwrite)
    events = list(clean(Job(source, output, settings, persons=request, **more), models=street.pool()))
    if isinstance(events[-1], Failed):
        raise events[-1].error
    assert isinstance(events[-1], Finished)
    return events[-1].summary, [event.message for event in events if isinstance(event, Warned)]


def clear_frames(clip: Path, scene: street.Scene = street.crossing) -> dict[str, set[int]]:
    """Who is seen in which frames of an output, by the truth: the middle of the face has its colour."""
    found: dict[str, set[int]] = {name: set() for name in street.PEOPLE}
    with open_clip(clip, info=probe(clip)) as decoder:
        for frame in decoder:
            picture = frame.picture(frame.upright_size).astype(int)
            there = list(scene(frame.index).items())
            for place, (name, (x, y, height)) in enumerate(there):
                in_front = [street.box_of(other) for _, other in there[place + 1 :]]
                if any(x1 <= x <= x2 and y1 <= y <= y2 for x1, y1, x2, y2 in in_front):
                    continue
                step = round(height / 6)
                points = [(round(x) + dx, round(y) + dy) for dx in (-step, 0, step) for dy in (-step, 0, step)]
                inside = [p for p in points if 0 <= p[0] < street.SIZE[0] and 0 <= p[1] < street.SIZE[1]]
                alike = [np.abs(picture[py, px] - street.PEOPLE[name]).max() < 60 for px, py in inside]
                if alike and sum(alike) >= len(alike) / 2:
                    found[name].add(frame.index)
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return street.make_clip(tmp_path_factory.mktemp("people") / "in.mp4", street.crossing, frames=FRAMES)


def there(name: str) -> set[int]:
    return {i for i in range(FRAMES) if name in street.crossing(i)}


def test_without_a_rule_everybody_is_hidden(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out.mp4", PersonRequest())
    assert clear_frames(tmp_path / "out.mp4") == {"red": set(), "green": set(), "blue": set()}


@pytest.mark.parametrize("kept", ["red", "green"])
def test_who_is_kept_is_seen_and_nobody_else_ever(source: Path, tmp_path: Path, kept: str) -> None:
    picture = street.picture(tmp_path / f"{kept}.png", street.PEOPLE[kept])
    summary, told = run(source, tmp_path / "out.mp4", PersonRequest(keep=(str(picture),)))
    seen = clear_frames(tmp_path / "out.mp4")
    assert all(not frames for name, frames in seen.items() if name != kept)
    # The two pass each other in the middle of each crossing: before, after, and after having come back.
    assert len(seen[kept]) > 0.25 * len(there(kept))
    assert min(seen[kept]) < 5
    assert max(seen[kept]) > 85
    (row,) = summary.visible
    assert row["by"] == f"the reference {kept}.png"
    assert row["frames"] >= len(seen[kept])
    assert any("was left visible in" in sentence for sentence in told)
    report = json.loads(Path(summary.report or "").read_text(encoding="utf-8"))
    assert report["visible"] == summary.visible


@pytest.mark.parametrize("hidden", ["red", "green"])
def test_who_alone_is_hidden_is_never_seen_and_the_other_is(source: Path, tmp_path: Path, hidden: str) -> None:
    picture = street.picture(tmp_path / "somebody.png", street.PEOPLE[hidden])
    run(source, tmp_path / "out.mp4", PersonRequest(hide=(str(picture),)))
    seen = clear_frames(tmp_path / "out.mp4")
    other = "green" if hidden == "red" else "red"
    assert not seen[hidden]
    assert len(seen[other]) > 0.25 * len(there(other))


def test_a_hidden_neighbour_that_overlaps_a_kept_face_wins(source: Path, tmp_path: Path) -> None:
    picture = street.picture(tmp_path / "red.png", street.RED)
    run(source, tmp_path / "out.mp4", PersonRequest(keep=(str(picture),)))
    seen = clear_frames(tmp_path / "out.mp4")["red"]
    passing = {i for i in there("red") if abs(street.crossing(i)["red"][0] - street.crossing(i)["green"][0]) < 30}
    assert passing
    assert not seen & passing


def test_unknown_faces_are_hidden_in_both_modes_and_told(tmp_path: Path) -> None:
    def scene(index: int) -> dict[str, street.Place]:
        return {"red": (60 + index, 60.0, 44.0), "blue": (250.0, 140.0, 16.0)}

    source = street.make_clip(tmp_path / "in.mp4", scene, frames=20)
    red = str(street.picture(tmp_path / "red.png", street.RED))
    green = str(street.picture(tmp_path / "green.png", street.GREEN))
    for number, request in enumerate((PersonRequest(keep=(red,)), PersonRequest(hide=(green,)))):
        _, told = run(source, tmp_path / f"{number}.mp4", request)
        seen = clear_frames(tmp_path / f"{number}.mp4", scene)
        assert len(seen["red"]) > 15
        assert not seen["blue"]
        assert any("1 unknown face stays hidden" in sentence for sentence in told)
    _, told = run(source, tmp_path / "kept.mp4", PersonRequest(keep=(red,), keep_unknown=True))
    assert len(clear_frames(tmp_path / "kept.mp4", scene)["blue"]) > 15
    assert any("visible, as asked for" in sentence for sentence in told)


def test_somebody_who_is_not_there_is_told_and_keeps_nobody_visible(source: Path, tmp_path: Path) -> None:
    blue = str(street.picture(tmp_path / "blue.png", street.BLUE))
    summary, told = run(source, tmp_path / "out.mp4", PersonRequest(keep=(blue,)))
    assert any("Nobody in the clip is surely like blue.png; everybody is hidden." in sentence for sentence in told)
    assert not any(clear_frames(tmp_path / "out.mp4").values())
    assert summary.visible == []


def test_a_folder_of_pictures_is_one_person(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ann"
    folder.mkdir()
    for number in range(2):
        street.picture(folder / f"{number}.png", street.RED)
    summary, _ = run(source, tmp_path / "out.mp4", PersonRequest(keep=(str(folder),)))
    assert summary.visible[0]["by"] == "the reference ann"


@pytest.mark.parametrize("faces", [0, 3])
def test_a_picture_without_one_face_is_refused(source: Path, tmp_path: Path, faces: int) -> None:
    picture = street.picture(tmp_path / "x.png", street.RED, faces=faces)
    with pytest.raises(InputError, match="No face was found" if not faces else "shows 3 faces"):
        run(source, tmp_path / "out.mp4", PersonRequest(keep=(str(picture),)))
    assert not (tmp_path / "out.mp4").exists()


def test_numbers_belong_to_a_plan(source: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="Numbers of persons belong to a plan"):
        run(source, tmp_path / "out.mp4", PersonRequest(keep=("1",)))


def test_numbers_of_a_plan_keep_the_person_they_speak_of(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    run(source, output, PersonRequest())
    plan = plan_path(output)
    with pytest.raises(SettingError, match="no person 9; there is: 1, 2"):
        run(source, tmp_path / "x.mp4", PersonRequest(keep=("9",)), from_plan=plan)
    summary, _ = run(source, tmp_path / "kept.mp4", PersonRequest(keep=("1",)), from_plan=plan)
    seen = clear_frames(tmp_path / "kept.mp4")
    assert sum(bool(frames) for frames in seen.values()) == 1
    edits = EditsFile.beside(plan_path(tmp_path / "kept.mp4"))
    stored = edits.read()
    assert edits.is_ours
    assert stored.keep_persons == {1: ""}
    # The same again, now by what stands beside the plan: no face is looked at.
    again, _ = run(source, tmp_path / "again.mp4", PersonRequest(), from_plan=plan_path(tmp_path / "kept.mp4"))
    assert clear_frames(tmp_path / "again.mp4") == seen
    assert again.visible == summary.visible


def test_who_is_named_now_takes_the_place_of_who_was_chosen_before(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "first.mp4", PersonRequest(keep=(str(street.picture(tmp_path / "a.png", street.RED)),)))
    plan = plan_path(tmp_path / "first.mp4")
    file = EditsFile.beside(plan)
    who = file.read().without_choices
    (red,) = file.read().keep_persons
    (green,) = who.persons - {red}
    style = PersonStyle(red, "mosaic", 24)
    file.write(who.joined(Edits.of(style, HidePerson(red), OnlyPersons())))  # green stays visible
    again = tmp_path / "again.mp4"
    for request in (str(red), str(tmp_path / "a.png")):
        run(source, again, PersonRequest(keep=(request,)), from_plan=plan, overwrite=True)
        told = EditsFile.beside(plan_path(again)).read()
        assert (told.shown_persons, told.person_styles) == ({red}, {red: style}), request
        seen = clear_frames(again)
        assert seen["red"]
        assert not seen["green"], f"{green} was visible by what was chosen before"


def test_edits_that_a_result_shows_are_left_as_they_are_and_not_newer_than_its_plan(
    source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    run(source, output, PersonRequest(keep=(str(street.picture(tmp_path / "a.png", street.RED)),)))
    plan, file = plan_path(output), EditsFile.beside(plan_path(output))
    assert file.path.stat().st_mtime_ns <= plan.stat().st_mtime_ns, "nothing is left to be rendered"
    chosen = Edits((CheckedTrack(1), *file.read().entries, NameTrack(1, "Ann")))
    file.write(chosen)
    before = file.path.read_bytes()
    run(source, output, PersonRequest(), from_plan=plan, overwrite=True)
    assert file.path.read_bytes() == before, "the review would take another order for another step"
    assert file.path.stat().st_mtime_ns <= plan.stat().st_mtime_ns


def test_rows_of_others_keep_nobody_visible(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    run(source, output, PersonRequest())
    rows = [PersonTrack(1, 1, ((0.0, 99.0),)).to_row(), KeepPerson(1).to_row()]
    text = '{"edits": "dashcamcleaner", "version": [1, 0]}\n' + "".join(json.dumps(row) + "\n" for row in rows)
    EditsFile.beside(plan_path(output)).path.write_text(text)
    with pytest.raises(Exception, match="were not made here: 1 person left clear"):
        run(source, tmp_path / "x.mp4", PersonRequest(), from_plan=plan_path(output))


def test_no_numbers_of_a_face_are_written_anywhere(
    source: Path, tmp_path: Path, own_home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The numbers that stand for a face are known here: none of them is in any file, in the log or on the terminal."""
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "made"
    folder.mkdir()
    red = str(street.picture(tmp_path / "red.png", street.RED))
    events = list(
        clean(Job(source, folder / "out.mp4", SETTINGS, persons=PersonRequest(keep=(red,))), models=street.pool())
    )
    assert isinstance(events[-1], Finished)
    written = [path for root in (folder, own_home) for path in root.rglob("*") if path.is_file()]
    assert {path.suffix for path in written} >= {".jsonl", ".json", ".html", ".mp4"}
    texts = [path.read_bytes() for path in written if path.suffix != ".mp4"]
    texts += [caplog.text.encode(), "".join(capfd.readouterr()).encode(), repr(events).encode()]
    numbers = street.embedding(street.RED)[:3]
    secret = [f"{value:.4f}"[:6].encode() for value in numbers] + [numbers[:1].tobytes()]
    assert any(b"person" in text for text in texts)
    for text in texts:
        assert b"embedding" not in text
        assert not all(one in text for one in secret[:2])
        assert secret[3] not in text
