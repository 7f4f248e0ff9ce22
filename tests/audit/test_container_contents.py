"""What of an output's file should not be there is told, and what was asked for is not."""

from __future__ import annotations

import numpy as np
import pytest

from dashcamcleaner.audit.audio import AudioTrack
from dashcamcleaner.audit.contents import ContainerContents, EmbeddedPicture, compare_contents
from dashcamcleaner.core.findings import Severity


def track(*, shift_s: float = 0.0, packets: int = 50, seed: int = 0) -> AudioTrack:
    names = [bytes([seed, i]) for i in range(packets)]
    return AudioTrack(1, "aac", names, [i * 0.021 + shift_s for i in range(packets)])


def clip(**changes: object) -> ContainerContents:
    facts = ContainerContents(video_streams=[0], audio=[track()], tags={"creation_time": "2026-01-01", "encoder": "x"})
    for name, value in changes.items():
        setattr(facts, name, value)
    return facts


def codes(
    output: ContainerContents,
    *,
    source: ContainerContents | None = None,
    keep: tuple[str, ...] = (),
    muted: bool = False,
) -> dict[str, Severity]:
    return {f.code: f.severity for f in compare_contents(source or clip(), output, keep=keep, muted=muted)}


PICTURE = EmbeddedPicture("cover picture (stream 2)", np.zeros((9, 16, 3), np.uint8), cover=True)
THUMBNAIL = EmbeddedPicture("JPEG picture at byte 900", np.zeros((90, 160, 3), np.uint8))


def test_a_clean_file_says_nothing() -> None:
    assert codes(clip()) == {}


@pytest.mark.parametrize(
    ("output", "code", "keep"),
    [
        (clip(video_streams=[0, 3]), "extra-video-stream", ()),
        (clip(video_streams=[]), "no-picture", ()),
        (clip(pictures=[PICTURE]), "cover", "cover"),
        (clip(pictures=[THUMBNAIL]), "thumbnail", ()),
        (clip(tags={"location": "+48.1371+011.5754/"}), "location", "location"),
        (clip(tags={"comment": "at +48.1371+011.5754/"}), "location", "location"),
        (clip(data_streams=["data stream 2 (gpmd)"]), "data-stream", "data"),
        (clip(positions=["$GPRMC at byte 77"]), "position", ()),
        (clip(texts={"text track (stream 2)": "tells the position"}), "text", "subtitles"),
        (clip(texts={"text track (stream 2)": "tells the position"}), "text", "data"),
        (clip(tags={"stream 1: language": "48.1000, 11.5000"}), "location", "location"),
        (clip(tags={"chapter 1: title": "48.1000, 11.5000"}), "location", "location"),
        (clip(audio=[track(shift_s=0.08)]), "audio-shift", ()),
        (clip(audio=[track(shift_s=-0.03)]), "audio-shift", ()),
    ],
)
def test_what_should_not_be_there_fails_unless_it_was_asked_for(
    output: ContainerContents, code: str, keep: str
) -> None:
    assert codes(output)[code] is Severity.FAIL
    if keep:
        assert code not in {c for c, s in codes(output, keep=(keep,)).items() if s is Severity.FAIL}


def test_a_tag_that_says_something_else_is_to_review() -> None:
    assert codes(clip(tags={"title": "Holiday"}))["tag"] is Severity.REVIEW
    assert codes(clip(tags={"title": "Holiday"}), keep=("tags",)) == {}


def test_titles_of_chapters_are_tags_but_for_the_runs_own() -> None:
    assert codes(clip(chapters=1, tags={"chapter 2: title": "Chapter 2"})) == {}
    assert codes(clip(chapters=1, tags={"chapter 2: title": "Anna"}))["tag"] is Severity.REVIEW
    assert codes(clip(chapters=1, tags={"chapter 2: title": "Anna"}), keep=("tags",)) == {}


def test_what_may_hold_anything_is_to_review() -> None:
    assert codes(clip(boxes=["the box udta/abcd of 90 bytes"]))["box"] is Severity.REVIEW
    unread = clip(texts={"text track (stream 2)": "holds numbers rather than words"})
    assert codes(unread)["text"] is Severity.REVIEW
    assert codes(unread, keep=("subtitles",)) == {"text-kept": Severity.NOTE}


def test_audio_that_lacks_packets_or_a_track_is_told() -> None:
    assert "audio-cut" in codes(clip(audio=[track(packets=40)]))
    assert "audio-tracks" in codes(clip(audio=[]))
    assert codes(clip(audio=[]), muted=True) == {}
    assert codes(clip(), muted=True)["audio-present"] is Severity.FAIL


def test_silence_repeats_itself_without_counting_as_a_shift() -> None:
    silent = AudioTrack(1, "aac", [b"same"] * 50, [i * 0.021 for i in range(50)])
    assert codes(clip(audio=[silent]), source=clip(audio=[silent])) == {}
