"""What is on the screen or in front of the camera, covered before anyone sees it.

    FrameSource ─► DelayBuffer ─────────────────────────────► Gate ─► FrameSink ...
                       │ HeldFrame                             ▲ Proof
                       └─► Analysis: detector, tracker, planner┘

The engine is that of clips (`pipeline`), with a clock. A frame is held for a set time, the delay, which is the
planner's look-ahead. When its time has come it leaves: with the regions of its `release.Proof`, or, where there is no
proof, covered wholly. A proof cannot be made for a frame whose analysis is missing, so nothing has to go right for a
frame to be covered.

`session` holds the threads, `ports` what goes in and out, `addresses` reads the words of the command line.
"""
