"""The discriminant of each class, and the maps weighed by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from tag2mask.maps.discriminant import (
    ROUNDS,
    SHRINKAGE,
    SURE,
    WEAK,
    WEAKEST,
    Cells,
    Discriminant,
    fit_discriminant,
)

CHANNELS, CLASSES = 3, 3
TAGS = ((0,), (0, 1), (1,), (1, 0), (0,))


def draw_photos() -> list[Cells]:
    """Draw photos of different sizes with one or two classes; the third class has none."""
    rng = np.random.default_rng(5)
    photos = []
    for tags, (height, width) in zip(TAGS, ((3, 5), (4, 4), (2, 7), (5, 3), (3, 4)), strict=True):
        features = rng.normal(size=(CHANNELS, height * width))
        maps = rng.uniform(size=(len(tags), height * width)) ** 2
        maps /= maps.max(1, keepdims=True)
        features[: len(tags)] += 2 * maps
        features /= np.linalg.norm(features, axis=0)
        photos.append(Cells(*(torch.from_numpy(each.astype(np.float32))
                              for each in (features, maps)), classes=tags))
    return photos


def literal(photos: Sequence[Cells]) -> list[np.ndarray]:
    """Weigh the maps cell by cell, as the docstring of the module describes it."""
    features = [photo.features.numpy().astype(float).T for photo in photos]
    first = [photo.maps.numpy().astype(float) for photo in photos]
    maps = first
    for _ in range(ROUNDS):
        samples: dict[tuple[int, str], list[np.ndarray]] = {}
        for cells, weighed, tags in zip(features, maps, TAGS, strict=True):
            strongest = [max(column) for column in weighed.T]
            limit = max(WEAK, float(np.quantile(strongest, WEAKEST)))
            for row, tag in enumerate(tags):
                for place, cell in enumerate(cells):
                    if weighed[row, place] > SURE:
                        samples.setdefault((tag, "class"), []).append(cell)
                    if strongest[place] <= limit:
                        samples.setdefault((tag, "context"), []).append(cell)
        within, number = np.zeros((CHANNELS, CHANNELS)), 0
        for group in samples.values():
            mean = np.mean(group, 0)
            for cell in group:
                within += np.outer(cell - mean, cell - mean)
            number += len(group)
        covariance = within / number
        shrunk = (1 - SHRINKAGE) * covariance \
            + SHRINKAGE * np.trace(covariance) / CHANNELS * np.eye(CHANNELS)
        weights = [np.empty_like(weighed) for weighed in first]
        for tag in (0, 1):
            difference = np.mean(samples[tag, "class"], 0) - np.mean(samples[tag, "context"], 0)
            direction = np.linalg.inv(shrunk) @ difference
            shown = [n for n, tags in enumerate(TAGS) if tag in tags]
            low, high = np.quantile(np.concatenate([features[n] @ direction for n in shown]),
                                    (0.02, 0.98))
            for n in shown:
                found = (features[n] @ direction - low) / (high - low)
                weights[n][TAGS[n].index(tag)] = np.clip(found, 0, 1)
        maps = [own * weight for own, weight in zip(first, weights, strict=True)]
        maps = [own / own.max(1, keepdims=True) for own in maps]
    return maps


def test_maps_are_those_of_a_literal_reading() -> None:
    """With classes side by side, several sizes, and a class that no photo shows."""
    photos = draw_photos()
    found = fit_discriminant(photos, CLASSES)
    for photo, wanted in zip(photos, literal(photos), strict=True):
        grid = photo.features[:, None]
        weighed = found.weigh(photo.maps[:, None], grid, photo.classes)[:, 0]
        np.testing.assert_allclose(weighed.numpy(), wanted, atol=1e-5)


def test_the_map_of_one_photo_is_corrected_by_the_others() -> None:
    """On four photos the map is on the object; on the fifth it is on the context, too."""
    thing, context = torch.tensor([1.0, 0.1]), torch.tensor([0.1, 1.0])
    features = torch.stack([thing] * 3 + [context] * 6, 1)
    features = features / features.norm(dim=0)
    right = torch.tensor([[1.0, 0.9, 0.9, *[0.1] * 6]])
    wrong = torch.tensor([[0.9, 0.5, 0.5, 1.0, *[0.1] * 5]])
    photos = [Cells(features, maps, (0,)) for maps in (right, right, right, right, wrong)]
    found = fit_discriminant(photos, 1)
    weighed = found.weigh(wrong[:, None], features[:, None], (0,))
    assert weighed[0, 0, :3].min() > 0.5
    assert weighed[0, 0, 3:].max() < 0.05


def test_annotated_cells_are_certain() -> None:
    """Maps that lie beside the object everywhere are put right by one annotated photo."""
    thing, context = torch.tensor([1.0, 0.1]), torch.tensor([0.1, 1.0])
    features = torch.stack([thing, thing, context, context, context], 1)
    features = features / features.norm(dim=0)
    beside = torch.tensor([[0.9, 0.5, 1.0, 0.1, 0.1]])
    drawn = torch.tensor([[1.0, 1.0, 0.0, 0.0, 0.0]])
    others = [Cells(features, beside, (0,))] * 2
    certain = Cells(features, drawn, (0,), torch.ones(5, dtype=torch.bool))
    torch.testing.assert_close(certain.weighed_by(fit_discriminant(others, 1)), drawn)
    found = fit_discriminant([*others, certain], 1)
    weighed = found.weigh(beside[:, None], features[:, None], (0,))
    assert weighed[0, 0, :2].min() > 0.5
    assert weighed[0, 0, 2:].max() < 0.05


def test_a_class_without_sure_cells_keeps_its_maps() -> None:
    """As one whose maps are empty on all photos."""
    photos = [Cells(photo.features, torch.zeros_like(photo.maps), photo.classes)
              for photo in draw_photos()]
    found = fit_discriminant(photos, CLASSES)
    maps = torch.rand(2, 4, 6, generator=torch.Generator().manual_seed(0))
    weighed = found.weigh(maps, torch.rand(CHANNELS, 2, 3), (0, 2))
    torch.testing.assert_close(weighed, maps / maps.amax((1, 2), keepdim=True))


@pytest.mark.parametrize("size", [(4, 6), (9, 5)])
def test_weights_are_interpolated_to_the_maps(size: tuple[int, int]) -> None:
    """A map that no cell supports stays as it was."""
    found = Discriminant(torch.tensor([[1.0], [1.0]]), torch.tensor([0.0, 5.0]),
                         torch.tensor([1.0, 6.0]))
    features = torch.linspace(0, 1, 6).view(1, 2, 3)
    maps = torch.full((2, *size), 0.5)
    weighed = found.weigh(maps, features, (0, 1))
    assert weighed.shape == (2, *size)
    assert weighed[0, 0, 0] == 0
    assert weighed[0, -1, -1] == 1
    assert bool((weighed[1] == 1).all())
