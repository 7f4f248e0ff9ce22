"""Label formats: what is written is read again alike, and what anybody may have written never does harm."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from labelled import KINDS, SIZE, exported, frame, plan

from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.labels.clip_labels import ObjectLabel, labels_of
from dashcamcleaner.labels.files import FORMATS, LabelFormat, find_format, read_labels


def test_labels_are_the_hidden_detections_with_their_tracks() -> None:
    labels = exported()
    assert {label.track for label in labels.labels} == {3, 7}
    assert len(labels.labels) == 12 + 10
    assert labels.labels[0].xyxy == (40.0, 50.25, 70.0, 90.5)  # the object's box, not the grown region
    assert labels.rate == pytest.approx(25.0)
    with_all = labels_of(plan(), name="clip.mp4", size=SIZE, kinds=KINDS, everything=True)
    assert sum(label.track is None for label in with_all.labels) == 12


def test_two_overlapping_detections_never_share_a_track() -> None:
    one = frame(0, (10, 10, 50, 50, 0.9, "face", 1), (14, 14, 54, 54, 0.8, "face", 2))
    labels = labels_of([one], name="", size=SIZE, kinds=KINDS)
    assert sorted(label.track or 0 for label in labels.labels) == [1, 2]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_round_trip_gives_the_same_labels(form: LabelFormat, tmp_path: Path) -> None:
    before = exported()
    path = tmp_path / f"x{form.ending}"
    path.write_bytes(form.write(before))
    after = read_labels(path, size=SIZE, kinds=KINDS)
    assert after.size == SIZE
    assert after.kinds == KINDS
    knows = form.name

    def row(label: ObjectLabel) -> tuple[object, ...]:
        score = label.score if knows in ("coco", "mot") else 1.0
        return label.frame, label.kind, score, None if knows == "yolo" else label.track

    key = str
    assert sorted(map(row, after.labels), key=key) == sorted(map(row, before.labels), key=key)
    ours, theirs = (np.array(sorted((one.frame, *one.xyxy) for one in labels.labels)) for labels in (before, after))
    assert np.abs(ours - theirs).max() <= 0.011
    assert form.write(before) == form.write(before)


def test_cvat_moves_boxes_between_key_frames_and_ends_them_outside(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(
        '<?xml version="1.0"?><annotations><meta><task><size>9</size><original_size><width>640</width>'
        "<height>360</height></original_size></task></meta>"
        '<track id="4" label="face"><box frame="2" outside="0" xtl="10" ytl="10" xbr="20" ybr="20"/>'
        '<box frame="4" outside="0" xtl="20" ytl="10" xbr="30" ybr="20"/>'
        '<box frame="6" outside="1" xtl="20" ytl="10" xbr="30" ybr="20"/></track>'
        '<track id="5" label="plate"><box frame="7" outside="0" xtl="1" ytl="1" xbr="9" ybr="9"/></track></annotations>'
    )
    labels = read_labels(path, size=SIZE, kinds=KINDS).labels
    assert [(one.frame, one.xyxy[0]) for one in labels if one.kind == "face"] == [(2, 10), (3, 15), (4, 20), (5, 20)]
    assert [one.frame for one in labels if one.kind == "plate"] == [7, 8]  # to the end of the clip


@pytest.mark.parametrize(
    ("shape", "around"),
    [
        ('box xtl="100" ytl="40" xbr="140" ybr="60" rotation="90.00"', (110, 30, 130, 70)),
        ('box xtl="100" ytl="40" xbr="140" ybr="60" rotation="180"', (100, 40, 140, 60)),
        ('box xtl="100" ytl="40" xbr="120" ybr="60" rotation="45"', (95.86, 35.86, 124.14, 64.14)),
        ('polygon points="100.0,40.0;140.0,50.0;120.0,60.0"', (100, 40, 140, 60)),
        ('ellipse cx="120" cy="50" rx="20" ry="10"', (100, 40, 140, 60)),
        ('ellipse cx="120" cy="50" rx="20" ry="10" rotation="270"', (110, 30, 130, 70)),
    ],
)
def test_other_shapes_of_cvat_are_read_as_the_box_around_them(
    shape: str, around: tuple[float, ...], tmp_path: Path
) -> None:
    path = tmp_path / "x.xml"
    path.write_text(f'<annotations><track id="1" label="face"><{shape} frame="3" outside="0"/></track></annotations>')
    (label,) = read_labels(path, size=SIZE, kinds=KINDS).labels
    assert label.xyxy == pytest.approx(around, abs=0.01)


def test_a_box_that_turns_between_key_frames_is_covered_on_its_way(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    place = 'outside="0" xtl="100" ytl="40" xbr="120" ybr="60"'
    path.write_text(
        f'<annotations><track id="1" label="face"><box frame="0" {place} rotation="350"/>'
        f'<box frame="2" {place} rotation="80"/></track></annotations>'
    )
    middle = read_labels(path, size=SIZE, kinds=KINDS).labels[1]
    assert middle.xyxy == pytest.approx((110 - 13.93, 50 - 13.93, 110 + 13.93, 50 + 13.93), abs=0.1)  # at 35 degrees


def test_a_turned_box_of_coco_is_read_as_the_box_around_it(tmp_path: Path) -> None:
    row = {"image_id": 1, "category_id": 1, "bbox": [100, 40, 40, 20], "attributes": {"rotation": 90.0}}
    image = {"id": 1, "frame": 0, "width": 640, "height": 360}
    data = {"images": [image], "annotations": [row], "categories": [{"id": 1, "name": "face"}]}
    (tmp_path / "a.coco.json").write_text(json.dumps(data))
    (label,) = read_labels(tmp_path / "a.coco.json", size=SIZE, kinds=KINDS).labels
    assert label.xyxy == pytest.approx((110, 30, 130, 70))


def test_files_of_other_tools_are_read(tmp_path: Path) -> None:
    """COCO without our own keys, MOT results without classes, YOLO archives with a list of names."""
    coco = {
        "images": [{"id": 9, "file_name": "some/where/frame_000012.jpg", "width": 640, "height": 360}],
        "annotations": [{"id": 1, "image_id": 9, "category_id": 5, "bbox": [1, 2, 30, 40]}],
        "categories": [{"id": 5, "name": "plate"}],
    }
    (tmp_path / "a.coco.json").write_text(json.dumps(coco))
    (label,) = read_labels(tmp_path / "a.coco.json", size=SIZE, kinds=KINDS).labels
    assert (label.frame, label.kind, label.xyxy) == (12, "plate", (1, 2, 31, 42))
    (tmp_path / "b.txt").write_text("1,-1,10,20,30,40,-1\n3,2,10,20,30,40,0.5\n")
    first, second = read_labels(tmp_path / "b.txt", size=SIZE, kinds=("face",)).labels
    assert (first.frame, first.track, first.score, second.frame, second.track) == (0, None, 1.0, 2, 2)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("data.yaml", "names: [plate, face]\n")
        archive.writestr("labels/train/clip_17.txt", "1 0.5 0.5 0.1 0.2\n")
    (label,) = read_labels(tmp_path / "c.zip", size=SIZE, kinds=KINDS).labels
    assert (label.frame, label.kind, label.xyxy) == (17, "face", (288, 144, 352, 216))


def test_the_name_tells_the_format() -> None:
    assert find_format(Path("A.COCO.JSON")).name == "coco"
    assert find_format(Path("a.json"), "coco").name == "coco"
    with pytest.raises(OutputError, match=r"a\.json does not tell"):
        find_format(Path("a.json"))


_IMAGE = b'{"id":1,"frame":0,"width":640,"height":360},'

_BAD = {
    "not json": (".coco.json", b"{"),
    "deep": (".coco.json", b"[" * 100_000),
    "lists": (".coco.json", b"[1, 2]"),
    "an image twice": (".coco.json", b'{"images":[' + _IMAGE + _IMAGE[:-1] + b'],"categories":[],"annotations":[]}'),
    "a frame twice": (
        ".coco.json",
        b'{"images":[' + _IMAGE + _IMAGE[:-1].replace(b":1", b":2") + b'],"categories":[],"annotations":[]}',
    ),
    "infinite": (
        ".coco.json",
        b'{"images":[{"id":1,"frame":0,"width":640,"height":360}],"categories":[{"id":1,"name":"face"}],'
        b'"annotations":[{"image_id":1,"category_id":1,"bbox":[0,0,Infinity,3]}]}',
    ),
    "huge frame": (".txt", b"99999999999999999,1,1,1,5,5\n"),
    "few columns": (".txt", b"1,2,3\n"),
    "unknown class": (".txt", b"1,1,1,1,5,5,1,9\n"),
    "no archive": (".zip", b"PK\3\4 and nothing"),
    "entities": (
        ".xml",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><annotations>&b;</annotations>',
    ),
    "cvat for images": (
        ".xml",
        b'<annotations><image id="0" name="f_0" width="640" height="360"><box label="face" xtl="1" ytl="1" xbr="9" '
        b'ybr="9"/></image></annotations>',
    ),
    "a mask": (".xml", b'<annotations><track id="1" label="face"><mask frame="0" rle="1"/></track></annotations>'),
    "a turn without end": (
        ".xml",
        b'<annotations><track id="1" label="face"><box frame="0" xtl="1" ytl="1" xbr="9" ybr="9" rotation="inf"/>'
        b"</track></annotations>",
    ),
    "deep xml": (".xml", b"<a>" * 50_000),
    "other xml": (".xml", b"<svg/>"),
    "endless track": (  # 999,999,999 boxes out of two
        ".xml",
        b'<annotations><track id="1" label="face"><box frame="0" xtl="1" ytl="1" xbr="9" ybr="9"/>'
        b'<box frame="999999999" outside="1" xtl="1" ytl="1" xbr="9" ybr="9"/></track></annotations>',
    ),
    "utf-16": (".xml", "<annotations/>".encode("utf-16")),
}


@pytest.mark.parametrize("name", _BAD)
def test_foreign_labels_are_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    ending, content = _BAD[name]
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_labels(path, size=SIZE, kinds=KINDS)
    assert caught.value.message.endswith(".")
    if "twice" in name:
        assert "two of its images have the same id, or are the same frame" in caught.value.message


def test_an_archive_that_bursts_is_refused(tmp_path: Path) -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels/frame_1.txt", b"0" * (5 << 20))
    (tmp_path / "x.zip").write_bytes(into.getvalue())
    with pytest.raises(InputError, match="4 MiB"):
        read_labels(tmp_path / "x.zip", size=SIZE, kinds=KINDS)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_damaged_files_end_in_a_sentence_or_in_labels(form: LabelFormat, tmp_path: Path) -> None:
    whole = form.write(exported())
    rng = random.Random(5)
    path = tmp_path / f"x{form.ending}"
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(bytes(content[: rng.randint(1, len(content))]))
        try:
            labels = read_labels(path, size=SIZE, kinds=KINDS)
        except InputError:
            continue
        assert all(np.isfinite(label.xyxy).all() for label in labels.labels)
