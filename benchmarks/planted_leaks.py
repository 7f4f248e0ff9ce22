"""Are planted leaks found? Leaks of many kinds are put into cleaned clips by script, and each is audited.

    python benchmarks/planted_leaks.py CLIP[@FROM-TO] CLIP ... [--work FOLDER] [--only KIND,KIND]

Each clip is cut to the seconds named (the first four otherwise), cleaned with the default settings, and audited as it
is: what is found then is the background. Then every leak is planted into a fresh copy and audited. A leak counts as
found when a finding of a kind that fits it, at its time, is there that the background does not have. Printed: a table
of leak by clip, with the status that the audit gave.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.core.events import Audited, Failed, Finished
from dashcamcleaner.core.findings import AuditResult, Severity
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import FramePlan, Region
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media import probe
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, PlanWriter, plan_path
from dashcamcleaner.settings import resolve
from dashcamcleaner.training.leaks import covered_share

_SEEN = ("region-clear", "region-partly", "region-weak", "clear-object", "changed-outside", "read-back")


@dataclass
class Case:
    """A cleaned clip to plant leaks into."""

    source: Path
    output: Path
    plans: list[FramePlan]
    track: int
    frames: list[int] = field(default_factory=list)

    @property
    def middle(self) -> int:
        """A frame in the middle of the life of the chosen track."""
        return self.frames[len(self.frames) // 2]

    @property
    def place(self) -> dict[int, tuple[float, float, float, float]]:
        """Where the object of the chosen track is."""
        return {p.index: r.xyxy for p in self.plans for r in p.regions if r.track == self.track}


Painter = Callable[[int, Frame, Sequence[Region], Obscurer], None]


@dataclass
class Leak:
    """What was planted.

    Args:
        codes: findings that fit.
        span: the frames concerned, None for the whole file.
        place: frame -> box of the object that is laid bare; a finding must lie there.
    """

    codes: tuple[str, ...]
    span: tuple[int, int] | None = None
    place: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)


def encode(
    case: Case,
    target: Path,
    *,
    paint: Painter | None = None,
    skip: set[int] = frozenset(),  # type: ignore[assignment]
    repeat: set[int] = frozenset(),  # type: ignore[assignment]
    audio_shift_s: float = 0.0,
    tags: dict[str, str] | None = None,
    clear_stream: bool = False,
    cover: bool = False,
) -> None:
    """Write the clip as the program does, but for what is planted."""
    info = probe.probe(case.source)
    obscurer = Obscurer()
    with av.open(str(target), "w") as out, av.open(str(case.source)) as into:
        picture = out.add_stream("libx264", rate=30, options={"crf": "20", "preset": "veryfast"})
        picture.width, picture.height = info.size
        picture.pix_fmt = "yuv420p"
        picture.codec_context.time_base = picture.time_base = info.time_base
        sounds = {s.index: out.add_stream_from_template(s) for s in into.streams.audio}
        clear = out.add_stream_from_template(into.streams.video[0]) if clear_stream else None
        shown = out.add_stream("mjpeg") if cover else None
        for name, value in (tags or {}).items():
            out.metadata[name] = value
        before: tuple[np.ndarray, ...] | None = None
        first: np.ndarray | None = None
        with open_clip(case.source, info=info) as frames:
            for frame in frames:
                if first is None or frame.index == case.middle:
                    first = frame.picture(frame.upright_size).copy()
                if shown is not None and frame.index == 0:
                    shown.width, shown.height, shown.pix_fmt = *info.size, "yuvj420p"
                    shown.disposition = av.stream.Disposition.attached_pic
                regions = case.plans[frame.index].regions
                if paint is not None:
                    paint(frame.index, frame, regions, obscurer)
                else:
                    obscurer.obscure(frame, regions)
                if frame.index in skip:
                    continue
                planes = before if frame.index in repeat and before is not None else frame.planes
                coded = _coded(planes, info.size, frame)
                before = tuple(plane.copy() for plane in frame.planes)
                for packet in picture.encode(coded):
                    out.mux(packet)
        for packet in picture.encode(None):
            out.mux(packet)
        if shown is not None and first is not None:
            still = av.VideoFrame.from_ndarray(first, format="rgb24").reformat(format="yuvj420p")
            still.pts = 0
            for packet in (*shown.encode(still), *shown.encode(None)):
                out.mux(packet)
        for packet in into.demux():
            if packet.dts is None:
                continue
            if packet.stream_index in sounds:
                shift = round(audio_shift_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = sounds[packet.stream_index]
                out.mux(packet)
            elif clear is not None and packet.stream.type == "video":
                packet.stream = clear
                out.mux(packet)


def _coded(planes: Sequence[np.ndarray], size: tuple[int, int], frame: Frame) -> Any:
    coded = av.VideoFrame(*size, "yuv420p")
    for plane, samples in zip(coded.planes, planes, strict=True):
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : samples.shape[1]] = samples
    coded.pts, coded.time_base = frame.time.pts, frame.time.time_base
    return coded


def _is(region: Region, case: Case) -> bool:
    return region.track == case.track


def clear_frame(case: Case, target: Path) -> Leak:
    at = case.middle
    encode(case, target, paint=lambda i, f, r, o: None if i == at else o.obscure(f, r))
    return Leak(_SEEN, (at, at))


def shifted(case: Case, target: Path) -> Leak:
    def paint(_i: int, frame: Frame, regions: Sequence[Region], obscurer: Obscurer) -> None:
        moved = []
        for region in regions:
            x1, y1, x2, y2 = region.xyxy
            dx = 0.4 * (x2 - x1) if _is(region, case) else 0.0
            moved.append(dataclasses.replace(region, xyxy=(x1 + dx, y1, x2 + dx, y2)))
        obscurer.obscure(frame, moved)

    encode(case, target, paint=paint)
    return Leak(_SEEN, (case.frames[0], case.frames[-1]), case.place)


def weak_blur(case: Case, target: Path) -> Leak:
    def paint(_i: int, frame: Frame, regions: Sequence[Region], obscurer: Obscurer) -> None:
        obscurer.obscure(frame, [region for region in regions if not _is(region, case)])
        frame.make_writable()
        for region in regions:
            if _is(region, case):
                sigma = max(region.xyxy[2] - region.xyxy[0], region.xyxy[3] - region.xyxy[1]) / 20
                for number, plane in enumerate(frame.planes):
                    scale = 1 if number == 0 else 2
                    x1, y1, x2, y2 = (max(0, int(v)) // scale for v in region.xyxy)
                    part = plane[y1:y2, x1:x2]
                    if part.size:
                        part[...] = cv2.GaussianBlur(part, (0, 0), max(0.3, sigma / scale))

    encode(case, target, paint=paint)
    return Leak(_SEEN, (case.frames[0], case.frames[-1]), case.place)


def late(case: Case, target: Path) -> Leak:
    def paint(i: int, frame: Frame, _regions: Sequence[Region], obscurer: Obscurer) -> None:
        obscurer.obscure(frame, case.plans[i - 1].regions if i else ())

    encode(case, target, paint=paint)
    return Leak(_SEEN)


def too_small(case: Case, target: Path) -> Leak:
    def paint(_i: int, frame: Frame, regions: Sequence[Region], obscurer: Obscurer) -> None:
        shrunk = []
        for region in regions:
            x1, y1, x2, y2 = region.xyxy
            dx, dy = ((x2 - x1) / 4, (y2 - y1) / 4) if _is(region, case) else (0.0, 0.0)
            shrunk.append(dataclasses.replace(region, xyxy=(x1 + dx, y1 + dy, x2 - dx, y2 - dy)))
        obscurer.obscure(frame, shrunk)

    encode(case, target, paint=paint)
    return Leak(_SEEN, (case.frames[0], case.frames[-1]), case.place)


def dropped(case: Case, target: Path) -> Leak:
    encode(case, target, skip={case.middle})
    return Leak(("frame-lost",), (case.middle, case.middle))


def repeated(case: Case, target: Path) -> Leak:
    encode(case, target, repeat={case.middle})
    return Leak(("other-frame", "frame-added"), (case.middle, case.middle))


def cover(case: Case, target: Path) -> Leak:
    encode(case, target, cover=True)
    return Leak(("cover",))


def thumbnail(case: Case, target: Path) -> Leak:
    """A JPEG in a box of its own behind the video stream, as cameras leave it."""
    shutil.copy(case.output, target)
    info = probe.probe(case.source)
    with open_clip(case.source, info=info) as frames:
        picture = next(iter(frames)).picture((160, max(2, 160 * info.upright_size[1] // info.upright_size[0])))
    jpeg = cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()
    with target.open("ab") as file:
        file.write(struct.pack(">I4s", len(jpeg) + 8, b"thmb") + jpeg)
    return Leak(("thumbnail",))


def second_stream(case: Case, target: Path) -> Leak:
    encode(case, target, clear_stream=True)
    return Leak(("extra-video-stream",))


def sound_late(case: Case, target: Path) -> Leak:
    encode(case, target, audio_shift_s=0.08)
    return Leak(("audio-shift",))


def location(case: Case, target: Path) -> Leak:
    encode(case, target, tags={"location": "+48.1371+011.5754/"})
    return Leak(("location",))


def missed(case: Case, target: Path) -> Leak:
    """An object that the detector never saw: neither plan nor picture knows it."""
    without = [
        FramePlan(plan.seen, tuple(region for region in plan.regions if not _is(region, case))) for plan in case.plans
    ]
    _write_plan(case, without, target)
    encode(dataclasses.replace(case, plans=without), target)
    return Leak(("clear-object",), (case.frames[0], case.frames[-1]), case.place)


def gap(case: Case, target: Path) -> Leak:
    """Three frames in the middle of a track, in plan and picture."""
    at = case.middle
    plans = [
        FramePlan(plan.seen, tuple(r for r in plan.regions if not (_is(r, case) and at <= plan.index < at + 3)))
        for plan in case.plans
    ]
    _write_plan(case, plans, target)
    encode(dataclasses.replace(case, plans=plans), target)
    return Leak(("clear-object",), (at, at + 2), case.place)


LEAKS: dict[str, tuple[str, Callable[[Case, Path], Leak]]] = {
    "clear-frame": ("one clear frame", clear_frame),
    "shifted": ("a region shifted by 40 % of its width", shifted),
    "too-small": ("a region of half the width and height", too_small),
    "weak-blur": ("a Gaussian of a twentieth of the region", weak_blur),
    "late": ("all regions one frame late", late),
    "dropped": ("a dropped frame", dropped),
    "repeated": ("a repeated frame", repeated),
    "cover": ("a clear cover picture", cover),
    "thumbnail": ("a clear thumbnail behind the video stream", thumbnail),
    "second-stream": ("a second, clear picture stream", second_stream),
    "sound-late": ("sound 80 ms late", sound_late),
    "location": ("a location tag put back", location),
    "missed": ("an object that the plan does not know", missed),
    "gap": ("three clear frames that the plan does not know", gap),
}


def _write_plan(case: Case, plans: Sequence[FramePlan], target: Path) -> None:
    with PlanReader(plan_path(case.output)) as reader:
        writer = PlanWriter(plan_path(target), header=reader.header)
    for plan in plans:
        writer.write(plan)
    writer.finish()


def prepare(clip: str, work: Path) -> Case:
    """Cut and clean a clip; choose the track whose object is best seen."""
    name, _, span = clip.partition("@")
    start_s, end_s = (float(v) for v in span.split("-")) if span else (0.0, 4.0)
    source = work / f"{Path(name).stem}_source.mp4"
    cut(Path(name), source, start_s, end_s)
    output = work / f"{Path(name).stem}.mp4"
    for event in clean(Job(source, output, resolve({"overwrite": True}))):
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Finished):
            print(
                f"{name}: cleaned, {event.summary.cpu_s:.0f} s of CPU time for {event.summary.frames} frames",
                flush=True,
            )
    with PlanReader(plan_path(output)) as reader:
        plans = list(reader)
    size: dict[int, float] = {}
    frames: dict[int, list[int]] = {}
    for plan in plans:
        for region in plan.regions:
            if region.track is not None:
                _, y1, _, y2 = region.xyxy
                frames.setdefault(region.track, []).append(plan.index)
                others = np.array([r.xyxy for r in plan.regions if r is not region], np.float64).reshape(-1, 4)
                alone = 1 - covered_share(region.xyxy, others)  # under another region a leak would be none
                sure = region.score if region.score >= 0.4 else 0.0  # a false hit laid bare would be none, either
                size[region.track] = (
                    size.get(region.track, 0.0) + np.clip(y2 - y1 - 24.0, 0.0, 80.0) * sure**2 * alone**2
                )
    track = max(size, key=lambda t: size[t])
    if not size[track]:
        raise SystemExit(f"{name}: nobody stands alone here whom the detector is sure of; choose other seconds")
    chosen = next(r for p in plans for r in p.regions if r.track == track)
    print(f"  leaks are planted at a {chosen.kind} seen in {len(frames[track])} frames", flush=True)
    return Case(source, output, plans, track, frames[track])


def cut(clip: Path, target: Path, start_s: float, end_s: float) -> None:
    """Some seconds of a clip: pictures coded again at a high quality, sound copied."""
    info = probe.probe(clip)
    with av.open(str(target), "w") as out, av.open(str(clip)) as into, open_clip(clip, info=info) as frames:
        picture = out.add_stream("libx264", rate=30, options={"crf": "14", "preset": "veryfast"})
        picture.width, picture.height = info.size
        picture.pix_fmt = "yuv420p"
        picture.codec_context.time_base = picture.time_base = info.time_base
        sounds = {s.index: out.add_stream_from_template(s) for s in into.streams.audio}
        for frame in frames:
            if frame.time.seconds >= end_s:
                break
            if frame.time.seconds >= start_s:
                coded = _coded(frame.planes, info.size, frame)
                coded.pts -= round(start_s / frame.time.time_base)
                for packet in picture.encode(coded):
                    out.mux(packet)
        for packet in picture.encode(None):
            out.mux(packet)
        for packet in into.demux(*into.streams.audio) if sounds else ():
            if packet.pts is not None and start_s <= packet.pts * packet.time_base < end_s:
                shift = round(start_s / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = sounds[packet.stream_index]
                out.mux(packet)


def audited(source: Path, output: Path) -> AuditResult:
    """What an audit says, by the models of the process: loading them takes longer than auditing three seconds."""
    for event in audit(source, output):
        if isinstance(event, Failed):
            raise event.error
        if isinstance(event, Audited):
            return event.result
    raise AssertionError("the audit gave no result")


def is_found(leak: Leak, result: AuditResult, background: AuditResult) -> bool:
    """Whether a fitting finding is there that the background does not have."""
    known = {(f.code, f.first_frame, f.last_frame, f.kind) for f in background.findings}
    for finding in result.findings:
        if finding.severity is Severity.NOTE or finding.code not in leak.codes:
            continue
        if (finding.code, finding.first_frame, finding.last_frame, finding.kind) in known:
            continue
        if (
            leak.place
            and finding.boxes
            and not any(_meets(box, leak.place[i]) for i, box in finding.boxes.items() if i in leak.place)
        ):
            continue
        if leak.span is None or finding.first_frame < 0:
            return True
        if finding.first_frame <= leak.span[1] + 1 and finding.last_frame >= leak.span[0] - 1:
            return True
    return False


def _meets(a: Sequence[float], b: Sequence[float]) -> bool:
    return max(a[0], b[0]) < min(a[2], b[2]) and max(a[1], b[1]) < min(a[3], b[3])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--work", type=Path, default=Path("/tmp/planted"))
    parser.add_argument("--only", default=",".join(LEAKS))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    table: dict[str, list[str]] = {name: [] for name in args.only.split(",")}
    backgrounds, names = [], []
    for clip in args.clips:
        case = prepare(clip, args.work)
        names.append(case.output.stem)
        began = time.process_time()
        background = audited(case.source, case.output)
        backgrounds.append(
            f"{background.status.value}, {sum(f.severity is not Severity.NOTE for f in background.findings)}"
        )
        print(f"  audited in {time.process_time() - began:.0f} s of CPU time: {background.status.value}", flush=True)
        for finding in background.findings:
            print(
                f"    {finding.severity.value} {finding.code} {finding.message} {finding.when} {finding.evidence}",
                flush=True,
            )
        for name in table:
            target = args.work / f"{case.output.stem}_{name}.mp4"
            shutil.copy(plan_path(case.output), plan_path(target))
            leak = LEAKS[name][1](case, target)
            result = audited(case.source, target)
            found = is_found(leak, result, background)
            table[name].append(f"{'found' if found else 'MISSED'}, {result.status.value}")
            print(f"  {name}: {table[name][-1]}", flush=True)
    print("| leak | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    print("| none planted: status, findings | " + " | ".join(backgrounds) + " |")
    for name, cells in table.items():
        print(f"| {LEAKS[name][0]} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
