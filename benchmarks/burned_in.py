"""What the search for burned-in text finds in clips, and what it costs.

    python benchmarks/burned_in.py CLIP...

For each clip it prints the pictures that were looked at, the processor seconds of finding and reading text (decoding
included, opening the reader apart), and each place: what it holds, where it lies, and whether it is sure. It needs the
extra ``audit``. What a text says is printed nowhere.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from dashcamcleaner.core.burned_in import place_words
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.detection.ocr import open_reader
from dashcamcleaner.media import probe
from dashcamcleaner.pipeline.burned_in import find_burned_in


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", type=Path)
    args = parser.parse_args()
    began = time.process_time()
    reader = open_reader()
    say(f"opening the reader: {time.process_time() - began:.1f} s")
    for clip in args.clips:
        looked: list[None] = []
        info, began = probe.probe(clip), time.process_time()
        found = find_burned_in(clip, info=info, reader=reader, look=lambda looked=looked: looked.append(None))  # type: ignore[misc]
        took = time.process_time() - began
        width, height = info.upright_size
        say(f"{clip.name}: {width} x {height}, {len(looked)} pictures, {took:.1f} s")
        for one in found:
            sure = "" if one.sure else " (perhaps a sign)"
            say(f"    {', '.join(one.holds)}: {place_words(one.box, info.upright_size)}{sure}")
    reader.close()


if __name__ == "__main__":
    main()
