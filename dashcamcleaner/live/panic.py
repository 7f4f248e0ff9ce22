"""The panic key: wherever the keyboard is (where the desktop allows it), in the terminal, or by a signal."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import sys
import threading
from collections.abc import Callable, Iterator

from dashcamcleaner.errors import ExtraMissing, SettingError, extra_hint
from dashcamcleaner.messages import msg

__all__ = ["desktop_key", "panic_keys"]


@contextlib.contextmanager
def panic_keys(panic: Callable[[], None], *, key: str | None) -> Iterator[None]:
    """While this is open, keys and the signal USR1 cover everything.

    Args:
        panic: what is called, in any thread.
        key: a key of the whole desktop, in pynput's words (``<ctrl>+<alt>+p``); None: none.

    Raises:
        ExtraMissing: pynput is not installed.
        SettingError: the key means nothing, or the desktop lets nobody listen (Wayland does not).
    """
    with contextlib.ExitStack() as stack:
        if key:
            stack.enter_context(desktop_key(panic, key))
        if hasattr(signal, "SIGUSR1") and threading.current_thread() is threading.main_thread():
            before = signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=panic, daemon=True).start())
            stack.callback(signal.signal, signal.SIGUSR1, before)
        if sys.stdin is not None and sys.stdin.isatty():
            threading.Thread(target=_listen, args=(panic,), name="live-enter", daemon=True).start()
        yield


def _listen(panic: Callable[[], None]) -> None:
    with contextlib.suppress(ValueError, OSError):  # the terminal is gone
        for _ in sys.stdin:
            panic()


@contextlib.contextmanager
def desktop_key(panic: Callable[[], None], key: str) -> Iterator[None]:
    """While this is open, a key of the whole desktop covers everything; see `panic_keys`."""
    if importlib.util.find_spec("pynput") is None:
        raise ExtraMissing(
            "Keys of the whole desktop are heard by pynput, which is not installed.", hint=extra_hint("live")
        )
    try:
        from pynput import keyboard

        listener = keyboard.GlobalHotKeys({key: panic})
        listener.start()
        listener.wait()
    except Exception as error:  # no display, no permission, or no key of that name: each backend raises its own
        raise SettingError(
            msg(
                "The panic key {key} cannot be heard: {error}.", key=repr(key), error=str(error) or type(error).__name__
            ),
            hint="It needs X11, Windows or macOS (with permission), and a key such as '<ctrl>+<alt>+p'; Enter in the "
            "terminal works everywhere.",
        ) from error
    try:
        yield
    finally:
        listener.stop()
