"""Readers of the layouts people have their photos in, told apart by looking.

A new layout is one module with `LOOKS_FOR`, `fits(root)` and `read(root)`, and a line below. A
layout of another package is a module or an object with these three, under its entry point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from tag2mask.core.contracts import InputError
from tag2mask.core.registry import Registry
from tag2mask.data.annotations.joining import annotate
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers import (
    annotated,
    cityscapes,
    class_folders,
    coco,
    huggingface,
    mvtec,
    tags_csv,
    voc,
    yolo,
)
from tag2mask.data.readers.nesting import folder_around_classes, folder_inside
from tag2mask.data.readers.photo_files import files_in


class Layout(Protocol):
    """What a module in this package offers."""

    LOOKS_FOR: str
    """What the layout is recognised by, in words; "" where it is recognised, but not read."""

    def fits(self, root: Path) -> bool:
        """Say whether the folder has this layout."""
        ...

    def read(self, root: Path) -> Dataset:
        """Read the folder."""
        ...


LAYOUTS: Registry[Layout] = Registry("layout", group="tag2mask.layouts")
"""In the order in which they are tried: the first that fits is read, other packages' after ours.

`class_folders` fits nearly any folder, so it is tried last, after folders one level further down.
"""

LAYOUTS.update({
    "tags_csv": tags_csv,
    "huggingface": huggingface,
    "voc": voc,
    "mvtec": mvtec,
    "cityscapes": cityscapes,
    "yolo": yolo,
    "coco": coco,
    "annotated": annotated,
    "class_folders": class_folders,
})


def read_dataset(root: str | Path) -> Dataset:
    """Read a folder of photos and tags in whichever layout it has.

    Raises:
        InputError: no folder, no known layout, or a mistake in the data that only the user can
            fix.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root} is no folder; give the folder that holds the photos.")
    for layout in _signed():
        if layout.fits(root):
            dataset = layout.read(root)
            return dataset if layout is annotated else annotate(dataset)
    inside = folder_inside(root, _is_signed) or folder_around_classes(root)
    if inside is not None:
        dataset = read_dataset(inside)
        where = inside.relative_to(root)
        notice = f"The data set was found in the folder {where} of {root}, and is read there."
        return replace(dataset, notices=(notice, *dataset.notices))
    if class_folders.fits(root):
        return annotate(class_folders.read(root))
    layouts = map(LAYOUTS.get, LAYOUTS)
    sought = "; or ".join(layout.LOOKS_FOR for layout in layouts if layout.LOOKS_FOR)
    loose = len(files_in(root))
    found = f"{loose:,} photos are directly in it, so their tags are unknown; " * bool(loose)
    raise InputError(f"No data set was recognised in {root}; {found}it needs {sought}.")


def _is_signed(folder: Path) -> bool:
    return any(layout.fits(folder) for layout in _signed())


def _signed() -> Iterator[Layout]:
    """Yield the layouts that are recognised by a sign of their own."""
    return (LAYOUTS.get(name) for name in LAYOUTS if name != "class_folders")
