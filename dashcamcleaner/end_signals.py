"""The signals that ask a program to end: Ctrl-C, a service manager's stop, the end of the terminal (not on Windows)."""

from __future__ import annotations

import signal

__all__ = ["END_SIGNALS"]

END_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
