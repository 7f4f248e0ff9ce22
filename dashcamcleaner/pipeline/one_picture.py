"""A picture file in the place of a clip: one frame, read as a run reads it; people see what is decided on.

The clips' decoder knows neither the opacity of a picture nor its profile, and turns it as clips are turned.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.errors import InputError
from dashcamcleaner.media import probe
from dashcamcleaner.media.decoder import Decoder, open_clip
from dashcamcleaner.media.image_file import is_picture_file, read_picture_file
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.image import info_of_picture

__all__ = ["OnePicture", "open_frames"]


class OnePicture:
    """Gives the frame of a picture as `media.decoder.Decoder` gives those of a clip; a context manager.

    Args:
        path: the picture.

    Attributes:
        info: what a clip of this one frame would be told as.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        picture = read_picture_file(path)
        self.info = info_of_picture(picture)
        self._frame = picture.frame
        self._given = False

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        if self._given:
            raise StopIteration
        self._given = True
        return self._frame

    def seek(self, pts: int) -> Frame:
        """As `Decoder.seek`.

        Raises:
            InputError: it is not the one time that there is.
        """
        if pts != self._frame.time.pts:
            raise InputError(msg("{path} has no frame at pts {pts}.", path=self.info.path, pts=pts))
        self._given = True
        return self._frame

    def close(self) -> None:
        """There is nothing to release: the file was read at once."""

    def __enter__(self) -> OnePicture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_frames(
    path: str | Path, *, video_track: int | None = None, info: MediaInfo | None = None
) -> tuple[MediaInfo, Decoder | OnePicture]:
    """A clip or a picture: what it is, and its frames.

    Args:
        path: the file.
        video_track: number of a clip's video stream, from 1; None: the one that a run would choose.
        info: what `media.probe` said of a clip, where that is known.

    Raises:
        InputError: it cannot be read.
    """
    if is_picture_file(path):
        picture = OnePicture(path)
        return picture.info, picture
    info = info or probe.probe(path, video_track=video_track)
    return info, open_clip(path, info=info)
