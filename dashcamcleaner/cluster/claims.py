"""Claims: a small file beside an output behind a URL says who is at work on it, so that a run may be started twice.

A claim is made by the first writer only, and grows a beat every few seconds while its holder lives. One that no longer
changes is left behind, and is taken over. A worker that takes on what a killed one of the same run has begun finds the
run's own claim. Outputs in folders need none: there `pipeline.output_lock` stands.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from dashcamcleaner.cluster.scratch import scratch_folder
from dashcamcleaner.cluster.storage import ClipStore
from dashcamcleaner.errors import DashcamCleanerError, OutputError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.workers import join_thread

__all__ = ["claimed"]

BEAT_S = 5.0
STALE_S = 20.0
"""A claim that shows no beat for so long is nobody's: a store may be slow, but not four beats long."""


@contextlib.contextmanager
def claimed(
    store: ClipStore, name: str, *, token: str, beat_s: float = BEAT_S, stale_s: float = STALE_S
) -> Iterator[None]:
    """Hold the claim on a final name.

    Args:
        store: where the output goes.
        name: its final name there.
        token: names the run: claims of the same run are its own.
        beat_s: seconds between two beats.
        stale_s: how long another run's claim is watched for a beat.

    Raises:
        OutputError: another run is at work on it, or nothing can be written there.
    """
    claim = name + ".claim"
    ended = threading.Event()
    folder = scratch_folder()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder, "claim")

        def put(beat: int, *, overwrite: bool) -> bool:
            path.write_text(f"{token} {beat}\n", encoding="ascii")
            return store.publish(path, claim, overwrite=overwrite, token=token)

        def held() -> str:
            at = Path(folder, "held")
            if store.size(claim) is None:  # it went meanwhile
                return ""
            store.fetch(claim, at)
            return at.read_bytes()[:200].decode("ascii", "replace")

        if not put(0, overwrite=False):
            seen = held()
            if not seen.startswith(token):
                ended.wait(stale_s)
                if held() not in ("", seen):
                    raise OutputError(
                        msg("Another run is at work on {name}.", name=name),
                        hint="Wait for it, or give another place with -o.",
                    )
            put(0, overwrite=True)

        def beat() -> None:
            number = 0
            while not ended.wait(beat_s):
                number += 1
                with contextlib.suppress(DashcamCleanerError):  # the next beat may get through
                    put(number, overwrite=True)

        thread = threading.Thread(target=beat, name="dashcamcleaner-claim", daemon=True)
        try:
            thread.start()
            yield
        finally:
            ended.set()
            join_thread(thread)
            store.remove(claim)
