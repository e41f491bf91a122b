"""Read the masks in `annotations/`, and check their size and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tag2mask.annotation.constraint import covered
from tag2mask.annotation.records import Annotation, GivenMask
from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.data.mask_reading import MaskFile, turned
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import photo_frame

_THREADS = 4
_STRAY = 0.05
"""Share of a class's pixels that may be outside its boxes, as boxes are never pixel-exact."""

_LARGE = 0.01
"""Share of white pixels at or above which a black-and-white mask is questionable."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadMask:
    """The result of reading one file."""

    photo: Photo
    path: Path
    given: GivenMask | None = None
    """None if the mask cannot be used."""
    problem: str = ""
    """The reason why it cannot be used; "" if it can."""
    is_turned: bool = False
    """Whether it has the size of the photo before rotation to upright."""
    is_binary: bool = False
    """Whether it contains only 0 and 255, and no class."""
    overruled: dict[str, int] = field(default_factory=dict)
    """Number of points and of classes with boxes that the mask contradicts, by kind."""


def read_masks(
    pairs: Sequence[tuple[Photo, Path]], num_labels: int, shapes: Callable[[str], Annotation],
) -> list[ReadMask]:
    """Decode every mask once, in threads.

    Args:
        pairs: photos and their mask files.
        num_labels: K + 1.
        shapes: returns the points and boxes of a photo by its name, for comparison.
    """
    with ThreadPoolExecutor(max_workers=_THREADS) as threads:
        return list(threads.map(
            lambda pair: _read(pair[0], pair[1], num_labels, shapes(pair[0].name)), pairs
        ))


def mask_problems(dataset: Dataset, masks: Sequence[ReadMask]) -> list[Problem]:
    """Return the masks that cannot be used as problems.

    Raises:
        InputError: more than a tenth of several masks cannot be used.
    """
    bad = [mask for mask in masks if mask.problem]
    if len(bad) > max(1, len(masks) // 10):
        raise InputError(
            f"{len(bad):,} of {len(masks):,} masks in {dataset.root / 'annotations'} cannot be "
            f"used; the first: {bad[0].problem}"
        )
    return [Problem(photo=mask.photo.name, why=f"{mask.problem.rstrip('.')}; until then this "
                    f"annotation is not used.") for mask in bad]


def mask_notices(masks: Sequence[ReadMask]) -> list[str]:
    """Return notices about decisions on masks."""
    lines = []
    around = [mask for mask in masks if mask.is_turned]
    if around:
        lines.append(
            f"{len(around):,} masks in annotations/ have the size of their photos before these are "
            f"turned upright (EXIF), so they are turned alike; the first is {around[0].path.name}."
        )
    usable = [mask for mask in masks if mask.given]
    binary = [mask for mask in usable if mask.is_binary and mask.photo.tags]
    if binary and len(binary) == len(usable):
        lines.append(
            f"All masks in annotations/ ({len(binary):,}) hold only 0 and 255, so they are read as "
            f"background and pixels that nobody decided on; if white stands for the class, save "
            f"them with 1 instead of 255."
        )
    return lines


def _read(photo: Photo, path: Path, num_labels: int, shapes: Annotation) -> ReadMask:
    try:
        labels = load_mask(path, size=None, num_labels=num_labels)
        height, width, orientation = photo_frame(photo.path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except InputError as error:
        return ReadMask(photo=photo, path=path, problem=str(error))
    file, is_turned = path, False
    if labels.shape != (height, width) and orientation >= 5 and labels.shape == (width, height):
        file, is_turned = MaskFile.of(path, None, orientation), True
        labels = turned(labels, orientation)
    if labels.shape != (height, width):
        return ReadMask(photo=photo, path=path, problem=(
            f"{path} is {labels.shape[1]} x {labels.shape[0]} pixels, but its photo "
            f"{width} x {height}; save it again at the photo's size."
        ))
    return replace(_facts(photo, file, digest, labels, is_turned),
                   overruled=_overruled(labels, shapes))


def _facts(
    photo: Photo, file: Path, digest: str, labels: npt.NDArray[np.uint8], is_turned: bool
) -> ReadMask:
    counts = np.bincount(labels.ravel(), minlength=IGNORE + 1)
    present = tuple(int(label) for label in np.flatnonzero(counts[:IGNORE]))
    if not present:
        return ReadMask(photo=photo, path=file, problem=f"{file} holds only 255, so it says "
                        f"nothing; label some pixels or delete it.")
    decided = 1 - float(counts[IGNORE]) / labels.size
    given = GivenMask(path=file, digest=digest, labels=present, decided=round(decided, 6))
    return ReadMask(
        photo=photo, path=file, given=given, is_turned=is_turned,
        is_binary=present == (0,) and 1 - decided > _LARGE,
    )


def _overruled(labels: npt.NDArray[np.uint8], shapes: Annotation) -> dict[str, int]:
    """Count points with another label, and classes that extend beyond all of their boxes."""
    height, width = labels.shape
    points = 0
    for point in shapes.points:
        own = labels[min(int(point.y), height - 1), min(int(point.x), width - 1)]
        points += int(own != IGNORE and own != point.label)
    boxes = 0
    for label in {box.label for box in shapes.boxes} - {0, IGNORE}:
        drawn = labels == label
        own = [box for box in shapes.boxes if box.label == label]
        outside = drawn & ~covered(own, labels.shape)
        boxes += int(outside.sum()) > _STRAY * max(int(drawn.sum()), 1)
    return {"points": points, "boxes": boxes}
