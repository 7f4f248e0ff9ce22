"""Labels of a clip in the formats of annotation tools (COCO, YOLO, MOT, CVAT for video), written, read and made edits.

Researchers label and correct with tools of their own: what was found goes out, what they corrected comes in as edits.
"""
