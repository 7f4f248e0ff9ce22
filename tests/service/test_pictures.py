"""Pictures over HTTP, against a real server: in whatever form they come, and whatever they are."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.pictures import street
from tests.service.running import RunningServer, coded, street_file


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def regions(server: RunningServer, content: bytes, **query: str) -> list[dict]:
    answer = server.client.post(
        "/anonymize", params={"method": "detect", **query}, content=content, headers={"Content-Type": "image/jpeg"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["regions"]


def test_a_picture_comes_back_with_its_regions_hidden(server: RunningServer) -> None:
    sent = street_file("PNG")
    answer = server.client.post("/anonymize", files={"files": ("street.png", sent)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'attachment; filename="cleaned.png"'
    counts = json.loads(answer.headers["x-regions"])
    assert counts["plate"] >= 1
    before, after = np.asarray(opened(sent)).astype(int), np.asarray(opened(answer.content)).astype(int)
    assert before.shape == after.shape
    found = regions(server, sent)
    for region in found:
        x, y, w, h = (int(region[side]) for side in "xywh")
        inside = np.s_[max(0, y + h // 4) : y + 3 * h // 4, max(0, x + w // 4) : x + 3 * w // 4]
        assert np.abs(before[inside] - after[inside]).max() > 8, "a region is not as it was"
    outside = np.ones(before.shape[:2], bool)
    for region in found:
        x, y, w, h = (int(region[side]) for side in "xywh")
        outside[max(0, y - h) : y + 2 * h, max(0, x - w) : x + 2 * w] = False
    assert (before[outside] == after[outside]).all(), "what is not hidden stays as it is"


def test_raw_json_and_multipart_give_the_same(server: RunningServer) -> None:
    sent = street_file("PNG")
    raw = server.client.post("/anonymize", content=sent, headers={"Content-Type": "image/png"})
    form = server.client.post("/anonymize", files={"files": ("a.png", sent)})
    data = base64.b64encode(sent).decode()
    coded_json = server.client.post("/anonymize", json={"pictures": [{"name": "a.png", "data": data}]})
    shown = [np.asarray(opened(answer.content)) for answer in (raw, form, coded_json)]
    assert (shown[0] == shown[1]).all()
    assert (shown[0] == shown[2]).all()


def test_detections_alone(server: RunningServer) -> None:
    answer = server.client.post("/anonymize?method=detect", files={"files": ("C:\\photos\\street.jpg", street_file())})
    told = answer.json()
    assert told["name"] == "street.jpg"
    assert told["size"] == {"width": 640, "height": 360}
    assert {one["kind"] for one in told["regions"]} == {"face", "plate"}
    assert len(told["detections"]) >= len(told["regions"])
    assert told["ms"] > 0


@pytest.mark.parametrize("wanted", ["jpg", "png", "webp", "bmp", "tif", "avif"])
def test_any_of_our_formats_comes_out(server: RunningServer, wanted: str) -> None:
    answer = server.client.post("/anonymize", params={"format": wanted}, files={"files": ("a.jpg", street_file())})
    if answer.status_code == 409:
        assert "cannot be written here" in answer.json()["detail"]
        pytest.skip("Pillow has no encoder for it here")
    assert answer.status_code == 200, answer.text
    assert opened(answer.content).size == (640, 360)
    names = {"jpg": "JPEG", "tif": "TIFF"}
    assert opened(answer.content).format == names.get(wanted, wanted.upper())


def test_settings_in_the_query_count(server: RunningServer) -> None:
    sent = street_file()
    assert {one["kind"] for one in regions(server, sent, faces="false")} == {"plate"}
    solid = server.client.post("/anonymize?style=solid&format=png", files={"files": ("a.jpg", sent)})
    blurred = server.client.post("/anonymize?format=png", files={"files": ("a.jpg", sent)})
    assert solid.content != blurred.content


def test_orientation_is_applied_and_exif_goes(server: RunningServer) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    exif[0x010F] = "Camera maker"
    sent = coded(np.rot90(street(3)).copy(), exif=exif.tobytes())
    answer = server.client.post("/anonymize", files={"files": ("turned.jpg", sent)})
    picture = opened(answer.content)
    assert picture.size == (640, 360)
    assert not dict(picture.getexif())
    assert b"Camera maker" not in answer.content
    assert "camera tags" in answer.headers["x-notes"]
    assert {one["kind"] for one in regions(server, sent)} == {"face", "plate"}, "it is seen upright"


def test_cmyk_is_handled(server: RunningServer) -> None:
    buffer = io.BytesIO()
    Image.fromarray(street(3)).convert("CMYK").save(buffer, "JPEG")
    answer = server.client.post("/anonymize", files={"files": ("print.jpg", buffer.getvalue())})
    assert answer.status_code == 200, answer.text
    assert opened(answer.content).mode == "RGB"


def test_sixteen_bits_stay(server: RunningServer) -> None:
    import cv2

    deep = cv2.imencode(".png", street(3)[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    answer = server.client.post("/anonymize", files={"files": ("deep.png", deep)})
    assert answer.status_code == 200, answer.text
    shown = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown.dtype == np.uint16


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(200)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "animated.png",
            coded(street(3), "PNG", save_all=True, append_images=[Image.new("RGB", (640, 360))]),
            "follow",
        ),
        ("phone.heic", HEIC, "HEIF"),
        ("words.jpg", b"these are no pixels", "no picture"),
        ("torn.jpg", street_file()[:700], "no picture"),
        ("empty.jpg", b"", "no bytes"),
        ("moving.gif", coded(street(3), "GIF"), "no picture"),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
    ],
)
def test_what_is_no_picture_is_told(server: RunningServer, name: str, content: bytes, says: str) -> None:
    answer = server.client.post("/anonymize", files={"files": (name, content)})
    assert answer.status_code == 415, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert says in problem["detail"]
    assert problem["error"] == "InputError"
    assert problem["exit_code"] == 3
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert "/tmp" not in answer.text
    assert "storage" not in answer.text


def test_the_content_tells_the_format_not_the_name(server: RunningServer) -> None:
    answer = server.client.post("/anonymize", files={"files": ("a.jpg", street_file("PNG"), "image/jpeg")})
    assert answer.headers["content-type"] == "image/png"


def test_a_name_that_acts_is_shown_as_text(server: RunningServer) -> None:
    data = base64.b64encode(street_file()).decode()
    answer = server.client.post(
        "/anonymize?method=detect", json={"pictures": [{"name": "../../etc/\x1b[31m\u202e.jpg", "data": data}]}
    )
    assert answer.json()["name"] == "\\x1b[31m\\u202e.jpg"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("style=blurry", "style"),
        ("strength=9", "1 to 6"),
        ("strength=3&strength=4", "once"),
        ("weights=/etc/passwd", "no parameter"),
        ("picture=/etc/passwd", "no parameter"),
        ("threshold=nan", "threshold"),
        ("faces=maybe", "faces"),
        ("faces=false&plates=false", "Neither"),
        ("format=exe", "format"),
        ("inference_size=4096", "inference"),
    ],
)
def test_a_wrong_setting_is_told(server: RunningServer, query: str, says: str) -> None:
    answer = server.client.post(f"/anonymize?{query}", files={"files": ("a.jpg", street_file())})
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]
    assert answer.json()["error"] == "SettingError"


def test_one_picture_is_cleaned_at_a_time(server: RunningServer) -> None:
    files = [("files", ("a.jpg", street_file())), ("files", ("b.jpg", street_file()))]
    assert server.client.post("/anonymize", files=files).status_code == 400


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"pictures": []}', "application/json", 400),
        (b'{"pictures": [{"data": "%%"}]}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"url": "http://127.0.0.1/x.jpg"}', "application/json", 400),
        (b"x", "text/plain", 415),
        (b"x", "multipart/form-data", 400),
        (b"x", "", 415),
    ],
)
def test_a_body_that_is_none_is_told(server: RunningServer, content: bytes, kind: str, status: int) -> None:
    answer = server.client.post("/anonymize", content=content, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
