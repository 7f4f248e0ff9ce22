"""``dashcamcleaner clean INPUT... -o OUTPUT``: the main job."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.cli.audit import failed_row, tell_folder, worse
from dashcamcleaner.cli.edit_flags import accepted_of, add_edit_flags, edits_of
from dashcamcleaner.cli.options import add_settings, settings_of
from dashcamcleaner.cli.person_flags import add_person_flags, known_persons_of, request_of
from dashcamcleaner.cli.short_help import add_short_help
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import PARTIAL_EXIT, Cancelled, SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.settings import ROWS, Settings

if TYPE_CHECKING:
    from dashcamcleaner.cluster.tasks import ClusterJob
    from dashcamcleaner.jobs.inputs import Batch
    from dashcamcleaner.pipeline.job import Job

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "clean",
        help="obscure faces and number plates in clips and pictures",
        description=msg(
            "Reads clips, pictures, folders or patterns and writes cleaned copies. Sources are never touched."
        ),
        add_help=False,
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders, or patterns in quotes")
    parser.add_argument(
        "-o", "--output", metavar="OUTPUT",
        help="file for one input, folder for several, FOLDER/*.mkv to choose the container for all "
             "(default: NAME_cleaned beside each source)",
    )  # fmt: skip
    plan = parser.add_argument_group("Plan and exports (one input)")
    plan.add_argument("--from-plan", metavar="PLAN", help="render again from a plan, without detecting")
    plan.add_argument("--edits", metavar="FILE", help="edits file (default with --from-plan: the plan's own)")
    add_edit_flags(plan)
    plan.add_argument(
        "--export-detections", metavar="FILE",
        help="detections as .json or .csv, or labels as .coco.json, .zip (YOLO), .txt (MOT), .xml (CVAT)",
    )  # fmt: skip
    plan.add_argument("--export-mask", metavar="FILE", help="black and white clip of what is hidden")
    plan.add_argument("--export-mask-colored", metavar="FILE", help="the same: red faces, green plates, bright is sure")
    add_person_flags(parser.add_argument_group("Persons (the whole clip is analysed first)"))
    parser.add_argument(
        "--cluster", metavar="ADDRESS",
        help="share the clips out over a Dask cluster: tcp://HOST:8786, or local:N for N processes here; inputs and "
             "output may be URLs then (s3://, sftp://)",
    )  # fmt: skip
    shown = parser.add_argument_group("What is shown")
    shown.add_argument("--audit", action="store_true", help="look at the output again when it is written")
    shown.add_argument("--json", action="store_true", help="events and summary as JSON lines on standard output")
    shown.add_argument("--quiet", action="store_true", help="no progress, errors only")
    shown.add_argument("--verbose", action="store_true", help="log what happens inside")
    add_settings(parser)
    add_short_help(
        parser,
        usage="dashcamcleaner clean INPUT... [-o OUTPUT] [flags]",
        examples=(
            ("dashcamcleaner clean ride.mp4", msg("-> ride_cleaned.mp4 beside it")),
            ("dashcamcleaner clean holiday/ -o cleaned/", msg("a folder in, a folder out; pictures, too")),
            (
                "dashcamcleaner clean ride.mp4 --audit --style mosaic",
                msg("squares instead of blur; checked afterwards"),
            ),
        ),
        shown={
            "output",
            "from_plan",
            "audit",
            "quiet",
            "set_overwrite",
            *(f"set_{row.name}" for row in ROWS if row.basic),
        },
    )
    parser.set_defaults(run=run)


def _asked(job: Job) -> Job:
    """Ask at the terminal about edits that were not made here; the job with what was said yes to."""
    from dashcamcleaner.pipeline.job_edits import unaccepted_edits

    found = unaccepted_edits(job)
    if found is None:
        return job
    file, edits = found
    say(
        msg("The edits {path} were not made here: {yes_note}.", path=file.path, yes_note=edits.yes_note),
        stream=sys.stderr,
    )
    say("Take them? [y/N]", stream=sys.stderr)
    said_yes = sys.stdin.readline().strip().lower() in ("y", "yes")
    return dataclasses.replace(job, accepted=(*job.accepted, file.sha256)) if said_yes else job


def _asked_for(args: argparse.Namespace, settings: Settings, notes: Sequence[str]) -> tuple[Batch, list[ClusterJob]]:
    """The jobs with all that was said of them; and the same as jobs of a cluster, where there is one.

    Raises:
        SettingError: what belongs to one clip, or to one machine, is asked for more.
    """
    on_cluster: list[ClusterJob] = []
    if args.cluster:
        from dashcamcleaner.cluster.tasks import cluster_jobs

        on_cluster, batch = cluster_jobs(args.inputs, output=args.output, settings=settings, audit=args.audit)
    else:
        from dashcamcleaner.jobs.inputs import jobs_for

        batch = jobs_for(args.inputs, output=args.output, settings=settings)
    extras: dict[str, Any] = {
        name: Path(value)
        for name in ("from_plan", "edits", "export_detections", "export_mask", "export_mask_colored")
        if (value := getattr(args, name))
    }
    edits = edits_of(args)
    if (extras or edits) and (len(batch.jobs) > 1 or args.cluster):
        raise SettingError("A plan, edits, an export or a mask belong to one clip.", hint="Give one input, no cluster.")
    request = request_of(args)
    if args.cluster and request:
        raise SettingError("A cluster's workers do not tell persons apart.", hint="Leave --cluster or the persons out.")
    extras |= {"added_edits": edits, "accepted": accepted_of(args), "audit": args.audit, "notes": tuple(notes)}
    extras |= {"persons": request, "known_persons": known_persons_of(args, request)}
    jobs = [dataclasses.replace(job, **extras) for job in batch.jobs]
    if args.cluster:
        on_cluster = [dataclasses.replace(one, job=job) for one, job in zip(on_cluster, jobs, strict=True)]
    elif len(jobs) == 1 and not (args.json or args.quiet) and sys.stdin.isatty() and sys.stderr.isatty():
        jobs = [_asked(jobs[0])]
    return dataclasses.replace(batch, jobs=jobs), on_cluster


def run(args: argparse.Namespace) -> int:
    """Do what was asked; gives the exit status: 0 only if every input was cleaned."""
    notes: list[str] = []
    settings = settings_of(args, notes=notes)
    from dashcamcleaner.cli.show import Display
    from dashcamcleaner.core.events import Failed, Finished
    from dashcamcleaner.core.summary import CLEANED
    from dashcamcleaner.jobs.batch import run_batch
    from dashcamcleaner.plain_files import size_of

    _refuse_urls_without_cluster(args)
    batch, on_cluster = _asked_for(args, settings, notes)
    jobs = batch.jobs
    status = PARTIAL_EXIT if batch.unread else 0
    done = 0
    far_away = {str(one.job.source): one for one in on_cluster}
    reports: list[dict[str, Any]] = []
    if args.cluster:
        from dashcamcleaner.cluster.run import run_on_cluster

        events = run_on_cluster(on_cluster, address=args.cluster)
    else:
        # A folder that is cleaned again skips what is finished; one file that is there is refused, as ever.
        events = run_batch(jobs, models=args.models, skip_finished=batch.many)
    with (
        contextlib.closing(events),  # whatever ends this early, nothing half done stays behind
        Display(
            sizes={str(job.source): size_of(job.source) for job in jobs},
            json_lines=args.json,
            quiet=args.quiet,
            stream=sys.stderr,
            urls={str(path): url for one in on_cluster for path, url in one.places()},
        ) as display,
    ):
        display.skipped(batch.skipped, results=batch.results)
        display.left_out([*batch.unread, *batch.linked])
        try:
            for job, event in events:
                display.show(job, event)
                if isinstance(event, Finished):
                    done += 1
                    reports.append(event.summary.as_dict())
                    if event.summary.status != CLEANED:
                        status = worse(status, PARTIAL_EXIT)
                    status = worse(status, int((event.summary.audit or {}).get("exit_code", 0)))
                elif isinstance(event, Failed):
                    done += 1
                    far = far_away.get(str(job.source))
                    reports.append(failed_row(far.source if far else job.source, far.output if far else job.output,
                                              event.error))  # fmt: skip
                    status = worse(status, event.error.exit_code)
        except KeyboardInterrupt:
            events.close()
            display.stopped()
            return Cancelled.exit_code
        display.totals()
    order = {str(job.source): place for place, job in enumerate(jobs)}
    order |= {one.source: place for place, one in enumerate(on_cluster)}  # URLs, as reports name them
    reports.sort(key=lambda row: order.get(str(row.get("source")), len(order)))
    if len(jobs) > 1:
        tell_folder(
            reports,
            _output_folder(args.output),
            overwrite=settings.overwrite,
            table=args.audit and not args.json,
            quiet=args.quiet or args.json,
        )
    return status if done == len(jobs) else status or Cancelled.exit_code


def _refuse_urls_without_cluster(args: argparse.Namespace) -> None:
    """Make sure that nobody takes a run here for one of a cluster, nor a folder called ``s3:`` for a bucket.

    Raises:
        SettingError: the cluster's address is empty, or there is none and a place is a URL; or one holds a password.
    """
    for place in (*args.inputs, args.output or "", args.cluster or ""):
        if "://" in place and not os.path.lexists(place):
            from dashcamcleaner.cluster.storage import refuse_password

            refuse_password(place)
    if args.cluster is not None and not args.cluster.strip():  # the unset variable of a script
        raise SettingError(
            msg("{address} is no address of a cluster.", address=repr(args.cluster)),
            hint="Give tcp://HOST:8786 or local:4.",
        )
    if args.cluster:
        return
    from dashcamcleaner.jobs.places import is_url

    for place in (*args.inputs, args.output or ""):
        if is_url(place) and not os.path.lexists(place):
            raise SettingError(
                msg("{url} is a URL, which --cluster alone reads and writes.", url=place),
                hint="Add --cluster local:1, or more workers.",
            )


def _output_folder(output: str | None) -> Path | str | None:
    """The folder of a batch's outputs, or its URL; None where each goes beside its source."""
    if output is None:
        return None
    from dashcamcleaner.jobs.places import is_url, output_folder

    folder, _ = output_folder(output)
    return folder if is_url(folder) else Path(folder)
