"""Encoders and decoders in hardware: what is believed is what was tried, and software takes the place of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashcamcleaner.core.events import Finished, Warned
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media import hardware
from dashcamcleaner.media.codecs import VIDEO_CODECS
from dashcamcleaner.media.decoder import choose_decoder, open_clip
from dashcamcleaner.media.hardware import DECODERS, ENCODERS, chosen_decoder, device_fault, survey, with_encoder
from dashcamcleaner.media.output_plan import OutputPlan, plan_output
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import SETTINGS, resolve
from tests import clips, fakes


def plan_of(tmp_path: Path, **changes: object) -> OutputPlan:
    made = clips.make(tmp_path / "in.mp4", frames=3)
    return plan_output(probe(made.path), output=tmp_path / "out.mp4", **changes)  # type: ignore[arg-type]


def works(*_: object, **__: object) -> str:
    return ""


def fails(*_: object, **__: object) -> str:
    return "it could not be opened (no device)"


def test_the_settings_offer_what_there_is() -> None:
    assert SETTINGS["encoder"].choices == ENCODERS
    assert SETTINGS["decoder"].choices == DECODERS


def test_software_is_what_a_run_uses_and_nothing_is_tried_then(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)

    def never(*_: object, **__: object) -> str:
        raise AssertionError("tried")

    assert resolve({}).encoder == resolve({}).decoder == "software"
    assert with_encoder(plan, "software", size=plan.size, opens=never) == (plan, ())
    assert chosen_decoder("software", decodes=never) == hardware.ChosenDecoder()


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
@pytest.mark.parametrize("name", ["nvenc", "qsv", "amf"])
def test_what_opens_is_used_and_told(tmp_path: Path, name: str, codec: str) -> None:
    plan = plan_of(tmp_path, codec=codec)
    chosen, notes = with_encoder(plan, name, size=plan.size, opens=works)
    assert chosen.codec.encoder == {"h264": "h264", "h265": "hevc", "av1": "av1"}[codec] + f"_{name}"
    assert chosen.codec.name == codec
    assert chosen.pixel_format in ("yuv420p", "nv12")
    assert len(notes) == 1
    assert "not measured" in notes[0]


@pytest.mark.parametrize("name", ["nvenc", "qsv", "amf", "videotoolbox"])
def test_quality_reaches_every_encoder_and_better_stays_better(tmp_path: Path, name: str) -> None:
    plan = plan_of(tmp_path)
    chosen, _ = with_encoder(plan, name, size=plan.size, opens=works)
    told = [chosen.codec.options(quality=quality, preset="veryfast") for quality in (10, 20, 40)]
    key = {"nvenc": "cq", "qsv": "global_quality", "amf": "qp_i", "videotoolbox": "global_quality"}[name]
    values = [int(options[key]) for options in told]
    assert values == sorted(set(values), reverse=name == "videotoolbox")
    assert all("crf" not in options for options in told)
    assert VIDEO_CODECS["h264"].options(quality=20, preset="fast") == {"crf": "20", "preset": "fast"}


def test_what_does_not_open_gives_way_to_software_and_says_why(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    chosen, notes = with_encoder(plan, "nvenc", size=plan.size, opens=fails)
    assert chosen == plan
    assert notes == ("Encoded in software, since NVIDIA NVENC: it could not be opened (no device).",)
    assert with_encoder(plan, "auto", size=plan.size, opens=fails) == (plan, ())


def test_a_codec_or_a_picture_that_the_maker_does_not_take_is_not_even_tried(tmp_path: Path) -> None:
    _, notes = with_encoder(plan_of(tmp_path, codec="av1"), "videotoolbox", size=(320, 180), opens=works)
    assert "does not write AV1" in notes[0]
    made = clips.make(tmp_path / "444.mp4", frames=3, pix_fmt="yuv444p")
    plan = plan_output(probe(made.path), output=tmp_path / "out.mp4", keep_chroma=True)
    _, notes = with_encoder(plan, "nvenc", size=plan.size, opens=works)
    assert "does not take this kind of picture (yuv444p)" in notes[0]


def test_auto_takes_the_first_that_works(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    chosen, _ = with_encoder(
        plan, "auto", size=plan.size, opens=lambda codec, **_: "" if codec.encoder.endswith("amf") else "no"
    )
    assert chosen.codec.encoder == "h264_amf"
    devices = hardware._devices()
    if devices:
        last = devices[-1]
        assert chosen_decoder("auto", decodes=lambda name: "" if name == last else "no").device == last
    assert chosen_decoder("auto", decodes=fails) == hardware.ChosenDecoder()


def test_an_encoder_is_believed_when_it_has_encoded() -> None:
    software = VIDEO_CODECS["h264"]
    assert hardware.why_not_encoded(software, pixel_format="yuv420p", size=(64, 48)) == ""
    assert hardware.why_not_encoded(software, pixel_format="yuv420p", size=(63, 47))  # odd sizes: x264 refuses


def test_a_decoder_that_does_not_open_gives_way_to_software_and_decodes_the_same(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=3)
    info = probe(made.path)
    absent = next((name for name in DECODERS[2:] if device_fault(name)), None)
    if absent is None:
        pytest.skip("every kind of device works on this machine")
    chosen = choose_decoder(made.path, info=info, choice=absent)
    assert chosen.device is None
    assert chosen.notes[0].startswith(f"Decoded in software, since {absent} does not work: ")
    with open_clip(made.path, info=info, chosen=chosen) as decoder:
        assert len(list(decoder)) == 3


def test_a_run_tells_what_it_fell_back_to(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=4)
    absent = {one.name for one in survey() if one.why_not}
    if not {"nvenc", "videotoolbox"} <= absent:
        pytest.skip("this machine has the hardware")
    settings = resolve({"encoder": "nvenc", "decoder": "videotoolbox", "crop_checks": False})
    events = list(clean(Job(made.path, tmp_path / "out.mp4", settings), models=fakes.pool(fakes.ScriptedDetector({}))))
    assert isinstance(events[-1], Finished)
    told = [event.message for event in events if isinstance(event, Warned)]
    assert any(text.startswith("Encoded in software, since NVIDIA NVENC") for text in told)
    assert any(text.startswith("Decoded in software, since videotoolbox") for text in told)


def test_the_survey_names_every_way_and_why_it_is_none() -> None:
    found = survey()
    assert [one.name for one in found if one.what == "encoder"] == list(ENCODERS[2:])
    assert [one.name for one in found if one.what == "decoder"] == list(DECODERS[2:])
    assert all(bool(one.codecs) != bool(one.why_not) for one in found)
