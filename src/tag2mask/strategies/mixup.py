"""Mixup-CAM: photos and their tags are mixed; losses keep maps confident and compact.

Chang et al., "Mixup-CAM: Weakly-supervised Semantic Segmentation via Uncertainty Regularization"
(BMVC 2020), section 3; mixing itself is Zhang et al., "mixup: Beyond Empirical Risk Minimization"
(ICLR 2018). A classifier that recognises two blended photos cannot rely on a single part.

Differs from the paper, of which no code by the authors is known: the mixing ratio is drawn per pair
of photos. Distances are fractions of the photo's sides, so that the concentration loss does not
depend on the map's size. Its weight is a tenth of our reading of the paper, 2e-4 for cells of a map
of 41 x 41, with which held-out tags were predicted much worse (docs/strategies.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.strategies.strategy import Crops, Step, TrainingStrategy

ALPHA = 0.2
"""Parameter of the Beta distribution of mixing ratios."""

ENTROPY = 0.02
"""Weight of the entropy loss, in our reading of the paper."""

CONCENTRATION = 2e-5 * 41**2
"""Weight of the concentration loss, chosen on held-out tags."""


class Mixup(TrainingStrategy):
    """Plain training on mixed photos, with two additional losses on the softmax of the maps."""

    paper = "Chang et al., BMVC 2020"
    idea = "photos and tags are mixed; maps are kept confident and compact"

    def prepare_batch(self, crops: Crops, rng: np.random.Generator) -> Crops:
        """Mix every photo with another of the batch; a single photo is unchanged."""
        count = len(crops.images)
        if count == 1:
            return crops
        shares = torch.from_numpy(rng.beta(ALPHA, ALPHA, count).astype(np.float32))
        partners = torch.from_numpy(draw_partners(count, rng))
        return replace(
            crops, images=mix(crops.images, shares, partners),
            tags=mix(crops.tags, shares, partners), labels=None,
        )

    def extra_loss(self, views: Sequence[Step]) -> Tensor:
        """Return the weighted sum of the two losses."""
        evidence, tags = views[0].evidence, views[0].tags
        spread = concentration_loss(evidence.softmax(1), tags > 0)
        return ENTROPY * entropy_loss(evidence) + CONCENTRATION * spread


def draw_partners(count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a partner from the batch for each photo, by a ring in random order, so never itself.

    Args:
        count: number of photos, 2 or more.
        rng: random generator.

    Returns:
        (count,) indices, each once.
    """
    order = rng.permutation(count)
    partners = np.empty(count, np.int64)
    partners[order] = np.roll(order, 1)
    return partners


def mix(values: Tensor, shares: Tensor, partners: Tensor) -> Tensor:
    """Return share * value + (1 - share) * the partner's value.

    Args:
        values: (B, ...).
        shares: (B,), 0 to 1.
        partners: (B,) indices.

    Returns:
        (B, ...), a new tensor.
    """
    share = shares.to(values).view(-1, *[1] * (values.dim() - 1))
    return torch.lerp(values[partners], values, share)


def entropy_loss(evidence: Tensor) -> Tensor:
    """Compute the mean entropy of the softmax over classes, which favours confident cells.

    Args:
        evidence: (B, K, h, w).

    Returns:
        the mean over photos and cells, in nats.
    """
    logs = F.log_softmax(evidence, 1)
    return -(logs.exp() * logs).sum(1).mean()


def concentration_loss(maps: Tensor, present: Tensor) -> Tensor:
    """Compute the spatial variance of each class's map, which favours compact classes.

    Args:
        maps: (B, K, h, w), 0 or more.
        present: (B, K), the classes to include.

    Returns:
        the sum over a photo's classes, averaged over photos; positions are fractions of the sides.
    """
    height, width = maps.shape[2:]
    weights = maps / maps.sum((2, 3), keepdim=True).clamp_min(1e-12)
    variance = torch.zeros_like(weights[:, :, 0, 0])
    for side, other in ((height, 3), (width, 2)):
        places = (torch.arange(side, device=maps.device, dtype=maps.dtype) + 0.5) / side
        along = weights.sum(other)
        centre = (along * places).sum(2, keepdim=True)
        variance = variance + (along * (places - centre) ** 2).sum(2)
    return (variance * present).sum(1).mean()
