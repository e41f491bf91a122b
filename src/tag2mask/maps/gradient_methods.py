"""Gradient-based methods: one forward pass, gradients, and a formula from `weightings`."""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.maps.gradients import read
from tag2mask.maps.request import Method, Request
from tag2mask.maps.weightings import Weighting


def by_gradient(weigh: Weighting) -> Method:
    """Create a method from a formula for the weights."""

    def method(request: Request, images: Tensor) -> list[Tensor]:
        reading = read(request, images)
        views, parts = reading.layers, [list[Tensor]() for _ in reading.layers]
        for gradients in reading.gradients():
            for view, gradient, row in zip(views, gradients, parts, strict=True):
                row.append(_reduced(view.activations, weigh(view.activations, gradient)))
        return [_maps(view.activations, row) for view, row in zip(views, parts, strict=True)]

    return method


def _reduced(activations: Tensor, weights: Tensor) -> Tensor:
    """Return (B, C) for weights per channel, else the weighted sum over channels (B, h, w)."""
    if weights.shape[2:] == (1, 1):
        return weights.flatten(1)
    return (weights * activations).sum(1)


def _maps(activations: Tensor, parts: list[Tensor]) -> Tensor:
    """Stack the targets: (B, k, h, w); weights per channel use one matrix product for all."""
    joined = torch.stack(parts, 1)
    if joined.dim() == 4:
        return joined
    maps = joined.to(activations) @ activations.flatten(2)
    return maps.reshape(*joined.shape[:2], *activations.shape[2:])
