"""Weights are data with metadata: files, and a sidecar JSON that describes them.

What a name means is found by `detection.weights_search`; the backends load a `Weights`. A sidecar ``<name>.json``
stands beside its files:

    schema           1; a reader refuses a newer one
    name             the name users give, also the stem of the files
    rank             integer; the highest rank found is what ``auto`` means (0: never chosen by itself)
    summary          one sentence for people
    kinds            kind of each class index, in order: ["face", "plate"]
    head             what the output tensor holds: "raw" (cx cy w h and one score per class, before NMS),
                     "objectness" (the same with an objectness before the scores: classic YOLOv5),
                     "end-to-end" (rows of x1 y1 x2 y2 score class) or "auto" (told from the shape)
    trained_size_px  long side of the training pictures
    thresholds       recommended score per kind, chosen on validation pictures
    files            list of {"file", "format": "onnx" | "openvino" | "torch", "precision": "f32" | "f16" | "int8",
                     "sha256", "what"}; an OpenVINO file also names its "bin" and "bin_sha256". An int8 file is
                     taken without being asked for only if it says "auto": true, that is, if it loses no recall
    licence          SPDX name
    origin           how the weights came about
    data             list of what they were trained on
    figures          measured figures, free form
    notes            list of known weak points

Files that a sidecar names are checked against its hashes when they are loaded; a ``.pt`` whose hash stands in a
sidecar shipped with the program needs no further trust.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.side_files import UNREADABLE, read_json, reason_of, within

__all__ = [
    "FORMATS",
    "SCHEMA",
    "Weights",
    "WeightsFile",
    "digest_of",
    "parts_of",
    "read_sidecar",
    "verify_file",
]

SCHEMA = 1
FORMATS = {".onnx": "onnx", ".xml": "openvino", ".pt": "torch"}
_MOST_BYTES = 1 << 20
"""Of a sidecar."""
_MOST_KINDS, _LONGEST_NAME = 10_000, 100
_SIZES_PX = (32, 16_384)
"""Of training pictures."""
_HEADS = ("auto", "raw", "objectness", "end-to-end")


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One loadable file.

    Args:
        path: where it lies.
        format: ``onnx``, ``openvino`` or ``torch``.
        precision: the precision of the numbers inside: ``f32``, ``f16`` or ``int8``; empty if untold.
        sha256: the SHA-256 as the sidecar tells, empty for a file without one.
        auto: an int8 file may be chosen without being asked for.
        bin_sha256: the SHA-256 of an OpenVINO file's companion, empty if untold.
    """

    path: Path
    format: str
    precision: str = ""
    sha256: str = ""
    auto: bool = False
    bin_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """What is known of one set of weights. `kinds` is None where only the file itself can tell.

    Args:
        name: the name in messages, plans and reports.
        files: the same weights in several formats and precisions.
        kinds: kind per class index.
        head: the form of the output, see the module's docstring.
        trained_size_px: long side of the training pictures, None if untold.
        thresholds: recommended score per kind.
        rank: the highest one is the default.
        metadata: the sidecar as it stands, for model cards and reports.
    """

    name: str
    files: tuple[WeightsFile, ...]
    kinds: tuple[str, ...] | None = None
    head: str = "auto"
    trained_size_px: int | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    rank: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)

    def file(self, *formats: str, precision: str = "") -> WeightsFile | None:
        """The first file of one of the formats, in the order of the formats; ``int8`` files only when asked for."""
        for wanted in formats:
            for candidate in self.files:
                if candidate.format == wanted and (candidate.precision == "int8") == (precision == "int8"):
                    return candidate
        return None


