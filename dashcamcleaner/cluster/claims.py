"""Claims: a small file beside an output behind a URL says who is at work on it, so that a run may be started twice.

A claim is made by the first writer only, and grows a beat every few seconds while its holder lives. One that no longer
changes is left behind, and is taken over; of several who do so at once the last one holds it, and the others see that
when they look again. A worker that takes on what a killed one of the same run has begun finds the run's own claim.
Outputs in folders need none: there `pipeline.output_lock` stands.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from dashcamcleaner.cluster.scratch import scratch_folder
from dashcamcleaner.cluster.storage import ClipStore
from dashcamcleaner.errors import DashcamCleanerError, OutputError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.workers import join_thread

__all__ = ["Claim", "claimed"]

BEAT_S = 5.0
STALE_S = 20.0
"""A claim that shows no beat for so long is nobody's: a store may be slow, but not four beats long."""


class Claim:
    """A claim on a final name; `claimed` makes it, and takes it away.

    Args:
        store: where the output goes.
        name: its final name there.
        token: names the run.
        folder: a private folder of this claim.

    Attributes:
        holder: tells this claim from all others, those of the same run among them.
    """

    def __init__(self, store: ClipStore, name: str, *, token: str, folder: Path) -> None:
        self.holder = secrets.token_hex(8)
        self._store, self._name, self._token, self._folder = store, name, token, folder
        self._file = name + ".claim"
        self._ended = threading.Event()
        self._lost = False

    def take(self, *, beat_s: float, stale_s: float) -> None:
        """Become the holder.

        Raises:
            OutputError: another run is at work on it, or nothing can be written there.
        """
        if self._put(0, overwrite=False):
            return
        seen = self._standing()
        if not seen and self._put(0, overwrite=False):  # its holder came to the end just now
            return
        if seen.startswith(f"{self._token} "):
            self._put(0, overwrite=True)
            return
        self._ended.wait(stale_s)
        now = self._standing()
        if not now:  # its holder came to the end meanwhile
            if self._put(0, overwrite=False):
                return
        elif now == seen:
            self._put(0, overwrite=True)
            self._ended.wait(beat_s)  # whoever found it stale as well has written by then
            if self._is_ours(self._standing()):
                return
        raise self._taken()

    def check(self) -> None:
        """Make sure that nobody has taken it over: a worker may have been silent for longer than it knows.

        Raises:
            OutputError: another run is at work on it.
        """
        if self._lost or not self._is_ours(self._standing() or self._said(0)):
            raise self._taken()

    def beat(self, every_s: float) -> None:
        """The work of a thread: show that its holder lives, until `end` or until it was taken over."""
        number = 0
        while not self._ended.wait(every_s):
            number += 1
            with contextlib.suppress(DashcamCleanerError):  # the next beat may get through
                standing = self._standing()
                if standing and not self._is_ours(standing):
                    self._lost = True
                    return
                self._put(number, overwrite=bool(standing))

    def end(self) -> None:
        """No beat after the one under way."""
        self._ended.set()

    def remove(self) -> None:
        """Take it away, if it is ours still; what cannot be reached stays, and grows stale."""
        with contextlib.suppress(DashcamCleanerError):
            if self._is_ours(self._standing()):
                self._store.remove(self._file)

    def _said(self, beat: int) -> str:
        return f"{self._token} {self.holder} {beat}\n"

    def _is_ours(self, standing: str) -> bool:
        return standing.startswith(f"{self._token} {self.holder} ")

    def _put(self, beat: int, *, overwrite: bool) -> bool:
        path = self._folder / "claim"
        path.write_text(self._said(beat), encoding="ascii")
        return self._store.publish(path, self._file, overwrite=overwrite, token=self.holder)

    def _standing(self) -> str:
        """What stands there now; empty where nothing does."""
        if self._store.size(self._file) is None:
            return ""
        at = self._folder / f"standing-{threading.get_ident()}"
        self._store.fetch(self._file, at)
        return at.read_bytes()[:200].decode("ascii", "replace")

    def _taken(self) -> OutputError:
        return OutputError(
            msg("Another run is at work on {name}.", name=self._name),
            hint="Wait for it, or give another place with -o.",
        )


@contextlib.contextmanager
def claimed(
    store: ClipStore, name: str, *, token: str, beat_s: float | None = None, stale_s: float | None = None
) -> Iterator[Claim]:
    """Hold the claim on a final name.

    Args:
        store: where the output goes.
        name: its final name there.
        token: names the run: claims of the same run are its own.
        beat_s: seconds between two beats; None: `BEAT_S`.
        stale_s: how long another run's claim is watched for a beat; None: `STALE_S`.

    Raises:
        OutputError: another run is at work on it, or nothing can be written there.
    """
    every_s = BEAT_S if beat_s is None else beat_s
    folder = scratch_folder()
    try:
        claim = Claim(store, name, token=token, folder=folder)
        claim.take(beat_s=every_s, stale_s=STALE_S if stale_s is None else stale_s)
        thread = threading.Thread(target=claim.beat, args=(every_s,), name="dashcamcleaner-claim", daemon=True)
        try:
            thread.start()
            yield claim
        finally:
            claim.end()
            join_thread(thread)
            claim.remove()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
