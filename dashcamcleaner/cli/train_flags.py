"""The steps of ``train`` and their flags; `cli.train` runs them."""

from __future__ import annotations

from typing import Any

from dashcamcleaner.settings import SETTINGS

__all__ = ["add_steps"]


def add_steps(steps: Any) -> None:
    """Add the steps, each with its flags, to the subparsers of the command."""
    _add_harvest(steps)
    _add_label(steps)
    _add_fit(steps)
    _add_slim(steps)
    _add_evaluate(steps)
    _add_export(steps)
    _add_hazards(steps)


def _add_hazards(steps: Any) -> None:
    step = steps.add_parser("hazards", help="fit the heads for guns, smoking and fights")
    step.add_argument("data", metavar="FOLDER", help="holds smoking/, not_smoking/, gun/, fight/, no_fight/, neutral/")
    step.add_argument(
        "--street", action="append", required=True, metavar="FOLDER", help="pictures of faces and plates (repeatable)"
    )
    step.add_argument("-o", "--out", required=True, metavar="FOLDER", help="gets NAME.onnx and NAME.json")
    step.add_argument("--name", default="hazards-1", help="of the weights (default hazards-1)")


def _add_harvest(steps: Any) -> None:
    step = steps.add_parser("harvest", help="take pictures out of clips")
    step.add_argument("clips", nargs="+", metavar="CLIP", help="clips, or folders of clips")
    step.add_argument("-o", "--out", required=True, metavar="FOLDER", help="gets images/ and meta.json")
    step.add_argument("--per-clip", type=int, default=24, metavar="N", help="pictures of each clip (default 24)")
    step.add_argument(
        "--weights", default="auto", help="whose doubt chooses the pictures (default: the present weights)"
    )
    step.add_argument("--by-time", action="store_true", help="evenly over time, without looking at the pictures")
    step.add_argument("--long-side", type=int, default=1280, metavar="PX", help="of the pictures (default 1280)")


def _add_label(steps: Any) -> None:
    step = steps.add_parser("label", help="let a teacher write labels")
    step.add_argument("folder", metavar="FOLDER", help="holds images/")
    step.add_argument("-o", "--out", required=True, metavar="FOLDER", help="gets labels/, unsure/ and teacher.json")
    step.add_argument("--teacher", default="auto", help="weights (name or path), or centerface")
    step.add_argument("--kind", action="append", choices=("face", "plate"), help="what it labels (repeatable)")
    step.add_argument("--sure", type=float, default=0.5, help="from this score on a hit is a label (default 0.5)")
    step.add_argument("--unsure", type=float, default=0.2, help="below this score there is nothing (default 0.2)")
    step.add_argument("--size", type=int, default=1280, metavar="PX", help="inference size (default 1280)")
    step.add_argument("--read-plates", action="store_true", help="a plate must read as four or more letters and digits")


def _add_fit(steps: Any) -> None:
    step = steps.add_parser("fit", help="train")
    step.add_argument("recipe", metavar="RECIPE.toml", help="folders and settings, see docs/training.md")
    step.add_argument("-o", "--out", required=True, metavar="FOLDER", help="run folder; goes on where it stopped")
    step.add_argument("--start", metavar="FILE", help="checkpoint to start from, instead of the recipe's")
    step.add_argument("--minutes", type=float, metavar="N", help="time budget, instead of the recipe's")
    step.add_argument("--device", help="cpu, cuda, mps, instead of the recipe's")
    step.add_argument("--rank", default="0/1", metavar="I/N", help="this is process I of N that train together (0/1)")


def _add_slim(steps: Any) -> None:
    step = steps.add_parser("slim", help="make a leaner network out of a trained one, to train on from")
    step.add_argument("checkpoint", metavar="CHECKPOINT", help="last.pt of a run, or a checkpoint you trust")
    step.add_argument("-o", "--out", required=True, metavar="FILE.pt", help="the checkpoint to write")
    step.add_argument("--gflops", type=float, required=True, metavar="N", help="the most it may cost at 640x640")


def _add_evaluate(steps: Any) -> None:
    step = steps.add_parser("evaluate", help="measure weights on labelled pictures and clips")
    step.add_argument("weights", metavar="WEIGHTS", help="name or path; anybody's that the program can run")
    step.add_argument("--recipe", metavar="RECIPE.toml", help="its [[evaluate]] sets")
    step.add_argument("--faces", nargs="*", default=[], metavar="FOLDER", help="folders that label all faces")
    step.add_argument("--plates", nargs="*", default=[], metavar="FOLDER", help="folders that label all plates")
    step.add_argument("--negatives", nargs="*", default=[], metavar="FOLDER", help="folders without either")
    step.add_argument("--clips", metavar="FOLDER", help="clips with their truth (NAME.json) beside them: leak figures")
    step.add_argument("--sizes", type=int, nargs="+", default=[640, 960, 1280], metavar="PX", help="inference sizes")
    step.add_argument(
        "--threshold", action="append", default=[], metavar="KIND=SCORE", help="instead of the weights' own"
    )
    step.add_argument(
        "--backend", default="auto", choices=SETTINGS["backend"].choices, help="auto, openvino, torch or onnx"
    )
    step.add_argument("--device", default="auto")
    step.add_argument(
        "--precision", default="auto", choices=SETTINGS["precision"].choices, help="auto, f32, bf16, f16 or int8"
    )
    step.add_argument("--threads", type=int, default=0, metavar="N", help="CPU threads (default: all)")
    step.add_argument("--trust-weights", action="store_true", help="load a foreign .pt although it can run code")
    step.add_argument("--json", metavar="FILE", help="write all figures there; - prints them instead of the table")


def _add_export(steps: Any) -> None:
    step = steps.add_parser("export", help="write .pt, .onnx, int8 and the sidecar")
    step.add_argument(
        "checkpoint", metavar="CHECKPOINT", help="last.pt of a run, or an Ultralytics checkpoint you trust"
    )
    step.add_argument("-o", "--out", required=True, metavar="FOLDER", help="where the weights go")
    step.add_argument("--name", required=True, help="of the weights, stem of the files")
    step.add_argument("--recipe", metavar="RECIPE.toml", help="measures with its [[evaluate]] sets, for the sidecar")
    step.add_argument("--size", type=int, default=1280, metavar="PX", help="inference size that decides thresholds")
    step.add_argument(
        "--threshold", action="append", default=[], metavar="KIND=SCORE", help="instead of the chosen ones"
    )
    step.add_argument("--int8", metavar="FOLDER", help="also int8, calibrated on these pictures (not validation)")
    step.add_argument("--summary", default="", help="one sentence for people")
    step.add_argument("--rank", type=int, default=0, help="the highest rank is what 'auto' means")
