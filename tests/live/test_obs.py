"""Against a real OBS: the password, names that are not there, the cover on and off, its lease, OBS killed and back."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from real_obs import CLEAR, COVER, PASSWORD, Obs, free_port, obs_python_has_zmq, running_obs, wait_for

import dashcamcleaner
from dashcamcleaner.errors import OutputError
from dashcamcleaner.live.clock import SessionClock
from dashcamcleaner.live.obs import ObsSwitch, parse_obs
from dashcamcleaner.live.obs_feed import ObsFeed, parse_feed
from dashcamcleaner.live.switching import Switcher

FALLS_BACK_S = 4.0
"""A lease and the script's interval, and room for a busy machine."""


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Obs]:
    with running_obs(tmp_path_factory.mktemp("obs")) as running:
        yield running


@pytest.fixture
def feed(obs: Obs) -> Iterator[ObsFeed]:
    """What the script inside OBS listens to."""
    pytest.importorskip("zmq", reason="pyzmq is not installed (the extra live)")
    if not obs_python_has_zmq():
        pytest.skip("the system's Python, which is OBS's, lacks pyzmq (python3-zmq)")
    feed = ObsFeed(obs.feed_port)
    feed.connect()
    yield feed
    feed.close()


def switch_of(
    obs: Obs, *, password: str = PASSWORD, scene: str = "Live", item: str = "blurred", name: str = ""
) -> ObsSwitch:
    return ObsSwitch(host="localhost", port=obs.port, scene=scene, item=item, filter_name=name, password=password)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_wrong_password_is_refused_and_told(obs: Obs, password: str) -> None:
    with pytest.raises(OutputError, match="refuses the password") as told:
        switch_of(obs, password=password).connect()
    assert "DASHCAMCLEANER_OBS_PASSWORD" in told.value.hint


def test_nobody_there_is_told() -> None:
    pytest.importorskip("obsws_python", reason="obsws-python is not installed (the extra live)")
    nobody = ObsSwitch(host="localhost", port=free_port(), scene="Live", item="blurred", password="")
    with pytest.raises(OutputError, match="does not answer"):
        nobody.connect()


@pytest.mark.parametrize(
    ("scene", "item", "name"), [("Nowhere", "blurred", ""), ("Live", "nothing", ""), ("", "filtered", "no filter")]
)
def test_what_is_not_there_is_told(obs: Obs, scene: str, item: str, name: str) -> None:
    switch = switch_of(obs, scene=scene, item=item, name=name)
    with pytest.raises(OutputError, match="nothing like it"):
        switch.connect()
    switch.close()


def test_an_item_covers_and_uncovers_as_seen_in_screenshots(obs: Obs) -> None:
    switch = switch_of(obs)
    switch.connect()
    with obs.asking() as client:
        assert wait_for(lambda: obs.shows(client, COVER), seconds=5)

        def uncovered() -> bool:
            switch.set(covered=False, score=0.0)
            return obs.shows(client, CLEAR)

        assert wait_for(uncovered, seconds=5)
        switch.set(covered=True, score=1.0)
        assert wait_for(lambda: obs.shows(client, COVER), seconds=5)
        switch.set(covered=False, score=0.0)
        switch.close()
        assert wait_for(lambda: obs.shows(client, COVER), seconds=5), "closing covers"


def test_a_filter_covers_and_uncovers(obs: Obs) -> None:
    switch = switch_of(obs, scene="", item="filtered", name="black")
    switch.connect()
    with obs.asking() as client:

        def enabled() -> bool:
            asked = {"sourceName": "filtered", "filterName": "black"}
            return bool(client.send("GetSourceFilter", asked, raw=True)["filterEnabled"])

        assert enabled()
        switch.set(covered=False, score=0.0)
        assert not enabled()
        switch.close()
        assert enabled()


def test_a_media_source_is_refused_since_it_covers_late_and_stays_shown(obs: Obs) -> None:
    with obs.asking() as client:
        client.send(
            "CreateInput",
            {
                "sceneName": "Other",
                "inputName": "Stream",
                "inputKind": "ffmpeg_source",
                "inputSettings": {"is_local_file": False},
            },
        )
        number = client.send("GetSceneItemId", {"sceneName": "Other", "sourceName": "Stream"}, raw=True)["sceneItemId"]
        item = {"sceneName": "Other", "sceneItemId": number}
        client.send("SetSceneItemEnabled", {**item, "sceneItemEnabled": False})
        switch = switch_of(obs, scene="Other", item="Stream")
        with pytest.raises(OutputError, match="Stream is a media source") as told:
            switch.connect()
        assert "a colour" in told.value.hint
        switch.close()
        assert client.send("GetSceneItemEnabled", item, raw=True)["sceneItemEnabled"]
        client.send("RemoveInput", {"inputName": "Stream"})


