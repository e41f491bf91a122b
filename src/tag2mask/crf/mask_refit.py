"""Fit a mask to a photo again after a click: colours, the present mask, scores and all clicks.

As in GrabCut (Rother, Kolmogorov & Blake, SIGGRAPH 2004), mixtures of Gaussians describe the
colours inside and outside the mask; mask and mixtures are fitted in turn. A random walk with priors
(Grady, CVPR 2005) smooths the decision, so that borders follow edges of the photo.

Differs from the papers: nodes are regions instead of pixels, clicks also influence similar regions
nearby, and the present mask is evidence of its own, the more the deeper a region lies inside or
outside of it. A mask that is mostly correct is therefore drawn to edges near its border, but its
interior changes only where a click or the colours strongly contradict it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tag2mask.crf.click_votes import Reach, fixed_by, votes_of
from tag2mask.crf.colour_mixture import colour_odds
from tag2mask.crf.mask_depth import mask_depth
from tag2mask.crf.photo_regions import PhotoRegions, on_grid, region_means
from tag2mask.crf.region_walk import beside, connected, settle

_ROUNDS = 3
"""Rounds of fitting colours and mask in turn; most masks no longer change after two."""

_REACHED = 0.1
"""Vote from which on a click may change a region that is not connected to the clicked part."""

_RIM = 2
"""Number of half-covered regions in a row that change with a part, which leaves no crumbs of it."""

_SEED = 20.0
"""Weight of a clicked region in the colours of its side, in regions of average size."""

_ROUNDING = 1e-5
"""Difference of values in [-1, 1] that is due to rounding."""

_DEEPEST = 5.0
"""Depth, in units of `Evidence.band`, beyond which a mask does not become more certain."""


@dataclass(frozen=True)
class Evidence:
    """Weights of the evidence, in log-odds, and what belongs to it."""

    mask: float = 3.0
    """Log-odds of the present mask deep inside or outside of it."""
    border: float = 0.3
    """Share of `mask` that remains directly at the border."""
    band: float = 0.05
    """Depth, relative to the photo's long side, at which the mask is nearly certain."""
    scores: float = 2.0
    """Log-odds of a score of 1."""
    click: float = 3.0
    """Log-odds of a click at its own region."""
    colour: float = 0.5
    """Factor of the log-odds of colours, whose pixels are not independent."""
    colour_limit: float = 4.0
    """Largest log-odds of colours."""
    refuted: float = 0.6
    """How much a negative click refutes the mask where the same part of it looks alike."""
    alike: float = 0.06
    """Distance in OKLab at which such a refutation is 1/e as strong."""
    tie: float = 0.6
    """Strength of the coupling between similar neighbours, per pixel of common border."""


DEFAULT = Evidence()


def refit(
    regions: PhotoRegions, mask: np.ndarray, scores: np.ndarray | None, seeds: dict[int, bool], *,
    whole: bool, evidence: Evidence = DEFAULT,
) -> tuple[np.ndarray, np.ndarray]:
    """Decide the regions of a photo again.

    Args:
        regions: the n regions of a photo.
        mask: (H, W) bool, the present mask, which must not be empty.
        scores: (n,) in [0, 1], the mean score of each region; None if unknown.
        seeds: clicked regions, and whether the class is there; the latest one last.
        whole: whether all of the mask may change, or only the connected part at the latest click
            and what looks like it nearby.
        evidence: weights of the evidence.

    Returns:
        The decisions, (n,) bool, and the regions that may take them, (n,) bool.
    """
    share = region_means(regions, mask)
    before = share > 0.5
    votes = votes_of(regions, seeds, Reach())
    log_odds = evidence.click * (votes[1] - votes[0])
    refuted = _refuted(regions, before, seeds, evidence)
    log_odds -= evidence.click * refuted
    depth = _depth(regions, mask, evidence) * (1 - refuted)
    own = evidence.mask * ((1 - evidence.border) * depth + evidence.border * np.sign(depth))
    log_odds += own
    if scores is not None:
        log_odds += evidence.scores * (2 * scores - 1) * (1 - refuted)
    after = _settled(regions, depth, own, log_odds, seeds, evidence)
    changed, part = before != after, np.ones(len(before), bool)
    if not whole:
        last = next(reversed(seeds))
        part = connected(regions, last, before | after) & (before | after)[last]
        changed &= part | (votes.max(0) > _REACHED)
    changed[list(seeds)] = True
    for _ in range(_RIM):
        part = part | (changed & beside(regions, part))
        changed |= (share > 0) & (share < 1) & beside(regions, changed & part)
    return after, changed


def _refuted(
    regions: PhotoRegions, before: np.ndarray, seeds: dict[int, bool], evidence: Evidence
) -> np.ndarray:
    """Compute how much the latest click refutes the mask of each region: (n,) in [0, 1].

    A mask that is wrong at a click is often wrong in the same connected part wherever that looks
    alike, so that one click can remove a large area. The background is too varied for the same to
    hold for positive clicks.
    """
    last, positive = next(reversed(seeds.items()))
    if positive or not before[last]:
        return np.zeros(len(before))
    part = connected(regions, last, before)
    apart = np.linalg.norm(regions.looks - regions.looks[last], axis=1) / evidence.alike
    return np.asarray(evidence.refuted * part * np.exp(-apart * apart))


def _depth(regions: PhotoRegions, mask: np.ndarray, evidence: Evidence) -> np.ndarray:
    """Compute how deep each region lies inside (to 1) or outside (to -1) the mask: (n,)."""
    band = evidence.band * max(regions.grid.shape)
    seen = on_grid(regions, mask)
    depth = region_means(regions, mask_depth(seen, _DEEPEST * band))
    return np.asarray(np.tanh(depth / band))


def _settled(
    regions: PhotoRegions, depth: np.ndarray, own: np.ndarray, log_odds: np.ndarray,
    seeds: dict[int, bool], evidence: Evidence,
) -> np.ndarray:
    """Fit colours and decisions in turn, from regions that are certain: (n,) bool.

    Smoothing alone would shrink parts that are only a few regions wide. A region of the mask
    therefore also stays if its value is no lower than that of the mask smoothed by itself.
    """
    certain, fixed = depth, fixed_by(regions, seeds)
    pull = regions.sizes / regions.sizes.mean()
    for _ in range(_ROUNDS):
        odds = log_odds + _colour_odds(regions, certain, fixed, evidence)
        before, certain = certain, 2 * settle(
            regions, _probability(odds), pull, fixed, evidence.tie) - 1
        if ((before > 0) == (certain > 0)).all():
            break
    lost = (own > 0) & (certain <= 0) & (fixed < 0)
    if lost.any():
        alone = settle(regions, _probability(own), pull, np.full_like(fixed, -1), evidence.tie)
        lost &= certain < 2 * alone - 1 - _ROUNDING
    return np.asarray((certain > 0) | ((own > 0) & (fixed < 0) & ~lost))


def _probability(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _colour_odds(
    regions: PhotoRegions, certain: np.ndarray, fixed: np.ndarray, evidence: Evidence
) -> np.ndarray:
    """Compute the log-odds of each region's colour, (n,); 0 if one side is empty."""
    colours = regions.looks[:, :3].astype(np.float64)
    sizes = regions.sizes / regions.sizes.mean()
    outside, inside = (sizes * here.clip(0, None) + _SEED * (fixed == side)
                       for side, here in enumerate((-certain, certain)))
    return colour_odds(
        colours, outside, inside, factor=evidence.colour, limit=evidence.colour_limit)
