"""PSL: a second target that prohibits what the photo's tags make unlikely.

Wei et al., "Object Region Mining with Adversarial Erasing" (CVPR 2017), section 3.2, "online
prohibitive segmentation learning".
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import IGNORE


def psl_loss(logits: Tensor, masks: Tensor, confidence: Tensor) -> Tensor:
    """Add the loss against the pseudo mask and that against the re-weighted prediction.

    The network's own probabilities are multiplied by the classifier's confidence in each class, and
    the background's by 1; the label that wins is the second target, which has no gradient.

    Differs from the paper: no target counts where the mask is open, because a crop is open beside
    its photo too; the confidences are those of a finished classifier, as far as one can tell they
    are in the paper. That the probabilities are weighed, rather than the scores before the
    softmax, is a reading of its formula, and so is a weight of 1 for either loss.

    Args:
        logits: (B, K + 1, h, w).
        masks: (B, h, w) labels, 255 where they are open.
        confidence: (B, K) in 0..1, that each class is on the whole photo.

    Returns:
        a scalar.
    """
    second = prohibited(logits.detach(), confidence).where(masks != IGNORE, masks)
    return pixel_loss(logits, masks) + pixel_loss(logits, second)


def prohibited(logits: Tensor, confidence: Tensor) -> Tensor:
    """Return the winning label, (B, h, w), of probabilities weighted by the confidence."""
    weights = F.pad(confidence, (1, 0), value=1.0)
    return (logits.softmax(1) * weights[:, :, None, None]).argmax(1)


def pixel_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Average the cross-entropy over the pixels that have a label; 0 where none has."""
    total = F.cross_entropy(logits, labels, ignore_index=IGNORE, reduction="sum")
    return total / (labels != IGNORE).sum().clamp_min(1)
