"""Number of parameters of a network, and of its multiply-adds for one image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

_DRAWING = {"uniform_", "normal_", "fill_", "zero_"}
"""Functions called by `torch.nn.init` and by layers that initialise their own weights."""


class _Undrawn(TorchFunctionMode):
    """Skips the initialisation of weights, half of the build time of a large network."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        name = getattr(func, "__name__", "")
        if name in _DRAWING or getattr(func, "__module__", "") == nn.init.__name__:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def shapes_only() -> Iterator[None]:
    """Build networks on torch's meta device, without initialisation or computation."""
    with torch.device("meta"), _Undrawn():
        yield


def count_parameters(module: nn.Module) -> int:
    """Count the parameters, without the running statistics of normalisation layers."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(module: nn.Module, size: tuple[int, int], *, channels: int = 3) -> int:
    """Count the multiply-adds of all convolutions and matrix products for one image.

    Exact and independent of the machine: a copy of the module runs on torch's meta device, which
    computes shapes only. Every operator is recorded, whether or not it is a separate layer;
    element-wise operations (normalisation, activation, resizing) are not counted, as in the papers.

    Args:
        module: maps (1, channels, H, W) to anything; not modified.
        size: height and width of the image.
        channels: of the image.
    """
    twin = deepcopy(module).to("meta").eval()
    drop_norms(twin)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        twin(torch.empty(1, channels, *size, device="meta"))
    return int(counter.get_total_flops()) // 2


def drop_norms(module: nn.Module) -> None:
    """Remove batch normalisation, which is not counted and takes most of the time."""
    for part in list(module.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(part, name, nn.Identity())
