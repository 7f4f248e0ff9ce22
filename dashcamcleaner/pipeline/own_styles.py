"""How regions look whose person, or track, has a look of its own: an obscurer for each look, beside the run's own.

About 60 lines because the styles themselves are `obscure.obscurer`'s, and who is who the edits'.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.person_edits import PersonStyle
from dashcamcleaner.core.plan import Region
from dashcamcleaner.core.vehicle_edits import TrackStyle
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.pipeline.build import shapes_per_kind
from dashcamcleaner.settings import Settings

__all__ = ["OwnStyles"]

_FINEST = 1
"""The strength of a mosaic whose squares have a side of their own: it decides, down to the finest that is safe."""
_Look: TypeAlias = tuple[str, int, str]
"""Style, side of squares, path of the picture."""


class OwnStyles:
    """Paints each region in the style of its person, or of its track.

    Args:
        edits: say who is who, and how each looks.
        settings: decide all else of the look.

    Raises:
        SettingError: a picture cannot be read, is none, or is too large.
    """

    def __init__(self, edits: Edits, *, settings: Settings) -> None:
        self._edits = edits
        looks = [_look(one) for one in edits.person_styles.values()]
        looks += [_look(one) for one in edits.track_styles.values()]
        self._own = {
            (style, square_px, picture): Obscurer(
                style=style,
                strength=_FINEST if square_px else settings.strength,
                feather=settings.feather,
                shapes=shapes_per_kind(settings),
                square_px=square_px,
                picture=Path(picture) if picture else None,
            )
            for style, square_px, picture in dict.fromkeys(looks)
        }

    def obscure(self, frame: Frame, regions: Sequence[Region], *, plain: Obscurer) -> None:
        """Hide all regions, in their order, those without a look of their own by the run's obscurer."""
        for look, its in groupby(regions, key=self._look_of):
            (plain if look is None else self._own[look]).obscure(frame, list(its))

    def _look_of(self, region: Region) -> _Look | None:
        style = self._edits.style_of(region.track)
        return None if style is None else _look(style)


def _look(chosen: PersonStyle | TrackStyle) -> _Look:
    return chosen.style, chosen.square_px, chosen.picture
