"""Sharpening by superpixels: scores are averaged over small regions of similar colour."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.sharpening.regions import region_means


@dataclass(frozen=True, kw_only=True)
class Superpixels:
    """Averages scores over regions of similar colour, computed without training.

    Felzenszwalb and Huttenlocher (IJCV 2004), or SLIC, Achanta et al. (PAMI 2012).
    """

    method: str = "felzenszwalb"
    """felzenszwalb or slic."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Average (1 + k, h, w) scores over the regions of a (h, w, 3) photo."""
        return region_means(scores, self._regions(photo))

    def _regions(self, photo: np.ndarray) -> np.ndarray:
        try:
            segmentation = import_module("skimage.segmentation")
        except ImportError as error:
            raise InputError(
                "superpixels need scikit-image; run `pip install 'tag2mask[superpixels]'`."
            ) from error
        if self.method == "slic":
            pixels = photo.shape[0] * photo.shape[1]
            regions: np.ndarray = segmentation.slic(
                photo, n_segments=max(16, pixels // 150), compactness=10, start_label=0
            )
        else:
            regions = segmentation.felzenszwalb(photo, scale=60, sigma=0.6, min_size=30)
        return regions
