"""How an encoder and a muxer are set up for an output: their options, colours, orientation and clock."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

import av
import cv2

from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.media import codecs
from dashcamcleaner.media.output_plan import OutputPlan

__all__ = ["add_picture", "container_options", "display_matrix", "repeatable_x264", "stored_size"]

_AVX2_AND_AVX_512 = (11, 12, 13)
"""OpenCV's numbers of AVX2, FMA3 and AVX-512F."""

_INTERLACED_FLAGS = av.codec.context.Flags.interlaced_dct | av.codec.context.Flags.interlaced_me
_LEAST_CLOCK = 10_000
"""The MP4 writer doubles a track's clock until it is at least this fine; the file's clock follows it."""
_MOST_CLOCK = 1 << 28


def repeatable_x264() -> tuple[str, ...]:
    """Options of x264 with which the same pictures give the same bytes.

    Its AVX-512 code does not: of 117 encodings of 20 pictures by one thread on a busy machine, 16 came out otherwise.
    With its AVX2 code none of 192 did, and all were the usual ones (x264 core 165).
    """
    if all(map(cv2.checkHardwareSupport, _AVX2_AND_AVX_512)):
        return ("asm=avx2,fma3,bmi2",)
    return ()


def add_picture(
    output: Any,
    plan: OutputPlan,
    info: MediaInfo,
    *,
    quality: int = 20,
    preset: str = "ultrafast",
    threads: int = 1,
    single: bool = False,
) -> Any:
    """The stream of the pictures, with its encoder, added to an open output.

    Args:
        output: the output, open, its header not yet written.
        plan: the plan from `plan_output`.
        info: what the source holds.
        quality: constant rate factor on x264's scale.
        preset: x264's name of it.
        threads: how many threads the encoder has; 0: the machine's.
        single: one picture alone is going to be coded, as a trial: no threads are started for more.
    """
    width, height = stored_size(plan, info)
    os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 prints its banner past FFmpeg's log; 1: errors alone
    options = {
        **plan.codec.options(quality=quality, preset=preset),
        **_encoder_options(plan, info, single=single),
        # Decoded frames carry the captions and user data of the source's stream, which may tell anything.
        **({"a53cc": "0", "udu_sei": "0"} if plan.codec.encoder in ("libx264", "libx265") else {}),
    }
    stream = output.add_stream(
        plan.codec.encoder,
        rate=info.frame_rate or Fraction(30),
        options=options,
        width=width,
        height=height,
        time_base=info.time_base,
    )
    context = stream.codec_context
    context.pix_fmt = plan.pixel_format
    # The binding's default, slices, would make x264 worse and slower; frames are its own default.
    context.thread_type = "FRAME"
    context.thread_count = threads
    context.sample_aspect_ratio = _sample_aspect(plan, info)
    for name, attribute in (
        ("range", "color_range"),
        ("primaries", "color_primaries"),
        ("trc", "color_trc"),
        ("space", "colorspace"),
    ):
        number = next((k for k, v in codecs.COLOR_CODES[name].items() if v == info.color.get(name)), None)
        if number is not None:
            setattr(context, attribute, number)
    if info.interlaced and plan.codec.interlaced:
        context.flags |= int(_INTERLACED_FLAGS)
    if plan.container.muxer in ("mp4", "mov") and plan.codec.name == "h265":
        context.codec_tag = "hvc1"  # the tag that Apple's players ask for
    stream.metadata.update(plan.video_tags)
    if not info.orientation.is_identity and not plan.bake_orientation:
        stream.set_display_matrix(display_matrix(info.orientation))
    return stream


def stored_size(plan: OutputPlan, info: MediaInfo) -> tuple[int, int]:
    """Width and height of the pictures as the encoder takes them, turned where the pixels themselves are."""
    return info.orientation.upright_size(plan.size) if plan.bake_orientation else plan.size


def _sample_aspect(plan: OutputPlan, info: MediaInfo) -> Fraction:
    turned = plan.bake_orientation and info.orientation.quarter_turns % 2
    return 1 / info.sample_aspect if turned else info.sample_aspect


def display_matrix(orientation: Orientation) -> list[int]:
    """The container's 3x3 matrix for an orientation."""
    turned = {0: (1, 0, 0, 1), 1: (0, 1, -1, 0), 2: (-1, 0, 0, -1), 3: (0, -1, 1, 0)}[orientation.quarter_turns % 4]
    a, b, c, d = turned
    if orientation.mirrored:  # mirroring comes first: it negates what stored x adds
        a, b = -a, -b
    one = 1 << 16
    return [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30]


def container_options(plan: OutputPlan, info: MediaInfo) -> dict[str, str]:
    """The muxer's options for an output."""
    if plan.container.muxer not in ("mp4", "mov"):
        return {}
    clock = info.time_base.denominator
    while clock < _LEAST_CLOCK:
        clock *= 2
    # The file's own clock, of a millisecond by default, rounds where a track starts and how long it lasts.
    options = {"movie_timescale": str(clock)} if clock <= _MOST_CLOCK else {}
    # The index goes to the front, unless marks are put into it afterwards, which would move all that follows.
    flags = ("" if plan.marks else "+faststart") + (
        "+use_metadata_tags" if any(name not in codecs.SAFE_TAGS for name in plan.tags) else ""
    )
    return {"movflags": flags, **options} if flags else options


def _encoder_options(plan: OutputPlan, info: MediaInfo, *, single: bool = False) -> dict[str, str]:
    mastering, light = info.color.get("mastering_display"), info.color.get("content_light")
    if plan.codec.encoder == "libx265":
        parts = ["log-level=none", *(("pools=none", "frame-threads=1") if single else ())]
        if mastering:
            parts.append(f"master-display={mastering}")
        if light:
            parts.append(f"max-cll={light}")
        if info.hdr:
            parts += ["hdr10=1", "hdr10-opt=1"] if mastering else []
        return {"x265-params": ":".join(parts)}
    if plan.codec.encoder == "libsvtav1":
        parts = []
        if mastering:
            parts.append(f"mastering-display={_decimal_mastering(mastering)}")
        if light:
            parts.append(f"content-light={light}")
        return {"svtav1-params": ":".join(parts)} if parts else {}
    parts = [*repeatable_x264()] if plan.codec.encoder == "libx264" else []
    if plan.codec.encoder == "libx264" and info.interlaced and info.bottom_first:
        parts.append("bff=1")  # else its messages say top first until the end, whatever its pictures are
    parts += [f"mastering-display={mastering}"] if mastering else []
    parts += [f"cll={light}"] if light else []
    return {"x264-params": ":".join(parts)} if parts else {}


def _decimal_mastering(text: str) -> str:
    """SVT-AV1 wants the same numbers as decimals."""
    out = ""
    for part in text.replace("WP", "W").split(")")[:-1]:
        name, values = part.split("(")
        scale = 10000 if name == "L" else 50000
        numbers = ",".join(f"{int(value) / scale:.5f}" for value in values.split(","))
        out += f"{name.replace('W', 'WP')}({numbers})"
    return out
