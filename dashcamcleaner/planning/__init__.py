"""What is hidden: regions per frame, made of detections and tracks; pure arithmetic, no files, no pixels."""
