"""The words after ``--from`` and ``--to``: which source and which sinks they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import InputError
from dashcamcleaner.live.clock import Clock
from dashcamcleaner.live.ports import FrameSink, FrameSource
from dashcamcleaner.live.switching import CoverSwitch
from dashcamcleaner.media.image_file import is_picture_file
from dashcamcleaner.messages import msg

if TYPE_CHECKING:
    from dashcamcleaner.live.stream_source import StreamAddress

__all__ = ["sink_for", "source_for", "without_password"]

_STREAMS = ("rtsp", "rtsps", "rtmp", "rtmps", "udp", "rtp", "tcp", "http", "https")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+(?=://)", re.I)


def without_password(url: str) -> str:
    """An address for people and logs: without what stands before ``@``, queries, and the key at the end of RTMP's."""
    parts = _parts(url)
    if parts is None:  # nobody knows which part of it is a password
        return f"{visible(url.partition('://')[0])}://..."
    path = parts.path
    if parts.scheme in ("rtmp", "rtmps") and (application := path.rpartition("/")[0].strip("/")):
        path = f"/{application}/..."  # who has the key of a stream may send in its owner's name
    return visible(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", "")))


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None: it is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port >= 0 else None
    except ValueError:
        return None


def source_for(text: str, *, clock: Clock, rate: float, video_track: int | None = None) -> FrameSource:
    """The source that ``--from`` names.

    Args:
        text: ``screen[:N[:X,Y,W,H]]``, ``window:TITLE``, ``camera[:NAME]``, an address, or a file.
        clock: the session's.
        rate: pictures a second of screens and cameras.
        video_track: number of a file's video stream, from 1; None: the one that is most likely meant.

    Raises:
        InputError: it means nothing, or there is no such thing.
    """
    from dashcamcleaner.live.stream_source import StreamAddress, StreamSource

    word, _, rest = text.partition(":")
    scheme = _SCHEME.match(text)
    if scheme is not None:
        if scheme[0].lower() not in _STREAMS:
            raise InputError(
                msg("Nothing is known of how to read {without_password}.", without_password=without_password(text)),
                hint=msg("Addresses begin with {streams}.", streams=", ".join(_STREAMS)),
            )
        if _parts(text) is None:
            raise InputError(
                msg("{shown} is no address.", shown=without_password(text)), hint="rtsp://HOST:PORT/PATH, for one."
            )
        return StreamSource(_network(text, scheme[0].lower()), clock=clock)
    if word == "camera":
        from dashcamcleaner.live.cameras import camera_address

        return StreamSource(camera_address(rest, rate=rate), clock=clock)
    if word in ("screen", "window"):
        from dashcamcleaner.live.screen_source import ScreenSource, parse_screen

        if word == "window":
            if not rest:  # of an unset variable; without a title the whole screen would be shown
                raise InputError("window: names no window.", hint="window:TITLE, with the title in full.")
            return ScreenSource(clock=clock, rate=rate, window=rest)
        monitor, crop = parse_screen(rest)
        return ScreenSource(clock=clock, rate=rate, monitor=monitor, crop=crop)
    path = Path(text)
    if not path.exists():
        raise InputError(msg("There is no file {path}.", path=path), hint="See docs/live.md for what can be read.")
    if path.is_dir():
        raise InputError(msg("{path} is a folder, not a clip.", path=path), hint="Name the clips in it.")
    if is_picture_file(path):
        raise InputError(
            msg("{path} is a picture, not a clip.", path=path), hint="A single picture is cleaned by clean, not live."
        )
    return StreamSource(StreamAddress(str(path), visible(path.name), file=True, video_track=video_track), clock=clock)


def _network(url: str, scheme: str) -> StreamAddress:
    from dashcamcleaner.live.stream_source import StreamAddress

    options = {"fflags": "nobuffer", "flags": "low_delay", "probesize": "500000", "analyzeduration": "1000000"}
    if scheme.startswith("rtsp"):
        options |= {"rtsp_transport": "tcp"}
    if scheme == "udp" and "fifo_size" not in url:
        url += ("&" if "?" in url else "?") + "fifo_size=50000&overrun_nonfatal=1"
    return StreamAddress(url, without_password(url), options=options)


def sink_for(text: str, *, overwrite: bool) -> FrameSink | CoverSwitch:
    """The sink, or the switch, that ``--to`` names.

    Args:
        text: a file, an address, ``preview``, ``camera[:NAME]``, ``obs://HOST:PORT/SCENE/ITEM`` or ``obs-script:PORT``.
        overwrite: files that exist may be replaced.

    Raises:
        OutputError: it means nothing, or cannot be written to.
        ExtraMissing: it needs a package that is not installed.
    """
    from dashcamcleaner.live.stream_sink import StreamSink, file_target, network_target

    word, _, rest = text.partition(":")
    if word == "camera":
        from dashcamcleaner.live.virtual_camera import VirtualCamera

        return VirtualCamera(rest)
    if text == "preview":
        from dashcamcleaner.live.preview_sink import PreviewSink

        return PreviewSink()
    if word == "obs":
        from dashcamcleaner.live.obs import parse_obs

        return parse_obs(text)
    if word == "obs-script":
        from dashcamcleaner.live.obs_feed import parse_feed

        return parse_feed(text)
    if _SCHEME.match(text):
        return StreamSink(network_target(text, shown=without_password(text)))
    return StreamSink(file_target(Path(text), overwrite=overwrite))
