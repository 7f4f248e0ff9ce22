"""OBS as a switch: a scene item, or a filter of a source, on and off over obs-websocket 5.

What is switched is what covers: an item that lies over the scene (our own stream, a colour) is shown, or a filter is
turned on, while covered. A killed program cannot cover: the script that comes with us (`live.obs_script`) does, when
the lease that is written into the covering source's private settings is not renewed. Its own settings are left alone:
with each change of those OBS opens a source anew.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import ExtraMissing, OutputError, extra_hint
from dashcamcleaner.messages import msg

__all__ = ["PASSWORD_VARIABLE", "ObsSwitch", "parse_obs"]

PASSWORD_VARIABLE = "DASHCAMCLEANER_OBS_PASSWORD"
LEASE_KEY = "dashcamcleaner_lease"
"""The entry of the covering source's private settings that is counted up with each renewal."""

_PORT = 4455
_NOT_READY = 207
"""What OBS answers while its scenes are loaded."""
_NO_INPUT = 602
"""What OBS answers of a scene or a group, asked as a source."""
_MEDIA_KINDS = ("ffmpeg_source", "vlc_source")
"""Sources that show nothing until their picture has come, each time that they are shown: what lies beneath is seen."""
_TIMEOUT_S = 2.0


def parse_obs(url: str) -> ObsSwitch:
    """A switch of ``obs://[HOST[:PORT]]/SCENE/ITEM`` or ``obs://[HOST[:PORT]]/SOURCE?filter=NAME``.

    The password is taken from the environment, never from the command line, which everybody on the machine can read.

    Raises:
        OutputError: it is neither.
        ExtraMissing: obsws-python is not installed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT
    except ValueError as error:
        raise OutputError(msg("{url} is no address of OBS: {error}.", url=visible(url), error=error)) from error
    path = [unquote(part) for part in parts.path.strip("/").split("/") if part]
    filters = parse_qs(parts.query).get("filter", [])
    if parts.password or parts.username:
        raise OutputError(
            "A password stands in the address of OBS, where everybody on this machine can read it.",
            hint=msg("Put it into the environment variable {password_variable}.", password_variable=PASSWORD_VARIABLE),
        )
    if len(path) == 1 and len(filters) == 1:
        scene, item, name = "", path[0], filters[0]
    elif len(path) == 2 and not filters:
        (scene, item), name = path, ""
    else:
        raise OutputError(
            msg("{url} does not say what is switched in OBS.", url=visible(url)),
            hint="obs://localhost:4455/SCENE/ITEM, or obs://localhost:4455/SOURCE?filter=NAME.",
        )
    return ObsSwitch(host=parts.hostname or "localhost", port=port, scene=scene, item=item, filter_name=name)


class ObsSwitch:
    """A `CoverSwitch` over obs-websocket.

    Args:
        host, port: where OBS listens.
        scene, item: the item that is shown to cover; or, with a filter, `item` is its source.
        filter_name: the filter that is turned on to cover.
        password: None: taken from the environment.
    """

    def __init__(
        self, *, host: str, port: int, scene: str, item: str, filter_name: str = "", password: str | None = None
    ) -> None:
        if importlib.util.find_spec("obsws_python") is None:
            raise ExtraMissing("OBS is reached by obsws-python, which is not installed.", hint=extra_hint("live"))
        self._host, self._port = host, port
        self._scene, self._item, self._filter = scene, item, filter_name
        self._password = os.environ.get(PASSWORD_VARIABLE, "") if password is None else password
        self._client: Any = None
        self._item_id = 0
        self._renewals = 0
        self._uncovered = False
        what = (
            msg("filter {filter_name} of {item}", filter_name=visible(filter_name), item=visible(item))
            if filter_name
            else f"{visible(item)}"
        )
        self.description = msg("OBS at {host}:{port}, {what}", host=host, port=port, what=what)
        # The library writes what went wrong to the log by itself; it is told once, by us.
        logging.getLogger("obsws_python").setLevel(logging.CRITICAL)

    def connect(self) -> None:
        """Begin, covered.

        Raises:
            OutputError: OBS is not there, refuses the password, or knows no such scene, item or filter; the item is one
            that does not cover at once, or OBS is in studio mode.
        """
        self.close()
        # The library's own client of requests leaves a connection open whose password was refused.
        from obsws_python.baseclient import ObsClient
        from obsws_python.error import OBSSDKError

        try:
            self._client = ObsClient(host=self._host, port=self._port, password=self._password, timeout=_TIMEOUT_S)
            self._client.authenticate()
        except OBSSDKError as error:
            self._end()
            raise OutputError(
                msg("OBS refuses the password: {error}.", error=visible(error)),
                hint=msg(
                    "It stands in OBS under Tools, WebSocket Server Settings; put it into {password_variable}.",
                    password_variable=PASSWORD_VARIABLE,
                ),
            ) from error
        except Exception as error:  # sockets', and those of two libraries beneath
            self._end()
            raise OutputError(
                msg("OBS does not answer: {error}.", error=visible(error)),
                hint="Start OBS and turn its WebSocket server on (Tools, WebSocket Server Settings).",
            ) from error
        if not self._filter:
            with self._asking():
                found = self._ask("GetSceneItemId", {"sceneName": self._scene, "sourceName": self._item})
                self._item_id = int(found["sceneItemId"])
        self._cover()
        if not self._filter and self._kind() in _MEDIA_KINDS:
            raise OutputError(
                msg(
                    "{item} is a media source in OBS: until its picture comes, what lies beneath is seen.",
                    item=visible(self._item),
                ),
                hint="Let a colour or a picture cover, or a group in which one lies beneath it.",
            )
        self._check_reach()

    def _kind(self) -> str:
        """What the covering source is, in OBS's words; empty: a scene or a group."""
        from obsws_python.error import OBSSDKRequestError

        with self._asking():
            try:
                return str(self._ask("GetInputSettings", {"inputName": self._item})["inputKind"])
            except OBSSDKRequestError as error:
                if error.code == _NO_INPUT:
                    return ""
                raise

    def set(self, *, covered: bool, score: float) -> None:  # noqa: ARG002  # OBS shows no scores
        """Cover or uncover, and renew the lease; a filter has none, nobody in OBS would turn it on.

        Raises:
            OutputError: the link is down, or OBS is in studio mode.
        """
        if covered:
            self._cover()
            return
        self._check_reach()
        if not self._filter:
            self._renewals += 1
            with self._asking():
                self._ask(
                    "SetSourcePrivateSettings",
                    {"sourceName": self._item, "sourceSettings": {LEASE_KEY: self._renewals}},
                )
        self._uncovered = True
        self._switch(covered=False)

    def _check_reach(self) -> None:
        """See that what is switched is what goes out: in studio mode that is a copy, which nothing from here reaches.

        A filter reaches it, unless OBS is set to duplicate sources as well; it does not tell.

        Raises:
            OutputError: OBS is in studio mode; it is covered.
        """
        if self._in_studio_mode():
            self._cover()
            raise OutputError(
                "OBS is in studio mode: what goes out is a copy of the scene, in which nothing can be switched.",
                hint="End studio mode, or let the script inside OBS switch (obs-script:PORT).",
            )

    def _in_studio_mode(self) -> bool:
        with self._asking():
            return bool(self._ask("GetStudioModeEnabled", {})["studioModeEnabled"])

    def _cover(self) -> None:
        """Cover, also where studio mode was begun while it was uncovered: the scene on air goes out once more."""
        self._switch(covered=True)
        if self._uncovered and self._in_studio_mode():
            with self._asking():
                on_air = self._ask("GetCurrentProgramScene", {})["currentProgramSceneName"]
                self._ask("SetCurrentProgramScene", {"sceneName": on_air})
        self._uncovered = False

    def _switch(self, *, covered: bool) -> None:
        with self._asking():
            if self._filter:
                self._ask(
                    "SetSourceFilterEnabled",
                    {"sourceName": self._item, "filterName": self._filter, "filterEnabled": covered},
                )
            else:
                self._ask(
                    "SetSceneItemEnabled",
                    {"sceneName": self._scene, "sceneItemId": self._item_id, "sceneItemEnabled": covered},
                )

    def _ask(self, request: str, data: dict[str, Any]) -> dict[str, Any]:
        """One request and its answer."""
        from obsws_python.error import OBSSDKRequestError

        answer = self._client.req(request, data or None)
        status = answer["requestStatus"]
        if not status["result"]:
            raise OBSSDKRequestError(answer["requestType"], status["code"], status.get("comment"))
        return dict(answer.get("responseData") or {})

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Whatever goes wrong with a request is one of our errors."""
        from obsws_python.error import OBSSDKRequestError

        try:
            yield
        except OBSSDKRequestError as error:
            if error.code == _NOT_READY:
                raise OutputError("OBS is still starting.") from error
            raise OutputError(
                msg("OBS has nothing like it: {error}.", error=visible(error)),
                hint="See the names of scene, item and filter in OBS.",
            ) from error
        except Exception as error:  # sockets', and those of two libraries beneath
            raise OutputError(
                msg("The link to OBS is down: {error}.", error=visible(error) or type(error).__name__)
            ) from error

    def close(self) -> None:
        """Cover, and end the link."""
        if self._client is None:
            return
        with contextlib.suppress(OutputError):
            if self._filter or self._item_id:
                self._cover()
        self._end()

    def _end(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # it may be gone already, in whatever way
                client.ws.close()
            with contextlib.suppress(Exception):  # of a link that broke, the line above leaves the socket open
                client.ws.shutdown()
