"""Batch normalisation survives a batch with one value per channel, and is otherwise the usual."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tag2mask.models.backbones.batch_norm import SteadyBatchNorm2d


def test_one_value_per_channel_takes_the_running_statistics() -> None:
    """Where the usual one raises; the statistics stay, and the parameters learn."""
    norm, value = SteadyBatchNorm2d(3).train(), torch.tensor([1.0, 2.0, 5.0]).view(1, 3, 1, 1)
    norm.get_buffer("running_mean").fill_(1.0)
    norm.get_buffer("running_var").fill_(4.0)
    with pytest.raises(ValueError, match="more than 1 value"):
        nn.BatchNorm2d(3).train()(value)
    result = norm(value)
    torch.testing.assert_close(result.flatten(), torch.tensor([0.0, 0.5, 2.0]))
    assert norm.get_buffer("running_mean").eq(1.0).all()
    result.sum().backward()
    assert norm.weight.grad is not None
    assert norm.weight.grad.any()


@pytest.mark.parametrize("training", [True, False])
def test_otherwise_it_is_the_usual_one(training: bool) -> None:
    """Two cells of one photo are enough."""
    steady, usual = SteadyBatchNorm2d(4).train(training), nn.BatchNorm2d(4).train(training)
    images = torch.randn(1, 4, 1, 2)
    torch.testing.assert_close(steady(images), usual(images), rtol=0, atol=0)
    for key, value in usual.state_dict().items():
        torch.testing.assert_close(steady.state_dict()[key], value, rtol=0, atol=0)
