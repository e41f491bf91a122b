"""The quick depthwise convolution gives what torch's own gives, forward and backward."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.depthwise import depthwise_conv2d

CASES = [
    pytest.param(kernel, stride, padding, dilation, id=f"k{kernel}s{stride}p{padding}d{dilation}")
    for kernel, stride, padding, dilation in [
        (3, 1, 1, 1), (3, 1, 2, 2), (5, 1, 4, 2), (3, 2, 0, 1), (3, 2, 1, 1), (5, 2, 2, 1),
        (3, 1, 0, 1), (5, 1, 2, 1), (1, 1, 0, 1),
    ]
]


def drawn(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Draw a tensor that learns."""
    numbers = torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))
    return numbers.to(dtype).requires_grad_()


def torch_own(
    images: Tensor, weight: Tensor, stride: int, padding: int, dilation: int,
    bias: Tensor | None = None,
) -> Tensor:
    """Convolve as torch does."""
    return F.conv2d(images, weight, bias, stride, padding, dilation, weight.shape[0])


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation"), CASES)
@pytest.mark.parametrize("size", [(9, 12), (14, 11)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_it_equals_torchs_own_with_all_gradients(
    kernel: int, stride: int, padding: int, dilation: int, size: tuple[int, int],
    layout: torch.memory_format,
) -> None:
    """Whatever kernel, stride and dilation; rows and columns that stride leaves over included."""
    images = drawn(2, 5, *size).detach().contiguous(memory_format=layout).requires_grad_()
    learned = (images, drawn(5, 1, kernel, kernel), drawn(5))
    ours = depthwise_conv2d(*learned, stride=stride, padding=padding, dilation=dilation)
    theirs = torch_own(*learned[:2], stride, padding, dilation, learned[2])
    torch.testing.assert_close(ours, theirs)
    slope = torch.randn(ours.shape, dtype=ours.dtype, generator=torch.Generator().manual_seed(1))
    found = torch.autograd.grad(ours, learned, slope)
    wanted = torch.autograd.grad(theirs, learned, slope)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_gradcheck(stride: int, dilation: int) -> None:
    """The gradients are those of finite differences."""
    def convolve(images: Tensor, weight: Tensor) -> Tensor:
        return depthwise_conv2d(images, weight, stride=stride, padding=1, dilation=dilation)

    assert torch.autograd.gradcheck(convolve, (drawn(2, 2, 6, 7), drawn(2, 1, 3, 3)))


def test_a_gradient_that_lies_otherwise_in_memory() -> None:
    """As after a sum, whose gradient is one number spread over all cells."""
    images, weight = drawn(1, 3, 6, 8), drawn(3, 1, 3, 3)
    found = torch.autograd.grad(depthwise_conv2d(images, weight, padding=1).sum(), weight)
    wanted = torch.autograd.grad(torch_own(images, weight, 1, 1, 1).sum(), weight)
    torch.testing.assert_close(found, wanted)


def test_only_the_weight_learns_in_the_first_layer() -> None:
    """Images ask for no gradient then, and get none."""
    images, weight = drawn(1, 3, 6, 8).detach(), drawn(3, 1, 3, 3)
    depthwise_conv2d(images, weight, padding=1).sum().backward()
    assert images.grad is None
    assert weight.grad is not None


def test_in_autocast_it_computes_in_bfloat16_and_learns_in_float32() -> None:
    """As torch's own layers do."""
    images, weight = drawn(2, 8, 9, 12, dtype=torch.float32), drawn(8, 1, 3, 3, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        ours = depthwise_conv2d(images, weight, padding=1)
    assert ours.dtype == torch.bfloat16
    ours.float().square().sum().backward()
    assert images.grad is not None
    assert weight.grad is not None
    assert images.grad.dtype == weight.grad.dtype == torch.float32
    exact = drawn(8, 1, 3, 3, dtype=torch.float32)
    torch_own(images.detach(), exact, 1, 1, 1).square().sum().backward()
    assert exact.grad is not None
    off = (weight.grad - exact.grad).norm() / exact.grad.norm()
    assert off < 0.02


def test_without_gradient_nothing_is_kept() -> None:
    """Using a network costs no memory for learning."""
    with torch.no_grad():
        result = depthwise_conv2d(drawn(1, 2, 5, 6), drawn(2, 1, 3, 3), padding=1)
    assert result.grad_fn is None
