"""SEC: learn from seeds, expand them to the whole object, constrain them to its boundary.

Kolesnikov and Lampert, "Seed, Expand and Constrain" (ECCV 2016), sections 3.1 to 3.3.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.crf.crf_inference import infer, preset_kernels

PRESENT, BACKGROUND_DECAY = 0.996, 0.999
"""Decays of the rank-weighted mean of labels that are there, and of the background; labels that are
not there are judged by their maximum."""

_LEAST = 1e-4


def sec_loss(logits: Tensor, seeds: Tensor, pixels: Tensor, *, side: int) -> Tensor:
    """Sum the three losses, each with weight 1.

    Differs from the paper: a label is there if it has a seed in the crop, since what is tagged may
    lie outside of it; and the CRF decides among those labels alone.

    Args:
        logits: (B, K + 1, h, w).
        seeds: (B, h, w) labels, 255 where there is no seed.
        pixels: (B, 3, h, w), in 0..255, what the logits are of.
        side: long side of the whole photo in cells of the logits; the CRF's widths go by it.

    Returns:
        a scalar.
    """
    probs = logits.float().softmax(1).clamp_min(_LEAST)
    probs = probs / probs.sum(1, keepdim=True)
    return seed_loss(probs, seeds) + expand_loss(probs, seeds) + constrain_loss(
        probs, constrained(probs.detach(), seeds, pixels, side=side)
    )


def seed_loss(probs: Tensor, seeds: Tensor) -> Tensor:
    """Score the seeds (equation 2): the mean over all of a crop, then over crops."""
    known = seeds != IGNORE
    own = probs.gather(1, seeds.where(known, torch.zeros_like(seeds))[:, None])[:, 0]
    sums = (-own.log() * known).sum((1, 2))
    return (sums / known.sum((1, 2)).clamp_min(1)).mean()


def expand_loss(probs: Tensor, seeds: Tensor) -> Tensor:
    """Score how much of a crop each label takes (equations 3 and 4).

    Cells are weighed by the rank of their probability: the first by 1, each next by `PRESENT` of
    the one before.
    """
    there = _there(seeds, probs.shape[1])
    cells = probs.flatten(2).sort(2, descending=True).values
    present = _ranked(cells, PRESENT).log()
    background = _ranked(cells[:, BACKGROUND], BACKGROUND_DECAY).log()
    absent = (1 - cells[:, :, 0]).clamp_min(_LEAST).log()
    foreground, others = there.clone(), ~there
    foreground[:, BACKGROUND] = others[:, BACKGROUND] = False
    return -(_mean(present, foreground) + _mean(absent, others) + background * there[:, 0]).mean()


def constrain_loss(probs: Tensor, target: Tensor) -> Tensor:
    """Score the distance from the CRF's marginals (equation 5): mean Kullback-Leibler divergence.

    Args:
        probs: (B, K + 1, h, w).
        target: the marginals, of the same shape, constant.
    """
    logs = target.clamp_min(1e-8).log() - probs.log()
    return (target * logs).sum(1).mean()


def constrained(probs: Tensor, seeds: Tensor, pixels: Tensor, *, side: int) -> Tensor:
    """Return the marginals of a dense CRF over the crops, (B, K + 1, h, w), without a gradient."""
    there = _there(seeds, probs.shape[1])
    there[:, BACKGROUND] = True
    solve = partial(_solve, probs.cpu().numpy(), there.cpu().numpy(), pixels.cpu().numpy(), side)
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        marginals = list(pool.map(solve, range(len(probs))))
    return torch.from_numpy(np.stack(marginals)).to(probs)


def _solve(
    probs: np.ndarray, there: np.ndarray, pixels: np.ndarray, side: int, index: int
) -> np.ndarray:
    labels = np.flatnonzero(there[index])
    gaussian, bilateral = preset_kernels("psa", side)  # as published
    marginals = np.zeros(probs.shape[1:], np.float32)
    marginals[labels] = infer(
        pixels[index].transpose(1, 2, 0), -np.log(probs[index, labels]),
        gaussian=gaussian, bilateral=bilateral, iterations=10, device=torch.device("cpu"),
    )
    return marginals


def _there(seeds: Tensor, labels: int) -> Tensor:
    """Say which labels have a seed: (B, labels) bool."""
    counted = torch.nn.functional.one_hot(seeds.where(seeds != IGNORE, labels), labels + 1)
    return counted.flatten(1, 2).any(1)[:, :labels]


def _ranked(cells: Tensor, decay: float) -> Tensor:
    """Average cells (..., N), the largest first, by weights that decay with the rank."""
    ranks = torch.arange(cells.shape[-1], device=cells.device, dtype=cells.dtype)
    weights = decay**ranks
    return (cells * weights).sum(-1) / weights.sum()


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum(1) / where.sum(1).clamp_min(1)
