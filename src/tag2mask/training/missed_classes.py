"""Classes that a trained network hardly ever marks, although its masks show them.

Pixels of a small and rare class weigh little in the loss. Their probability may then stay below
that of the background everywhere, although it is highest at the right places. The logit of such a
class is raised, for all pixels alike, until it covers a part of its area in the masks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import BACKGROUND, IGNORE

LEAST = 0.25
"""Share of a class's area in the masks that the network marks at least, anywhere."""

_WIDTH, _BINS = 0.01, 1600
"""Width in logits and number of the bins that margins are counted in."""


class Margins:
    """Counts by how much pixels miss each class, photo by photo; no photo is stored."""

    def __init__(self, num_labels: int) -> None:
        """Start without pixels; `num_labels` is K + 1."""
        self._counts = np.zeros((num_labels, _BINS + 1), np.int64)
        self._areas = np.zeros(num_labels, np.int64)

    def add(self, logits: npt.NDArray[np.float32], mask: npt.NDArray[np.uint8]) -> None:
        """Add a photo: logits (K + 1, h, w), and its mask (h, w) with 255 where undecided."""
        decided = mask != IGNORE
        rows = logits[:, decided]
        self._areas += np.bincount(mask[decided], minlength=len(rows))
        second, first = np.partition(rows, -2, 0)[-2:]
        for label, own in enumerate(rows):
            margins = np.where(own == first, second, first) - own
            bins = np.nan_to_num(np.ceil(margins / _WIDTH), nan=_BINS).clip(0, _BINS).astype(int)
            self._counts[label] += np.bincount(bins, minlength=_BINS + 1)

    def merge(self, other: Margins) -> None:
        """Add the pixels of another process."""
        self._counts += other._counts
        self._areas += other._areas

    def raises(self) -> npt.NDArray[np.float32]:
        """Return what to add to the logit of each label, (K + 1,), 0 for most; at most 16."""
        reached = self._counts.cumsum(1) >= LEAST * self._areas[:, None]
        found = np.where(reached.any(1), reached.argmax(1), _BINS)
        found[BACKGROUND] = 0
        # Half a bin more, since equal logits would leave the pixel to the other label.
        raised: npt.NDArray[np.float32] = np.where(
            found > 0, (found + 0.5) * _WIDTH, 0).astype(np.float32)
        return raised
