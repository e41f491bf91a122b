"""Find masks that are named in a column of the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.data.readers.photo_files import entry


def named_masks(
    root: Path, names: Mapping[PurePosixPath, PurePosixPath | None]
) -> tuple[dict[PurePosixPath, Path], list[PurePosixPath]]:
    """Find the masks below the data set's folder, in its folder `masks` or beside the photo.

    Args:
        root: the data set's folder.
        names: photos, and the mask name of each in the table.

    Returns:
        The mask of each photo that has one, and the missing mask names.
    """
    usual = entry(root, "masks") or root / "masks"
    found: dict[PurePosixPath, Path] = {}
    lost: list[PurePosixPath] = []
    for photo, name in names.items():
        if name is None:
            continue
        there = next((p for p in _places(root, usual, photo, name) if p.is_file()), None)
        if there is None:
            lost.append(name)
        else:
            found[photo] = there
    return found, lost


def named_mask_notices(table: str, found: int, lost: Sequence[PurePosixPath]) -> list[str]:
    """Report that a column is used, and the masks that are missing."""
    if not found and not lost:
        return []
    missing = f"; {len(lost):,} more are missing, the first is {lost[0]}" if lost else ""
    return [f"{found:,} photos have the mask that {table} names, which is used for scoring "
            f"only{missing}."]


def _places(
    root: Path, usual: Path, photo: PurePosixPath, name: PurePosixPath
) -> Iterator[Path]:
    yield root / name
    yield usual / name
    yield root / photo.parent / name
