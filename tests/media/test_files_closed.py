"""Files that were opened are closed again where what follows the opening fails: Windows deletes no open file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.media import decoder, encoder, lossless, mask_writer, stream_copy
from dashcamcleaner.media.output_plan import plan_output
from dashcamcleaner.media.probe import probe
from tests import clips

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell open files")


def open_files(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = Path(os.readlink(entry))
        except OSError:  # the listing's own
            continue
        if target.is_relative_to(folder):
            found.append(target.name)
    return found


def fail(*_: Any, **__: Any) -> Any:
    raise OutputError("refused.")


def cut(source: Path, output: Path) -> None:
    info = probe(source)
    plan = plan_output(info, output=output)
    whole = ClipCut(CutTimes.of([(0, 10)]), CutTimes.of([]))
    lossless.copy_cut(source, partial_path=output, info=info, plan=plan, cut=whole)


def encode(source: Path, output: Path) -> None:
    info = probe(source)
    encoder.Encoder(plan_output(info, output=output), partial_path=output, source=source, info=info)


def mask(source: Path, output: Path) -> None:
    mask_writer.MaskWriter(output, info=probe(source), colored=False)


def decode(source: Path, output: Path) -> None:
    decoder.open_clip(source, info=probe(source))


@pytest.mark.parametrize(
    ("module", "name", "work"),
    [
        (lossless, "StreamCopier", cut),
        (lossless, "open_source", cut),
        (lossless, "_copy", cut),
        (stream_copy.StreamCopier, "_add", cut),
        (stream_copy.StreamCopier, "_add", encode),
        (encoder, "add_picture", encode),
        (mask_writer, "repeatable_x264", mask),
        (decoder, "bounded", decode),
    ],
)
def test_what_was_opened_is_closed_where_the_next_step_fails(
    module: Any, name: str, work: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=4, sounds=(clips.Sound(),))
    output = tmp_path / "out.mp4"
    monkeypatch.setattr(module, name, fail)
    with pytest.raises((InputError, OutputError), match="refused") as kept:
        work(made.path, output)
    assert open_files(tmp_path) == []
    assert kept.value.__traceback__ is not None, "nobody has let go of what was open by forgetting it"


def test_a_container_that_takes_no_such_picture_is_closed(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=4)
    output = tmp_path / "out.webm"
    with pytest.raises(OutputError, match="does not take h264") as kept:
        cut(made.path, output)
    assert open_files(tmp_path) == []
    assert kept.value.__traceback__ is not None
