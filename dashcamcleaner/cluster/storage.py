"""Files that are on no disk of ours: listed, fetched to a scratch folder, published whole under their final names.

``s3://`` goes through boto3, since only its conditional put (``IfNoneMatch``) makes it sure that of two writers the
first one wins; whatever else fsspec knows (``sftp://``, ...) is written under another name and moved, by SFTP and in
folders in one step that refuses a name that is taken. With
``sftp://host`` only machines are spoken to whose key stands in the user's ``known_hosts``, as ``ssh`` does it. Plain
paths, shared folders among them, are no matter of this module: runs read and write them by the rules of `atomic_files`.

Listings are foreign input: a name that would leave the folder is left aside.
"""

from __future__ import annotations

import contextlib
import functools
import re
import secrets
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import urlsplit

from dashcamcleaner.errors import DashcamCleanerError, ExtraMissing, InputError, OutputError, SettingError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.work_files import rename_to_nothing

__all__ = ["ClipStore", "open_store", "refuse_password"]

_PART_BYTES = 64 << 20
_MOST_PUT_BYTES = 4 << 30
"""Larger objects go up in parts; a single put ends at 5 GB."""


_PASSWORD = re.compile(r"[^:/]*://([^/@]*:[^/]*@|[^/@\[]*:(?!\d*(/|$)).*@)")
"""Before the host, also where a slash in it makes the rest look like a path."""


def refuse_password(url: str) -> None:
    """Refuse an address that holds a password: it would stand in messages, reports and lists of processes.

    Raises:
        SettingError: it does; the sentence does not repeat it.
    """
    if _PASSWORD.match(url):
        scheme = url.partition("://")[0]
        raise SettingError(
            msg(
                "A password stands in the address {scheme}://..., where reports tell it and everybody on this machine "
                "can read it.",
                scheme=scheme,
            ),
            hint="Leave it out: SFTP logs in by the keys in ~/.ssh, other stores by their own settings.",
        )


class ClipStore(Protocol):
    """A folder of a store; names are relative to it, with slashes."""

    def names(self) -> list[str]:
        """All files in it and below, sorted; empty where there is none."""

    def size(self, name: str) -> int | None:
        """Bytes of a file, None where there is none."""

    def fetch(self, name: str, to: Path) -> None:
        """Copy a file to a path of this machine, piece by piece."""

    def remove(self, name: str) -> None:
        """Delete a file; what cannot be deleted stays."""

    def publish(self, path: Path, name: str, *, overwrite: bool, token: str) -> bool:
        """Put a file under its final name, whole or not at all; False where another writer was first.

        Args:
            path: the file on this machine.
            name: the final name.
            overwrite: replace what is there.
            token: names the writer, so that an answer that was lost on the way is not taken for another's.
        """


def open_store(url: str) -> ClipStore:
    """The store behind a URL.

    Raises:
        ExtraMissing: what is needed for it is not installed.
        InputError: nobody knows this kind of URL.
        SettingError: a password stands in it.
    """
    refuse_password(url)
    if urlsplit(url).scheme == "s3":
        return _S3Store(url)
    return _FsspecStore(url)


def safe_name(name: str) -> bool:
    """Whether a name of a listing stays within its folder."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\\" not in name and "\0" not in name


@contextlib.contextmanager
def _mapped(url: str, *, to: type[DashcamCleanerError], verb: str) -> Iterator[None]:
    """Whatever a store's library raises becomes one of our errors."""
    try:
        yield
    except DashcamCleanerError:
        raise
    except Exception as error:  # each kind of store has its own tree of errors
        words = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise to(
            msg("{url} cannot be {verb}: {words}.", url=url, verb=verb, words=words),
            hint=msg("Check the address, the network and who may read it."),
        ) from error


