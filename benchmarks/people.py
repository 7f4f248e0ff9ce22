"""Figures of telling people apart: two clips with known persons, made of public portraits, and the rules held to them.

    python benchmarks/people.py DATA [--work FOLDER] [--frames 40] [--json FILE]

DATA is the measuring data's folder ``people`` (portraits and ``pairs.csv``, see CONTRIBUTING.md). Nothing of it is
copied into the project: the clips are made in FOLDER (a temporary one by default). Pictures that are the same person by
``pairs.csv`` are one identity; only identities with two pictures or more are shown, so that the same person is seen
again in another picture.

- *street*: scenes of a few seconds with cuts between them; persons of 32-110 px cross each other, leave and come back
  (in another picture).
- *far*: the same with faces of 12-19 px, who must all stay unknown.

It tells: pairs of portraits (same or not) at the network's own limit; pairwise F1 of the persons over all sightings of
32 px and more, where a sighting that was given nobody counts as a person of its own; for each person's rule, by number
and by one of the pictures, the frames in which somebody else's face is clear that is hidden without it; how many of the
small faces were given a person; and the part of a whole run's processor
time that describing faces takes.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Finished
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.detection.face_embedding import FaceDescriber
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.people.grouping import Person, distance, group_people
from dashcamcleaner.people.references import read_reference
from dashcamcleaner.people.rules import PersonRequest, rule_edits
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.people_run import ClipPeople, look_at_people
from dashcamcleaner.settings import Settings

Box = tuple[float, float, float, float]
SIZE = (1280, 720)
RATE = 15
COVERED = 0.6
LEGIBLE_PX = 14.0
"""Smaller faces of other people are not counted as shown: nobody is told by them."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face of the truth: who, where, and the part of it that nobody stands before."""

    who: int
    box: Box
    visible: float


@dataclass(slots=True)
class Portrait:
    """A head cut out of a picture: RGB, softness, and the face's box in it."""

    picture: np.ndarray
    alpha: np.ndarray
    box: Box


@dataclass(slots=True)
class Actor:
    """Somebody in a scene: a portrait that moves evenly from one place to another."""

    who: int
    portrait: Portrait
    height_px: float
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(slots=True)
class Truth:
    """What a made clip shows, frame by frame."""

    frames: list[list[Face]] = field(default_factory=list)


def identities(folder: Path) -> list[list[str]]:
    """Pictures by person, those with two or more; persons that the pairs do not tell apart are left out."""
    with (folder / "pairs.csv").open(encoding="utf-8") as file:
        rows = [(row["file_x"], row["file_y"], row["Decision"] == "Yes") for row in csv.DictReader(file)]
    root: dict[str, str] = {}

    def find(name: str) -> str:
        root.setdefault(name, name)
        while root[name] != name:
            name = root[name]
        return name

    for one, other, same in rows:
        first, second = find(one), find(other)
        if same:
            root[first] = second
    apart = {frozenset((find(one), find(other))) for one, other, same in rows if not same}
    groups: dict[str, list[str]] = {}
    for name in sorted(root):
        groups.setdefault(find(name), []).append(name)
    found: list[str] = []
    for name, pictures in groups.items():
        if len(pictures) > 1 and all(frozenset((name, other)) in apart for other in found):
            found.append(name)
    return [groups[name] for name in found]


