"""What the audit does with each pair of frames, and the findings at the end. Made and fed by `audit.audit`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from dashcamcleaner.audit.compare import FrameComparer, FrameComparison, upright_luma
from dashcamcleaner.audit.exposures import Exposure, ExposureTracker
from dashcamcleaner.audit.models import FACES, OWN, AuditModels
from dashcamcleaner.audit.readback import ReadbackTest
from dashcamcleaner.audit.region_checks import RegionCheckLog, spans
from dashcamcleaner.audit.scoring import ExposureScorer
from dashcamcleaner.audit.search import moves_as_one
from dashcamcleaner.core.findings import AuditResult, Check, Finding, Severity
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import FramePlan, Region
from dashcamcleaner.pipeline.plan_file import PlanReader
from dashcamcleaner.settings import Settings

__all__ = ["FrameAuditor"]

_EVERY_S = 0.1
"""An object that is legible for three frames of 30 a second is looked at once, at least."""

_EXTRA_SHARE = 0.25
"""Of all frames, at most so many more are looked at because a track begins, ends or has a gap there."""

_GONE = 0.2
_LEAST_CHANGED_FRAMES = 3
_THUMBNAIL_PX = 192
_MOST_THUMBNAILS = 300
_MOST_SHOWN = 40


class FrameAuditor:
    """Fed with pairs of frames in order of time.

    Args:
        audit_models: who looks.
        info, output_info: what source and output hold.
        plan: the plan of the run; None to tell regions from what changed.
        settings: the settings of the run.
    """

    def __init__(
        self,
        audit_models: AuditModels,
        *,
        info: MediaInfo,
        output_info: MediaInfo,
        plan: Path | None,
        settings: Settings,
    ) -> None:
        self._models = audit_models
        self._reader = PlanReader(plan) if plan is not None else None
        self._plans: Iterator[FramePlan] = iter(self._reader) if self._reader is not None else iter(())
        self._planned = plan is not None
        self._next_plan: FramePlan | None = next(self._plans, None)
        self._closely = _frames_to_search(plan) if plan is not None else frozenset()
        shift = info.layout.chroma_shift
        self._comparer = FrameComparer(
            upright_size=info.upright_size,
            shapes={"face": settings.shape_face, "plate": settings.shape_plate},
            orientation=info.orientation,
            block=(1 << shift[0], 1 << shift[1]),
        )
        (w, h), (w2, h2) = info.upright_size, output_info.upright_size
        self._comparable = abs(w - w2) <= 1 and abs(h - h2) <= 1  # 4:2:0 needs even sizes: a line may be added
        self._log = RegionCheckLog()
        self._tracker = ExposureTracker()
        self._scorer = ExposureScorer(FACES, OWN, audit_models.second_opinion, audit_models.reads(), moves_as_one)
        self._exposed: list[Finding] = []
        self._rereader = ReadbackTest(reader=audit_models.reader, faces=audit_models.crops.get(FACES))
        self._due_s = -1e9
        self._lost: list[tuple[int, float]] = []
        self._added: list[tuple[int, float]] = []
        self._other: list[tuple[int, float, int]] = []
        self._changed: list[tuple[int, float, list[tuple[int, int, int, int]]]] = []
        self._without_plan = 0
        self._boxes_before: list[tuple[float, float, float, float]] = []
        self._damaged = 0
        self._thumbnails: dict[int, np.ndarray] = {}
        self.frames = 0
        self.looked_at = 0
        self.hidden_regions = 0

    def push(self, source: Frame | None, output: Frame | None) -> dict[str, int]:
        """One pair; gives the number of regions per kind, for the progress."""
        if source is None or output is None:
            at = source or output
            assert at is not None
            (self._lost if source is not None else self._added).append((at.index, at.time.seconds))
            if source is not None:
                self._plan_of(source)
            else:
                self._search(at, None)
            return {}
        self.frames += 1
        self._damaged += output.damaged
        regions = self._plan_of(source)
        seconds = source.time.seconds
        if not self._comparable:
            self._search(output, None)
            return {}
        before, after = upright_luma(source), upright_luma(output)
        if before.shape != after.shape:
            missing = [max(0, one - other) for one, other in zip(before.shape, after.shape, strict=True)]
            after = cv2.copyMakeBorder(after, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
            after = np.ascontiguousarray(after[: before.shape[0], : before.shape[1]])
        if regions is None:
            compared = self._comparer.compare_without_plan(before, after)
            if any(compared.hidden_share(box) < _GONE for box in self._boxes_before):
                self._due_s = -1e9  # what was hidden a frame ago is not now: look closely
            self._boxes_before = [test.region.xyxy for test in compared.tests]
        else:
            compared = self._comparer.compare(before, after, regions)
        self.hidden_regions += len(compared.tests)
        self._log.push(source.index, seconds, compared.tests)
        if compared.other_frame:
            self._other.append((source.index, seconds, compared.other_frame))
        if compared.changed_blocks:
            self._changed.append((source.index, seconds, compared.changed_blocks))
        sampled = self._search(output, compared, frame=source.index, seconds=seconds)
        if sampled and regions:
            self._rereader.offer(before, after, regions, frame=source.index, seconds=seconds)
        if any(test.is_clear or test.is_weak or test.is_partly_clear for test in compared.tests):
            self._keep_thumbnail(output, source.index)
        counts: dict[str, int] = {}
        for test in compared.tests:
            counts[test.region.kind] = counts.get(test.region.kind, 0) + 1
        return counts

    def _plan_of(self, source: Frame) -> Sequence[Region] | None:
        """The plan's regions of a source frame; None where no plan tells."""
        if not self._planned:
            return None
        while self._next_plan is not None and self._next_plan.time.exact() < source.time.exact():
            self._next_plan = next(self._plans, None)
        if self._next_plan is None or self._next_plan.time.exact() != source.time.exact():
            self._without_plan += 1
            return None
        return self._next_plan.regions

    def _search(
        self, output: Frame, compared: FrameComparison | None, *, frame: int | None = None, seconds: float | None = None
    ) -> bool:
        """Search the picture for what is not hidden, if it is due."""
        index = output.index if frame is None else frame
        at_s = output.time.seconds if seconds is None else seconds
        if at_s < self._due_s and index not in self._closely:
            return False
        if at_s >= self._due_s:
            self._due_s = at_s + _EVERY_S - 1e-3
        self.looked_at += 1
        share = compared.hidden_share if compared is not None else (lambda _box: 0.0)
        sightings = self._models.searcher.search(
            output.picture(output.upright_size), frame=index, seconds=at_s, hidden_share=share
        )
        if sightings:
            self._keep_thumbnail(output, index)
        self._tracker.push(sightings, seconds=at_s)
        self._score_exposures(self._tracker.drain())
        output.forget_pictures()
        return True

    def _score_exposures(self, exposures: Sequence[Exposure]) -> None:
        found = (self._scorer.score_exposure(exposure) for exposure in exposures)
        self._exposed += [finding for finding in found if finding is not None]

    def _keep_thumbnail(self, output: Frame, index: int) -> None:
        if index in self._thumbnails or len(self._thumbnails) >= _MOST_THUMBNAILS:
            return
        if any(abs(index - other) < 5 for other in itertools.islice(reversed(self._thumbnails), 3)):
            return
        w, h = output.upright_size
        scale = _THUMBNAIL_PX / max(w, h)
        self._thumbnails[index] = output.scale((max(2, round(w * scale)), max(2, round(h * scale)))).copy()

    def findings(self, result: AuditResult) -> list[Finding]:
        """All that was seen; fills the result's checks."""
        result.frames = self.frames
        found = list(self._media_findings(result))
        if self._comparable:
            found += self._pixel_findings(result)
        else:
            result.checks.append(
                Check("pixels", "Regions hidden in every frame", ran=False, why_not="the sizes differ")
            )
        found += self._search_findings(result)
        checks, again = self._rereader.findings()
        have = {check.name for check in result.checks}
        kinds = {"read-back": ("plate", self._models.reader), "face-again": ("face", self._models.crops.get(FACES))}
        result.checks += [
            c for c in checks if c.name not in have and kinds[c.name][0] in self._models.kinds and kinds[c.name][1]
        ]
        return found + again

    def close(self) -> None:
        """Close the plan."""
        if self._reader is not None:
            self._reader.close()

    def _media_findings(self, result: AuditResult) -> Iterator[Finding]:
        bad = 0
        for frames, code, text in (
            (self._lost, "frame-lost", "frames of the source are missing in the output"),
            (self._added, "frame-added", "frames of the output are not in the source"),
        ):
            bad += len(frames)
            if frames:
                yield Finding(
                    "media", code, Severity.FAIL, f"{len(frames)} {text}.",
                    first_frame=frames[0][0], last_frame=frames[-1][0], start_s=frames[0][1], end_s=frames[-1][1],
                    legible=0.3, evidence={"frames": len(frames)},
                )  # fmt: skip
        for run in spans(self._other, frame_of=lambda item: item[0], most_gap=2):
            bad += len(run)
            which = "before" if run[0][2] < 0 else "after"
            yield Finding(
                "media", "other-frame", Severity.FAIL,
                f"The output shows the source's frame {which} instead of this one, in {len(run)} frames.",
                first_frame=run[0][0], last_frame=run[-1][0], start_s=run[0][1], end_s=run[-1][1], legible=0.3,
            )  # fmt: skip
        if self._damaged:
            text = f"{self._damaged} frames of the output come damaged from the decoder."
            yield Finding("media", "damaged", Severity.FAIL, text)
        if self._without_plan:
            text = f"The plan says nothing of {self._without_plan} frames of the source."
            yield Finding("media", "no-plan", Severity.REVIEW, text)
        looked = self.frames + len(self._lost) + len(self._added)
        result.checks.append(Check("media", "Frame count, times, size and order", looked_at=looked, found=bad))

    def _pixel_findings(self, result: AuditResult) -> list[Finding]:
        log = self._log
        found = list(log.findings())
        if self._planned:
            result.checks.append(
                Check("pixels", "Regions hidden in every frame", looked_at=log.tested, found=log.faulty,
                      unit="regions with enough detail to tell")
            )  # fmt: skip
            result.checks.append(
                Check("outside", "Nothing changed outside of regions", looked_at=self.frames, found=len(self._changed))
            )
        else:
            why = "there is no plan that says what was to be hidden"
            result.checks.append(Check("pixels", "Regions hidden in every frame", ran=False, why_not=why))
        for run in spans(self._changed, frame_of=lambda item: item[0], most_gap=2):
            area = max(sum((b[2] - b[0]) * (b[3] - b[1]) for b in blocks) for _, _, blocks in run)
            if len(run) < _LEAST_CHANGED_FRAMES and area < 64 * 64:
                continue
            found.append(
                Finding(
                    "outside", "changed-outside", Severity.REVIEW,
                    "Pixels outside of all regions changed more than coding explains: "
                    "a region may lie beside its object.",
                    first_frame=run[0][0], last_frame=run[-1][0], start_s=run[0][1], end_s=run[-1][1],
                    boxes={i: (float(b[0][0]), float(b[0][1]), float(b[0][2]), float(b[0][3])) for i, _, b in run},
                    legible=0.2, doubt=0.5,
                )
            )  # fmt: skip
        return found

    def _search_findings(self, result: AuditResult) -> list[Finding]:
        self._score_exposures(self._tracker.finish())
        found = self._exposed
        for name, title, by in (
            ("search-own", "Objects left, by the run's own weights mirrored at another scale", OWN),
            ("search-face", "Faces left, by an independent detector", FACES),
        ):
            if by in self._models.whole:
                hits = sum(by in finding.evidence.get("scores", {}) for finding in found)
                unit = f"frames looked at (objects found: {hits})" if hits else "frames looked at"
                result.checks.append(Check(name, title, looked_at=self.looked_at, unit=unit, found=hits, sampled=True))
        return found

    def thumbnails(self, findings: Sequence[Finding]) -> dict[int, bytes]:
        """Small obscured pictures of the output, by the index of the finding."""
        made: dict[int, bytes] = {}
        if not self._thumbnails:
            return made
        for number, finding in enumerate(findings[:_MOST_SHOWN]):
            if finding.first_frame < 0 or finding.severity is Severity.NOTE:
                continue
            near = min(self._thumbnails, key=lambda i: (abs(i - (finding.first_frame + finding.last_frame) // 2), i))
            if finding.first_frame - 10 <= near <= finding.last_frame + 10:
                box = finding.boxes.get(near) or _nearest(finding, near)
                made[number] = _obscured_jpeg(self._thumbnails[near], box, self._comparer.upright_size)
        return made


def _nearest(finding: Finding, frame: int) -> tuple[float, float, float, float] | None:
    if not finding.boxes:
        return None
    return finding.boxes[min(finding.boxes, key=lambda i: abs(i - frame))]


def _obscured_jpeg(picture: np.ndarray, box: tuple[float, float, float, float] | None, size: tuple[int, int]) -> bytes:
    """The picture blurred so that nobody can be told in it, with the place marked."""
    h, w = picture.shape[:2]
    shown = cv2.GaussianBlur(picture, (0, 0), _THUMBNAIL_PX / 64)
    if box is not None:
        scale = w / size[0]
        x1, y1, x2, y2 = (round(v * scale) for v in box)
        x1, y1, x2, y2 = max(0, x1 - 1), max(0, y1 - 1), min(w, x2 + 1), min(h, y2 + 1)
        if x2 > x1 and y2 > y1:
            shown[y1:y2, x1:x2] = shown[y1:y2, x1:x2].mean(axis=(0, 1)).astype(np.uint8)
            cv2.rectangle(shown, (x1 - 2, y1 - 2), (x2 + 2, y2 + 2), (220, 40, 40), 1)
    return cv2.imencode(".jpg", shown[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()


def _frames_to_search(plan: Path) -> frozenset[int]:
    """Frames just before a track begins, just after it ends, and within its gaps: where an object may stand clear."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    wanted: set[int] = set()
    count = 0
    with PlanReader(plan) as reader:
        for frame in reader:
            count += 1
            for region in frame.regions:
                if region.track is None:
                    continue
                if region.track not in first:
                    first[region.track] = frame.index
                    wanted.add(frame.index - 1)
                elif frame.index - last[region.track] > 1:
                    wanted.update((last[region.track] + 1, frame.index - 1))
                last[region.track] = frame.index
    wanted.update(index + 1 for index in last.values())
    wanted = {index for index in wanted if 0 <= index < count}
    most = round(_EXTRA_SHARE * count)
    if len(wanted) > most:
        ordered = sorted(wanted)
        wanted = {ordered[i * len(ordered) // most] for i in range(most)} if most else set()
    return frozenset(wanted)
