"""Contact sheets of what a run hides, to be looked at by eye: for clips without truth.

    python benchmarks/hidden.py CLIP_OR_FOLDER ... --out SHEETS [--most 64] [--cache FOLDER]
        [--weights NAME] [--profile publish] [--set inference_size=960 ...] [--for-nothing]

Each clip is analysed as a run analyses it, closer looks included, and nothing is rendered. Per clip, SHEETS gets
NAME-1.jpg, NAME-2.jpg ... with one tile per hidden track, those first that hide most of the picture. A tile shows the
track's best moment with its region drawn: kind and number, the highest probability with which it was hidden, the best
score of its sightings, first and last second, in how many of its frames it was seen, and the share of the picture that
it hides, mean over all frames of the clip. Printed: per clip, how much of the picture is hidden on average and at most,
and by how many tracks. `--for-nothing` counts, and sorts by, only what lies outside of labelled boxes, for clips with
their truth beside them (NAME.json beside NAME.mp4).

The tiles show people and plates in the clear: keep SHEETS out of this repository, and to yourself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.obscure.masks import region_mask
from dashcamcleaner.pipeline.build import shapes_per_kind
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.planning.weak_spots import planned
from dashcamcleaner.review.track_summary import TrackSummary, track_summaries
from dashcamcleaner.settings import Settings, resolve
from dashcamcleaner.training.clips import DryRun
from dashcamcleaner.training.leaks import labelled_area
from dashcamcleaner.training.truth import CLIP_SUFFIXES, ClipTruth, labelled_clips

COLUMNS, ROWS = 8, 6
TILE_PX, TEXT_PX = 200, 44
AROUND = 2.0
"""How much of the surroundings a tile shows: what a false find is tells its place."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a clip's plans hide.

    Args:
        of_track: share of the picture by track, mean over all frames.
        mean, most: share of the picture under all regions together, over the frames.
    """

    of_track: dict[int, float]
    mean: float
    most: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sheets")
    parser.add_argument("--most", type=int, default=COLUMNS * ROWS * 2, help="tracks per clip")
    parser.add_argument("--for-nothing", action="store_true", help="only what is hidden outside of labelled boxes")
    parser.add_argument("--weights")
    parser.add_argument("--profile")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    parser.add_argument("--cache", type=Path, help="keep what was seen here; delete it when the engine has changed")
    args = parser.parse_args()
    said = dict(item.split("=", 1) for item in args.set)
    said |= {name: value for name in ("weights", "profile") if (value := getattr(args, name))}
    try:
        settings = resolve(said)
        args.out.mkdir(parents=True, exist_ok=True)
        print("| clip | hidden on average | at most | tracks |\n|---|---|---|---|")
        for clip in clips_in(args.clips):
            truth = labelled_clips(clip.parent, names=[clip.stem])[0].truth if args.for_nothing else None
            hidden, tracks = sheets_of(clip, settings, out=args.out, most=args.most, cache=args.cache, truth=truth)
            print(f"| {clip.stem} | {hidden.mean:.2%} | {hidden.most:.2%} | {tracks} |", flush=True)
    except DashcamCleanerError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return error.exit_code
    return 0


def clips_in(paths: Sequence[Path]) -> list[Path]:
    """The clips named, and those of the folders named.

    Raises:
        InputError: there is none.
    """
    found: list[Path] = []
    for path in paths:
        found += [p for p in sorted(path.iterdir()) if p.suffix in CLIP_SUFFIXES] if path.is_dir() else [path]
    if not found:
        raise InputError(f"{paths[0]} holds no clip", hint=f"Clips end in {', '.join(CLIP_SUFFIXES)}.")
    return found


def sheets_of(
    clip: Path, settings: Settings, *, out: Path, most: int, cache: Path | None = None, truth: ClipTruth | None = None
) -> tuple[Hidden, int]:
    """Write a clip's sheets; what is hidden in it, and the number of its hidden tracks."""
    with DryRun(clip, settings, cache=cache) as run:
        planner = run.planner()
        plans = planned(run.observations(), planner)
        size = run.info.upright_size
        probabilities = planner.probabilities if isinstance(planner, TrackPlanner) else {}
        hidden = shares(plans, size=size, settings=settings, truth=truth)
        # A truth tells nothing of kinds that it does not label, so that their tracks are left out.
        summaries = [one for one in track_summaries(plans, upright_size=size) if one.track in hidden.of_track]
        shown = sorted(summaries, key=lambda one: -hidden.of_track[one.track])[:most]
        pictures = moments(run, shown)
    tiles = [tile(pictures[one.track], one, hidden.of_track[one.track], probabilities.get(one.track)) for one in shown]
    per_page = COLUMNS * ROWS
    for number, first in enumerate(range(0, len(tiles), per_page), 1):
        page(tiles[first : first + per_page]).save(out / f"{clip.stem}-{number}.jpg", quality=88)
    return hidden, len(summaries)


