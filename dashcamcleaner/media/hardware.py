"""Encoders and decoders in hardware: which there are, whether they work here, and what they are asked for.

Nothing is believed of a name: an encoder counts when it has encoded a picture of the clip's own size, a decoder when
its device opens and the clip's codec is decoded on it. What does not work gives way to software, and that is told. Only
coding moves: frames come to system memory as ever, and only the hidden regions are touched there.

The quality dial means x264's scale. For hardware it is translated by each maker's own documents (NVIDIA's constant
quality, Intel's ICQ and AMD's constant quantiser run on H.264's quantiser scale, Apple's from 1 to 100 upwards). No
such hardware was at hand to measure it on, so `SOFTWARE` is what a run uses unless it is told otherwise.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.error
from av.codec.hwaccel import HWAccel

from dashcamcleaner.media.codecs import VIDEO_CODECS, VideoCodec
from dashcamcleaner.media.output_plan import OutputPlan
from dashcamcleaner.messages import msg

__all__ = [
    "DECODERS",
    "ENCODERS",
    "SOFTWARE",
    "ChosenDecoder",
    "HardwareReport",
    "chosen_decoder",
    "device_fault",
    "survey",
    "why_not_encoded",
    "with_encoder",
]

SOFTWARE = "software"
_AUTO = "auto"


@dataclass(frozen=True, slots=True)
class _Family:
    """One maker's encoders.

    Args:
        title: the name that people read.
        suffix: the end of the library's encoder names.
        names: the codecs' names in them, by ours.
        formats: the pixel format to hand over, by the one that software would get.
        quality: options for a quality on H.264's quantiser scale.
    """

    title: str
    suffix: str
    names: dict[str, str]
    formats: dict[str, str]
    quality: Callable[[int], dict[str, str]]


_H26X_AV1 = {"h264": "h264", "h265": "hevc", "av1": "av1"}
_PLANAR = {"yuv420p": "yuv420p", "yuvj420p": "yuv420p", "yuv420p10le": "p010le"}
_PACKED = {"yuv420p": "nv12", "yuvj420p": "nv12", "yuv420p10le": "p010le"}

_FAMILIES: dict[str, _Family] = {
    "nvenc": _Family(
        "NVIDIA NVENC",
        "nvenc",
        _H26X_AV1,
        _PLANAR,
        # No bit rate, else it would bound the quality; both kinds of adaptive quantiser, as x264 has them.
        lambda q: {"rc": "vbr", "cq": str(q), "b": "0", "preset": "p5", "spatial-aq": "1", "temporal-aq": "1"},
    ),
    "qsv": _Family("Intel Quick Sync", "qsv", _H26X_AV1, _PACKED, lambda q: {"global_quality": str(max(1, q))}),
    "amf": _Family(
        "AMD AMF", "amf", _H26X_AV1, _PACKED, lambda q: {"rc": "cqp", "qp_i": str(q), "qp_p": str(min(51, q + 2))}
    ),
    "videotoolbox": _Family(
        "Apple VideoToolbox",
        "videotoolbox",
        {"h264": "h264", "h265": "hevc"},
        _PACKED,
        lambda q: {"flags": "+qscale", "global_quality": str(118 * max(1, min(100, 105 - 2 * q)))},
    ),
}

ENCODERS = (_AUTO, SOFTWARE, *_FAMILIES)
DECODERS = (_AUTO, SOFTWARE, "cuda", "qsv", "vaapi", "d3d11va", "videotoolbox", "amf")
"""Values of the settings. `auto` takes the first that works."""


@dataclass(frozen=True, slots=True)
class HardwareReport:
    """What one way to encode or decode gives on this machine.

    Args:
        name: the setting's value.
        what: ``encoder`` or ``decoder``.
        codecs: our names of the codecs that it encodes here; of a decoder ``any`` where its device opens.
        why_not: why there is none, empty where there is.
    """

    name: str
    what: str
    codecs: tuple[str, ...] = ()
    why_not: str = ""


def with_encoder(
    plan: OutputPlan,
    choice: str,
    *,
    size: tuple[int, int],
    opens: Callable[..., str] | None = None,
) -> tuple[OutputPlan, tuple[str, ...]]:
    """The plan with the encoder that was chosen, if it works; else as it was, in software. And what to tell.

    Args:
        plan: what the output will be, as software would write it.
        choice: one of `ENCODERS`.
        size: ``(width, height)`` of the pictures.
        opens: tries an encoder, see `why_not_encoded`; the real one by default.
    """
    if choice == SOFTWARE:
        return plan, ()
    tried = []
    for name in tuple(_FAMILIES) if choice == _AUTO else (choice,):
        family = _FAMILIES[name]
        codec, why = _hardware_codec(plan.codec, family, plan.pixel_format)
        if codec is not None:
            pixel_format = family.formats[plan.pixel_format]
            why = (opens or why_not_encoded)(codec, pixel_format=pixel_format, size=size)
            if not why:
                told = msg(
                    "Encoded by {family}: its quality on the dial's scale was not measured.", family=family.title
                )
                return dataclasses.replace(plan, codec=codec, pixel_format=pixel_format), (told,)
        tried.append(f"{family.title}: {why}")
    if choice == _AUTO:
        return plan, ()
    return plan, (msg("Encoded in software, since {tried}.", tried=tried[0]),)


def _hardware_codec(codec: VideoCodec, family: _Family, pixel_format: str) -> tuple[VideoCodec | None, str]:
    """A family's way to encode what software would, and why there is none."""
    if codec.name not in family.names:
        return None, msg("it does not write {codec}", codec=codec.title)
    if pixel_format not in family.formats:
        return None, msg("it does not take this kind of picture ({pixel_format})", pixel_format=pixel_format)
    # Another scale than ours of rate factors is not asked of hardware: all take H.264's quantisers.
    changed = dataclasses.replace(
        codec,
        encoder=f"{family.names[codec.name]}_{family.suffix}",
        formats=frozenset(family.formats.values()),
        interlaced=False,
        hardware_options=family.quality,
    )
    return changed, ""


