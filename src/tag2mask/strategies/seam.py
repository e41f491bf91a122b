"""SEAM: maps of a photo and of a rescaled copy are made consistent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import Head
from tag2mask.models.heads.pixel_correlation import PixelCorrelation
from tag2mask.strategies.seam_losses import (
    cross_loss,
    equivariance_loss,
    pooling_loss,
    stretched,
)
from tag2mask.strategies.strategy import Step, TrainingStrategy

_SCALE, _MOST = 0.3, 0.85
"""Scale of the second view: as published, and the maximum."""
_CELLS = 17
"""Number of cells per row of its map, as published: 134 pixels at a stride of 8."""
_FEWEST_CELLS = 2
"""Minimum number of cells per row of its map; a single cell has no spatial information."""


@dataclass(frozen=True)
class View:
    """The input of SEAM's losses for one view of the photos; 0 for absent classes."""

    raw: Tensor
    """(B, K, h, w), scaled to [0, 1] by `stretched`."""
    sure: Tensor
    """(B, K, 1, 1), the probability of each tag, detached."""
    refined: Tensor
    """(B, 1 + K, h, w), scaled to [0, 1] by `stretched`, the background first."""
    lowest: Tensor
    """(), the pooling loss."""


class Seam(TrainingStrategy):
    """Training on photos and smaller views of them, with maps refined by pixel correlation.

    Wang et al., "Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic
    Segmentation" (CVPR 2020), section 3: the tag loss of both views, the difference of their maps
    (ER), the difference of each view's refined maps from the other's raw ones (ECR), and a loss
    that pushes the lowest quarter of the refined maps to 0. All weights are 1. CAM reads the
    refined maps; `correlated_cam`, which averages over similar cells itself, reads the unrefined
    maps.

    Differs from the paper: the small view is sized so that its map has 17 cells per row, from 0.3
    to 0.85 times the photo. At 448 pixels and a stride of 8, as published, this is 0.3. For a photo
    of 13 cells, 0.3 would leave 4, which is too few: maps became much worse than with plain
    training, and with 11 cells much better (docs/strategies.md). The view is antialiased and
    consists of whole cells, at least two if the photo has them; maps are compared on the cells of
    the photo's map, not on the small view's pixels, between which bilinear interpolation adds no
    information. ER is weighted by the product of the tag's probabilities in both views, which
    approaches 1: otherwise, maps of 0 everywhere, which also agree, are the easiest solution early
    in training. See also `PixelCorrelation`.
    """

    paper = "Wang et al., CVPR 2020"
    idea = "maps of a photo and of a smaller copy agree; like pixels share them"
    cost = "1.8"

    def wrap_head(self, head: Head, backbone: BackboneModule) -> Head:
        """Wrap the head in the pixel correlation module."""
        return PixelCorrelation(head, backbone)

    def more_views(self, step: Step) -> list[Step]:
        """Return smaller copies of the photos."""
        cells = step.evidence.shape[2], step.evidence.shape[3]
        images = small_view(step.images, cells=cells)
        return [replace(step, images=images, features=step.classifier.features(images))]

    def extra_loss(self, views: Sequence[Step]) -> Tensor:
        """Compute the consistency losses between both views."""
        return agreement_loss(*map(look, views))


def look(step: Step) -> View:
    """Compute the input of the losses from the evidence of one view."""
    evidence, present = step.evidence, step.tags > 0
    module = correlation_of(step.classifier.head)
    refined = module.refine(evidence, step.features, step.images, present)
    return View(
        raw=stretched(evidence) * present[:, :, None, None],
        sure=evidence.detach().mean((2, 3), keepdim=True).sigmoid(),
        refined=stretched(refined),
        lowest=pooling_loss(refined[:, 1:]),
    )


def agreement_loss(first: View, second: View) -> Tensor:
    """Sum the paper's additional losses, on the cells of the first view's map."""
    raw, refined = (
        F.interpolate(maps, first.raw.shape[2:], mode="bilinear", align_corners=False)
        for maps in (second.raw, second.refined)
    )
    crossed = cross_loss(first.refined, raw) + cross_loss(refined, first.raw)
    lowest, sure = (first.lowest + second.lowest) / 2, first.sure * second.sure
    return equivariance_loss(first.raw * sure, raw * sure) + crossed + lowest


def small_view(images: Tensor, *, cells: tuple[int, int]) -> Tensor:
    """Shrink photos to a size whose map consists of whole cells.

    Args:
        images: (B, 3, H, W).
        cells: rows and columns of the photos' map, (h, w). Rounding of the number of cells by the
            backbone is the same for both views, so that their maps cover the same area.

    Returns:
        (B, 3, H', W'), 0.3 to 0.85 times as large, whose map has 17 rows or columns if the photo
        allows it, at least two if the photo's map has two, and at most those of the photo's map.
    """
    scale = min(_MOST, max(_SCALE, _CELLS / min(cells)))
    fewer = [min(many, max(_FEWEST_CELLS, round(scale * many))) for many in cells]
    size = [
        max(1, round(pixels * few / many))
        for pixels, few, many in zip(images.shape[2:], fewer, cells, strict=True)
    ]
    small = F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
    return small.contiguous(memory_format=torch.channels_last)


def correlation_of(head: Head) -> PixelCorrelation:
    """Find the pixel correlation module inside the wrappers of other strategies."""
    return next(part for part in head.modules() if isinstance(part, PixelCorrelation))