def shares(
    plans: Iterable[FramePlan], *, size: tuple[int, int], settings: Settings, truth: ClipTruth | None = None
) -> Hidden:
    """How much of the picture is hidden, as it is painted; with a truth, how much of that is for nothing."""
    shapes = shapes_per_kind(settings)
    of_track: dict[int, float] = {}
    all_shares = []
    for plan in plans:
        hidden = np.zeros(size[::-1], bool)
        counts = ~hidden if truth is None else ~labelled_area(truth, plan.index)
        for region in plan.regions:
            if truth is not None and region.kind not in truth.kinds:
                continue
            x, y, mask = region_mask(region, upright_size=size, shapes=shapes, feather=settings.feather)
            at = (slice(y, y + mask.shape[0]), slice(x, x + mask.shape[1]))
            painted = (mask > 0) & counts[at]
            hidden[at] |= painted
            if region.track is not None:
                area = float(painted.sum()) / hidden.size
                of_track[region.track] = of_track.get(region.track, 0.0) + area
        all_shares.append(float(hidden.mean()))
    frames = max(1, len(all_shares))
    of_track = {track: total / frames for track, total in of_track.items()}
    return Hidden(of_track, sum(all_shares) / frames, max(all_shares, default=0.0))


def moments(run: DryRun, shown: Sequence[TrackSummary]) -> dict[int, Image.Image]:
    """Each track's best moment, its region drawn, in the clear."""
    wanted: dict[int, list[TrackSummary]] = {}
    for one in shown:
        wanted.setdefault(one.best_index, []).append(one)
    found: dict[int, Image.Image] = {}
    last = max(wanted, default=-1)
    for frame in run.frames():
        for one in wanted.get(frame.index, ()):
            found[one.track] = moment(frame.picture(frame.upright_size), one.best_box)
        frame.forget_pictures()
        if frame.index >= last:
            break
    return found


def moment(picture: np.ndarray, box: Sequence[float]) -> Image.Image:
    """A square of the picture around a region, the region drawn; black beyond the picture."""
    x1, y1, x2, y2 = box
    side = AROUND * max(x2 - x1, y2 - y1, 40.0)
    left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
    scale = TILE_PX / side
    whole = Image.fromarray(picture).transform(
        (TILE_PX, TILE_PX), Image.Transform.EXTENT, (left, top, left + side, top + side), Image.Resampling.BILINEAR
    )
    corners = [(v - start) * scale for v, start in ((x1, left), (y1, top), (x2, left), (y2, top))]
    ImageDraw.Draw(whole).rectangle(corners, outline=(255, 40, 40), width=2)
    return whole


def tile(picture: Image.Image, one: TrackSummary, share: float, probability: float | None) -> Image.Image:
    """A moment with its words."""
    whole = Image.new("RGB", (TILE_PX, TILE_PX + TEXT_PX), "white")
    whole.paste(picture, (0, 0))
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(11)
    sure = "" if probability is None else f"p {probability:.3f}  "
    span = f"{format_seconds(one.first_time.seconds)} - {format_seconds(one.last_time.seconds)}"
    lines = (
        f"{one.kind} {one.track}  {sure}best {one.best_score:.2f}",
        f"{span}  {one.sightings} of {one.frames} seen",
        f"{share:.3%} of the picture",
    )
    for number, line in enumerate(lines):
        draw.text((3, TILE_PX + 1 + 14 * number), line, "black", font)
    return whole


def page(tiles: Sequence[Image.Image]) -> Image.Image:
    """Tiles in rows."""
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    whole = Image.new("RGB", (columns * TILE_PX, rows * (TILE_PX + TEXT_PX)), "white")
    for number, one in enumerate(tiles):
        whole.paste(one, (number % columns * TILE_PX, number // columns * (TILE_PX + TEXT_PX)))
    return whole


if __name__ == "__main__":
    sys.exit(main())
