"""The command line: builds jobs, iterates them, shows their events. No processing of its own.

Importing this loads none of the heavy libraries (a test proves it in a child process): each command imports what it
needs when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import gettext
import importlib
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import dashcamcleaner
from dashcamcleaner.cli.named_paths import check_named_paths
from dashcamcleaner.core.plain_text import say, soften_streams, visible
from dashcamcleaner.end_signals import END_SIGNALS
from dashcamcleaner.errors import Cancelled, DashcamCleanerError, SettingError
from dashcamcleaner.messages import DOMAIN, FOLDER, languages, msg, translated, use_language
from dashcamcleaner.os_errors import as_our_error

if TYPE_CHECKING:
    from dashcamcleaner.detection.pool import ModelPool

__all__ = ["build_parser", "log_to_terminal", "main"]

COMMANDS = (
    "clean",
    "live",
    "window",
    "audit",
    "verify",
    "tracks",
    "people",
    "labels",
    "plan",
    "scenes",
    "doctor",
    "settings",
    "demo",
    "train",
    "serve",
    "completion",
)
"""In the order of the help. Each is a module here with ``add_parser(subparsers)`` and ``run(args) -> int``."""

_IMPATIENT_AFTER_S = 2.0
_LONGEST_NAME = 200

_UPDATES = msg(
    "Nothing here looks for updates: the releases of the place that you have it from tell of newer versions."
)

_MODULES = {"verify": "audit"}  # commands that share a module


class _Parser(argparse.ArgumentParser):
    """Complains in one sentence with a hint, and never guesses abbreviated flags."""

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(**kwargs)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        hint = ""
        if message.startswith("argument COMMAND: invalid choice:"):
            word = message.split("'")[1]
            near = difflib.get_close_matches(word, COMMANDS, n=1)
            message = msg("there is no command {word}", word=repr(word))
            hint = (
                msg("Did you mean {near}?", near=near[0])
                if near
                else msg("Commands: {commands}.", commands=", ".join(COMMANDS))
            )
        _complain(message, hint or msg("{prog} --help lists what there is.", prog=self.prog))
        raise SystemExit(2)


class _Version(argparse.Action):
    """Says the version, and where newer ones are, each on a line of its own."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Say it and end."""
        say("dashcamcleaner " + dashcamcleaner.__version__, _UPDATES)
        parser.exit()


def main(argv: Sequence[str] | None = None, *, models: ModelPool | None = None) -> int:
    """Run the command line; gives the exit status. Every failure ends in one sentence, a hint and its status.

    Args:
        argv: the words after the program's name; those of the process when None.
        models: where ``clean``, ``audit``, ``demo`` and ``window`` take detectors from; None: the process's own pool.
            Commands find it as ``args.models``. Tests hand in fakes here.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    soften_streams()
    speak(arguments)
    with interrupts_once():
        return _main(arguments, models)


def speak(arguments: Sequence[str]) -> None:
    """Speak the language that the words name by ``--language``, or that of the environment; argparse does, too."""
    if named := _named_language(arguments):
        os.environ["LANGUAGE"] = named.replace("-", "_")  # for argparse, and for the processes that this one starts
    use_language()
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)


def _named_language(arguments: Sequence[str]) -> str:
    named = ""
    for word, after in zip(arguments, [*arguments[1:], ""], strict=True):
        if word == "--":
            break
        named = after if word == "--language" else word.partition("=")[2] if word.startswith("--language=") else named
    return named


def _main(arguments: Sequence[str], models: ModelPool | None) -> int:
    try:
        parser, subparsers = build_parser(only=_asked_for(arguments))
        args, unknown = parser.parse_known_args(arguments)
        if unknown:
            _refuse_unknown(unknown, subparsers.get(getattr(args, "command", ""), parser))
        _check_language(_named_language(arguments) or "en")
        log_to_terminal(verbose=getattr(args, "verbose", False))
        if (command := subparsers.get(getattr(args, "command", ""))) is not None:
            check_named_paths(with_steps(command), args)
        args.models = models
        return int(args.run(args))
    except Cancelled as error:
        _complain(error.message, error.hint)
        return error.exit_code
    except DashcamCleanerError as error:
        _complain(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        _complain("Stopped.", "")
        return Cancelled.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not worth a traceback; keep the interpreter from flushing.
        sys.stdout = open("/dev/null", "w") if sys.platform != "win32" else sys.stdout  # noqa: SIM115
        return 1
    except OSError as error:
        # Met where nobody thought of it: a name that no file can have, a folder that has gone.
        logging.getLogger(__name__).debug("an error of the system that no command maps", exc_info=True)
        name = error.filename if isinstance(error.filename, str) else "dashcamcleaner"
        ours = as_our_error(error, source=Path(name if len(name) < _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."))
        _complain(ours.message, ours.hint or msg("Check the names and the disk; --verbose tells more."))
        return ours.exit_code


def _check_language(named: str) -> None:
    known = languages()
    if re.split(r"[-_.@]", named)[0] not in (*known, "C", "POSIX"):
        raise SettingError(
            msg("There is no language {named}; there are {known}.", named=named, known=", ".join(known)),
            hint="docs/languages.md tells how one is added.",
        )


def _asked_for(arguments: Sequence[str]) -> tuple[str, ...]:
    """The commands whose flags are needed to understand the words: the rest is not loaded."""
    if arguments and arguments[0] == "--version":
        return ()
    return (arguments[0],) if arguments and arguments[0] in COMMANDS else COMMANDS


def build_parser(
    *, only: Sequence[str] = COMMANDS
) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser, and the commands' own by name.

    Args:
        only: the commands that it knows.
    """
    parser = _Parser(
        prog="dashcamcleaner",
        description=msg("Obscures faces and number plates in clips and pictures, and keeps everything else as it was."),
        epilog="Without a command the window opens. Each command has its own --help.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version, and where newer ones are")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name in dict.fromkeys(_MODULES.get(name, name) for name in only):
        importlib.import_module(f"dashcamcleaner.cli.{name}").add_parser(subparsers)
    for one in (parser, *(inner for command in subparsers.choices.values() for inner in with_steps(command))):
        one.add_argument("--language", metavar="LANGUAGE", help="language of messages, help and pages: en, de")
        _translate(one)
    return parser, dict(subparsers.choices)


