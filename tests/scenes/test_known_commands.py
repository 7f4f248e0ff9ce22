"""The example commands of the sister tool in docs/scenes.md, with a Caffe model of the user's own, run one by one."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import pytest
from caffe_model import write_model
from clips import make

from dashcamcleaner import cli
from dashcamcleaner.scenes.tag_file import read_tag_file

pytest.importorskip("onnx", reason="the extra [scenes] is not installed")


@pytest.fixture()
def own_model(tmp_path: Path) -> list[str]:
    """The flags of a model for which every picture of `clip` shows a road: its surest label is called so."""
    folder = tmp_path / "model"
    folder.mkdir()
    write_model(folder)
    files = ["-p", "deploy.prototxt", "-m", "mean.binaryproto", "-w", "tiny.caffemodel", "-l", "labels.txt"]
    flags = [str(folder / word) if "." in word else word for word in files]
    probe = clip(tmp_path / "probe.mp4")
    assert cli.main(["scenes", str(probe), "-a", "-s", "0", *flags]) == 0
    (block, *_) = read_tag_file(tmp_path / "probe.tag").blocks
    names = ["rain", "other"]
    labels = [block.label == name for name in ("road", "rain", "other")]
    (folder / "labels.txt").write_text("\n".join("road" if won else names.pop(0) for won in labels), encoding="utf-8")
    return flags


def clip(path: Path) -> Path:
    made = make(path.with_name("made.mp4"), frames=150, size=(160, 96))
    shutil.move(made.path, path)
    return path


@pytest.mark.parametrize(
    ("name", "words", "written"),
    [
        ("movie.mp4", ["movie.mp4", "-t", "road,rain"], "movie.cut.mp4"),
        ("movie.mkv", ["-x", "other", "movie.mkv"], "movie.cut.mkv"),
        ("movie.mkv", ["-x", "movie.mkv"], "movie.cut.mkv"),
        ("movie.mp4", ["movie.mp4", "-t", "road", "-a"], None),
        ("movie.mkv", ["movie.mkv", "-t", "road", "-o", "cuts"], "cuts/movie.cut.mkv"),
        ("movie.mp4", ["movie.mp4", "-t", "road", "-b", "16", "-s", "0.1", "-g", "1", "-u", "3", "-v", "0.5", "-c"],
         "movie.cut.0.mp4"),
    ],
)  # fmt: skip
def test_the_command_does_here_what_it_does_there(
    tmp_path: Path, own_model: list[str], monkeypatch: pytest.MonkeyPatch, name: str, words: list[str],
    written: str | None,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    source = clip(tmp_path / "source.mp4")
    if name.endswith(".mkv"):
        remux(source, tmp_path / name)
    else:
        source.rename(name)
    content = Path(name).read_bytes()
    least = [] if "-s" in words else ["-s", "0.1"]
    assert cli.main(["scenes", *words, *least, *own_model, "--preset", "ultrafast"]) == 0
    tag = read_tag_file(Path("cuts" if "-o" in words else ".") / "movie.tag")
    assert set(tag.labels) == {"road", "rain", "other"}
    assert {block.label for block in tag.blocks} == {"road"}
    assert Path(name).read_bytes() == content, "a source is never changed or removed"
    assert sorted(path.name for path in Path().rglob("*.cut*") if path.suffix in (".mp4", ".mkv")) == (
        [] if written is None else [Path(written).name]
    )
    if written is not None:
        with av.open(written) as container:
            assert sum(1 for _ in container.decode(video=0)) == 150


def remux(source: Path, target: Path) -> None:
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        stream = reading.streams.video[0]
        copy = writing.add_stream_from_template(stream)
        for packet in reading.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                writing.mux(packet)
