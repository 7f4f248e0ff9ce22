"""How it is hidden: masks, tones and overlays, painted into the planes of a frame."""
