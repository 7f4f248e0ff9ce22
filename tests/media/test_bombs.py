"""Small files that tell of huge pictures are refused before they are decoded; large photos are cleaned."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from dashcamcleaner.core import budget
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.errors import InputError, OutputError, SettingError
from dashcamcleaner.media import packets
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.image_file import read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.media.probe import probe
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.obscure.overlay import read_picture
from tests import clips
from tests.pictures import street


def gif(width: int, height: int, pictures: int = 40) -> bytes:
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    one = b"\x21\xf9\x04\x04\x0a\0\0\0\x2c" + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\x02\x03\x44\x34\x05\0"
    return out + one * pictures + b"\x3b"


def png(width: int, height: int, *, depth: int = 8, colour: int = 0, moves: bool = False) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9)), chunk(b"IEND", b"")]
    if moves:
        parts.insert(1, chunk(b"acTL", struct.pack(">II", 2, 0)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def webp(side: int) -> bytes:
    canvas = b"\x02\0\0\0" + (side - 1).to_bytes(3, "little") * 2
    parts = b"VP8X" + struct.pack("<I", 10) + canvas + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts


def tiff(width: int, height: int, *, tile: int = 0) -> bytes:
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)]
    at, size = (324, 325) if tile else (273, 279)
    tags += [(at, 4, 1, 400), (size, 4, 1, 50), *([(322, 4, 1, tile), (323, 4, 1, tile)] if tile else [])]
    rows = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return (b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(4)).ljust(400, b"\0") + zlib.compress(
        bytes(4000)
    )


def bmp(width: int, height: int) -> bytes:
    return (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 200, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(100)
    )


def avif(width: int, height: int) -> bytes:
    """A real AVIF whose header tells another size."""
    import io

    small = io.BytesIO()
    Image.new("RGB", (64, 48)).save(small, "AVIF")
    old = b"ispe\0\0\0\0" + struct.pack(">II", 64, 48)
    assert old in small.getvalue()
    return small.getvalue().replace(old, b"ispe\0\0\0\0" + struct.pack(">II", width, height))


BOMBS = {
    "canvas.gif": gif(65535, 65535),
    "large.gif": gif(9000, 9000),
    "grey.png": png(60_000, 60_000),
    "colour.png": png(20_000, 20_000, colour=2),
    "deep.png": png(12_000, 12_000, depth=16, colour=2),
    "moves.png": png(30_000, 30_000, colour=6, moves=True),
    "canvas.webp": webp(16_383),
    "strip.tif": tiff(60_000, 60_000),
    "tile.tif": tiff(16, 16, tile=60_000),
    "huge.bmp": bmp(60_000, 60_000),
    "huge.avif": avif(30_000, 30_000),
}

_CHILD = """
import json, resource, sys
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.media.image_file import is_picture_file, read_picture_file
from dashcamcleaner.media.probe import probe
from dashcamcleaner.obscure.overlay import read_picture
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
told = {}
for name in sys.argv[1:]:
    for use in ((read_picture_file if is_picture_file(name) else probe), probe, lambda one: read_picture(Path(one))):
        try:
            use(name)
            told.setdefault(name, []).append("")
        except DashcamCleanerError as error:
            told.setdefault(name, []).append(error.message)
# Not ru_maxrss: a child begins with its parent's.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps([told, int(status["VmHWM"].split()[0])]))
"""


def test_bombs_are_refused_in_little_memory(tmp_path: Path) -> None:
    """One process for all: as cover, as the user's own picture, as a picture and as a clip."""
    for name, content in BOMBS.items():
        assert len(content) < 40_000
        (tmp_path / name).write_bytes(content)
    names = [str(tmp_path / name) for name in BOMBS]
    done = subprocess.run([sys.executable, "-c", _CHILD, *names], capture_output=True, text=True, check=True)
    told, peak_kb = json.loads(done.stdout)
    for name in names:
        assert told[name][0], name  # the others may make a small picture of it, in little memory
    assert peak_kb < 400_000


def test_a_size_that_grows_within_a_clip_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg is told the bound as well: a stream's later pictures do not stand in its header."""
    small, large = (clips.make(tmp_path / f"{w}.ts", frames=4, size=(w, 96)).path for w in (128, 512))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    info = probe(both)
    with open_clip(both, info=info) as decoder:
        assert len(list(decoder)) == 8
    monkeypatch.setattr(packets, "MOST_CLIP_PIXELS", 128 * 96 + 20_000)
    decoder = open_clip(both, info=info)
    with pytest.raises(InputError, match="decodes to nothing"):
        next(decoder)
    decoder.close()


