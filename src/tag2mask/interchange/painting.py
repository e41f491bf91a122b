"""Rasterisation of shapes to a label map."""

from __future__ import annotations

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.interchange.format import ReadOptions
from tag2mask.interchange.labelled import Box, LabelMap, Mask


class Canvas:
    """A label map that shapes are painted onto; later ones cover earlier ones."""

    def __init__(self, size: tuple[int, int], options: ReadOptions) -> None:
        """Initialise all pixels with the label for pixels outside of all shapes."""
        self.size = size
        self.painted = False
        self.overlaps = 0
        self._outside = IGNORE if options.outside == "undecided" else BACKGROUND
        self._labels: LabelMap = np.zeros(size, np.uint8)
        self._touched: Mask = np.zeros(size, np.bool_)

    def paint(self, label: int, mask: Mask, left: int = 0, top: int = 0) -> None:
        """Paint a mask whose upper left corner is at (left, top)."""
        height, width = mask.shape
        here = (slice(top, top + height), slice(left, left + width))
        labels, touched = self._labels[here], self._touched[here]
        self.overlaps += int(np.count_nonzero(mask & touched & (labels != label)))
        labels[mask] = label
        touched[mask] = True
        self.painted = True

    def background(self, mask: Mask) -> None:
        """Paint pixels that are known to be background."""
        self._labels[mask] = BACKGROUND
        self._touched |= mask
        self.painted = True

    def doubt(self, boxes: tuple[Box, ...]) -> None:
        """Mark pixels inside boxes but outside of all shapes as undecided."""
        height, width = self.size
        for box in boxes:
            top, bottom = (int(np.clip(v, 0, height)) for v in (box.top, np.ceil(box.bottom)))
            left, right = (int(np.clip(v, 0, width)) for v in (box.left, np.ceil(box.right)))
            here = (slice(top, bottom), slice(left, right))
            free = ~self._touched[here]
            self._labels[here][free] = IGNORE
            self._touched[here] = True

    def undecided(self, mask: Mask) -> None:
        """Mark pixels of a mask that are outside of all shapes as undecided."""
        free = mask & ~self._touched
        self._labels[free] = IGNORE
        self._touched |= free

    def finished(self) -> LabelMap:
        """Return the (H, W) label map."""
        self._labels[~self._touched] = self._outside
        return self._labels
