"""The audit's checks and findings, one table each: names, severities, sentences, and what to do. Pure.

Whoever finds something names its code and fills the sentence's gaps (`found`); whoever ran a check, or could not, names
the check (`checked`, `not_checked`). What can be found at all is read here, and in ``docs/audit.md``, which a test
holds to these tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, Unpack

from dashcamcleaner.core.findings import Check, Finding, Severity
from dashcamcleaner.messages import as_message, msg

__all__ = ["CHECKS", "FINDINGS", "CheckRow", "FindingRow", "checked", "found", "not_checked"]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check.

    Args:
        name: the name for programs.
        title: the title for people.
        unit: what it looks at.
        one: what a single one of them is called.
        sampled: what it looks at stands for more of its kind.
    """

    name: str
    title: str
    unit: str = "frames"
    one: str = "frame"
    sampled: bool = False

    def units(self, count: int) -> str:
        """What so many of them are called."""
        return self.one if count == 1 else self.unit


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One thing that can be found.

    Args:
        code: the code for programs.
        check: name of the check that finds it; ``search`` for both that search.
        severity: what it usually does to the status; where it depends, the finder says otherwise.
        sentence: the sentence for people, with gaps in braces.
        help: what it means or what to do, one sentence.
        by_rendering: a fault of the file rather than of the plan, which a fresh rendering does not have.
    """

    code: str
    check: str
    severity: Severity
    sentence: str
    help: str
    by_rendering: bool = False


Row = TypeVar("Row", CheckRow, FindingRow)


def _table(rows: Iterable[Row], key: str) -> dict[str, Row]:
    table: dict[str, Row] = {}
    for row in rows:
        name = str(getattr(row, key))
        assert name not in table, f"{name} stands twice in the table"
        table[name] = row
    return table


CHECKS: Mapping[str, CheckRow] = _table(
    (
        CheckRow("audit", "The audit"),
        CheckRow("media", "Frame count, times, size and order", unit="frames", one="frame"),
        CheckRow("audio", "Audio and its timing", unit="audio tracks", one="audio track"),
        CheckRow(
            "leftovers", "Streams, tags, pictures, positions beside the video stream",
            unit="streams, tags and pictures", one="stream, tag or picture",
        ),
        CheckRow(
            "pixels", "Regions hidden in every frame",
            unit="regions with enough detail to tell", one="region with enough detail to tell",
        ),
        CheckRow("outside", "Nothing changed outside of regions"),
        CheckRow(
            "search-own", "Objects left, by the run's own weights mirrored at another scale",
            unit="frames looked at", one="frame looked at", sampled=True,
        ),
        CheckRow(
            "search-face", "Faces left, by an independent detector",
            unit="frames looked at", one="frame looked at", sampled=True,
        ),
        CheckRow(
            "read-back", "Covered plates read back",
            unit="plates that can be read in the source", one="plate that can be read in the source", sampled=True,
        ),
        CheckRow(
            "face-again", "Faces found again in covered faces",
            unit="faces that the detector finds in the source", one="face that the detector finds in the source",
            sampled=True,
        ),
        CheckRow("edits", "Edits by hand", unit="edits", one="edit"),
    ),
    "name",
)  # fmt: skip

_FAIL, _REVIEW, _NOTE = Severity.FAIL, Severity.REVIEW, Severity.NOTE
_AGAIN = msg("Render the clip again from its plan, or audit with --fix.")
_NEW = msg("Clean the clip again with this version.")

FINDINGS: Mapping[str, FindingRow] = _table(
    (
        FindingRow("no-picture", "media", _FAIL, "The output holds no picture stream.", _AGAIN, by_rendering=True),
        FindingRow(
            "size", "media", _FAIL, "The source's picture has {before} pixels, the output's {after}.",
            "A line more or less is the encoder's need of even sizes; anything else was done after cleaning.",
            by_rendering=True,
        ),
        FindingRow(
            "aspect", "media", _REVIEW, "The source's pixels have the shape {before}, the output's {after}.",
            "The picture may look squeezed; nothing is laid bare by it.",
        ),
        FindingRow(
            "length", "media", _FAIL,
            "The source's pictures last {before} s, the output's {after} s ({difference} s).",
            "By the times of both files; small differences are to review, as damaged ends make them.",
            by_rendering=True,
        ),
        FindingRow(
            "length-untold", "media", _REVIEW, "How long the source lasts is not told by it.",
            "Its pictures have no times and no rate; play both and compare.",
        ),
        FindingRow(
            "frame-lost", "media", _FAIL, "{count} frames of the source are missing in the output.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "frame-added", "media", _FAIL, "{count} frames of the output are not in the source.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "other-frame", "media", _FAIL,
            "The output shows the source's frame {which} instead of this one, in {count} frames.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "damaged", "media", _FAIL, "{count} frames of the output come damaged from the decoder.",
            "The file was damaged after it was written, or the disk is failing.", by_rendering=True,
        ),
        FindingRow(
            "no-plan", "media", _REVIEW, "The plan says nothing of {count} frames of the source.",
            "The plan is of another state of the clip; clean the clip again.",
        ),
        FindingRow(
            "plan-lacks", "media", _REVIEW,
            "In {count} frames something clear is surely seen of which the plan holds no detection, however faint.",
            "Detections may have been taken out of the plan; clean the clip again.",
        ),
        FindingRow(
            "audio-present", "audio", _FAIL, "The audio was to be left out, but the output has some.", _NEW,
        ),
        FindingRow(
            "audio-tracks", "audio", _FAIL, "The source has {before} audio tracks, the output {after}.",
            "A track that the container cannot hold is left out, and the run says so.", by_rendering=True,
        ),
        FindingRow(
            "audio-shift", "audio", _FAIL, "Audio track {number} comes {shift_ms:+.0f} ms against the picture.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "audio-cut", "audio", _REVIEW, "Audio track {number} lacks {lost} of {packets} packets.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "audio-unknown", "audio", _REVIEW,
            "Audio track {number} was converted and cannot be compared with the source; listen to it.",
            "It is silent or too even to be compared by its loudness.",
        ),
        FindingRow(
            "extra-video-stream", "leftovers", _FAIL,
            "The output holds a second video stream (stream {stream}), which nobody cleaned.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "cover", "leftovers", _FAIL, "The output holds a picture beside the video stream{size}: {where}.",
            _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "thumbnail", "leftovers", _FAIL, "The output holds a picture beside the video stream{size}: {where}.",
            _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "cover-kept", "leftovers", _NOTE, "The output holds a {where}, as asked; look at it.",
            "It was cleaned like a frame, by a single look.",
        ),
        FindingRow(
            "cover-unread", "leftovers", _REVIEW, "The {where} cannot be decoded.",
            "Nobody can tell what it shows; clean without --keep cover.",
        ),
        FindingRow(
            "cover-object", "leftovers", _FAIL, "The {where} shows a {kind} (score {score:.2f}).",
            "Clean without --keep cover.",
        ),
        FindingRow(
            "position", "leftovers", _FAIL, "The output holds a position outside of its streams: {where}.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "box", "leftovers", _REVIEW, "The output holds {what} beside its streams, which may hold anything.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "unshown", "leftovers", _FAIL,
            "The output holds {count} pictures that its edit list keeps from being shown.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "cut-off", "leftovers", _FAIL,
            "The output's pictures are {width}x{height}, and a part of them is cut off before they are shown.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "alpha", "leftovers", _FAIL,
            "The output's pictures have a plane of transparency, which nobody cleaned.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "text", "leftovers", _FAIL, "The output holds a {what} that does not read as speech: a text {why}.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "text-kept", "leftovers", _NOTE,
            "The output holds a {what} that does not read as speech, as asked with --keep {keep}: a text {why}.",
            "Clean without it to drop the track.",
        ),
        FindingRow(
            "data-stream", "leftovers", _FAIL, "The output holds a {what}, which may carry a position.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "location", "leftovers", _FAIL, "The output tells a position in the tag {name}.", _AGAIN, by_rendering=True,
        ),
        FindingRow(
            "location-kept", "leftovers", _NOTE, "The output tells a position in the tag {name}, as asked.",
            "Clean without --keep location to drop it.",
        ),
        FindingRow(
            "tag", "leftovers", _REVIEW, "The output carries the tag {name}, which is not kept by default.",
            "Read it, or render again: cleaning drops it.", by_rendering=True,
        ),
        FindingRow(
            "region-clear", "pixels", _FAIL, "A {kind} that the plan hides is clear.", _AGAIN, by_rendering=True,
        ),
        FindingRow(
            "region-partly", "pixels", _FAIL,
            "The region over a {kind} lies beside it: up to {share:.0%} of its detail is clear.", _AGAIN,
            by_rendering=True,
        ),
        FindingRow(
            "region-weak", "pixels", _FAIL, "A {kind} is hidden so weakly that {what}.",
            "Render again with more --strength or another --style.", by_rendering=True,
        ),
        FindingRow(
            "changed-outside", "outside", _REVIEW,
            "Pixels outside of all regions changed more than coding explains: a region may lie beside its object.",
            _AGAIN, by_rendering=True,
        ),
        FindingRow(
            "clear-object", "search", _FAIL, "{what} is not hidden.{more}",
            "Look at it; draw a region over it in the review, or audit with --fix.",
        ),
        FindingRow(
            "read-back", "read-back", _FAIL, "A covered {kind} can be read: {share:.0%} of its characters come back.",
            "Render again with more --strength or another --style.",
        ),
        FindingRow(
            "face-again", "face-again", _NOTE,
            "A {kind} detector still sees a {kind} in {hits} of {count} covered pictures (score {score:.2f}); "
            "it sees that somebody is there, not who.",
            "Nothing need be done; a stronger style hides that, too.",
        ),
        FindingRow(
            "edits-unknown", "edits", _REVIEW, "Not all edits by hand were applied.{more}",
            "Audit with the version that wrote these edits.",
        ),
    ),
    "code",
)  # fmt: skip


class _Details(TypedDict, total=False):
    """What of a `Finding` its table does not know."""

    kind: str
    first_frame: int
    last_frame: int
    start_s: float
    end_s: float
    boxes: dict[int, tuple[float, float, float, float]]
    legible: float
    doubt: float
    track: int | None
    evidence: dict[str, Any]


def found(
    code: str,
    words: Mapping[str, object] | None = None,
    *,
    severity: Severity | None = None,
    **details: Unpack[_Details],
) -> Finding:
    """A finding of the table.

    Args:
        code: the code of its row.
        words: the words for the gaps of its sentence.
        severity: where it is not the row's.
        details: the other fields of `Finding`.

    Raises:
        KeyError: no such code, or a gap is left open.
    """
    row = FINDINGS[code]
    if words and isinstance(words.get("kind"), str):
        words = {**words, "kind": as_message(str(words["kind"]))}
    sentence = msg(row.sentence, **words) if words else msg(row.sentence.format())
    return Finding(row.check, row.code, severity or row.severity, sentence, **details)


def checked(name: str, *, looked_at: int, found: int = 0, unit: str = "") -> Check:
    """A check that ran.

    Args:
        name: the name of its row.
        looked_at: how many things were looked at.
        found: how many of them were bad.
        unit: what they are, where there is more to say than the row does.
    """
    row = CHECKS[name]
    called = unit or row.units(looked_at)
    return Check(row.name, row.title, looked_at=looked_at, unit=called, found=found, sampled=row.sampled)


def not_checked(name: str, why_not: str) -> Check:
    """A check that could not run, and why, with the way out."""
    row = CHECKS[name]
    return Check(row.name, row.title, ran=False, why_not=why_not)
