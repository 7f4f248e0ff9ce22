"""Tags of TIFF: alpha keeps its meaning, profiles stay, raw pictures of cameras are refused."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from dashcamcleaner.errors import InputError
from dashcamcleaner.media.image_file import read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.media.tiff_tags import EXTRA_SAMPLES, ICC_PROFILE, UNASSOCIATED, with_tags

COLOUR, ALPHA = 100, 128


def tiff(path: Path, *, deep: bool, extra: int, alpha: int = ALPHA) -> Path:
    picture = np.full((20, 30, 4), COLOUR, np.uint8)
    picture[..., 3] = alpha
    if deep:
        data = cv2.imencode(".tif", picture.astype(np.uint16) * 257)[1].tobytes()
    else:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "TIFF")
        data = buffer.getvalue()
    path.write_bytes(with_tags(data, {EXTRA_SAMPLES: extra}))
    return path


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(("extra", "colour"), [(1, round(COLOUR * 255 / ALPHA)), (UNASSOCIATED, COLOUR)])
def test_alpha_does_not_darken_the_picture(deep: bool, extra: int, colour: int, tmp_path: Path) -> None:
    picture = read_picture_file(tiff(tmp_path / "in.tif", deep=deep, extra=extra))
    scale = 257 if deep else 1
    assert picture.frame.planes[0][0, 0] / scale == pytest.approx(colour, abs=1)
    result = tmp_path / "out.tif"
    write_picture_file(picture, partial_path=result, suffix=".tif")
    with Image.open(result) as image:
        assert image.tag_v2[EXTRA_SAMPLES] == (UNASSOCIATED,)
        assert np.asarray(image)[0, 0] == pytest.approx([colour, colour, colour, ALPHA], abs=1)


@pytest.mark.parametrize("deep", [False, True])
def test_what_no_alpha_is_hides_nothing(deep: bool, tmp_path: Path) -> None:
    picture = read_picture_file(tiff(tmp_path / "in.tif", deep=deep, extra=0, alpha=0))
    assert len(picture.frame.planes) == 3
    assert picture.frame.planes[0][0, 0] / (257 if deep else 1) == COLOUR


def test_nothing_that_shines_through_wholly_is_divided(tmp_path: Path) -> None:
    picture = read_picture_file(tiff(tmp_path / "in.tif", deep=True, extra=1, alpha=0))
    assert picture.frame.planes[3].max() == 0


def test_kept_tags_do_not_change_what_the_alpha_means(tmp_path: Path) -> None:
    picture = read_picture_file(tiff(tmp_path / "in.tif", deep=False, extra=1))
    write_picture_file(picture, partial_path=tmp_path / "out.tif", suffix=".tif", keep=("tags",))
    with Image.open(tmp_path / "out.tif") as image:
        assert image.tag_v2[EXTRA_SAMPLES] == (UNASSOCIATED,)


def test_a_deep_tiff_keeps_its_profile(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = cv2.imencode(".tif", np.full((20, 30, 3), 30000, np.uint16))[1].tobytes()
    (tmp_path / "in.tif").write_bytes(with_tags(data, {ICC_PROFILE: profile}))
    actions = write_picture_file(
        read_picture_file(tmp_path / "in.tif"), partial_path=tmp_path / "out.tif", suffix=".tif"
    )
    assert len(actions) == 1
    with Image.open(tmp_path / "out.tif") as image:
        assert image.info["icc_profile"] == profile
    assert cv2.imread(str(tmp_path / "out.tif"), cv2.IMREAD_UNCHANGED).mean() == 30000


def test_raw_pictures_are_refused_rather_than_their_preview_taken(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "TIFF")
    (tmp_path / "a.nef").write_bytes(buffer.getvalue())
    (tmp_path / "b.tif").write_bytes(with_tags(buffer.getvalue(), {0xC612: b"\1\4\0\0"}))
    for name in ("a.nef", "b.tif"):
        with pytest.raises(InputError, match="raw"):
            read_picture_file(tmp_path / name)


def test_what_is_no_tiff_is_refused() -> None:
    with pytest.raises(ValueError, match="no TIFF"):
        with_tags(b"\x89PNG", {})
