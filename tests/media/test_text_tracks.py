"""What people said goes along, what devices wrote stays behind, in every container; `--keep subtitles` takes all."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from clips import make
from media.test_encoder import fate, transcode

from dashcamcleaner.core.media_info import StreamInfo
from dashcamcleaner.media.output_plan import plan_output
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.text_tracks import judge_text_tracks, plain_header

SPOKEN = ((0.1, 0.3, "Hello there."), (0.5, 0.8, "Turn left here."))


def clip(path: Path, texts: Any) -> Path:
    return make(path, subtitles=tuple(texts), time_base=Fraction(1, 1000), rate=25, frames=25).path


def with_texts(path: Path, header: str, suffix: str) -> Path:
    """A clip whose text track comes from a file of its own, as recording programs mux them; gives the Matroska file."""
    film, side = (
        make(path.with_suffix(".film.mkv"), frames=25, rate=25, time_base=Fraction(1, 1000)).path,
        path.with_suffix(suffix),
    )
    side.write_text(header, encoding="utf-8")
    with av.open(str(film)) as first, av.open(str(side)) as second, av.open(str(path), "w") as output:
        streams = [(source, output.add_stream_from_template(source.streams[0])) for source in (first, second)]
        for source, target in streams:
            for packet in list(source.demux(source.streams[0])):
                if packet.size:
                    packet.stream = target
                    output.mux(packet)
    return path


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_speech_goes_along(tmp_path: Path, extension: str) -> None:
    plan = transcode(clip(tmp_path / f"in.{extension}", SPOKEN), tmp_path / f"out.{extension}")
    assert fate(plan, "subtitles 1") == "copied"
    assert b"Turn left here." in (tmp_path / f"out.{extension}").read_bytes()
    assert not any("--keep subtitles" in sentence for sentence in plan.warnings)


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_the_last_text_is_judged_like_the_first(tmp_path: Path, extension: str) -> None:
    """A receiver gets its fix when it gets it."""
    late = [(i * 0.05, i * 0.05 + 0.03, "GPS: no signal") for i in range(18)] + [
        (0.95, 0.98, "GPS: 48.100000, 11.500000")
    ]
    source = clip(tmp_path / f"in.{extension}", late)
    output = tmp_path / f"out.{extension}"
    plan = transcode(source, output)
    assert fate(plan, "subtitles 1") == "dropped"
    assert any("--keep subtitles" in sentence for sentence in plan.warnings)
    assert b"48.1000" not in output.read_bytes()
    assert b"no signal" not in output.read_bytes()
    assert fate(transcode(source, output, keep=("subtitles",)), "subtitles 1") == "copied"
    assert b"48.1000" in output.read_bytes()


def test_what_is_no_position_but_no_speech_either_is_told(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", [(0.1, 0.2, "38977773H3;?7?599=73U3788:;5<9;73L"), (0.3, 0.4, "Hello")])
    plan = transcode(source, tmp_path / "out.mp4")
    action = next(action for action in plan.actions if "subtitles 1" in action.what)
    assert (action.action, action.why) == (
        "dropped",
        "its texts do not read as speech: one holds numbers rather than words",
    )


def test_telemetry_is_not_converted_either(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mkv", [(0.1, 0.2, "Breitengrad: 48.1"), (0.3, 0.4, "Längengrad: 11.5")])
    assert fate(transcode(source, tmp_path / "out.mp4"), "subtitles 1") == "dropped"
    assert b"engrad" not in (tmp_path / "out.mp4").read_bytes()
    assert fate(transcode(source, tmp_path / "out.mp4", keep=("subtitles",)), "subtitles 1") == "converted"


def test_ass_keeps_its_looks_and_loses_its_papers(tmp_path: Path) -> None:
    header = (
        "[Script Info]\n; made by Anna\nTitle: Trip of Anna\nVideo File: C:\\Users\\anna\\trip.mp4\n"
        "ScriptType: v4.00+\n"
        "PlayResX: 384\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Fonts]\n"
        "fontname: x.ttf\nM1#!A\n\n"
        "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:00.10,0:00:00.50,Default,,0,0,0,,{\\pos(192,200)}Turn left\\Nhere.\n"
    )
    source = with_texts(tmp_path / "in.mkv", header, ".ass")
    plan = transcode(source, tmp_path / "out.mkv")
    assert fate(plan, "subtitles 1") == "copied"
    written = (tmp_path / "out.mkv").read_bytes()
    assert b"Turn left" in written
    assert b"PlayResX: 384" in written
    assert b"Style: Default,Arial" in written
    assert not any(word in written for word in (b"Anna", b"anna", b"fontname", b"M1#!A"))


@pytest.mark.parametrize("place", ["Name", "Effect", "Text", "Override"])
def test_ass_fields_are_all_read(tmp_path: Path, place: str) -> None:
    values = {"Name": "", "Effect": "", "Text": "Hello", "Override": ""} | {place: "N48.1000 E11.5000"}
    line = f"Default,{values['Name']},0,0,0,{values['Effect']},{{\\k{values['Override']}}}{values['Text']}"
    header = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, "
        f"MarginV, Effect, Text\nDialogue: 0,0:00:00.10,0:00:00.50,{line}\n"
    )
    source = with_texts(tmp_path / "in.mkv", header, ".ass")
    assert fate(transcode(source, tmp_path / "out.mkv"), "subtitles 1") == "dropped"


def test_names_of_cues_are_read(tmp_path: Path) -> None:
    """WebVTT names its cues, and Matroska keeps the names beside the text."""
    cue = "WEBVTT\n\n{}\n00:00.100 --> 00:00.500 line:0 position:20%\nTurn left here.\n"
    plain = with_texts(tmp_path / "plain.mkv", cue.format("cue 1"), ".vtt")
    assert fate(transcode(plain, tmp_path / "out.mkv"), "subtitles 1") == "copied"
    telling = with_texts(tmp_path / "telling.mkv", cue.format("48.1000,11.5000"), ".vtt")
    assert fate(transcode(telling, tmp_path / "out.mkv"), "subtitles 1") == "dropped"
    assert b"48.1000" not in (tmp_path / "out.mkv").read_bytes()


def test_boxes_behind_a_mov_text_are_read(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", SPOKEN)
    styled = tmp_path / "styled.mp4"
    for name, told in (
        (b"styl", b"\0\1\0\0\0\5\0\1\2\x10\xff\xff\xff\xff"),
        (b"prev", b"\xff\xd8\xff\xe0 a small picture"),
    ):
        with av.open(str(source)) as first, av.open(str(styled), "w") as output:
            targets = {stream.index: output.add_stream_from_template(stream) for stream in first.streams}
            for packet in list(first.demux()):
                if not packet.size:
                    continue
                if packet.stream.type == "subtitle" and packet.size > 2:
                    new = av.Packet(bytes(packet) + (8 + len(told)).to_bytes(4, "big") + name + told)
                    new.pts, new.dts, new.duration, new.time_base = (
                        packet.pts,
                        packet.dts,
                        packet.duration,
                        packet.time_base,
                    )
                else:
                    new = packet
                new.stream = targets[packet.stream_index]
                output.mux(new)
        assert bool(judge_text_tracks(styled)) == (name == b"prev")


def test_a_text_that_only_the_copy_meets_is_left_out(tmp_path: Path, monkeypatch: Any) -> None:
    """What is judged before and what is copied later need not be the same in a damaged file."""
    source = clip(tmp_path / "in.mp4", [*SPOKEN, (0.9, 0.95, "48.100000, 11.500000")])
    monkeypatch.setattr("dashcamcleaner.media.probe.judge_text_tracks", lambda path: {})
    plan = transcode(source, tmp_path / "out.mp4")
    assert fate(plan, "subtitles 1") == "copied"
    assert b"48.1000" not in (tmp_path / "out.mp4").read_bytes()
    assert b"Turn left" in (tmp_path / "out.mp4").read_bytes()


def test_texts_that_are_pictures_cannot_be_read_and_are_left_out(tmp_path: Path) -> None:
    info = probe(make(tmp_path / "in.mkv", frames=2).path)
    stream = StreamInfo(1, "subtitle", "hdmv_pgs_subtitle", "", "", {"unlike_speech": "is pictures of texts"})
    info = dataclasses.replace(info, streams=(*info.streams, stream))
    assert fate(plan_output(info, output="out.mkv"), "subtitles 1") == "dropped"
    assert fate(plan_output(info, output="out.mkv", keep=("subtitles",)), "subtitles 1") == "copied"


def test_an_ass_header_keeps_no_foreign_sections() -> None:
    kept = plain_header(
        b"[Script Info]\nTitle: x\nPlayResX: 10\n[Graphics]\nfilename: a.png\n#!AB\n[Aegisub Project]\nA: b\n"
    )
    assert kept == b"[Script Info]\r\nPlayResX: 10\r\n"


@pytest.mark.data
def test_reported_clips(data_folder: Path) -> None:
    for source in sorted((data_folder / "clips" / "reports").glob("s_txt_*.mp4")):
        wanted = "copied" if source.name == "s_txt_plain_words.mp4" else "dropped"
        assert fate(plan_output(probe(source), output="out.mp4"), "subtitles 1") == wanted, source.name
    late = probe(data_folder / "clips" / "reports" / "f1_late_fix.mp4")
    assert fate(plan_output(late, output="out.mp4"), "subtitles 1") == "dropped"
