"""Names, metadata and trust of weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dashcamcleaner.detection.onnx_metadata import facts_of, read_metadata
from dashcamcleaner.detection.trust import check_trust
from dashcamcleaner.detection.weights import SCHEMA, Weights, WeightsFile, read_sidecar, verify_file
from dashcamcleaner.detection.weights_search import available_weights, find_weights, lent, shipped_folders
from dashcamcleaner.errors import WeightsError, WeightsUntrusted


def write_weights(folder: Path, *, name: str = "mine", rank: int = 0, **changes: object) -> Path:
    """A sidecar with one file of nonsense beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    content = f"weights {name}".encode()
    (folder / f"{name}.onnx").write_bytes(content)
    metadata = {
        "schema": SCHEMA,
        "name": name,
        "rank": rank,
        "kinds": ["face"],
        "files": [{"file": f"{name}.onnx", "sha256": hashlib.sha256(content).hexdigest()}],
        **changes,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(metadata))
    return path


def mine(home: Path) -> Path:
    return home / "data" / "weights"


def test_shipped_weights_are_complete_and_true_to_their_papers() -> None:
    assert shipped_folders()
    known = available_weights()
    assert "interim-n" in known
    for weights in known.values():
        assert weights.kinds
        assert {"face", "plate"} <= set(weights.kinds)
        assert set(weights.thresholds) <= set(weights.kinds)
        assert all(0.05 <= value <= 0.9 for value in weights.thresholds.values())
        assert weights.metadata["licence"].startswith("AGPL-3.0")
        assert weights.metadata["data"]
        for file in weights.files:
            assert len(verify_file(file)) == 64
            assert file.sha256


def test_auto_takes_the_highest_rank(own_home: Path) -> None:
    assert find_weights().rank > 0
    write_weights(mine(own_home), name="better", rank=1000)
    assert find_weights("auto").name == "better"
    write_weights(mine(own_home), name="unranked")
    assert next(iter(available_weights())) == "better"
    assert find_weights("unranked").name == "unranked"


def test_the_programs_own_weights_win_over_namesakes(own_home: Path) -> None:
    write_weights(mine(own_home), name="interim-n", rank=2000)
    assert find_weights("interim-n").files[0].path.parent in shipped_folders()


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(WeightsError, match="the nearest is 'interim-n'") as caught:
        find_weights("interm-n")
    assert "interim-n" in caught.value.hint
    with pytest.raises(WeightsError, match="no weights named 'zzz'") as caught:
        find_weights("zzz")
    assert "nearest" not in caught.value.message


def test_a_path_gets_the_papers_that_name_it(own_home: Path, tmp_path: Path) -> None:
    write_weights(tmp_path, name="far", thresholds={"face": 0.3})
    found = find_weights(str(tmp_path / "far.onnx"))
    assert found.thresholds == {"face": 0.3}
    (tmp_path / "bare.onnx").write_bytes(b"x")
    bare = find_weights(str(tmp_path / "bare.onnx"))
    assert bare.kinds is None
    assert bare.name == "bare"
    with pytest.raises(WeightsError, match=r"nearest name there is bare\.onnx"):
        find_weights(str(tmp_path / "bear.onnx"))


