"""Labelled folders: reading, writing, painting out, packing, and the guard round validation sets."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dashcamcleaner.errors import InputError
from dashcamcleaner.training.label_files import read_boxes, write_boxes
from dashcamcleaner.training.pictures import (
    GREY,
    PackedPictures,
    list_folder,
    pack,
    paint_out,
    read_rgb,
)
from tests.training.synthetic import draw_folder

_side = st.integers(0, 400)


@given(rows=st.lists(st.tuples(st.integers(0, 1), _side, _side, _side, _side), max_size=5))
def test_boxes_survive_the_file(rows: list[tuple[int, ...]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("boxes") / "a.txt"
    boxes = [[c, min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)] for c, x1, y1, x2, y2 in rows]
    write_boxes(path, boxes, size=(400, 300))
    assert np.allclose(
        np.array(read_boxes(path, size=(400, 300))).reshape(-1, 5), np.array(boxes).reshape(-1, 5), atol=0.01
    )


def test_broken_label_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n0 0.5 nonsense\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.txt, line 2"):
        read_boxes(tmp_path / "a.txt", size=(10, 10))


@pytest.mark.parametrize(
    "line",
    [
        "7 0.5 0.5 0.1 0.1", "-1 0.5 0.5 0.1 0.1", "0.5 0.5 0.5 0.1 0.1", "0 nan 0.5 0.1 0.1", "0 0.5 0.5 inf 0.1",
        "0 100 50 20 20", "0 0.5 0.5 -0.1 -0.1", "0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5", "face 0.5 0.5 0.1 0.1",
        "0,0.5,0.5,0.1,0.1", "0 0.5 0.5 0.1 0.1 # gr\xfc\xdfe",
    ],
)  # fmt: skip
def test_what_cannot_be_a_box_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(line.encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.txt, line 1") as caught:
        read_boxes(tmp_path / "a.txt", size=(10, 10))
    assert "Classes are" in caught.value.hint


def test_labels_that_begin_with_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeff1 0.5 0.5 0.2 0.2 0.9\r\n".encode())
    assert read_boxes(tmp_path / "a.txt", size=(10, 10)) == [[1, 4, 4, 6, 6]]


def test_a_turned_photo_is_labelled_as_it_is_seen(tmp_path: Path) -> None:
    """Stored 40 x 20 and to be turned by a quarter: people, and their tools, see and label 20 x 40."""
    stored = np.zeros((20, 40, 3), np.uint8)
    stored[:, :10] = 255
    exif = Image.Exif()
    exif[0x112] = 6
    (tmp_path / "images").mkdir()
    Image.fromarray(stored).save(tmp_path / "images" / "a.jpg", exif=exif, quality=95)
    write_boxes(tmp_path / "labels" / "a.txt", [[0, 0, 0, 20, 10]], size=(20, 40))
    (picture,) = list_folder(tmp_path, known=[0])
    assert picture.size == (20, 40)
    assert np.allclose(picture.boxes, [[0, 0, 0, 20, 10]], atol=0.01)
    packed = pack([picture], tmp_path / "cache").rgb(0)
    assert packed.shape == (40, 20, 3)
    assert packed[:9].min() > 200, "the labelled box is where the light is"
    assert packed[12:].max() < 60


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_a_broken_picture_is_named(content: bytes, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    (folder / "images" / "broken.png").write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.png is not a picture"):
        list_folder(folder, known=[0])


@pytest.mark.parametrize("meta", ["{", "[1]", '{"groups": [1]}'])
def test_a_broken_index_is_named(meta: str, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    (folder / "meta.json").write_text(meta)
    with pytest.raises(InputError, match=r"meta\.json"):
        list_folder(folder, known=[0])


def test_a_teacher_that_wrote_nothing_is_missed(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    with pytest.raises(InputError, match=r"teacher\.json"):
        list_folder(folder, known=[0], teacher=tmp_path / "tought")


def test_pixels_are_made_anew_where_they_would_differ(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=2)

    def packed() -> np.ndarray:
        return np.array(pack(list_folder(folder, known=[0, 1]), tmp_path / "cache").rgb(0))

    before = packed()
    write_boxes(folder / "ignore" / "p00.txt", [[0, 0, 0, 160, 128]], size=(160, 128))
    painted = packed()
    assert (painted == GREY).mean() > 0.5, "what is to be ignored since is painted out"
    (folder / "ignore" / "p00.txt").unlink()
    Image.fromarray(255 - before).save(folder / "images" / "p00.png")
    os.utime(folder / "images" / "p00.png", ns=(1, 1))
    assert np.array_equal(packed(), 255 - before), "another picture of the same name and size"


def test_painting_spares_labelled_pixels() -> None:
    rgb = np.full((20, 20, 3), 7, np.uint8)
    paint_out(rgb, [[0, 0, 0, 10, 10]], [[1, 5, 5, 15, 15]])
    assert (rgb[0, 0] == GREY).all()
    assert (rgb[7, 7] == 7).all()
    assert (rgb[12, 12] == 7).all()


def test_packed_pixels_are_the_pictures(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=3)
    pictures = list_folder(folder, known=[0, 1])
    packed = pack(pictures, tmp_path / "cache")
    assert [p.group for p in pictures] == ["g", "g", "p02"]
    assert len(packed) == 3
    for index, picture in enumerate(pictures):
        assert np.array_equal(packed.rgb(index), read_rgb(picture.path))


def test_new_labels_need_no_new_pixels(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=3)
    pack(list_folder(folder, known=[0]), tmp_path / "cache")
    written = (tmp_path / "cache" / "pixels.raw").stat().st_mtime_ns
    pack(list_folder(folder, known=[0, 1]), tmp_path / "cache")
    assert (tmp_path / "cache" / "pixels.raw").stat().st_mtime_ns == written
    assert PackedPictures(tmp_path / "cache").pictures[0].known == [0, 1]


def test_teacher_fills_in_only_what_is_unknown(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    taught = tmp_path / "taught"
    write_boxes(taught / "labels" / "p00.txt", [[0, 1, 1, 9, 9], [1, 2, 2, 8, 8]], size=(160, 128))
    write_boxes(taught / "unsure" / "p00.txt", [[1, 50, 50, 60, 60], [0, 3, 3, 4, 4]], size=(160, 128))
    (taught / "teacher.json").write_text(json.dumps({"classes": [0, 1]}), encoding="utf-8")
    (picture,) = list_folder(folder, known=[0], teacher=taught)
    assert picture.known == [0, 1]
    assert [row[0] for row in picture.boxes] == [0, 1, 1]  # its own face and plate, the teacher's plate
    assert [row[0] for row in picture.unsure] == [1]


@pytest.mark.parametrize("key", ["purpose", "scene"])
def test_validation_sets_are_refused(tmp_path: Path, key: str) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    (folder / "meta.json").write_text(json.dumps({key: "validation: never train on it"}), encoding="utf-8")
    with pytest.raises(InputError, match="validation set"):
        pack(list_folder(folder, known=[0, 1]), tmp_path / "cache")


def test_nothing_to_train_on_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pictures to train on"):
        pack([], tmp_path / "cache")
