"""A live run as it is asked for, in words, and the session that is made of it; command line and window share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import OutputError, SettingError
from dashcamcleaner.live.addresses import sink_for, source_for
from dashcamcleaner.live.clock import SessionClock
from dashcamcleaner.live.labels import open_scorer, parse_rule
from dashcamcleaner.live.preview_sink import PreviewSink
from dashcamcleaner.live.session import ACTIONS, LiveSession
from dashcamcleaner.live.switching import CoverSwitch
from dashcamcleaner.messages import msg
from dashcamcleaner.settings import PROFILES, Settings

__all__ = ["DEFAULT_ACTIONS", "LIVE_DEFAULTS", "LiveRequest", "check_actions", "open_session"]

LIVE_DEFAULTS = MappingProxyType(
    {
        "profile": "fast",
        "crop_checks": False,
        "threshold": None,
        **{name: None for name in PROFILES["fast"] if name.startswith("growth")},
    }
)
"""A live frame has little time: the quick profile, and no closer looks, unless they are asked for. No frame is skipped
while there is time, so that the larger covers with which the profile makes up for skipped ones are not needed."""
DEFAULT_ACTIONS = ("cover", "obs", "log")


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What is asked for.

    Args:
        source: a source, as ``--from`` takes it.
        sinks: sinks and switches, as ``--to`` takes them.
        labels: rules like ``nudity>0.6``.
        actions: what a rule does, of `live.session.ACTIONS`.
        log: the file that whoever asks appends events to; None: there is none.
    """

    source: str
    sinks: tuple[str, ...]
    labels: tuple[str, ...] = ()
    actions: tuple[str, ...] = DEFAULT_ACTIONS
    log: Path | None = None


def open_session(
    request: LiveRequest, *, settings: Settings, models: ModelPool
) -> tuple[LiveSession, PreviewSink | None]:
    """The session, and its preview where there is one among the sinks.

    Args:
        request: what is asked for.
        settings: the settings of the run.
        models: gives detectors and what scores labels.

    Raises:
        InputError: the source means nothing, or there is no such thing.
        OutputError: a sink means nothing, or cannot be written to; a file is named twice.
        SettingError: a label's rule or action means nothing, or something is asked for that is not done live.
        ExtraMissing: a package is not installed.
    """
    if settings.hide_overlay != "none":  # nobody reads the picture's text live: what is to be hidden would be seen
        raise SettingError(
            "Burned-in text is not hidden in live pictures.",
            hint="Give --hide-overlay none, or clean a recording with it.",
        )
    clock = SessionClock()
    source = source_for(request.source, clock=clock, rate=settings.capture_rate, video_track=settings.video_track)
    rules = [
        parse_rule(
            text, hits=settings.label_hits, of=settings.label_of, bypass=settings.label_bypass, hold_s=settings.hold
        )
        for text in request.labels
    ]
    actions = check_actions(request.actions)
    targets = [sink_for(text, overwrite=settings.overwrite) for text in request.sinks]
    sinks = [target for target in targets if not isinstance(target, CoverSwitch)]
    _check_apart([source.path, *(sink.path for sink in sinks), request.log])
    session = LiveSession(
        source, sinks, settings=settings, models=models, clock=clock,
        switches=[target for target in targets if isinstance(target, CoverSwitch)], rules=rules,
        open_scorer=lambda: open_scorer(models, rules), actions=actions,
    )  # fmt: skip
    return session, next((sink for sink in sinks if isinstance(sink, PreviewSink)), None)


def _check_apart(paths: Sequence[Path | None]) -> None:
    """See that no file is written to that is read or written otherwise: a source would be lost, two writers mix.

    Raises:
        OutputError: two of them are one file.
    """
    files = [path for path in paths if path is not None]
    for number, path in enumerate(files):
        for other in files[:number]:
            if path.resolve() == other.resolve() or (path.exists() and other.exists() and path.samefile(other)):
                raise OutputError(
                    msg(
                        "{path} is named twice: the source, each recording and the log are files of their own.",
                        path=path,
                    ),
                    hint="Give another name.",
                )


def check_actions(words: Sequence[str]) -> tuple[str, ...]:
    """The actions of a label, without empty words.

    Raises:
        SettingError: there is no such action.
    """
    actions = tuple(word.strip() for word in words if word.strip())
    unknown = [word for word in actions if word not in ACTIONS]
    if unknown:
        raise SettingError(
            msg("A label cannot {unknown}.", unknown=unknown[0]),
            hint=msg("It can {actions}.", actions=", ".join(ACTIONS)),
        )
    return actions
