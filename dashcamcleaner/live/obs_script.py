"""A script to load into OBS (Tools, Scripts): the blur source is shown unless told anew that nothing is there.

It runs inside OBS, with OBS's own Python, and imports nothing of the program. Two ways lead to it:

- ZeroMQ (the package pyzmq must be there for OBS's Python): ``dashcamcleaner live ... --to obs-script:PORT`` publishes
  whether to cover, the score, and a lease. With *Project folder* set, the script starts that itself.
- obs-websocket: ``--to obs://HOST:PORT/SCENE/ITEM`` switches the item itself and counts up a number in the private
  settings of the blur source; this script covers when the number stands still.

Whatever fails (the program was killed, the socket is dead, a message is no message), the blur source is shown when the
last lease runs out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import obspython as obs

try:
    import zmq
except ImportError:
    zmq = None  # type: ignore[assignment]

LEASE_KEY = "dashcamcleaner_lease"
MOST_LEASE_S = 2.0
WEBSOCKET_LEASE_S = 1.5
LOADING_S = 5.0  # OBS loads scripts before sources
MEDIA_KINDS = ("ffmpeg_source", "vlc_source")
# The program ends with its standard input, which OBS holds open: however OBS ends, nobody looks at the screen any more.
RUN = """
import os, signal, threading
from dashcamcleaner.__main__ import run
def watch():
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
run()
"""

settings_now: dict[str, Any] = {}
state: dict[str, Any] = {
    "context": None, "socket": None, "until": 0.0, "lease": None, "counted": None, "covered": None, "program": None,
    "warned": "", "since": 0.0,
}  # fmt: skip


def script_description() -> str:
    """What OBS shows of the script."""
    return "DashcamCleaner: shows the blur source unless told, again and again, that nothing is to be hidden.\n" + (
        "" if zmq else "pyzmq is not installed for OBS's Python: only obs-websocket works."
    )


def script_defaults(settings: Any) -> None:
    """The defaults of the settings."""
    obs.obs_data_set_default_double(settings, "threshold", 0.6)
    obs.obs_data_set_default_int(settings, "monitor", 1)
    obs.obs_data_set_default_int(settings, "port", 5555)
    obs.obs_data_set_default_int(settings, "query_interval", 100)


def script_properties() -> Any:
    """The form that OBS shows."""
    form = obs.obs_properties_create()
    folder = obs.obs_properties_add_path(form, "folder", "Project folder", obs.OBS_PATH_DIRECTORY, "", "")
    obs.obs_property_set_long_description(folder, "Empty: the program is started elsewhere.")
    obs.obs_properties_add_float_slider(form, "threshold", "Prediction threshold", 0.0, 1.0, 0.01)
    obs.obs_properties_add_int(form, "monitor", "Monitor number", 0, 16, 1)
    obs.obs_properties_add_int(form, "port", "Port", 1, 65535, 1)
    obs.obs_properties_add_int(form, "query_interval", "Query interval (ms)", 20, 500, 10)
    box = obs.obs_properties_add_list(
        form, "blur_source", "Blur source", obs.OBS_COMBO_TYPE_EDITABLE, obs.OBS_COMBO_FORMAT_STRING
    )
    sources = obs.obs_enum_sources()
    for source in sources or []:
        if obs.obs_source_get_unversioned_id(source) not in MEDIA_KINDS:
            name = obs.obs_source_get_name(source)
            obs.obs_property_list_add_string(box, name, name)
    obs.source_list_release(sources)
    return form


def script_update(settings: Any) -> None:
    """Settings were loaded or changed: begin anew, covered."""
    stop()
    settings_now.update(
        folder=obs.obs_data_get_string(settings, "folder"),
        threshold=obs.obs_data_get_double(settings, "threshold"),
        monitor=obs.obs_data_get_int(settings, "monitor"),
        port=obs.obs_data_get_int(settings, "port"),
        blur_source=obs.obs_data_get_string(settings, "blur_source"),
    )
    interval = min(500, max(20, obs.obs_data_get_int(settings, "query_interval")))
    state["since"] = time.monotonic()
    cover(True)
    if zmq is not None:
        state["context"] = zmq.Context()
        state["socket"] = state["context"].socket(zmq.SUB)
        state["socket"].setsockopt(zmq.CONFLATE, 1)
        state["socket"].setsockopt_string(zmq.SUBSCRIBE, "")
        state["socket"].setsockopt(zmq.LINGER, 0)
        state["socket"].connect(f"tcp://127.0.0.1:{settings_now['port']}")
    start_program()
    obs.timer_add(tick, interval)


def script_unload() -> None:
    """OBS ends, or the script is removed."""
    cover(True)
    stop()


def stop() -> None:
    """End the timer, the socket and the program."""
    obs.timer_remove(tick)
    if state["socket"] is not None:
        state["socket"].close()
        state["context"].term()
    if state["program"] is not None:
        state["program"].stdin.close()
    state.update(context=None, socket=None, program=None, until=0.0, lease=None, counted=None)


def start_program() -> None:
    """Start the program that looks at the monitor, if a folder was given."""
    folder = settings_now["folder"]
    if not folder:
        return
    inside = os.path.join(folder, ".venv", "Scripts" if sys.platform == "win32" else "bin", "python")
    words = ["-c", RUN, "live", "--from", f"screen:{settings_now['monitor']}", "--no-faces", "--no-plates"]
    words += [
        "--when",
        f"nudity>{settings_now['threshold']:.2f}",
        "--to",
        f"obs-script:{settings_now['port']}",
        "--quiet",
    ]
    try:
        state["program"] = subprocess.Popen([inside, *words], cwd=folder, stdin=subprocess.PIPE)
    except OSError as error:
        obs.script_log(obs.LOG_WARNING, f"DashcamCleaner cannot be started: {error}")


def heard() -> None:
    """Take the latest message; anything that is none changes nothing, and the lease runs out."""
    if state["socket"] is None:
        return
    try:
        message = json.loads(state["socket"].recv_string(zmq.NOBLOCK))
        lease, covered = int(message["lease"]), bool(message["covered"])
        lasts = min(MOST_LEASE_S, float(message["lease_ms"]) / 1000)
        score = float(message["score"])
    except zmq.Again:
        return
    except (zmq.ZMQError, ValueError, KeyError, TypeError) as error:
        obs.script_log(obs.LOG_WARNING, f"not understood: {error}")
        return
    if lease == state["lease"]:
        return
    state["lease"] = lease
    state["until"] = 0.0 if covered or score > settings_now["threshold"] else time.monotonic() + lasts


def counted() -> None:
    """See whether the number in the blur source's private settings, which obs-websocket counts up, has changed."""
    name = settings_now["blur_source"]
    source = obs.obs_get_source_by_name(name)
    if source is None:
        if time.monotonic() - state["since"] > LOADING_S:
            warn(f"there is no source {name!r}: nothing covers" if name else "choose a blur source: nothing covers")
        return
    if obs.obs_source_get_unversioned_id(source) in MEDIA_KINDS:
        warn(f"{name!r} is a media source: until its picture comes, what lies beneath is seen; cover with a colour")
    data = obs.obs_source_get_private_settings(source)
    number = obs.obs_data_get_int(data, LEASE_KEY)
    obs.obs_data_release(data)
    obs.obs_source_release(source)
    if state["counted"] is not None and number != state["counted"]:
        state["until"] = time.monotonic() + WEBSOCKET_LEASE_S
        state["lease"] = "websocket"
    state["counted"] = number


