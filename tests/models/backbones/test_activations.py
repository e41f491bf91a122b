"""ReLU6 in place is torch's, forward and backward."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.activations import relu6


@pytest.mark.parametrize("inplace", [False, True])
def test_it_is_torchs_own_with_its_gradient(inplace: bool) -> None:
    """Below, between, above, and at the limits, where the gradient is 0."""
    values = torch.tensor([[-2.0, 0.0, 1.5], [6.0, 7.0, 5.9]], requires_grad=True)
    slope = torch.arange(1.0, 7.0).reshape(2, 3)
    ours, theirs = relu6(values * 1, inplace=inplace), F.relu6(values)
    assert torch.equal(ours, theirs)
    (found,), (wanted,) = (torch.autograd.grad(r, values, slope) for r in (ours, theirs))
    assert torch.equal(found, wanted)


def test_in_place_it_overwrites() -> None:
    """With and without gradient, so that nothing is copied."""
    for learns in (False, True):
        images = torch.randn(2, 3, 4, 5, requires_grad=learns) * 9
        where = images.data_ptr()
        assert relu6(images, inplace=True).data_ptr() == where
        assert images.max() <= 6


def test_gradients_have_gradients() -> None:
    """As a loss on maps by gradients needs."""
    images = torch.tensor([1.0, 2.0], requires_grad=True)
    (slope,) = torch.autograd.grad((relu6(images * 1, inplace=True) ** 3).sum(), images,
                                   create_graph=True)
    (second,) = torch.autograd.grad(slope.sum(), images)
    torch.testing.assert_close(second, 6 * images.detach())
