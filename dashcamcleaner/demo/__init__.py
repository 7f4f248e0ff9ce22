"""A clip of a rendered street, made on the spot: nothing to download, nobody who lives."""