def test_a_renewal_leaves_the_settings_of_what_covers_alone(obs: Obs) -> None:
    """With each change of them OBS opens a source anew."""
    switch = switch_of(obs)
    with obs.asking() as client:
        before = client.send("GetInputSettings", {"inputName": "blurred"}, raw=True)
        switch.connect()
        for _ in range(3):
            switch.set(covered=False, score=0.0)
        assert client.send("GetInputSettings", {"inputName": "blurred"}, raw=True) == before
    switch.close()


def test_a_scene_covers_and_so_does_its_filter(obs: Obs) -> None:
    with obs.asking() as client:
        client.send("CreateScene", {"sceneName": "Curtain"})
        client.send("CreateSceneItem", {"sceneName": "Other", "sourceName": "Curtain", "sceneItemEnabled": True})
        client.send(
            "CreateSourceFilter",
            {"sourceName": "Curtain", "filterName": "dark", "filterKind": "color_filter_v2", "filterSettings": {}},
        )
        number = client.send("GetSceneItemId", {"sceneName": "Other", "sourceName": "Curtain"}, raw=True)
        item = {"sceneName": "Other", **number}
        nested = switch_of(obs, scene="Other", item="Curtain")
        nested.connect()
        nested.set(covered=False, score=0.0)
        assert not client.send("GetSceneItemEnabled", item, raw=True)["sceneItemEnabled"]
        nested.close()
        assert client.send("GetSceneItemEnabled", item, raw=True)["sceneItemEnabled"]
    switch = switch_of(obs, scene="", item="Curtain", name="dark")
    switch.connect()
    switch.set(covered=False, score=0.0)
    with obs.asking() as client:
        asked = {"sourceName": "Curtain", "filterName": "dark"}
        assert not client.send("GetSourceFilter", asked, raw=True)["filterEnabled"]
        switch.close()
        assert client.send("GetSourceFilter", asked, raw=True)["filterEnabled"]


