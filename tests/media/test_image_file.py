"""Pictures: upright, near lossless, without what the file carries beside the picture."""

from __future__ import annotations

import io
import random
import struct

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.media import image_writer
from dashcamcleaner.media.formats import MediaKind, format_of, suffixes
from dashcamcleaner.media.image_file import is_picture_file, read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.obscure.obscurer import Obscurer

GPS, EXIF, IFD1 = ExifTags.IFD.GPSInfo, ExifTags.IFD.Exif, ExifTags.IFD.IFD1


def scene(size=(160, 96)) -> Image.Image:
    """Four corners of distinct colours on a gradient: turning shows."""
    w, h = size
    x, y = np.meshgrid(np.linspace(60, 180, w), np.linspace(60, 180, h))
    rgb = np.stack([x, y, (x + y) / 2], axis=2)
    rgb[: h // 4, : w // 4] = (220, 30, 30)
    rgb[: h // 4, -w // 4 :] = (30, 220, 30)
    rgb[-h // 4 :, : w // 4] = (30, 30, 220)
    return Image.fromarray(rgb.astype(np.uint8))


def exif_of_a_camera(*, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = orientation
    exif[EXIF] = {0x9003: "2026:11:21 10:00:00", 0x927C: b"secret serial", 0xA431: "SN123"}
    exif[GPS] = {1: "N", 2: (48.0, 51.0, 0.0), 3: "E", 4: (2.0, 17.0, 0.0)}
    return exif.tobytes()


def write(path, image=None, **options):
    (image or scene()).save(path, **options)
    return path


def out(picture, tmp_path, suffix, **options):
    path = tmp_path / f"out{suffix}"
    actions = write_picture_file(picture, partial_path=path, suffix=suffix, **options)
    return path, {action.what: action.action for action in actions}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_exif_rotation_is_applied(orientation, suffix, tmp_path):
    upright = scene()
    backwards = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transpose that undoes each orientation
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(backwards[orientation]))
    options = {"quality": 97, "subsampling": 0} if suffix == ".jpg" else {}
    path = write(tmp_path / f"in{suffix}", stored, exif=exif_of_a_camera(orientation=orientation), **options)
    picture = read_picture_file(path)
    assert picture.frame.size == upright.size
    result, _ = out(picture, tmp_path, suffix, keep=("tags",))
    with Image.open(result) as image:
        assert image.getexif().get(0x0112, 1) == 1
        difference = np.abs(np.asarray(image.convert("RGB"), int) - np.asarray(upright, int))
    assert np.percentile(difference, 95) <= 8
    assert np.abs(picture.frame.picture((16, 10)).astype(int)[1, 1] - (220, 30, 30)).max() <= 8


def test_position_thumbnail_and_maker_notes_are_dropped_and_told(tmp_path):
    plain = write(tmp_path / "plain.jpg", exif=exif_of_a_camera())
    picture = read_picture_file(plain)
    path, told = out(picture, tmp_path, ".jpg")
    assert told["position (GPS)"] == told["camera tags (EXIF)"] == told["maker notes (EXIF)"] == "dropped"
    with Image.open(path) as image:
        assert not image.getexif()
    assert b"secret serial" not in path.read_bytes()
    assert b"Maker" not in path.read_bytes()


def test_a_thumbnail_never_comes_through(tmp_path):
    exif = Image.Exif()
    small = io.BytesIO()
    scene((40, 24)).save(small, "JPEG")
    exif[0x010F] = "Maker"
    path = write(tmp_path / "in.jpg", exif=_with_thumbnail(exif, small.getvalue()))
    with Image.open(path) as image:
        assert 0x0201 in image.getexif().get_ifd(IFD1), "the test's own file has no thumbnail"
    result, told = out(read_picture_file(path), tmp_path, ".jpg", keep=("tags", "location"))
    assert told["thumbnail (EXIF)"] == "dropped"
    with Image.open(result) as image:
        assert not image.getexif().get_ifd(IFD1)
        assert image.getexif()[0x010F] == "Maker"
    assert result.read_bytes().count(b"\xff\xd8\xff") == 1


def _with_thumbnail(exif: Image.Exif, jpeg: bytes) -> bytes:
    """EXIF bytes with a second directory that points to a small JPEG, put together by hand."""
    block = exif.tobytes()[6:]
    order = "<" if block[:2] == b"II" else ">"
    start = struct.unpack(order + "I", block[4:8])[0]
    count = struct.unpack(order + "H", block[start : start + 2])[0]
    link = start + 2 + 12 * count
    at = len(block) + len(block) % 2
    padded = block + b"\0" * (at - len(block))
    directory = struct.pack(order + "H", 2)
    picture_at = at + 2 + 24 + 4
    directory += struct.pack(order + "HHII", 0x0201, 4, 1, picture_at)
    directory += struct.pack(order + "HHII", 0x0202, 4, 1, len(jpeg)) + struct.pack(order + "I", 0)
    padded = padded[:link] + struct.pack(order + "I", at) + padded[link + 4 :]
    return b"Exif\0\0" + padded + directory + jpeg


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_keep_keeps_what_it_names(suffix, tmp_path):
    picture = read_picture_file(write(tmp_path / f"in{suffix}", exif=exif_of_a_camera()))
    for keep, has_gps, has_tags in ((("location",), True, False), (("tags",), False, True), ((), False, False)):
        path, told = out(picture, tmp_path, suffix, keep=keep)
        with Image.open(path) as image:
            exif = image.getexif()
            assert bool(exif.get_ifd(GPS)) is has_gps
            assert (exif.get(0x010F) == "Maker") is has_tags
            assert (0x9003 in exif.get_ifd(EXIF)) is has_tags
            assert 0x927C not in exif.get_ifd(EXIF)
        assert told["position (GPS)"] == ("copied" if has_gps else "dropped")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_the_colour_profile_stays(suffix, tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = read_picture_file(write(tmp_path / f"in{suffix}", icc_profile=profile))
    path, _ = out(picture, tmp_path, suffix)
    with Image.open(path) as image:
        assert image.info["icc_profile"] == profile


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [60, 85, 96])
def test_a_jpeg_is_written_as_it_was_coded(subsampling, quality, tmp_path):
    path = write(tmp_path / "in.jpg", quality=quality, subsampling=subsampling)
    picture = read_picture_file(path)
    assert picture.frame.layout.name == "yuvj444p"
    result, _ = out(picture, tmp_path, ".jpg")
    with Image.open(path) as a, Image.open(result) as b:
        assert a.quantization == b.quantization
        assert a.layer[0][1:3] == b.layer[0][1:3]
    again = read_picture_file(result)
    difference = np.abs(picture.frame.planes[0].astype(int) - again.frame.planes[0])
    assert difference.mean() < 0.05  # luma comes back as it was, but for rounding
    assert 0.6 < result.stat().st_size / path.stat().st_size < 1.1


@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp", ".tif"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA"])
def test_lossless_kinds_stay_bit_for_bit_outside(suffix, mode, tmp_path):
    if suffix == ".bmp" and mode in ("RGBA", "LA"):
        pytest.skip("not what this format holds")
    image = scene().convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(np.tile(np.arange(160, dtype=np.uint8), (96, 1))))
    path = write(tmp_path / f"in{suffix}", image, **({"lossless": True, "exact": True} if suffix == ".webp" else {}))
    picture = read_picture_file(path)
    before = [plane.copy() for plane in picture.frame.planes]
    Obscurer(style="solid", feather=0).obscure(picture.frame, [Region((40, 20, 80, 50), "plate", 1, Origin.MANUAL)])
    result, _ = out(picture, tmp_path, suffix)
    again = read_picture_file(result)
    assert again.frame.layout.alpha == picture.frame.layout.alpha
    for old, new in zip(before, again.frame.planes, strict=False):
        outside = np.ones(old.shape, bool)
        outside[20:50, 40:80] = False
        assert np.array_equal(old[outside], new[outside])
        assert len(np.unique(new[20:50, 40:80])) == 1


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_stay(suffix, channels, tmp_path):
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 65536, (40, 60, channels)).astype(np.uint16)
    path = tmp_path / f"in{suffix}"
    assert cv2.imwrite(str(path), samples[..., 0] if channels == 1 else samples)
    picture = read_picture_file(path)
    assert picture.frame.layout.depth == 16
    Obscurer(style="mosaic", feather=0).obscure(picture.frame, [Region((10, 10, 30, 30), "plate", 1, Origin.MANUAL)])
    result, _ = out(picture, tmp_path, suffix)
    again = cv2.imread(str(result), cv2.IMREAD_UNCHANGED).reshape(samples.shape)
    outside = np.ones((40, 60), bool)
    outside[10:30, 10:30] = False
    assert np.array_equal(again[outside], samples[outside])
    assert not np.array_equal(again[~outside], samples[~outside])


