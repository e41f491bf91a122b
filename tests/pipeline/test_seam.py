"""SEAM by the command line: it trains, and its refined maps are what is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import Result

from tag2mask.maps import activate
from tag2mask.models.heads.pixel_correlation import PixelCorrelation
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.strategies.loading import load_classifier


@pytest.mark.parametrize("strategy", ["seam", '["attention_pooling", "seam"]'])
def test_the_refined_maps_are_written(
    strategy: str, copied: Path, command: Callable[..., Result]
) -> None:
    """By a classifier that comes back with its module, alone and around another's head."""
    # float32 of one photo at a time, so that the same maps can be read here again.
    one = ("--set", "activate.batch_size=1", "--set", "activate.scales=1",
           "--set", "activate.method=cam", "--set", "activate.discriminant=false",
           "--device", "cpu")
    for words in (("classify", copied, "-q", "--set", f"classify.strategy={strategy}"),
                  ("activate", copied, "-q", *one)):
        result = command(*words)
        assert result.exit_code == 0, result.stderr
    classifier = load_classifier(copied)
    assert isinstance(classifier.head, PixelCorrelation)
    dataset = read_run_dataset(RunFolder(copied))
    photo = next(photo for photo in dataset.photos if len(photo.tags) == 2)
    maps, tags = read_planes(RunFolder(copied).map_file(photo.name))
    images = classifier.open(photo.path)
    features = classifier.features(images)
    classes = torch.from_numpy(tags.astype(np.int64))[None]
    with torch.inference_mode():
        refined = classifier.head.read(features, images, classes)
        raw = classifier.head.inner.read(features, images, classes).clamp_min(0)
        read = activate(classifier, images, method="cam", classes=classes, flip=True)
    np.testing.assert_allclose(read[0].numpy(), maps, atol=0.02)
    assert refined.max() > 0
    peaks = [one[0] / one[0].amax((1, 2), keepdim=True).clamp_min(1e-6) for one in (refined, raw)]
    assert (peaks[0] - peaks[1]).abs().max() > 0.05


def test_a_transformer_and_a_photo_of_one_cell(
    copied: Path, command: Callable[..., Result]
) -> None:
    """Crops of 32 pixels have a second view of 32."""
    settings = [part for setting in (
        "classify.strategy=seam", "classify.backbone=vit_ti16", "classify.weights=none",
        "classify.size=32", "classify.epochs=1",
    ) for part in ("--set", setting)]
    result = command("classify", copied, "-q", *settings)
    assert result.exit_code == 0, result.stderr
    assert (copied / "classifier" / "weights.safetensors").exists()
