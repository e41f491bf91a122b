"""Derive the certain and the possible labels of each pixel from the annotations of a photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from tag2mask.annotation.painting import paint_scribbles
from tag2mask.annotation.records import Annotation, Box
from tag2mask.core.contracts import BACKGROUND, IGNORE

Place = tuple[int, int] | tuple[slice, slice] | npt.NDArray[np.bool_]
"""An index that selects pixels of a photo."""


class Source(IntEnum):
    """The kind of annotation that made a pixel certain; the higher value wins on disagreement."""

    NONE = 0
    POINT = 1
    BOX = 2
    SCRIBBLE = 3
    MASK = 4


@dataclass(frozen=True, eq=False)
class Constraint:
    """The constraints that annotations place on the pixels of one photo.

    Attributes:
        certain: (H, W) uint8, the label where it is certain, else 255.
        source: (H, W) uint8, the `Source` of each certain or undecidable pixel.
        undecidable: (H, W) bool, pixels that a person marked as impossible to decide.
        boxes: boxes of classes; all objects of such a class in the photo are assumed to be boxed.
    """

    certain: npt.NDArray[np.uint8]
    source: npt.NDArray[np.uint8]
    undecidable: npt.NDArray[np.bool_]
    boxes: tuple[Box, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels, (H, W)."""
        return self.certain.shape[0], self.certain.shape[1]

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Mask of the pixels whose label is certain, (H, W)."""
        return np.asarray(self.certain != IGNORE)

    @property
    def complete(self) -> bool:
        """Whether every pixel is certain, so that no pseudo mask is needed."""
        return bool(self.known.all())

    @property
    def boxed(self) -> frozenset[int]:
        """The labels that have at least one box."""
        return frozenset(box.label for box in self.boxes)

    def inside(self, label: int) -> npt.NDArray[np.bool_]:
        """Return where the boxes alone permit a label, (H, W); everywhere if it has no box."""
        own = [box for box in self.boxes if box.label == label]
        return covered(own, self.size) if own else np.ones(self.size, bool)

    def possible(self, label: int) -> npt.NDArray[np.bool_]:
        """Return the pixels that may have a label, (H, W)."""
        return np.where(self.known, self.certain == label, self.inside(label))

    def apply(self, mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return a mask that satisfies the constraint.

        Certain pixels get their label, and pixels with an impossible label become undecided.

        Args:
            mask: (H, W) labels, 255 where undecided.
        """
        result = mask.copy()
        for label in self.boxed:
            result[(mask == label) & ~self.inside(label)] = IGNORE
        np.copyto(result, np.uint8(IGNORE), where=self.undecidable)
        np.copyto(result, self.certain, where=self.known)
        return result

    def at(self, size: tuple[int, int]) -> Constraint:
        """Return the constraint on a coarser or finer grid.

        A cell is certain if any pixel in it is, and gets the most frequent label of these pixels;
        so a single click is never lost.
        """
        if size == self.size:
            return self
        down, across = (new / old for new, old in zip(size, self.size, strict=True))
        undecidable = np.zeros(size, bool)
        undecidable[_cells(np.nonzero(self.undecidable), self.size, size)] = True
        certain, source = self._gathered(size)
        boxes = tuple(
            Box(b.label, b.left * across, b.top * down, b.right * across, b.bottom * down)
            for b in self.boxes
        )
        return Constraint(certain, source, undecidable & (certain == IGNORE), boxes)

    def _gathered(
        self, size: tuple[int, int]
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        certain = np.full(size, IGNORE, np.uint8)
        source = np.zeros(size, np.uint8)
        most = np.zeros(size, np.int64)
        for label in np.unique(self.certain[self.known]):
            places = np.nonzero(self.certain == label)
            cells = _cells(places, self.size, size)
            flat = np.ravel_multi_index(cells, size)
            votes = np.bincount(flat, minlength=size[0] * size[1]).reshape(size)
            wins = votes > most
            certain[wins], most[wins] = label, votes[wins]
            np.maximum.at(source, cells, self.source[places])
        return certain, source


def constrain(
    annotation: Annotation, size: tuple[int, int], mask: npt.NDArray[np.uint8] | None = None, *,
    tags: Sequence[int] = (),
) -> Constraint:
    """Combine the annotations of one photo into a constraint.

    More explicit annotations take precedence: masks over scribbles, scribbles over boxes, boxes of
    background over points, and within one file later rows over earlier ones.

    Args:
        annotation: the annotations of the photo.
        size: (H, W) of the upright photo.
        mask: (H, W) labels of the annotation's mask, 255 where it is undecided.
        tags: all classes of the photo, from 0. If each of them is boxed, the area outside all boxes
            is certain to be background.
    """
    drawn = _Drawn(size)
    boxes = tuple(b for b in annotation.boxes if b.label not in (BACKGROUND, IGNORE))
    if boxes and {tag + 1 for tag in tags} <= {box.label for box in boxes}:
        drawn.set(~covered(boxes, size), BACKGROUND, Source.BOX)
    for point in annotation.points:
        place = min(int(point.y), size[0] - 1), min(int(point.x), size[1] - 1)
        drawn.set(place, point.label, Source.POINT)
    for box in annotation.boxes:
        if box.label in (BACKGROUND, IGNORE):
            drawn.set(box.pixels, box.label, Source.BOX)
    if annotation.scribbles:
        drawn.set_labels(*paint_scribbles(annotation.scribbles, size), Source.SCRIBBLE)
    if mask is not None:
        drawn.set_labels(mask != IGNORE, mask, Source.MASK)
    return Constraint(drawn.certain, drawn.source, drawn.undecidable, boxes)


class _Drawn:
    """Labels and sources as drawn so far; later shapes cover earlier ones."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.certain = np.full(size, IGNORE, np.uint8)
        self.source = np.zeros(size, np.uint8)
        self.undecidable = np.zeros(size, bool)

    def set(self, place: Place, label: int, source: Source) -> None:
        """Assign one label to the pixels at an index, or mark them as undecidable."""
        self.certain[place] = label
        self.source[place] = source
        self.undecidable[place] = label == IGNORE

    def set_labels(
        self, where: npt.NDArray[np.bool_], labels: npt.NDArray[np.uint8], source: Source
    ) -> None:
        """Assign the labels (H, W) to the pixels of a mask (H, W)."""
        np.copyto(self.certain, labels, where=where)
        np.copyto(self.source, np.uint8(source), where=where)
        np.copyto(self.undecidable, labels == IGNORE, where=where)


def covered(boxes: Sequence[Box], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return the pixels that any of the boxes touches, (H, W)."""
    inside = np.zeros(size, bool)
    for box in boxes:
        inside[box.pixels] = True
    return inside


def _cells(
    places: Sequence[npt.NDArray[np.intp]], size: tuple[int, int], target: tuple[int, int]
) -> tuple[npt.NDArray[np.intp], ...]:
    """Return the cells of a grid that contain the given pixels."""
    return tuple(
        axis * new // old for axis, old, new in zip(places, size, target, strict=True)
    )
