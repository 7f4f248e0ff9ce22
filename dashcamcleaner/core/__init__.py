"""What flows: pure types and arithmetic. numpy only; no files, no clock, no pixels from libraries.

Sizes are ``(width, height)``, arrays ``(h, w)``, boxes ``xyxy`` in pixel edges (``x2 - x1`` is the width). *Upright*
pixels are those of the full-size picture as shown (rotation and mirroring applied, sample aspect ratio not); *stored*
pixels are as coded. The words stand in ``docs/glossary.md``.
"""
