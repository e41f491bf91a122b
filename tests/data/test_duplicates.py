"""Photos that are the same file."""

from __future__ import annotations

from pathlib import Path

from tag2mask.data.dataset import Photo
from tag2mask.data.duplicates import same_files


def photo(folder: Path, name: str, content: bytes) -> Photo:
    """Write a file."""
    path = folder / name
    path.write_bytes(content)
    return Photo(name=name, path=path, tags=(), split="train", mask=None)


def test_only_equal_bytes_count(tmp_path: Path) -> None:
    """Not the same size alone, nor the same middle; what is lost or empty is no copy."""
    middle = b"m" * 20_000
    photos = [
        photo(tmp_path, "a", b"1" + middle + b"1"), photo(tmp_path, "b", b"2" + middle + b"1"),
        photo(tmp_path, "c", b"1" + middle + b"1"), photo(tmp_path, "d", b"short"),
        photo(tmp_path, "e", b"shorx"), photo(tmp_path, "f", b"short"),
        photo(tmp_path, "g", b""), photo(tmp_path, "h", b""), photo(tmp_path, "i", b"x"),
    ]
    photos[-1].path.unlink()
    groups = [[item.name for item in group] for group in same_files(photos)]
    assert sorted(groups) == [["a", "c"], ["d", "f"]]
