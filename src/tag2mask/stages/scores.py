"""The sharpened scores as `label` decides on them and `evaluate` measures them."""

from __future__ import annotations

import numpy as np

from tag2mask.data.artifacts import RunFolder, read_planes
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import upscale

FACTORS = np.geomspace(0.4, 1.6, 49)
"""Multiples of the background score that an oracle may choose from."""


def relative_scores(
    run: RunFolder, photo: Photo, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes' scores over the background's (k, *size), and their classes."""
    if not photo.tags:
        return np.zeros((0, *size), np.float32), np.zeros(0, np.int64)
    scores, classes = read_planes(run.sharp_file(photo.name))
    full = upscale(scores, size)
    return full[1:] / np.maximum(full[:1], 1e-6), classes
