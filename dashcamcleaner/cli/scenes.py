"""``dashcamcleaner scenes CLIP...``: label every second, write the list, cut by it."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.cli.audit import worse
from dashcamcleaner.cli.options import add_settings, settings_of
from dashcamcleaner.core.plain_text import json_line, say
from dashcamcleaner.errors import PARTIAL_EXIT, Cancelled, DashcamCleanerError, SettingError
from dashcamcleaner.messages import msg

if TYPE_CHECKING:
    from dashcamcleaner.core.events import Event
    from dashcamcleaner.scenes.job import ScenesJob

__all__ = ["add_parser", "run"]

_EVERY_S = 5.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "scenes",
        help="label every second of a clip, and cut by label",
        description=msg("Classifies one picture a second, writes blocks of each label to NAME.tag, and cuts by label."),
    )
    parser.add_argument("inputs", nargs="*", metavar="CLIP", help="clips")
    parser.add_argument("-t", "--targets", metavar="A,B", help="labels that are kept; together they count as one")
    parser.add_argument(
        "-x", "--everything-but", metavar="LABEL", nargs="?", const="other",
        help="keep everything but this label (default: other)",
    )  # fmt: skip
    parser.add_argument("-a", "--tag-only", action="store_true", help="write the list alone, cut nothing")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="where files go (default: beside each clip)")
    parser.add_argument("-c", "--pieces", action="store_true", help="each piece a file of its own, not joined")
    parser.add_argument(
        "--do", action="append", default=[], metavar="LABEL=ACTION",
        help="what becomes of a label: keep, drop, blur, mute (repeatable)",
    )  # fmt: skip
    parser.add_argument("--cut", metavar="FILE.tag", help="cut by this list, edited perhaps, without classifying again")
    parser.add_argument("--lossless", action="store_true", help="cut at key frames, without encoding")
    parser.add_argument("--clean", action="store_true", help="hide faces and plates in the same pass")
    rules = parser.add_argument_group("Blocks")
    rules.add_argument(
        "-s", "--min-score", action="append", default=[], metavar="X",
        help="a picture counts over this [0.5]; LABEL=X for one label (repeatable)",
    )  # fmt: skip
    rules.add_argument("-g", "--max-gap", type=float, default=2, metavar="S", help="longest gap that is joined [2 s]")
    rules.add_argument("-u", "--min-cut", type=float, default=4, metavar="S", help="shortest block [4 s]")
    rules.add_argument(
        "-v", "--min-coverage", type=float, default=0.4, metavar="X", help="least share that match [0.4]"
    )
    seeing = parser.add_argument_group("Classifying")
    seeing.add_argument(
        "--model", metavar="NAME",
        help="motion (driving, parked), light (day, night, tunnel), shots, safety (nudity, violence, drugs, other), "
        "or a classifier's name or file (default: by the labels that are named, else motion)",
    )  # fmt: skip
    seeing.add_argument("--every", default="1", metavar="S", help="seconds between pictures, or frame, or shot [1]")
    seeing.add_argument("--key-frames", action="store_true", help="decode key frames alone: quicker, less exact")
    seeing.add_argument("-b", "--batch-size", type=int, default=32, metavar="N", help="pictures judged at once [32]")
    seeing.add_argument("-p", "--definition", metavar="FILE", help="own Caffe model: .prototxt")
    seeing.add_argument("-m", "--mean", metavar="FILE", help="own Caffe model: mean, .binaryproto")
    seeing.add_argument("-w", "--caffemodel", metavar="FILE", help="own Caffe model: weights, .caffemodel")
    seeing.add_argument("-l", "--labels", metavar="FILE", help="labels of an own model, a name a line")
    shown = parser.add_argument_group("What is written and shown")
    shown.add_argument("--export", metavar="LIST", default="", help="csv, json, edl, otio, chapters, srt")
    shown.add_argument("--json", action="store_true", help="events as JSON lines on standard output")
    shown.add_argument("--quiet", action="store_true", help="no progress, errors only")
    shown.add_argument("--verbose", action="store_true", help="log what happens inside")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for each clip; gives the exit status."""
    if args.everything_but and not args.inputs and Path(args.everything_but).exists():
        args.inputs, args.everything_but = [args.everything_but], "other"  # `-x film.mp4`
    if not args.inputs:
        raise SettingError("No clip was named.", hint="dashcamcleaner scenes --help tells how.")
    if args.cut and len(args.inputs) > 1:
        raise SettingError("A list belongs to one clip.", hint="Give one clip with --cut.")
    notes: list[str] = []
    settings = settings_of(args, notes=notes)
    from dashcamcleaner.scenes.blocks import BlockRules
    from dashcamcleaner.scenes.job import ScenesJob

    paths = {name: Path(value) if value else None for name, value in _files(args).items()}
    if args.batch_size < 1 or args.batch_size > 1024:
        raise SettingError(
            msg("--batch-size is {batch_size}, which is not 1 to 1024.", batch_size=args.batch_size),
            hint="The default is 32.",
        )
    common, own = _thresholds(args.min_score)
    status = 0
    for name in args.inputs:
        job = ScenesJob(
            source=Path(name),
            folder=Path(args.output) if args.output else None,
            targets=_words(args.targets),
            everything_but=args.everything_but,
            tag_only=args.tag_only,
            pieces=args.pieces,
            actions=tuple(args.do),
            lossless=args.lossless,
            clean=args.clean,
            rules=BlockRules(common, args.max_gap, args.min_cut, args.min_coverage, own),
            model=args.caffemodel or args.model,
            step=args.every,
            key_frames=args.key_frames,
            batch=args.batch_size,
            exports=_words(args.export),
            settings=settings,
            notes=tuple(notes),
            **paths,
        )
        if len(args.inputs) == 1:
            return _run_one(job, args)
        try:
            done = _run_one(job, args)
        except Cancelled:
            raise
        except DashcamCleanerError as error:
            if isinstance(error, SettingError) and job.source.name not in error.message:
                raise  # of what is asked, not of this clip
            done = _tell_failure(job, error, args)  # the others are done all the same
        status = worse(status, done)
    return status


