"""Through decoder and encoder, nothing painted: what a run does to a clip but for hiding."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.encoder import Encoder
from dashcamcleaner.media.output_plan import OutputPlan
from dashcamcleaner.media.picture_length import length_notes
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.trial import proven_plan


@dataclass(frozen=True)
class Rendered:
    """What came of it."""

    info: MediaInfo
    plan: OutputPlan
    times: list[Fraction]
    damaged: int
    partial: bool
    problems: list[str]
    length_notes: list[str]


def render(source: Path, output: Path, *, video_track: int | None = None, **options: Any) -> Rendered:
    """Write a clip anew, as a run would."""
    info = probe(source, video_track=video_track)
    plan = proven_plan(info, source=source, output=output, **{"keep": ("chapters",), **options})
    partial = output.with_suffix(".partial")
    encoder = Encoder(plan, partial_path=partial, source=source, info=info, preset="ultrafast")
    times, damaged = [], 0
    with open_clip(source, info=info) as decoder:
        for frame in decoder:
            times.append(frame.time.exact())
            damaged += frame.damaged
            encoder.write(frame)
    encoder.finish()
    partial.rename(output)
    problems = [*decoder.problems, *encoder.problems]
    told = length_notes(decoder.length, encoder.length)
    return Rendered(info, plan, times, damaged, decoder.partial, problems, told)


def frames_of(path: Path, *, video_track: int | None = None) -> list[Frame]:
    """All frames of a clip."""
    with open_clip(path, info=probe(path, video_track=video_track)) as decoder:
        return list(decoder)


def fate(plan: OutputPlan, what: str) -> str:
    """What becomes of a stream."""
    return next(action.action for action in plan.actions if what in action.what)
