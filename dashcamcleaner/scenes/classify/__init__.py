"""Classifiers: whole pictures in, a score for each label out. Next to detection, with its weights, trust and pool."""
