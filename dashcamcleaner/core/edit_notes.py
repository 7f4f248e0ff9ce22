"""Edits in words: what they leave clear, what a person says yes to, and what this version leaves undone."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence

from dashcamcleaner.core.edit_list import EditList
from dashcamcleaner.core.edit_types import EDIT_TYPES, UnknownEdit
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.messages import counted, joined, msg

__all__ = ["clear_note", "in_no_frame_note", "unknown_notes", "yes_note"]

_MOST_NAMED = 4


def yes_note(edits: EditList) -> str:
    """What a person would say yes to, in a few words.

    What is left clear, pictures that are laid on, regions with a look of their own, and who is who.
    """
    parts = [note] if (note := clear_note(edits)) else []
    if pictures := {edit.picture for edit in edits.laying_on}:
        parts.append(
            counted("{n} picture of this machine laid on", "{n} pictures of this machine laid on", len(pictures))
        )
    if edits.weakening:
        parts.append(counted("{n} look of its own", "{n} looks of their own", len(edits.weakening)))
    if edits.groups_tracks:
        tracks = frozenset(edits.person_tracks).union(*edits.vehicle_tracks.values())
        parts.append(counted("{n} track said to be somebody's", "{n} tracks said to be somebody's", len(tracks)))
    return joined(parts, msg(" and "))


def clear_note(edits: EditList) -> str:
    """What they leave clear, in a few words, for instance ``3 tracks left clear``; empty where nothing is."""
    parts = []
    if tracks := edits.keep | edits.drop:
        parts.append(counted("{n} track left clear", "{n} tracks left clear", len(tracks)))
    if edits.keep_spans:
        parts.append(
            counted(
                "{n} track left clear for a part of the clip",
                "{n} tracks left clear for a part of the clip",
                len(edits.keep_spans),
            )
        )
    if edits.only:
        parts.append(counted("all but {n} track left clear", "all but {n} tracks left clear", len(edits.only)))
    if edits.only_persons and not edits.hide_persons:
        parts.append(msg("all who are known left clear"))
    elif edits.only_persons:
        parts.append(
            counted("all but {n} person left clear", "all but {n} persons left clear", len(edits.hide_persons))
        )
    elif edits.keep_persons:
        parts.append(counted("{n} person left clear", "{n} persons left clear", len(edits.keep_persons)))
    if edits.keep_unknown:
        parts.append(msg("unknown faces left clear"))
    if edits.clear_zones:
        parts.append(counted("finds in {n} area left clear", "finds in {n} areas left clear", len(edits.clear_zones)))
    return joined(parts, msg(" and "))


def unknown_notes(edits: EditList) -> tuple[str, ...]:
    """What this version does not know and therefore leaves undone: a sentence for rows, and one for keys."""
    told = []
    if unknown := edits.not_applied:
        kinds = _listed(_suggested(edit.row_name) for edit in unknown)
        told.append(
            counted(
                "{n} edit is unknown to this version ({kinds}) and was not applied: what it is meant to hide may "
                "be visible.",
                "{n} edits are unknown to this version ({kinds}) and were not applied: what they are meant to "
                "hide may be visible.",
                len(unknown),
                kinds=kinds,
            )
        )
    known = [edit for edit in edits.entries if not isinstance(edit, UnknownEdit)]
    keys = [
        msg("{key} of {row_name}", key=repr(key[:40]), row_name=edit.row_name)
        for edit in known
        for key, _ in edit.unknown_keys
    ]
    if keys:
        told.append(
            msg(
                "Edits hold keys that are unknown to this version ({listed}); they were applied "
                "without them, so more may be visible than was meant.",
                listed=_listed(keys),
            )
        )
    return tuple(told)


def in_no_frame_note(edits: EditList, times_s: Sequence[float]) -> str:
    """A sentence that tells of those with times that hold in no frame; empty where there are none."""
    idle = edits.in_no_frame(times_s)
    if not idle:
        return ""
    return counted(
        "{n} edit does nothing: it holds in no frame ({listed}).",
        "{n} edits do nothing: they hold in no frame ({listed}).",
        len(idle),
        listed=_listed(
            f"{edit.row_name} {_second(first)}-{_second(last)}"
            for edit in idle
            if not isinstance(edit, UnknownEdit)
            for first, last in edit.spans
        ),
    )


def _second(time_s: float) -> str:
    """A time for people; nothing for one without limit."""
    return format_seconds(time_s) if math.isfinite(time_s) else ""


def _suggested(row_name: str) -> str:
    """A row's kind as it is told: what stands in a file is not trusted to be short, or printable."""
    near = difflib.get_close_matches(row_name, EDIT_TYPES, n=1)
    return (
        msg("{row_name}, perhaps {near}", row_name=repr(row_name[:40]), near=repr(near[0]))
        if near
        else f"{row_name[:40]!r}"
    )


def _listed(texts: Iterable[str]) -> str:
    """Some texts, each once, the first few of many."""
    once = list(dict.fromkeys(texts))
    return "; ".join(once[:_MOST_NAMED]) + ("; ..." if len(once) > _MOST_NAMED else "")
