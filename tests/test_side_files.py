"""Whatever stands in a side file: an error in a sentence or the values, never a fault, a hang or endless memory."""

from __future__ import annotations

import base64
import json
import os
import tracemalloc
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.findings import AuditResult
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import FramePlan, Observation, Origin, PlanHeader, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.detection.weights import read_sidecar
from dashcamcleaner.detection.weights_search import available_weights, find_weights, unreadable_sidecars
from dashcamcleaner.errors import DashcamCleanerError, InputError, PlanError, SettingError, WeightsError
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.store import Store
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.plan_check import examine_plan
from dashcamcleaner.pipeline.plan_file import PlanReader, end_of_plan
from dashcamcleaner.report.data import add_audit, read_report, report_path
from dashcamcleaner.review.contact_sheet import read_tracks
from dashcamcleaner.settings import load_toml, resolve
from dashcamcleaner.side_files import MOST_DEPTH, MOST_LINE, parse_json, read_bytes, unpacked

HEADER = PlanHeader("clip.mp4", "1-00", (320, 180), Fraction(1, 30)).to_line()


def frame_line(index: int = 0) -> str:
    """A frame with all that a line can hold."""
    seen = Observation(
        index,
        FrameTime(index, Fraction(1, 30)),
        Detections.from_rows([(10.0, 10.0, 40.0, 50.0, 0.9, "face")]),
        motion=Motion.still(),
    )
    return FramePlan(seen, (Region((8.0, 8.0, 42.0, 52.0), "face", 0.9, Origin.DETECTED, 1),)).to_line()


# --- the reader itself


def test_plain_json_is_read_as_it_is() -> None:
    value = {"a": [1, -2.5, True, None, "[[{{"], "b": {"c": 2**62}}
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1),
        '{"a":' * 200_000,
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        "9" * 5000,
        str(2**63),
        '"' + '\\"' * 500_000,
        "",
        "{",
        "\ufeff1",
    ],
)
def test_what_is_beyond_the_bounds_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        ("{", False),
        ('{"a": [1, 2}', False),
        ("]", False),
        ('{"a": "[[[["', False),
        ("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), True),
        ("[" * (MOST_DEPTH + 1), True),
        ('{"a":' * 200_000, True),
    ],
)
def test_only_what_is_too_deep_is_told_so(text: str, deep: bool) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        parse_json(text)
    assert ("values lie too deep" in str(caught.value)) is deep


def test_brackets_in_texts_are_no_depth() -> None:
    assert parse_json(json.dumps(["[" * 1000, '\\"[[[']))[0] == "[" * 1000


def test_packed_data_never_grow_beyond_what_is_told() -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    tracemalloc.start()
    with pytest.raises(ValueError, match="size"):
        unpacked(bomb, size=4096)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert unpacked(zlib.compress(b"abc"), size=3) == b"abc"
    for wrong in (zlib.compress(b"ab"), zlib.compress(b"abcd"), b"abc", zlib.compress(b"abc")[:-4]):
        with pytest.raises(ValueError, match="packed data"):
            unpacked(wrong, size=3)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "clip.plan.jsonl"
    os.mkfifo(pipe)
    readers: list[Callable[[], object]] = [
        lambda: read_bytes(pipe, what="It", to=InputError),
        lambda: PlanReader(pipe),
        lambda: examine_plan(pipe),
        lambda: load_toml(pipe),
        lambda: EditsFile(pipe).read(),
        lambda: read_report(pipe),
        lambda: read_sidecar(pipe),
    ]
    for read in readers:
        with pytest.raises(DashcamCleanerError, match="no plain file"):
            read()


# --- plans


def test_a_plan_line_that_unpacks_to_a_gigabyte_is_refused(tmp_path: Path) -> None:
    packed = base64.b64encode(zlib.compress(bytes(300_000_000), 9)).decode()
    for rows, cols in ((8, 8), (8660, 8660), (-1, 5), (1e308, 2), ("a", 2)):
        line = json.loads(frame_line())
        line["m"] = {"a": [1, 0, 0, 0, 1, 0], "g": [rows, cols, packed]}
        tracemalloc.start()
        with pytest.raises(PlanError):
            FramePlan.from_line(json.dumps(line), time_base=Fraction(1, 30))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "clip.plan.jsonl"
    for content in (" " * (MOST_LINE + 10), HEADER + "\n" + " " * (MOST_LINE + 10)):
        plan.write_text(content)
        for read in (examine_plan, read_tracks):
            with pytest.raises(PlanError):
                read(plan)


