"""Readers of common layouts of photos and tags, which are recognised automatically.

A new layout is a module with `LOOKS_FOR`, `fits(root)` and `read(root)`, and a line below. Other
packages provide a layout as a module or an object with these three, under its entry point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from tag2mask.core.collection import collection_paused
from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
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
    parquet,
    saved_datasets,
    shards,
    tags_csv,
    voc,
    yolo,
)
from tag2mask.data.readers.nesting import folder_around_classes, folder_inside
from tag2mask.data.readers.photo_files import files_in
from tag2mask.data.remote import local_copy


class Layout(Protocol):
    """Interface of the reader modules."""

    LOOKS_FOR: str
    """Description of the layout's characteristic files; "" if it is recognised but not read."""

    def fits(self, root: Path) -> bool:
        """Return whether the folder has this layout."""
        ...

    def read(self, root: Path) -> Dataset:
        """Read the folder as a data set."""
        ...


LAYOUTS: Registry[Layout] = Registry("layout", group="tag2mask.layouts")
"""Layouts in the order in which they are tried: the first that fits is read, plug-ins last.

`class_folders` fits nearly any folder, so it is tried last, after folders one level below.
"""

LAYOUTS.update({
    "tags_csv": tags_csv,
    "huggingface": huggingface,
    "voc": voc,
    "mvtec": mvtec,
    "cityscapes": cityscapes,
    "yolo": yolo,
    "coco": coco,
    "saved_datasets": saved_datasets,
    "parquet": parquet,
    "shards": shards,
    "annotated": annotated,
    "class_folders": class_folders,
})


@collection_paused()
def read_dataset(root: str | Path, progress: Progress | None = None) -> Dataset:
    """Read photos and tags in any known layout.

    Args:
        root: the folder, or an address such as "hf://USER/NAME", which is downloaded once.
        progress: reports a download.

    Raises:
        InputError: not a folder, no known layout, an address that cannot be read, or an error in
            the data that only the user can correct.
    """
    copy = local_copy(root, progress)
    if copy.notice:
        dataset = read_dataset(copy.folder)
        return replace(dataset, notices=(copy.notice, *dataset.notices))
    root = copy.folder
    if not root.is_dir():
        raise InputError(f"{root} is no folder; give the folder that holds the photos.")
    if (root / "data.json").is_file() and (root / "stages").is_dir():
        raise InputError(f"{root} is a run, not a data set; give the folder of its photos, which "
                         f"{root / 'data.json'} names as root.")
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
    """Yield the layouts that have a distinctive file or folder."""
    return (LAYOUTS.get(name) for name in LAYOUTS if name != "class_folders")