def why_not_encoded(codec: VideoCodec, *, pixel_format: str, size: tuple[int, int]) -> str:
    """Why an encoder does not work here, by encoding a picture of that size; empty where it does."""
    try:
        context: Any = av.CodecContext.create(codec.encoder, "w")
        context.width, context.height = size
        context.pix_fmt = pixel_format
        context.time_base = Fraction(1, 30)
        context.framerate = Fraction(30)
        context.options = codec.options(quality=20, preset="veryfast")
        frame = av.VideoFrame(size[0], size[1], pixel_format)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.pts = 0
        packets = [*context.encode(frame), *context.encode(None)]
    except (av.error.FFmpegError, ValueError, OSError, RuntimeError) as error:
        return msg("it could not be opened ({first_words})", first_words=_first_words(error))
    return "" if any(packet.size for packet in packets) else msg("it gave nothing")


def _first_words(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0].rstrip(".")


@dataclass(frozen=True, slots=True)
class ChosenDecoder:
    """What decodes a clip.

    Args:
        device: FFmpeg's name of the kind of device; None: software.
        notes: what to tell, one sentence each.
    """

    device: str | None = None
    notes: tuple[str, ...] = field(default=())

    def hwaccel(self) -> HWAccel | None:
        """A device opened anew, for one clip; None: software."""
        return None if self.device is None else HWAccel(self.device, allow_software_fallback=False)


def chosen_decoder(choice: str, *, decodes: Callable[[str], str]) -> ChosenDecoder:
    """The decoder that was chosen, if it works on the clip; else software. And what to tell.

    Args:
        choice: one of `DECODERS`.
        decodes: tries a device on the clip: why it does not work, empty where it does.
    """
    if choice == SOFTWARE:
        return ChosenDecoder()
    for device in _devices() if choice == _AUTO else (choice,):
        why = decodes(device)
        if not why:
            told = msg("Decoded by {device}: damage that its decoder hides without a word is not seen.", device=device)
            return ChosenDecoder(device, (told,))
        if choice != _AUTO:
            return ChosenDecoder(
                None, (msg("Decoded in software, since {device} does not work: {why}.", device=device, why=why),)
            )
    return ChosenDecoder()


def _devices() -> Sequence[str]:
    return [name for name in DECODERS[2:] if name in av.codec.hwaccel.hwdevices_available()]


def device_fault(device: str) -> str:
    """Why a kind of device cannot be used at all; empty where it opens."""
    if device not in av.codec.hwaccel.hwdevices_available():
        return msg("this build of FFmpeg does not know it")
    try:
        HWAccel(device, allow_software_fallback=False).create(av.codec.Codec("h264", "r"))
    except (av.error.FFmpegError, ValueError, RuntimeError, OSError, NotImplementedError) as error:
        return _first_words(error)
    return ""


def survey(size: tuple[int, int] = (1280, 720)) -> list[HardwareReport]:
    """What every way to encode and decode in hardware gives here, for a picture of that size."""
    reports = []
    for name, family in _FAMILIES.items():
        works, whys = [], []
        for codec in VIDEO_CODECS.values():
            hardware, why = _hardware_codec(codec, family, "yuv420p")
            if hardware is not None:
                why = why_not_encoded(hardware, pixel_format=family.formats["yuv420p"], size=size)
            if why:
                whys.append(why)
            else:
                works.append(codec.name)
        reports.append(HardwareReport(name, "encoder", tuple(works), "" if works else whys[0]))
    for device in DECODERS[2:]:
        why = device_fault(device)
        reports.append(HardwareReport(device, "decoder", () if why else ("any",), why))
    return reports
