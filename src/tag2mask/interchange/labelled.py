"""Labelled photos, the common representation of all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.interchange.parts import part_numbers

LabelMap = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Planes = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]
"""(1 + k, h, w) probabilities, and the label of each plane."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A bounding box, in pixels of the upright photo; the right and bottom edges are exclusive."""

    class_name: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True)
class Point:
    """A point on an object, in pixels of the upright photo; pixel centres are at .5."""

    class_name: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Region:
    """Pixels of one class: all of them in a photo, or one connected part."""

    label: int
    """Label of the class, 1..K."""
    mask: Mask
    """(h, w) bool, cropped to the region."""
    left: int
    top: int

    @property
    def area(self) -> int:
        """Return the number of pixels."""
        return int(np.count_nonzero(self.mask))

    @cached_property
    def parts(self) -> int:
        """Return the number of connected parts (8-connectivity)."""
        return part_numbers(self.mask)[1]

    def whole(self, size: tuple[int, int]) -> Mask:
        """Return the region as an (H, W) mask of a photo of that size."""
        return placed(self.mask, self.left, self.top, size)


@dataclass(frozen=True, kw_only=True)
class LabelledPhoto:
    """One photo and its labels; only one photo is in memory at a time."""

    file: str
    """Path of the photo relative to its folder, with "/" and suffix, as in "sub/a b.jpg"."""
    path: Path | None
    """Path of the photo on this machine; None if unknown."""
    size: tuple[int, int]
    """(H, W) in pixels of the upright photo."""
    classes: tuple[str, ...]
    """Names of the labels 1..K."""
    labels: LabelMap | None
    """(H, W) uint8: 0 background, 1..K, 255 undecided; None if only boxes or tags are known."""
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    tags: frozenset[str] = frozenset()
    """Classes present in the photo, in addition to those of labels, boxes and points."""
    split: str | None = None
    """"train", "val", "test", or None if unknown."""
    trust: float | None = None
    """Trust in the labels, 0..1; None if unknown."""
    class_trust: Mapping[str, float] = field(default_factory=dict)
    """Trust in the labels per class, 0..1."""
    probabilities: Callable[[], Planes] | None = None
    """A function that reads the probabilities; None if there are none."""

    @property
    def stem(self) -> str:
        """Return the path of the photo without its suffix."""
        return self.file.rpartition(".")[0] or self.file

    @property
    def shown(self) -> frozenset[str]:
        """Return all classes present in the photo, from labels, boxes, points and tags."""
        labelled = {self.classes[label - 1] for label in self.present()}
        boxed = {box.class_name for box in self.boxes}
        return self.tags | labelled | boxed | {point.class_name for point in self.points}

    @cached_property
    def _counts(self) -> list[int]:
        if self.labels is None:
            return [0] * 256
        counts: list[int] = np.bincount(self.labels.ravel(), minlength=256).tolist()
        return counts

    def present(self) -> list[int]:
        """Return the labels 1..K that occur in the label map, in increasing order."""
        return [label for label in range(BACKGROUND + 1, IGNORE) if self._counts[label]]

    def undrawn_boxes(self) -> tuple[Box, ...]:
        """Return the boxes of classes that do not occur in the label map."""
        drawn = {self.classes[label - 1] for label in self.present()}
        return tuple(box for box in self.boxes if box.class_name not in drawn)

    def trust_in(self, class_name: str) -> float | None:
        """Return the trust in the labels of a class, or else that in all labels."""
        return self.class_trust.get(class_name, self.trust)

    def undecided(self) -> Mask | None:
        """Return the mask of undecided pixels, (H, W) bool, or None if there are none."""
        return self.labels == IGNORE if self.labels is not None and self._counts[IGNORE] else None

    def regions(self, *, parts: bool) -> Iterator[Region]:
        """Yield the pixels of each class that occurs; none without a label map.

        Args:
            parts: whether to yield one region per connected part (8-connectivity) instead of one
                per class.
        """
        if self.labels is None:
            return
        for label in self.present():
            whole = crop(label, self.labels == label)
            yield from _split(whole) if parts else (whole,)


def placed(mask: Mask, left: int, top: int, size: tuple[int, int]) -> Mask:
    """Return a cropped mask as an (H, W) mask of a photo of that size."""
    canvas = np.zeros(size, np.bool_)
    height, width = mask.shape
    canvas[top : top + height, left : left + width] = mask
    return canvas


def crop(label: int, mask: Mask, left: int = 0, top: int = 0) -> Region:
    """Crop a non-empty mask to its bounding box."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    first_row, first_column = int(rows[0]), int(columns[0])
    inner = mask[first_row : rows[-1] + 1, first_column : columns[-1] + 1]
    return Region(label=label, mask=inner, left=left + first_column, top=top + first_row)


def _split(whole: Region) -> Iterator[Region]:
    numbers, count = part_numbers(whole.mask)
    for number in range(1, count + 1):
        yield crop(whole.label, numbers == number, whole.left, whole.top)
