"""Measure the agreement of masks with the tags of their photos, for a table of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.data.mask_checks.view import View

OWN_TAG = -2
"""Entry of a table: the label of the photo's only tag, 255 without one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreement:
    """Agreement of tags and masks in a sample; one pixel suffices for a label to be present."""

    shown: npt.NDArray[np.int64]
    """(K,): number of masks that contain the class."""
    tagged: npt.NDArray[np.int64]
    """(K,): number of photos of these masks that are tagged with the class."""
    both: npt.NDArray[np.int64]
    """(K,): number of masks that contain the class and whose photo is tagged with it."""
    faint: int
    """Number of untagged labels in masks that form only seams between other labels."""
    unread: int
    """Number of masks with a value that is not in the table."""
    masks: int
    """Number of masks in the sample."""

    @property
    def score(self) -> float:
        """F1 of the pairs of a mask and a class, 0 to 1; 1 if there are no pairs."""
        total = int(self.shown.sum() + self.tagged.sum())
        return 2 * int(self.both.sum()) / total if total else 1.0

    @property
    def clear_score(self) -> float:
        """`score` without the faint labels."""
        total = int(self.shown.sum() + self.tagged.sum()) - self.faint
        return 2 * int(self.both.sum()) / total if total else 1.0

    @property
    def lowest_class_score(self) -> float:
        """The smallest F1 of a class with at least three tagged photos; 1 without such a class."""
        many = self.tagged >= 3
        scores = 2 * self.both[many] / (self.shown[many] + self.tagged[many])
        return float(scores.min()) if scores.size else 1.0

    @property
    def unread_share(self) -> float:
        """Share of the masks with a value that is not in the table."""
        return self.unread / max(1, self.masks)

    @property
    def support(self) -> int:
        """The smallest number of masks per class, over the tagged classes."""
        some = self.tagged > 0
        return int(self.both[some].min()) if some.any() else 0


def agreement(
    view: View, table: Mapping[int, int], *, classes: int, other: int | None = None
) -> Agreement:
    """Compare the masks with the tags; masks with unknown values are counted but not compared.

    Args:
        view: the sample.
        table: from symbols to labels or `OWN_TAG`.
        classes: K.
        other: label of values that are not in the table; None: such masks count as unread.
    """
    shown, tagged, both = (np.zeros(classes, np.int64) for _ in range(3))
    faint = unread = 0
    for row, tags, solid in zip(view.rows, view.tags, view.solid, strict=True):
        pixels = _by_label(row, table, other, tags)
        if any(label < 0 or classes < label < IGNORE for label in pixels):
            unread += 1
            continue
        labels = {label - 1 for label in pixels if label not in (BACKGROUND, IGNORE)}
        shown[list(labels)] += 1
        tagged[list(tags)] += 1
        both[list(labels & tags)] += 1
        filled = {table.get(symbol, other) for symbol in solid}
        faint += sum(label + 1 not in filled for label in labels - tags)
    return Agreement(
        shown=shown, tagged=tagged, both=both, faint=faint, unread=unread, masks=len(view.rows)
    )


def _by_label(
    row: Mapping[int, int], table: Mapping[int, int], other: int | None, tags: frozenset[int]
) -> dict[int, int]:
    """Return the number of pixels by label, -1 for unknown values."""
    pixels: dict[int, int] = {}
    for value, count in row.items():
        label = table.get(value, -1 if other is None else other)
        if label == OWN_TAG:  # a photo without a tag has nothing that could be drawn
            label = min(tags) + 1 if len(tags) == 1 else -1
        pixels[label] = pixels.get(label, 0) + count
    return pixels
