"""Layers whose result depends on the whole batch, computed over the shares of all processes.

Batch normalisation takes its statistics from all photos of a batch, and dropout draws its channels
for all of them, so that a training gives the same result with any number of processes. PyTorch's
own `SyncBatchNorm` needs a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.processes import count, rank
from tag2mask.core.processes.batch_share import BatchShare, share_in_use
from tag2mask.core.processes.collectives import sum_all
from tag2mask.models.backbones.batch_norm import SteadyBatchNorm2d


@contextmanager
def joint_layers(model: nn.Module) -> Iterator[None]:
    """Let the layers of a model normalise and drop over the whole batch in the block."""
    before = [(module, module.__class__) for module in model.modules()
              if count() > 1 and type(module) in _JOINT]
    for module, kind in before:
        module.__class__ = _JOINT[kind]
    try:
        yield
    finally:
        for module, kind in before:
            module.__class__ = kind


class JointBatchNorm2d(SteadyBatchNorm2d):
    """Batch normalisation over the photos of all processes."""

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        share = share_in_use()
        if not self.training or share is None:
            return super().forward(input)
        moments = _joint_moments(input.detach(), share)
        if moments.number <= 1:
            return self._by_running(input)
        self._update(moments)
        normalise: Callable[..., Tensor] = _Normalise.apply
        return normalise(input, self.weight, self.bias, moments, self.eps)

    def _by_running(self, values: Tensor) -> Tensor:
        return F.batch_norm(values, self.get_buffer("running_mean"),
                            self.get_buffer("running_var"), self.weight, self.bias, eps=self.eps)

    @torch.no_grad()
    def _update(self, moments: _Moments) -> None:
        part = self.momentum or 0.0
        unbiased = moments.variance * moments.number / (moments.number - 1)
        self.get_buffer("running_mean").lerp_(moments.mean, part)
        self.get_buffer("running_var").lerp_(unbiased, part)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)


class JointDropout2d(nn.Dropout2d):
    """Dropout of channels that are drawn for the whole batch, alike in all processes."""

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        share = share_in_use()
        if not self.training or share is None or self.p == 0:
            return super().forward(input)
        kept = input.new_empty(share.whole, input.shape[1], 1, 1).bernoulli_(1 - self.p)
        return input * kept[share.rows] / (1 - self.p)


_JOINT: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm2d: JointBatchNorm2d, SteadyBatchNorm2d: JointBatchNorm2d,
    nn.Dropout2d: JointDropout2d,
}


class _Moments:
    """Mean and variance of each channel over all processes, and the number of values.

    `counts` is False in a process whose photos are not among them.
    """

    def __init__(self, mean: Tensor, variance: Tensor, number: int, *, counts: bool) -> None:
        self.mean, self.variance, self.number, self.counts = mean, variance, number, counts


def _joint_moments(values: Tensor, share: BatchShare) -> _Moments:
    """Combine the moments of the shares, which loses less precision than a sum of squares."""
    planes = values.float()
    size = (values.numel() // values.shape[1]) * share.counts
    # As a single process computes them, and a third to a twentieth of the time of `var_mean`.
    mean, variance = torch.batch_norm_update_stats(planes, None, None, 0.0)
    own = torch.zeros(count(), 3, values.shape[1], dtype=torch.float64, device=values.device)
    own[rank()] = torch.stack([torch.full_like(mean, size), mean, variance]) * share.counts
    sizes, means, variances = sum_all(own).unbind(1)
    number = sizes.sum(0)
    mean = (sizes * means).sum(0) / number
    spread = (sizes * (variances + (means - mean) ** 2)).sum(0) / number
    return _Moments(mean.float(), spread.float(), int(number[0]), counts=share.counts)


class _Normalise(torch.autograd.Function):
    """Normalisation by joint moments, with the gradient through these."""

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, weight: Tensor, bias: Tensor, moments: _Moments, eps: float  # noqa: ANN401
    ) -> Tensor:
        """Normalise (B, C, h, w)."""
        ctx.save_for_backward(values, weight, moments.mean, moments.variance)
        ctx.number, ctx.counts, ctx.eps = moments.number, moments.counts, eps
        return F.batch_norm(values, moments.mean, moments.variance, weight, bias, eps=eps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        """Return the gradients of values, weight and bias.

        With n the normalised values, s their scale and g the gradient, that of the values is
        `weight * s * (g - mean(g) - n * mean(g * n))`, means over all processes. The first term
        is the gradient for fixed moments and the rest another normalisation, for both of which
        PyTorch has one fused pass.
        """
        values, weight, mean, variance = ctx.saved_tensors
        planes, eps = values.float(), ctx.eps
        scale = (variance + eps).rsqrt()
        outer, toward_weight, toward_bias = torch.ops.aten.native_batch_norm_backward(
            gradient.float(), planes, weight, mean, variance, None, None, False, eps,
            [True, True, True])
        first, second = sum_all(torch.stack([toward_bias, toward_weight])) / ctx.number
        if not ctx.counts:
            return torch.zeros_like(values), toward_weight, toward_bias, None, None
        factor = -weight * scale
        outer += F.batch_norm(planes, mean, variance, factor * second, factor * first, eps=eps)
        return outer.to(values.dtype), toward_weight, toward_bias, None, None
