"""One job, run whole: a clip or a picture cleaned, then audited if it was asked for. The one entry: `clean`."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from dashcamcleaner.audit.audit import audit_run
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.detection.pool import ModelPool, shared_pool
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.media.image_file import is_picture_file
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.copied import copy_video
from dashcamcleaner.pipeline.image import clean_image
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.observations import DetectionsAhead
from dashcamcleaner.pipeline.video import clean_video
from dashcamcleaner.pipeline.workers import settle_allocator

__all__ = ["clean"]

log = logging.getLogger(__name__)


def clean(
    job: Job,
    *,
    models: ModelPool | None = None,
    control: Control | None = None,
    ahead: DetectionsAhead | None = None,
) -> Iterator[Event]:
    """Clean one clip or picture: the one entry to the engine.

    Yields `Started`, then `Progress` and `Warned` as they come, then exactly one of `Finished` and `Failed`. Closing
    the generator cancels: all threads are joined, nothing stands under the final name, and the analysis so far is
    kept for the next run of the same job.

    Args:
        job: what is asked.
        models: where detectors come from; hand the same pool to all jobs that should share them. None: the process's
            own pool. It is not closed here.
        control: pauses, cancels, shows the current frame; may be None.
        ahead: detections that are made elsewhere meanwhile (`jobs.split`); of a clip alone.
    """
    try:
        yield from _clean(job, models or shared_pool(), control or Control(), ahead)
    except Exception as error:  # the border: whatever it was reaches the asker as one object
        ours = as_our_error(error, source=job.source)
        if ours is not error and type(ours) is DashcamCleanerError:  # a fault of ours; a full disk is none
            log.exception("the run on %s failed", job.source)
        yield Failed(ours)


def _clean(job: Job, models: ModelPool, control: Control, ahead: DetectionsAhead | None) -> Iterator[Event]:
    settle_allocator()
    is_picture = is_picture_file(job.source)
    if is_picture:
        control.wait_while_paused()  # a picture is done too soon to be held, or ended, in its middle
    if is_picture:
        run = clean_image(job, models=models)
    elif job.copied:
        run = copy_video(job, control=control)
    else:
        run = clean_video(job, control=control, models=models, ahead=ahead)
    with contextlib.closing(run):
        for event in run:
            if isinstance(event, Finished) and job.audit:
                # Of those with times the job tells seconds from the first picture, the audit those of the clip's clock.
                said = tuple(edit for edit in job.added_edits if not Edits((edit,)).is_timed)
                yield from audit_run(
                    event.summary,
                    settings=job.settings,
                    control=control,
                    models=models,
                    accepted=job.accepted,
                    said=said,
                )
            yield event
