"""Saved sets of persons: embeddings on disk, only where a user asked for it, and only encrypted.

A set is one file in the user's data folder, ``people/NAME.people``: JSON with a salt, a nonce and the encrypted
content. The key is made of a passphrase by scrypt, the content encrypted by AES-256-GCM (``cryptography``); the file's
name and parameters are authenticated with it. Whoever forgets the passphrase has lost the set; `forget` removes it.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.detection.face_embedding import EMBEDDING_SIZE
from dashcamcleaner.errors import ExtraMissing, InputError, SettingError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE
from dashcamcleaner.people.references import Reference
from dashcamcleaner.user_folders import user_folder

__all__ = ["find_set", "forget", "load_set", "save_set", "saved_sets"]

_VERSION = 1
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
"""32 MiB and a tenth of a second for each guess. Other values in a file are refused: they could take all memory."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_SHORTEST = 8
_LARGEST_BYTES = 16 << 20
_MOST_PERSONS = 1000


def _path(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise SettingError(
            msg("A set of persons cannot be called {name}.", name=repr(name)),
            hint="Letters, digits, dashes; 40 characters at most.",
        )
    return user_folder("data") / "people" / f"{name}.people"


def saved_sets() -> list[str]:
    """The names of the sets that there are."""
    return sorted(path.stem for path in (user_folder("data") / "people").glob("*.people"))


def save_set(name: str, persons: Mapping[str, Sequence[np.ndarray]], *, passphrase: str) -> Path:
    """Write a set, in place of one of the same name; gives the path of its file.

    Args:
        name: letters, digits and dashes.
        persons: label -> embeddings, ``(128,)`` each.
        passphrase: 8 characters or more.

    Raises:
        SettingError: the name or the passphrase will not do, or there is nobody to save.
        ExtraMissing: ``cryptography`` is not installed.
        OutputError: the file cannot be written.
    """
    path = _path(name)
    if len(passphrase) < _SHORTEST:
        raise SettingError(msg("A passphrase has {shortest} characters or more.", shortest=_SHORTEST))
    if not persons:
        raise SettingError("There is nobody to save.")
    content = json.dumps({label: [one.astype(float).tolist() for one in its] for label, its in persons.items()})
    header = {"people": "dashcamcleaner", "version": _VERSION, "name": name, "scrypt": _SCRYPT}
    salt, nonce = os.urandom(16), os.urandom(12)
    cipher = _cipher(passphrase, salt)
    secret = cipher.encrypt(nonce, content.encode("utf-8"), _bound(header))
    fields = {"salt": salt, "nonce": nonce, "content": secret}
    data = {**header, **{key: base64.b64encode(value).decode("ascii") for key, value in fields.items()}}
    atomic_write(path, json.dumps(data) + "\n", what=msg("The set {name}", name=name), make_folder=True, mode=PRIVATE)
    return path


def find_set(name: str) -> Path:
    """The file of a set.

    Raises:
        SettingError: there is no such name.
        InputError: there is no such set.
    """
    path = _path(name)
    if not path.is_file():
        raise InputError(
            msg(
                "There is no saved set {name}; there is: {names}.",
                name=repr(name),
                names=", ".join(saved_sets()) or "none",
            )
        )
    return path


def load_set(name: str, *, passphrase: str) -> list[Reference]:
    """The persons of a set, by their labels.

    Raises:
        SettingError: there is no such name.
        InputError: there is no such set, it cannot be read, or the passphrase is not the one that it was saved with.
        ExtraMissing: ``cryptography`` is not installed.
    """
    path = find_set(name)
    with map_os_errors(path, what=msg("The set {name}", name=name), verb="read", to=InputError):
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(msg("The saved set {name} is too large to be one.", name=name))
        text = path.read_text(encoding="utf-8", errors="replace")
    try:
        data = json.loads(text)
        header = {key: data[key] for key in ("people", "version", "name", "scrypt")}
        if header != {"people": "dashcamcleaner", "version": _VERSION, "name": name, "scrypt": _SCRYPT}:
            raise ValueError("other parameters")
        salt, nonce, secret = (base64.b64decode(data[key], validate=True) for key in ("salt", "nonce", "content"))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(
            msg("The saved set {name} cannot be read.", name=name),
            hint=msg("Remove it: people forget {name}.", name=name),
        ) from error
    content = _opened(name, _cipher(passphrase, salt), nonce, secret, _bound(header))
    return _persons(name, content)


def forget(name: str | None = None) -> list[str]:
    """Remove a saved set, or all; gives the names of those that were removed.

    Raises:
        InputError: there is no such set.
        OutputError: a file cannot be removed.
    """
    if name is not None:
        find_set(name)
    names = saved_sets() if name is None else [name]
    for one in names:
        path = _path(one)
        with map_os_errors(path, what=msg("The saved set {one}", one=one)):
            path.unlink(missing_ok=True)
    return names


def _cipher(passphrase: str, salt: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ImportError as error:
        raise ExtraMissing("Saved sets of persons need cryptography.", hint=extra_hint("people")) from error
    return AESGCM(Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase.encode("utf-8")))


def _opened(name: str, cipher: Any, nonce: bytes, secret: bytes, bound: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return bytes(cipher.decrypt(nonce, secret, bound))
    except (InvalidTag, ValueError) as error:
        raise InputError(
            msg("The saved set {name} cannot be opened: the passphrase is another, or the file was changed.", name=name)
        ) from error


def _bound(header: Mapping[str, object]) -> bytes:
    return json.dumps(header, sort_keys=True).encode("utf-8")


def _persons(name: str, content: bytes) -> list[Reference]:
    try:
        data = json.loads(content)
        found = []
        for label, rows in list(data.items())[:_MOST_PERSONS]:
            embeddings = tuple(np.array(row, np.float32).reshape(EMBEDDING_SIZE) for row in rows)
            if not embeddings or not all(np.isfinite(one).all() for one in embeddings):
                raise ValueError(msg("not a number"))
            found.append(Reference(str(label), embeddings))
        return found
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(msg("The saved set {name} holds what is no person.", name=name)) from error
