"""The one error tree: every error carries what the borders need, and survives a process border."""

from __future__ import annotations

import pickle
import re
import sys
from pathlib import Path

import pytest

from dashcamcleaner import errors
from dashcamcleaner.errors import DashcamCleanerError, extra_hint


def all_errors() -> list[type[DashcamCleanerError]]:
    return [
        value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, DashcamCleanerError)
    ]


@pytest.mark.parametrize("kind", all_errors())
def test_error_is_whole_and_pickles(kind: type[DashcamCleanerError]) -> None:
    error = kind("something is wrong", hint="do this")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert again.as_dict() == error.as_dict()
    assert error.exit_code != 0
    assert 400 <= error.http_status < 600
    assert f"{kind.__name__} " in (errors.__doc__ or ""), "the tree at the top of errors.py names every error"


def test_every_exit_status_stands_in_the_table_of_the_docs() -> None:
    page = Path(__file__).parents[1] / "docs" / "command-line.md"
    told = {int(status) for status in re.findall(r"^\| (\d+) \|", page.read_text(encoding="utf-8"), re.M)}
    given = {kind.exit_code for kind in all_errors()} | {errors.PARTIAL_EXIT, errors.REVIEW_EXIT, errors.FAIL_EXIT}
    assert told == {0, *given}


def test_a_bundle_names_no_command_that_cannot_work_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pip" in str(extra_hint("audit"))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    told = str(extra_hint("audit"))
    assert told == (
        "Nothing can be added to this bundle: install the program with dashcamcleaner[audit] by pip, pipx or uv."
    )
