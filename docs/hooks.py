"""What the site makes from the program while it is built: the command line's page, from the parser itself."""

from __future__ import annotations

from typing import Any

_MARK = "<!-- command line -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put every command's help where the page asks for it; called by MkDocs for each page."""
    if _MARK not in markdown:
        return markdown
    from dashcamcleaner.cli import build_parser

    _, commands = build_parser()
    parts = [f"## `{name}`\n\n```text\n{parser.format_help().rstrip()}\n```\n" for name, parser in commands.items()]
    return markdown.replace(_MARK, "\n".join(parts))
