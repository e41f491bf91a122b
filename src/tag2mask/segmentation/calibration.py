"""How class evidence is read as logits that fit given masks: one scale, one background logit."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.contracts import IGNORE

_STEPS = 50


def calibrate(pairs: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Fit `scale` and `floor`, so that [floor, scale * evidence] are the best logits for masks.

    A classifier's evidence says which class, and more or less of it; it was never asked how much
    is nothing at all. Started without that, a network spends its first epochs unlearning.

    Args:
        pairs: evidence (B, K, h, w) and masks (B, h, w) with 0 for background and 255 for open.

    Returns:
        Scale, over 0, and floor. 1 and 0 where the masks decide nothing.
    """
    rows, labels = [], []
    for evidence, masks in pairs:
        decided = masks != IGNORE
        rows.append(evidence.movedim(1, -1)[decided].double())
        labels.append(masks[decided].long())
    if not sum(map(len, labels)):
        return 1.0, 0.0
    return _fit(torch.cat(rows), torch.cat(labels))


def _fit(evidence: Tensor, labels: Tensor) -> tuple[float, float]:
    unit = float(evidence.abs().mean().clamp_min(1e-6))
    log_scale, floor = (torch.zeros((), dtype=torch.double, requires_grad=True) for _ in range(2))
    fit: torch.optim.Optimizer = torch.optim.LBFGS(
        [log_scale, floor], max_iter=_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        fit.zero_grad()
        background = floor.expand(len(labels), 1)
        logits = torch.cat([background, log_scale.exp() * evidence / unit], 1)
        result = F.cross_entropy(logits, labels)
        torch.autograd.backward(result)
        return float(result.detach())

    fit.step(loss)
    return float(log_scale.detach().exp()) / unit, float(floor.detach())
