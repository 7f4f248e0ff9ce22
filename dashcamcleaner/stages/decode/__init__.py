"""A clip in, `Frame`s out, in presentation order, with exact times and the planes as decoded.

`reader` reads and judges, `scale` makes the small pictures.
"""

from __future__ import annotations

from dashcamcleaner.stages.decode.reader import Decoder, frame_times, open_clip

__all__ = ["Decoder", "frame_times", "open_clip"]
