"""What is called by its place in a scratch folder, called as whoever asked knows it.

A clip from a store is worked on under a path of the worker that nobody else can use, and that is gone afterwards: in
events, errors and the published report the URLs stand in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dashcamcleaner.core.events import Event, Failed, Started, Warned
from dashcamcleaner.messages import UserMessage, as_message
from dashcamcleaner.report.renaming import rename_in_report

__all__ = ["KnownNames"]


class KnownNames:
    """Names in place of others.

    Args:
        names: a folder of this machine -> what is said instead of it.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)

    def event(self, event: Event) -> Event:
        """The event, as it is told to whoever asked."""
        if isinstance(event, Started):
            return replace(event, source=self._said(event.source), output=self._said(event.output))
        if isinstance(event, Warned):
            return replace(event, message=self._said(event.message), hint=self._said(event.hint))
        if isinstance(event, Failed):
            error = event.error
            error.message, error.hint = as_message(self._said(error.message)), as_message(self._said(error.hint))
            error.args = (error.message,)
        return event

    def report(self, path: Path) -> None:
        """Change the names in a report of this user; see `rename_in_report`."""
        rename_in_report(path, self._names)

    def _said(self, text: str) -> str:
        if isinstance(text, UserMessage) and text.arguments:
            return text.with_texts(self._said)
        for folder, name in self._names.items():
            text = text.replace(folder, name) if folder in text else text
        return text
