"""The embedded example stays a fair arena: the plain recipe knows the tags, not the bodies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask import pipeline
from tag2mask.data import load_mask, read_dataset
from tag2mask.data.scenes import CLASSES, write_scenes
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.planes import read_planes

THRESHOLD = 0.3
QUICK = ("activate.method=cam", "segment.epochs=1", "segment.size=64", "sharpen.steps=none")


@pytest.mark.slow
def test_plain_maps_cover_the_discriminative_parts_and_miss_the_bodies(tmp_path: Path) -> None:
    """Average precision 0.95 or more, parts 80 % or more, bodies 25 to 55 %."""
    scenes = write_scenes(tmp_path / "scenes")
    run = pipeline.run(scenes, tmp_path / "run", overrides=(*pipeline.DEMO_SETTINGS, *QUICK))
    metrics = run.read_json(run.classifier / "metrics.json")
    assert metrics["mean_average_precision"] >= 0.95
    parts, bodies = coverage(run.root, scenes)
    assert parts >= 0.80
    assert 0.25 <= bodies <= 0.55


def coverage(run: Path, scenes: Path) -> tuple[float, float]:
    """Return the covered shares of discriminative parts, and of the rest of the bodies."""
    covered, total = np.zeros(2), np.zeros(2)
    for photo in read_dataset(scenes).split("val"):
        assert photo.mask is not None
        truth = load_mask(photo.mask, size=None, num_labels=len(CLASSES) + 1)
        telling = load_mask(
            scenes / "parts" / f"{photo.name}.png", size=None, num_labels=len(CLASSES) + 1
        )
        maps, classes = read_planes(run / "maps" / f"{photo.name}.npz")
        planes = upscale(maps, (truth.shape[0], truth.shape[1])) > THRESHOLD
        for plane, index in zip(planes, classes + 1, strict=True):
            for kind, region in enumerate((telling == index, (truth == index) & (telling == 0))):
                covered[kind] += (plane & region).sum()
                total[kind] += region.sum()
    parts, bodies = covered / total
    return float(parts), float(bodies)
