"""Raising the logits of classes that are hardly ever marked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tag2mask.models.backbones import create_backbone
from tag2mask.models.segmenters import create_segmenter
from tag2mask.training.missed_classes import LEAST, Margins


def drawn(seed: int, *, timid: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw logits (3, 30, 40) and a mask; the second class is right but weak by `timid`."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((30, 40), np.uint8)
    mask[3:9, 4:14], mask[20:24, 20:30], mask[:, 36:] = 1, 2, 255
    logits = np.stack([3.0 * (mask == label) for label in range(3)])
    logits += rng.normal(0, 0.5, logits.shape)
    logits[2] -= timid
    return logits.astype(np.float32), mask


def area(photos: list[tuple[np.ndarray, np.ndarray]], raises: np.ndarray, label: int) -> float:
    """Compute the area of a class in relation to its masks, over decided pixels."""
    marked = sum(((logits + raises[:, None, None]).argmax(0) == label)[mask != 255].sum()
                 for logits, mask in photos)
    return float(marked / sum((mask == label).sum() for _, mask in photos))


def measured(photos: list[tuple[np.ndarray, np.ndarray]]) -> Margins:
    """Count all photos, half of them in another process."""
    first, second = Margins(3), Margins(3)
    for index, (logits, mask) in enumerate(photos):
        (first if index % 2 else second).add(logits, mask)
    first.merge(second)
    return first


def test_a_missed_class_is_raised_until_it_has_its_least_area() -> None:
    """And not further; the others stay."""
    photos = [drawn(seed, timid=5.0) for seed in range(6)]
    raises = measured(photos).raises()
    assert list(raises[:2]) == [0, 0]
    assert area(photos, np.zeros(3), 2) < 0.05
    assert area(photos, raises, 2) == pytest.approx(LEAST, abs=0.02)


def test_nothing_is_raised_where_all_classes_are_marked() -> None:
    """Also if a class is in no mask."""
    assert not measured([drawn(seed, timid=0.0) for seed in range(4)]).raises().any()
    logits, mask = drawn(0, timid=50.0)
    assert not measured([(logits, np.where(mask == 2, 0, mask).astype(np.uint8))]).raises().any()


def test_a_network_that_diverged_is_left_to_others() -> None:
    """Its logits are no numbers; training reports that."""
    logits, mask = drawn(0, timid=0.0)
    assert measured([(np.full_like(logits, np.nan), mask)]).raises()[0] == 0


def test_there_is_a_limit() -> None:
    """A class that the network rules out stays out."""
    photos = [drawn(seed, timid=50.0) for seed in range(2)]
    raises = measured(photos).raises()
    assert 15.9 < raises[2] < 16.1
    assert area(photos, raises, 2) == 0


@pytest.mark.parametrize("model", ["unet", "hrnet_w18_small", "fcn_8s"])
def test_the_logits_of_a_network_are_raised(model: str) -> None:
    """Of every pixel alike; those of FCN stay, since its head has no bias."""
    encoder = create_backbone("vgg16" if model == "fcn_8s" else "hrnet_w18_small")
    network = create_segmenter(model, num_labels=3, encoder=encoder).eval()
    images = torch.rand(1, 3, 40, 56)
    with torch.inference_mode():
        before = network(images)
        assert network.raise_logits(torch.tensor([0.0, 0.0, 1.5])) == (model != "fcn_8s")
        after = network(images)
    expected = torch.tensor([0.0, 0.0, 0.0 if model == "fcn_8s" else 1.5])
    torch.testing.assert_close(after - before, expected[:, None, None].expand_as(before[0])[None],
                               rtol=1e-4, atol=1e-4)
