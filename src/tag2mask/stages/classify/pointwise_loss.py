"""A loss on the maps at annotated pixels; it improves the maps of other photos too."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import BACKGROUND, IGNORE

_LEAST_LOGIT = -1e4
"""Of a class that is not on the photo: it takes no part."""


def pointwise_loss(evidence: Tensor, labels: Tensor, tags: Tensor) -> Tensor:
    """Score the evidence at cells whose label is certain, among the photo's own classes.

    What's the Point (Bearman et al., ECCV 2016, section 3.2), on the class layer's cells. There is
    no layer for the background: its logit is 0.

    Differs from the paper: evidence is taken relative to its mean over the photo. The mean is the
    tag's logit, so this loss teaches where a class is, and the tags whether it is present;
    otherwise the background of large photos would lower the logit of small objects. The labels of a
    photo have equal weight, however many of its cells have them.

    Args:
        evidence: (B, K, h, w) of the class layer.
        labels: (B, H, W) int64, 0 background, class + 1, 255 where nothing is certain.
        tags: (B, K), over 0 for the photo's own classes.

    Returns:
        a scalar; 0 where no cell of the batch is certain.
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
    return torch.stack(photos).mean() if photos else evidence.sum() * 0


def _cell_labels(labels: Tensor, height: int, width: int) -> Tensor:
    """Reduce the labels to cells: a class if any pixel of the cell has one, else background.

    Of two classes in a cell the higher label is taken, which is rare and harms little.
    """
    classes = labels.where((labels != BACKGROUND) & (labels != IGNORE), 0).float()
    highest = F.adaptive_max_pool2d(classes[:, None], (height, width))[:, 0].long()
    ground = F.adaptive_max_pool2d(
        (labels == BACKGROUND).float()[:, None], (height, width))[:, 0] > 0
    return highest.where(highest > 0, torch.where(ground, BACKGROUND, IGNORE))
