"""How a service is opened: where it listens, who may ask, and its limits.

The rows are those of a settings table (`settings.row`), so that flags, ranges and complaints are made as everywhere.
They are no settings of a clip and stand in no settings file: whoever starts the server decides them.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.settings.row import UNSET, Setting, rows_of, setting
from dashcamcleaner.user_folders import user_folder

__all__ = ["GROUPS", "ROWS", "ServiceOptions", "is_loopback", "read_tokens"]

GROUPS = {
    "address": "Where it listens, and who may ask",
    "limits": "Limits",
    "jobs": "Jobs",
}

_LEAST_TOKEN = 16
TOKEN_VARIABLE = "DASHCAMCLEANER_TOKEN"


# fmt: off
@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """Checked values of all rows; each field's row tells what it is.

    Raises:
        SettingError: a value out of range, or an address that needs a token and has none.
    """

    host: str = setting("127.0.0.1", "address", "Host",
        "Address to listen on; any other than this machine's own needs a token.")
    port: int = setting(8080, "address", "Port", "Port to listen on; 0: a free one.", minimum=0, maximum=65535)
    token_file: str | None = setting(None, "address", "Token file",
        msg("File with one token a line, of at least {least_token} characters; auto: those in {token_variable}.",
            least_token=_LEAST_TOKEN, token_variable=TOKEN_VARIABLE),
        text="path")
    allow_name: tuple[str, ...] = setting((), "address", "Further names",
        "Names under which browsers may reach the service, where it stands behind a proxy.")
    rate: int = setting(600, "address", "Requests a minute",
        "Most requests a minute of one token (without tokens: of one address).", minimum=1, maximum=1_000_000)
    policy: str | None = setting(None, "address", "Policy",
        "TOML file of named policies: thresholds per category for verdicts; auto: the built-in one.", text="path")
    max_picture_mb: float = setting(50, "limits", "Largest picture", "Most bytes of one picture.",
        minimum=0.001, maximum=4096, unit="MB")
    max_request_mb: float = setting(200, "limits", "Largest request", "Most bytes of a request with pictures.",
        minimum=0.001, maximum=16384, unit="MB")
    max_clip_mb: float = setting(4096, "limits", "Largest clip", "Most bytes of the files of a job.",
        minimum=0.001, maximum=1_000_000, unit="MB")
    max_megapixels: float = setting(100, "limits", "Largest size", "Most pixels of a picture, or of a clip's frame.",
        minimum=0.001, maximum=1000, unit="million pixels")
    max_pictures: int = setting(32, "limits", "Pictures a request", "Most pictures of one request.",
        minimum=1, maximum=1000)
    max_duration: float = setting(7200, "limits", "Longest clip", "Longest clip of a job.",
        minimum=0.1, maximum=604800, unit="s")
    max_request_time: float = setting(120, "limits", "Longest answer",
        "How long a request's bytes may take to come, and pictures to be answered.",
        minimum=0.1, maximum=3600, unit="s")
    max_upload_time: float = setting(3600, "limits", "Longest upload", "How long the files of a job may take to come.",
        minimum=0.1, maximum=86400, unit="s")
    max_job_time: float = setting(43200, "limits", "Longest job", "How long a job may run.",
        minimum=0.1, maximum=604800, unit="s")
    picture_queue: int = setting(64, "limits", "Waiting requests",
        "Requests with pictures that may wait; beyond, 429 tells to come again.", minimum=1, maximum=10000)
    job_queue: int = setting(16, "limits", "Waiting jobs",
        "Jobs that may wait or run; beyond, 429 tells to come again.", minimum=1, maximum=10000)
    job_processes: int = setting(1, "jobs", "Jobs at once", "Jobs that run at once, each in a process of its own.",
        minimum=1, maximum=64)
    storage: str | None = setting(None, "jobs", "Storage",
        "Folder for jobs and temporary files; auto: in your state folder.", text="path")
    allow_folder: tuple[str, ...] = setting((), "jobs", "Allowed folders",
        "Folders whose clips a job may name by their path instead of sending them.")
    keep_hours: float = setting(24, "jobs", "Kept for",
        "How long a finished job is kept with its files; then nothing of it is.", minimum=0.0001, maximum=8760,
        unit="h")
    webhook_host: tuple[str, ...] = setting((), "jobs", "Webhook hosts",
        "Hosts that may be told when a job ends: NAME or NAME:PORT by https; http://NAME:PORT without.")
    webhook_secret_file: str | None = setting(None, "jobs", "Webhook secret",
        "File with the secret that signs what webhooks are told.", text="path")
    # fmt: on

    def __post_init__(self) -> None:
        complaints = []
        for row in ROWS:
            value = getattr(self, row.name)
            try:
                object.__setattr__(self, row.name, row.default if value is UNSET else row.check(value))
            except SettingError as error:
                complaints.append(error.message)
        if complaints:
            raise SettingError(joined(complaints))
        for folder in self.allow_folder:
            if not Path(folder).is_dir():
                raise SettingError(
                    msg("There is no folder {folder}.", folder=folder), hint="--allow-folder names one that is there."
                )
        if self.webhook_host and not self.webhook_secret_file:
            raise SettingError(
                "Webhooks are signed, and there is no secret.", hint="Name a file with one: --webhook-secret-file FILE."
            )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ServiceOptions:
        """Options of what was said, by name."""
        return cls(**values)

    @property
    def storage_folder(self) -> Path:
        """The folder for jobs and temporary files; not created here."""
        return Path(self.storage).absolute() if self.storage else user_folder("state") / "service"

    def replaced(self, **changes: Any) -> ServiceOptions:
        """The same with some values changed."""
        return dataclasses.replace(self, **changes)

    def tokens(self) -> tuple[str, ...]:
        """The tokens of file or environment; none where nobody gave one.

        Raises:
            SettingError: a token is too short, or the address needs one and there is none.
        """
        tokens = read_tokens(self.token_file)
        if not tokens and not is_loopback(self.host):
            raise SettingError(
                msg(
                    "{host} can be reached from other machines, and nobody would be asked for a token.", host=self.host
                ),
                hint=msg(
                    "Name a file with one: --token-file FILE (or {token_variable}), or stay at --host 127.0.0.1.",
                    token_variable=TOKEN_VARIABLE,
                ),
            )
        return tokens

    def webhook_secret(self) -> bytes:
        """The secret that signs webhooks.

        Raises:
            SettingError: its file cannot be read, or holds less than 16 bytes.
        """
        if not self.webhook_secret_file:
            return b""
        path = Path(self.webhook_secret_file)
        with map_os_errors(path, what=msg("The file {path}", path=path), verb="read", to=SettingError):
            secret = path.read_bytes().strip()
        if len(secret) < _LEAST_TOKEN:
            raise SettingError(
                msg("The webhooks' secret has less than {least_token} bytes.", least_token=_LEAST_TOKEN),
                hint="Make a longer one.",
            )
        return secret


ROWS: tuple[Setting, ...] = rows_of(ServiceOptions)


def read_tokens(file: str | None) -> tuple[str, ...]:
    """The tokens that a file holds, one a line; of the environment where no file is named.

    Raises:
        SettingError: the file cannot be read or holds none, or a token is too short or not of plain characters.
    """
    if file:
        what = msg("The token file {file}", file=file)
        with map_os_errors(Path(file), what=what, verb="read", to=SettingError, also=(ValueError,)):
            text = Path(file).read_text(encoding="utf-8")
    else:
        text = os.environ.get(TOKEN_VARIABLE, "")
    tokens = tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
    if file and not tokens:
        raise SettingError(
            msg("The token file {file} holds no token.", file=file),
            hint="One a line; make one: openssl rand -hex 32.",
        )
    for token in tokens:
        if len(token) < _LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            raise SettingError(
                msg(
                    "A token has at least {least_token} plain characters, none of them a space.",
                    least_token=_LEAST_TOKEN,
                ),
                hint="Make one: openssl rand -hex 32.",
            )
    return tokens


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone; a name counts if all its addresses do."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)
