"""Find masks that are named in a column of the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tag2mask.data.readers.photo_files import entry


def named_masks(
    root: Path, names: Mapping[str, str]
) -> tuple[dict[str, Path], list[str]]:
    """Find the masks below the data set's folder, in its folder `masks` or beside the photo.

    Args:
        root: the data set's folder.
        names: photos with a mask in the table, and its name there.

    Returns:
        The mask of each photo that has one, and the missing mask names.
    """
    usual = entry(root, "masks") or root / "masks"
    found: dict[str, Path] = {}
    lost: list[str] = []
    for photo, name in names.items():
        there = next((p for p in _places(root, usual, photo, name) if p.is_file()), None)
        if there is None:
            lost.append(name)
        else:
            found[photo] = there
    return found, lost


def named_mask_notices(table: str, found: int, lost: Sequence[str]) -> list[str]:
    """Report that a column is used, and the masks that are missing."""
    if not found and not lost:
        return []
    missing = f"; {len(lost):,} more are missing, the first is {lost[0]}" if lost else ""
    return [f"{found:,} photos have the mask that {table} names, which is used for scoring "
            f"only{missing}."]


def _places(root: Path, usual: Path, photo: str, name: str) -> Iterator[Path]:
    yield root / name
    yield usual / name
    yield (root / photo).parent / name