def with_steps(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A command's parser, and those of its steps, where it has some (``train fit``)."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from with_steps(inner)


def _translate(parser: argparse.ArgumentParser) -> None:
    """Put a parser's texts into the user's language; those with values in them were when they were made."""
    parser.description, parser.epilog = (text and translated(text) for text in (parser.description, parser.epilog))
    for group in parser._action_groups:
        group.title, group.description = (text and translated(text) for text in (group.title, group.description))
    for action in parser._actions:
        parts = getattr(action, "_choices_actions", ())  # the commands of the program
        for one in (action, *parts):
            if one.help and one.help is not argparse.SUPPRESS:
                one.help = translated(one.help)


def _refuse_unknown(unknown: Sequence[str], parser: argparse.ArgumentParser) -> NoReturn:
    from dashcamcleaner.errors import SettingError

    word = unknown[0].split("=")[0]
    flags = [flag for one in with_steps(parser) for action in one._actions for flag in action.option_strings]
    near = difflib.get_close_matches(word, flags, n=1)
    raise SettingError(
        msg("There is no flag {word}.", word=word)
        if word.startswith("-")
        else msg("{word} was not expected here.", word=repr(word)),
        hint=msg("Did you mean {near}?", near=near[0])
        if near
        else msg("{prog} --help lists what there is.", prog=parser.prog),
    )


def _complain(message: str, hint: str) -> None:
    say(
        msg("dashcamcleaner: {message}", message=message),
        *([msg("  hint: {hint}", hint=hint)] if hint else []),
        stream=sys.stderr,
    )


class _LogLine(logging.Formatter):
    """Log lines name files, and libraries log what files say."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record), lines=True)


_TALKING = ("httpx", "httpcore", "boto3", "botocore", "s3transfer", "urllib3", "paramiko")
"""Libraries that log addresses and headers with the keys in them: what matters of it is told by errors."""


def log_to_terminal(*, verbose: bool) -> None:
    """Log to standard error: all of it but what may hold keys, or errors only."""
    for name in _TALKING:
        logging.getLogger(name).setLevel(logging.ERROR)
    handler = logging.StreamHandler()
    handler.setFormatter(_LogLine("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.ERROR, handlers=[handler])


@contextlib.contextmanager
def interrupts_once() -> Iterator[None]:
    """The first of `END_SIGNALS` is a `KeyboardInterrupt`; later ones do not meet its clearing up.

    Two quick ones are one. Whoever presses again after a while wants out at once: the process ends where it is, as if
    it was killed, which the next run is made for.
    """
    first: list[float] = []

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not first:
            first.append(now)
            raise KeyboardInterrupt
        if now - first[0] > _IMPATIENT_AFTER_S:
            os.write(2, b"dashcamcleaner: Stopped at once.\n")
            os._exit(Cancelled.exit_code)

    before = {}
    with contextlib.suppress(ValueError):  # not the main thread: a test, or somebody's own program
        for number in END_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # a shell's background job is not meant
                before[number] = signal.signal(number, interrupted)
    try:
        yield
    finally:
        if not first:  # else the process ends, and must be left to
            for number, handler in before.items():
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)
