"""Calibration of class evidence to logits that fit given masks: a scale and a background logit.

For evidence that is not a linear layer over a feature, the nearest linear layer is fitted.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import IGNORE

_STEPS = 50
_RIDGE = 1e-3
"""Ridge penalty relative to the mean diagonal, since channels of a feature are correlated."""


def calibrate(pairs: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Fit `scale` and `floor`, so that [floor, scale * evidence] are the best logits for masks.

    A classifier's evidence ranks classes and their extent, but is not trained to separate them from
    the background. Without calibration, a network spends its first epochs correcting this.

    Args:
        pairs: evidence (B, K, h, w) and masks (B, h, w) with 0 for background, 255 for undecided.

    Returns:
        Scale, greater than 0, and floor; 1 and 0 if no pixel of the masks is decided.
    """
    rows, labels = [], []
    for evidence, masks in pairs:
        decided = masks != IGNORE
        rows.append(evidence.movedim(1, -1)[decided].double())
        labels.append(masks[decided].long())
    if not sum(map(len, labels)):
        return 1.0, 0.0
    return _fit(torch.cat(rows), torch.cat(labels))


def nearest_layer(pairs: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """Fit a 1x1 layer without bias to maps, by least squares.

    Args:
        pairs: features (B, C, h, w) and maps (B, K, h, w) of the same cells.

    Returns:
        (K, C, 1, 1) float32.
    """
    among, across = torch.zeros((), dtype=torch.double), torch.zeros((), dtype=torch.double)
    for feature, maps in pairs:
        rows, wanted = (part.movedim(1, -1).flatten(0, 2).double() for part in (feature, maps))
        among, across = among + rows.T @ rows, across + rows.T @ wanted
    among = among + _RIDGE * among.diagonal().mean() * torch.eye(len(among), dtype=among.dtype)
    layer: Tensor = torch.linalg.solve(among, across)
    return layer.T[:, :, None, None].float()


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
