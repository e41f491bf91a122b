"""Labelled photos, as every format reads and writes them."""

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
    """A rectangle around something, in pixels of the upright photo; right and bottom excluded."""

    class_name: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True)
class Point:
    """A point on something, in pixels of the upright photo; a pixel's centre lies at .5."""

    class_name: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Region:
    """Pixels of one class: all of them on a photo, or one connected part."""

    label: int
    """1..K."""
    mask: Mask
    """(h, w) bool, cropped to the region."""
    left: int
    top: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(np.count_nonzero(self.mask))

    @cached_property
    def parts(self) -> int:
        """Number of connected parts; pixels that share a corner are connected."""
        return part_numbers(self.mask)[1]

    def whole(self, size: tuple[int, int]) -> Mask:
        """Return the region as an (H, W) mask of a photo of that size."""
        canvas = np.zeros(size, np.bool_)
        height, width = self.mask.shape
        canvas[self.top : self.top + height, self.left : self.left + width] = self.mask
        return canvas


@dataclass(frozen=True, kw_only=True)
class LabelledPhoto:
    """One photo and its labels; only one of them is in memory at a time."""

    file: str
    """Path of the photo below its folder, with "/" and suffix, as in "sub/a b.jpg"."""
    path: Path | None
    """Where the photo is on this machine, None if that is unknown."""
    size: tuple[int, int]
    """(H, W) in pixels of the upright photo."""
    classes: tuple[str, ...]
    """Names of the labels 1..K."""
    labels: LabelMap | None
    """(H, W) uint8: 0 background, 1..K, 255 undecided; None where only boxes or tags are known."""
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    tags: frozenset[str] = frozenset()
    """Classes that are on the photo, beyond those of labels, boxes and points."""
    split: str | None = None
    """"train", "val", "test", or None where that is unknown."""
    trust: float | None = None
    """How far to trust the labels, 0..1; None where nobody said."""
    class_trust: Mapping[str, float] = field(default_factory=dict)
    """The same, per class on the photo."""
    probabilities: Callable[[], Planes] | None = None
    """Reads probabilities; None where nobody knows."""

    @property
    def stem(self) -> str:
        """The path without its suffix."""
        return self.file.rpartition(".")[0] or self.file

    @property
    def shown(self) -> frozenset[str]:
        """All classes that are on the photo, by labels, boxes, points or tags."""
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
        """Return the labels 1..K that occur, in order."""
        return [label for label in range(BACKGROUND + 1, IGNORE) if self._counts[label]]

    def undecided(self) -> Mask | None:
        """Return where nobody decided, (H, W) bool, or None where everything is decided."""
        return self.labels == IGNORE if self.labels is not None and self._counts[IGNORE] else None

    def regions(self, *, parts: bool) -> Iterator[Region]:
        """Yield the pixels of each class that occurs.

        Args:
            parts: one region per connected part (corners connect), else one per class.
        """
        assert self.labels is not None
        for label in self.present():
            whole = crop(label, self.labels == label)
            yield from _split(whole) if parts else (whole,)


def crop(label: int, mask: Mask, left: int = 0, top: int = 0) -> Region:
    """Cut a mask down to its pixels, of which it must have some."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    first_row, first_column = int(rows[0]), int(columns[0])
    inner = mask[first_row : rows[-1] + 1, first_column : columns[-1] + 1]
    return Region(label=label, mask=inner, left=left + first_column, top=top + first_row)


def _split(whole: Region) -> Iterator[Region]:
    numbers, count = part_numbers(whole.mask)
    for number in range(1, count + 1):
        yield crop(whole.label, numbers == number, whole.left, whole.top)
