"""The edits file: what is written comes back, what is not known is never lost, what cannot be read is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.edit_types import ClearZone, DrawnRegion, HiddenSpan, HiddenZone, UnknownEdit
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import PersonStyle
from dashcamcleaner.core.track_edits import CheckedTrack, DropTrack, KeepTrack, NameTrack, OnlyTrack
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.errors import DashcamCleanerError, NotAccepted, OutputError, PlanError
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.edits_text import edits_as_text, edits_from_text

HEADER = '{"edits": "dashcamcleaner", "version": [1, 0]}'
NEWER = '{"edits":"dashcamcleaner","version":[1,7],"made_by":"a later one"}'
BOX = (10.0, 10.0, 20.0, 20.0)


def read(*lines: str) -> Edits:
    return edits_from_text("\n".join(lines))[1]


numbers = st.floats(-1000, 5000, allow_nan=False, width=32)
boxes = st.tuples(numbers, numbers, st.floats(1, 900, width=32), st.floats(1, 900, width=32)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
seconds = st.floats(0, 1000, allow_nan=False)
spans = st.tuples(st.one_of(st.just(-float("inf")), seconds), seconds).map(
    lambda ends: {"from_s": min(ends), "to_s": max(ends)}
)
ids = st.integers(1, 99)
texts = st.text(min_size=1, max_size=8)
all_edits = st.lists(
    st.one_of(
        *(st.builds(kind, ids) for kind in (KeepTrack, DropTrack, OnlyTrack, CheckedTrack)),
        st.builds(NameTrack, ids, texts),
        st.builds(
            lambda times, box, kind, by: DrawnRegion(tuple((t, box) for t in sorted(times)), kind, by=by),
            st.sets(seconds, min_size=1, max_size=4),
            boxes,
            st.sampled_from(["manual", "face", "plate"]),
            st.sampled_from(["", "audit"]),
        ),
        st.builds(lambda box, span: HiddenZone(box, **span), boxes, spans),
        st.builds(lambda box, span: ClearZone(box, **span), boxes, spans),
        st.builds(lambda span: HiddenSpan(**span), spans),
        st.builds(VehicleTrack, ids, ids),
        st.builds(TrackStyle, ids, st.sampled_from(["solid", "mosaic", "gaussian"]), st.integers(0, 512)),
        st.builds(
            lambda track, name: TrackStyle(track, "picture", picture=name), ids, st.sampled_from(["/a.png", "ü ß"])
        ),
        st.builds(
            lambda person, name: PersonStyle(person, "picture", picture=name), ids, st.sampled_from(["C:\\a.png"])
        ),
        st.just(UnknownEdit('{ "edit" : "tint", "x":1.0} ', "tint")),
        ids.map(lambda track: KeepTrack(track, unknown_keys=(("mood", '"good"'),))),
    ),
    max_size=8,
).map(lambda edits: Edits(tuple(edits)))


@given(all_edits)
def test_what_is_written_comes_back(edits: Edits) -> None:
    text = edits_as_text(edits)
    assert edits_from_text(text)[1] == edits
    assert edits_from_text(text.replace("\n", "\n\n"))[1] == edits


@given(all_edits)
def test_a_file_written_again_is_the_same_byte_for_byte(edits: Edits) -> None:
    text = edits_as_text(edits, header=NEWER)
    header, back = edits_from_text(text)
    assert edits_as_text(back, header=header) == text


def test_the_file_of_0_1_0_is_read() -> None:
    edits = read(
        HEADER,
        '{"edit": "keep", "track": 12}',
        '{"edit": "drop", "track": 7}',
        '{"edit": "only", "track": 3}',
        '{"edit": "name", "track": 12, "name": "Ann"}',
        '{"edit": "checked", "track": 12}',
        '{"edit": "region", "keys": [[1.5, 10, 20, 90, 80], [2.0, 30, 20, 110, 80]], "kind": "face"}',
        '{"edit":"region","keys":[[1,0,0,9,9],[2,0,0,9,9]],"kind":"plate","by":"audit","round":2}',
        '{"edit": "fixed", "box": [0, 1000, 600, 1080]}',
        '{"edit": "exclude", "box": [0, 900, 1920, 1080], "from_s": 1}',
        '{"edit": "frames", "from_s": 3.0, "to_s": 4.5}',
    )
    assert edits.entries == (
        KeepTrack(12),
        DropTrack(7),
        OnlyTrack(3),
        NameTrack(12, "Ann"),
        CheckedTrack(12),
        DrawnRegion(((1.5, (10, 20, 90, 80)), (2.0, (30, 20, 110, 80))), "face"),
        DrawnRegion(((1, (0, 0, 9, 9)), (2, (0, 0, 9, 9))), "plate", by="audit", round=2),
        HiddenZone((0, 1000, 600, 1080)),
        ClearZone((0, 900, 1920, 1080), from_s=1),
        HiddenSpan(from_s=3.0, to_s=4.5),
    )
    assert not edits.warnings


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "7",
        '{"track": 1}',
        '{"edit": ["keep"], "track": 1}',
        '{"edit": "keep"}',
        '{"edit": "keep", "track": "1"}',
        '{"edit": "keep", "track": true}',
        '{"edit": "name", "track": 1}',
        '{"edit": "region", "keys": []}',
        '{"edit": "region", "keys": {}}',
        '{"edit": "region", "keys": [[]]}',
        '{"edit": "region", "keys": [[1, 0, 0, 9, 9], [1, 0, 0, 9, 9]]}',
        '{"edit": "region", "keys": [[1, 0, 0, 0, 9]]}',
        '{"edit": "region", "keys": [[1, 0, 0, 9]]}',
        '{"edit": "region", "keys": [[Infinity, 0, 0, 9, 9]]}',
        '{"edit": "fixed", "box": [0, 0, NaN, 9]}',
        '{"edit": "fixed", "box": [0, 0, 9]}',
        '{"edit": "fixed", "box": [0, 0, 1' + "0" * 400 + ", 9]}",
        '{"edit": "exclude"}',
        '{"edit": "frames", "from_s": 4, "to_s": 3}',
        '{"edit": "frames", "from_s": Infinity}',
        '{"edit": "vehicle", "vehicle": 1}',
        '{"edit": "vehicle", "vehicle": 1, "track": "2"}',
        '{"edit": "track-style", "track": 1}',
        '{"edit": "track-style", "track": 1, "style": "picture"}',
        '{"edit": "track-style", "track": 1, "style": "mosaic", "square_px": 1e9}',
        '{"edit": "style", "person": 1, "style": "solid", "picture": "/etc/passwd"}',
        "[" * 100_000,
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(PlanError, match="Line 2 of the edits") as told:
        read(HEADER, line)
    assert told.value.message.endswith(".")


@pytest.mark.parametrize(
    "lines", [[], [""], ["{}"], ['{"edits": "another", "version": [1, 0]}'], ['{"plan": 1}'], ["x"]]
)
def test_another_file_is_refused(lines: list[str]) -> None:
    with pytest.raises(PlanError, match="no edits of this program"):
        read(*lines)


def test_a_newer_major_version_is_refused_and_a_newer_minor_one_read() -> None:
    with pytest.raises(PlanError, match=r"version 2\.0"):
        read('{"edits": "dashcamcleaner", "version": [2, 0]}')
    assert read(NEWER, '{"edit": "keep", "track": 3, "mood": "good"}').keep == {3}


def test_a_row_of_an_unknown_kind_is_kept_and_told_and_not_applied() -> None:
    edits = read(HEADER, '{"edit": "kep", "track": 1}', '{"edit": "keep", "track": 2}')
    assert edits.keep == {2}
    (sentence,) = edits.warnings
    assert "1 edit is unknown to this version ('kep', perhaps 'keep') and was not applied" in sentence
    assert sentence.endswith("may be visible.")


def test_a_known_kind_that_a_newer_version_writes_otherwise_is_kept_and_told() -> None:
    line = '{"edit": "keep", "tracks": [1, 2]}'
    edits = read(NEWER, line)
    assert edits.entries == (UnknownEdit(line, "keep"),)
    assert not edits.keep
    assert edits.warnings
    with pytest.raises(PlanError):  # this version knows how its own rows are written
        read(HEADER, line)


def test_keys_that_are_unknown_are_told_and_written_again() -> None:
    line = '{"edit":"keep","track":3,"from_s":[1.50,{"a":null}],"mood":"gut gelaunt, ü"}'
    edits = read(HEADER, line)
    (sentence,) = edits.warnings
    assert "'from_s' of keep; 'mood' of keep" in sentence
    again = edits_from_text(edits_as_text(edits))[1]
    assert again == edits
    assert KeepTrack(3, unknown_keys=(("mood", '"x"'),)).to_row() == {"edit": "keep", "track": 3, "mood": "x"}


def test_what_a_file_claims_is_told_without_its_control_characters() -> None:
    many = [f'{{"edit": "\\u001b[2J{"x" * 500}{i}"}}' for i in range(9)]
    (sentence,) = read(HEADER, *many).warnings
    assert "9 edits" in sentence
    assert sentence.isprintable()
    assert len(sentence) < 500


def test_a_name_with_any_character_is_one_line(tmp_path: Path) -> None:
    file = EditsFile(tmp_path / "a.edits.jsonl")
    edits = Edits.of(NameTrack(1, "Ann\u2028Ünal\x85\r\n"), NameTrack(2, "\ud800"))
    file.write(edits)
    assert file.read() == edits


def test_a_file_is_beside_its_plan() -> None:
    assert EditsFile.beside(Path("out/clip.mp4.plan.jsonl")).path == Path("out/clip.mp4.edits.jsonl")


def test_what_is_unknown_survives_reading_and_writing_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    unknown = b'{ "edit":"tint" ,  "strength": 1.50e1, "who": "\xc3\xbc"}  \r'
    path.write_bytes(NEWER.encode() + b'\n{"edit":"keep","track":1}\n' + unknown + b"\n")
    file = EditsFile(path)
    edits = file.read()
    file.write(edits.added(DropTrack(2)))
    lines = path.read_bytes().split(b"\n")
    assert lines[0] == NEWER.encode()
    assert lines[2] == unknown
    assert lines[3:] == [b'{"edit":"drop","track":2}', b""]
    file.write(edits.without(0))  # what this version knows is taken back; what it does not know is not its to remove
    assert path.read_bytes().split(b"\n")[1] == unknown


def test_adding_leaves_what_stands_there_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    before = HEADER + '\r\n\n{"edit":  "keep", "track": 1}\r\n{"edit": "tint"}'
    path.write_bytes(before.encode())
    EditsFile(path).append([DrawnRegion(((1.0, BOX), (2.0, BOX)), "face", by="audit", round=1)])
    assert path.read_bytes().decode().startswith(before + "\n")
    edits = EditsFile(path).read()
    assert [type(edit) for edit in edits.entries] == [KeepTrack, UnknownEdit, DrawnRegion]
    assert edits.regions[0].by == "audit"
    new = EditsFile(tmp_path / "new.edits.jsonl")
    new.append([KeepTrack(1)])
    assert new.read() == Edits.of(KeepTrack(1))


def test_nothing_is_added_to_a_file_that_is_not_understood(tmp_path: Path) -> None:
    path = tmp_path / "a.edits.jsonl"
    for content in ('{"edits": "dashcamcleaner", "version": [2, 0]}\n', "a letter to somebody\n"):
        path.write_text(content)
        with pytest.raises(PlanError):
            EditsFile(path).append([KeepTrack(1)])
        assert path.read_text() == content


def test_no_edits_leave_no_file(tmp_path: Path) -> None:
    file = EditsFile(tmp_path / "a.edits.jsonl")
    file.write(Edits.of(KeepTrack(1)))
    assert file.path.exists()
    file.write(Edits())
    assert not file.path.exists()
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_not_there_is_a_sentence_unless_it_may_lack(tmp_path: Path) -> None:
    file = EditsFile(tmp_path / "a.edits.jsonl")
    assert file.read(missing_ok=True) == Edits()
    with pytest.raises(PlanError, match="no edits file"):
        file.read()
    file.path.write_bytes(b"")  # a run that was killed while it made the file
    assert file.read(missing_ok=True) == Edits()
    with pytest.raises(PlanError, match="no edits of this program"):
        file.read()
    file.path.write_bytes(b"\xff\xfe")
    with pytest.raises(PlanError, match="not an edits file"):
        file.read(missing_ok=True)
    with pytest.raises(DashcamCleanerError, match="cannot be read"):
        EditsFile(tmp_path).read(missing_ok=True)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        EditsFile(tmp_path / "gone" / "a.edits.jsonl").write(Edits.of(KeepTrack(1)))


def test_a_picture_that_edits_from_elsewhere_name_is_not_laid_on_without_a_yes(tmp_path: Path) -> None:
    file = EditsFile(tmp_path / "in.edits.jsonl")
    file.path.write_text(HEADER + '\n{"edit":"track-style","track":1,"style":"solid"}\n', encoding="utf-8")
    file.read()
    assert not file.is_foreign  # a look shows nobody
    row = '{"edit":"track-style","track":1,"style":"picture","picture":"/home/me/secret.png"}'
    file.path.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    edits = file.read()
    assert file.is_foreign
    with pytest.raises(NotAccepted, match="not made here: 1 picture of this machine laid on") as told:
        file.require_accepted(edits)
    assert file.sha256 in told.value.hint
    file.accept(file.sha256)
    file.require_accepted(file.read())