class _S3Store:
    """A prefix of a bucket."""

    def __init__(self, url: str) -> None:
        try:
            import boto3
            import botocore.config
            import botocore.exceptions
        except ImportError as error:
            raise ExtraMissing("S3 needs boto3, which is not installed.", hint=extra_hint("cluster")) from error
        # Not as other URLs are read: a key may hold ? and #, and a clip of another name would be taken.
        self._url = url
        self._bucket, _, prefix = url.partition("://")[2].partition("/")
        prefix = prefix.strip("/")
        self._prefix = prefix + "/" if prefix else ""
        self._failed = botocore.exceptions.ClientError
        retries = {"max_attempts": 10, "mode": "standard"}
        with _mapped(url, to=InputError, verb="opened"):
            self._client: Any = boto3.client(
                "s3", config=botocore.config.Config(retries=retries, connect_timeout=20, read_timeout=60)
            )

    def names(self) -> list[str]:
        with _mapped(self._url, to=InputError, verb="listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            keys = [found["Key"][len(self._prefix) :] for page in pages for found in page.get("Contents", ())]
        return sorted(key for key in keys if safe_name(key) and not key.endswith("/"))

    def size(self, name: str) -> int | None:
        found = self._head(name)
        return None if found is None else int(found["ContentLength"])

    def fetch(self, name: str, to: Path) -> None:
        with _mapped(f"{self._url}/{name}", to=InputError, verb="read"):
            self._client.download_file(self._bucket, self._prefix + name, str(to))

    def remove(self, name: str) -> None:
        with contextlib.suppress(Exception):  # botocore's errors of the network and of the store have no common parent
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def publish(self, path: Path, name: str, *, overwrite: bool, token: str) -> bool:
        said: dict[str, Any] = {} if overwrite else {"IfNoneMatch": "*"}
        where = {"Bucket": self._bucket, "Key": self._prefix + name}
        with _mapped(f"{self._url}/{name}", to=OutputError, verb="written"):
            # Some servers pass the condition over without a word: there, this look is all that keeps what stands.
            if not overwrite and (found := self._head(name)) is not None:
                return _is_by(found, token)
            try:
                if path.stat().st_size <= _MOST_PUT_BYTES:
                    with path.open("rb") as file:
                        self._client.put_object(**where, Body=file, Metadata={"writer": token}, **said)
                else:
                    self._put_in_parts(path, where, token, said)
            except self._failed as error:
                if _status(error) not in (409, 412):
                    raise
                found = self._head(name)
                return found is not None and _is_by(found, token)
        return True

    def _put_in_parts(self, path: Path, where: dict[str, str], token: str, said: dict[str, Any]) -> None:
        upload = self._client.create_multipart_upload(**where, Metadata={"writer": token})["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            with path.open("rb") as file:
                while data := file.read(_PART_BYTES):
                    number = len(parts) + 1
                    sent = self._client.upload_part(**where, UploadId=upload, PartNumber=number, Body=data)
                    parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            self._client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts}, **said)
        except BaseException:
            with contextlib.suppress(Exception):  # what went wrong before is what is to be told
                self._client.abort_multipart_upload(**where, UploadId=upload)
            raise

    def _head(self, name: str) -> dict[str, Any] | None:
        with _mapped(f"{self._url}/{name}", to=InputError, verb="looked at"):
            try:
                found: dict[str, Any] = self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
            except self._failed as error:
                if _status(error) == 404:
                    return None
                raise
            return found


def _is_by(found: dict[str, Any], token: str) -> bool:
    """Whether an object was put by this writer: the answer to an attempt before may have been lost."""
    return bool(found.get("Metadata", {}).get("writer") == token)


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


