"""The dense CRF against pydensecrf, on real photos where there are some."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from brute_force import blobs, mean_field

import tag2mask.compat.pydensecrf.densecrf as ours
from tag2mask.compat.pydensecrf.utils import unary_from_softmax
from tag2mask.data.photos import load_photo

pytestmark = pytest.mark.peers
VOC12 = Path(os.environ.get("TAG2MASK_VOC12", Path(__file__).parents[3] / "shared/data/voc12"))


@pytest.fixture(scope="module")
def theirs() -> ModuleType:
    """Import the package; `make test-peers` builds it."""
    import pydensecrf.densecrf

    return pydensecrf.densecrf


def solved(
    package: ModuleType, image: np.ndarray, probs: np.ndarray, sxy: float, srgb: float
) -> np.ndarray:
    """Run the calls that published code makes."""
    labels, height, width = probs.shape
    crf = package.DenseCRF2D(width, height, labels)
    crf.setUnaryEnergy(np.ascontiguousarray(unary_from_softmax(probs)))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=sxy, srgb=srgb, rgbim=np.array(image), compat=10)
    return np.array(crf.inference(10)).reshape(probs.shape)


@pytest.mark.parametrize("labels", [2, 3, 6, 21])
def test_it_agrees(labels: int, theirs: ModuleType) -> None:
    """On 99.5 % of the labels, and within 5e-3 of the marginals on average."""
    photos = sorted((VOC12 / "images").glob("*.jpg"))[labels :: 200] if VOC12.exists() else []
    images = [load_photo(path) for path in photos] or [blobs(120, 170, labels)[0]]
    same, apart = [], []
    for index, image in enumerate(images):
        probs = blobs(image.shape[0], image.shape[1], labels, seed=index)[1]
        pair = [solved(package, image, probs, 80, 13) for package in (ours, theirs)]
        same.append((pair[0].argmax(0) == pair[1].argmax(0)).mean())
        apart.append(np.abs(pair[0] - pair[1]).mean())
    assert np.mean(same) > 0.995
    assert np.mean(apart) < 5e-3


def test_it_is_as_near_to_all_pairs(theirs: ModuleType) -> None:
    """On average over a few drawn photos, with float32's noise allowed for."""
    errors: dict[str, list[float]] = {"ours": [], "theirs": []}
    for seed in range(8):
        image, probs = blobs(40, 56, 2 + seed % 3, seed=seed)
        exact = mean_field(image, -np.log(np.clip(probs, 1e-5, 1)), (3, 3), (30, 20, 10), 10)
        for name, package in (("ours", ours), ("theirs", theirs)):
            found = solved(package, image, probs, 30, 20)
            errors[name].append(float(np.abs(found - exact).mean()))
    assert np.mean(errors["ours"]) < 1.02 * np.mean(errors["theirs"])


def test_energies_are_theirs(theirs: ModuleType) -> None:
    """Free energies before and after, within the lattices' difference."""
    _, probs = blobs(40, 56, 3)
    energies = []
    for package in (ours, theirs):
        crf = package.DenseCRF2D(56, 40, 3)
        crf.setUnaryEnergy(np.ascontiguousarray(unary_from_softmax(probs)))
        crf.addPairwiseGaussian(sxy=3, compat=3)
        beliefs, first, second = crf.startInference()
        for _ in range(3):
            crf.stepInference(beliefs, first, second)
        energies.append(crf.klDivergence(beliefs))
    assert energies[0] == pytest.approx(energies[1], rel=1e-2)
