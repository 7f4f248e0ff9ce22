"""Weights on their way to workers: told apart by hash, sent once to each worker that the run may meet.

Where a worker has not the very files of whoever asks, these are sent, through the scheduler, to all workers and to
those that join later; each keeps them in a private scratch folder until the run ends. The names in the settings mean
them there (`detection.weights_search.lent`), so that plans and reports say the same as on one machine. A ``.pt`` can
run code when it is loaded: it is sent only where its sender has said yes to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dashcamcleaner.cluster.scratch import scratch_folder
from dashcamcleaner.detection.trust import is_vouched
from dashcamcleaner.detection.weights import Weights, WeightsFile, parts_of
from dashcamcleaner.detection.weights_search import find_weights, lent
from dashcamcleaner.errors import SettingError, WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.settings import Settings

__all__ = ["Parcel", "delivery", "forget", "has_received", "parcel_of", "receive", "right_weights", "weights_of"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Weights as plain data.

    Args:
        weights: the weights of each name that the settings give; the paths in them are those of the sender's machine.
        files: the content of each file, by name and file name.
        digests: what `weights_of` gives for them.
    """

    weights: dict[str, Weights]
    files: dict[str, dict[str, bytes]]
    digests: dict[str, str]


_received: dict[str, dict[str, Weights]] = {}
"""What came, by the hash that tells it, and there by the run that it came for."""
_folders: dict[str, Path] = {}


def _names(settings: Settings) -> list[str]:
    return [name.strip() or "auto" for name in settings.weights.split(",")]


def weights_of(settings: Settings) -> dict[str, str]:
    """What tells the weights of a run from all others: a SHA-256 over those of their files, by the name asked for.

    Raises:
        WeightsError: there are none of that name.
    """
    return {name: _digest(find_weights(name)) for name in _names(settings)}


def _digest(weights: Weights) -> str:
    sums = [
        file_sha256(part) for file in weights.files if file.path.is_file() for part in parts_of(file.path)
    ]  # of what lies there, whatever its sidecar says
    return hashlib.sha256(" ".join(sums).encode()).hexdigest()


def parcel_of(settings: Settings) -> Parcel:
    """The weights of a run, to be sent.

    Raises:
        WeightsError: there are none of that name, or they cannot be read.
    """
    weights, files = {}, {}
    for name in _names(settings):
        found = find_weights(name)
        vouched = settings.trust_weights or is_vouched(name)
        sent = tuple(
            one for one in found.files if one.path.is_file() and (vouched or one.format != "torch")
        )  # a pickle goes nowhere unasked
        files[name] = {part.name: _bytes(part) for one in sent for part in parts_of(one.path)}
        weights[name] = replace(found, files=tuple(replace(one, sha256=_sum(files[name], one)) for one in sent))
    return Parcel(weights, files, {name: _digest(one) for name, one in weights.items()})


def _sum(files: dict[str, bytes], one: WeightsFile) -> str:
    return hashlib.sha256(files[one.path.name]).hexdigest()


def _bytes(path: Path) -> bytes:
    with map_os_errors(path, what=msg("The weights file {path}", path=path), verb="read", to=WeightsError):
        return path.read_bytes()


def receive(parcel: Parcel, *, run: str) -> None:
    """Keep what was sent to this process, in a private folder that goes with it.

    Raises:
        SettingError: a file's name is none.
        WeightsError: it cannot be written.
    """
    folder = _folders[run] = scratch_folder()
    for number, (name, weights) in enumerate(parcel.weights.items()):
        place = folder / str(number)
        with map_os_errors(
            place, what=msg("The weights {weights}", weights=weights.name), verb="written", to=WeightsError
        ):
            place.mkdir()
            for file, content in parcel.files[name].items():
                if Path(file).name != file or file in ("", ".", ".."):
                    raise SettingError(msg("{file} is no name of a file.", file=repr(file)))
                (place / file).write_bytes(content)
        here = replace(weights, files=tuple(replace(one, path=place / one.path.name) for one in weights.files))
        _received.setdefault(parcel.digests[name], {})[run] = here


def has_received(run: str) -> bool:
    """Whether what came for a run lies here."""
    return any(run in runs for runs in _received.values())


def forget(run: str) -> None:
    """Remove what came for a run."""
    for digest in [digest for digest, runs in _received.items() if runs.pop(run, None) and not runs]:
        del _received[digest]
    if folder := _folders.pop(run, None):
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def right_weights(digests: dict[str, str], *, who: str) -> Iterator[None]:
    """Within it, the names mean the weights of whoever asks: those that lie here, or those that were sent.

    Args:
        digests: what `weights_of` gave there; empty where they are not to be compared.
        who: names the worker.

    Raises:
        SettingError: they are not here, and were not sent.
    """
    borrowed = {}
    for name, digest in digests.items():
        with contextlib.suppress(WeightsError):
            if _digest(find_weights(name)) == digest:
                continue
        if digest not in _received:
            raise SettingError(
                msg("The worker {who} has other weights of the same name.", who=who),
                hint="Put the same weights everywhere.",
            )
        borrowed[name] = next(iter(_received[digest].values()))
    with lent(borrowed):
        yield


def delivery(parcel: Parcel, *, run: str) -> Any:
    """A plugin of Dask's workers that receives a parcel on each, on those that join later too."""
    from distributed import WorkerPlugin

    class Delivery(WorkerPlugin):
        """Made here, so that Dask sends it by value and nobody imports Dask for it."""

        name = f"dashcamcleaner-weights-{run}"

        def setup(self, worker: Any) -> None:  # noqa: ARG002  # Dask's own signature
            """The parcel has come."""
            receive(parcel, run=run)

        def teardown(self, worker: Any) -> None:  # noqa: ARG002
            """The run is over."""
            forget(run)

    return Delivery()