@functools.cache
def _known_hosts_only() -> Any:
    """What refuses a machine that the user's ``known_hosts`` does not know; fsspec by itself would take any.

    Raises:
        ExtraMissing: paramiko is not installed.
    """
    try:
        import paramiko
    except ImportError as error:
        raise ExtraMissing("SFTP needs paramiko, which is not installed.", hint=extra_hint("cluster")) from error

    class KnownHostsOnly(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
        """Asked about every machine, since fsspec's own client knows none."""

        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:  # noqa: ARG002  # paramiko's signature
            """Raise where the machine has another key, or none that we know."""
            known = Path("~/.ssh/known_hosts").expanduser()
            if not known.is_file() or not paramiko.HostKeys(str(known)).check(hostname, key):
                raise InputError(
                    msg("{hostname} is not known, or has another key than it had.", hostname=hostname),
                    hint="Connect to it once with ssh, and say yes if the key is its own.",
                )

    return KnownHostsOnly()


def _sftp(url: str) -> tuple[Any, str]:
    """The file system of a machine behind SSH, by paramiko whatever else is installed, and the path there."""
    policy = _known_hosts_only()
    from fsspec.implementations.sftp import SFTPFileSystem

    options = {**SFTPFileSystem._get_kwargs_from_urls(url), "host_key_policy": policy}
    files = SFTPFileSystem(**options)
    if not files.client.get_transport().is_active():  # kept from before the network died
        SFTPFileSystem.clear_instance_cache()
        files = SFTPFileSystem(**options)
    return files, SFTPFileSystem._strip_protocol(url)


class _FsspecStore:
    """A folder of any file system that fsspec knows."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise ExtraMissing(
                msg("{url} needs fsspec, which is not installed.", url=url), hint=extra_hint("cluster")
            ) from error
        self._url = url.rstrip("/")
        self._scheme = urlsplit(url).scheme.replace("ssh", "sftp")
        with _mapped(url, to=InputError, verb="opened"):
            if self._scheme == "sftp":
                self._files, self._root = _sftp(self._url)
            else:
                # Not by fsspec's own `url_to_fs`: to that, "::" in the name of a folder leads to another file system.
                kind = fsspec.get_filesystem_class(self._scheme)
                self._files, self._root = kind(**kind._get_kwargs_from_urls(self._url)), kind._strip_protocol(self._url)

    def names(self) -> list[str]:
        with _mapped(self._url, to=InputError, verb="listed"):
            self._files.invalidate_cache()
            found = [str(path) for path in self._files.find(self._root)]
        root = self._root.rstrip("/") + "/"
        return sorted(path[len(root) :] for path in found if path.startswith(root) and safe_name(path[len(root) :]))

    def size(self, name: str) -> int | None:
        with _mapped(f"{self._url}/{name}", to=InputError, verb="looked at"):
            self._files.invalidate_cache()
            place = f"{self._root}/{name}"
            return int(self._files.size(place)) if self._files.exists(place) else None

    def fetch(self, name: str, to: Path) -> None:
        with _mapped(f"{self._url}/{name}", to=InputError, verb="read"):
            self._files.get_file(f"{self._root}/{name}", str(to))

    def remove(self, name: str) -> None:
        with contextlib.suppress(Exception):  # each file system has errors of its own
            self._files.rm_file(f"{self._root}/{name}")

    def publish(self, path: Path, name: str, *, overwrite: bool, token: str) -> bool:  # noqa: ARG002  # no answers get lost
        place = f"{self._root}/{name}"
        folder, _, last = place.rpartition("/")
        beside = f"{folder}/.{last}.{secrets.token_hex(8)}.partial"
        with _mapped(f"{self._url}/{name}", to=OutputError, verb="written"):
            self._files.makedirs(folder, exist_ok=True)
            try:
                self._files.put_file(str(path), beside)
                self._files.invalidate_cache()
                if overwrite:
                    self._files.mv(beside, place)
                    return True
                return self._move_to_nothing(beside, place)
            finally:
                with contextlib.suppress(Exception):  # it was moved, or the connection is gone with it
                    if self._files.exists(beside):
                        self._files.rm_file(beside)

    def _move_to_nothing(self, beside: str, place: str) -> bool:
        """Move a file where nothing stands; False where something does.

        In one step with SFTP, whose own ``rename`` refuses a name that is taken, and in a folder of this machine.
        Elsewhere another writer may come between the look and the move.
        """
        if self._files.exists(place):
            return False
        try:
            if self._scheme == "sftp":
                self._files.ftp.rename(beside, place)
            elif self._scheme == "file":
                rename_to_nothing(Path(beside), Path(place))
            else:
                self._files.mv(beside, place)
        except OSError:
            self._files.invalidate_cache()
            if self._files.exists(place):
                return False
            raise
        return True
