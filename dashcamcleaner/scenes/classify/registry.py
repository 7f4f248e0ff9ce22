"""Opening a classifier: a name or a path in, a `Classifier` out, whatever its format.

Each format's reader is imported when it is asked for. `detection.pool.ModelPool` calls this, and keeps what it opens.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dashcamcleaner.detection.network import open_network
from dashcamcleaner.detection.trust import check_trust
from dashcamcleaner.detection.weights import verify_file
from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.scenes.classify.files import ClassifierFiles, find_classifier
from dashcamcleaner.scenes.classify.network import OUTPUTS, NetworkClassifier
from dashcamcleaner.scenes.classify.port import Classifier, ModelCard
from dashcamcleaner.scenes.classify.preparation import Preparation
from dashcamcleaner.side_files import UNREADABLE, reason_of

__all__ = ["open_classifier"]


def open_classifier(
    name: str,
    *,
    labels: Path | None = None,
    definition: Path | None = None,
    mean: Path | None = None,
    device: str = "auto",
    threads: int = 0,
    trust_weights: bool = False,
) -> Classifier:
    """The classifier that was asked for, loaded and proven by one inference.

    Args:
        name: a name among the weights, or a path; see `scenes.classify.files.find_classifier`, for the next three too.
        labels: its labels file.
        definition: a Caffe model's ``.prototxt``.
        mean: a Caffe model's mean picture.
        device: ``auto``, ``cpu``, ``gpu``, or a device name of OpenVINO; of torch for a ``.pt``.
        threads: CPU threads; 0: all the process may use.
        trust_weights: load a foreign ``.pt`` although it can run code; remembered by its hash.

    Raises:
        WeightsError: no such classifier, or an unreadable one; `WeightsUntrusted` for a foreign pickle.
        BackendMissing: what reads this format is not installed.
        ExtraMissing: a Caffe model needs the extra ``[scenes]``, which turns it into ONNX.
    """
    files = find_classifier(name, labels=labels, definition=definition, mean=mean)
    verify_file(files.file)
    if files.file.format == "torch":
        return _open_torch(files, device=device, threads=threads, trust=trust_weights)
    if files.file.format == "caffe":
        return _open_caffe(files, device=device, threads=threads)
    return _open_graph(files, device=device, threads=threads)


def _card(files: ClassifierFiles) -> ModelCard:
    if files.metadata:
        return ModelCard.from_sidecar(files.metadata)
    return ModelCard(
        files.name,
        msg("your file {path}", path=files.file.path.name),
        "untold",
        msg("no figures are told"),
        files.labels or (),
    )


def _open_graph(files: ClassifierFiles, *, device: str, threads: int) -> Classifier:
    """An ONNX or OpenVINO file, as its sidecar says, or as Ultralytics exports classifiers."""
    path, metadata = files.file.path, files.metadata
    labels = files.labels
    if labels is None and files.file.format == "onnx":
        from dashcamcleaner.detection.onnx_metadata import read_metadata
        from dashcamcleaner.detection.yolo import names_of

        found = read_metadata(path)
        if found.get("task", "classify") != "classify":
            raise WeightsError(
                msg(
                    "{path} is a model for the task {task}, and no classifier.",
                    path=path.name,
                    task=repr(found["task"]),
                )
            )
        labels = names_of(found["names"]) if "names" in found else None
    if labels is None:
        raise WeightsError(
            msg("{path} does not tell its labels.", path=path.name), hint="Name a labels file with -l, a name a line."
        )
    try:
        given: dict[str, Any] = dict(metadata.get("input", {}))
        width, height = (int(side) for side in given.get("size", (224, 224)))
        output = str(metadata.get("output", "auto"))
        if output not in OUTPUTS or not (16 <= width <= 4096 and 16 <= height <= 4096):
            raise ValueError(msg("output or size is not one that is known"))
        network = open_network(path, name=path.name, size=(width, height), device=device, threads=threads)
        preparation = Preparation.from_metadata(given, size=network.size)
    except UNREADABLE as error:
        raise WeightsError(
            msg("The sidecar of {path} cannot be read ({error}).", path=path.name, error=reason_of(error)),
            hint="See docs/scenes.md for its fields.",
        ) from error
    return NetworkClassifier(network, labels=labels, preparation=preparation, card=_card(files), output=output)


def _open_caffe(files: ClassifierFiles, *, device: str, threads: int) -> Classifier:
    from dashcamcleaner.scenes.classify.caffe import read_caffe

    assert files.definition is not None  # `find_classifier` saw to it
    assert files.labels is not None
    model = read_caffe(files.definition, weights=files.file.path, mean=files.mean)
    network = open_network(model.onnx, name=files.file.path.name, size=model.size, device=device, threads=threads)
    preparation = Preparation(size=model.size, resized=256, fit="stretch", bgr=True, mean=model.mean, scale=model.scale)
    return NetworkClassifier(network, labels=files.labels, preparation=preparation, card=_card(files))


def _open_torch(files: ClassifierFiles, *, device: str, threads: int, trust: bool) -> Classifier:
    from dashcamcleaner.detection.torch import open_classes

    check_trust(files.file.path, trust=trust)
    network, names, size = open_classes(files.file.path, device=device, threads=threads)
    return NetworkClassifier(
        network, labels=files.labels or names, preparation=Preparation(size=(size, size)), card=_card(files),
        output="probabilities",
    )  # fmt: skip
