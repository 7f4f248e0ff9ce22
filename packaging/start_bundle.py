"""The bundle's entry: the same as ``python -m dashcamcleaner``, and the children that it starts are itself again."""

import multiprocessing
import sys

from dashcamcleaner.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
