"""What a sharpening step is: on maps, on the scores of each photo, or on those of all photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from tag2mask.sharpening.affinity import Affinity


class Sharpener(Protocol):
    """A step on the scores of one photo; it keeps their size. Several threads may call it."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Sharpen the scores of one photo.

        Args:
            photo: (h, w, 3) uint8, at the size of the scores.
            scores: (1 + k, h, w) float32, row 0 the background.
            device: where to compute.
            name: of the photo, for those that read something of their own about it.

        Returns:
            (1 + k, h, w) float32.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class SharpenerEntry:
    """A step that takes and gives the scores of one photo."""

    build: Callable[..., Sharpener]
    """Takes the prior by position, if it needs one."""
    prior: str = ""
    """The setting that names its prior; "" if it needs none."""
    crf: bool = False
    """Whether it uses a CRF, for the protocol of every figure."""
    outside_help: str = ""
    """What of it was trained on masks of other photos, for the protocol of every figure."""


@dataclass(frozen=True)
class AffinityEntry:
    """A step that takes and gives maps, by affinities learned from the maps of the set."""

    affinity: Affinity


@dataclass(frozen=True)
class TrainingEntry:
    """A step that takes and gives the scores of all photos: a network trained on them."""


StepEntry = SharpenerEntry | AffinityEntry | TrainingEntry
