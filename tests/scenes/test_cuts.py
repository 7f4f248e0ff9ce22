"""Cut files: which frames are in them, and when their sound, texts and chapters come."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Sound, clicks_s, make, read_number, samples_of, vfr_pts
from fakes import ScriptedDetector, pool

from dashcamcleaner import cli
from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.events import Finished
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.report.data import html_path, is_report_of, read_report, report_path
from dashcamcleaner.scenes.cut import cut_plan_path, render_jobs
from dashcamcleaner.scenes.job import ScenesJob, label_clip
from dashcamcleaner.settings import resolve

AUDIO_FRAME_S = 1024 / 48_000


def frames_of(path: Path) -> list[tuple[Fraction, int]]:
    """Time and number of every frame."""
    with av.open(str(path)) as container:
        return [
            (frame.pts * frame.time_base, read_number(frame.to_ndarray(format="gray")))
            for frame in container.decode(video=0)
        ]


def pictures_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def scenes(*words: object) -> int:
    return cli.main(["scenes", *map(str, words), "--preset", "ultrafast", "--quiet"])


def write_list(path: Path, *rows: tuple[str, float, float], labels: str = "a, b", seconds: float = 10) -> Path:
    lines = [f"{label}, {start}, {end}" for label, start, end in rows]
    zeros = ", ".join("0" for _ in labels.split(","))
    path.write_text("\n".join([f"clip, {labels}", f"{seconds}, {zeros}", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("steady", [True, False])
def test_frames_are_exact_sound_stays_in_sync_and_times_are_kept(tmp_path: Path, steady: bool) -> None:
    pts = None if steady else vfr_pts(240)
    clip = make(tmp_path / "clip.mp4", frames=240, pts=pts, sounds=(Sound(), Sound(language="fra")))
    times = dict(enumerate(clip.times))
    wanted = [(1.02, 2.5), (4.0, 6.26)]
    tag = write_list(tmp_path / "clip.tag", *[("a", *stretch) for stretch in wanted])
    assert scenes(clip.path, "--cut", tag, "-t", "a") == 0
    cut = tmp_path / "clip.cut.mp4"
    found = frames_of(cut)
    expected = [n for n, time in times.items() if any(start <= time < end for start, end in wanted)]
    assert [number for _, number in found] == expected
    steps = [(b - a, times[m] - times[n]) for (a, n), (b, m) in itertools.pairwise(found) if m == n + 1]
    assert max(abs(got - source) for got, source in steps) <= Fraction(1, 10_000)
    for track in (0, 1):
        clicks = clicks_s(cut, track=track)
        for second in (2, 5, 6):
            number = min(n for n, time in times.items() if time >= second)
            shown = next(float(time) for time, n in found if n == number) - float(times[number] - second)
            assert min(abs(click - shown) for click in clicks) <= AUDIO_FRAME_S, (second, shown, clicks)
    plan = json.loads(cut_plan_path(cut).read_text(encoding="utf-8"))
    assert [row["at_s"] for row in plan["kept"]] == [0.0, pytest.approx(1.48)]
    assert report_path(cut).is_file()
    assert plan_path(cut).is_file()


def test_everything_but_a_label_and_pieces(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=150)
    tag = write_list(tmp_path / "clip.tag", ("a", 0, 1), ("b", 1, 3), ("a", 3, 5))
    assert scenes(clip.path, "--cut", tag, "-x", "b", "-c", "-o", tmp_path / "out") == 0
    assert [n for _, n in frames_of(tmp_path / "out" / "clip.cut.0.mp4")] == list(range(30))
    assert [n for _, n in frames_of(tmp_path / "out" / "clip.cut.1.mp4")] == list(range(90, 150))


def test_blur_and_mute_in_one_pass(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=150, sounds=(Sound(),))
    tag = write_list(tmp_path / "clip.tag", ("a", 1, 2), ("b", 2.5, 3.5), ("c", 4, 5), labels="a, b, c")
    assert scenes(clip.path, "--cut", tag, "--do", "a=blur", "--do", "b=mute", "--do", "c=drop") == 0
    cut = tmp_path / "clip.cut.mp4"
    before, after = pictures_of(clip.path), pictures_of(cut)
    assert len(after) == 120
    changed = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(before, after, strict=False)]
    assert min(changed[30:60]) > 4 * max(*changed[:30], *changed[62:])
    times, samples = samples_of(cut)
    heard = np.abs(samples) > 0.1
    assert not heard[(times > 2.55) & (times < 3.45)].any()
    assert min(abs(click - 2.0) for click in clicks_s(cut)) <= AUDIO_FRAME_S


def test_without_loss_from_key_frame_to_key_frame(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make(tmp_path / "clip.mp4", frames=240, gop=30, sounds=(Sound(),))
    tag = write_list(tmp_path / "clip.tag", ("a", 1.5, 2.5), ("a", 5.2, 5.8))
    assert cli.main(["scenes", str(clip.path), "--cut", str(tag), "-t", "a", "--lossless"]) == 0
    said = capsys.readouterr().out
    assert "1 - 3 s, 5 - 6 s" in said
    cut = tmp_path / "clip.cut.mp4"
    report = read_report(report_path(cut))
    assert is_report_of(report, source=clip.path, output=cut)
    assert (report["status"], report["frames"], report["duration_s"], report["plan"]) == ("cleaned", 90, 3, None)
    assert [(one["what"].split()[0], one["action"]) for one in report["streams"]] == [
        ("picture", "copied"), ("sound", "copied"),
    ]  # fmt: skip
    assert report["warnings"] == ["Kept from key frame to key frame: 1 - 3 s, 5 - 6 s."]
    page = html_path(report_path(cut)).read_text(encoding="utf-8")
    assert "Nothing was looked for" in page
    assert f"summary: {report_path(cut)}" in said
    assert json.loads(cut_plan_path(cut).read_text(encoding="utf-8"))["kept"][1] == {"from_s": 5, "to_s": 6, "at_s": 2}
    found = frames_of(cut)
    assert [n for _, n in found] == [*range(30, 90), *range(150, 180)]
    assert [time for time, _ in found] == [Fraction(n, 30) for n in range(90)]
    assert min(abs(click - 1.0) for click in clicks_s(cut)) <= AUDIO_FRAME_S
    job = ScenesJob(source=clip.path, list_file=tag, actions=("a=blur",), lossless=True, settings=resolve())
    with pytest.raises(SettingError):
        label_clip(job, models=ModelPool())
    labelled = label_clip(replace(job, lossless=False, pieces=True), models=ModelPool())
    with pytest.raises(SettingError):
        render_jobs(job, labelled)


@pytest.mark.parametrize(
    ("words", "taken", "says"),
    [
        (["-t", "driving"], "clip.cut.mp4", "clip.cut.mp4 exists already"),
        (["-t", "driving", "-c"], "clip.cut.0.mp4", "clip.cut.0.mp4 exists already"),
        (["--model", "motion", "-t", "drivin"], "", "no label 'drivin'"),
        (["--model", "motion", "--do", "drivin=drop"], "", "no label 'drivin'"),
        (["--model", "motion", "-a", "-s", "drivin=0.7"], "", "no label 'drivin'"),
        (["--model", "shots", "-t", "driving"], "", "no label 'driving'"),
        (["--do", "parked=erase"], "", "no action"),
        (["--do", "parked=blur", "--lossless"], "", "Blurring changes pictures"),
        (["-t", "driving", "--clean", "--lossless"], "", "Blurring changes pictures"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_clip_is_looked_at(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    taken: str,
    says: str,
) -> None:
    def looked(*_: object, **__: object) -> None:
        raise AssertionError("the clip was looked at")

    monkeypatch.setattr("dashcamcleaner.scenes.score.sample_pictures", looked)
    monkeypatch.setattr("dashcamcleaner.scenes.score.score_clip", looked)
    clip = make(tmp_path / "clip.mp4", frames=30)
    if taken:
        (tmp_path / taken).write_text("mine")
    assert scenes(clip.path, *words) != 0
    assert says in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", *filter(None, [taken])}


def test_a_taken_name_of_any_piece_stops_all_of_them(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=150)
    tag = write_list(tmp_path / "clip.tag", ("a", 0, 1), ("a", 3, 5))
    (tmp_path / "clip.cut.1.mp4").write_text("mine")
    for more in ((), ("--lossless",)):
        assert scenes(clip.path, "--cut", tag, "-t", "a", "-c", *more) == 4
    assert (tmp_path / "clip.cut.1.mp4").read_text() == "mine"
    assert not (tmp_path / "clip.cut.0.mp4").exists()


@pytest.mark.parametrize("ending", [".report.json", ".report.html", ".scenes.json"])
@pytest.mark.parametrize("more", [(), ("--lossless",)])
def test_what_has_the_name_of_a_cuts_side_file_is_left_alone(
    tmp_path: Path, ending: str, more: tuple[str, ...]
) -> None:
    clip = make(tmp_path / "clip.mp4", frames=30)
    tag = write_list(tmp_path / "clip.tag", ("a", 0, 1), seconds=1)
    mine = tmp_path / f"clip.cut.mp4{ending}"
    mine.write_text("mine")
    assert scenes(clip.path, "--cut", tag, "-t", "a", *more) == 4
    assert mine.read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", "clip.tag", mine.name}


@pytest.mark.parametrize(
    ("about", "source", "clip"),
    [("full", "secret.mp4", "{}"), ("name", "secret.mp4", "secret.mp4"), ("nothing", "", "")],
)
@pytest.mark.parametrize("more", [(), ("--lossless",)])
def test_what_lies_beside_a_cut_tells_as_much_of_its_source_as_is_wanted(
    tmp_path: Path, about: str, source: str, clip: str, more: tuple[str, ...]
) -> None:
    path = make(tmp_path / "secret.mp4", frames=30).path
    tag = write_list(tmp_path / "list.tag", ("a", 0, 1), seconds=1)
    words = ["--cut", tag, "-t", "a", "-o", tmp_path / "out", "--report-source", about, *more]
    assert scenes(path, *words) == 0
    cut = tmp_path / "out" / "secret.cut.mp4"
    plan = json.loads(cut_plan_path(cut).read_text(encoding="utf-8"))
    assert (plan["source"], plan["clip"]) == (source, clip.format(path))
    if about != "full":
        assert all(str(tmp_path) not in one.read_text() for one in cut.parent.iterdir() if one != cut)


def test_a_cut_is_told_of_as_it_is_written_not_as_its_source_is(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=90)
    shown = {number: [(20.0, 20.0, 60.0, 60.0, 0.9, "face")] for number in range(20, 90)}  # 10 of them are kept
    detector = ScriptedDetector(shown, kinds=("face", "plate"))
    cut = ClipCut(CutTimes.of([(Fraction(0), Fraction(1))]))
    job = Job(clip.path, tmp_path / "cut.mp4", settings=resolve(), cut=cut)
    *_, last = clean(job, models=pool(detector))
    assert isinstance(last, Finished)
    summary = last.summary
    assert (summary.frames, summary.duration_s) == (30, pytest.approx(1))
    face = summary.kinds["face"]
    assert face.frames_seen == 10
    assert 10 <= face.frames_covered <= 30
    assert 0 < summary.hidden.mean_share < 0.1
    assert summary.timeline["slices"] == 4


def test_nothing_left_is_told_and_nothing_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make(tmp_path / "clip.mp4", frames=30)
    tag = write_list(tmp_path / "clip.tag", ("a", 0, 1))
    assert scenes(clip.path, "--cut", tag, "-t", "b") == 2
    assert "would be left" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "clip.tag"]


@pytest.mark.parametrize("before", ["", "\ufeff"])
def test_blocks_behind_the_end_are_told_and_editors_marks_are_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str
) -> None:
    clip = make(tmp_path / "clip.mp4", frames=60)
    tag = tmp_path / "clip.tag"
    tag.write_text(f"{before}clip.mp4, a\r\n2, 1\r\na, 0, 1\r\na, 2, 3\r\na, 20, 30\r\n", encoding="utf-8")
    assert cli.main(["scenes", str(clip.path), "--cut", str(tag), "--do", "a=blur", "--preset", "ultrafast"]) == 0
    said = capsys.readouterr().out
    assert f"note: 2 blocks of {tag} begin behind the end of the clip, which has 2 s." in said
    assert "was made of" not in said


def test_texts_and_chapters_are_cut_like_the_picture(tmp_path: Path) -> None:
    texts = ((0.5, 1.5, "one"), (2.0, 2.4, "gone"), (2.5, 4.5, "over the edge"))
    clip = make(
        tmp_path / "clip.mkv", frames=150, subtitles=texts, chapters=((0, 2, "x"), (2, 2.8, "y"), (2.8, 5, "z"))
    )
    tag = write_list(tmp_path / "clip.tag", ("a", 1, 2), ("a", 3, 5))
    for extra in ((), ("--lossless",)):
        assert scenes(clip.path, "--cut", tag, "-t", "a", "--overwrite", *extra) == 0
        with av.open(str(tmp_path / "clip.cut.mkv")) as container:
            chapters = [(c["start"] * c["time_base"], c["end"] * c["time_base"]) for c in container.chapters()]
            base = container.streams.subtitles[0].time_base
            shown = [
                (float(p.pts * base), float((p.pts + p.duration) * base))
                for p in container.demux(subtitles=0) if p.pts is not None
            ]  # fmt: skip
        if not extra:
            assert shown == [pytest.approx((0, 0.5), abs=0.01), pytest.approx((1, 2.5), abs=0.01)]
            assert chapters == [(0, 1), (1, 3)]
        assert len(shown) >= 2


@pytest.mark.parametrize(
    ("named", "seconds", "status", "says"),
    [
        ("clip.mp4", 2, 0, ""),
        (r"C:\cuts\CLIP.MP4", 3.5, 0, ""),
        ("clip", 2, 0, ""),
        ("other.mp4", 2, 0, "clip.tag was made of other.mp4, as its first line says."),
        ("clip.mp4", 60, 0, "clip.tag tells of 60 s, the clip has 2 s."),
        ("other.mp4", 60, 3, "clip.tag is a list of other.mp4 (60 s), not of clip.mp4 (2 s)."),
    ],
)
def test_a_list_of_another_clip_does_not_cut_this_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], named: str, seconds: float, status: int, says: str
) -> None:
    clip = make(tmp_path / "clip.mp4", frames=60)
    tag = tmp_path / "clip.tag"
    tag.write_text(f"{named}, a\n{seconds}, 1\na, 0, 1\n", encoding="utf-8")
    assert cli.main(["scenes", str(clip.path), "--cut", str(tag), "-t", "a", "--preset", "ultrafast"]) == status
    printed = "".join(capsys.readouterr())
    assert says in printed
    assert says or f"note: {tag}" not in printed
    assert (tmp_path / "clip.cut.mp4").exists() is (status == 0)
