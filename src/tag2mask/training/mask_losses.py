"""Losses for training a segmentation network on pseudo masks; new ones are registered here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import IGNORE, Backbone
from tag2mask.core.registry import Registry
from tag2mask.training.lovasz_loss import lovasz_loss
from tag2mask.training.masked_crops import centres_of
from tag2mask.training.psl_loss import pixel_loss, psl_loss
from tag2mask.training.sec_loss import sec_loss

_EVERY = 4
"""Pixels of a crop, in each direction, of which one takes part in the overlap of `lovasz`."""


@dataclass(frozen=True)
class SeenCrops:
    """The input of a loss.

    Attributes:
        masks: (B, H, W) int64, labels and 255.
        images: (B, 3, H, W), normalised for the encoder.
        encoder: encoder of the network.
        side: long side of the whole photos, in pixels of the crops.
        confidence: returns (B, K), the classifier's tag probabilities for the crops' photos.
        weights: (B, H, W) weights of the pixels, in the cross-entropy of lovasz and cross_entropy;
            None for equal ones.
        share_masks: (S, H, W), the masks of all crops of the process, if these are a part of them.
        share_weights: (S, H, W), the weights of all crops of the process.
    """

    masks: Tensor
    images: Tensor
    encoder: Backbone
    side: int
    confidence: Callable[[], Tensor]
    weights: Tensor | None = None
    share_masks: Tensor | None = None
    share_weights: Tensor | None = None

    def labelled_in_share(self, size: tuple[int, int], *, weigh: bool = False) -> Tensor | None:
        """Return the number of labelled pixels in all crops of the process, at a size.

        Args:
            size: of the logits.
            weigh: sum up the weights of the pixels, if there are any.

        Returns:
            a scalar; None if these crops are all of them.
        """
        if self.share_masks is None:
            return None
        known = centres_of(self.share_masks, size) != IGNORE
        weights = self.share_weights if weigh else None
        return known.sum() if weights is None else (centres_of(weights, size) * known).sum()

    @property
    def pixels(self) -> Tensor:
        """The images in 0..255: (B, 3, H, W)."""
        mean, std = (torch.tensor(values, device=self.images.device).view(1, 3, 1, 1)
                     for values in (self.encoder.pixel_mean, self.encoder.pixel_std))
        return self.images * std + mean


def _pixel_loss(logits: Tensor, seen: SeenCrops) -> Tensor:
    """Compute the loss at the resolution of the logits, at most a quarter of the work."""
    centres, logits = _matched(logits, seen.masks)
    size = (logits.shape[2], logits.shape[3])
    weights = None if seen.weights is None else centres_of(seen.weights, size)
    labelled = seen.labelled_in_share(size, weigh=True)
    return pixel_loss(logits.float(), centres, weights, labelled)


def _lovasz(logits: Tensor, seen: SeenCrops) -> Tensor:
    """Add the overlap of each class to the cross-entropy, in which small objects weigh little.

    The overlap is that of every fourth pixel in each direction, since it takes a sort.
    """
    step = max(1, round(_EVERY * logits.shape[3] / seen.masks.shape[2]))
    centres, matched = _matched(logits[..., step // 2 :: step, step // 2 :: step], seen.masks)
    return _pixel_loss(logits, seen) + lovasz_loss(matched.float(), centres)


def _psl(logits: Tensor, seen: SeenCrops) -> Tensor:
    """Compute the PSL loss, whose second target suppresses classes that the tags make unlikely."""
    centres, logits = _matched(logits, seen.masks)
    labelled = seen.labelled_in_share((logits.shape[2], logits.shape[3]))
    return psl_loss(logits.float(), centres, seen.confidence(), labelled)


def _sec(logits: Tensor, seen: SeenCrops) -> Tensor:
    """Compute the SEC loss with the decided pixels of the masks as seeds."""
    centres, logits = _matched(logits, seen.masks)
    pixels = F.interpolate(seen.pixels, logits.shape[2:], mode="area")
    side = round(seen.side * logits.shape[3] / seen.masks.shape[2])
    return sec_loss(logits, centres, pixels, side=side)


def _matched(logits: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Return the labels at the centres of the logits' cells, and the logits there."""
    centres = centres_of(masks, (logits.shape[2], logits.shape[3]))
    return centres, logits[..., : centres.shape[-2], : centres.shape[-1]]


LOSSES: Registry[Callable[[Tensor, SeenCrops], Tensor]] = Registry("loss", group="tag2mask.losses")
"""The allowed values of `segment.loss`."""

LOSSES.update({"lovasz": _lovasz, "cross_entropy": _pixel_loss, "sec": _sec, "psl": _psl})
