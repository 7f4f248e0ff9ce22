"""Makes what people install who have no Python: a one-folder bundle, on Linux also as `.tar.zst` and `.deb`.

    python packaging/build_bundle.py [--deb] [--out dist]

Runs on the system that the bundle is for, with Python 3.11: an environment of its own is made in `build/bundle`, with
the pinned versions of `requirements.txt` and PyInstaller. Standard library only. Sizes are told at the end.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "packaging"
PYINSTALLER = "pyinstaller==6.22.3"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", metavar="FOLDER")
    parser.add_argument("--deb", action="store_true", help="a Debian package, too (needs dpkg-deb)")
    args = parser.parse_args()
    work = ROOT / "build" / "bundle"
    work.mkdir(parents=True, exist_ok=True)
    python = environment(work / "venv")
    told = ROOT / "dashcamcleaner" / "_version.py"
    told.write_text(f'"""Made by the build."""\n\nVERSION = "{version()}"\n', encoding="utf-8")
    folders = ("--distpath", work / "dist", "--workpath", work / "work")
    try:
        run(python, "-m", "PyInstaller", "--noconfirm", *folders, HERE / "dashcamcleaner.spec")
    finally:
        told.unlink()
    folder = work / "dist" / "dashcamcleaner"
    if sys.platform == "linux":
        add_desktop_files(folder)
    args.out.mkdir(parents=True, exist_ok=True)
    name = f"dashcamcleaner-{version()}-{sys.platform}-{platform.machine()}"
    made = [pack(folder, args.out / name)]
    if args.deb:
        made.append(debian_package(folder, args.out, work / "deb"))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"{folder}: {size / 1e6:.0f} MB unpacked")
    for path in made:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path}: {path.stat().st_size / 1e6:.0f} MB, SHA-256 {digest}")
    return 0


def run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, cwd=ROOT)


def version() -> str:
    """That of the git tag vX.Y.Z, with the distance from it; without git the one that a clone tells."""
    asked = ["git", "describe", "--tags", "--match", "v[0-9]*", "--dirty=.dirty"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode == 0:
        release, _, distance = told.stdout.strip().removeprefix("v").partition("-")
        return f"{release}+{distance.replace('-', '.')}" if distance else release
    found = re.search(r'^ *__version__ = "([^"]+)"', (ROOT / "dashcamcleaner/__init__.py").read_text("utf-8"), re.M)
    assert found is not None
    return found[1]


def environment(folder: Path) -> Path:
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = [word for name in ("", "-completion") for word in ("-r", ROOT / f"requirements{name}.txt")]
    run(python, "-m", "pip", "install", "--quiet", *wanted, PYINSTALLER)
    return python


def default_weights() -> list[Path]:
    """The files of the weights that `auto` means: those of the highest rank."""
    told = {path: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "weights").glob("*.json")}
    best = max((path for path in told if "rank" in told[path]), key=lambda path: told[path]["rank"])
    files = told[best]["files"]
    names = [row[key] for row in files for key in ("file", "bin") if key in row]
    return [best, *(best.parent / name for name in names)]


def add_desktop_files(folder: Path) -> None:
    for name in ("dashcamcleaner.desktop", "icon.svg", "icon.png"):
        shutil.copy2(ROOT / "img" / name, folder / name)
    shutil.copy2(ROOT / "LICENSE", folder / "LICENSE")


def pack(folder: Path, base: Path) -> Path:
    """A `.tar.zst` where zstd is at hand, a ZIP on Windows, else a `.tar.gz`."""
    if sys.platform == "win32":
        return Path(shutil.make_archive(str(base), "zip", folder.parent, folder.name))
    zstd = shutil.which("zstd")
    target = base.with_name(base.name + (".tar" if zstd else ".tar.gz"))
    with tarfile.open(target, "w" if zstd else "w:gz") as archive:
        archive.add(folder, folder.name)
    if zstd is None:
        return target
    run(zstd, "-q", "-f", "-12", "-T0", "--rm", target)
    return target.with_name(target.name + ".zst")


def debian_package(folder: Path, out: Path, work: Path) -> Path:
    """The bundle below /opt, with menu entry, icon, manual page and completion."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work / "opt" / "dashcamcleaner", symlinks=True)
    program = work / "opt" / "dashcamcleaner" / "dashcamcleaner"
    places = {
        "icon.svg": "usr/share/icons/hicolor/scalable/apps/dashcamcleaner.svg",
        "dashcamcleaner.desktop": "usr/share/applications/dashcamcleaner.desktop",
    }
    for name, place in places.items():
        (work / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / "img" / name, work / place)
    for name, place in FILE_MANAGERS.items():
        (work / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / name, work / place)
    for what, place in COMPLETIONS.items():
        told = subprocess.run(
            [program, "completion", what], env={**os.environ, "LANGUAGE": "C"}, capture_output=True, check=True
        ).stdout
        (work / place).parent.mkdir(parents=True, exist_ok=True)
        (work / place).write_bytes(gzip.compress(told, mtime=0) if place.endswith(".gz") else told)
    (work / "usr/bin").mkdir(parents=True)
    (work / "usr/bin/dashcamcleaner").symlink_to("/opt/dashcamcleaner/dashcamcleaner")
    size = sum(path.stat().st_size for path in program.parent.rglob("*") if path.is_file())
    control = (HERE / "debian-control").read_text(encoding="utf-8")
    control = control.replace("@VERSION@", version()).replace("@ARCHITECTURE@", debian_architecture())
    (work / "DEBIAN").mkdir()
    (work / "DEBIAN/control").write_text(control.replace("@SIZE@", str(size // 1024)), encoding="utf-8")
    target = out / f"dashcamcleaner_{version()}_{debian_architecture()}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", work, target)
    return target


FILE_MANAGERS = {
    "kde-service-menu.desktop": "usr/share/kio/servicemenus/dashcamcleaner.desktop",
    "nautilus-extension.py": "usr/share/nautilus-python/extensions/dashcamcleaner.py",
}
"""What puts *Clean with DashcamCleaner* into the file manager's menu -> where it lies in a package."""

COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/dashcamcleaner",
    "zsh": "usr/share/zsh/vendor-completions/_dashcamcleaner",
    "fish": "usr/share/fish/vendor_completions.d/dashcamcleaner.fish",
    "man": "usr/share/man/man1/dashcamcleaner.1.gz",
}
"""What the bundle itself prints for shells and readers -> where it lies in a package."""


def debian_architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


if __name__ == "__main__":
    sys.exit(main())
