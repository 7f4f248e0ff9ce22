"""Obscured frames in, a clip out: same timing, side streams copied, what may tell the place left out.

`plan_output` decides everything before the run (and refuses what cannot be held), `Encoder` writes, `MaskWriter`
writes mask clips. Split by what can be read alone: decisions, pictures, side streams, masks.
"""

from __future__ import annotations

from dashcamcleaner.stages.encode.decide import OutputPlan, SideStream, plan_output
from dashcamcleaner.stages.encode.masks import MaskWriter
from dashcamcleaner.stages.encode.writer import Encoder

__all__ = ["Encoder", "MaskWriter", "OutputPlan", "SideStream", "plan_output"]