def test_a_clip_beyond_the_budget_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clips.make(tmp_path / "a.mp4", frames=2, size=(128, 96)).path
    monkeypatch.setattr(budget.check_clip, "__kwdefaults__", {"most": 1000})
    with pytest.raises(InputError, match="pictures of 128x96"):
        probe(clip)


def test_large_frames_are_decoded_few_at_a_time() -> None:
    assert budget.frames_at_once(1920, 1080, bytes_per_pixel=4) > 16
    assert budget.frames_at_once(8192, 4320, bytes_per_pixel=4) == 2
    assert budget.frames_at_once(0, 0, bytes_per_pixel=4) > 16


def test_a_picture_to_lay_over_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "own.png"
    Image.new("RGB", (5000, 5000)).save(path)
    with pytest.raises(SettingError, match="no picture that can be read"):
        read_picture(path)


# --- large photos


@pytest.fixture()
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget in which a picture of 640x360 is a large one."""
    monkeypatch.setattr(budget, "MOST_BYTES", 1_150_000)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_photo_is_cleaned_whole(orientation: int, little: None, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg.partial"
    Image.fromarray(street(3)).save(source, quality=92, subsampling=2, exif=exif, icc_profile=profile)
    picture = read_picture_file(source)
    assert picture.large
    with Image.open(source) as opened:
        from PIL import ImageOps

        upright = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    height, width = upright.shape[:2]
    assert picture.frame.upright_size == (width, height)
    assert np.abs(picture.frame.picture((width, height)).astype(int) - upright).mean() < 1
    box = (width * 0.25, height * 0.25, width * 0.5, height * 0.4)
    Obscurer(style="solid", feather=0).obscure(picture.frame, [Region(box, "face", 1.0, Origin.MANUAL)])
    actions = write_picture_file(picture, partial_path=target)
    assert "drop" in {a.what: a.action for a in actions}["camera tags (EXIF)"]
    with Image.open(target) as opened:
        assert opened.info["icc_profile"] == profile
        assert 0x010F not in opened.getexif()
        after = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"), int)
    x1, y1, x2, y2 = (round(v) for v in box)
    assert after.shape == upright.shape
    assert np.abs(after[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4] - 128).max() < 16  # the edge rings a little
    hidden = np.zeros(after.shape[:2], bool)
    hidden[y1 - 16 : y2 + 16, x1 - 16 : x2 + 16] = True
    assert np.abs(after - upright)[~hidden].mean() < 3
    with pytest.raises(OutputError, match="as PNG"):
        write_picture_file(picture, partial_path=target, suffix=".png")


def test_a_large_grey_photo_stays_grey(little: None, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg.partial"
    Image.fromarray(street(3)).convert("L").save(source, quality=90)
    picture = read_picture_file(source)
    assert picture.large
    write_picture_file(picture, partial_path=target)
    with Image.open(target) as opened:
        assert opened.mode == "L"


_PHOTO = """
import resource, sys
from pathlib import Path
import cv2, numpy as np
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.media.image_file import read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.obscure.obscurer import Obscurer
picture = read_picture_file(Path(sys.argv[1]))
picture.frame.picture((1280, 960))
Obscurer().obscure(picture.frame, [Region((100.0, 100.0, 900.0, 1000.0), "face", 1.0, Origin.DETECTED)])
write_picture_file(picture, partial_path=Path(sys.argv[2]))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*picture.frame.size, int(status["VmHWM"].split()[0]))
"""


@pytest.mark.slow
def test_a_photo_of_200_million_pixels_takes_less_than_a_gigabyte_and_a_half(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    picture = np.full((12_240, 16_320), 90, np.uint8)
    cv2.imwrite(str(source), cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
    del picture
    done = subprocess.run(
        [sys.executable, "-c", _PHOTO, str(source), str(target)], capture_output=True, text=True, check=True
    )
    width, height, peak_kb = map(int, done.stdout.split())
    assert (width, height) == (16_320, 12_240)
    assert peak_kb < 1_260_000  # the detector, where it is there before, takes a quarter of a gigabyte more
    with Image.open(target) as opened:
        assert opened.size == (16_320, 12_240)
