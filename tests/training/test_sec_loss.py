"""Seed, expand and constrain against loops, and the gradient against a CRF over all pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from brute_force import blobs, mean_field

from tag2mask.training.sec_loss import (
    constrain_loss,
    constrained,
    expand_loss,
    sec_loss,
    seed_loss,
)


@pytest.fixture
def given() -> tuple[torch.Tensor, torch.Tensor]:
    """Give probabilities of four labels on 5 x 7 cells, and seeds: 0, 2 and none; and 1 alone."""
    torch.manual_seed(0)
    seeds = torch.full((2, 5, 7), 255)
    seeds[0, 0, :3], seeds[0, 3, 4:6], seeds[1, 2, 2] = 0, 2, 1
    return torch.randn(2, 4, 5, 7, dtype=torch.float64).softmax(1), seeds


def test_seeds(given: tuple[torch.Tensor, torch.Tensor]) -> None:
    """The mean of minus the logarithms where there are seeds."""
    probs, seeds = given
    first = [-math.log(probs[0, 0, 0, x]) for x in range(3)]
    first += [-math.log(probs[0, 2, 3, x]) for x in (4, 5)]
    expected = (np.mean(first) - math.log(probs[1, 1, 2, 2])) / 2
    assert float(seed_loss(probs, seeds)) == pytest.approx(expected)


def test_expansion(given: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Rank-weighted means of what is there, maxima of what is not, the background by itself."""
    probs, seeds = given

    def ranked(label: int, image: int, decay: float) -> float:
        cells = sorted(probs[image, label].flatten().tolist(), reverse=True)
        weights = [decay**rank for rank in range(len(cells))]
        return float(np.dot(cells, weights) / sum(weights))

    first = -math.log(ranked(2, 0, 0.996)) - math.log(ranked(0, 0, 0.999)) - np.mean(
        [math.log(1 - probs[0, label].max()) for label in (1, 3)])
    second = -math.log(ranked(1, 1, 0.996)) - np.mean(
        [math.log(1 - probs[1, label].max()) for label in (2, 3)])
    assert float(expand_loss(probs, seeds)) == pytest.approx((first + second) / 2)


def test_the_gradient_is_that_of_a_crf_over_all_pairs() -> None:
    """Towards its marginals, with respect to the logits."""
    image, start = blobs(20, 28, 3)
    logits = torch.from_numpy(np.log(start))[None].requires_grad_()
    seeds = torch.full((1, 20, 28), 255)
    seeds[0, 0, :3] = torch.tensor([0, 1, 2])
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    probs = logits.softmax(1)
    ours = constrained(probs.detach(), seeds, pixels, side=250)
    loss = constrain_loss(probs, ours)
    (found,) = torch.autograd.grad(loss, logits)
    unary = -np.log(probs[0].detach().numpy())
    exact = mean_field(image, unary, (1.5, 3), (40, 13, 10), 10)
    # The gradient of the divergence is (network - target) over the number of cells.
    expected = (probs.detach() - torch.from_numpy(exact)[None]) / (20 * 28)
    assert (found - expected).abs().mean() < 0.05 * expected.abs().mean()


def test_it_learns_what_the_seeds_say(given: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Free logits come to agree with the seeds and spread them over a flat photo."""
    _, seeds = given
    seeds[1, 0, 0] = 0
    logits = torch.zeros(2, 4, 5, 7, requires_grad=True)
    pixels = torch.full((2, 3, 5, 7), 128.0)
    optimizer = torch.optim.Adam([logits], lr=0.2)
    losses = []
    for _ in range(40):
        loss = sec_loss(logits, seeds, pixels, side=7)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    labels = logits.argmax(1)
    known = seeds != 255
    assert (labels[known] == seeds[known]).all()
    assert set(labels[0].unique().tolist()) <= {0, 2}


def test_no_seed_at_all_is_finite() -> None:
    """A crop beside everything."""
    logits = torch.randn(1, 3, 4, 6, requires_grad=True)
    loss = sec_loss(logits, torch.full((1, 4, 6), 255), torch.zeros(1, 3, 4, 6), side=6)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
