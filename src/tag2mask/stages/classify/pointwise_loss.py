"""A loss on the maps at annotated pixels; it improves the maps of other photos too."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import BACKGROUND, IGNORE

_LEAST_LOGIT = -1e4
"""Logit of classes that are not in the photo."""


def pointwise_loss(evidence: Tensor, labels: Tensor, tags: Tensor) -> Tensor:
    """Compute the cross-entropy at cells with a certain label, among the photo's own classes.

    What's the Point (Bearman et al., ECCV 2016, section 3.2), on the cells of the class layer. The
    background has no channel: its logit is 0.

    Differs from the paper: the mean over the photo is subtracted from the evidence. The mean is the
    logit of the tag, so this loss trains the location of a class, and the tag loss its presence;
    otherwise the background of large photos would lower the logit of small objects. The labels of a
    photo have equal weight, whatever the number of cells with each. Photos without a certain cell
    count with a loss of 0, so that few annotated photos do not outweigh the tags of all others.

    Args:
        evidence: (B, K, h, w) output of the class layer.
        labels: (B, H, W) int64, 0 background, class + 1, 255 for uncertain pixels.
        tags: (B, K), greater than 0 for the photo's own classes.

    Returns:
        a scalar; 0 if no cell of the batch is certain.
    """
    cells = _cell_labels(labels, evidence.shape[2], evidence.shape[3])
    relative = evidence - evidence.mean((2, 3), keepdim=True)
    relative = relative.masked_fill((tags <= 0)[:, :, None, None], _LEAST_LOGIT)
    logits = torch.cat([torch.zeros_like(relative[:, :1]), relative], 1)
    losses = F.cross_entropy(logits, cells, ignore_index=IGNORE, reduction="none")
    photos = [
        torch.stack([own[at == label].mean() for label in at.unique() if label != IGNORE]).mean()
        for own, at in zip(losses, cells, strict=True) if (at != IGNORE).any()
    ]
    return torch.stack(photos).sum() / len(cells) if photos else evidence.sum() * 0


def _cell_labels(labels: Tensor, height: int, width: int) -> Tensor:
    """Reduce labels to cells: a class if any pixel of the cell has one, otherwise background.

    If a cell contains two classes, the higher label is used; this is rare and has little effect.
    """
    classes = labels.where((labels != BACKGROUND) & (labels != IGNORE), 0).float()
    highest = F.adaptive_max_pool2d(classes[:, None], (height, width))[:, 0].long()
    ground = F.adaptive_max_pool2d(
        (labels == BACKGROUND).float()[:, None], (height, width))[:, 0] > 0
    return highest.where(highest > 0, torch.where(ground, BACKGROUND, IGNORE))