@pytest.mark.parametrize(
    "change",
    [
        {"d": [[0, 0, 1e300, 5, 0.9, "face"]]},
        {"d": [[0, 0, 5, 5, 0.9, "k" * 100_000]] * 500},
        {"d": [[0, 0, 5, 5, 0.9]]},
        {"d": 5},
        {"r": [[0, 0, 1e9, 5, 0.9, "face", "detected", 1]]},
        {"r": [[5, 5, 0, 0, 0.9, "face", "detected", 1]]},
        {"r": [[0, 0, 5, 5, 0.9, "face", "nowhere", 1]]},
        {"r": [[0, 0, 5, 5, 0.9, "face", "detected", 1]] * 30_000},
        {"c": [[0, 0, 5, 5, None, "face"]]},
        {"m": {"a": [1e30] * 6}},
        {"m": {"a": []}},
        {"m": []},
        {"pts": 10**30},
        {"i": None},
    ],
)
def test_numbers_out_of_range_are_told(change: dict[str, Any]) -> None:
    with pytest.raises(PlanError) as told:
        FramePlan.from_line(json.dumps(json.loads(frame_line()) | change), time_base=Fraction(1, 30))
    assert len(told.value.message) < 400


@pytest.mark.parametrize(
    "change",
    [
        {"upright_size": [0, 5]},
        {"upright_size": [10**12, 5]},
        {"time_base": [1, 0]},
        {"time_base": [-1, 30]},
        {"time_base": [1, 10**18]},
        {"settings": 5},
        {"version": {}},
        {"kinds": 3},
    ],
)
def test_a_header_out_of_range_is_told(change: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        PlanHeader.from_line(json.dumps(json.loads(HEADER) | change))


# --- weights


def test_a_bad_sidecar_of_the_user_is_told_and_passed_over(own_home: Path) -> None:
    folder = own_home / "data" / "weights"
    folder.mkdir(parents=True)
    sound = {"schema": 1, "name": "n", "kinds": ["face"], "files": []}
    bad: dict[str, str | bytes] = {
        "list": "[]",
        "deep": "[" * 50_000,
        "latin": b'{"name": "\xff"}',
        "infinite": json.dumps({**sound, "trained_size_px": 1e308}).replace("1e+308", "1e999"),
        "huge": json.dumps({**sound, "trained_size_px": 10**9}),
        "nameless": json.dumps({**sound, "name": {"a": 1}}),
        "control": json.dumps({**sound, "name": "a\x1b[31m"}),
        "surrogate": json.dumps({**sound, "kinds": ["\ud800"]}),
        "score": json.dumps({**sound, "thresholds": {"face": "NaN"}}),
        "numbers": json.dumps({**sound, "files": [5]}),
    }
    for name, content in bad.items():
        path = folder / f"{name}.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    (folder / "folder.json").mkdir()
    assert find_weights("auto").name in available_weights()
    told = "\n".join(unreadable_sidecars())
    for name in (*bad, "folder"):
        assert f"{name}.json" in told
    for name in bad:
        with pytest.raises(WeightsError):
            read_sidecar(folder / f"{name}.json")


# --- all readers, over whatever comes

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(2**63), 1e308, "Infinity", "NaN", "\ud800", "\udcff", "\0", "=1+1", "\x1b[31m"])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
NAMES = (
    "plan version source fingerprint upright_size time_base settings seeing versions kinds i pts d r c m a g cut "
    "damaged edit edits track name keys kind box from_s to_s by round schema schema_version output audit findings "
    "hidden warnings severity first_frame files file format precision sha256 thresholds trained_size_px rank head "
    "queue appearance threshold profile keep look_ahead end frames seal streams status"
).split()
changes = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=5)


def _changed(base: dict[str, Any], wanted: list[tuple[str, Any]]) -> str:
    return json.dumps(base | dict(wanted))


def _mangled(text: str, place: float, junk: bytes) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    at = int(place * len(data))
    return data[:at] + junk + data[at + len(junk) :]


