"""Erasing makes a classifier that learns look further: on a toy whose telling part is known.

Each photo of the class has an object of 7 x 7 pixels with one telling part of 3 x 3. The body's
colour is on most other photos too, a little smaller, so that it tells less; the part's is not.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.strategies.adversarial_erasing import ErasingRounds

SIDE, BODY, PART = 16, (0.2, 0.8, 0.3), (1.0, 0.1, 0.1)


def draw(count: int) -> tuple[Tensor, Tensor, np.ndarray, np.ndarray]:
    """Draw photos, tags, and where bodies and telling parts are."""
    rng = np.random.default_rng(0)
    images = 0.5 + 0.1 * rng.standard_normal((count, SIDE, SIDE, 3))
    whole, parts = np.zeros((2, count, SIDE, SIDE), bool)
    tags = np.arange(count) % 2
    for index, tag in enumerate(tags):
        y, x = rng.integers(0, SIDE - 7, 2)
        side = 7 if tag else int(rng.random() < 0.6) * 6
        images[index, y : y + side, x : x + side] = BODY
        if tag:
            images[index, y + 2 : y + 5, x + 2 : x + 5] = PART
            whole[index, y : y + 7, x : x + 7] = parts[index, y + 2 : y + 5, x + 2 : x + 5] = True
    noisy = images + 0.05 * rng.standard_normal(images.shape)
    photos = torch.from_numpy(noisy).permute(0, 3, 1, 2).float()
    return photos, torch.from_numpy(tags)[:, None].float(), whole, parts


def train(network: nn.Module, images: Tensor, tags: Tensor, steps: int) -> np.ndarray:
    """Train on tags alone, and read the maps: (N, H, W), each with a peak of 1."""
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(network(images).mean((2, 3)), tags)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        maps = network(images)[:, 0].clamp_min(0)
    scaled: np.ndarray = (maps / maps.amax((1, 2), keepdim=True).clamp_min(1e-8)).numpy()
    return scaled


def recall_at(maps: np.ndarray, truth: np.ndarray, body: np.ndarray, precision: float) -> float:
    """Give the largest covered share of the bodies at a precision or above."""
    best = 0.0
    for threshold in np.linspace(0.01, 0.99, 99):
        found = maps > threshold
        if found.any() and (found & truth).sum() / found.sum() >= precision:
            best = max(best, float((found & body).sum() / body.sum()))
    return best


def test_rounds_cover_more_of_the_body_at_equal_precision() -> None:
    """Of 90 %; the first round sees the telling part, and the parts are all erased after it."""
    torch.manual_seed(0)
    rounds = ErasingRounds()
    images, tags, whole, parts = draw(64)
    network = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    erased, read = np.zeros(whole.shape, bool), []
    mean = images.mean((0, 2, 3), keepdim=True)
    for number in range(1, rounds.count + 1):
        seen = torch.where(torch.from_numpy(erased)[:, None], mean, images)
        read.append(train(network, seen, tags, rounds.epochs(number, 200)))
        erased = np.stack([
            rounds.erase(own[None], gone) if tag else gone
            for own, gone, tag in zip(read[-1], erased, tags[:, 0], strict=True)
        ])
        if number == 1:
            assert erased[parts].mean() > 0.95
    of_class = tags[:, 0].numpy() > 0
    truth, body = whole[of_class], (whole & ~parts)[of_class]
    merged = np.stack([rounds.merge(np.stack(own)) for own in zip(*read, strict=True)])[of_class]
    alone = recall_at(read[0][of_class], truth, body, 0.9)
    together = recall_at(merged, truth, body, 0.9)
    assert together > alone + 0.2, (alone, together)