@contextlib.contextmanager
def recorded(obs: Obs) -> Iterator[list[tuple[int, int, int]]]:
    """What goes out meanwhile, as the colour in the middle of each frame; in studio mode no screenshot shows it."""
    colours: list[tuple[int, int, int]] = []
    with obs.asking() as client:
        client.send("StartRecord")
        time.sleep(1.0)
        try:
            yield colours
        finally:
            time.sleep(1.0)
            path = client.send("StopRecord", raw=True)["outputPath"]
            assert wait_for(lambda: not client.send("GetRecordStatus", raw=True)["outputActive"], seconds=20)
            client.send("SetStudioModeEnabled", {"studioModeEnabled": False})
    with av.open(path) as written:
        for frame in written.decode(video=0):
            r, g, b = frame.to_ndarray(format="rgb24")[frame.height // 2, frame.width // 2].tolist()
            colours.append((r, g, b))


def is_like(colour: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 60 for a, b in zip(colour, other, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["", "black"], ids=["item", "filter"])
def test_studio_mode_is_refused_and_what_goes_out_is_covered(obs: Obs, name: str) -> None:
    switch = switch_of(obs, scene="", item="filtered", name=name) if name else switch_of(obs)
    with obs.asking() as client:
        client.send("SetCurrentProgramScene", {"sceneName": "Other" if name else "Live"})
        time.sleep(0.5)
    with recorded(obs) as colours, obs.asking() as client:
        switch.connect()
        for _ in range(10):
            switch.set(covered=False, score=0.0)
            time.sleep(0.1)
        client.send("SetStudioModeEnabled", {"studioModeEnabled": True})
        with pytest.raises(OutputError, match="studio mode") as told:
            switch.set(covered=False, score=0.0)
        assert "obs-script" in told.value.hint
        switch.close()
        with pytest.raises(OutputError, match="studio mode"):
            switch.connect()
        switch.close()
    with obs.asking() as client:
        client.send("SetCurrentProgramScene", {"sceneName": "Live"})
    assert any(is_like(one, CLEAR) for one in colours)
    assert is_like(colours[-1], (0, 0, 0) if name else COVER)


@pytest.mark.slow
def test_the_script_covers_what_goes_out_in_studio_mode(obs: Obs, feed: ObsFeed) -> None:
    with recorded(obs) as colours, obs.asking() as client:

        def clear() -> bool:
            feed.set(covered=False, score=0.1)
            return obs.shows(client, CLEAR)

        assert wait_for(clear, seconds=60)
        client.send("SetStudioModeEnabled", {"studioModeEnabled": True})
        client.send("TriggerStudioModeTransition")  # a copy of the scene as it is goes out
        for _ in range(10):
            feed.set(covered=False, score=0.1)
            time.sleep(0.1)
        feed.set(covered=True, score=0.1)
        time.sleep(0.5)
    assert any(is_like(one, CLEAR) for one in colours)
    assert is_like(colours[-1], COVER)


def test_a_lease_over_the_websocket_that_is_not_renewed_covers(obs: Obs) -> None:
    switch = switch_of(obs)
    switch.connect()
    with obs.asking() as client:

        def renewed() -> bool:
            switch.set(covered=False, score=0.0)
            return obs.shows(client, CLEAR)

        assert wait_for(renewed, seconds=5)
        for _ in range(30):  # renewed, it stays so beyond a lease's length
            switch.set(covered=False, score=0.0)
            time.sleep(0.1)
            assert obs.shows(client, CLEAR)
        # As if the program had been killed: the link is there no more, and nobody has covered.
        switch._client.ws.close()
        switch._client = None
        assert wait_for(lambda: obs.shows(client, COVER), seconds=FALLS_BACK_S)


def test_the_script_covers_and_uncovers_by_zeromq_and_falls_back(obs: Obs, feed: ObsFeed) -> None:
    with obs.asking() as client:

        def clear() -> bool:
            feed.set(covered=False, score=0.1)
            return obs.shows(client, CLEAR)

        assert wait_for(clear, seconds=60), (obs.home / "obs.log").read_text(errors="replace")[-2000:]
        feed.set(covered=False, score=0.9)
        assert wait_for(lambda: obs.shows(client, COVER), seconds=3), "over the threshold set in the script"
        assert wait_for(clear, seconds=5)
        assert wait_for(lambda: obs.shows(client, COVER), seconds=FALLS_BACK_S), "no lease was renewed"
        assert wait_for(clear, seconds=5)
        feed._socket.send_string('{"lease": "no number"}')
        feed._socket.send_string("no message at all")
        assert wait_for(lambda: obs.shows(client, COVER), seconds=FALLS_BACK_S), "nonsense renews nothing"


def test_obs_killed_is_told_at_once_and_found_again_covered(obs: Obs) -> None:
    told: list[str] = []
    clock = SessionClock()
    switcher = Switcher(
        switch_of(obs),
        clock=clock,
        hold_s=0.2,
        fresh_s=1e9,
        tell=lambda what, sentence: told.append(f"{what} {sentence}"),
    )
    thread = threading.Thread(target=switcher.run)
    thread.start()
    try:
        switcher.verdict(found=False, score=0.0)
        assert wait_for(lambda: not switcher.covered, seconds=5)
        obs.end(signal.SIGKILL)
        assert wait_for(lambda: any("link to OBS is down" in sentence for sentence in told), seconds=5)
        assert switcher.covered
        obs.start()
        with obs.asking() as client:
            assert wait_for(lambda: any("reached again" in sentence for sentence in told), seconds=10)
            assert wait_for(lambda: obs.shows(client, CLEAR), seconds=8)
            switcher.verdict(found=True, score=1.0)
            assert wait_for(lambda: obs.shows(client, COVER), seconds=3)
    finally:
        switcher.end()
        thread.join()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found in /proc")
def test_the_program_that_the_script_starts_ends_with_obs_however_that_ends(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".venv").symlink_to(sys.prefix)
    (tmp_path / "project" / "dashcamcleaner").symlink_to(Path(dashcamcleaner.__file__).parent)

    def programs(port: int) -> list[str]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"obs-script:{port}".encode() in path.read_bytes():
                    found.append(path.parent.name)
        return found

    with running_obs(tmp_path / "home", folder=str(tmp_path / "project")) as obs:
        assert wait_for(lambda: programs(obs.feed_port) != [], seconds=30)
        obs.end(signal.SIGKILL)
        assert wait_for(lambda: programs(obs.feed_port) == [], seconds=30)


def test_addresses_of_obs() -> None:
    pytest.importorskip("obsws_python", reason="obsws-python is not installed (the extra live)")
    item = parse_obs("obs://otherhost:4460/My%20scene/Blur")
    assert (item._host, item._port, item._scene, item._item, item._filter) == (
        "otherhost",
        4460,
        "My scene",
        "Blur",
        "",
    )
    named = parse_obs("obs:///Cam?filter=Hide%20me")
    assert (named._host, named._port, named._item, named._filter) == ("localhost", 4455, "Cam", "Hide me")
    for wrong in ("obs://localhost", "obs://h/Scene", "obs://h/a/b/c", "obs://h/a/b?filter=c", "obs://h:port/a/b"):
        with pytest.raises(OutputError):
            parse_obs(wrong)
    with pytest.raises(OutputError, match="password"):
        parse_obs("obs://user:secret@localhost/Live/blurred")


def test_a_port_for_the_script() -> None:
    pytest.importorskip("zmq", reason="pyzmq is not installed (the extra live)")
    assert parse_feed("obs-script:5555").port == 5555
    for wrong in ("obs-script", "obs-script:", "obs-script:0", "obs-script:70000", "obs-script:x"):
        with pytest.raises(OutputError):
            parse_feed(wrong)
    one = ObsFeed(0)
    one.connect()
    try:
        with pytest.raises(OutputError, match="cannot be used"):
            ObsFeed(one.port).connect()
    finally:
        one.close()