def warn(sentence: str) -> None:
    """Tell in OBS's script log, once, that what is set covers nothing."""
    if state["warned"] != sentence:
        obs.script_log(obs.LOG_WARNING, sentence)
    state["warned"] = sentence


def tick() -> None:
    """Called by OBS at the query interval."""
    heard()
    counted()
    out = time.monotonic() >= state["until"]
    if out:
        cover(True)
    elif state["lease"] != "websocket":  # obs-websocket shows and hides the item itself
        cover(False)
    else:
        state["covered"] = None


def cover(wanted: bool) -> None:
    """Show or hide the blur source wherever it stands in a scene, and in what goes out."""
    if state["covered"] is wanted and not wanted:
        return
    scenes = obs.obs_frontend_get_scenes() or []
    copies = scenes_on_air()
    for source in [*scenes, *copies]:
        scene = obs.obs_scene_from_source(source)
        item = obs.obs_scene_find_source_recursive(scene, settings_now.get("blur_source", ""))
        if item is not None and obs.obs_sceneitem_visible(item) is not wanted:
            obs.obs_sceneitem_set_visible(item, wanted)
    for source in copies:
        obs.obs_source_release(source)
    obs.source_list_release(scenes)
    state["covered"] = wanted


def scenes_on_air() -> list[Any]:
    """What goes out, to be released: in studio mode a copy of a scene, which no change of that scene reaches."""
    output = obs.obs_get_output_source(0)
    found = []
    if output is not None and obs.obs_source_get_type(output) == obs.OBS_SOURCE_TYPE_TRANSITION:
        for part in (obs.OBS_TRANSITION_SOURCE_A, obs.OBS_TRANSITION_SOURCE_B):
            found.append(obs.obs_transition_get_source(output, part))
    obs.obs_source_release(output)
    return [source for source in found if source is not None]
