"""On drawn scenes, whose bodies are known, strategies cover more of them at equal precision.

Plain and each strategy are trained equally long by the same three seeds, the scenes as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tag2mask.data import load_mask, read_dataset
from tag2mask.data.scenes import CLASSES, write_scenes
from tag2mask.metrics import ThresholdCurve
from tag2mask.pipeline.config import load_config
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.stages.activate.run import activate_photos
from tag2mask.stages.classify.run import classify

SEEDS, PRECISION, LEAST_AP = (0, 1, 2), 0.5, 0.9
SETTINGS = ("classify.size=208", "classify.epochs=5", "activate.method=cam", "activate.scales=1")
NOT_SHOWN = pytest.mark.xfail(
    strict=False, reason="not shown, or after longer trainings alone; see docs/strategies.md")
Measure = Callable[[str, int], tuple[float, float]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measure:
    """Train by a strategy and a seed, once; give recall at the precision, and average precision."""
    root = tmp_path_factory.mktemp("mechanisms")
    dataset = read_dataset(write_scenes(root / "scenes", num_train=160, num_val=40))

    @cache
    def measure(strategy: str, seed: int) -> tuple[float, float]:
        run = RunFolder(root / f"{strategy.replace(':', '_')}-{seed}")
        config = load_config(None, [*SETTINGS, f"classify.strategy={strategy}"])
        context = Context(run=run, dataset=dataset, seed=seed, workers=1)
        classify(context, config.classify, Record())
        activate_photos(context, config.activate, Record())
        scores = run.read_json(run.classifier / "metrics.json")
        return recall(context), float(scores["mean_average_precision"])

    return measure


def recall(context: Context) -> float:
    """Give the largest share of the creatures that is found at `PRECISION` or above."""
    curve = ThresholdCurve(len(CLASSES) + 1, np.linspace(0, 0.99, 100))
    for photo in context.dataset.split("train"):
        assert isinstance(photo.mask, Path)
        truth = load_mask(photo.mask, size=None, num_labels=len(CLASSES) + 1)
        maps, classes = read_planes(context.run.map_file(photo.name))
        curve.add(truth, upscale(maps, (truth.shape[0], truth.shape[1])), classes)
    matrices = curve.confusions()
    right = np.trace(matrices[:, 1:, 1:], axis1=1, axis2=2)
    precise = right / np.maximum(matrices[:, :, 1:].sum((1, 2)), 1) >= PRECISION
    return float((right / matrices[:, 1:].sum((1, 2)))[precise].max(initial=0))


@pytest.mark.slow
@pytest.mark.parametrize("strategy", [
    "adversarial_erasing", "seam", "mdc:narrow",
    *(pytest.param(name, marks=NOT_SHOWN) for name in ("acol:narrow", "mixup", "hide_and_seek")),
])
def test_more_of_the_bodies_is_covered(strategy: str, measured: Measure) -> None:
    """On the mean of the seeds, and the classifier still tells the classes."""
    plain, own = (np.array([measured(name, seed) for seed in SEEDS])
                  for name in ("plain", strategy))
    assert own[:, 1].mean() >= LEAST_AP
    assert own[:, 0].mean() > plain[:, 0].mean()
