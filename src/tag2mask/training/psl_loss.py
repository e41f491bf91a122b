"""PSL: a second target that suppresses classes that the photo's tags make unlikely.

Wei et al., "Object Region Mining with Adversarial Erasing" (CVPR 2017), section 3.2, "online
prohibitive segmentation learning".
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import IGNORE
from tag2mask.core.processes.batch_share import joint_count


def psl_loss(
    logits: Tensor, masks: Tensor, confidence: Tensor, labelled: Tensor | None = None
) -> Tensor:
    """Sum the losses against the pseudo mask and against the re-weighted prediction.

    The network's own probabilities are multiplied by the classifier's confidence in each class, and
    the background's by 1; the label with the largest product is the second target, which has no
    gradient.

    Differs from the paper: neither target counts where the mask is undecided, because the part of a
    crop outside its photo is undecided too. The confidences are those of a trained classifier, as
    they appear to be in the paper. Weighting the probabilities, rather than the scores before the
    softmax, is an interpretation of its formula, as is a weight of 1 for either loss.

    Args:
        logits: (B, K + 1, h, w).
        masks: (B, h, w) labels, 255 where undecided.
        confidence: (B, K) in 0..1, probability that each class is in the whole photo.
        labelled: as for `pixel_loss`.

    Returns:
        a scalar.
    """
    second = prohibited(logits.detach(), confidence).where(masks != IGNORE, masks)
    return pixel_loss(logits, masks, None, labelled) + pixel_loss(logits, second, None, labelled)


def prohibited(logits: Tensor, confidence: Tensor) -> Tensor:
    """Return the label (B, h, w) with the largest confidence-weighted probability."""
    weights = F.pad(confidence, (1, 0), value=1.0)
    return (logits.softmax(1) * weights[:, :, None, None]).argmax(1)


def pixel_loss(
    logits: Tensor, labels: Tensor, weights: Tensor | None = None, labelled: Tensor | None = None
) -> Tensor:
    """Average the cross-entropy over the labelled pixels, with weights; 0 if there are none.

    Args:
        logits: (B, K + 1, h, w).
        labels: (B, h, w), 255 where undecided.
        weights: (B, h, w); None for equal weights.
        labelled: number of labelled pixels, or the sum of their weights, in all crops of the
            process, if these are a part of them.
    """
    if weights is not None:
        losses = F.cross_entropy(logits, labels, ignore_index=IGNORE, reduction="none")
        own = weights * (labels != IGNORE)
        return (losses * own).sum() / joint_count(own.sum(), in_share=labelled)
    total = F.cross_entropy(logits, labels, ignore_index=IGNORE, reduction="sum")
    return total / joint_count((labels != IGNORE).sum(), in_share=labelled)
