"""Affinities learned from labels: the loss against a loop, and that the mechanism works."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tag2mask.crf.paths import half_disc
from tag2mask.sharpening.affinity import AFFINITIES
from tag2mask.sharpening.affinity_net import AffinityNet
from tag2mask.sharpening.boundary_net import BoundaryNet
from tag2mask.sharpening.pairs import affinity_loss
from tag2mask.sharpening.seeds import confident_labels


def test_the_loss_is_the_papers() -> None:
    """Every pair by itself: things and background a quarter each, differing pairs half."""
    torch.manual_seed(0)
    labels = torch.tensor([0, 1, 2, 255])[torch.randint(4, (2, 6, 8))]
    affinity = torch.rand(2, len(half_disc(4)), 6, 8)
    kinds: dict[str, list[float]] = {"thing": [], "background": [], "differing": []}
    for image in range(2):
        for pair, (dy, dx) in enumerate(half_disc(4)):
            for y in range(6 - dy):
                for x in range(max(0, -dx), 8 - max(0, dx)):
                    one = int(labels[image, y, x])
                    other = int(labels[image, y + dy, x + dx])
                    if 255 in (one, other):
                        continue
                    value = float(affinity[image, pair, y, x])
                    if one != other:
                        kinds["differing"].append(-math.log(1 + 1e-5 - value))
                    else:
                        kind = "thing" if one else "background"
                        kinds[kind].append(-math.log(value + 1e-5))
    expected = sum(weight * np.mean(kinds[kind]) for kind, weight in
                   (("thing", 0.25), ("background", 0.25), ("differing", 0.5)))
    assert float(affinity_loss(affinity, labels, radius=4)) == pytest.approx(expected, rel=1e-4)


def test_nothing_known_is_no_loss() -> None:
    """And no NaN."""
    labels = torch.full((1, 5, 6), 255)
    loss = affinity_loss(torch.rand(1, len(half_disc(3)), 5, 6), labels, radius=3)
    assert float(loss) == 0


def test_alike_cells_belong_together() -> None:
    """AffinityNet: the exponential of minus the mean difference, a loop's."""
    torch.manual_seed(0)
    net = AffinityNet((4, 6))
    features = [torch.randn(1, 4, 5, 7), torch.randn(1, 6, 3, 4)]
    found = net.affinities(features, 3)
    assert found.shape == (1, len(half_disc(3)), 5, 7)
    assert 0 <= found.min() <= found.max() <= 1
    same = net.affinities([torch.ones(1, 4, 5, 7), torch.ones(1, 6, 3, 4)], 3)
    inside = same[0, half_disc(3).index((1, 1)), :4, :6]
    torch.testing.assert_close(inside, torch.ones(4, 6))
    assert same[0, half_disc(3).index((1, 1)), 4].max() == 0


@pytest.mark.parametrize("name", ["affinity", "affinity:psa"])
def test_it_learns_where_a_thing_ends(name: str) -> None:
    """From labels of a few cells; a map that covers a corner of the thing then covers it all."""
    torch.manual_seed(0)
    settings = AFFINITIES[name]
    thing = torch.zeros(1, 24, 32)
    thing[:, 6:18, 8:24] = 1
    features = [
        torch.cat([thing[:, None], 1 - thing[:, None], torch.rand(1, 6, 24, 32)], 1),
        torch.nn.functional.avg_pool2d(thing[:, None], 2).repeat(1, 8, 1, 1),
    ]
    labels = thing.long().clone()
    labels[torch.rand(1, 24, 32) < 0.5] = 255
    net = settings.build((8, 8))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(120):
        loss = settings.loss(net, features, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    part = np.zeros((1, 24, 32), np.float32)
    part[0, 8:13, 10:15] = 1
    [[walked]] = settings.walk(net.eval(), features, [part])
    inside = thing[0].numpy() > 0
    assert walked.max() == pytest.approx(1)
    assert np.median(walked[inside]) > 3 * np.median(walked[~inside])
    assert walked[7:17, 9:23].min() > 0.3


def test_a_map_of_zeros_stays_one() -> None:
    """Nothing is divided by nothing."""
    net = BoundaryNet((4,)).eval()
    [walked] = AFFINITIES["affinity"].walk(
        net, [torch.randn(1, 4, 6, 9)], [np.zeros((2, 6, 9), np.float32)]
    )
    assert not walked.any()


@pytest.mark.parametrize("name", ["affinity", "affinity:psa"])
def test_photos_walk_at_once_as_they_walk_alone(name: str) -> None:
    """The way that a GPU takes; photos with different numbers of tags."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    settings = AFFINITIES[name]
    net = settings.build((4, 6)).eval()
    features = [torch.randn(3, 4, 7, 10), torch.randn(3, 6, 4, 5)]
    maps = [rng.uniform(0, 1, (count, 7, 10)).astype(np.float32) for count in (2, 1, 3)]
    alone = settings.walk(net, features, maps)
    together = settings.walk(net, features, maps, at_once=True)
    for mine, theirs in zip(together, alone, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)


def test_seeds_leave_the_unsure_open() -> None:
    """High ranks are the class, low ones background, the rest 255; edges are the photo's."""
    photo = np.full((40, 60, 3), 40, np.uint8)
    photo[10:30, 15:45] = 220
    y, x = np.mgrid[:40, :60]
    ranks = np.exp(-(((y - 20) / 16) ** 2 + ((x - 30) / 22) ** 2))[None].astype(np.float32)
    labels = confident_labels(photo, ranks, [4], share=0.4)
    assert set(np.unique(labels)) <= {0, 5, 255}
    assert labels[20, 30] == 5
    assert labels[0, 0] == 0
    assert (labels[10:30, 15:45] == 0).mean() < 0.05
    assert (labels[photo[..., 0] < 100] == 5).mean() < 0.05
