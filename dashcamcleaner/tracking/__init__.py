"""Linking over time: tracks, how objects and the camera move, and where an object is between its detections."""
