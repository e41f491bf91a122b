"""The sharpened scores as `label` decides on them and `evaluate` measures them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from tag2mask.data.artifacts import RunFolder, read_planes
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import upscale

FACTORS = np.geomspace(0.4, 1.6, 49)
"""Multiples of the background score that an oracle may choose from."""

_COARSE = (48, 64)
_QUANTILES = np.linspace(0.001, 0.999, 500)
"""Of each photo's scores, enough to tell a share of the whole set by."""


def relative_scores(
    run: RunFolder, photo: Photo, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes' scores over the background's (k, *size), and their classes."""
    if not photo.tags:
        return np.zeros((0, *size), np.float32), np.zeros(0, np.int64)
    return _relative(run.sharp_file(photo.name), size)


def share_keeping_factor(
    photos: Iterable[Photo], score_file: Callable[[str], Path], share: float
) -> float:
    """Return what the background is multiplied by for a share of the pixels to be foreground.

    Smoothing pulls the peak of a small object down and leaves the background where it was.

    Args:
        photos: those without a tag do not count.
        score_file: tells where the scores of a photo are, by its name.
        share: of the pixels of tagged photos, in (0, 1).
    """
    values = [
        np.quantile(_relative(score_file(photo.name), _COARSE)[0].max(0), _QUANTILES)
        for photo in photos if photo.tags
    ]
    return float(np.quantile(np.concatenate(values), 1 - share)) if values else 1.0


def foreground_share(photos: Iterable[Photo], score_file: Callable[[str], Path]) -> float:
    """Return how much of tagged photos scores more than the background, as a share of the pixels.

    Args:
        photos: those without a tag do not count.
        score_file: tells where the scores of a photo are, by its name.
    """
    shares = [
        float((_relative(score_file(photo.name), _COARSE)[0].max(0) > 1).mean())
        for photo in photos if photo.tags
    ]
    return float(np.clip(np.mean(shares), 1e-3, 1 - 1e-3)) if shares else 0.5


def _relative(path: Path, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    scores, classes = read_planes(path)
    full = upscale(scores, size)
    return full[1:] / np.maximum(full[:1], 1e-6), classes
