"""Sharpening with class-agnostic masks: by a vote, or by averaging scores over each mask.

Chen et al., "Segment Anything Model Enhanced Pseudo Labels for Weakly Supervised Semantic
Segmentation" (2023), section 3: a mask is assigned to the class that it overlaps most, if enough of
the mask is covered or it covers enough of the class. Alternatively (not from the paper), all pixels
of a mask get the mean of their scores, as for superpixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.data.transforms import resize
from tag2mask.run_folder.planes import read_masks
from tag2mask.sharpening.regions import region_means

COVERED, COVERING = 0.5, 0.85
"""Minimum fraction of a mask covered by a class, or of a class covered by a mask, to assign it."""


@dataclass(frozen=True, kw_only=True)
class ClassAgnostic:
    """Aligns classes to the outlines of given class-agnostic masks.

    Attributes:
        folder: folder with `<photo>.npz` for each photo, whose array `masks` is (M, h, w) bool.
        combine: `vote` or `share_means`.
        missing: names of the photos that had no masks and kept their scores.
    """

    folder: str
    combine: Callable[[np.ndarray, np.ndarray], np.ndarray]
    missing: set[str] = field(default_factory=set)

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Align scores (1 + k, h, w) to the masks of the photo `name`."""
        if not Path(self.folder).is_dir():
            raise InputError(f"sharpen.masks: there is no folder {self.folder!r}.")
        masks = self._masks(name, (photo.shape[0], photo.shape[1]))
        if masks is None:
            self.missing.add(name)
            return scores
        return self.combine(scores, masks)

    def _masks(self, name: str, size: tuple[int, int]) -> np.ndarray | None:
        path = Path(self.folder) / f"{name}.npz"
        if self.missing and not path.exists():
            return None  # another one was waited for in vain
        try:
            masks = read_masks(path)
        except InputError:
            return None  # counted with those that have none
        return np.stack([resize(mask.astype(np.uint8), size, nearest=True) > 0 for mask in masks]) \
            if len(masks) else None


def vote(scores: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Assign every mask to the class that it overlaps most, and align classes to their masks.

    Args:
        scores: (1 + k, h, w), row 0 the background.
        masks: (M, h, w) bool.

    Returns:
        (1 + k, h, w): within the masks of a class its score is the largest that it has there, and
        greater than that of the background. If the masks cover at least half of the class, its
        scores outside them are scaled down, preserving their order, until all are below the
        background's; otherwise scores outside the masks are unchanged.
    """
    labels = scores.argmax(0)
    result = scores.astype(np.float32).copy()
    flat = masks.reshape(len(masks), -1)
    areas = np.maximum(flat.sum(1), 1)
    shared = np.stack([flat[:, (labels == row).ravel()].sum(1) for row in range(1, len(scores))], 1)
    chosen = shared.argmax(1)
    for row in range(1, len(scores)):
        covered = labels == row
        total = max(1, int(covered.sum()))
        counts = (shared[:, row - 1] >= COVERED * areas) | (shared[:, row - 1] >= COVERING * total)
        own = masks[(chosen == row - 1) & counts & (shared[:, row - 1] > 0)]
        if not len(own):
            continue
        inside = own.any(0)
        best = result.max(0)
        result[row][inside] = np.maximum(best, 1.1 * result[0])[inside]
        if covered[inside].sum() >= COVERED * total:
            _shrink(result[row], ~inside, result[0])
    return result


def _shrink(scores: np.ndarray, where: np.ndarray, background: np.ndarray) -> None:
    """Scale scores down in place until none exceeds 0.9 times that of the background."""
    most = (scores[where] / np.maximum(background[where], 1e-6)).max(initial=0.0)
    scores[where] *= min(1.0, 0.9 / max(most, 1e-6))


def share_means(scores: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Set all pixels of a region to the mean of their scores.

    Args:
        scores: (1 + k, h, w), row 0 the background.
        masks: (M, h, w) bool.

    Returns:
        (1 + k, h, w) float32; where masks overlap, the smaller one is the region; pixels in no
        mask keep their scores.
    """
    regions = np.full(scores.shape[1:], len(masks))
    for index in np.argsort(-masks.sum((1, 2)), kind="stable"):
        regions[masks[index]] = index
    inside = regions < len(masks)
    return np.where(inside, region_means(scores, regions), scores.astype(np.float32))
