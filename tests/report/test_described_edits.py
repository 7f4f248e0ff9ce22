"""Each edit that changes what is hidden stands in the report, and wholly in the reader's language."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator

import pytest

from dashcamcleaner.core.edit_types import EDIT_TYPES, ClearZone, DrawnRegion, Edit, HiddenSpan, HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import HidePerson, KeepPerson, KeepUnknown, OnlyPersons, PersonStyle, PersonTrack
from dashcamcleaner.core.review_edits import KeepSpan
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.core.vehicle_edits import TrackStyle, VehicleTrack
from dashcamcleaner.messages import localized, use_catalog, use_language
from dashcamcleaner.report.data import describe_edits

BOX = (0.0, 0.0, 9.0, 9.0)
CHANGE_NOTHING_HIDDEN = {"name", "checked", "checked-spot"}
CASES: dict[str, tuple[Edit, ...]] = {
    "keep": (KeepTrack(7),),
    "drop": (DropTrack(7),),
    "only": (OnlyTrack(7),),
    "keep-span": (KeepSpan(7, 1.0, 2.0), KeepSpan(7, 3.0, 4.0)),
    "region": (DrawnRegion(((1.0, BOX), (2.0, BOX)), "face"),),
    "fixed": (HiddenZone(BOX), HiddenZone(BOX, from_s=1.0), HiddenZone(BOX, to_s=2.0)),
    "exclude": (ClearZone(BOX, from_s=1.0, to_s=2.0),),
    "frames": (HiddenSpan(from_s=1.0),),
    "person": (PersonTrack(2, 7, ((0.5, 3.2),)),),
    "keep-person": (KeepPerson(2), KeepPerson(3, "ANN.JPG")),
    "hide-person": (HidePerson(2), HidePerson(3, "ANN.JPG")),
    "only-persons": (OnlyPersons(),),
    "keep-unknown": (KeepUnknown(),),
    "style": (PersonStyle(2, "mosaic", 24), PersonStyle(3, "solid")),
    "track-style": (TrackStyle(7, "mosaic", 24),),
    "vehicle": (VehicleTrack(7, 7), VehicleTrack(7, 9)),
}
NAMES_OF_SETTINGS = {"mosaic", "solid"}


class Shouting(gettext.NullTranslations):
    """A language that says everything in capitals: what stays small was never asked for."""

    def gettext(self, message: str) -> str:
        return re.sub(r"(\{[^}]*\})|([^{]+)", lambda found: found[1] or found[2].upper(), message)


@pytest.fixture()
def shouting() -> Iterator[None]:
    use_catalog(Shouting(), "en")
    yield
    use_language("en")


def test_every_kind_is_described_or_known_to_hide_nothing() -> None:
    assert set(CASES) | CHANGE_NOTHING_HIDDEN == set(EDIT_TYPES)


@pytest.mark.parametrize("name", CASES)
def test_an_edit_is_described_in_one_language(name: str, shouting: None) -> None:
    lines = describe_edits(Edits(CASES[name]))
    assert len(lines) == (1 if name in ("keep-span", "vehicle") else len(CASES[name]))
    for line in lines:
        said = localized(line)
        assert set(re.findall(r"[a-z]+", said)) - {"px"} <= NAMES_OF_SETTINGS, said


def test_who_is_hidden_is_told_in_english() -> None:
    edits = Edits.of(PersonTrack(2, 12), PersonTrack(2, 7), KeepPerson(2, "the reference ann.jpg"), HidePerson(3))
    assert describe_edits(edits) == [
        "tracks of person 2: 7, 12",
        "person 3 is hidden",
        "person 2 is left visible where it is sure, chosen by the reference ann.jpg",
    ]
