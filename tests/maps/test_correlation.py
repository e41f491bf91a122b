"""Averages over like cells are the same in blocks and at once, with and without gradients."""

from __future__ import annotations

import pytest
import torch

from tag2mask.maps import correlation
from tag2mask.maps.correlation import correlate


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints are for the backward pass; reading does without them."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, 4, 5, 7, generator=generator)
    maps = torch.rand(2, 3, 5, 7, generator=generator)
    whole, learning = correlate(features, maps), features.clone().requires_grad_()
    in_blocks = correlate(learning, maps, most=300)
    torch.testing.assert_close(in_blocks, whole)
    in_blocks.square().sum().backward()
    assert learning.grad is not None
    assert learning.grad.any()

    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError("a checkpoint without gradients")

    monkeypatch.setattr(correlation, "checkpoint", refused)
    with torch.no_grad():
        torch.testing.assert_close(correlate(learning, maps, most=300), in_blocks.detach())
