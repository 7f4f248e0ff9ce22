"""Text that a camera burned into the picture (place, speed, date, driver): where it stands, and what it holds.

What it says is not kept anywhere: `BurnedIn` tells kinds of content alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dashcamcleaner.core.edit_rows import Box, box_of, check_box
from dashcamcleaner.messages import joined, msg

__all__ = ["CONTENTS", "POSITION", "BurnedIn", "burned_in_of", "burned_in_sentence", "place_words"]

POSITION = "position"
CONTENTS = (POSITION, "speed", "date", "time", "text")
"""What a burned-in text may hold; ``text`` is all that is none of the others."""
_HELD = {
    POSITION: msg("position"), "speed": msg("speed"), "date": msg("date"), "time": msg("time"), "text": msg("text"),
}  # fmt: skip
_UPPER = (msg("upper left"), msg("upper middle"), msg("upper right"))
_LOWER = (msg("lower left"), msg("lower middle"), msg("lower right"))
_MOST = 200


@dataclass(frozen=True, slots=True)
class BurnedIn:
    """A place of the picture at which text stands over the clip.

    Args:
        box: the place, upright full-size pixels, grown to what is to be covered.
        holds: what it holds, of `CONTENTS`, in their order.
        sure: the picture moves behind it; else it may be a sign in front of a camera that stands still.

    Raises:
        ValueError: the box has no area, or there is no such content.
    """

    box: Box
    holds: tuple[str, ...] = ("text",)
    sure: bool = True

    def __post_init__(self) -> None:
        check_box(self.box)
        if not self.holds or any(what not in CONTENTS for what in self.holds):
            raise ValueError(f"burned-in text holds {', '.join(CONTENTS)}")

    @property
    def has_position(self) -> bool:
        """Whether it tells where the camera was."""
        return POSITION in self.holds

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; `from_dict` is the inverse."""
        return {"box": list(self.box), "holds": list(self.holds), "sure": self.sure}

    @classmethod
    def from_dict(cls, data: Any) -> BurnedIn:
        """One of a plan's header.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        return cls(box_of(list(data["box"])), tuple(str(what) for what in data["holds"]), bool(data.get("sure", True)))


def burned_in_of(rows: Any) -> tuple[BurnedIn, ...] | None:
    """Those of a plan's header; None where it does not tell.

    Raises:
        ValueError, KeyError, TypeError: it holds another thing, or too many.
    """
    if rows is None:
        return None
    if len(rows) > _MOST:
        raise ValueError(f"more than {_MOST} burned-in texts")
    return tuple(BurnedIn.from_dict(row) for row in rows)


def place_words(box: Box, size: tuple[int, int]) -> str:
    """Where in the picture a box lies: ``upper left``, ``lower middle``, and so on.

    Args:
        box: upright full-size pixels.
        size: ``(width, height)`` of the picture.
    """
    x, y = (box[0] + box[2]) / 2 / size[0], (box[1] + box[3]) / 2 / size[1]
    return (_UPPER if y < 0.5 else _LOWER)[0 if x < 1 / 3 else 1 if x < 2 / 3 else 2]


def burned_in_sentence(found: Iterable[BurnedIn], *, size: tuple[int, int]) -> str:
    """Where text is burned in, for people: ``position in the picture, lower left; date, time, upper right``."""
    told = [
        msg("{words} in the picture, {place}", words=_words(one.holds), place=place_words(one.box, size))
        for one in found
    ]
    return joined(dict.fromkeys(told), "; ")


def _words(holds: Sequence[str]) -> str:
    words = [_HELD[one] for one in holds]
    if len(words) == 1:
        return words[0]
    return msg("{first} and {second}", first=joined(words[:-1], ", "), second=words[-1])
