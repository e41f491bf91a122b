"""Tiny data sets whose masks are stored in some way, and what perfect predictions would score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tag2mask.data import Dataset, check_photos, load_mask, read_dataset

Labels = npt.NDArray[np.uint8]
Stored = Callable[[Labels, int], "Labels | Image.Image | None"]

MIXED: tuple[frozenset[int], ...] = tuple(
    frozenset(tags) for tags in ({0}, {1}, {2}, {0, 1}, {1, 2}, set())
)
SINGLE = tuple(frozenset(tags) for tags in ({0}, {1}, {2}, set()))
ONE = tuple(frozenset(tags) for tags in ({0}, {0}, set()))
ALL = (frozenset({0}),)
_COLOURS = ((220, 30, 30), (30, 30, 220), (30, 200, 30))
_BACK = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}


def scene(tags: frozenset[int], seed: int, size: tuple[int, int]) -> tuple[Labels, Labels]:
    """Draw a block per tag on noise: photo and labels."""
    rng = np.random.default_rng(seed)
    height, width = size
    photo = rng.integers(90, 150, (height, width, 3)).astype(np.uint8)
    labels = np.zeros(size, np.uint8)
    for place, tag in enumerate(sorted(tags)):
        top, left = rng.integers(2, height - 30), place * (width // 2) + rng.integers(1, 8)
        block = np.s_[top : top + rng.integers(14, 26), left : left + rng.integers(14, 30)]
        photo[block], labels[block] = _COLOURS[tag % 3], tag + 1
    return photo, labels


def draw(
    root: Path, stored: Stored, *, tags: Sequence[frozenset[int]] = MIXED, classes: int = 3,
    stated: bool = True, labelmap: str = "", size: tuple[int, int] = (72, 100),
    orientation: Callable[[int], int] = lambda number: 1, count: int = 24,
) -> tuple[Dataset, float]:
    """Write a data set, check it, and score its true labels against the masks as they are read.

    Returns:
        The checked data set, and the mIoU of perfect predictions in percent (NaN: none scored).
    """
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    names = ["ant", "bee", "cat"][:classes]
    rows, truths = ["image,tags,split"], {}
    for number in range(count):
        own = tags[number % len(tags)]
        photo, truths[f"{number:02}"] = scene(own, number, size)
        _save_photo(root / "images" / f"{number:02}.png", photo, orientation(number))
        mask = stored(truths[f"{number:02}"], number)
        if mask is not None:
            picture = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
            picture.save(root / "masks" / f"{number:02}.png")
        told = ";".join(names[tag] for tag in sorted(own))
        rows.append(f"images/{number:02}.png,{told},{'train' if number % 4 else 'val'}")
    (root / "tags.csv").write_text("\n".join(rows), encoding="utf-8")
    if stated:
        (root / "classes.txt").write_text("\n".join(["background", *names]), encoding="utf-8")
    if labelmap:
        (root / "labelmap.txt").write_text(labelmap, encoding="utf-8")
    checked = check_photos(read_dataset(root), workers=1)
    return checked, score(checked, truths)


def score(checked: Dataset, truths: dict[str, Labels]) -> float:
    """Return the mIoU in percent that the true labels get against the masks as they are read."""
    labels = len(checked.classes) + 1
    confusion = np.zeros((labels, labels))
    for photo in checked.photos:
        if photo.mask is not None:
            truth = truths[photo.name]
            mask = load_mask(photo.mask, size=truth.shape, num_labels=labels)  # type: ignore[arg-type]
            known = mask != 255
            np.add.at(confusion, (mask[known], truth[known]), 1)
    either = confusion.sum(axis=0) + confusion.sum(axis=1) - np.diag(confusion)
    return float(100 * np.nanmean(np.diag(confusion) / np.where(either, either, np.nan))) \
        if confusion.any() else float("nan")


def _save_photo(path: Path, photo: Labels, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(photo)
    if orientation in _BACK:
        picture = picture.transpose(_BACK[orientation])
    picture.save(path, exif=exif)
