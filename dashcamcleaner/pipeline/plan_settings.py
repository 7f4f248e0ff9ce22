"""What of the settings in a plan's header is followed: they are data that tell how it was made, not orders.

A plan lies beside a clip and may have come with it. None of its settings gives trust, names weights that a person has
not vouched for, or lets the audit look for less than it would by itself. Used by audit, ``--fix``, review and window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dashcamcleaner.core.plan import PlanHeader
from dashcamcleaner.detection.trust import is_vouched
from dashcamcleaner.errors import PlanError, SettingError, WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.plan_check import examine_plan
from dashcamcleaner.pipeline.plan_file import read_header
from dashcamcleaner.settings import SETTINGS, Settings, find_row, resolve

__all__ = ["settings_for_audit", "settings_for_fixing", "settings_for_rendering"]

_DECIDE = ("hide", "time", "seeing")
"""Groups of settings that decide tracks: a plan keeps its own, or its edits would speak of other tracks."""
_DECIDES_NO_TRACK = frozenset({"hide_overlay"})
_NEVER = frozenset({"trust_weights", "overwrite"})
_FOR_AUDIT = frozenset({"audio", "keep", "other_kinds", "weights"})
_AT_LEAST = ("inference_size", "tiles")


def settings_for_audit(plan: Path | None) -> Settings:
    """The settings of an audit that nobody gave settings to: its own.

    It looks for faces and plates whatever the plan says, and at no smaller size than by itself. Of the plan it takes
    what else to look for, how sharp an eye the run had, and what the run was asked to keep or to mute.

    Args:
        plan: the plan that the audit goes by; None: there is none.

    Raises:
        PlanError: it cannot be read.
    """
    own = resolve()
    if plan is None:
        return own
    said = _resolved(_followed(read_header(plan), names=(*_FOR_AUDIT, *_AT_LEAST)))
    wanted = {name: value for name, value in said.overrides.items() if name in _FOR_AUDIT}
    return resolve(wanted, {name: max(getattr(own, name), getattr(said, name)) for name in _AT_LEAST})


def settings_for_fixing(plan: Path) -> Settings:
    """The settings to render a plan again as it was rendered.

    Of a plan that was not made here, and that a person has accepted, only the looks are taken.

    Raises:
        PlanError: it cannot be read.
    """
    looks = [name for name, row in SETTINGS.items() if row.group == "look" and row.type != "path"]
    return _resolved(_followed(read_header(plan), names=SETTINGS if examine_plan(plan).sealed else looks))


def settings_for_rendering(plan: Path, *, wanted: Settings) -> Settings:
    """Settings to render a plan again in another look: what decides tracks from the plan, the rest as wanted now.

    A plan that was not made here decides nothing.

    Args:
        plan: the plan's file.
        wanted: the settings in force.

    Raises:
        PlanError: it cannot be read.
    """
    if not examine_plan(plan).sealed:
        return wanted
    decide = {name for name, row in SETTINGS.items() if row.group in _DECIDE} - _DECIDES_NO_TRACK
    kept = _followed(read_header(plan), names=decide)
    looks = {name: v for name, v in wanted.overrides.items() if name not in decide}
    try:
        return resolve(kept, looks)
    except SettingError:  # a picture that is gone, say: the plan's own settings alone go together
        return _resolved(kept)


def _followed(header: PlanHeader, *, names: Collection[str]) -> dict[str, Any]:
    """Those of a plan's settings that are among the names and may be followed, by the names of today."""
    found: dict[str, Any] = {}
    for name, value in header.settings.items():
        row = find_row(name)
        if row is not None and row.name in names and row.name not in _NEVER:
            found[row.name] = value
    if "weights" in found and not _may_name(found["weights"]):
        del found["weights"]
    return found


def _may_name(weights: object) -> bool:
    try:
        return isinstance(weights, str) and is_vouched(weights)
    except WeightsError:  # gone, or never there
        return False


def _resolved(said: Mapping[str, Any]) -> Settings:
    try:
        return resolve(said)
    except SettingError as error:
        raise PlanError(msg("The plan's settings cannot be read: {error}", error=error.message)) from error
