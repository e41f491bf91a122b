"""A gate that weights the classes of all pixels by image-level predictions of the network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

_OPEN = 4.0
"""Initial logit of every class, which passes nearly all of its evidence."""


class TagGate(nn.Module):
    """A linear layer over the mean of the encoder's last feature: one logit per class and photo.

    A pixel can only have a class that is on the photo, so its probability is multiplied by that of
    the class being present; the log-probability is added to its logits. This suppresses classes
    that do not occur with the rest of the photo.
    """

    def __init__(self, channels: int, num_classes: int) -> None:
        """Initialise fully open, independent of the photo."""
        super().__init__()
        self.layer = nn.Linear(channels, num_classes)
        nn.init.zeros_(self.layer.weight)
        nn.init.constant_(self.layer.bias, _OPEN)

    @torch.no_grad()
    def start_from(self, class_weights: Tensor) -> None:
        """Initialise from the bias-free class layer (K, C, 1, 1) of a classifier.

        A gate of another number of channels stays open: a classifier with a representation head
        reads more than the last feature.
        """
        weights = class_weights.flatten(1)
        if weights.shape == self.layer.weight.shape:
            self.layer.weight.copy_(weights)
            nn.init.zeros_(self.layer.bias)

    def forward(self, feature: Tensor) -> Tensor:
        """Map (B, C, h, w) to the logits of the photo's tags, (B, K)."""
        tags: Tensor = self.layer(feature.float().mean((2, 3)))
        return tags


def gated(logits: Tensor, tags: Tensor) -> Tensor:
    """Weight the classes of (B, K + 1, h, w) by (B, K) tag logits, except the background."""
    passing = _passing(tags).to(logits.dtype)
    return torch.cat([logits[:, :1], logits[:, 1:] + passing], 1)


def ungated(logits: Tensor, tags: Tensor | None) -> Tensor:
    """Take the gate with the logits `tags` out of (B, K + 1, h, w) again; None: there is none."""
    if tags is None:
        return logits
    return torch.cat([logits[:, :1], logits[:, 1:] - _passing(tags)], 1)


def _passing(tags: Tensor) -> Tensor:
    """Return the log-probabilities of tag logits (B, K), (B, K, 1, 1)."""
    # Log-sigmoid in an exportable form: ONNX has no such operator, and log(sigmoid) of a very
    # unlikely tag is minus infinity.
    return -F.softplus(-tags.float())[:, :, None, None]


def tag_loss(tags: Tensor, masks: Tensor, unsure: Tensor) -> Tensor:
    """Compute the loss of tag logits (B, K) for the classes in the masks of crops.

    Args:
        tags: (B, K).
        masks: (B, H, W) labels, 255 where undecided.
        unsure: (B, K), 1 for classes that have no part in the loss, else 0.
    """
    labels = torch.arange(1, tags.shape[1] + 1, device=masks.device)
    there = torch.stack([torch.isin(labels, mask) for mask in masks])
    return F.binary_cross_entropy_with_logits(tags.float(), there.float(), weight=1 - unsure)
