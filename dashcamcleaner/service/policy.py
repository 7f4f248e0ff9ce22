"""Policies: named sets of thresholds, and the verdict that scores come to under one.

A policy file is TOML, a table for each policy, a row for each category or part:

    [family]
    nudity = 0.3
    weapon = 0.5

What a policy does not name is not judged.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors

__all__ = ["CATEGORIES", "DEFAULT_POLICY", "Policy", "load_policies"]

CATEGORIES = ("nudity", "violence", "drugs")
DEFAULT_POLICY = "default"
_MOST_POLICIES = 100
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds under a name.

    Args:
        name: the name of the policy.
        thresholds: category or part -> the score, 0 to 1, from which a picture is flagged.
    """

    name: str
    thresholds: Mapping[str, float]

    def verdict(self, scores: Mapping[str, float], parts: Mapping[str, float]) -> dict[str, Any]:
        """What scores come to: whether the picture is flagged, and by which of them."""
        found = {**parts, **scores}
        reasons = [
            {"category": name, "score": round(found[name], 4), "threshold": threshold}
            for name, threshold in self.thresholds.items()
            if name in found and found[name] >= threshold
        ]
        missing = [name for name in self.thresholds if name not in found]
        return {"policy": self.name, "flagged": bool(reasons), "reasons": reasons, "not_scored": missing}


_BUILT_IN = Policy(DEFAULT_POLICY, dict.fromkeys(CATEGORIES, 0.5))


def load_policies(file: str | None, *, known: frozenset[str] = frozenset()) -> dict[str, Policy]:
    """The policies by name: the built-in one, and those of a file, which may replace it.

    Args:
        file: a TOML file; None for the built-in one alone.
        known: the categories and parts that can be scored; others are refused. Empty: any name is taken.

    Raises:
        SettingError: the file cannot be read, or a threshold is no number from 0 to 1.
    """
    policies = {DEFAULT_POLICY: _BUILT_IN}
    if not file:
        return policies
    path = Path(file)
    with map_os_errors(
        path, what=msg("The policy file {path}", path=path), verb="read", to=SettingError, also=(ValueError,)
    ):
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise ValueError("it is larger than a policy file can be")
        data = tomllib.loads(raw.decode("utf-8"))
    if len(data) > _MOST_POLICIES:
        raise SettingError(
            msg(
                "The policy file holds {count} policies; {most_policies} are taken at most.",
                count=len(data),
                most_policies=_MOST_POLICIES,
            )
        )
    for name, rows in data.items():
        if not isinstance(rows, dict) or not rows:
            raise SettingError(
                msg("The policy file has a row {name} outside of any policy.", name=repr(visible(name))),
                hint="Put a policy's name above its rows, in brackets: [family].",
            )
        policies[name] = Policy(name, {str(row): _threshold(name, row, value) for row, value in rows.items()})
        if unknown := [row for row in rows if known and row not in known]:
            raise SettingError(
                msg(
                    "The policy {name} names {unknown}, which nothing scores.",
                    name=repr(visible(name)),
                    unknown=repr(visible(unknown[0])),
                ),
                hint=msg("Categories and parts: {names}.", names=", ".join(sorted(known))),
            )
    return policies


def _threshold(policy: str, row: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SettingError(
            msg(
                "In the policy {policy}, {row} is {value}; it takes 0 to 1.",
                policy=repr(visible(policy)),
                row=visible(row),
                value=visible(repr(value)),
            )
        )
    return float(value)
