"""Probabilities on a grid are those of the whole photo there."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.prediction.argmax import upsampled_argmax
from tag2mask.prediction.confidence import sampled_probabilities, softmax


@pytest.mark.parametrize("size", [(37, 50), (5, 9), (11, 14)])
def test_equals_torch_at_every_fourth_pixel(size: tuple[int, int]) -> None:
    """Larger, smaller, and as it is; the label of each is the mask's."""
    logits = np.random.default_rng(0).normal(0, 3, (4, 11, 14)).astype(np.float32)
    full = F.interpolate(torch.from_numpy(logits)[None], size, mode="bilinear")[0].softmax(0)
    found = sampled_probabilities(logits, size, step=4)
    np.testing.assert_allclose(found, full.numpy()[:, ::4, ::4], atol=1e-5)
    np.testing.assert_array_equal(found.argmax(0), upsampled_argmax(logits, size)[::4, ::4])


def test_probabilities_sum_up_to_one_even_of_large_logits() -> None:
    """And the larger logit is the likelier."""
    planes = softmax(np.array([[[1000.0, 0.0]], [[999.0, 3.0]]], np.float32))
    assert planes.sum(0) == pytest.approx(np.ones((1, 2)))
    assert planes[0, 0, 0] == pytest.approx(1 / (1 + math.exp(-1)))
