"""Scores over HTTP, and what they come to under a policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.media.image_file import read_picture_file
from dashcamcleaner.scenes.classify.safety import SafetyBox, SafetyScore
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.pictures import PictureWork, SentPicture
from dashcamcleaner.service.policy import Policy, load_policies
from tests.attacks.test_pictures_as_shown import WAYS
from tests.service.running import RunningServer, street_file


@pytest.fixture()
def scoring(server: RunningServer) -> RunningServer:
    if not server.client.get("/models").json()["scorers"]:
        pytest.skip("no networks that score are installed")
    return server


def test_many_pictures_and_one_that_is_none(scoring: RunningServer) -> None:
    files = [
        ("files", ("a.jpg", street_file())),
        ("files", ("b.jpg", b"no pixels")),
        ("files", ("c.png", street_file("PNG"))),
    ]
    answer = scoring.client.post("/score", files=files)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [one["name"] for one in told["results"]] == ["a.jpg", "b.jpg", "c.png"]
    assert told["results"][1]["error"]["error"] == "InputError"
    for one in (told["results"][0], told["results"][2]):
        assert set(one["scores"]) | set(one["verdict"]["not_scored"]) == {"nudity", "violence", "drugs"}
        assert all(0 <= score <= 1 for score in (*one["scores"].values(), *one["parts"].values()))
        assert one["verdict"]["policy"] == "default"
    assert {"name", "source", "licence", "figures"} <= set(told["models"][0])
    assert told["ms"] > 0


def test_no_picture_at_all_is_an_error(scoring: RunningServer) -> None:
    assert scoring.client.post("/score", files={"files": ("b.jpg", b"no pixels")}).status_code == 415


def test_a_policy_that_there_is_not(scoring: RunningServer) -> None:
    answer = scoring.client.post("/score?policy=none", files={"files": ("a.jpg", street_file())})
    assert answer.status_code == 404
    assert "default" in answer.json()["hint"]


def test_a_verdict_names_its_reasons_and_what_nobody_scored() -> None:
    policy = Policy("family", {"nudity": 0.3, "weapon": 0.5, "drugs": 0.2})
    verdict = policy.verdict({"nudity": 0.3}, {"weapon": 0.49})
    assert verdict["flagged"] is True
    assert verdict["reasons"] == [{"category": "nudity", "score": 0.3, "threshold": 0.3}]
    assert verdict["not_scored"] == ["drugs"]
    assert policy.verdict({"nudity": 0.29}, {"weapon": 0.49})["flagged"] is False


def test_a_policy_file(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("[family]\nnudity = 0.3\nweapon = 0.5\n")
    policies = load_policies(str(tmp_path / "p.toml"))
    assert set(policies) == {"default", "family"}
    assert policies["family"].thresholds == {"nudity": 0.3, "weapon": 0.5}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nudity = 0.3", "outside of any policy"),
        ("[a]\nnudity = 1.5", "0 to 1"),
        ("[a]\nnudity = nan", "0 to 1"),
        ("[a]\nnudity = true", "0 to 1"),
        ("[a]\nnudity = 'x'", "0 to 1"),
        ("[a", "cannot be read"),
        ("[a]", "outside"),
    ],
)
def test_a_wrong_policy_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(SettingError, match=says):
        load_policies(str(tmp_path / "p.toml"))


class _SeesAFace:
    """Scores by how much the middle stands out of a picture, and sees one box where it does."""

    models = ()

    def score(self, pictures: Sequence[np.ndarray]) -> list[SafetyScore]:
        levels = [_standing_out(one) for one in pictures]
        boxes = [[SafetyBox("face_male", level, 10, 10, 40, 40)] * (level > 0.25) for level in levels]
        return [
            SafetyScore({"nudity": level}, {"nude_region": 1 - level}, box)
            for level, box in zip(levels, boxes, strict=True)
        ]


def _standing_out(picture: np.ndarray) -> float:
    h, w = picture.shape[:2]
    middle = picture[4 * h // 10 : 5 * h // 10, 45 * w // 100 : 55 * w // 100]
    return abs(float(middle.mean()) - float(picture[: h // 5].mean())) / 255


class _Models(ModelPool):
    def safety(self, *_: object, **__: object) -> _SeesAFace:  # type: ignore[override]
        return _SeesAFace()


@pytest.mark.parametrize("make", WAYS)
def test_what_viewers_show_is_scored(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a.png")
    frame = read_picture_file(tmp_path / "a.png").frame
    levels = [_standing_out(view(frame.upright_size)) for view in (frame.picture, *frame.views)]
    assert levels[0] < 0.25 < max(levels), "the samples alone show it: this tests nothing"
    work = PictureWork(ServiceOptions(), models=_Models(), folder=tmp_path)
    sent = SentPicture("a.png", (tmp_path / "a.png").read_bytes())
    (told,) = work.score([sent], policy=Policy("default", {"nudity": 0.5}))["results"]
    assert told["scores"]["nudity"] == pytest.approx(max(levels), abs=1e-3)
    assert told["parts"]["nude_region"] == pytest.approx(1 - min(levels), abs=1e-3)
    assert [box["score"] for box in told["boxes"]] == [pytest.approx(max(levels))]
