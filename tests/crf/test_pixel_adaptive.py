"""Pixel-adaptive refinement computes what its equations say, pixel by pixel."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tag2mask.crf import pixel_adaptive
from tag2mask.crf.pixel_adaptive import pixel_affinity, propagate

DILATIONS = (1, 3)
SHIFTS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


def drawn(channels: int, height: int, width: int) -> Tensor:
    """Draw something in float64."""
    draw = torch.Generator().manual_seed(channels)
    return torch.rand(1, channels, height, width, generator=draw, dtype=torch.float64)


def around(image: Tensor, y: int, x: int) -> list[Tensor]:
    """Give the (C,) neighbours of a pixel in order, the edge repeated."""
    height, width = image.shape[1:]
    return [
        image[:, min(max(y + d * dy, 0), height - 1), min(max(x + d * dx, 0), width - 1)]
        for d in DILATIONS for dy, dx in SHIFTS
    ]


def softmax(numbers: list[float]) -> list[float]:
    """Compute it with nothing but exp."""
    powers = [math.exp(number) for number in numbers]
    return [power / sum(powers) for power in powers]


def spread(numbers: list[float]) -> float:
    """Compute the sample's standard deviation."""
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((n - mean) ** 2 for n in numbers) / (len(numbers) - 1))


def literal_affinity(image: Tensor, y: int, x: int, w1: float, w3: float) -> list[float]:
    """Weigh the neighbours of one pixel."""
    near = around(image, y, x)
    colour = []
    for other in near:
        terms = []
        for c in range(image.shape[0]):
            deviation = spread([float(pixel[c]) for pixel in near]) + 1e-8
            terms.append((abs(float(other[c] - image[c, y, x])) / deviation / w1) ** 2)
        colour.append(-sum(terms) / len(terms))
    distance = [d * math.hypot(dy, dx) for d in DILATIONS for dy, dx in SHIFTS]
    position = [-((r / (spread(distance) + 1e-8) / w1) ** 2) for r in distance]
    return [c + w3 * p for c, p in zip(softmax(colour), softmax(position), strict=True)]


@pytest.mark.parametrize(("height", "width"), [(6, 9), (7, 4), (1, 5), (3, 1)])
def test_it_equals_a_literal_reading(height: int, width: int) -> None:
    """Affinities and two iterations, every pixel on its own."""
    photo, scores = drawn(3, height, width), drawn(2, height, width)
    affinity = pixel_affinity(photo, dilations=DILATIONS, colour_weight=0.3, position_weight=0.01)
    wanted = scores[0].clone()
    weights = {(y, x): literal_affinity(photo[0], y, x, 0.3, 0.01)
               for y in range(height) for x in range(width)}
    for (y, x), expected in weights.items():
        torch.testing.assert_close(affinity[0, 0, :, y, x].tolist(), expected, rtol=1e-6, atol=1e-9)
    for _ in range(2):
        before = wanted.clone()
        for (y, x), weight in weights.items():
            near = around(before, y, x)
            wanted[:, y, x] = sum(w * n for w, n in zip(weight, near, strict=True))
    found = propagate(scores, affinity, dilations=DILATIONS, iterations=2)
    torch.testing.assert_close(found[0], wanted)


def test_strips_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows worked on two at a time give what all at once give, the last strip shorter."""
    photo = drawn(3, 7, 5)
    whole = pixel_affinity(photo, dilations=DILATIONS)
    monkeypatch.setattr(pixel_adaptive, "_CACHED", 2 * 3 * 16 * 5)
    torch.testing.assert_close(pixel_affinity(photo, dilations=DILATIONS), whole)


def test_gradients_reach_the_scores() -> None:
    """The sums are added to in place, which must not hide where they come from."""
    affinity = pixel_affinity(drawn(3, 3, 4), dilations=DILATIONS)
    scores = drawn(2, 3, 4).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda given: propagate(given, affinity, dilations=DILATIONS, iterations=2), (scores,)
    )


@pytest.mark.parametrize("weight", [0.0, 0.01, 0.5])
def test_constant_scores_only_grow_by_the_position_term(weight: float) -> None:
    """By 1 + weight per iteration, the same everywhere, so that no class gains on another."""
    affinity = pixel_affinity(drawn(3, 7, 10), position_weight=weight)
    torch.testing.assert_close(affinity.sum(2), torch.full((1, 1, 7, 10), 1 + weight).double())
    result = propagate(torch.ones(1, 4, 7, 10).double(), affinity, iterations=5)
    torch.testing.assert_close(result, torch.full_like(result, (1 + weight) ** 5))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 30), (40, 1), (2, 3)])
def test_photos_smaller_than_the_reach(height: int, width: int) -> None:
    """The edge is repeated as often as it takes; even where all neighbours are alike."""
    photo, scores = drawn(3, height, width), drawn(2, height, width)
    result = propagate(scores, pixel_affinity(photo), iterations=10)
    assert result.shape == scores.shape
    assert result.isfinite().all()
    assert result.min() >= scores.min()


def test_scores_stop_at_an_edge_of_colour() -> None:
    """What starts on one side of it stays there."""
    photo = torch.zeros(1, 3, 20, 30).double()
    photo[..., 15:] = 200
    scores = torch.zeros(1, 1, 20, 30).double()
    scores[..., 5:10, 3:9] = 1
    result = propagate(scores, pixel_affinity(photo), iterations=10)
    assert result[..., :15].mean() > 20 * result[..., 15:].mean()


def test_the_range_of_the_colours_does_not_matter() -> None:
    """0..1 gives what 0..255 gives."""
    photo = drawn(3, 8, 11)
    torch.testing.assert_close(
        pixel_affinity(photo), pixel_affinity(photo * 255), rtol=1e-4, atol=1e-6
    )