def test_sixteen_bit_png_keeps_its_profile(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "in.png"
    cv2.imwrite(str(path), np.full((20, 30, 3), 30000, np.uint16))
    picture = read_picture_file(path)
    picture.icc = profile
    result, _ = out(picture, tmp_path, ".png")
    with Image.open(result) as image:
        assert image.info["icc_profile"] == profile
        image.load()


@pytest.mark.parametrize("suffix", suffixes(MediaKind.PICTURE, written=True))
def test_every_kind_can_be_written_as_another(suffix, tmp_path):
    for source in (".jpg", ".png"):
        picture = read_picture_file(write(tmp_path / f"in{source}"))
        result, _ = out(picture, tmp_path, suffix)
        with Image.open(result) as image:
            assert image.format == format_of(suffix).writer
            assert np.abs(np.asarray(image.convert("RGB"), int) - np.asarray(scene(), int)).mean() < 3


def test_transparent_colours_are_not_bared(tmp_path):
    image = scene().convert("RGBA")
    image.putalpha(0)
    result, _ = out(read_picture_file(write(tmp_path / "in.png", image)), tmp_path, ".jpg")
    with Image.open(result) as written:
        assert np.asarray(written).min() > 250


def test_texts_of_a_png_are_dropped_and_told(tmp_path):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "taken at home")
    result, told = out(read_picture_file(write(tmp_path / "in.png", pnginfo=texts)), tmp_path, ".png")
    assert told["text Comment"] == "dropped"
    assert b"taken at home" not in result.read_bytes()


