"""One file through all stages: observations, plan, painting, writing; threads, progress and what is kept of a run."""
