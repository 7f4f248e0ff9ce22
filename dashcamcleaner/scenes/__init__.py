"""Scenes: what each second of a clip shows, blocks of seconds that belong together, and cutting by them."""
