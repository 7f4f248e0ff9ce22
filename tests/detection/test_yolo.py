"""Letterbox, heads and names: synthetic tensors of every layout must come out as the same boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.yolo import (
    EDGE_TOLERANCE,
    OutputLayout,
    Placement,
    decode,
    fitted_size,
    kind_of,
    kinds_of,
    letterbox,
    network_size,
    suppress,
    tell_layout,
)
from dashcamcleaner.errors import DetectorFailed, WeightsError

INPUT = (640, 384)
CELLS = 80 * 48 + 40 * 24 + 20 * 12
KINDS = ("face", "plate", "person")
TRUTH = [  # centre x, centre y, width, height, score, class
    (100.0, 50.0, 20.0, 30.0, 0.9, 0),
    (300.0, 200.0, 60.0, 15.0, 0.7, 1),
    (305.0, 201.0, 12.0, 14.0, 0.06, 0),
    (600.0, 350.0, 40.0, 60.0, 0.04, 2),  # below the floor
]


def expected() -> list[tuple[float, float, float, float, float, str]]:
    return [
        (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, KINDS[index])
        for cx, cy, w, h, score, index in TRUTH
        if score > 0.05
    ]


def quiet_table(anchors: int, channels: int) -> np.ndarray:
    """``(channels, anchors)`` with anchors spread over the input and all scores zero."""
    table = np.zeros((channels, anchors), np.float32)
    table[0] = np.linspace(4, INPUT[0] - 4, anchors)
    table[1] = np.linspace(4, INPUT[1] - 4, anchors)
    table[2:4] = 16
    return table


def raw(*, extra: int = 0, anchors: int = CELLS) -> np.ndarray:
    table = quiet_table(anchors, 4 + len(KINDS) + extra)
    for i, (cx, cy, w, h, score, index) in enumerate(TRUTH):
        table[:4, 40 + 50 * i] = cx, cy, w, h
        table[4 + index, 40 + 50 * i] = score
    table[4 + len(KINDS) :] = 0.99  # mask coefficients or key points must not be read as classes
    return table[None]


def objectness() -> np.ndarray:
    table = quiet_table(3 * CELLS, 5 + len(KINDS))
    for i, (cx, cy, w, h, score, index) in enumerate(TRUTH):
        table[:5, 40 + 50 * i] = cx, cy, w, h, 0.95
        table[5 + index, 40 + 50 * i] = score / 0.95
    table[5:, 7] = 0.9  # a confident class where there is no object
    return table.T[None].copy()


def end_to_end(*, rows: int = 300, extra: int = 0) -> np.ndarray:
    table = np.zeros((rows, 6 + extra), np.float32)
    for i, (cx, cy, w, h, score, index) in enumerate(TRUTH):
        table[i, :6] = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, index
    return table[None]


def unit_boxes() -> np.ndarray:
    table = raw()
    table[:, 0:4:2] /= INPUT[0]
    table[:, 1:4:2] /= INPUT[1]
    return table


P6_CELLS = CELLS + 10 * 6
P2_CELLS = CELLS + 160 * 96
HEADS = {
    "raw": (raw(), "raw"),
    "raw transposed": (raw().transpose(0, 2, 1), "raw"),
    "raw with masks": (raw(extra=32), "raw"),
    "raw with key points, transposed": (raw(extra=51).transpose(0, 2, 1), "raw"),
    "raw of four levels, coarse": (raw(anchors=P6_CELLS), "raw"),
    "raw of four levels, fine": (raw(anchors=P2_CELLS), "raw"),
    "raw in shares of the input": (unit_boxes(), "raw"),
    "classic with objectness": (objectness(), "objectness"),
    "classic with objectness, transposed": (objectness().transpose(0, 2, 1), "objectness"),
    "end to end": (end_to_end(), "end-to-end"),
    "end to end with masks": (end_to_end(extra=32), "end-to-end"),
    "built-in suppression, few rows": (end_to_end(rows=100), "end-to-end"),
}


@pytest.mark.parametrize("name", HEADS)
def test_every_head_gives_the_same_boxes(name: str) -> None:
    output, head = HEADS[name]
    layout = tell_layout(output, class_count=len(KINDS), input_size=INPUT)
    assert layout.head == head
    whole = Placement(INPUT, INPUT, (0, 0))
    found = decode(output[0], layout=layout, kinds=KINDS, placement=whole, input_size=INPUT)
    rows = Detections.from_rows(expected())
    order = np.argsort(-found.score, kind="stable")
    assert found.kind[order].tolist() == rows.kind.tolist()
    np.testing.assert_allclose(found.xyxy[order], rows.xyxy, atol=1e-3)
    np.testing.assert_allclose(found.score[order], rows.score, atol=1e-6)


@pytest.mark.parametrize("name", HEADS)
def test_the_papers_can_name_the_head(name: str) -> None:
    output, head = HEADS[name]
    assert tell_layout(output, class_count=len(KINDS), input_size=INPUT, head=head).head == head


def test_two_classes_do_not_look_like_rows() -> None:
    """A transposed raw output of two classes has six columns, as end-to-end rows have."""
    table = quiet_table(CELLS, 6)[None]
    assert tell_layout(table, class_count=2, input_size=INPUT).anchors_last
    assert tell_layout(table.transpose(0, 2, 1), class_count=2, input_size=INPUT) == OutputLayout("raw", False)
    assert tell_layout(np.zeros((1, 300, 6), np.float32), class_count=2, input_size=INPUT).head == "end-to-end"


def test_one_class_with_objectness_is_told_from_rows() -> None:
    table = quiet_table(3 * CELLS, 6).T[None]
    assert tell_layout(table, class_count=1, input_size=INPUT).head == "objectness"


@pytest.mark.parametrize(
    "shape", [(1, 5040), (1, 3, 48, 80, 8), (1, 5, CELLS), (1, 300, 5), (1, 7, 4999), (1, 8, CELLS)]
)
def test_unknown_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(WeightsError, match="no known head"):
        tell_layout(np.ones(shape, np.float32), class_count=3, input_size=INPUT)


def test_logits_are_refused() -> None:
    table = quiet_table(CELLS, 7)[None]
    table[:, 4:] = -3.0
    with pytest.raises(WeightsError, match="no probabilities"):
        tell_layout(table, class_count=3, input_size=INPUT)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 3, 4, 6])
def test_a_value_that_is_no_number_stops_the_run(value: float, row: int) -> None:
    """Also where a comparison with the floor would drop it silently."""
    output = raw()
    output[0, row, 1234] = value
    with pytest.raises(DetectorFailed, match="not numbers"):
        decode(
            output[0],
            layout=OutputLayout("raw", True),
            kinds=KINDS,
            placement=Placement(INPUT, INPUT, (0, 0)),
            input_size=INPUT,
        )


def test_scores_and_classes_out_of_range_stop_the_run() -> None:
    whole = Placement(INPUT, INPUT, (0, 0))
    output = raw()
    output[0, 4, 5] = 17.0
    with pytest.raises(DetectorFailed, match="out of range"):
        decode(output[0], layout=OutputLayout("raw", True), kinds=KINDS, placement=whole, input_size=INPUT)
    rows = end_to_end()
    rows[0, 0, 5] = 9
    with pytest.raises(DetectorFailed, match="out of range"):
        decode(rows[0], layout=OutputLayout("end-to-end", False), kinds=KINDS, placement=whole, input_size=INPUT)


def test_one_box_may_be_of_two_kinds() -> None:
    table = quiet_table(CELLS, 7)
    table[:4, 0], table[4:7, 0] = (100, 100, 20, 20), (0.6, 0.0, 0.5)
    found = decode(
        table,
        layout=OutputLayout("raw", True),
        kinds=KINDS,
        placement=Placement(INPUT, INPUT, (0, 0)),
        input_size=INPUT,
    )
    assert sorted(found.kind.tolist()) == ["face", "person"]


def test_two_classes_of_one_kind_are_suppressed_together() -> None:
    table = quiet_table(CELLS, 6)
    table[:4, 0], table[4:6, 0] = (100, 100, 20, 20), (0.6, 0.5)
    found = decode(
        table,
        layout=OutputLayout("raw", True),
        kinds=("face", "face"),
        placement=Placement(INPUT, INPUT, (0, 0)),
        input_size=INPUT,
    )
    assert found.kind.tolist() == ["face"]
    assert found.score[0] == pytest.approx(0.6)


@settings(max_examples=60, deadline=None)
@given(
    picture=st.tuples(st.integers(16, 900), st.integers(16, 900)),
    box=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1), st.floats(0.01, 1)),
)
def test_boxes_come_back_to_the_picture_they_were_in(
    picture: tuple[int, int], box: tuple[float, float, float, float]
) -> None:
    """Letterbox and its inverse agree for any shape, to a fraction of a pixel; boxes never leave the tolerance."""
    w, h = picture
    truth = np.array([box[0] * w, box[1] * h, (box[0] + box[2]) * w, (box[1] + box[3]) * h])
    out = np.zeros((INPUT[1], INPUT[0], 3), np.uint8)
    placement = letterbox(np.zeros((h, w, 3), np.uint8), out=out)
    factor = np.array([placement.fitted[0] / w, placement.fitted[1] / h] * 2)
    inside = truth * factor + np.array([*placement.offset, *placement.offset])
    rows = np.zeros((1, 6), np.float32)
    rows[0] = [*inside, 0.5, 0]
    found = decode(rows, layout=OutputLayout("end-to-end", False), kinds=KINDS, placement=placement, input_size=INPUT)
    slack = EDGE_TOLERANCE * max(w, h)
    limit = np.array([w, h, w, h]) + slack
    if len(found):
        np.testing.assert_allclose(found.xyxy[0], np.clip(truth, -slack, limit), atol=0.01)
        assert (found.xyxy[0, 2:] > found.xyxy[0, :2]).all()


def test_letterbox_keeps_the_shape_and_pads_with_grey() -> None:
    picture = np.full((360, 640, 3), 200, np.uint8)
    out = np.zeros((384, 640, 3), np.uint8)
    placement = letterbox(picture, out=out)
    assert placement == Placement((640, 360), (640, 360), (0, 12))
    assert (out[12:372] == 200).all()
    assert (out[:12] == 114).all()
    assert (out[372:] == 114).all()


def test_bars_are_painted_again_when_the_shape_changes() -> None:
    out = np.zeros((384, 640, 3), np.uint8)
    first = letterbox(np.full((300, 300, 3), 250, np.uint8), out=out)
    second = letterbox(np.full((100, 640, 3), 5, np.uint8), out=out, previous=first)
    top = second.offset[1]
    assert (out[:top] == 114).all()
    third = letterbox(np.full((200, 1280, 3), 9, np.uint8), out=out, previous=second)
    assert third.fitted == second.fitted
    assert (out[top : top + 100] == 9).all()


@pytest.mark.parametrize(
    "picture",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_letterbox_refuses_what_is_no_picture(picture: np.ndarray) -> None:
    with pytest.raises(DetectorFailed, match="uint8 RGB"):
        letterbox(picture, out=np.zeros((384, 640, 3), np.uint8))


def test_network_input_takes_the_pictures_shape() -> None:
    assert network_size(640, aspect=(1920, 1080)) == (640, 384)
    assert network_size(1280, aspect=(1920, 1080)) == (1280, 736)
    assert network_size(640, aspect=(1080, 1920)) == (384, 640)
    assert network_size(640, aspect=(1440, 1080)) == (640, 480)
    assert network_size(640, aspect=(1439, 1080)) == (640, 480)
    assert network_size(630, aspect=None) == (640, 640)
    assert network_size(640, aspect=(10000, 10)) == (640, 32)


@given(st.tuples(st.integers(1, 9000), st.integers(1, 9000)), st.integers(160, 2000))
def test_a_picture_always_fits_its_network_input(size: tuple[int, int], inference_size: int) -> None:
    input_size = network_size(inference_size, aspect=size)
    fitted = fitted_size(size, input_size)
    assert 1 <= fitted[0] <= input_size[0]
    assert 1 <= fitted[1] <= input_size[1]
    assert max(fitted) >= max(input_size) * 0.99


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("face", "face"), ("Human face", "face"), ("faces", "face"), ("face_mask", "face"),
        ("plate", "plate"), ("License_Plate", "plate"), ("licensePlate", "plate"), ("licence-plate", "plate"),
        ("number plate", "plate"), ("numberplate", "plate"), ("Vehicle registration plate", "plate"), ("LP", "plate"),
        ("Person", "person"), ("traffic light", "traffic_light"), ("surface", "surface"), ("0", "0"), ("  ", "object"),
    ],
)  # fmt: skip
def test_class_names_become_kinds(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_names_come_in_several_forms() -> None:
    assert kinds_of({1: "plate", 0: "face"}) == ("face", "plate")
    assert kinds_of("{0: 'face', 1: 'License plate'}") == ("face", "plate")
    assert kinds_of(["face"]) == ("face",)
    for broken in ("nonsense(", "{0: 'a', 2: 'b'}", "5", "[]"):
        with pytest.raises(WeightsError):
            kinds_of(broken)


def test_suppression_keeps_kinds_apart() -> None:
    rows = [
        (0, 0, 10, 10, 0.9, "face"),
        (1, 0, 11, 10, 0.8, "face"),
        (0, 0, 10, 10, 0.7, "plate"),
        (50, 0, 60, 9, 0.3, "face"),
    ]
    kept = suppress(Detections.from_rows(rows))
    assert kept.kind.tolist() == ["face", "plate", "face"]
    np.testing.assert_allclose(kept.score, [0.9, 0.7, 0.3], atol=1e-6)
