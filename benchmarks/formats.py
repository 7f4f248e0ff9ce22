#!/usr/bin/env python3
"""Odd and broken files, one by one: what goes in, what comes out, what is refused and with which sentence.

    python benchmarks/formats.py FOLDER... [--extension .mp4] [--out docs/formats.md] [--json FILE]

Every file of the folders is cleaned twice by the product itself: as by default, and with all kept that can be kept.
Source and output are then decoded and compared: number of frames, every time, where the picture ends, orientation,
sample aspect, colour tags, depth, interlacing, and the copied sound packet for packet. If a folder holds a
``formats.json`` (or ``--notes`` names one: a list of ``file``, ``special``, ``expect``), what it expects stands beside
what happened. A run that was stopped goes on where FILE of ``--json`` ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import av  # noqa: E402

from dashcamcleaner.core.events import Failed, Finished  # noqa: E402
from dashcamcleaner.core.media_info import MediaInfo  # noqa: E402
from dashcamcleaner.core.summary import RunSummary  # noqa: E402
from dashcamcleaner.errors import DashcamCleanerError  # noqa: E402
from dashcamcleaner.jobs.run import clean  # noqa: E402
from dashcamcleaner.media.decoder import open_clip  # noqa: E402
from dashcamcleaner.media.formats import MediaKind, format_of, output_suffix  # noqa: E402
from dashcamcleaner.media.packets import read_packets  # noqa: E402
from dashcamcleaner.media.probe import probe  # noqa: E402
from dashcamcleaner.pipeline.job import Job  # noqa: E402
from dashcamcleaner.settings import KEEPABLE, resolve  # noqa: E402

ORIGINLESS = ("mpegts", "mpeg")


@dataclass
class Row:
    """What became of one file."""

    file: str
    special: str = ""
    expect: str = ""
    outcome: str = ""
    kept: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    with_keep: str = ""

    def fits(self) -> bool | None:
        """Whether the outcome is one that was expected; None where nothing was."""
        if not self.expect:
            return None
        refused = self.outcome.startswith("refused")
        if self.expect.startswith("refuse"):
            return refused or "or" in self.expect
        return not refused or "or refuse" in self.expect


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--notes", type=Path, help="what is odd about files of folders that tell nothing of them")
    parser.add_argument("--extension", default=".mp4", help="of the outputs, which picks their container")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--out", type=Path, help="write the Markdown here instead of printing it")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = [Row(**row) for row in json.loads(args.json.read_text())] if args.json and args.json.exists() else []
    done = {row.file for row in rows}
    for source, note in sources_of(args.folders, notes=args.notes):
        if source.name in done or args.only not in source.name:
            continue
        row = Row(source.name, note.get("special", ""), note.get("expect", ""))
        with tempfile.TemporaryDirectory() as scratch:
            examine(source, Path(scratch), row, extension=args.extension)
        rows.append(row)
        print(f"{row.file}: {row.outcome} {'; '.join(row.differs)}", file=sys.stderr)
        if args.json:
            args.json.write_text(json.dumps([vars(row) for row in rows], indent=1, ensure_ascii=False) + "\n")
    rows.sort(key=lambda row: row.file)
    text = markdown(rows, extension=args.extension)
    if args.out:
        args.out.write_text(text)
    else:
        print(text)
    return 0


def sources_of(folders: list[Path], *, notes: Path | None) -> list[tuple[Path, dict[str, str]]]:
    """The files, each with what is noted of it."""
    found, told = [], {}
    for listed in [*([notes] if notes else []), *(folder / "formats.json" for folder in folders)]:
        if listed.exists():
            told |= {row["file"]: row for row in json.loads(listed.read_text())}
    for folder in folders:
        for source in sorted(folder.iterdir()):
            if source.is_file() and source.suffix != ".json":
                found.append((source, told.get(source.name, {})))
    return found


def run(source: Path, output: Path, *, keep: tuple[str, ...]) -> RunSummary | DashcamCleanerError:
    """One run of the product, as the command line makes it."""
    seeing = {"profile": "fast", "inference_size": 160, "crop_checks": False}  # what is found is not asked here
    settings = resolve({**seeing, "keep": keep, "preset": "ultrafast", "overwrite": True})
    for event in clean(Job(source=source, output=output, settings=settings, write_plan=False)):
        if isinstance(event, Finished):
            return event.summary
        if isinstance(event, Failed):
            return event.error
    raise AssertionError("a run ended without saying how")


def examine(source: Path, scratch: Path, row: Row, *, extension: str) -> None:
    found = format_of(source)
    is_picture = found is not None and found.kind is MediaKind.PICTURE
    output = scratch / f"{source.name}{output_suffix(source) if is_picture else extension}"
    result = run(source, output, keep=())
    if isinstance(result, DashcamCleanerError):
        row.outcome = f"refused: {plain(result.message, source)}"
        return
    row.outcome = result.status
    row.told = [f"{a.what} {a.action}" for a in result.streams if a.action in ("dropped", "converted", "muted")]
    row.told += [a.why for a in result.streams if is_picture and a.action == "cleaned" and a.why]
    found = ("Nothing was found", "An earlier run", *result.hidden.notes)
    row.told += [plain(text, source) for text in result.warnings if not text.startswith(found)]
    if not is_picture:
        compare(source, output, row)
    kept = run(source, output, keep=tuple(KEEPABLE))
    if isinstance(kept, DashcamCleanerError):
        row.with_keep = f"refused: {plain(kept.message, source)}"
    else:
        row.with_keep = ", ".join(
            f"{a.what} {a.action}" for a in kept.streams if not a.what.startswith(("picture", "sound", "subtitles"))
        )


def compare(source: Path, output: Path, row: Row) -> None:
    """Decode both and note what is equal and what is not."""
    before, after = probe(source), probe(output)
    times, again = times_of(source, before), times_of(output, after)
    start = before.start_s if before.container.startswith(ORIGINLESS) and before.start_s else Fraction(0)
    note(row, len(times) == len(again), f"{len(again)} frames", f"{len(times)} frames became {len(again)}")
    if len(times) == len(again):
        worst = max((abs(a - start - b) for a, b in zip(times, again, strict=True)), default=Fraction(0))
        exact = worst <= before.time_base / 2 and worst < Fraction(1, 10_000)
        note(row, exact, "every time", f"times differ by up to {float(worst) * 1000:.2f} ms")
    checks: list[tuple[str, Callable[[MediaInfo], Any]]] = [
        ("size and orientation", lambda i: "{}x{}".format(*i.upright_size)),
        ("sample aspect", lambda i: i.sample_aspect),
        ("colour tags", lambda i: {k: v for k, v in i.color.items() if (k, v) != ("range", "tv")}),
        ("depth and range", lambda i: (min(i.layout.depth, 10), i.layout.full_range)),
        ("chroma", lambda i: {(1, 1): "4:2:0", (1, 0): "4:2:2", (0, 0): "4:4:4"}[i.layout.chroma_shift]),
        ("interlacing", lambda i: i.interlaced),
        ("chapters", lambda i: i.chapters),
    ]
    for name, value in checks:
        told, mine = value(before), value(after)
        if told or mine:
            note(row, told == mine, name, f"{name}: {plain(str(told), source)} became {plain(str(mine), source)}")
    if before.end_pts is not None and after.end_pts is not None:
        gap = abs(float(before.end_pts * before.time_base - after.end_pts * after.time_base))
        note(row, gap <= 1e-3, "end of the picture", f"the picture ends {gap * 1000:.1f} ms off")
    compare_sound(source, output, row)


def compare_sound(source: Path, output: Path, row: Row) -> None:
    with av.open(str(source)) as one, av.open(str(output)) as other:
        pairs = list(zip(one.streams.audio, other.streams.audio, strict=False))
        for number, (mine, theirs) in enumerate(pairs, start=1):
            if mine.codec_context is None or mine.codec_context.name != theirs.codec_context.name:
                continue
            note(
                row,
                packets(source, mine.index) == packets(output, theirs.index),
                f"sound {number}",
                f"sound {number} has other packets",
            )


def packets(path: Path, index: int) -> list[bytes]:
    """The packets of a sound track; of plain samples all in one, since containers cut them as they like."""
    with av.open(str(path)) as container:
        stream = container.streams[index]
        found = [bytes(packet) for packet in read_packets(container, [stream]) if packet.size]
        if stream.codec_context.name.startswith("pcm"):
            return [b"".join(found)]
        return [packet[adts_bytes(packet) :] for packet in found]


def adts_bytes(packet: bytes) -> int:
    """How long the header is that AAC has in transport streams and nowhere else."""
    if packet[:1] != b"\xff" or len(packet) < 9 or packet[1] & 0xF6 != 0xF0:
        return 0
    return 7 if packet[1] & 1 else 9


def times_of(path: Path, info: MediaInfo) -> list[Fraction]:
    with open_clip(path, info=info) as decoder:
        return [frame.time.exact() for frame in decoder]


def note(row: Row, equal: bool, kept: str, differs: str) -> None:
    (row.kept if equal else row.differs).append(kept if equal else differs)


def plain(text: str, source: Path) -> str:
    """Without the folder of this machine."""
    return text.replace(str(source), source.name).replace(str(source.resolve()), source.name).replace("|", "/")


def markdown(rows: list[Row], *, extension: str) -> str:
    cleaned = sum(not row.outcome.startswith("refused") for row in rows)
    unfit = [row.file for row in rows if row.fits() is False]
    lines = [
        "# Odd and broken files",
        "",
        "Made by `python benchmarks/formats.py FOLDER...`: each file is cleaned by the product (outputs in "
        f"`{extension}`, pictures in their own format), as by default and once more with everything kept that can be. "
        "Source and output are then decoded and compared: *every time* means that the times of all frames are equal "
        "to a tenth of a millisecond or better, *sound* that all its packets are. What differs stands in bold, with "
        "the sentence that tells it. The files are public test files of other projects, broken ones made of them, "
        "and small ones made after public reports.",
        "",
        f"{len(rows)} files: {cleaned} cleaned, {len(rows) - cleaned} refused with a sentence"
        + (f"; not as expected: {', '.join(unfit)}." if unfit else "; all as expected."),
        "",
        "| file | what is odd | outcome | kept | not kept, or told | with everything kept (`--keep`) |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        told = "; ".join([*(f"**{text}**" for text in row.differs), *row.told])
        lines.append(
            f"| {row.file} | {row.special} | {row.outcome} | {', '.join(row.kept)} | {told} | {row.with_keep} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
