"""Files in and out: what a clip or picture holds, its frames, and writing them back with everything beside them."""