def test_a_file_in_the_users_folder_needs_no_papers(own_home: Path) -> None:
    mine(own_home).mkdir(parents=True)
    (mine(own_home) / "dropped.pt").write_bytes(b"x")
    assert find_weights("dropped").files[0].format == "torch"


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    write_weights(tmp_path)
    (tmp_path / "mine.onnx").write_bytes(b"something else")
    with pytest.raises(WeightsError, match="not the file that its sidecar describes"):
        verify_file(find_weights(str(tmp_path / "mine.onnx")).files[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": SCHEMA + 1}, "schema 2"),
        ({"head": "sideways"}, "sideways"),
        ({"kinds": []}, "kinds is empty"),
        ({"files": [{"file": "../elsewhere.onnx"}]}, "beside"),
        ({"files": [{"file": "model.tflite"}]}, "tflite"),
        ({"thresholds": {"face": "high"}}, "high"),
    ],
)
def test_broken_papers_are_told(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    with pytest.raises(WeightsError, match=words):
        read_sidecar(write_weights(tmp_path, **changes))


def test_a_strangers_json_does_not_stop_the_others(own_home: Path) -> None:
    mine(own_home).mkdir(parents=True)
    (mine(own_home) / "notes.json").write_text('{"schema": 99}')
    (mine(own_home) / "broken.json").write_text("{")
    assert "interim-n" in available_weights()
    with pytest.raises(WeightsError, match="cannot be read"):
        find_weights("broken")


def test_a_foreign_pickle_needs_one_yes(own_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "foreign.pt"
    path.write_bytes(b"a pickle from elsewhere")
    with pytest.raises(WeightsUntrusted) as caught:
        check_trust(path, trust=False)
    assert "--trust-weights" in caught.value.hint
    check_trust(path, trust=True)
    check_trust(path, trust=False)  # remembered by its hash ...
    moved = path.rename(tmp_path / "renamed.pt")
    check_trust(moved, trust=False)  # ... not by its name
    moved.write_bytes(b"a pickle that somebody changed")
    with pytest.raises(WeightsUntrusted):
        check_trust(moved, trust=False)


def test_our_own_pickle_is_trusted() -> None:
    file = find_weights("interim-n").file("torch")
    assert file is not None
    check_trust(file.path, trust=False)


def test_papers_beside_a_foreign_pickle_do_not_make_it_ours(own_home: Path) -> None:
    """Whoever brings a harmful .pt can bring a sidecar with its hash, too."""
    folder = mine(own_home)
    folder.mkdir(parents=True)
    (folder / "bad.pt").write_bytes(b"boom")
    digest = hashlib.sha256(b"boom").hexdigest()
    write_weights(folder, name="bad", files=[{"file": "bad.pt", "sha256": digest}])
    with pytest.raises(WeightsUntrusted):
        check_trust(folder / "bad.pt", trust=False)


def test_trust_survives_a_broken_record(own_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "foreign.pt"
    path.write_bytes(b"x")
    record = own_home / "config" / "trusted-weights.json"
    record.parent.mkdir(parents=True)
    record.write_text("[not json")
    with pytest.raises(WeightsUntrusted):
        check_trust(path, trust=False)
    check_trust(path, trust=True)
    assert json.loads(record.read_text())


def test_int8_is_taken_only_when_asked_for(tmp_path: Path) -> None:
    files = (
        WeightsFile(tmp_path / "a-int8.onnx", "onnx", "int8"),
        WeightsFile(tmp_path / "a.onnx", "onnx", "f32"),
        WeightsFile(tmp_path / "a.pt", "torch", "f16"),
    )
    weights = Weights("a", files)
    assert weights.file("openvino", "onnx") == files[1]
    assert weights.file("openvino", "onnx", precision="int8") == files[0]
    assert weights.file("torch") == files[2]
    assert weights.file("openvino") is None


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def test_an_onnx_file_tells_its_names(tmp_path: Path) -> None:
    path = tmp_path / "told.onnx"
    pair = field(1, b"names") + field(2, b"{0: 'License Plate'}")
    other = field(1, b"stride") + field(2, b"64")
    path.write_bytes(bytes([8, 9]) + field(7, b"graph" * 20) + field(14, pair) + field(14, other))
    assert read_metadata(path) == {"names": "{0: 'License Plate'}", "stride": "64"}
    facts = facts_of(path, weights=find_weights(str(path)))
    assert facts.kinds == ("plate",)
    assert facts.stride == 64
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(WeightsError, match="not an ONNX file"):
        read_metadata(path)


@pytest.mark.parametrize(
    ("told", "words"),
    [({"names": "['a']", "task": "obb"}, "obb"), ({"task": "detect"}, "does not tell its class names")],
)
def test_files_that_cannot_serve_are_told(tmp_path: Path, told: dict[str, str], words: str) -> None:
    weights = Weights("a", (WeightsFile(tmp_path / "a.onnx", "onnx"),))
    with pytest.raises(WeightsError, match=words):
        facts_of(tmp_path / "a.onnx", weights=weights, metadata=told)


def test_exports_with_suppression_inside_are_told_by_their_own_words(tmp_path: Path) -> None:
    weights = Weights("a", (WeightsFile(tmp_path / "a.onnx", "onnx"),))
    told = {"names": "['face']", "args": "{'batch': 1, 'nms': True}"}
    assert facts_of(tmp_path / "a.onnx", weights=weights, metadata=told).head == "end-to-end"
    assert facts_of(tmp_path / "a.onnx", weights=weights, metadata={**told, "args": "{}"}).head == "auto"


def test_lent_weights_are_meant_by_their_names_and_trusted_until_they_are_given_back(tmp_path: Path) -> None:
    pickle = tmp_path / "far.pt"
    pickle.write_bytes(b"a pickle that somebody vouched for")
    digest = hashlib.sha256(pickle.read_bytes()).hexdigest()
    far = Weights("far", (WeightsFile(pickle, "torch", sha256=digest),), kinds=("face",))
    other = Weights("other", (WeightsFile(tmp_path / "other.onnx", "onnx"),), kinds=("face",))
    before = find_weights("auto")
    with lent({"auto": far, "far": far}):
        assert find_weights("") == find_weights("far") == far
        check_trust(pickle, trust=False)
        with pytest.raises(WeightsError, match="other weights are in use"), lent({"new": other, "far": other}):
            pass
        with lent({"far": far}):
            pass
        assert find_weights("far") == far
        with pytest.raises(WeightsError):
            find_weights("new")
    assert find_weights("auto") == before
    with pytest.raises(WeightsUntrusted):
        check_trust(pickle, trust=False)
