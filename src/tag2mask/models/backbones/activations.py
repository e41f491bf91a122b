"""ReLU6 in place, in one pass over the images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)


def relu6(images: Tensor, *, inplace: bool = False) -> Tensor:
    """Limit values to 0..6; equal to torch's `relu6`, with the same gradient.

    In place, torch's own writes its result elsewhere and copies it back, twice the work.

    Args:
        images: any shape.
        inplace: overwrite the images.

    Returns:
        the same shape.
    """
    if not inplace:
        return F.relu6(images)
    return _limit(images) if torch.is_grad_enabled() else images.clamp_(0, 6)


class _Limit(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor) -> Tensor:  # noqa: ANN401  (torch gives its own context)
        ctx.mark_dirty(images)
        ctx.save_for_backward(images.clamp_(0, 6))
        return images

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # noqa: ANN401  (likewise)
        result: Tensor = torch.ops.aten.hardtanh_backward(grad, *ctx.saved_tensors, 0, 6)
        return result


_limit: Callable[[Tensor], Tensor] = _Limit.apply
