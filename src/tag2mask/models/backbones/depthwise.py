"""Depthwise convolution whose backward pass is as fast as its forward pass on a CPU.

The forward pass of a depthwise convolution is fast in every CPU library, but its weight gradient is
not: for 16 photos of 16x16 cells and 1,152 channels it took 60 times as long as the forward pass,
more than half of a training step. Both gradients have fast equivalents: the input gradient is again
a depthwise convolution, and the weight gradient a correlation whose inner loop runs over channels,
which are contiguous in memory. On a GPU torch's implementation is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)


def depthwise_conv2d(
    images: Tensor, weight: Tensor, bias: Tensor | None = None, *,
    stride: int = 1, padding: int = 0, dilation: int = 1,
) -> Tensor:
    """Convolve every channel with its own kernel; equal to `conv2d(groups=channels)`.

    Args:
        images: (B, C, H, W), channels-last for speed.
        weight: (C, 1, k, k).
        bias: (C,), added to every cell.
        stride: of the output, in cells of the input.
        padding: zeros on all four sides, in cells; at most `dilation * (k - 1)`.
        dilation: distance between the taps of the kernel.

    Returns:
        (B, C, H', W'), in autocast's precision where that is on.
    """
    if images.device.type != "cpu" or not (torch.is_grad_enabled() and weight.requires_grad):
        return F.conv2d(images, weight, bias, stride, padding, dilation, weight.shape[0])
    if torch.is_autocast_enabled("cpu"):
        precision = torch.get_autocast_dtype("cpu")
        images, weight = images.to(precision), weight.to(precision)
        bias = None if bias is None else bias.to(precision)
    return _depthwise(images, weight, bias, stride, padding, dilation)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, images: Tensor, weight: Tensor, bias: Tensor | None,  # noqa: ANN401  (torch gives its own context)
        stride: int, padding: int, dilation: int,
    ) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.geometry = stride, padding, dilation
        return F.conv2d(images, weight, bias, stride, padding, dilation, weight.shape[0])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401  (likewise)
        images, weight = ctx.saved_tensors
        needs_images, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        return (
            _images_gradient(grad, images, weight, *ctx.geometry) if needs_images else None,
            _weight_gradient(grad, images, weight, *ctx.geometry) if needs_weight else None,
            grad.sum((0, 2, 3)) if needs_bias else None,
            None,
            None,
            None,
        )


_depthwise: Callable[..., Tensor] = _Depthwise.apply


def _images_gradient(
    grad: Tensor, images: Tensor, weight: Tensor, stride: int, padding: int, dilation: int
) -> Tensor:
    reach = dilation * (weight.shape[-1] - 1)
    if stride > 1:  # zeros between the gradient's cells make it a gradient of stride 1
        height, width = (side + 2 * padding - reach for side in images.shape[-2:])
        spread = images.new_zeros(*grad.shape[:2], height, width)
        spread[..., ::stride, ::stride] = grad
        grad = spread
    grad = grad.contiguous(memory_format=torch.channels_last)
    return F.conv2d(grad, weight.flip(2, 3), None, 1, reach - padding, dilation, weight.shape[0])


def _weight_gradient(
    grad: Tensor, images: Tensor, weight: Tensor, stride: int, padding: int, dilation: int
) -> Tensor:
    precision = torch.float64 if weight.dtype == torch.float64 else torch.float32
    sums = _correlate(
        _channels_inside(grad, precision), _channels_inside(images, precision),
        weight.shape[-1], stride, padding, dilation,
    )
    return torch.from_numpy(sums).permute(2, 0, 1)[:, None].to(weight.dtype)


def _channels_inside(images: Tensor, precision: torch.dtype) -> np.ndarray:
    array: np.ndarray = images.permute(0, 2, 3, 1).to(precision).contiguous().numpy()
    return array


@numba.njit(fastmath=True, cache=True, nogil=True)
def _correlate(
    grad: np.ndarray, images: np.ndarray, kernel: int, stride: int, padding: int, dilation: int
) -> np.ndarray:
    """Sum gradient times shifted input over photos and cells: (B, h, w, C) -> (k, k, C).

    Padding is skipped instead of being written around a copy of the images: its products are 0.
    """
    batch, height, width, channels = grad.shape
    rows, columns = images.shape[1:3]
    sums = np.zeros((kernel, kernel, channels), grad.dtype)
    for photo in range(batch):
        for y in range(height):
            for row in range(kernel):
                down = y * stride + row * dilation - padding
                if down < 0 or down >= rows:
                    continue
                for x in range(width):
                    here = grad[photo, y, x]
                    for column in range(kernel):
                        right = x * stride + column * dilation - padding
                        if right < 0 or right >= columns:
                            continue
                        there = images[photo, down, right]
                        total = sums[row, column]
                        for channel in range(channels):
                            total[channel] += here[channel] * there[channel]
    return sums
