"""Templates of messages that come with a report: filled within bounds, and by plain names alone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner import cli
from dashcamcleaner.message_data import texts_of, with_texts
from dashcamcleaner.messages import UserMessage, localized, msg, speaking


def made(text: str, **row: Any) -> str:
    """A text as a report gives it back."""
    return with_texts({"note": text}, [{"text": text, **row}])["note"]


def nested(depth: int, *, times: int) -> dict[str, Any]:
    inner: Any = "x" * 30 if depth == 0 else nested(depth - 1, times=times)
    return {"template": "{a}" * times, "arguments": {"a": inner}}


@pytest.mark.parametrize(
    "row",
    [
        {"template": "{a:{b}}", "arguments": {"a": 1, "b": "2000000000"}},
        {"template": "{a:2000000000}", "arguments": {"a": 1}},
        {"template": "{a:.2000000000f}", "arguments": {"a": 1.0}},
        {"template": "{a.__class__.__init__.nope:{b}}", "arguments": {"a": 1, "b": "1"}},
        {"template": "{a.__class__}", "arguments": {"a": 1}},
        {"template": "{a[0]}", "arguments": {"a": "xyz"}},
        {"template": "{a!r}", "arguments": {"a": "xyz"}},
        {"template": "{0}", "arguments": {"0": "xyz"}},
        {"template": "{}", "arguments": {"a": "xyz"}},
        {"template": "{a", "arguments": {"a": "xyz"}},
        {"template": "{a:d}", "arguments": {"a": "xyz"}},
        {"template": "{a}", "arguments": {"a": 1 << 9000}},
        {"template": "x", "many": "{n:{n}}", "arguments": {"n": 1}},
        {"template": "{n}", "many": "{n}s", "arguments": {"n": "2000000000"}},
        {"template": "{n}", "many": "{n}s", "arguments": {}},
        {"template": "{n}", "many": "{n}s {b}", "arguments": {"n": 1}},
        nested(3, times=600),
        nested(7, times=600),
        {"template": "{a}", "arguments": {"a": {"template": "{b:{c}}", "arguments": {"b": 1, "c": "2000000000"}}}},
    ],
)  # fmt: skip
def test_a_template_that_asks_for_more_is_left_as_text(row: dict[str, Any]) -> None:
    begun = time.process_time()
    texts = ["x", "1", "", "xyz", "<class 'int'>"]
    assert not any(isinstance(made(text, **row), UserMessage) for text in texts)
    assert time.process_time() - begun < 1  # generous: it takes a millisecond, or minutes


def test_many_texts_are_made_within_one_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    grown = []
    plain = UserMessage.__new__

    def counted(cls: type[UserMessage], *args: Any) -> UserMessage:
        one = plain(cls, *args)
        grown.append(len(one))
        return one

    monkeypatch.setattr(UserMessage, "__new__", counted)
    row = {"text": "x", "template": "{a}" * 600, "arguments": {"a": "x" * 30}}
    with_texts({"note": "x"}, [row] * 50_000)
    assert sum(grown) < 10_000_000


def test_our_own_messages_come_back_as_they_were() -> None:
    ours = [
        msg("{seconds:.1f} s of {name:<28} and {share:.0%}", seconds=3.25, name=msg("the clip {n}", n=5), share=0.5),
        msg("{first}{second}", first="a", second=msg("{x:g}", x=1e300)),
        msg("{row}{best:>6.2f}", row="x", best=0.5),
        msg("{name:.40}", name="n" * 90),
    ]
    again = with_texts(json.loads(json.dumps(ours)), json.loads(json.dumps(texts_of(ours))))
    assert again == ours
    assert all(
        isinstance(one, UserMessage) and one.template == mine.template for one, mine in zip(again, ours, strict=True)
    )


def test_a_known_template_with_strange_values_is_said_in_english() -> None:
    """The catalog translates the first form; the other one came with the file, and its values do not fit."""
    row = {"template": "{n} face", "many": "{things}", "arguments": {"n": 2, "things": "x"}}
    for template in ("{path} cannot be read.", "{n} more"):
        text = made("x", **{**row, "template": template, "arguments": {**row["arguments"], "path": "p"}})
        with speaking("de"):
            assert localized(text) == "x"


@pytest.mark.parametrize("template", ["{a:{b}}", "{a.__class__.__init__.nope:{b}}", "{a}" * 600])
def test_verify_takes_no_harm(tmp_path: Path, template: str, capsys: pytest.CaptureFixture[str]) -> None:
    report, output = tmp_path / "out.mp4.report.json", tmp_path / "out.mp4"
    output.write_bytes(b"x")
    texts = [{"text": "x", "template": template, "arguments": {"a": 1, "b": "2000000000"}}]
    head = {"schema": "dashcamcleaner-report", "schema_version": 1, "output_sha256": "0" * 64, "texts": texts}
    for name in ("dashcamcleaner-report", "dashcamcleaner.report"):
        report.write_text(json.dumps({**head, "schema": name}))
        assert cli.main(["verify", str(report), str(output)]) in (3, 10)
    assert "Traceback" not in capsys.readouterr().err
