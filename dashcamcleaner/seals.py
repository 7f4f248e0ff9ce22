"""Seals: how this program knows a file again that it wrote for this user, unchanged.

A seal is an HMAC-SHA256 over a file's content under a key that only this user has: 32 random bytes in the user's state
folder, made when it is first needed. Nobody who has not got the key can make a seal, or change what is sealed. Logs,
plans, edits and reports carry one; what carries none, or a wrong one, was made elsewhere or changed since. Each purpose
has its own seals, so that a sealed file of one kind is none of another.

Where no key can be kept (a home that cannot be written to), nothing is sealed and nothing counts as made here.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import sys
import time
from pathlib import Path

from dashcamcleaner.user_folders import user_folder

__all__ = ["Seal", "is_seal_of", "seal_of"]

_KEY_BYTES = 32
_PATIENCE_S = 1.0
"""How long another process may take to write the key that it has just made."""


class Seal:
    """A seal that grows with what is sealed.

    Args:
        purpose: what kind of file it is of, for instance ``plan``.
    """

    def __init__(self, purpose: str) -> None:
        key = _key()
        self._mac = hmac.new(key, f"dashcamcleaner {purpose}\0".encode(), "sha256") if key is not None else None

    def add(self, content: bytes) -> None:
        """Seal this, too."""
        if self._mac is not None:
            self._mac.update(content)

    def copy(self) -> Seal:
        """Another seal over the same, which grows by itself."""
        other = object.__new__(Seal)
        other._mac = self._mac.copy() if self._mac is not None else None
        return other

    @property
    def value(self) -> str:
        """The seal over all that was added so far, 64 hex digits; empty where there is no key."""
        return self._mac.hexdigest() if self._mac is not None else ""

    def fits(self, found: object) -> bool:
        """Whether what stands in a file is this seal. An empty one never fits."""
        own = self.value
        return isinstance(found, str) and bool(own) and hmac.compare_digest(own.encode(), found.encode())


def seal_of(purpose: str, content: bytes) -> str:
    """The seal of a whole content, see `Seal`."""
    seal = Seal(purpose)
    seal.add(content)
    return seal.value


def is_seal_of(found: object, purpose: str, content: bytes) -> bool:
    """Whether what stands in a file is the seal of this content."""
    seal = Seal(purpose)
    seal.add(content)
    return seal.fits(found)


def _key() -> bytes | None:
    """This user's key; made where there is none. None where it can be neither read nor made."""
    path = user_folder("state") / "seal.key"
    try:
        return _read(path) or _make(path)
    except OSError:
        return None


def _read(path: Path) -> bytes | None:
    """The key, or None where there is none that others could not know; such a one is taken away."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            return None
        with open(number, "rb") as file:
            stat = os.fstat(number)
            key = file.read(_KEY_BYTES + 1)
        if sys.platform != "win32" and (stat.st_uid != os.getuid() or stat.st_mode & 0o077):
            break  # others can read it, or made it
        if len(key) == _KEY_BYTES:
            return key
        if len(key) > _KEY_BYTES or time.monotonic() > until:
            break
        time.sleep(0.01)  # it is just being written
    path.unlink(missing_ok=True)
    return None


def _make(path: Path) -> bytes | None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_bytes(_KEY_BYTES)
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:  # another process was faster
        return _read(path)
    try:
        with open(number, "wb") as file:
            file.write(key)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return key
