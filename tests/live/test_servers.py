"""Streams from real servers that are killed and come back: covered meanwhile, opened again, with their sound."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pytest
from fakes import pool
from live_scene import SIZE, KeepingSink, MoodyDetector, shows_face
from real_obs import wait_for
from stream_servers import rtmp_relay, serving

from dashcamcleaner.core.events import Event, LiveChange
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.live.addresses import sink_for, source_for
from dashcamcleaner.live.clock import SessionClock
from dashcamcleaner.live.gate import Gate
from dashcamcleaner.live.pictures import LIVE_LAYOUT
from dashcamcleaner.live.ports import CapturedFrame, CapturedSound, FrameSource, SoundFormat, StreamFormat
from dashcamcleaner.live.release import CoverReason
from dashcamcleaner.live.session import LiveSession
from dashcamcleaner.live.stream_sink import StreamSink
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.settings import Settings

SETTINGS: dict[str, Any] = {"delay": 0.6, "crop_checks": False, "inference_size": 160, "style": "solid"}
MOST_S = 60.0


class Patient:
    """A source that waits for its server to be there before the run begins."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._begun = False

    def open(self) -> StreamFormat:
        end = time.monotonic() + (0 if self._begun else MOST_S)
        while True:
            try:
                form = self._source.open()
            except InputError:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.1)
            else:
                self._begun = True
                return form

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


def uncovered(kept: KeepingSink) -> int:
    return sum(not frame.covered for frame in kept.frames)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["rtsp", "udp", "http", "rtmp"])
def test_a_server_that_dies_is_covered_and_found_again(scheme: str, tmp_path: Path) -> None:
    clock, kept = SessionClock(), KeepingSink()
    events: list[Event] = []
    with serving(scheme, tmp_path) as server:
        live = LiveSession(
            Patient(source_for(server.url, clock=clock, rate=20)), [kept], settings=Settings(**SETTINGS),
            models=pool(MoodyDetector()), clock=clock,
        )  # fmt: skip
        killed_at = before = back_at = 0
        end = time.monotonic() + MOST_S
        for event in live.run():
            events.append(event)
            stalled = sum(f.reason is CoverReason.STALLED for f in kept.frames[killed_at:])
            if not killed_at and uncovered(kept) >= 10:
                server.kill()
                killed_at = len(kept.frames)
            elif killed_at and not back_at and stalled >= 5:
                before, back_at = uncovered(kept), len(kept.frames)
                server.start()
            elif back_at and uncovered(kept) >= before + 10:
                live.stop()
            elif back_at:
                server.start()  # one that listens ends where a client came and went
            if time.monotonic() > end:
                live.stop()
    assert back_at, "it was covered while the server was dead"
    assert uncovered(kept) >= before + 10, "and seen again when it was back"
    assert not any(shows_face(picture) for picture in kept.pictures)
    assert kept.pictures[0].shape == (SIZE[1], SIZE[0], 3)
    assert any(sound.native.to_ndarray().any() for sound in kept.sounds)
    told = [event.message for event in events if isinstance(event, LiveChange) and event.what == "source"]
    assert all(text.endswith("It is opened again.") for text in told[:-1])
    assert told[-1].endswith("is back.")
    assert 2 <= len(told) == len(set(told)), "each reason once, however often it was tried"


@contextlib.contextmanager
def sending(url: str, *, sound: bool) -> Iterator[None]:
    """Cards, 20 a second, go to an address from a thread of their own."""
    form = StreamFormat(SIZE, LIVE_LAYOUT, 20.0, SoundFormat(48000, "mono") if sound else None)
    gate, over = Gate(size=SIZE, obscurer=Obscurer()), threading.Event()
    sink = sink_for(url, overwrite=False)
    assert isinstance(sink, StreamSink)

    def send() -> None:
        number = 0
        while not over.is_set():
            try:
                if not sink.open(form):
                    continue
                while not over.wait(0.02):
                    number += 1
                    sink.write(gate.covered(number, number / 20, CoverReason.LATE))
                    block = av.AudioFrame.from_ndarray(np.full((1, 2400), 500, np.int16), format="s16", layout="mono")
                    block.sample_rate = 48000
                    sink.write(gate.sound(CapturedSound(block, number / 20), mute=False))
            except OutputError:
                over.wait(0.2)
        sink.close()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.slow
def test_what_is_sent_to_an_rtmp_server_comes_out_of_it(tmp_path: Path) -> None:
    clock = SessionClock()
    with rtmp_relay(tmp_path) as url, sending(url, sound=True):
        source = Patient(source_for(url, clock=clock, rate=20))
        form = source.open()
        assert form.size == SIZE
        found, heard = 0, 0
        for item in source.captured():
            found += isinstance(item, CapturedFrame)
            heard += isinstance(item, CapturedSound)
            if found >= 5 and heard:
                break
        source.close()
    assert found >= 5
    assert heard


@pytest.mark.slow
def test_what_is_sent_to_an_rtsp_server_arrives(tmp_path: Path) -> None:
    taken = tmp_path / "taken.h264"
    with serving("rtsp", tmp_path) as server, sending(server.url.replace("/live", "/in"), sound=False):
        assert wait_for(lambda: taken.exists() and taken.stat().st_size > 10_000, seconds=MOST_S)
    pictures = []
    with av.open(str(taken)) as container, contextlib.suppress(av.error.InvalidDataError):  # the last one may be half
        for frame in container.decode(video=0):
            pictures.append(frame.to_ndarray(format="rgb24"))
    assert len(pictures) >= 20
    assert all(abs(float(picture.mean()) - 42) < 15 for picture in pictures), "the cards that were sent"
