"""The size and the work of a network: its parameters, and its multiply-adds for one image."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(module: nn.Module) -> int:
    """Count the learned numbers; running statistics of normalisation are not among them."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(module: nn.Module, size: tuple[int, int], *, channels: int = 3) -> int:
    """Count the multiply-adds of all convolutions and matrix products for one image.

    Exact and independent of the machine: a copy of the module runs on torch's meta device, which
    computes shapes only. Every operator is seen, whether or not it is a layer of its own; what is
    done once per value (normalisation, activation, resizing) does not count, as in the papers.

    Args:
        module: maps (1, channels, H, W) to anything; left as it is.
        size: height and width of the image.
        channels: of the image.
    """
    twin = deepcopy(module).to("meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        twin(torch.empty(1, channels, *size, device="meta"))
    return int(counter.get_total_flops()) // 2
