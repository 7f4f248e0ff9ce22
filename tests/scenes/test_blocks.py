"""Blocks against a plain reference, the tag file there and back, exports, actions."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.scenes.actions import actions_of, cut_of
from dashcamcleaner.scenes.blocks import Block, BlockRules, SceneScores, blocks_of, find_blocks
from dashcamcleaner.scenes.exports import EXPORTS, ExportedClip, export_text
from dashcamcleaner.scenes.tag_file import read_tag_file, tag_text

LABELS = ("driving", "parked", "other")


def made(*runs: tuple[int, int, float], default: float = 0.34) -> SceneScores:
    """A sequence of runs: label, seconds, score."""
    rows = []
    for label, seconds, score in runs:
        row = np.full(3, (1 - score) / 2, np.float32)
        row[label] = score
        rows += [row] * seconds
    return SceneScores(LABELS, Fraction(1), np.array(rows, np.float32))


def sequences() -> list[SceneScores]:
    """Ten made sequences: gaps, ties, ends, overlaps, and luck."""
    chance = np.random.default_rng(4)
    drawn = [SceneScores(LABELS, Fraction(1), chance.dirichlet((0.5,) * 3, 90).astype(np.float32)) for _ in range(3)]
    tie = np.tile(np.float32([0.5, 0.5, 0.0]), (8, 1))
    overlapping = made(*[(number % 2, 2, 0.9) for number in range(12)])  # each bridges the other's two seconds
    return [
        made((0, 10, 0.9)),
        made((0, 5, 0.9), (1, 2, 0.9), (0, 5, 0.8)),  # a gap that is joined
        made((0, 5, 0.9), (1, 3, 0.9), (0, 5, 0.8)),  # one that is not
        made((2, 6, 0.9), (0, 3, 0.9)),  # too short, at the end
        made((2, 6, 0.9), (0, 4, 0.6)),  # just long enough, at the end
        SceneScores(LABELS, Fraction(1), tie),
        overlapping,
        *drawn,
    ]


def reference(scores: SceneScores, *, name: str, s: float = 0.5, g: int = 2, u: int = 4, v: float = 0.4) -> str:
    """The tag file by a plain computation, second by second, in lists."""
    rows = scores.scores.tolist()
    best = [row.index(max(row)) for row in rows]
    found = []
    for label in range(len(LABELS)):
        hits = [i for i in range(len(rows)) if best[i] == label and rows[i][label] > s]
        while hits:
            run = [hits.pop(0)]
            while hits and hits[0] - run[-1] <= g + 1:
                run.append(hits.pop(0))
            start, end = run[0], run[-1] + 1
            if end - start >= u and len(run) / (end - start) >= v:
                mean = sum(rows[i][label] for i in run) / len(run)
                found.append((start, label, end, mean, len(run) / (end - start)))
    found.sort()
    text = f"{name}, {', '.join(LABELS)}\n{len(rows)}"
    for label in range(len(LABELS)):
        text += f", {sum(end - start for start, other, end, _, _ in found if other == label)}"
    text += "\n"
    for start, label, end, mean, coverage in found:
        text += f"{LABELS[label]}, {start}, {end}, {mean:.6f}, {coverage:.6f}\n"
    return text


@pytest.mark.parametrize("number", range(10))
def test_the_tag_file_is_that_of_a_plain_computation(number: int) -> None:
    scores = sequences()[number]
    assert tag_text("film.mp4", scores, blocks_of(scores, rules=BlockRules())) == reference(scores, name="film.mp4")


def test_rules_decide_what_makes_a_block() -> None:
    scores = made((0, 5, 0.9), (1, 3, 0.9), (0, 5, 0.8))
    assert len(find_blocks(scores, ["driving"], rules=BlockRules())) == 2
    (joined,) = find_blocks(scores, ["driving"], rules=BlockRules(max_gap_s=3))
    assert (joined.start_s, joined.end_s, round(joined.coverage, 4)) == (0, 13, round(10 / 13, 4))
    assert find_blocks(scores, ["driving"], rules=BlockRules(max_gap_s=3, min_coverage=0.8)) == []
    assert find_blocks(scores, ["driving"], rules=BlockRules(min_length_s=6)) == []
    assert len(find_blocks(scores, ["driving"], rules=BlockRules(min_score=0.85))) == 1
    assert find_blocks(scores, ["parked"], rules=BlockRules()) == []
    (both,) = find_blocks(scores, ["driving", "parked"], rules=BlockRules())  # several count as one
    assert (both.label, both.end_s) == ("driving+parked", 13)
    with pytest.raises(SettingError, match="flying"):
        find_blocks(scores, ["flying"], rules=BlockRules())


def test_a_label_may_ask_for_a_score_of_its_own() -> None:
    scores = made((0, 5, 0.6), (1, 5, 0.6))
    rules = BlockRules(label_scores=(("parked", 0.7),))
    assert [block.label for block in blocks_of(scores, rules=rules)] == ["driving"]
    rules = BlockRules(min_score=0.9, label_scores=(("parked", 0.5),))
    assert [block.label for block in blocks_of(scores, rules=rules)] == ["parked"]
    (kept,) = find_blocks(scores, ["driving", "parked"], rules=rules)  # as one, each picture by its own label's
    assert (kept.start_s, kept.end_s) == (5, 10)
    with pytest.raises(SettingError, match="flying"):
        blocks_of(scores, rules=BlockRules(label_scores=(("flying", 0.5),)))
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(SettingError, match="parked"):
            BlockRules(label_scores=(("parked", wrong),))


@pytest.mark.parametrize(
    "wrong", [{"min_score": 1.5}, {"max_gap_s": -1}, {"min_length_s": float("nan")}, {"min_coverage": -0.1}]
)
def test_rules_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError):
        BlockRules(**wrong)


def test_steps_other_than_a_second_keep_their_times() -> None:
    scores = SceneScores(LABELS, Fraction(1, 2), made((2, 3, 0.9), (0, 9, 0.9)).scores)
    (block,) = find_blocks(scores, ["driving"], rules=BlockRules())
    assert (block.start_s, block.end_s) == (Fraction(3, 2), 6)
    assert "driving, 1.500, 6, " in tag_text("a.mp4", scores, [block])


def test_a_tag_file_is_read_back_and_may_be_edited(tmp_path: Path) -> None:
    scores = made((0, 10, 0.9), (1, 10, 0.7))
    blocks = blocks_of(scores, rules=BlockRules())
    path = tmp_path / "a.tag"
    path.write_text(tag_text("a, b.mp4", scores, blocks), encoding="utf-8")
    read = read_tag_file(path)
    assert (read.clip, read.labels, read.seconds) == ("a; b.mp4", LABELS, 20)
    assert [(b.label, b.start_s, b.end_s) for b in read.blocks] == [("driving", 0, 10), ("parked", 10, 20)]
    path.write_text("a.mp4,driving,\n20,5,\nlabel,start,end,score,coverage\ndriving,1.5,4\n", encoding="utf-8")
    assert read_tag_file(path).blocks == (Block("driving", Fraction(3, 2), Fraction(4), 1.0, 1.0),)


@pytest.mark.parametrize(
    "text",
    [
        "", "a.mp4\n3\n", "a, x\n3\n", "a, x\n3, 0\ny, 1, 2\n", "a, x\n3, 0\nx, 2, 1\n", "a, x\n3, 0\nx, 1, 1e9\n",
        "a, x\n3, 0\nx, 1/2, 2\n", "a, x\n3, 0\nx, 1, 2, nan, 1\n", "a, x\n3, 0\nx, -1, 2\n", "\x00\xff",
        "a, x\n3, 0\nx, 1\n",
    ],
)  # fmt: skip
def test_broken_tag_files_are_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.tag"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tag_file(path)
    assert caught.value.message.endswith(".")


def test_every_export_tells_all_blocks() -> None:
    pytest.importorskip("opentimelineio", reason="the extra [scenes] is not installed")
    blocks = [
        Block("=x", Fraction(3), Fraction(12), 0.8, 0.75),
        Block("parked", Fraction(14), Fraction(41, 2), 0.9, 1.0),
    ]
    clip = ExportedClip("film.mp4", Fraction(40), Fraction(25), ("=x", "parked"))
    texts = {name: export_text(name, clip, blocks) for name in EXPORTS}
    assert texts["csv"].splitlines()[1:] == ["'=x,3,12,0.800000,0.750000", "parked,14,20.500,0.900000,1.000000"]
    assert [b["end_s"] for b in json.loads(texts["json"])["blocks"]] == [12, 20.5]
    assert "00:00:14:00 00:00:20:1" in texts["edl"]
    clips = json.loads(texts["otio"])["tracks"]["children"][0]["children"]
    assert [c["source_range"]["start_time"]["value"] for c in clips] == [75, 350]
    assert "START=14000\nEND=20500\ntitle=parked" in texts["chapters"]
    assert "title=\\=x" in texts["chapters"]
    assert "2\n00:00:14,000 --> 00:00:20,500\nparked 0.90" in texts["srt"]


def test_an_edit_list_counts_the_frames_that_the_clip_has() -> None:
    """At 29.97 frames a second 1000 s are 29,970 frames, which a count of 30 to a second calls 16:39:00."""
    opentimelineio = pytest.importorskip("opentimelineio", reason="the extra [scenes] is not installed")
    for rate, start in ((Fraction(30000, 1001), 29970), (Fraction(25), 25000), (Fraction(15), 24000)):
        clip = ExportedClip("film.mp4", Fraction(2000), rate, ("parked",))
        text = export_text("edl", clip, [Block("parked", Fraction(1000), Fraction(1200), 0.9, 1.0)])
        (found,) = opentimelineio.adapters.read_from_string(
            text, "cmx_3600", rate=24 if rate == 15 else round(rate)
        ).find_clips()
        assert found.source_range.start_time.value == start, rate


@pytest.mark.parametrize("form", EXPORTS)
def test_every_export_of_a_clip_without_blocks_is_an_empty_list(form: str) -> None:
    if form in ("edl", "otio"):
        pytest.importorskip("opentimelineio", reason="the extra [scenes] is not installed")
    text = export_text(form, ExportedClip("film.mp4", Fraction(40), Fraction(25), ("parked",)), [])
    if form == "json":
        assert json.loads(text)["blocks"] == []
    elif form == "edl":
        import opentimelineio

        assert text == "TITLE: film.mp4\n"
        assert not list(opentimelineio.adapters.read_from_string(text, "cmx_3600").find_clips())
    elif form == "otio":
        assert not json.loads(text)["tracks"]["children"][0]["children"]


def test_actions_decide_what_is_left() -> None:
    blocks = [Block("driving", Fraction(0), Fraction(10), 1, 1), Block("parked", Fraction(8), Fraction(20), 1, 1)]

    def left(*words: str) -> list[tuple[int, int]]:
        cut = cut_of(blocks, kept=None, actions=actions_of(words, labels=LABELS), seconds=Fraction(30))
        return [(int(a), int(b)) for a, b in cut.kept.kept]

    assert left("parked=drop") == [(0, 8), (20, 30)]
    assert left("driving=keep") == [(0, 10)]
    assert left("driving=keep", "parked=drop") == [(0, 8)]
    assert left("driving=blur", "parked=mute") == [(0, 30)]
    cut = cut_of(blocks, kept=None, actions={"driving": "blur", "parked": "mute"}, seconds=Fraction(30))
    assert (cut.blurred.kept, cut.muted.kept) == (((0, 10),), ((8, 20),))
    for wrong in ("parked", "parked=burn", "flying=drop"):
        with pytest.raises(SettingError):
            actions_of([wrong], labels=LABELS)


def test_random_cuts_add_up() -> None:
    chance = random.Random(3)
    for _ in range(200):
        blocks = []
        for label in LABELS:
            start = Fraction(chance.randint(0, 50))
            blocks.append(Block(label, start, start + chance.randint(1, 30), 1, 1))
        kept = cut_of(blocks, kept=None, actions={"parked": "drop"}, seconds=Fraction(60)).kept
        dropped = kept.without(seconds=Fraction(60))
        assert kept.seconds + dropped.seconds == 60
        assert all(kept.moved(a) == kept.moved(b) for a, b in dropped.kept)
