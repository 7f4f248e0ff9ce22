"""One picture through the same stages."""
from __future__ import annotations
from pathlib import Path
def is_still(path: Path) -> bool:
    return False
