"""References: whom a user means, by a picture or a folder of pictures, before any clip is looked at.

What is read from a picture is an embedding, in memory. A picture must show one face, or one that is much larger than
the others, sharp and turned to the camera: a doubtful reference would choose a doubtful person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dashcamcleaner.detection.face_embedding import FaceDescriber
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.image_file import is_picture_file, read_picture_file
from dashcamcleaner.messages import msg
from dashcamcleaner.people.grouping import Person, distance
from dashcamcleaner.people.sampling import LEAST_FACE_PX, is_good
from dashcamcleaner.plain_files import refuse_special

__all__ = ["Reference", "persons_like", "read_reference"]

_SURE_FACE = 0.5
_MUCH_LARGER = 2.0
_MOST_PICTURES = 200
_KEPT_WITHIN = 0.58
_HIDDEN_WITHIN = 0.66
"""Distances within which a person counts as the one of a reference: who stays visible must be like it, who is hidden
may be less so. Of 300 pairs of portraits, one of them shrunk to 16-64 px, none of two people came below 0.63."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Somebody whom a user named.

    Args:
        name: the words that named them, for messages.
        embeddings: ``(128,)`` float32 each, one or more.
    """

    name: str
    embeddings: tuple[np.ndarray, ...]

    def distance_to(self, embedding: np.ndarray) -> float:
        """To the nearest of its pictures, or to their average if that is nearer."""
        return min(distance(one, embedding) for one in (*self.embeddings, np.mean(self.embeddings, axis=0)))


def read_reference(path: Path, *, describer: FaceDescriber) -> list[Reference]:
    """Whom a picture, or a folder of pictures, shows.

    Args:
        path: a picture: one person; a folder of pictures: one person; a folder of such folders: one person each.
        describer: describes faces.

    Raises:
        InputError: there is no picture, or one that does not show one good face.
    """
    if not path.exists():
        raise InputError(
            msg("The reference {path} does not exist.", path=path),
            hint="Name a picture, a folder, or a person's number.",
        )
    if not path.is_dir():
        refuse_special(path)
        return [Reference(path.name, (_embedding(path, describer),))]
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and not folder.name.startswith(".")]
    own = _of_folder(path, describer)
    found = [*own, *(one for folder in folders for one in _of_folder(folder, describer))]
    if not found:
        raise InputError(
            msg("The folder {path} holds no picture.", path=path), hint="Put pictures of one person into it."
        )
    return found


def _of_folder(folder: Path, describer: FaceDescriber) -> list[Reference]:
    pictures = [path for path in sorted(folder.iterdir()) if path.is_file() and is_picture_file(path)]
    if len(pictures) > _MOST_PICTURES:
        raise InputError(
            msg(
                "The folder {folder} holds more than {most_pictures} pictures.",
                folder=folder,
                most_pictures=_MOST_PICTURES,
            ),
            hint="A few are enough.",
        )
    embeddings = tuple(_embedding(path, describer) for path in pictures)
    return [Reference(folder.name, embeddings)] if embeddings else []


def _embedding(path: Path, describer: FaceDescriber) -> np.ndarray:
    frame = read_picture_file(path).frame
    picture = frame.clearest_view(frame.upright_size)(frame.upright_size)
    faces = [(box, score) for box, score in describer.find(picture) if score >= _SURE_FACE]
    if not faces:
        raise InputError(
            msg("No face was found in the picture {path}.", path=path),
            hint="Take one that shows the face from the front.",
        )
    faces.sort(key=lambda face: -(face[0][3] - face[0][1]))
    box = faces[0][0]
    if len(faces) > 1 and (faces[1][0][3] - faces[1][0][1]) * _MUCH_LARGER > box[3] - box[1]:
        raise InputError(
            msg(
                "The picture {path} shows {count} faces, and none is much larger than the others.",
                path=path,
                count=len(faces),
            ),
            hint="Cut out the one that is meant.",
        )
    (description,) = describer.describe([(picture, box)])
    if description is None or not is_good(description) or box[3] - box[1] < 2 * LEAST_FACE_PX:
        raise InputError(
            msg("The face in the picture {path} is too small, too blurred or turned away too far.", path=path),
            hint="Take one that shows it sharp, from the front and larger.",
        )
    return description.embedding


def persons_like(reference: Reference, persons: Sequence[Person], *, to_keep: bool) -> list[Person]:
    """The persons of a clip that a reference speaks of, the likest first; none where nobody is like it.

    Args:
        reference: whom the user named.
        persons: those of the clip.
        to_keep: they would stay visible: then two who are seen at once cannot both be meant.
    """
    limit = _KEPT_WITHIN if to_keep else _HIDDEN_WITHIN
    near = sorted(
        ((away, person) for person in persons if (away := reference.distance_to(person.embedding)) <= limit),
        key=lambda pair: pair[0],
    )
    chosen: list[Person] = []
    for _, person in near:
        if not (to_keep and any(_seen_at_once(person, other) for other in chosen)):
            chosen.append(person)
    return chosen


def _seen_at_once(one: Person, other: Person) -> bool:
    frames = {(seen.clip, index) for seen in one.seen for index in seen.segment.indices}
    return any((seen.clip, index) in frames for seen in other.seen for index in seen.segment.indices)
