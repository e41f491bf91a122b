"""What a network says about photos: the logits of pixels, and how sure it is of the tags.

A gate multiplies the probabilities of a class by that of the class being on the photo (`TagGate`).
Where the tags of a photo are known, nothing is left to guess, and the gate is taken out again: it
would only turn objects that it does not expect into background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Output:
    """The output of a network for a batch.

    Attributes:
        logits: (B, K + 1, H, W) float32, with the gate.
        tags: (B, K) float32, the gate's logits; None without a gate, and from a network that was
            exported before its gate was an output.
    """

    logits: np.ndarray
    tags: np.ndarray | None = None

    @property
    def passing(self) -> np.ndarray:
        """What the gate adds to the logits of each class, (B, K): log-probabilities, or 0."""
        if self.tags is None:
            return np.zeros((self.logits.shape[0], self.logits.shape[1] - 1), np.float32)
        passing: np.ndarray = -np.logaddexp(0, -self.tags)
        return passing


@dataclass(frozen=True, eq=False)
class Logits:
    """The logits of one photo.

    Attributes:
        planes: (K + 1, h, w) float32, with the gate.
        passing: (K,) float32, what the gate has added to each class.
    """

    planes: np.ndarray
    passing: np.ndarray

    @classmethod
    def mean(cls, views: Sequence[Logits]) -> Logits:
        """Average views of the same size."""
        if len(views) == 1:
            return views[0]
        return cls(np.mean([view.planes for view in views], 0),
                   np.mean([view.passing for view in views], 0))

    def among(self, labels: np.ndarray) -> np.ndarray:
        """Return the planes of the labels that may be on the photo, (k, h, w), without the gate."""
        added = np.concatenate([np.zeros(1, np.float32), self.passing])[labels]
        planes: np.ndarray = self.planes[labels] - added[:, None, None]
        return planes
