"""An output's folder is made, or it is told why it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashcamcleaner.errors import OutputError
from dashcamcleaner.output_files import check_output


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"^The folder .* cannot be made: .*\.$"):
        check_output(tmp_path / "file" / "sub" / "a.mp4", sources=[], overwrite=False)
