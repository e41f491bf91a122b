"""Sharpeners: scores and photo in, tighter scores out, background in row 0 on both sides.

Steps compose as a list. A new one is one module and one line in `_SHARPENERS`. A step is spelled
as its name, or as name:preset where it has presets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
import torch

from tag2mask.contracts import InputError, nearest
from tag2mask.sharpening.dense_crf import PRESETS, DenseCRF
from tag2mask.sharpening.pixel_adaptive import PixelAdaptive

__all__ = ["Sharpener", "create_sharpener", "sharpener_names"]


class Sharpener(Protocol):
    """One step; it keeps the size of the scores."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device
    ) -> np.ndarray:
        """Sharpen the scores of one photo.

        Args:
            photo: (h, w, 3) uint8, at the size of the scores.
            scores: (1 + k, h, w) float32, row 0 the background.
            device: where to compute.

        Returns:
            (1 + k, h, w) float32.
        """
        ...


_SHARPENERS: dict[str, Callable[[], Sharpener]] = {
    "pixel_adaptive": PixelAdaptive,
    "dense_crf": DenseCRF,
    **{f"dense_crf:{preset}": partial(DenseCRF, preset=preset) for preset in PRESETS},
}


def sharpener_names() -> tuple[str, ...]:
    """Return every name that `create_sharpener` takes."""
    return tuple(_SHARPENERS)


def create_sharpener(name: str) -> Sharpener:
    """Build a sharpener with its default settings.

    Raises:
        InputError: no sharpener has that name; the nearest one is suggested.
    """
    if name not in _SHARPENERS:
        near = nearest(name, _SHARPENERS)
        raise InputError(f"There is no sharpener {name!r}; did you mean {near}?")
    return _SHARPENERS[name]()