def test_what_lies_behind_the_picture_is_dropped_and_told(tmp_path):
    path = write(tmp_path / "in.jpg")
    path.write_bytes(path.read_bytes() + b"....ftypmp42 a clip of the moment")
    result, told = out(read_picture_file(path), tmp_path, ".jpg")
    assert told["data behind the picture"] == "dropped"
    assert b"a clip of the moment" not in result.read_bytes()


def test_cmyk_and_several_pictures_in_a_jpeg(tmp_path):
    picture = read_picture_file(write(tmp_path / "cmyk.jpg", scene().convert("CMYK")))
    assert picture.frame.layout.rgb
    path = write(tmp_path / "two.jpg", format="MPO", save_all=True, append_images=[scene((80, 48))])
    picture = read_picture_file(path)
    result, told = out(picture, tmp_path, ".jpg")
    assert told["1 further pictures in the file"] == "dropped"
    with Image.open(result) as image:
        assert getattr(image, "n_frames", 1) == 1


def test_pictures_are_known_by_their_bytes(tmp_path):
    assert is_picture_file(write(tmp_path / "a.clip", format="PNG"))
    gif = write(tmp_path / "b.jpg", scene().convert("P"), format="GIF")
    assert not is_picture_file(gif)
    (tmp_path / "c.jpg").write_bytes(b"\0\0\0\x18ftypmp42")
    assert not is_picture_file(tmp_path / "c.jpg")
    assert not is_picture_file(tmp_path / "absent.jpg")


