"""Scores of maps against true masks, the same for every method; used by `maps.py` and others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tag2mask.metrics import ThresholdCurve
from tag2mask.metrics.boundary import boundary_iou
from tag2mask.pseudo_masks import MapRanks, Sample, choose_share, upscale

THRESHOLDS = np.union1d(np.linspace(0, 0.99, 100), np.geomspace(1e-4, 0.009, 20))
"""Fine near 0, where maps with a sharp peak are best cut."""


@dataclass(frozen=True)
class Judged:
    """A photo as the scores see it.

    Attributes:
        truth: (H, W) uint8 mask.
        tags: 0-based classes on it.
        features: (h, w, C) of a network that never saw the tags.
    """

    truth: np.ndarray
    tags: np.ndarray
    features: np.ndarray


def score(photos: Sequence[Judged], maps: Sequence[np.ndarray], num_classes: int) -> dict[str, Any]:
    """Score one map per tag and photo, (k, h, w) in [0, 1].

    Returns:
        in per cent: mIoU at the threshold chosen without masks, at the best one (oracle), and, at
        the former, the mean boundary IoU and the mean share of each object that is covered.
    """
    chosen = chosen_threshold(photos, maps)
    edges: list[float] = []
    covered: list[float] = []
    best, own_curve = (ThresholdCurve(num_classes + 1, t) for t in (THRESHOLDS, [chosen]))
    for photo, planes in zip(photos, maps, strict=True):
        full = upscale(planes.astype(np.float32), (photo.truth.shape[0], photo.truth.shape[1]))
        for curve in (best, own_curve):
            curve.add(photo.truth, full, photo.tags)
        found = labelled(full, photo.tags, chosen)
        own_edges, own_covered = objects(photo.truth, found, photo.tags)
        edges += own_edges
        covered += own_covered
    figures = {"miou": own_curve.best()[2], "oracle": best.best()[2],
               "boundary": np.nanmean(edges), "covered": np.mean(covered)}
    return {name: round(100 * float(value), 1) for name, value in figures.items()}


def chosen_threshold(photos: Sequence[Judged], maps: Sequence[np.ndarray]) -> float:
    """Choose the threshold of maps without their masks, as `sharpen` does."""
    ranks = MapRanks(maps)
    choice = choose_share(
        Sample(photo.features.reshape(-1, photo.features.shape[-1]),
               upscale(ranks(own), _cells(photo)).reshape(len(own), -1))
        for photo, own in zip(photos, maps, strict=True)
    )
    return float(ranks.threshold(choice.share))


def labelled(planes: np.ndarray, tags: np.ndarray, threshold: float) -> np.ndarray:
    """(H, W) uint8 labels of (k, H, W) planes: above the threshold the largest plane wins."""
    mask: np.ndarray = np.where(planes.max(0) > threshold, tags[planes.argmax(0)] + 1, 0)
    return mask.astype(np.uint8)


def objects(
    truth: np.ndarray, mask: np.ndarray, tags: np.ndarray
) -> tuple[list[float], list[float]]:
    """Give boundary IoU and covered share of every class that is there.

    Args:
        truth: (H, W) uint8 mask.
        mask: (H, W) uint8, what was found.
        tags: (k,) 0-based classes.
    """
    edges, covered = [], []
    for tag in tags:
        there, found = truth == tag + 1, mask == tag + 1
        if there.any():
            edges.append(boundary_iou(there, found & (truth != 255)))
            covered.append(float((there & found).sum() / there.sum()))
    return edges, covered


def _cells(photo: Judged) -> tuple[int, int]:
    return photo.features.shape[0], photo.features.shape[1]
