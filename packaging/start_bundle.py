"""The bundle's entry: the same as ``python -m dashcamcleaner``, and the children that it starts are itself again."""

import multiprocessing
import os
import sys

for name in ("stdout", "stderr"):
    if getattr(sys, name) is None:  # Windows gives none to a program without a console
        setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115

from dashcamcleaner.__main__ import main  # noqa: E402

if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
