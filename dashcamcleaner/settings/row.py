"""One row of the settings table: what a setting may be, how it is checked, and how people read it.

`setting` makes a dataclass field of `settings.table.Settings` that carries its row; `rows_of` reads them back. Flags,
TOML names, the window's form and the README's table are made from rows, so a setting is described in one place only.
"""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from dashcamcleaner.core.time import Span
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg

__all__ = ["UNSET", "Setting", "rows_of", "setting", "shown"]

_BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

_TYPES = {
    "bool": "bool", "int": "int", "int | None": "int", "float": "float", "float | None": "float",
    "tuple[str, ...]": "list",
}  # fmt: skip
"""A field's annotation -> the row's type. Of texts the row itself says what they are."""

_MOST_SHOWN = 80

T = TypeVar("T")


class _Unset:
    """Stands for "nobody said anything": then the profile or the row decides."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = _Unset()


@dataclass(frozen=True, slots=True)
class Setting:
    """One row.

    Args:
        name: snake_case; the flag is the same with dashes.
        type: ``bool``, ``int``, ``float``, ``text``, ``choice``, ``list``, ``span`` (frames ``5`` or seconds
            ``0.5s``) or ``path``.
        default: None means "decided elsewhere", told in the help.
        group: key of `settings.table.GROUPS`.
        label: the label for the window.
        help: one sentence.
        minimum, maximum: inclusive bounds of numbers.
        usual_maximum: what people need lies below; a slider ends here before the bound does.
        unit: the unit for people.
        choices: the choices of a ``choice``, or of the items of a ``list``; empty for free items.
        basic: among the few that most people turn; these stand first.
        since: version that brought it.
        renamed_from: older names; flags, settings files and plans that use them are read as if they said `name`.
    """

    name: str
    type: str
    default: Any
    group: str
    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    basic: bool = False
    since: str = "0.1"
    renamed_from: tuple[str, ...] = ()
    usual_maximum: float | None = None

    @property
    def flag(self) -> str:
        """The flag of the command line, e.g. ``--look-ahead``."""
        return _flag(self.name)

    @property
    def old_flags(self) -> dict[str, str]:
        """Older name -> its flag."""
        return {name: _flag(name) for name in self.renamed_from}

    @property
    def is_auto_zero(self) -> bool:
        """Whether 0 means that the machine decides, which may be written as ``auto``."""
        return self.type == "int" and self.group in ("run", "seeing") and self.minimum == 0

    def describe_range(self) -> str:
        """What is allowed, for people: the constraint prints itself, so that no message is written by hand."""
        unit = f" {self.unit}" if self.unit else ""
        if self.type == "bool":
            return msg("true or false")
        if self.type in ("choice", "list") and self.choices:
            return (msg("any of ") if self.type == "list" else msg("one of ")) + ", ".join(self.choices)
        if self.type == "span":
            return msg("frames like 5, or seconds like 0.5s")
        if self.is_auto_zero:
            return msg("auto, or 1 to {maximum:g}{unit}", maximum=self.maximum, unit=unit)
        if self.minimum is not None and self.maximum is not None:
            return msg("{minimum:g} to {maximum:g}{unit}", minimum=self.minimum, maximum=self.maximum, unit=unit)
        if self.minimum is not None:
            return msg("{minimum:g}{unit} or more", minimum=self.minimum, unit=unit)
        return {"list": msg("names separated by commas"), "path": "a file's path"}.get(self.type, "a " + self.type)

    def check(self, value: Any) -> Any:
        """The value in the row's own type.

        Args:
            value: text (command line) or a TOML/JSON value; None means the default.

        Raises:
            SettingError: not of the type, or out of range; one sentence with the range.
        """
        if value is None:
            return self.default
        try:
            return self._converted(value)
        except (KeyError, OverflowError, TypeError, ValueError):
            near = ""
            if self.choices and isinstance(value, str):
                found = difflib.get_close_matches(value, self.choices, n=1)
                near = msg(" Did you mean {found}?", found=found[0]) if found else ""
            allowed = self.describe_range()
            if self.type == "int" and self._is_fraction(value):  # within the range, maybe: that would explain nothing
                allowed = msg("whole numbers, {range}", range=allowed)
            raise SettingError(
                msg(
                    "{name} cannot be {value}: it takes {describe_range}.{near}",
                    name=self.name.replace("_", "-"),
                    value=_short(value),
                    describe_range=allowed,
                    near=near,
                ),
                hint=self.help,
            ) from None

    def _is_fraction(self, value: Any) -> bool:
        try:
            return not float(value).is_integer()
        except (OverflowError, TypeError, ValueError):
            return False

    def _converted(self, value: Any) -> Any:
        if self.type == "bool":
            if isinstance(value, bool):
                return value
            return _BOOLS[str(value).lower()]
        if self.default is None and isinstance(value, str) and value.lower() in ("auto", ""):
            return None
        if self.type in ("int", "float"):
            if isinstance(value, bool):
                _refuse()
            if self.is_auto_zero and value == "auto":
                value = 0
            number: float = float(value)
            if self.type == "int":
                if number != int(number):
                    _refuse()
                number = int(number)
            if not (
                (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)
            ):  # written so that NaN fails
                _refuse()
            return number
        if self.type == "span":
            text = f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
            return str(Span.parse(text))
        if self.type == "list":
            given = value.split(",") if isinstance(value, str) else list(value)
            items = tuple(str(item).strip() for item in given if str(item).strip())
            if self.choices and not set(items) <= set(self.choices):
                _refuse()
            return items
        if self.type == "choice":
            return self.choices[self.choices.index(str(value))]  # also of numbers, as TOML holds them
        if not isinstance(value, str | Path):
            _refuse()
        return str(value)


def _short(value: Any) -> str:
    """A value in a message: what stands in a file is not trusted to be short."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."


def _refuse() -> Any:
    raise ValueError


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def setting(
    default: T,
    group: str,
    label: str,
    help: str,
    *,
    text: str = "text",
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    basic: bool = False,
    since: str = "0.1",
    renamed_from: tuple[str, ...] = (),
    usual_maximum: float | None = None,
) -> T:
    """A dataclass field that carries a row of the table.

    Its name and, but for texts, its type are the field's own.

    Args:
        default: the default of the row; mypy holds it against the field's type.
        text: what a text without `choices` is: ``text``, ``span`` or ``path``.
        group: goes into the row, see `Setting`.
        label: goes into the row, see `Setting`.
        help: goes into the row, see `Setting`.
        minimum: goes into the row, see `Setting`.
        maximum: goes into the row, see `Setting`.
        unit: goes into the row, see `Setting`.
        choices: goes into the row, see `Setting`.
        basic: goes into the row, see `Setting`.
        since: goes into the row, see `Setting`.
        renamed_from: goes into the row, see `Setting`.
        usual_maximum: goes into the row, see `Setting`.
    """
    row = Setting(
        "", "choice" if choices else text, default, group, label, help, minimum, maximum, unit, choices, basic, since,
        renamed_from, usual_maximum,
    )  # fmt: skip
    return dataclasses.field(default=cast(T, UNSET), metadata={"row": row})


def rows_of(table: type) -> tuple[Setting, ...]:
    """The rows that a dataclass's fields carry, in their order.

    Args:
        table: a dataclass whose module postpones annotations, so that they are texts.
    """
    rows = []
    for field in dataclasses.fields(table):
        row = field.metadata.get("row")
        if row is not None:
            kind = _TYPES.get(str(field.type), row.type)
            rows.append(dataclasses.replace(row, name=field.name, type=kind))
    return tuple(rows)


def shown(value: Any) -> str:
    """A value as people write it."""
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
