"""Pairs of nearby cells: networks that predict their affinity, and the loss for them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.core.processes.batch_share import joint_count
from tag2mask.crf.paths import half_disc


class Affinities(nn.Module):
    """A network that predicts from backbone features whether two cells belong together."""

    def affinities(self, features: list[Tensor], radius: int) -> Tensor:
        """Map features to affinities (B, P, h, w) in [0, 1], P pairs as in `half_disc(radius)`.

        Pairs that extend beyond the map have affinity 0; h and w are those of the first feature.
        """
        raise NotImplementedError

    def walls(self, features: list[Tensor], radius: int) -> tuple[Tensor, Tensor | None]:
        """Map features to affinities, and to the suppression of walks from a cell, (B, h, w)."""
        return self.affinities(features, radius), None


def affinity_loss(affinity: Tensor, labels: Tensor, *, radius: int) -> Tensor:
    """Compute the loss that raises affinities within labels and lowers those between labels.

    Cross-entropy, averaged over each kind of pair: foreground and background pairs count a
    quarter each, differing pairs half (Ahn and Kwak, CVPR 2018, equation 5; Ahn et al., CVPR 2019,
    equation 7).

    Args:
        affinity: (B, P, h, w) in [0, 1], P pairs as in `half_disc(radius)`.
        labels: (B, h, w), 255 where unknown.
        radius: radius of the pairs, in cells.

    Returns:
        a scalar.
    """
    first, second = labels[:, None], _others(labels, radius)
    known = (first != IGNORE) & (second != IGNORE)
    same = known & (first == second)
    foreground, background = same & (first != BACKGROUND), same & (first == BACKGROUND)
    together, apart = -(affinity + 1e-5).log(), -(1 + 1e-5 - affinity).log()
    return (
        _mean_where(together, foreground) / 4 + _mean_where(together, background) / 4
        + _mean_where(apart, known & ~same) / 2
    )


def _others(labels: Tensor, radius: int) -> Tensor:
    """Return labels at each offset of `half_disc`: (B, h, w) to (B, P, h, w), 255 outside."""
    reach = radius - 1
    height, width = labels.shape[1:]
    padded = F.pad(labels, (reach, reach, 0, reach), value=IGNORE)
    return torch.stack([
        padded[..., dy : dy + height, reach + dx : reach + dx + width]
        for dy, dx in half_disc(radius)
    ], 1)


def _mean_where(values: Tensor, where: Tensor) -> Tensor:
    """Average values where a mask of the same shape is set; 0 if it is empty."""
    return (values * where).sum() / joint_count(where.sum())
