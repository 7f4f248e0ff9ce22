"""``people``: the list, what is chosen and written into the edits, saved sets, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.cli import main
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, OnlyPersons
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.review.people_sheet import write_people_sheet
from tests.people import street

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="scikit-learn is not installed (extra [people])"
)


def walk(index: int) -> dict[str, street.Place]:
    """Red and green, far apart; green leaves and comes back elsewhere."""
    there: dict[str, street.Place] = {"red": (60.0 + index, 60.0, 44.0)}
    if index < 12 or index >= 24:
        there["green"] = (250.0, 150.0, 48.0) if index < 12 else (170.0, 34.0, 48.0)
    return there


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip, and a plan of it with its persons."""
    folder = tmp_path_factory.mktemp("people")
    clip = street.make_clip(folder / "in.mp4", walk, frames=36)
    assert main(["people", str(clip), "--plan", str(folder / "in.plan.jsonl"), "--json"], models=street.pool()) == 0
    return clip, folder / "in.plan.jsonl"


@pytest.fixture()
def plan(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of clip and plan, without what another test has chosen; edits are grouped anew, sealed for this home."""
    for path in (made[0], made[1]):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path / made[1].name


def people(capsys: pytest.CaptureFixture[str], *words: object, status: int = 0) -> tuple[str, str]:
    """Standard output and standard error of the command."""
    capsys.readouterr()
    assert main(["people", *map(str, words)], models=street.pool()) == status
    told = capsys.readouterr()
    return told.out, told.err


def edits_of(plan: Path):  # type: ignore[no-untyped-def]
    return EditsFile.beside(plan).read(missing_ok=True)


def test_persons_are_listed_with_times_counts_and_sureness(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = people(capsys, plan, "--json")
    ((told),) = json.loads(out)
    red, green = told["persons"]
    assert (red["person"], red["frames"], red["from_s"]) == (1, 36, 0.0)
    assert (green["person"], green["frames"]) == (2, 24)
    assert green["to_s"] == pytest.approx(35 / 15, abs=0.01)
    assert red["sure"] > 0.9
    assert len(green["tracks"]) == 2  # left and came back
    out, _ = people(capsys, plan)
    assert "person" in out
    assert "unknown: 0 faces" in out


def test_a_choice_is_written_into_the_edits_and_told(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = people(capsys, plan, "--keep-person", 2)
    assert "1 person left clear" in err
    assert edits_of(plan).keep_persons == {2: ""}
    out, _ = people(capsys, plan, "--hide-person", 1, "--json")
    chosen = edits_of(plan)
    assert (dict(chosen.hide_persons), chosen.only_persons, dict(chosen.keep_persons)) == ({1: ""}, True, {})
    assert [one["choice"] for one in json.loads(out)[0]["persons"]] == ["hidden", "kept"]
    people(capsys, plan, "--again")
    assert not edits_of(plan).uncovering


def test_a_style_of_ones_own(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people(capsys, plan, "--person-style", "2=mosaic:24", "--person-style", "1=solid")
    people(capsys, plan, "--person-style", "2=mosaic:32", "--keep-person", 1)
    assert {one.person: (one.style, one.square_px) for one in edits_of(plan).person_styles.values()} == {
        1: ("solid", 0), 2: ("mosaic", 32)
    }  # fmt: skip
    for wrong in ("2", "2=blur", "x=solid", "2=mosaic:9999"):
        assert "--person-style cannot be" in people(capsys, plan, "--person-style", wrong, status=2)[1]


def test_a_picture_of_ones_own_is_read_when_it_is_chosen(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "smile.png"
    Image.new("RGBA", (8, 8), (255, 200, 0, 255)).save(picture)
    people(capsys, plan, "--person-style", f"2=picture:{picture}")
    assert edits_of(plan).person_styles[2].picture == str(picture)
    assert "cannot be read" in people(capsys, plan, "--person-style", "2=picture:none.png", status=2)[1]
    assert "cannot be" in people(capsys, plan, "--person-style", "2=picture", status=2)[1]


def test_a_picture_chooses_a_person(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = street.picture(tmp_path / "ann.png", street.GREEN)
    people(capsys, plan, "--keep-person", picture)
    assert edits_of(plan).keep_persons == {2: "the reference ann.png"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_reference_that_is_a_pipe_is_refused_at_once(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "ann.png")
    _, err = people(capsys, plan, "--keep-person", tmp_path / "ann.png", status=3)
    assert "is no file" in err


def test_merging_and_splitting(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people(capsys, plan, "--split", 2)
    assert edits_of(plan).persons == {1, 2, 3}
    people(capsys, plan, "--keep-person", 3)
    people(capsys, plan, "--merge", "2,3")
    merged = edits_of(plan)
    assert merged.persons == {1, 2}
    assert merged.keep_persons == {2: ""}
    people(capsys, plan, "--hide-person", 2)
    people(capsys, plan, "--split", 2)
    assert set(edits_of(plan).hide_persons) == {2, 3}, "no part of whoever is hidden is left clear"
    assert not edits_of(plan).shown_persons & {2, 3}
    people(capsys, plan, "--merge", "2,3")
    _, err = people(capsys, plan, "--merge", "2,9", status=2)
    assert "There is no person 9; there is: 1, 2." in err
    _, err = people(capsys, plan, "--split", "1", status=2)
    assert "nothing to split" in err


def test_saving_changes_nothing_of_what_was_chosen(
    plan: Path, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cryptography", reason="cryptography is not installed (extra [people])")
    words = tmp_path / "words.txt"
    words.write_text("a long passphrase\n")
    people(capsys, plan, "--split", 2)
    people(capsys, plan, "--keep-person", 1)
    before = edits_of(plan)
    assert before.persons == {1, 2, 3}
    people(capsys, plan, "--save", "third:3", "--passphrase-file", words)
    assert edits_of(plan) == before
    people(capsys, plan, "--again")
    people(capsys, plan, "--keep-person", "saved:third", "--passphrase-file", words)
    assert set(edits_of(plan).keep_persons) == {2}, "whom the third was split from"


def test_the_sheet_is_hidden_unless_asked(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def reddest(sheet: Path) -> int:
        pixels = np.asarray(Image.open(sheet).convert("RGB")).astype(int)
        return int((pixels[..., 0] - pixels[..., 1:].max(axis=2)).max())

    people(capsys, plan, "--sheet", tmp_path / "clear.png", "--clear")
    assert reddest(tmp_path / "clear.png") > 150
    people(capsys, plan, "--sheet", tmp_path / "hidden.png", "--style", "solid")
    hidden, clear = ((tmp_path / name).read_bytes() for name in ("hidden.png", "clear.png"))
    assert hidden != clear
    _, err = people(capsys, plan, "--sheet", tmp_path / "hidden.png", status=4)
    assert "exists" in err
    _, err = people(capsys, plan, "--sheet", plan.with_name("in.mp4"), "--overwrite", status=4)
    assert "contact sheet" in err.lower()


def test_a_sheet_of_nobody_says_so(tmp_path: Path) -> None:
    write_people_sheet(tmp_path / "nobody.png", [(tmp_path / "unread.mp4", (), ())])
    pixels = np.asarray(Image.open(tmp_path / "nobody.png").convert("L"))
    assert (pixels < 128).sum() > 50, "an empty page would look like a fault"


def test_saved_sets_know_a_person_again_and_can_be_forgotten(
    plan: Path, tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cryptography", reason="cryptography is not installed (extra [people])")
    words = tmp_path / "words.txt"
    words.write_text("correct horse battery\n")
    people(capsys, plan, "--save", "family:2", "--passphrase-file", words)
    (saved,) = own_home.rglob("*.people")
    people(capsys, plan, "--keep-person", "saved:family", "--passphrase-file", words)
    assert set(edits_of(plan).keep_persons) == {2}
    words.write_text("another passphrase")
    _, err = people(capsys, plan, "--keep-person", "saved:family", "--passphrase-file", words, status=3)
    assert "passphrase is another" in err
    out, _ = people(capsys, "forget", "family")
    assert "forgotten: family" in out
    assert not saved.exists()
    assert "there was no saved set" in people(capsys, "forget")[0]


def test_several_clips_share_their_numbers(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def other(index: int) -> dict[str, street.Place]:
        return {"blue": (60.0 + index, 60.0, 44.0), "green": (250.0, 120.0, 48.0)}

    second = street.make_clip(tmp_path / "second.mp4", other, frames=20)
    out, _ = people(capsys, plan.with_name("in.mp4"), second, "--json")
    first, later = json.loads(out)
    assert [one["person"] for one in first["persons"]] == [1, 2]
    assert sorted(one["person"] for one in later["persons"]) == [2, 3]  # green is known, blue is new


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--keep-person", "9"), 2, "There is no person 9; there is: 1, 2."),
        (("--keep-person", "gone.jpg"), 3, "does not exist"),
        (("--keep-person", ""), 2, "named by a number"),
        (("--unknown", "keep"), 2, "needs a rule"),
        (("--merge", "a"), 2, "takes numbers"),
        (("--keep-vehicle", "7"), 2, "There is no vehicle 7; there is: none."),
        (("--keep-person", "saved:family"), 3, "no saved set 'family'"),
        (("--save", "family:1"), 2, "needs its passphrase"),
    ],
)
def test_what_cannot_be_is_told(
    plan: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], status: int, sentence: str
) -> None:
    people(capsys, plan)
    before = EditsFile.beside(plan).path.read_bytes()
    _, err = people(capsys, plan, *words, status=status)
    assert sentence in err
    assert EditsFile.beside(plan).path.read_bytes() == before


def test_choices_need_a_plan(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = people(capsys, plan.with_name("in.mp4"), "--keep-person", "1", status=2)
    assert "written into a plan's edits" in err


def test_edits_of_others_that_uncover_are_refused(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = EditsFile.beside(plan)
    rows = [KeepPerson(1).to_row(), HidePerson(2).to_row(), OnlyPersons().to_row()]
    file.path.write_text('{"edits": "dashcamcleaner", "version": [1, 0]}\n' + "\n".join(map(json.dumps, rows)) + "\n")
    _, err = people(capsys, plan, status=9)
    assert "were not made here" in err
    assert "--accept-edits" in err


@pytest.fixture()
def two_plans(plan: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Path]:
    """Plans numbered together: red (1) and green (2) are in the first, green and blue (3) in the second."""

    def other(index: int) -> dict[str, street.Place]:
        return {"blue": (60.0 + index, 60.0, 44.0), "green": (250.0, 120.0, 48.0)}

    clip = street.make_clip(plan.with_name("second.mp4"), other, frames=20)
    second = plan.with_name("second.plan.jsonl")
    people(capsys, clip, "--plan", second)
    people(capsys, plan, second)
    assert (edits_of(plan).persons, edits_of(second).persons) == ({1, 2}, {2, 3})
    return plan, second


def shown(*plans: Path) -> list[set[int]]:
    return [set(edits_of(plan).shown_persons) for plan in plans]


def test_who_is_to_be_kept_and_is_in_another_clip_uncovers_nobody_here(
    two_plans: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    people(capsys, *two_plans, "--keep-person", 1, "--hide-person", 2)
    assert shown(*two_plans) == [{1}, set()]
    people(capsys, *two_plans, "--hide-person", 3)
    assert shown(*two_plans) == [{1, 2}, {2}], "only 3 is hidden, wherever that is"


def test_numbers_of_any_of_the_clips_can_be_named(
    two_plans: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    people(capsys, *two_plans, "--person-style", "3=solid", "--keep-person", 3)
    assert shown(*two_plans) == [set(), {3}]
    people(capsys, *two_plans)  # a mere list
    assert shown(*two_plans) == [set(), {3}]
    assert edits_of(two_plans[1]).person_styles[3].style == "solid"
    before = [EditsFile.beside(plan).path.read_bytes() for plan in two_plans]
    assert "There is no person 9; there is: 1, 2, 3." in people(capsys, *two_plans, "--keep-person", 9, status=2)[1]
    assert "one clip at a time" in people(capsys, *two_plans, "--split", 2, status=2)[1]
    assert "each clip for itself" in people(capsys, *two_plans, "--keep-vehicle", 2, status=2)[1]
    assert [EditsFile.beside(plan).path.read_bytes() for plan in two_plans] == before
    people(capsys, *two_plans, "--merge", "1,3")
    assert shown(*two_plans) == [set(), {1}]
    assert [edits_of(plan).persons for plan in two_plans] == [{1, 2}, {1, 2}]


def test_what_was_said_of_one_clip_is_not_lost_when_several_are_numbered(
    two_plans: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two_plans
    people(capsys, second, "--again", "--keep-person", 1)  # a number of its own
    _, err = people(capsys, first, second, status=2)
    assert "would be lost" in err
    assert shown(second) == [{1}]
    people(capsys, first, second, "--again", "--keep-person", 2)
    assert shown(first, second) == [{2}, {2}]


def test_a_picture_goes_by_who_is_who_already(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = street.picture(tmp_path / "ann.png", street.GREEN)
    people(capsys, plan, "--split", 2)
    people(capsys, plan, "--person-style", "1=solid")
    people(capsys, plan, "--merge", "1,3", "--keep-person", picture)
    edits = edits_of(plan)
    assert edits.persons == {1, 2}
    assert edits.keep_persons == {2: "the reference ann.png"}
    assert edits.person_styles[1].style == "solid"
