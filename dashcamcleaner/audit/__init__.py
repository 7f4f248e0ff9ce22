"""The check of the output: an independent second look at what came out, and the findings it leads to."""
