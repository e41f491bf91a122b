"""Readers of the layouts people have their photos in, told apart by looking.

A new layout is one module with `LOOKS_FOR`, `fits(root)` and `read(root)`, and a line below.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers import class_folders, tags_csv, voc


class Layout(Protocol):
    """What a module in this package offers."""

    LOOKS_FOR: str
    """What the layout is recognised by, in words."""

    def fits(self, root: Path) -> bool:
        """Say whether the folder has this layout."""
        ...

    def read(self, root: Path) -> Dataset:
        """Read the folder."""
        ...


LAYOUTS: dict[str, Layout] = {
    "tags_csv": tags_csv,
    "voc": voc,
    "class_folders": class_folders,
}
"""In the order in which they are tried: the first that fits is read."""


def read_dataset(root: str | Path) -> Dataset:
    """Read a folder of photos and tags in whichever layout it has.

    Raises:
        InputError: no folder, no known layout, or a mistake in the data that only the user can
            mend.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root} is no folder; give the folder that holds the photos.")
    for layout in LAYOUTS.values():
        if layout.fits(root):
            return layout.read(root)
    sought = "; or ".join(layout.LOOKS_FOR for layout in LAYOUTS.values())
    raise InputError(f"No data set was recognised in {root}; it needs {sought}.")
