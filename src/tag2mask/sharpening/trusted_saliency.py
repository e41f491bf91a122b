"""Saliency that is used only in photos in which it agrees with the maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from tag2mask.sharpening.prior_agreement import correlation
from tag2mask.sharpening.saliency import Saliency


@dataclass(frozen=True, kw_only=True)
class TrustedSaliency:
    """The step `saliency`, except for photos whose maps it contradicts.

    Their correlation is measured on the maps before any step: after a CRF it predicts less well in
    which photos the prior helps.

    Attributes:
        saliency: the step.
        limit: minimum correlation of maps and prior, see `correlation`.
        maps: returns the highest rank of any map (h, w) of a photo, given its name.
        contradicted: names of the photos that kept their scores.
    """

    saliency: Saliency
    limit: float
    maps: Callable[[str], np.ndarray]
    contradicted: set[str] = field(default_factory=set)

    @property
    def missing(self) -> set[str]:
        """Names of the photos that had no prior and kept their scores."""
        return self.saliency.missing

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Weight scores (1 + k, h, w) by the saliency of the photo (h, w, 3) called `name`."""
        salient = self.saliency.prior(photo, name)
        if salient is None:
            self.missing.add(name)
            return scores
        if correlation(self.maps(name), salient) < self.limit:
            self.contradicted.add(name)
            return scores
        return self.saliency.weigh(scores, salient)
