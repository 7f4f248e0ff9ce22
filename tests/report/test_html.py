"""The page is whole by itself, tells what was done, and neither leaks nor boasts."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from dashcamcleaner.core.findings import AuditResult, Check, Finding, Severity, Status
from dashcamcleaner.core.summary import KindSummary, RunSummary, StreamAction
from dashcamcleaner.errors import OutputError
from dashcamcleaner.report.html import folder_html, report_html, worst_first, write_html
from dashcamcleaner.report.timeline import timeline_of

EVIL = '<script>alert("x")</script>&'


def audit(status: Status = Status.FAIL) -> dict[str, Any]:
    return AuditResult(
        "a.mp4", "b.mp4", status=status, reasons=["A face is not hidden."],
        findings=[
            Finding("search", "clear-object", Severity.FAIL, "A face is not hidden.", "face", 10, 30, 0.33, 1.0,
                    boxes={10: (1.0, 2.0, 30.0, 40.0)}, legible=0.9, doubt=0.8),
            Finding("face-again", "face-again", Severity.NOTE, "A detector still sees that somebody is there."),
        ],
        checks=[Check("pixels", "Regions hidden in every frame", looked_at=120),
                Check("search-face", "Faces left", ran=False, why_not="not installed (pip install x)")],
        frames=60, detectors=["CenterFace"],
    ).as_dict()  # fmt: skip


def summary(**changes: Any) -> dict[str, Any]:
    made = RunSummary(
        source="/home/me/Trip <1>.mp4", output="/out/Trip <1>.mp4", frames=60, duration_s=2.0, size=(1280, 720),
        source_bytes=2_000_000, output_bytes=1_500_000, plan="/out/Trip.plan.jsonl", source_sha256="a" * 64,
        output_sha256="b" * 64, weights="interim-n", weights_sha256="c" * 64, backend="openvino on CPU, bf16",
        versions={"dashcamcleaner": "2.0"}, settings={"threshold": 0.1}, edits=["tracks left clear: 3"],
    )  # fmt: skip
    made.kinds = {"face": KindSummary(90, 50, 55, 110, 4, 20, 0.5, 0.21), "plate": KindSummary()}
    made.streams = [StreamAction("sound 1 (aac)", "copied"), StreamAction("tag location", "dropped", "tells where")]
    made.timeline = {"start_s": 0.0, "slice_s": 0.25, "slices": 8, "kinds": {"face": [[2, 1, 0]] * 8}}
    return {**made.as_dict(), **changes}


class Reader(HTMLParser):
    """Collects tags, and all that could load something."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "poster", "data")]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_it_tells_what_was_done() -> None:
    page = report_html(summary(audit=audit()))
    texts = [digit * 64 for digit in "abc"]
    texts += ["interim-n", "filled over time", "tag location", "tells where", "0.50 s", "0.21", "tracks left clear: 3"]
    texts += ["threshold", "FAIL", "A face is not hidden.", "pip install x", "<svg"]
    assert [text for text in texts if text not in page] == []


def test_it_loads_nothing_and_forbids_it() -> None:
    page = report_html(summary(audit=audit()), thumbnails={0: b"\xff\xd8jpeg"})
    reader = read(page)
    assert reader.links
    assert all(link.startswith("data:image/jpeg;base64,") for link in reader.links)
    assert not {"script", "link", "iframe", "object"} & set(reader.tags)
    assert "default-src 'none'" in page
    assert not re.search(r"https?://", page)


def test_names_cannot_smuggle_markup_in() -> None:
    page = report_html(summary(output=f"/out/{EVIL}.mp4", warnings=[EVIL], settings={EVIL: EVIL}, edits=[EVIL]))
    assert "<script" not in page
    assert "alert" in page


def with_evil(value: Any, *, key: str = "") -> Any:
    """The same report with markup in every text and name that is not one of a fixed few."""
    if isinstance(value, dict):
        named = key in ("settings", "versions", "kinds")  # of these the keys are texts, too
        return {EVIL + k if named else k: with_evil(v, key=k) for k, v in value.items()}
    if isinstance(value, list):
        return [with_evil(one, key=key) for one in value]
    return EVIL if isinstance(value, str) and key not in ("severity", "schema") else value


