"""``dashcamcleaner live --from SOURCE --to SINK``: what is on the screen or in front of the camera, covered."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.cli.options import add_settings, settings_of
from dashcamcleaner.cli.window import show_live_window
from dashcamcleaner.core.plain_text import json_line, say
from dashcamcleaner.errors import OutputError, SettingError
from dashcamcleaner.messages import counted, msg

if TYPE_CHECKING:
    from dashcamcleaner.core.events import Event, LiveStats

__all__ = ["add_parser", "run"]

_PLAIN_EVERY_S = 5.0
_TROUBLE = ("source", "sink", "detector")
"""What has changed when something failed, or works again."""
_NOT_LIVE = (
    "look_ahead", "thorough", "detect_every", "quality", "codec", "preset", "encoder", "keep_chroma", "keep",
    "private_plans", "report_source", "warn_hidden", "parallel", "split_clips", "decoder",
)  # fmt: skip
"""Settings of clips that mean nothing to live pictures: no flag promises what is not done. What nobody may miss,
``hide_overlay``, is refused with its reason."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "live",
        help="cover what is on the screen, in front of a camera or in a stream, before anyone sees it",
        description=msg(
            "Reads pictures as they come, holds them for a while, and sends them on with faces "
            "and plates hidden. What was not analysed in time is covered wholly. Ctrl-C ends it."
        ),
    )
    parser.add_argument(
        "--from", dest="source", required=True, metavar="SOURCE",
        help="screen[:N[:X,Y,W,H]], window:TITLE, camera[:NAME], an address (rtsp, rtmp, udp, tcp, http), or a file",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="sinks", required=True, action="append", metavar="SINK",
        help="preview (a window), a file (.mkv, .mp4, .ts), an address (udp, tcp, rtmp, rtsp), camera[:NAME], "
        "obs://HOST:PORT/SCENE/ITEM, obs-script:PORT; may be given several times",
    )  # fmt: skip
    labels = parser.add_argument_group("Labels")
    labels.add_argument(
        "--when", action="append", default=[], metavar="LABEL>X",
        help="a label of a whole picture over a threshold, e.g. 'nudity>0.6'; may be given several times",
    )  # fmt: skip
    labels.add_argument(
        "--then", dest="actions", default="cover,obs,log", metavar="LIST",
        help="what a label does: cover (the whole frame), mute, obs (switch it), log [default cover,obs,log]",
    )  # fmt: skip
    parser.add_argument(
        "--panic-key", metavar="KEYS",
        help="key that covers everything for 10 s wherever the keyboard is, e.g. '<ctrl>+<alt>+p'; Enter in the "
        "terminal and the signal USR1 do so, too",
    )  # fmt: skip
    parser.add_argument("--for", dest="seconds", metavar="SECONDS", help="end after this time")
    shown = parser.add_argument_group("What is shown")
    shown.add_argument("--log", metavar="FILE", help="append what happens as JSON lines, without pictures")
    shown.add_argument("--json", action="store_true", help="events and figures as JSON lines on standard output")
    shown.add_argument("--quiet", action="store_true", help="errors only")
    shown.add_argument("--verbose", action="store_true", help="log what happens inside")
    add_settings(parser, without=_NOT_LIVE)
    parser.set_defaults(run=run)


def _seconds(text: str | None) -> float | None:
    """The time after which the run ends; None: it does not.

    Raises:
        SettingError: it is no time.
    """
    if text is None:
        return None
    with contextlib.suppress(ValueError):
        if 0 < (value := float(text)) < 1e7:
            return value
    raise SettingError(msg("--for cannot be {text}.", text=repr(text)), hint="It takes seconds, such as 90.")


def run(args: argparse.Namespace) -> int:
    """Run until the source ends, the time is over, or somebody stops it; gives the exit status."""
    from dashcamcleaner.detection.pool import shared_pool
    from dashcamcleaner.live.event_log import EventLog
    from dashcamcleaner.live.panic import panic_keys
    from dashcamcleaner.live.request import LIVE_DEFAULTS, LiveRequest, open_session

    seconds = _seconds(args.seconds)
    settings = settings_of(args, defaults=LIVE_DEFAULTS)
    log_path = Path(args.log) if args.log else None
    request = LiveRequest(args.source, tuple(args.sinks), tuple(args.when), tuple(args.actions.split(",")), log_path)
    session, preview = open_session(request, settings=settings, models=args.models or shared_pool())
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(EventLog(log_path)) if log_path is not None else None
        if seconds:
            timer = threading.Timer(seconds, session.stop)
            timer.daemon = True
            timer.start()
            stack.callback(timer.cancel)
        stack.enter_context(panic_keys(session.panic, key=args.panic_key))
        events = stack.enter_context(contextlib.closing(session.run()))
        if preview is None:
            _show(events, args, log)
        else:
            show_live_window(session, preview, events, lambda passed: _show(passed, args, log))
    return 0


def _show(events: Iterable[Event], args: argparse.Namespace, log: Any) -> None:
    from dashcamcleaner.core.events import LiveChange, LiveStats, Started, event_as_dict

    shown_s = 0.0
    last: LiveStats | None = None
    unlogged: OutputError | None = None
    try:
        for event in events:
            if log is not None and unlogged is None and not isinstance(event, LiveStats):
                try:
                    log.write(event)
                except OutputError as error:  # nobody goes off the air for a log
                    unlogged = error
                    say(error.message, stream=sys.stderr)
            if args.json:
                say(json_line(event_as_dict(event)))
            elif args.quiet:
                if isinstance(event, LiveChange) and event.what in _TROUBLE:
                    say(event.message, stream=sys.stderr)
            elif isinstance(event, Started):
                say(
                    msg("{source} -> {output}", source=event.source, output=event.output),
                    msg("  {description}", description=event.description),
                    stream=sys.stderr,
                )
            elif isinstance(event, LiveChange):
                say(msg("  {time_s:8.1f} s  {event}", time_s=event.time_s, event=event.message), stream=sys.stderr)
            elif isinstance(event, LiveStats):
                last = event
                if event.time_s - shown_s >= _PLAIN_EVERY_S:
                    shown_s = event.time_s
                    say(msg("  {time_s:8.1f} s  {line}", time_s=event.time_s, line=_line(event)), stream=sys.stderr)
    finally:
        if last is not None and not (args.json or args.quiet):
            say(_totals(last))
    if unlogged is not None:
        raise unlogged


def _line(stats: LiveStats) -> str:
    return msg(
        "{fps:.1f} fps, {latency_ms:.0f} ms, {value:.1f} % covered, {queue} waiting, "
        "{value2:.0f} % detected at {inference_size} px, {device}",
        fps=stats.fps,
        latency_ms=stats.latency_ms,
        value=100 * stats.covered_share,
        queue=stats.queue,
        value2=100 * stats.detected_share,
        inference_size=stats.inference_size,
        device=stats.device,
    )


def _totals(stats: LiveStats) -> str:
    return counted(
        "{n} frame left in {time_s:.1f} s: {covered} covered wholly, {late} of them late, {dropped} dropped",
        "{n} frames left in {time_s:.1f} s: {covered} covered wholly, {late} of them late, {dropped} dropped",
        stats.frames,
        time_s=stats.time_s,
        covered=stats.covered,
        late=stats.late,
        dropped=stats.dropped,
    )
