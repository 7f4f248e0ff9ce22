"""What flows: pure types and arithmetic. numpy only; no I/O, no clock, no pixels from libraries.

The words of the project, one per idea, in code, window, flags and docs:

    Clip        a file in or out (never "video" or "movie")
    Frame       one decoded picture of a clip, its planes as decoded
    Detection   one sighting of an object in one frame
    Track       one object over time
    Region      what is hidden in one frame
    Plan        the contract between seeing and painting: raw detections and regions per frame
    Edit        what a person, or --fix, changed about a plan
    Kind        what an object is: face, plate, ...
    Style       how a region looks: gaussian, mosaic, solid, picture
    Backend     the inference engine
    Weights     a model file with its papers
    Job         what was asked; Run: its doing
    Finding     what the audit saw
    Setting     one row of the settings table

Pixels are *obscured*; "anonymize" names only the product's aim. Sizes are ``(width, height)``, arrays
``(h, w)``, boxes ``xyxy`` in pixel edges (``x2 - x1`` is the width). *Upright* pixels are the full-size
picture as shown (rotation and mirroring applied, sample aspect ratio not); *stored* pixels are as coded.
"""
