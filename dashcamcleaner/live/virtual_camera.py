"""A virtual camera as a sink: other programs see what left as a camera's picture. Written by pyvirtualcam."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path
from typing import Any

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import ExtraMissing, OutputError, extra_hint
from dashcamcleaner.live.pictures import rgb_of
from dashcamcleaner.live.ports import StreamFormat
from dashcamcleaner.live.release import ReleasedFrame, ReleasedSound
from dashcamcleaner.messages import msg

__all__ = ["VirtualCamera"]


class VirtualCamera:
    """A `FrameSink` over pyvirtualcam; it has no sound.

    Args:
        device: its name; empty: the first that can be had.

    Raises:
        ExtraMissing: the package is not installed.
        OutputError: there is no virtual camera.
    """

    def __init__(self, device: str = "") -> None:
        if importlib.util.find_spec("pyvirtualcam") is None:
            raise ExtraMissing(
                "Virtual cameras are fed by pyvirtualcam, which is not installed.", hint=extra_hint("live")
            )
        self._device = device
        self._camera: Any = None
        self.path: Path | None = None
        self.description = msg("virtual camera {device}", device=visible(device)).rstrip()
        self._connect((320, 180), 30.0)  # a camera that is not there is told before the run
        self.close()

    def open(self, form: StreamFormat) -> bool:
        """Begin.

        Raises:
            OutputError: there is no virtual camera.
        """
        self.close()
        self._connect(form.size, form.rate)
        return True

    def _connect(self, size: tuple[int, int], rate: float) -> None:
        import pyvirtualcam

        try:
            self._camera = pyvirtualcam.Camera(*size, rate, device=self._device or None)
        except (RuntimeError, OSError, ValueError) as error:
            reason = str(error).splitlines()[0].rstrip(".") if str(error) else msg("nothing is told why")
            raise OutputError(
                msg("There is no virtual camera here: {reason}.", reason=visible(reason)),
                hint="On Linux load the module v4l2loopback, elsewhere start OBS once; or send a stream to OBS.",
            ) from error

    def write(self, item: ReleasedFrame | ReleasedSound) -> None:
        """Show a picture."""
        if isinstance(item, ReleasedFrame):
            try:
                self._camera.send(rgb_of(item.native, longest_side_px=max(item.native.width, item.native.height)))
            except (RuntimeError, OSError) as error:
                raise OutputError(
                    msg("{description} takes no picture: {error}.", description=self.description, error=visible(error))
                ) from error

    def close(self) -> None:
        """Let the camera go."""
        camera, self._camera = self._camera, None
        if camera is not None:
            with contextlib.suppress(RuntimeError, OSError):
                camera.close()
