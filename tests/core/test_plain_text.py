"""Whatever a name or a tag holds, it is shown, not obeyed."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin, urlparse

import pytest

import dashcamcleaner
from dashcamcleaner.core.plain_text import cell, json_line, link, markup, plain_markup, say, visible

ACTING = {
    "ANSI": "a\x1b[31mred\x1b[0m",
    "title": "a\x1b]0;owned\x07",
    "C1": "a\x9b31mred",
    "bidi override": "gpj.\u202eexe",
    "bidi isolate": "a\u2066b\u2069",
    "marks": "a\u200eb\u200fc",
    "line": "a\nb\rc\u2028d\u2029e\x85f",
    "delete": "a\x7f\x08b",
    "zero width": "a\u200bb\ufeffc",
    "tags": "a\U000e0041b",
    "bytes": os.fsdecode(b"n\xffame"),
    "lone surrogate": "a\ud800b",
}


@pytest.mark.parametrize("name", ACTING)
def test_nothing_acts(name: str) -> None:
    shown = visible(ACTING[name])
    assert shown.isprintable()
    assert "\\" in shown
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["ride.mp4", "Müller.mp4", "東京.mp4", "می‌خواهم", "क्‍ष", "C:\\clips\\a b.mp4", "👩‍🚒", "[x] :smile:"]
)
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_bytes_of_names_are_told_by_their_value() -> None:
    assert visible(os.fsdecode(b"n\xffame")) == "n\\xffame"
    assert visible("a\nb", lines=True) == "a\nb"
    assert visible("a\nb") == "a\\x0ab"


@pytest.mark.parametrize(
    "name",
    ["http:evil.example?q=1.html", "//evil.example/a", "javascript:alert(1).html", "a#b?c.html", "a%2fb.html",
     "a b/ü.html", "..\\a.html", '"><script>', os.fsdecode(b"n\xff.html"), "data:text/html,x", "mailto:a@b.html"],
)  # fmt: skip
def test_a_link_leads_to_the_file_and_nowhere_else(name: str) -> None:
    target = link(name)
    there = urlparse(urljoin("https://here.example/folder/report.html", target))
    assert (there.scheme, there.netloc, there.query, there.fragment) == ("https", "here.example", "", "")
    assert not set(target) & set("\"'<> ")
    if not name.startswith("/"):
        assert unquote_to_bytes(target) == os.fsencode(name)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", " =1", '=HYPERLINK("x")'])
def test_a_table_computes_nothing(text: str) -> None:
    assert cell(text)[0] == "'" or cell(text)[0] == "\\"
    assert cell(-1.5) == -1.5
    assert cell("face") == "face"


def test_markup_is_shown() -> None:
    assert markup("<b>&\x1b") == "&lt;b&gt;&amp;\\x1b"
    assert plain_markup("a.mp4\nb") == "a.mp4\nb"
    assert "<b>" not in plain_markup("<b>x</b>")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii", "latin-1", "cp437", "utf-16"])
@pytest.mark.parametrize("name", [*ACTING, "plain"])
def test_any_stream_takes_any_text(encoding: str, name: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n")
    say(ACTING.get(name, "東京 ▾ ü"), stream=stream)
    say(json_line({"a": ACTING.get(name, "東京")}), stream=stream)
    stream.flush()
    first, second = raw.getvalue().decode(encoding).splitlines()
    assert first.isprintable()
    assert json.loads(second) == {"a": ACTING.get(name, "東京")}


def test_nothing_is_printed_past_this_place() -> None:
    folder = Path(dashcamcleaner.__file__).parent
    places = [
        f"{path.relative_to(folder)}: {line.strip()}"
        for path in sorted(folder.rglob("*.py"))
        if path.name != "plain_text.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<![\w.])print\(|sys\.std(out|err)\.write\(", line)
    ]
    assert places == []
