"""Interfaces of sharpening steps: on maps, on the scores of each photo, or on those of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch

from tag2mask.sharpening.affinity import Affinity


class Sharpener(Protocol):
    """A step on the scores of one photo that keeps their size; must be thread-safe."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Sharpen the scores of one photo.

        Args:
            photo: (h, w, 3) uint8, at the size of the scores.
            scores: (1 + k, h, w) float32, row 0 the background.
            device: device to compute on.
            name: name of the photo, for steps that read additional data of the photo.

        Returns:
            (1 + k, h, w) float32.
        """
        ...


@runtime_checkable
class BatchSharpener(Protocol):
    """A `Sharpener` that also computes several photos at once, which is faster on a GPU."""

    def many(
        self, photos: Sequence[np.ndarray], scores: Sequence[np.ndarray], *, device: torch.device
    ) -> list[np.ndarray]:
        """Sharpen the scores of several photos of any sizes; each as if it were alone."""
        ...


@dataclass(frozen=True, kw_only=True)
class SharpenerEntry:
    """A step that maps the scores of one photo to new scores."""

    build: Callable[..., Sharpener]
    """Takes the prior by position, if it needs one."""
    prior: str = ""
    """The setting that names its prior; "" if it needs none."""
    crf: bool = False
    """Whether it uses a CRF, for the protocol of every result."""
    outside_help: str = ""
    """Parts that were trained on masks of other photos, for the protocol of every result."""


@dataclass(frozen=True)
class AffinityEntry:
    """A step that maps maps to new maps, by affinities learned from the maps of the set."""

    affinity: Affinity


@dataclass(frozen=True)
class TrainingEntry:
    """A step on the scores of all photos: a network trained on them."""


StepEntry = SharpenerEntry | AffinityEntry | TrainingEntry
