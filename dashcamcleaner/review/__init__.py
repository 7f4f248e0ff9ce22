"""A person's look at a clip or plan: preview, tracks, what deserves attention, following a drawn box."""
