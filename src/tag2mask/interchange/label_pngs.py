"""Folders of label PNGs, which several frameworks use in different layouts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.core.files import atomic_path
from tag2mask.data.dataset import Problem
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.data.photos import SUFFIXES, opened
from tag2mask.interchange.class_tables import ClassTable
from tag2mask.interchange.format import Labelling, WriteOptions
from tag2mask.interchange.labelled import LabelledPhoto, LabelMap
from tag2mask.interchange.names import Names
from tag2mask.interchange.pictures import Pictures

PICTURES = (".png", ".bmp", ".tif", ".tiff", ".gif")
"""Suffixes of label images, which must be lossless."""


@dataclass(frozen=True)
class Pair:
    """A label image and its photo."""

    file: str
    labels: Path
    photo: Path | None
    split: str | None = None


def files_below(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files with these suffixes at any depth, sorted, without hidden files."""
    return sorted(
        path for path in folder.rglob("*")
        if path.suffix.lower() in suffixes and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts))


def photos_by_stem(folder: Path) -> dict[str, Path]:
    """Return the photos below a folder, keyed by their relative path without suffix."""
    if not folder.is_dir():
        return {}
    return {path.relative_to(folder).with_suffix("").as_posix(): path
            for path in files_below(folder, SUFFIXES)}


def read_pairs(
    pairs: list[Pair], table: ClassTable, labelling: Labelling
) -> Iterator[LabelledPhoto]:
    """Read label images one by one; unreadable ones are recorded as problems."""
    for pair in pairs:
        try:
            labels = read_labels(pair.labels, table)
        except InputError as error:
            labelling.problems.append(Problem(photo=pair.file, why=str(error), left_out=True))
            continue
        yield LabelledPhoto(
            file=pair.file, path=pair.photo, size=(labels.shape[0], labels.shape[1]),
            classes=table.classes, labels=labels, split=pair.split)


def read_labels(path: Path, table: ClassTable) -> LabelMap:
    """Read a label image, whose labels are given by pixel values or by colours.

    Raises:
        InputError: the image is damaged, or has a value or colour that is missing from the table.
    """
    with opened(path) as picture:
        mode = picture.mode
        if table.colours and mode in ("P", "RGB", "RGBA"):
            return by_colours(np.asarray(picture.convert("RGB")), table, path)
    return table.labels(load_mask(path, size=None, num_labels=IGNORE), f"Mask {path}")


def by_colours(pixels: LabelMap, table: ClassTable, path: Path) -> LabelMap:
    """Convert (H, W, 3) colours to labels.

    Raises:
        InputError: a colour is missing from the table.
    """
    packed = (pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)).ravel()
    found, inverse = np.unique(packed, return_inverse=True)
    known = {(r << 16) + (g << 8) + b: label for (r, g, b), label in table.colours.items()}
    known.setdefault((224 << 16) + (224 << 8) + 192, IGNORE)  # VOC's void
    wrong = [value for value in found.tolist() if value not in known]
    if wrong:
        colour = (wrong[0] >> 16, wrong[0] >> 8 & 255, wrong[0] & 255)
        raise InputError(f"{path} has the colour {colour}, which the class table does not list; "
                         "add it there.")
    table_ = np.array([known[value] for value in found.tolist()], np.uint8)
    return table_[inverse].reshape(pixels.shape[:2])


def write_pairs(
    labelling: Labelling, options: WriteOptions, out: Path,
    where: Callable[[LabelledPhoto, str], tuple[Path, Path]],
    *, colours: bool = False,
) -> int:
    """Write label PNGs and photos.

    Args:
        labelling: photos and labels to write.
        options: options of the writer, which determine the placement of photos.
        out: output folder, for the table of changed names.
        where: returns the output paths of photo and labels, from a photo and its name without
            suffix.
        colours: whether the PNGs have a palette; OpenCV then reads colours instead of labels.
    """
    pictures, names = Pictures(labelling, options.images), Names()
    count = bare = 0
    for photo in labelling.photos:
        if photo.labels is None:
            bare += 1
            continue
        target, mask = where(photo, names.stem(photo.file))
        pictures.place(photo, target)
        if colours:
            save_mask(mask, photo.labels, num_labels=len(labelling.classes) + 1)
        else:
            save_grey(mask, photo.labels)
        count += 1
    names.write(out)
    pictures.note()
    if bare:
        labelling.notes.append(f"{bare:,} photos only have boxes or points, which this format "
                               "cannot hold; they were left out.")
    return count


def save_grey(path: Path, labels: LabelMap) -> None:
    """Write labels as a greyscale PNG without palette, completely or not at all."""
    with atomic_path(path) as temporary:
        Image.fromarray(labels).save(temporary, format="PNG", compress_level=1)


def suffix_of(photo: LabelledPhoto) -> str:
    """Return the suffix of a photo's file, with its dot."""
    return Path(photo.file).suffix
