"""A file's hash is that of what stands in it now."""

from __future__ import annotations

from pathlib import Path

from dashcamcleaner.plain_files import file_sha256

ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_hash_follows_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_sha256(path) == ABC_SHA256
    path.write_bytes(b"abcd")
    assert file_sha256(path) != ABC_SHA256
