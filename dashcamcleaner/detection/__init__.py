"""Finding objects in pictures: detectors, the backends they run on, their weights, and how a frame is cut for them."""
