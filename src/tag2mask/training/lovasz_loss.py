"""Lovász-softmax: a loss that follows the overlap of each class, however small its area.

Berman, Triki and Blaschko, "The Lovász-Softmax Loss: A Tractable Surrogate for the Optimization of
the Intersection-over-Union Measure in Neural Networks" (CVPR 2018), equations 8, 9 and 11.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.core.contracts import IGNORE
from tag2mask.core.processes.batch_share import BatchShare, share_in_use
from tag2mask.core.processes.collectives import sum_all


def lovasz_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Average the surrogate of 1 - IoU over the labels that the masks have.

    The overlap of a label is that of all masks of the batch together, so that a false alarm on a
    photo without the label counts. Undecided pixels have no error. Several processes exchange their
    errors; of a batch that is computed in parts, each part has overlaps of its own.

    Args:
        logits: (B, K + 1, h, w).
        masks: (B, h, w) labels, 255 where undecided; without any label, the loss is 0.

    Returns:
        a scalar in 0..1.
    """
    share = share_in_use() or BatchShare(0, len(masks), len(masks))
    own = masks.flatten(1)
    everywhere = _of_all((own + 1) * share.counts, share.start, share.whole) - 1
    there = (everywhere >= 0).any(1)  # crops of other parts are not
    start, number = int(there[: share.start].sum()), int(there.sum())
    everywhere = everywhere[there]
    labels = torch.unique(everywhere[everywhere != IGNORE])
    if not len(labels):
        return logits.sum() * 0
    probs = logits.softmax(1)[:, labels].flatten(2)
    truth, known = own[:, None] == labels[:, None], (own != IGNORE)[:, None]
    errors = torch.where(truth, 1 - probs, probs) * known
    with torch.no_grad():
        truth = (everywhere[:, None] == labels[:, None]).to(errors)
        weights = _weights(_of_all(errors * share.counts, start, number), truth)
    factor = number / share.whole / (share.weight or 1.0)
    return factor * (errors * weights[start : start + len(own)]).sum() / len(labels)


def _of_all(rows: Tensor, start: int, number: int) -> Tensor:
    """Return the rows of the crops of all processes, given those of this one.

    Args:
        rows: one for each crop, 0 for one that does not count.
        start: place of the first row.
        number: number of all rows; those that no process has are 0.
    """
    whole = rows.new_zeros(number, *rows.shape[1:])
    whole[start : start + len(rows)] = rows
    return sum_all(whole)


def _weights(errors: Tensor, truth: Tensor) -> Tensor:
    """Return the weight of each error in the Lovász extension of the Jaccard loss (equation 8).

    Args:
        errors: (B, L, N) in 0..1.
        truth: (B, L, N), 1 for pixels of the label; at least one for each.

    Returns:
        (B, L, N).
    """
    crops, labels, _ = errors.shape
    errors, truth = (values.transpose(0, 1).flatten(1) for values in (errors, truth))
    order = errors.argsort(dim=1, descending=True, stable=True)
    truth = truth.gather(1, order)
    area = truth.sum(1, keepdim=True)
    # The loss if all pixels up to each one are wrong: hits are lost, and false alarms are added.
    jaccard = 1 - (area - truth.cumsum(1)) / (area + (1 - truth).cumsum(1))
    steps = jaccard.diff(dim=1, prepend=jaccard.new_zeros(len(jaccard), 1))
    weights = torch.zeros_like(errors).scatter_(1, order, steps)
    return weights.view(labels, crops, -1).transpose(0, 1)