def read_sidecar(path: Path) -> Weights:
    """The weights that a sidecar describes.

    Raises:
        WeightsError: unreadable, of a newer schema, or a field is missing or of the wrong form.
    """
    hint = msg("See docs/weights.md for its fields.")
    try:
        metadata = read_json(path, what=msg("The sidecar {path}", path=path), to=WeightsError, most=_MOST_BYTES)
        schema = int(metadata["schema"])
        if schema > SCHEMA:
            raise WeightsError(
                msg(
                    "the sidecar {path} has schema {schema}, this program reads up to {schema2}.",
                    path=path.name,
                    schema=schema,
                    schema2=SCHEMA,
                ),
                hint="Update DashcamCleaner.",
            )
        head = str(metadata.get("head", "auto"))
        if head not in _HEADS:
            raise ValueError(msg("head is {head}, not one of {heads}", head=repr(head), heads=", ".join(_HEADS)))
        kinds = tuple(_name_of(kind) for kind in metadata["kinds"])
        if not 0 < len(kinds) <= _MOST_KINDS:
            raise ValueError(msg("kinds is empty") if not kinds else msg("kinds is too long"))
        files = tuple(_file_of(row, folder=path.parent) for row in metadata["files"])
        size_px = metadata.get("trained_size_px")
        return Weights(
            name=_name_of(metadata["name"]),
            files=files,
            kinds=kinds,
            head=head,
            trained_size_px=int(within(size_px, *_SIZES_PX, what="trained_size_px")) if size_px else None,
            thresholds={
                str(kind): within(value, 0, 1, what=msg("the threshold of {kind}", kind=kind))
                for kind, value in metadata.get("thresholds", {}).items()
            },
            rank=int(metadata.get("rank", 0)),
            metadata=metadata,
        )
    except UNREADABLE as error:
        raise WeightsError(
            msg("The sidecar {path} cannot be read ({reason_of}).", path=path, reason_of=reason_of(error)), hint=hint
        ) from error


def _name_of(value: Any) -> str:
    """A name of weights or of a kind: a text that can be shown and written down."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > _LONGEST_NAME:
        raise ValueError(msg("{value} is no name", value=repr(str(value)[:40])))
    return value


def _file_of(row: dict[str, Any], *, folder: Path) -> WeightsFile:
    name = str(row["file"])
    if Path(name).name != name:
        raise ValueError(msg("file {name} must lie beside its sidecar", name=repr(name)))
    return WeightsFile(
        path=folder / name,
        format=str(row.get("format") or FORMATS[Path(name).suffix.lower()]),
        precision=str(row.get("precision", "")),
        sha256=str(row.get("sha256", "")),
        auto=bool(row.get("auto", False)),
        bin_sha256=str(row.get("bin_sha256", "")),
    )


def digest_of(path: Path) -> str:
    """The SHA-256 of a weights file, in hex.

    Raises:
        WeightsError: it is absent or cannot be read.
    """
    with map_os_errors(path, what=msg("The weights file {path}", path=path), verb="read", to=WeightsError):
        return file_sha256(path)


def verify_file(file: WeightsFile) -> str:
    """The file's SHA-256, after comparing it with what its sidecar says.

    Raises:
        WeightsError: absent, unreadable, or not the file that the sidecar describes.
    """
    found = digest_of(file.path)
    if file.sha256 and found != file.sha256:
        raise WeightsError(
            msg(
                "{path} is not the file that its sidecar describes (sha256 {found}, not {sha256}).",
                path=file.path,
                found=found[:12],
                sha256=file.sha256[:12],
            ),
            hint="Restore the file, or write its new hash into the sidecar if you made it.",
        )
    if file.bin_sha256 and digest_of(file.path.with_suffix(".bin")) != file.bin_sha256:
        raise WeightsError(
            msg("{path} is not the file that its sidecar describes.", path=file.path.with_suffix(".bin"))
        )
    return found


def parts_of(path: Path) -> tuple[Path, ...]:
    """The files of one format: an OpenVINO graph has its numbers in a companion."""
    return (path, path.with_suffix(".bin")) if path.suffix.lower() == ".xml" else (path,)
