"""The object in a box: what a person fills by dragging a box around it.

As in GrabCut (Rother, Kolmogorov & Blake, SIGGRAPH 2004), everything outside of the box is
background, and colours inside and outside are described by mixtures of Gaussians that are fitted in
turn with the mask.

Differs from the paper: nodes are regions of the photo; the background's colours are those around
the box, since further away there may be more objects of the same kind; the middle of the box is
certainly part of the object; and the object has a least size, since textured objects otherwise
fall into pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tag2mask.crf.colour_mixture import colour_odds
from tag2mask.crf.photo_regions import PhotoRegions, region_means
from tag2mask.crf.region_walk import settle

_ROUNDS = 3
"""Rounds of fitting colours and mask in turn."""

_CORE = 0.35
"""Radius of the certain part, relative to the ellipse that fits the box."""

_MARGIN = 0.5
"""Width of the frame around the box that shows the background's colours, relative to its sides."""


@dataclass(frozen=True)
class BoxEvidence:
    """Weights of the evidence, in log-odds."""

    middle: float = 2.0
    """Log-odds at the middle of the box; 0 on the ellipse that fits it, negative in its corners."""
    scores: float = 1.0
    """Log-odds of a score of 1."""
    others: float = 1.0
    """Log-odds of pixels of other classes, which may be wrong."""
    colour: float = 0.8
    """Factor of the log-odds of colours, whose pixels are not independent."""
    colour_limit: float = 3.0
    """Largest log-odds of colours."""
    tie: float = 0.6
    """Strength of the coupling between similar neighbours, per pixel of common border."""
    least: float = 0.4
    """Least share of the box that the object covers."""


DEFAULT = BoxEvidence()


def fill_box(
    regions: PhotoRegions, box: tuple[int, int, int, int], scores: np.ndarray | None = None, *,
    others: np.ndarray | None = None, evidence: BoxEvidence = DEFAULT,
) -> np.ndarray:
    """Find the object in a box.

    Args:
        regions: the n regions of a photo.
        box: top, left, bottom and right in pixels of the photo; bottom and right are exclusive.
        scores: (h, w) in [0, 1] of any size, the probability of the class, with a threshold of
            0.5; None if unknown.
        others: (H, W) bool, pixels that belong to other classes so far; None if unknown.
        evidence: weights of the evidence.

    Returns:
        (H, W) bool, without holes; False outside of the box.
    """
    size = regions.labels.shape
    radius = _radius(size, box)
    inside = np.zeros(size, bool)
    inside[box[0]:box[2], box[1]:box[3]] = True
    core = inside & (radius <= _CORE)
    far = region_means(regions, radius)
    own = evidence.middle * (1 - far * far)
    if scores is not None:
        own = own + evidence.scores * (2 * region_means(regions, scores) - 1)
    if others is not None:
        own = own - evidence.others * region_means(regions, others)
    certain = _settled(regions, own, box, inside, core, evidence)[regions.labels]
    enough = min(0.0, float(np.quantile(certain[inside], 1 - evidence.least)))
    found = inside & (core | (certain > enough))
    if found.sum() < evidence.least * inside.sum():  # a box smaller than the regions
        found |= inside & (radius * radius <= evidence.least * 4 / np.pi)
    return np.asarray(ndimage.binary_fill_holes(found))


def _radius(size: tuple[int, ...], box: tuple[int, int, int, int]) -> np.ndarray:
    """Compute the distance from the middle of the box, 1 on the ellipse that fits it, to 2."""
    top, left, bottom, right = box
    rows = (2 * np.arange(size[0]) + 1 - top - bottom) / (bottom - top)
    columns = (2 * np.arange(size[1]) + 1 - left - right) / (right - left)
    return np.asarray(np.hypot(rows[:, None], columns).clip(0, 2), np.float32)


def _frame(size: tuple[int, ...], box: tuple[int, int, int, int]) -> np.ndarray:
    """Mark the surroundings of the box, without the box: (H, W) bool."""
    top, left, bottom, right = box
    high, wide = (max(2, round(_MARGIN * side)) for side in (bottom - top, right - left))
    frame = np.zeros(size, bool)
    frame[max(0, top - high):bottom + high, max(0, left - wide):right + wide] = True
    frame[top:bottom, left:right] = False
    return frame


def _settled(
    regions: PhotoRegions, own: np.ndarray, box: tuple[int, int, int, int], inside: np.ndarray,
    core: np.ndarray, evidence: BoxEvidence,
) -> np.ndarray:
    """Fit colours and decisions in turn: (n,) in [-1, 1]."""
    share = region_means(regions, inside)
    around = region_means(regions, _frame(inside.shape, box))
    fixed = np.where(share > 0.5, -1, 0).astype(np.int8)
    fixed[region_means(regions, core) > 0.5] = 1
    colours, sizes = regions.looks[:, :3].astype(np.float64), regions.sizes / regions.sizes.mean()
    certain = np.tanh(own)
    for _ in range(_ROUNDS):
        odds = own + colour_odds(
            colours, sizes * (around + share * (-certain).clip(0, None)),
            sizes * (share * certain.clip(0, None)),
            factor=evidence.colour, limit=evidence.colour_limit)
        certain = 2 * settle(regions, 1 / (1 + np.exp(-odds)), sizes, fixed, evidence.tie) - 1
    return np.asarray(certain)