def portrait_of(path: Path, describer: FaceDescriber) -> Portrait:
    """The head of a picture, cut out with a soft edge."""
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    (x1, y1, x2, y2), _ = describer.find(picture)[0]
    h, w = picture.shape[:2]
    height, width = y2 - y1, x2 - x1
    left, right = max(0, int(x1 - 0.45 * width)), min(w, int(x2 + 0.45 * width))
    top, bottom = max(0, int(y1 - 0.45 * height)), min(h, int(y2 + 0.45 * height))
    cut = picture[top:bottom, left:right]
    mask = np.zeros(cut.shape[:2], np.float32)
    axes = (cut.shape[1] // 2 - 2, cut.shape[0] // 2 - 2)
    cv2.ellipse(mask, (cut.shape[1] // 2, cut.shape[0] // 2), axes, 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.0, cut.shape[0] / 60))
    return Portrait(cut, soft, (x1 - left, y1 - top, x2 - left, y2 - top))


def background(seed: int) -> np.ndarray:
    """A street that is none: soft blocks of grey, brown and blue."""
    rng = np.random.default_rng(seed)
    small = rng.uniform(40, 190, (9, 16, 1)) + rng.uniform(-20, 20, (9, 16, 3))
    large = cv2.resize(small.astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC)
    return np.clip(large + rng.normal(0, 4, large.shape), 0, 255).astype(np.uint8)


def draw(frame: np.ndarray, actors: Sequence[Actor], part: float) -> list[Face]:
    """Paint the actors in order, later ones before earlier ones; gives the truth of the frame."""
    owner = np.full(frame.shape[:2], -1, np.int16)
    boxes: list[Box] = []
    for number, actor in enumerate(actors):
        scale = actor.height_px / (actor.portrait.box[3] - actor.portrait.box[1])
        size = [max(2, round(side * scale)) for side in actor.portrait.picture.shape[1::-1]]
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        cut = cv2.resize(actor.portrait.picture, size, interpolation=how)
        alpha = cv2.resize(actor.portrait.alpha, size, interpolation=how)[..., None]
        x = actor.start[0] + part * (actor.end[0] - actor.start[0])
        y = actor.start[1] + part * (actor.end[1] - actor.start[1]) + 2.5 * math.sin(14 * part)
        left, top = round(x - size[0] / 2), round(y - size[1] / 2)
        bx = tuple(v * scale for v in actor.portrait.box)
        boxes.append((left + bx[0], top + bx[1], left + bx[2], top + bx[3]))
        x1, y1, x2, y2 = max(0, left), max(0, top), min(SIZE[0], left + size[0]), min(SIZE[1], top + size[1])
        if x1 >= x2 or y1 >= y2:
            continue
        part_cut = cut[y1 - top : y2 - top, x1 - left : x2 - left]
        part_alpha = alpha[y1 - top : y2 - top, x1 - left : x2 - left]
        area = frame[y1:y2, x1:x2]
        area[...] = (part_alpha * part_cut + (1 - part_alpha) * area).astype(np.uint8)
        owner[y1:y2, x1:x2][part_alpha[..., 0] > 0.5] = number
    faces = []
    for number, (actor, box) in enumerate(zip(actors, boxes, strict=True)):
        x1, y1, x2, y2 = (round(v) for v in box)
        seen = owner[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
        visible = float((seen == number).sum()) / max(1, (x2 - x1) * (y2 - y1))
        faces.append(Face(actor.who, box, visible))
    return faces


def cast(people: Sequence[Sequence[Portrait]], *, small: bool, scenes: int, seed: int) -> list[list[Actor]]:
    """Scenes: two who cross, one who leaves and (in a later scene) comes back, one who stays."""
    rng = np.random.default_rng(seed)
    w = SIZE[0]
    made = []
    turn: Counter[int] = Counter()
    for _ in range(scenes):
        chosen = [int(who) for who in rng.permutation(len(people))[:4]]
        actors = []
        for place, who in enumerate(chosen):
            portrait = people[who][turn[who] % len(people[who])]
            turn[who] += 1
            height = float(rng.uniform(12, 19) if small else rng.uniform(32, 110))
            y = 150.0 + 130 * place
            if place == 0:
                start, end = (0.2 * w, y), (0.7 * w, y + 60)
            elif place == 1:  # crosses the first, at nearly its height in the picture
                start, end = (0.72 * w, 170.0), (0.2 * w, 185.0)
            elif place == 2:  # leaves to the side
                start, end = (0.75 * w, y), (w + 150.0, y)
            else:
                start, end = (0.35 * w, y), (0.42 * w, y - 20)
            actors.append(Actor(who, portrait, height, start, end))
        made.append(actors)
    return made


def make_clip(path: Path, scenes: Sequence[Sequence[Actor]], *, frames: int) -> Truth:
    """Render the scenes, one after the other with cuts between them."""
    truth = Truth()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        for number, actors in enumerate(scenes):
            street = background(100 + number)
            for index in range(frames):
                picture = street.copy()
                truth.frames.append(draw(picture, actors, index / max(1, frames - 1)))
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = len(truth.frames) - 1
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return truth


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def sightings(found: ClipPeople, persons: Sequence[Person], truth: Truth, *, least_px: float) -> list[tuple[int, int]]:
    """``(who, person)`` for every visible face of the truth that is detected; negative where nobody was given."""
    given: dict[int, list[tuple[Box, int]]] = {}
    for person in persons:
        for one in person.seen:
            for index, box in zip(one.segment.indices, one.segment.boxes, strict=True):
                given.setdefault(index, []).append((box, person.number))
    rows = []
    alone = 0
    for plan in found.plans:
        seen = plan.seen.detections.xyxy.tolist()
        for face in truth.frames[plan.index]:
            if face.visible < 0.7 or face.box[3] - face.box[1] < least_px or not _in_picture(face.box):
                continue
            if not any(overlap(tuple(box), face.box) > 0.3 for box in seen):
                continue
            best = max(given.get(plan.index, ()), key=lambda pair: overlap(pair[0], face.box), default=None)
            if best is not None and overlap(best[0], face.box) > 0.3:
                rows.append((face.who, best[1]))
            else:
                alone -= 1
                rows.append((face.who, alone))
    return rows


def _in_picture(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= SIZE[0] and box[3] <= SIZE[1]


def pairwise_f1(rows: Sequence[tuple[int, int]]) -> tuple[float, float, float]:
    """F1, precision and recall over pairs of sightings: in one group by the truth, and by what was found."""

    def pairs(counts: Counter[Any]) -> int:
        return sum(count * (count - 1) // 2 for count in counts.values())

    both = pairs(Counter(rows))
    said, true = pairs(Counter(person for _, person in rows)), pairs(Counter(who for who, _ in rows))
    precision, recall = both / max(1, said), both / max(1, true)
    return 2 * precision * recall / max(1e-9, precision + recall), precision, recall


def hidden_share(box: Box, plan: FramePlan) -> float:
    """The part of a face's middle that regions hide, by a grid of points."""
    x1, y1, x2, y2 = box
    points = [
        (x1 + (x2 - x1) * (0.2 + 0.15 * i), y1 + (y2 - y1) * (0.2 + 0.15 * j)) for i in range(5) for j in range(5)
    ]
    inside = [any(r.xyxy[0] <= x <= r.xyxy[2] and r.xyxy[1] <= y <= r.xyxy[3] for r in plan.regions) for x, y in points]
    return sum(inside) / len(inside)


def planned(found: ClipPeople, edits: Edits, settings: Settings) -> list[FramePlan]:
    """The plans under edits."""
    planner = make_planner(
        settings, upright_size=found.header.upright_size, rules=rules_per_kind(settings), max_waiting_frames=0,
        edits=edits, whole_clip=True,
    )  # fmt: skip
    plans: list[FramePlan] = []
    for plan in found.plans:
        plans += planner.push(plan.seen)
    return [*plans, *planner.finish()]


def leaked(found: ClipPeople, plans: Sequence[FramePlan], truth: Truth, *, may_be_seen: set[int]) -> tuple[int, int]:
    """Frames in which a face of somebody else is clear by the rule; and sightings of those who may be seen that are."""
    frames = shown = 0
    for before, after in zip(found.plans, plans, strict=True):
        others = False
        for face in truth.frames[before.index]:
            if face.visible < 0.5 or face.box[3] - face.box[1] < LEGIBLE_PX:
                continue
            if hidden_share(face.box, before) < COVERED or hidden_share(face.box, after) >= COVERED:
                continue
            if face.who in may_be_seen:
                shown += 1
            else:
                others = True
        frames += others
    return frames, shown


def whose(persons: Sequence[Person], rows: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Person -> who it is mostly."""
    counts: dict[int, Counter[int]] = {}
    for who, person in rows:
        counts.setdefault(person, Counter())[who] += 1
    return {one.number: counts[one.number].most_common(1)[0][0] for one in persons if one.number in counts}


def look(clip: Path, settings: Settings, models: ModelPool) -> ClipPeople:
    """What the clip shows."""
    looking = look_at_people(Job(clip, clip.with_name("unused.mp4"), settings), control=Control(), models=models)
    while True:
        try:
            next(looking)
        except StopIteration as done:
            return done.value


class Counted:
    """A describer that counts the faces that it is given."""

    def __init__(self, describer: FaceDescriber) -> None:
        self._describer = describer
        self.faces = 0

    def describe(self, crops: Any) -> Any:
        """See `FaceDescriber.describe`."""
        self.faces += len(crops)
        return self._describer.describe(crops)

    def find(self, picture: np.ndarray) -> Any:
        """See `FaceDescriber.find`."""
        return self._describer.find(picture)

    def close(self) -> None:
        """Nothing: the describer is another pool's."""


def pair_figures(folder: Path, describer: FaceDescriber) -> dict[str, float]:
    """Pairs of portraits: right at the limit, and the two distances that come closest to it."""
    embeddings: dict[str, np.ndarray] = {}
    same, other, spent = [], [], []
    with (folder / "pairs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name in (row["file_x"], row["file_y"]):
                if name not in embeddings:
                    picture = cv2.cvtColor(cv2.imread(str(folder / name)), cv2.COLOR_BGR2RGB)
                    box = describer.find(picture)[0][0]
                    begun = time.process_time()
                    (found,) = describer.describe([(picture, box)])
                    spent.append(time.process_time() - begun)
                    assert found is not None
                    embeddings[name] = found.embedding
            away = distance(embeddings[row["file_x"]], embeddings[row["file_y"]])
            (same if row["Decision"] == "Yes" else other).append(away)
    right = sum(away < 0.6 for away in same) + sum(away >= 0.6 for away in other)
    return {
        "pairs": len(same) + len(other),
        "right": right,
        "most_same": max(same),
        "least_other": min(other),
        "cpu_ms": 1000 * float(np.median(spent)),
    }


def measure(folder: Path, work: Path, *, frames: int, scenes: int, seed: int) -> dict[str, Any]:
    """All figures."""
    models = ModelPool()
    describer = models.describer()
    people = identities(folder)
    portraits = [[portrait_of(folder / name, describer) for name in names] for names in people]
    settings = Settings()
    figures: dict[str, Any] = {"portraits": pair_figures(folder, describer), "persons": len(people)}
    for name, small in (("street", False), ("far", True)):
        clip = work / f"{name}.mp4"
        truth = make_clip(clip, cast(portraits, small=small, scenes=scenes, seed=seed), frames=frames)
        counted = Counted(describer)
        with ModelPool(open_describer=lambda *, counted=counted, **_: counted) as counting:
            found = look(clip, settings, counting)
        persons = group_people(found.faces.seen)
        rows = sightings(found, persons, truth, least_px=0.0 if small else 32.0)
        known = sum(person > 0 for _, person in rows)
        figures[name] = {
            "frames": len(truth.frames), "persons": len(persons), "sightings": len(rows), "given_a_person": known,
        }  # fmt: skip
        if small:
            continue
        figures[name] |= run_cost(clip, folder / people[0][0], describer, figures["portraits"]["cpu_ms"])
        f1, precision, recall = pairwise_f1(rows)
        figures[name] |= {"f1": round(f1, 4), "precision": round(precision, 4), "recall": round(recall, 4)}
        owners = whose(persons, rows)
        figures[name]["keep_by_number"] = _rule_figures(
            found, truth, settings, persons,
            [(PersonRequest(keep=(str(number),)), {who}) for number, who in owners.items()], {},
        )  # fmt: skip
        everybody = set(range(len(people)))
        hide = [
            (PersonRequest(hide=tuple(str(n) for n, its in owners.items() if its == who)), everybody - {who})
            for who in sorted(set(owners.values()))
        ]
        figures[name]["hide_by_number"] = _rule_figures(found, truth, settings, persons, hide, {})
        references = {names[-1]: read_reference(folder / names[-1], describer=describer) for names in people}
        by_picture = [(PersonRequest(keep=(names[-1],)), {who}) for who, names in enumerate(people)]
        figures[name]["keep_by_picture"] = _rule_figures(found, truth, settings, persons, by_picture, references)
        hide = [(PersonRequest(hide=(names[-1],)), everybody - {who}) for who, names in enumerate(people)]
        figures[name]["hide_by_picture"] = _rule_figures(found, truth, settings, persons, hide, references)
    models.close()
    return figures


def run_cost(clip: Path, reference: Path, describer: FaceDescriber, cpu_ms: float) -> dict[str, float]:
    """A whole run that keeps one person, and the part of its processor time that describing faces takes."""
    counted = Counted(describer)
    job = Job(clip, clip.with_name("kept.mp4"), Settings(overwrite=True), persons=PersonRequest(keep=(str(reference),)))
    home = os.environ["DASHCAMCLEANER_HOME"]
    with tempfile.TemporaryDirectory() as fresh, ModelPool(open_describer=lambda **_: counted) as counting:
        os.environ["DASHCAMCLEANER_HOME"] = fresh  # what was analysed before would be taken from there
        begun = time.process_time()
        *_, last = clean(job, models=counting)
    os.environ["DASHCAMCLEANER_HOME"] = home
    spent_s = time.process_time() - begun
    assert isinstance(last, Finished), last
    share = counted.faces * cpu_ms / 1000 / spent_s
    return {"run_cpu_s": round(spent_s, 1), "described": counted.faces, "describing_share": round(share, 4)}


def _rule_figures(
    found: ClipPeople, truth: Truth, settings: Settings, persons: Sequence[Person],
    rules: Sequence[tuple[PersonRequest, set[int]]], references: dict[str, Any],
) -> dict[str, int]:  # fmt: skip
    frames = shown = wanted = 0
    for request, may_be_seen in rules:
        chosen, _ = rule_edits(request, persons, resolve=lambda word: references[word])
        edits = Edits((*(row for person in persons for row in person.edits()), *chosen))
        leaks, seen = leaked(found, planned(found, edits, settings), truth, may_be_seen=may_be_seen)
        frames, shown = frames + leaks, shown + seen
        wanted += sum(
            face.who in may_be_seen
            and face.visible >= 0.5
            and face.box[3] - face.box[1] >= 32
            and _in_picture(face.box)
            for plan in found.plans
            for face in truth.frames[plan.index]
        )
    return {"rules": len(rules), "frames_of_others": frames, "shown": shown, "of": wanted}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--frames", type=int, default=40, help="frames of a scene")
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DASHCAMCLEANER_HOME"] = folder
        work = args.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        figures = measure(args.data, work, frames=args.frames, scenes=args.scenes, seed=args.seed)
    text = json.dumps(figures, indent=1)
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