def _tell_failure(job: ScenesJob, error: DashcamCleanerError, args: argparse.Namespace) -> int:
    from dashcamcleaner.cli.show import naming
    from dashcamcleaner.core.events import Failed, event_as_dict

    _Shown(args).event({"source": str(job.source), **event_as_dict(Failed(error))})
    said = msg("dashcamcleaner: {message}", message=naming(str(job.source), error.message))
    say(said, *([msg("  hint: {hint}", hint=error.hint)] if error.hint else []), stream=sys.stderr)
    return error.exit_code


def _thresholds(words: list[str]) -> tuple[float, tuple[tuple[str, float], ...]]:
    """The score that all labels ask for, and those of single labels; the last word counts."""
    common, own = 0.5, dict[str, float]()
    for word in words:
        label, sign, number = word.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise SettingError(
                msg("--min-score is {word}.", word=repr(word)), hint="It is 0 to 1, or LABEL=0.7 for one label."
            ) from None
        if sign:
            own[label.strip()] = value
        else:
            common = value
    return common, tuple(own.items())


def _files(args: argparse.Namespace) -> dict[str, str | None]:
    return {"list_file": args.cut, "definition": args.definition, "mean": args.mean, "labels": args.labels}


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def _run_one(job: ScenesJob, args: argparse.Namespace) -> int:
    from dashcamcleaner.detection.pool import shared_pool
    from dashcamcleaner.scenes.job import label_clip

    models = args.models or shared_pool()
    show = _Shown(args)
    found = label_clip(job, models=models, tell=show.progress)
    for line in found.lines:
        show.line(line)
    show.event({"event": "labelled", **found.as_dict()})
    if job.tag_only or found.cut is None:
        return 0
    from dashcamcleaner.cli.show import summary_lines
    from dashcamcleaner.core.events import Failed, Finished, Started, Warned, event_as_dict
    from dashcamcleaner.core.summary import CLEANED
    from dashcamcleaner.jobs.run import clean
    from dashcamcleaner.scenes.cut import kept_note, render_jobs, write_cut_plan

    status = 0
    for render in render_jobs(job, found):
        try:
            with contextlib.closing(clean(render, models=models)) as events:  # type: ignore[type-var]
                for event in events:
                    show.event({"source": str(render.source), **event_as_dict(event)})
                    if isinstance(event, Failed):
                        raise event.error
                    if isinstance(event, Started):
                        show.line(msg("{source} -> {output}", source=event.source, output=event.output), aside=True)
                    elif isinstance(event, Warned):
                        show.line(msg("  note: {event}", event=event.message), aside=True)
                    elif isinstance(event, Finished):
                        if event.summary.status != CLEANED:
                            status = PARTIAL_EXIT
                        for line in summary_lines(event.summary):
                            show.line(line)
                        if render.copied and render.cut is not None:
                            show.line(msg("  {note}", note=kept_note(render.cut)))
                    else:
                        show.progress(event)
        except KeyboardInterrupt:
            raise Cancelled("The cut was stopped.", hint="Nothing unfinished stands under a final name.") from None
        write_cut_plan(job, found, output=render.output, cut=render.cut)
    return status


class _Shown:
    """What is told while it runs."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._json, self._quiet = args.json, args.quiet
        self._last = time.monotonic()

    def line(self, text: str, *, aside: bool = False) -> None:
        if not (self._json or self._quiet):
            say(text, stream=sys.stderr if aside else None)

    def event(self, data: dict[str, Any]) -> None:
        if self._json:
            say(json_line(data))

    def progress(self, event: Event) -> None:
        from dashcamcleaner.core.events import Progress

        if isinstance(event, Progress) and time.monotonic() - self._last >= _EVERY_S:
            self._last = time.monotonic()
            of = msg(" of {frames}", frames=event.frames) if event.frames else ""
            self.line(
                msg(
                    "  {phase}: {frames_done}{of}, {fps:.1f} a second",
                    phase=event.phase,
                    frames_done=event.frames_done,
                    of=of,
                    fps=event.fps,
                ),
                aside=True,
            )