def test_no_text_of_a_report_can_smuggle_markup_in() -> None:
    clean, evil = summary(audit=audit()), with_evil(summary(audit=audit(), page="x", error="y"))
    page = report_html(evil, thumbnails={0: b"\xff\xd8jpeg"})
    assert page.count("alert(") > 20
    assert set(read(page).tags) == set(read(report_html(clean, thumbnails={0: b"\xff\xd8jpeg"})).tags)
    folder = folder_html([evil, summary(page="bad.report.html")], title=EVIL)
    assert folder.count("alert(") >= 3
    assert set(read(folder).tags) == set(read(folder_html([summary(page="bad.report.html")], title="Trip")).tags)


ACTING = "\x1b]0;x\x07\u202e\u2028"


def test_no_text_of_a_report_turns_lines_round_or_moves_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "EVIL", ACTING)
    evil = with_evil(summary(audit=audit(), page="x", error="y"))
    for page in (report_html(evil, thumbnails={0: b"\xff\xd8jpeg"}), folder_html([evil], title=ACTING)):
        assert page.count("]0;x") > 2
        assert not (set(ACTING) - set("]0;x")) & set(page)


def test_a_link_leads_to_a_page_below_and_nowhere_else() -> None:
    for page in ("javascript:alert(1)", "https://example.org/", "a b/50%.report.html", "#x?y.report.html"):
        [link] = read(folder_html([summary(page=page)], title="Trip")).links
        assert unquote(link) == page
        assert urlsplit(link)[:2] == ("", "")
        assert urlsplit(link)[3:] == ("", "")


@pytest.mark.parametrize("forbidden", ["anonym", "gdpr", "complian", "/home/me"])
def test_it_boasts_of_nothing_and_tells_no_folders(forbidden: str) -> None:
    assert forbidden not in report_html(summary(audit=audit(Status.PASS))).lower()


def test_where_much_is_hidden_it_is_said_first_and_once() -> None:
    note = "One region (face, track 3) takes up to 31% of the picture, 00:02."
    page = report_html(summary(hidden={"mean_share": 0.2, "large": [], "notes": [note]}, warnings=[note, "Other."]))
    assert page.count(note) == 1
    assert page.index(note) < page.index("What was hidden") < page.index("Other.")


def test_nothing_hidden_is_said_loudly() -> None:
    assert "<b>Nothing.</b>" in report_html(summary(kinds={"face": {"regions": 0}}))


def test_without_an_audit_it_says_so() -> None:
    assert "Not done" in report_html(summary())


def test_a_folder_is_told_worst_first() -> None:
    rows = [
        summary(output="good.mp4", audit=audit(Status.PASS)),
        {"source": "broken.mp4", "status": "failed", "error": "It cannot be read."},
        summary(output="bad.mp4", audit=audit(Status.FAIL), page="bad.report.html"),
        summary(output="maybe.mp4", audit=audit(Status.NEEDS_REVIEW)),
    ]
    names = [Path(str(r.get("output") or r["source"])).name for r in worst_first(rows)]
    assert names == ["broken.mp4", "bad.mp4", "maybe.mp4", "good.mp4"]
    page = folder_html(rows, title="Trip & more")
    assert page.index("broken.mp4") < page.index("bad.mp4") < page.index("good.mp4")
    assert 'href="bad.report.html"' in page
    assert "Trip &amp; more" in page


def test_written_beside_first(tmp_path: Path) -> None:
    write_html(summary(), tmp_path / "a.report.html")
    assert [p.name for p in tmp_path.iterdir()] == ["a.report.html"]
    with pytest.raises(OutputError):
        write_html(summary(), tmp_path / "missing" / "a.report.html")


def test_the_audit_in_the_json_holds_no_picture() -> None:
    assert "jpeg" not in json.dumps(audit()).lower()


def test_a_folder_page_tells_what_nobody_audited_and_names_no_file_that_is_not_there() -> None:
    failed = {"source": "in/a.mp4", "output": "out/a.mp4", "name": "in/a.avi", "status": "failed", "error": "No."}
    page = folder_html([summary(), failed], title="Trip")
    assert page.count('<td class="n">–</td>') == 2
    assert "a.avi" in page
    assert "a.mp4" not in page
    assert '<td class="n">1</td>' in folder_html([summary(audit=audit())], title="Trip")


@pytest.mark.parametrize(("seconds", "slices"), [(0.9, 2), (1.5, 6), (12.0, 48), (90.0, 360)])
def test_no_two_times_below_the_timeline_are_alike(seconds: float, slices: int) -> None:
    chart = timeline_of({"timeline": {"start_s": 0.0, "slice_s": seconds / slices, "slices": slices}})
    assert chart is not None
    assert len({tick.text for tick in chart.ticks}) == len(chart.ticks)
