"""Parameters and gradients that are the same in all processes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.core.processes import count, exchange
from tag2mask.core.processes.collectives import spread, sum_all


def start_alike(model: nn.Module) -> None:
    """Give all processes the parameters and buffers of the first."""
    if count() > 1:
        for tensor in model.state_dict().values():
            spread(tensor)


def sum_gradients(model: nn.Module, *, check: bool = False) -> None:
    """Sum the gradients of all processes, in one operation per type of number.

    Args:
        model: its gradients are replaced.
        check: verify first that all processes have gradients of the same parameters.

    Raises:
        InputError: they do not.
    """
    if count() == 1:
        return
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    if check and len({*exchange(tuple(gradient.numel() for gradient in gradients))}) > 1:
        raise InputError("The processes train different parameters; start all of them with the "
                         "same versions of tag2mask and of its packages.")
    for kind in dict.fromkeys(gradient.dtype for gradient in gradients):
        _sum([gradient for gradient in gradients if gradient.dtype == kind])


def _sum(gradients: list[Tensor]) -> None:
    flat = sum_all(torch.cat([gradient.reshape(-1) for gradient in gradients]))
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view(gradient.shape))