def _plan(path: Path, text: str) -> None:
    path.write_text(f"{HEADER}\n{text}\n{frame_line(1)}\n", encoding="utf-8", errors="surrogatepass")
    examine_plan(path)
    read_tracks(path)


def _header(path: Path, text: str) -> None:
    path.write_text(f"{text}\n{frame_line()}\n", encoding="utf-8", errors="surrogatepass")
    read_tracks(path)


def _edits(path: Path, text: str) -> None:
    head = '{"edits": "dashcamcleaner", "version": [1, 0]}\n'
    path.write_text(head + text, encoding="utf-8", errors="surrogateescape")
    edits = EditsFile(path).read()
    edits.apply((), seen=Observation(0, FrameTime(0, Fraction(1, 30)), Detections.empty()))
    _ = edits.warnings, edits.clear_note
    EditsFile(path).write(edits)
    assert EditsFile(path).read() == edits


def _settings(path: Path, text: str) -> None:
    rows = [f"{key} = {json.dumps(value)}" for key, value in json.loads(text).items()]
    path.write_text("\n".join(rows), encoding="utf-8", errors="surrogatepass")
    resolve(load_toml(path))


def _report(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    read_report(path)


def _sidecar(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    read_sidecar(path)


def _window(path: Path, text: str) -> None:
    path.with_name("window.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    store = Store(path.parent)
    FormModel(store.get("settings", {}))
    store.set(audit=True)


def _end(path: Path, text: str) -> None:
    end_of_plan(text.encode("utf-8", "surrogatepass") + b"\n")


EDIT = {"edit": "region", "keys": [[0.0, 1, 1, 9, 9]], "kind": "face"}
READERS: dict[str, tuple[Callable[[Path, str], None], dict[str, Any]]] = {
    "plan": (_plan, json.loads(frame_line())),
    "header": (_header, json.loads(HEADER)),
    "edits": (_edits, EDIT),
    "zones": (_edits, {"edit": "exclude", "box": [0, 0, 9, 9], "from_s": 0}),
    "settings": (_settings, {"threshold": 0.2}),
    "report": (_report, {"schema": "dashcamcleaner.report", "schema_version": 1, "output": "a.mp4"}),
    "sidecar": (_sidecar, {"schema": 1, "name": "n", "kinds": ["face"], "files": [{"file": "n.onnx"}]}),
    "window": (_window, {"queue": [["/a.mp4", None]], "settings": {"threshold": 0.2}}),
    "end": (_end, {"end": True, "frames": 2}),
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=changes, place=st.floats(0, 0.999), junk=st.binary(max_size=3))
def test_no_side_file_ends_in_a_fault(
    name: str, tmp_path: Path, wanted: list[tuple[str, Any]], place: float, junk: bytes
) -> None:
    read, base = READERS[name]
    for text in (_changed(base, wanted), _mangled(_changed(base, []), place, junk).decode("utf-8", "surrogateescape")):
        try:
            read(tmp_path / "file.json", text)
        except DashcamCleanerError as error:
            assert error.message  # which of them depends on the example
            assert len(error.message) < 1000
        except json.JSONDecodeError:
            assert read is _settings  # the test's own, on the way to TOML


BENT_SETTINGS = [
    "a = " + "[" * 5000,
    "a." * 3000 + "b = 1",
    "a = " + "9" * 5000,
    "\0",
    "a = 1e999",
    "threshold = nan",
    "threshold = inf",
    "look_ahead = inf",
    "quality = 1e300",
]


@pytest.mark.parametrize("text", BENT_SETTINGS)
def test_settings_that_bend_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(SettingError) as told:
        resolve(load_toml(path))
    assert len(told.value.message) < 400


BENT = [{"audit": {"findings": [5]}}, {"streams": 5}, {"warnings": {"a": 1}, "hidden": 1}]


@pytest.mark.parametrize("change", BENT)
def test_an_audit_begins_a_report_anew_where_the_one_that_lies_there_bends(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    source, output = tmp_path / "a.mp4", tmp_path / "out.mp4"
    source.write_bytes(b"a")
    output.write_bytes(b"b")
    report_path(output).write_text(json.dumps({"schema": "dashcamcleaner.report", "schema_version": 1} | change))
    _, data = add_audit(AuditResult(str(source), str(output), frames=3))
    assert data["warnings"] == ["This report was begun by the audit: what the run did is not known to it."]