def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path):
    whole = write(tmp_path / "whole.jpg", quality=95).read_bytes()
    moving = tmp_path / "moving.webp"
    scene().save(moving, save_all=True, append_images=[scene().rotate(90)])
    files = {
        "cut.jpg": whole[: len(whole) // 2],
        "junk.png": b"\x89PNG\r\n\x1a\n" + b"junk" * 20,
        "photo.heic": b"\0\0\0\x18ftypheic" + b"\0" * 40,
        "moving.webp": moving.read_bytes(),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert is_picture_file(path)
        with pytest.raises(InputError) as told:
            read_picture_file(path)
        assert told.value.hint
    with pytest.raises(InputError):
        read_picture_file(tmp_path / "absent.png")


def test_what_cannot_be_written_is_refused(tmp_path):
    picture = read_picture_file(write(tmp_path / "in.png"))
    with pytest.raises(OutputError):
        write_picture_file(picture, partial_path=tmp_path / "x", suffix=".mp4")
    with pytest.raises(OutputError):
        write_picture_file(picture, partial_path=tmp_path / "no" / "folder.png", suffix=".png")


def test_a_format_without_an_encoder_is_told_and_not_exchanged(tmp_path, monkeypatch):
    picture = read_picture_file(write(tmp_path / "in.avif"))
    monkeypatch.delitem(Image.SAVE, "AVIF")  # as in a Pillow that was built without
    image_writer._encodes.cache_clear()
    with pytest.raises(OutputError, match=r"^AVIF pictures cannot be written here: .*\.$") as told:
        out(picture, tmp_path, ".avif")
    image_writer._encodes.cache_clear()
    assert ".png" in told.value.hint
    assert not (tmp_path / "out.avif").exists()


def with_app1(path, block: bytes):
    """A JPEG with an EXIF block as it stands."""
    data = write(path).read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block + data[2:])
    return path


def one_tag(tag: int, kind: int, count: int, value: bytes, more: bytes = b"") -> bytes:
    return b"II*\0" + struct.pack("<IHHHI", 8, 1, tag, kind, count) + value + bytes(4) + more


DAMAGED_EXIF = {
    "an orientation in words": one_tag(0x0112, 2, 4, b"AAA\0"),
    "an orientation divided by nothing": one_tag(0x0112, 5, 1, struct.pack("<I", 26), struct.pack("<II", 1, 0)),
    "an orientation that is none": one_tag(0x0112, 3, 1, b"\xff\xff\0\0"),
    "no TIFF": b"garbage!",
    "a directory that leads nowhere": b"II*\0\xff\xff\xff\x7f",
    "positions that lead round": one_tag(0x8825, 4, 1, struct.pack("<I", 8)),
    "a number where words belong": one_tag(0x8769, 4, 1, struct.pack("<I", 26), one_tag(0x9003, 5, 1, bytes(4))[8:]),
}


@pytest.mark.parametrize("what", DAMAGED_EXIF)
@pytest.mark.parametrize("keep", [(), ("tags", "location")])
def test_damaged_exif_does_not_make_the_picture_unreadable(what, keep, tmp_path):
    picture = read_picture_file(with_app1(tmp_path / "in.jpg", DAMAGED_EXIF[what]))
    path, _ = out(picture, tmp_path, ".jpg", keep=keep)
    before = picture.frame.scale((160, 96)).astype(int)
    with Image.open(path) as image:
        assert np.abs(np.asarray(image) - before).mean() < 2


def test_damaged_exif_is_told(tmp_path):
    for name in ("an orientation in words", "an orientation that is none"):
        picture = read_picture_file(with_app1(tmp_path / "in.jpg", DAMAGED_EXIF[name]))
        assert out(picture, tmp_path, ".jpg")[1]["damaged EXIF"] == "dropped"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Raw profile type exif", "\nexif\n 4\n41414141\n")
    picture = read_picture_file(write(tmp_path / "in.png", pnginfo=texts))
    assert out(picture, tmp_path, ".png")[1]["damaged EXIF"] == "dropped"
    picture = read_picture_file(write(tmp_path / "whole.jpg", exif=exif_of_a_camera()))
    assert "damaged EXIF" not in out(picture, tmp_path, ".jpg")[1]


def test_mutated_exif_is_read_and_written_again(tmp_path):
    whole, path = exif_of_a_camera(orientation=6), tmp_path / "in.jpg"
    for seed in range(60):
        chance = random.Random(seed)
        block = bytearray(whole)
        for _ in range(chance.choice((1, 2, 4, 8))):
            block[chance.randrange(6, len(block))] = chance.choice((0, 1, 2, 3, 4, 5, 7, 9, 12, 255))
        write(path, scene((32, 16)), exif=bytes(block))
        out(read_picture_file(path), tmp_path, ".jpg", keep=("tags", "location"))


@pytest.mark.parametrize(
    ("mode", "profile", "stays"),
    [("RGB", "sRGB", True), ("RGB", "LAB", False), ("L", "sRGB", False), ("P", "sRGB", True), ("RGB", None, False)],
)
def test_only_a_profile_for_such_samples_stays(mode, profile, stays, tmp_path):
    icc = (
        b"no profile at all" if profile is None else ImageCms.ImageCmsProfile(ImageCms.createProfile(profile)).tobytes()
    )
    picture = read_picture_file(write(tmp_path / "in.png", scene().convert(mode), icc_profile=icc))
    path, actions = out(picture, tmp_path, ".png")
    with Image.open(path) as image:
        assert ("icc_profile" in image.info) == stays
    assert actions.get("colour profile (ICC)") == (None if stays else "dropped")
