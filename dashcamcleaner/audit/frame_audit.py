"""What the audit does with each pair of frames. Made and fed by `audit.audit`.

It hands each pair to those who each look at one thing, and gathers what they found:

    PlanFollower   what the plan hides in the frame
    PairingLog     whether the output's frames are the source's
    PixelAudit     whether regions hide, and nothing else changed
    SearchAudit    whether anything else stands clear
    ReadbackTest   whether what is hidden can be got back
    ThumbnailBook  what the report's page shows
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.audit.frame_pairing import PairingLog
from dashcamcleaner.audit.models import FACES, AuditModels
from dashcamcleaner.audit.pixel_audit import PixelAudit
from dashcamcleaner.audit.plan_follower import PlanFollower
from dashcamcleaner.audit.readback import ReadbackTest
from dashcamcleaner.audit.search_audit import SearchAudit
from dashcamcleaner.audit.thumbnails import ThumbnailBook
from dashcamcleaner.core.findings import AuditResult, Finding
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import Region
from dashcamcleaner.settings import Settings

__all__ = ["FrameAuditor"]


class FrameAuditor:
    """Fed with pairs of frames in order of time.

    Args:
        models: who looks.
        info, output_info: what the files of source and output hold.
        plan: the plan of the run; None to tell regions from what changed.
        settings: the settings of the run.

    Raises:
        PlanError: the plan cannot be read.
    """

    def __init__(
        self, models: AuditModels, *, info: MediaInfo, output_info: MediaInfo, plan: Path | None, settings: Settings
    ) -> None:
        self._models = models
        self._plan = PlanFollower(plan) if plan is not None else None
        self._pairing = PairingLog()
        self._pixels = PixelAudit(info=info, output_info=output_info, settings=settings)
        self._search = SearchAudit(
            models,
            doubtful=self._plan.doubtful if self._plan is not None else (),
            shown_size=output_info.shown_size,
        )
        self._readback = ReadbackTest(reader=models.reader, faces=models.crops.get(FACES))
        self._thumbnails = ThumbnailBook(info.upright_size)

    @property
    def hidden_regions(self) -> int:
        """Regions that the output hides, counted over all frames."""
        return self._pixels.hidden_regions

    def push(self, source: Frame | None, output: Frame | None) -> dict[str, int]:
        """One pair; one of both is None where the other has no mate. Gives the number of regions per kind."""
        if output is None:
            assert source is not None
            self._pairing.lost(source)
            self._regions_of(source)
            return {}
        if source is None:
            self._pairing.added(output)
            self._search_frame(output, index=output.index, seconds=output.time.seconds)
            return {}
        self._pairing.paired(output)
        regions = self._regions_of(source)
        if not self._pixels.comparable:
            self._search_frame(output, index=output.index, seconds=output.time.seconds)
            return {}
        return self._compare(source, output, regions)

    def _compare(self, source: Frame, output: Frame, regions: Sequence[Region] | None) -> dict[str, int]:
        index, seconds = source.index, source.time.seconds
        compared, before, after = self._pixels.compare(source, output, regions)
        if compared.other_frame:
            self._pairing.exchanged(source, by=compared.other_frame)
        if self._pixels.uncovered:
            self._search.look_closely()
        searched = self._search.is_due(index, seconds)
        if searched:
            known = self._plan.detections if self._plan is not None else None
            if self._search.search(
                output, index=index, seconds=seconds, hidden_share=compared.hidden_share, known=known
            ):
                self._thumbnails.keep(output, index)
            if regions:
                self._readback.offer(before, after, regions, frame=index, seconds=seconds)
        if any(test.is_clear or test.is_weak or test.is_partly_clear for test in compared.tests):
            self._thumbnails.keep(output, index)
        counts: dict[str, int] = {}
        for test in compared.tests:
            counts[test.region.kind] = counts.get(test.region.kind, 0) + 1
        return counts

    def _regions_of(self, source: Frame) -> Sequence[Region] | None:
        return self._plan.regions_of(source) if self._plan is not None else None

    def _search_frame(self, output: Frame, *, index: int, seconds: float) -> None:
        """Search a frame of which nobody can tell what is hidden in it."""
        if self._search.is_due(index, seconds) and self._search.search(
            output, index=index, seconds=seconds, hidden_share=lambda _: 0.0
        ):
            self._thumbnails.keep(output, index)

    def findings(self, result: AuditResult) -> list[Finding]:
        """All that was seen; fills the result's checks."""
        result.frames = self._pairing.frames
        found = [
            *self._pairing.findings(unplanned=self._plan.unplanned if self._plan is not None else 0),
            *self._pixels.findings(),
            *self._search.findings(),
        ]
        result.checks.append(self._pairing.check())
        result.checks += self._pixels.checks(planned=self._plan is not None, frames=self._pairing.frames)
        result.checks += self._search.checks()
        checks, again = self._readback.findings()
        have = {check.name for check in result.checks}
        rules = [rules_of(kind) for kind in self._models.kinds]
        possible = {
            "read-back": self._models.reader and any(one.carries_text for one in rules),
            "face-again": self._models.crops.get(FACES) and any(one.second_detector for one in rules),
        }
        result.checks += [check for check in checks if check.name not in have and possible[check.name]]
        return found + again

    def thumbnails(self, findings: Sequence[Finding]) -> dict[int, bytes]:
        """Small obscured pictures of the output, by the index of the finding."""
        return self._thumbnails.of(findings)

    def close(self) -> None:
        """Close the plan."""
        if self._plan is not None:
            self._plan.close()
