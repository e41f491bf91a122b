"""SEC: learn from seeds, expand them to the whole object, constrain them to its boundary.

Kolesnikov and Lampert, "Seed, Expand and Constrain" (ECCV 2016), sections 3.1 to 3.3.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.crf.crf_inference import infer, preset_kernels
from tag2mask.crf.field import Field

PRESENT, BACKGROUND_DECAY = 0.996, 0.999
"""Decays of the rank-weighted mean of present labels, and of the background; absent labels are
scored by their maximum."""

_LEAST, _ITERATIONS = 1e-4, 10


def sec_loss(logits: Tensor, seeds: Tensor, pixels: Tensor, *, side: int) -> Tensor:
    """Sum the three losses, each with weight 1.

    Differs from the paper: a label counts as present if it has a seed in the crop, since tagged
    objects may be outside the crop; and the CRF is restricted to those labels.

    Args:
        logits: (B, K + 1, h, w).
        seeds: (B, h, w) labels, 255 where there is no seed.
        pixels: (B, 3, h, w), in 0..255, the images of the logits.
        side: long side of the whole photo in cells of the logits; scales the CRF's widths.

    Returns:
        a scalar.
    """
    probs = logits.float().softmax(1).clamp_min(_LEAST)
    probs = probs / probs.sum(1, keepdim=True)
    return seed_loss(probs, seeds) + expand_loss(probs, seeds) + constrain_loss(
        probs, constrained(probs.detach(), seeds, pixels, side=side)
    )


def seed_loss(probs: Tensor, seeds: Tensor) -> Tensor:
    """Compute the seeding loss (equation 2): the mean over a crop's seeds, then over crops."""
    known = seeds != IGNORE
    own = probs.gather(1, seeds.where(known, torch.zeros_like(seeds))[:, None])[:, 0]
    sums = (-own.log() * known).sum((1, 2))
    return (sums / known.sum((1, 2)).clamp_min(1)).mean()


def expand_loss(probs: Tensor, seeds: Tensor) -> Tensor:
    """Compute the expansion loss on the extent of each label in a crop (equations 3 and 4).

    Cells are weighted by the rank of their probability: the first by 1, each further one by
    `PRESENT` times the weight of the previous one.
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
    """Compute the mean Kullback-Leibler divergence from the CRF's marginals (equation 5).

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
    gaussian, bilateral = preset_kernels("psa", side)  # as published
    labels = [np.flatnonzero(row) for row in there.cpu().numpy()]
    fields = [
        Field(image=image, unary=-np.log(own[used]), gaussian=gaussian, bilateral=bilateral)
        for image, own, used in zip(
            pixels.permute(0, 2, 3, 1).cpu().numpy(), probs.cpu().numpy(), labels, strict=True)
    ]
    marginals = np.zeros(probs.shape, np.float32)
    for rows, used, found in zip(marginals, labels, _solved(fields, probs.device), strict=True):
        rows[used] = found
    return torch.from_numpy(marginals).to(probs)


def _solved(fields: list[Field], device: torch.device) -> list[np.ndarray]:
    """Run the CRFs of all crops: at once on a GPU, in several threads on a CPU."""
    if device.type != "cpu":
        return infer(fields, iterations=_ITERATIONS, device=device)
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        return list(pool.map(
            lambda field: infer([field], iterations=_ITERATIONS, device=device)[0], fields))


def _there(seeds: Tensor, labels: int) -> Tensor:
    """Return which labels have a seed, (B, labels) bool."""
    counted = torch.nn.functional.one_hot(seeds.where(seeds != IGNORE, labels), labels + 1)
    return counted.flatten(1, 2).any(1)[:, :labels]


def _ranked(cells: Tensor, decay: float) -> Tensor:
    """Average cells (..., N) with weights that decay with the rank, largest first."""
    ranks = torch.arange(cells.shape[-1], device=cells.device, dtype=cells.dtype)
    weights = decay**ranks
    return (cells * weights).sum(-1) / weights.sum()


def _mean(values: Tensor, where: Tensor) -> Tensor:
    return (values * where).sum(1) / where.sum(1).clamp_min(1)
