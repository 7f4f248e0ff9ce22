"""How a person's regions look where that was chosen: an obscurer for each such person, beside the run's own.

Under 60 lines because the styles themselves are `obscure.obscurer`'s, and who is who the edits'.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.plan import Region
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.pipeline.build import shapes_per_kind
from dashcamcleaner.settings import Settings

__all__ = ["PersonStyles"]

_FINEST = 1
"""The strength of a mosaic whose squares have a side of their own: it decides, down to the finest that is safe."""


class PersonStyles:
    """Paints each region in the style of its person.

    Args:
        edits: say who is who, and how each looks.
        settings: decide all else of the look.
    """

    def __init__(self, edits: Edits, *, settings: Settings) -> None:
        self._edits = edits
        self._own = {
            person: Obscurer(
                style=chosen.style,
                strength=_FINEST if chosen.square_px else settings.strength,
                feather=settings.feather,
                shapes=shapes_per_kind(settings),
                square_px=chosen.square_px,
            )
            for person, chosen in edits.person_styles.items()
        }

    def obscure(self, frame: Frame, regions: Sequence[Region], *, plain: Obscurer) -> None:
        """Hide all regions, in their order, those of others by the run's own obscurer."""
        for person, its in groupby(regions, key=self._person_of):
            (plain if person is None else self._own[person]).obscure(frame, list(its))

    def _person_of(self, region: Region) -> int | None:
        style = self._edits.style_of(region.track)
        return None if style is None else style.person
