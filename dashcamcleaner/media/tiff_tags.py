"""Tags put into a TIFF that a library has written without them: what its alpha means, and the colour profile.

OpenCV writes 16-bit TIFF, but says neither; readers then take the alpha for something else. The first directory is
written anew behind the file, longer by the tags, and the header points to it (TIFF 6.0, section 2). The module is short
because nothing else of TIFF is done by hand.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

__all__ = ["EXTRA_SAMPLES", "ICC_PROFILE", "UNASSOCIATED", "with_tags"]

EXTRA_SAMPLES = 338
ICC_PROFILE = 34675
UNASSOCIATED = 2

_SHORT, _UNDEFINED = 3, 7


def with_tags(data: bytes, tags: Mapping[int, int | bytes]) -> bytes:
    """A little-endian or big-endian TIFF with further tags in its first directory.

    Args:
        data: the file.
        tags: number -> a short, or bytes of undefined meaning; those that it has already are replaced.

    Raises:
        ValueError: it is no TIFF of 32-bit offsets.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise ValueError("no TIFF")
    (directory,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, directory)
    entries = {}
    for number in range(count):
        at = directory + 2 + 12 * number
        entries[struct.unpack_from(f"{order}H", data, at)[0]] = data[at : at + 12]
    (following,) = struct.unpack_from(f"{order}I", data, directory + 2 + 12 * count)
    body = data + b"\0" * (len(data) % 2)
    for tag, value in tags.items():
        if isinstance(value, int):
            entries[tag] = struct.pack(f"{order}HHIHxx", tag, _SHORT, 1, value)
        else:
            entries[tag] = struct.pack(f"{order}HHII", tag, _UNDEFINED, len(value), len(body))
            body += value + b"\0" * (len(value) % 2)
    new = struct.pack(f"{order}H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
    place = struct.pack(f"{order}I", len(body))
    return body[:4] + place + body[8:] + new + struct.pack(f"{order}I", following)
