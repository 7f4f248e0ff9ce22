"""The flags of ``clean`` that become edits: tracks to keep, drop or hide alone, boxes to cover or to leave clear."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg

if TYPE_CHECKING:
    from dashcamcleaner.core.edit_types import ClearZone, Edit, HiddenZone

__all__ = ["accepted_of", "add_accept_flags", "add_edit_flags", "edits_of"]


def add_edit_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags to a group of a command's."""
    group.add_argument("--keep-track", metavar="IDS", help="leave these tracks clear, e.g. 3,7 (needs --from-plan)")
    group.add_argument("--drop-track", metavar="IDS", help="remove these tracks as false hits (needs --from-plan)")
    group.add_argument("--only-track", metavar="IDS", help="hide these tracks and no other (needs --from-plan)")
    group.add_argument(
        "--cover", action="append", metavar="X1,Y1,X2,Y2[@FROM-TO]", default=[],
        help="hide this box, in upright pixels, from second FROM to TO after the first picture (else always); may be "
        "given again",
    )  # fmt: skip
    add_accept_flags(group)
    group.add_argument(
        "--exclude", action="append", metavar="X1,Y1,X2,Y2[@FROM-TO]", default=[],
        help="leave clear what is found wholly inside this box, e.g. a dashboard reflection; may be given again",
    )  # fmt: skip


def add_accept_flags(group: argparse._ActionsContainer) -> None:
    """Add the flags by which a person says yes to files that were not made here."""
    group.add_argument(
        "--accept-edits", metavar="HASH", action="append", default=[],
        help="take edits from elsewhere that leave something clear: the SHA-256 of their file; may be given again",
    )  # fmt: skip
    group.add_argument(
        "--accept-plan", metavar="HASH", action="append", default=[],
        help="go by a plan that was not made here, or was changed: the SHA-256 of its file; may be given again",
    )  # fmt: skip


def accepted_of(args: argparse.Namespace) -> tuple[str, ...]:
    """The hashes that a person has said yes to.

    Raises:
        SettingError: one is no SHA-256.
    """
    hashes = tuple(one.strip().rstrip(".").lower() for one in (*args.accept_edits, *args.accept_plan))
    for one in hashes:
        if len(one) != 64 or set(one) - set("0123456789abcdef"):
            raise SettingError(
                msg("{one} is no SHA-256 of a file.", one=repr(one)), hint="It has 64 digits and letters from a to f."
            )
    return hashes


def edits_of(args: argparse.Namespace) -> tuple[Edit, ...]:
    """What the flags ask for.

    Raises:
        SettingError: a flag's words are no track ids, or no box.
    """
    from dashcamcleaner.core.edit_types import ClearZone, HiddenZone
    from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack

    edits: list[Edit] = []
    for track_type in (KeepTrack, DropTrack, OnlyTrack):
        flag = f"{track_type.row_name}_track"
        if text := getattr(args, flag):
            edits += _tracks(track_type, text, flag=f"--{track_type.row_name}-track")
    edits += [_zone(HiddenZone, text) for text in args.cover]
    edits += [_zone(ClearZone, text) for text in args.exclude]
    return tuple(edits)


def _tracks(make: Callable[[int], Edit], text: str, *, flag: str) -> list[Edit]:
    """An edit for each of ``3,7``."""
    try:
        return [make(int(one)) for one in text.split(",")]
    except ValueError:
        raise SettingError(
            msg("{flag} cannot be {text}: it takes track ids like 3,7.", flag=flag, text=repr(text))
        ) from None


def _zone(zone_type: type[HiddenZone] | type[ClearZone], text: str) -> Edit:
    """A zone from ``X1,Y1,X2,Y2[@FROM-TO]``."""
    place, _, span = text.partition("@")
    try:
        x1, y1, x2, y2 = (float(number) for number in place.split(","))
        from_s, to_s = (float(part) for part in span.split("-")) if span else (-math.inf, math.inf)
        return zone_type((x1, y1, x2, y2), from_s=from_s, to_s=to_s)
    except ValueError:
        raise SettingError(
            msg("{text} is no box: it takes X1,Y1,X2,Y2 or X1,Y1,X2,Y2@FROM-TO with seconds.", text=repr(text)),
            hint="For example 0,1000,640,1080@2-5.5 hides the lower left corner from second 2 to 5.5.",
        ) from None
