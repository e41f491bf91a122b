"""CVAT's Segmentation mask 1.1: a zip file of coloured class and object masks with labelmap.txt."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.core.files import atomic_path
from tag2mask.data.masks import palette
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.label_pngs import suffix_of
from tag2mask.interchange.labelled import LabelMap
from tag2mask.interchange.names import TABLE, Names
from tag2mask.interchange.pictures import Pictures
from tag2mask.interchange.voc import read
from tag2mask.interchange.voc_writing import labelmap, objects

FILE = "annotations.zip"


def fits(path: Path) -> bool:
    """Return whether a file is a zip with labelmap.txt, or a folder is an export of this module."""
    found = path / FILE if path.is_dir() else path
    return zipfile.is_zipfile(found) and any(
        name.startswith("SegmentationClass/") for name in zipfile.ZipFile(found).namelist())


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `annotations.zip` for upload to CVAT, and `images/`."""
    pictures, names = Pictures(labelling, options.images), Names()
    listed: list[str] = []
    undecided = 0
    with atomic_path(out / FILE) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for photo in labelling.photos:
            if photo.labels is None:
                continue
            stem = names.stem(photo.file)
            pictures.place(photo, out / "images" / (stem + suffix_of(photo)))
            colours = palette(len(labelling.classes) + 1)
            open_ = photo.labels == IGNORE
            undecided += bool(open_.any())
            labels = np.where(open_, np.uint8(BACKGROUND), photo.labels)
            numbers = objects(photo, options)
            numbers[open_] = BACKGROUND
            _add(archive, f"SegmentationClass/{stem}.png", colours[labels])
            _add(archive, f"SegmentationObject/{stem}.png", palette(IGNORE)[numbers])
            if open_.any():
                _add(archive, f"undecided/{stem}.png", np.where(open_, np.uint8(IGNORE),
                                                                np.uint8(0)))
            listed.append(stem)
        archive.writestr("ImageSets/Segmentation/default.txt", "".join(f"{n}\n" for n in listed))
        archive.writestr("labelmap.txt", labelmap(labelling.classes, void=False))
        if table := names.table():
            archive.writestr(TABLE, table)
    pictures.note()
    if undecided:
        labelling.notes.append(f"Undecided pixels of {undecided:,} photos are background in CVAT, "
                               "which has no place for them; use --undecided class to see them.")
    return len(listed)


def _add(archive: zipfile.ZipFile, name: str, pixels: LabelMap) -> None:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    archive.writestr(name, buffer.getvalue())


FORMAT = Format(
    title="CVAT Segmentation mask 1.1", exact="exact", read=read, write=write, fits=fits,
    undecided="a folder, lost in CVAT",
)
