"""What a run and its audit tell in files: the JSON beside the output, and the pages made of it."""
