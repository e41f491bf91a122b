"""Hide-and-Seek: random patches of every training photo are hidden, so no single part suffices.

Singh & Lee, "Hide-and-Seek: Forcing a Network to be Meticulous for Weakly-supervised Object and
Action Localization" (ICCV 2017), sections 3.1 and 4.1. It does not always
widen maps: a part smaller than a cell is hidden half of the time, a larger one never entirely.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from tag2mask.strategies.strategy import Crops, TrainingStrategy

GRIDS = (0, 16, 32, 44, 56)
"""Sides of a cell, in pixels of a crop of 224; 0 hides nothing."""

CROP = 224
"""The crop size that `GRIDS` refer to; cells grow with the crop."""


class HideAndSeek(TrainingStrategy):
    """Plain training on photos in which half of the cells of a random grid are hidden.

    Cells are hidden in training only.
    """

    paper = "Singh & Lee, ICCV 2017"
    idea = "random patches are hidden in training"

    def __init__(self, *, chance: float = 0.5) -> None:
        """Set the probability of hiding.

        Args:
            chance: probability that a cell is hidden.
        """
        self._chance = chance

    def prepare_batch(self, crops: Crops, rng: np.random.Generator) -> Crops:
        """Draw a grid for every photo, and hide some of its cells."""
        zoom = min(crops.images.shape[2:]) / CROP
        grids = [round(zoom * grid) for grid in rng.choice(GRIDS, len(crops.images))]
        images = hide_cells(
            crops.images, grids, chance=self._chance, fill=crops.fill, rng=rng
        )
        return replace(crops, images=images)


def hide_cells(
    images: Tensor, grids: list[int], *, chance: float, fill: Tensor, rng: np.random.Generator
) -> Tensor:
    """Cover cells of a grid with one colour.

    With the mean colour of the training photos, the first layers' statistics are the same as
    without hiding (section 3.2 of the paper).

    Args:
        images: (B, 3, H, W), normalised; not modified.
        grids: side of a cell for each image, in pixels; 0 hides nothing. Cells at the right and
            lower edge may be smaller.
        chance: probability that a cell is hidden, independent of the others.
        fill: (3,), the colour, in the same normalisation.
        rng: random generator.

    Returns:
        (B, 3, H, W), a new tensor.
    """
    height, width = images.shape[2:]
    hidden = np.zeros((len(images), 1, height, width), bool)
    for plane, cell in zip(hidden[:, 0], grids, strict=True):
        if cell:
            cells = rng.random((-(-height // cell), -(-width // cell))) < chance
            plane[:] = cells.repeat(cell, 0).repeat(cell, 1)[:height, :width]
    return torch.where(torch.from_numpy(hidden), fill.view(1, 3, 1, 1).to(images), images)
