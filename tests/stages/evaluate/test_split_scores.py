"""Counting a split in parts, in several threads, and what is written of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import save_mask
from tag2mask.metrics.reliability import Reliability
from tag2mask.run_folder.artifacts import RunFolder, write_planes
from tag2mask.run_folder.context import Context
from tag2mask.stages.evaluate.split_scores import SplitScores

SIZE, GRID = (30, 40), (6, 8)
ABOUT: dict[str, Any] = {
    "sharpen": {"threshold": 0.45}, "label": {"factor": 1.1}, "segment": {"model": "unet"},
    "protocol": {"seed": 3},
}


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[RunFolder, Dataset]:
    """Give a run with five held-out photos, the last one without a tag, and everything read."""
    run, photos = RunFolder(tmp_path / "run"), []
    for number in range(5):
        rng = np.random.default_rng(number)
        tags = tuple(range(number % 3)) if number < 4 else ()
        name, truth = f"p{number}", np.kron(rng.integers(0, 3, (3, 4)), np.ones((10, 10), int))
        if tags:
            maps = rng.random((len(tags), *GRID)).astype(np.float32)
            write_planes(run.map_file(name), maps, np.array(tags))
            background = np.full((1, *GRID), 0.5, np.float32)
            write_planes(run.sharp_file(name), np.concatenate([background, maps]), np.array(tags))
        found = np.where(rng.random(SIZE) < 0.2, 0, truth)
        for path, mask in ((tmp_path / f"{name}.png", truth), (run.prediction_file(name), found),
                           (run.mask_file(name), np.where(rng.random(SIZE) < 0.1, 255, found))):
            path.parent.mkdir(parents=True, exist_ok=True)
            save_mask(path, mask.astype(np.uint8), num_labels=3)
        photos.append(Photo(name=name, path=tmp_path / f"{name}.jpg", tags=tags, split="val",
                            mask=tmp_path / f"{name}.png"))
    return run, Dataset(root=tmp_path, layout="tags_csv", classes=("cat", "dog"),
                        photos=tuple(photos))


def scored(
    drawn: tuple[RunFolder, Dataset], calibration: Reliability | None = None, *, workers: int = 0
) -> SplitScores:
    """Count all photos."""
    run, dataset = drawn
    context = Context(run=run, dataset=dataset, workers=workers)
    scores = SplitScores(context, "val", list(dataset.photos), ABOUT, calibration)
    scores.count()
    return scores


def test_figures_hold_all_scores_of_their_kind(drawn: tuple[RunFolder, Dataset]) -> None:
    """Those of masks on the three that count, those of maps on maps, none on an oracle."""
    figures = scored(drawn).figures()
    told = {(f["what"], f["oracle"]): f for f in figures}
    assert len(told) == len(figures) == 6
    for what in ("maps", "pseudo_masks", "network"):
        own = told[what, False]
        assert 0 < own["boundary_iou"] < 1
        assert set(own["trimap"]) == {"2", "4", "8", "16"}
        bins = own["size_bins"]
        assert len(bins["miou"]) == len(bins["counts"]) == len(bins["edges"]) + 1
        assert 5 <= sum(bins["counts"]) <= 10
        assert (own["images"], own["seed"], own["split"]) == (5, 3, "val")
    for key in ("curve_area", "max_box_acc_v2", "pxap", "pxap_pooled"):
        assert 0 < told["maps", False][key] < 1
        assert not any(key in f for f in figures if f["what"] != "maps")
    assert not any("boundary_iou" in f for f in figures if f["oracle"])
    assert "calibration" not in told["network", False]


def test_the_curve_holds_the_chosen_threshold_and_its_figure(
    drawn: tuple[RunFolder, Dataset],
) -> None:
    """From 0 to 1, with its area."""
    scores = scored(drawn)
    curve, figure = scores.curve(), scores.figures()[0]
    assert (curve["threshold"][0], curve["threshold"][-1]) == (0, 1)
    assert curve["miou"][curve["threshold"].index(0.45)] == figure["miou"]
    assert min(curve["miou"]) < curve["area"] < max(curve["miou"])
    assert curve["area"] == figure["curve_area"]


def test_threads_change_nothing(drawn: tuple[RunFolder, Dataset]) -> None:
    """Parts are added up in the order of the photos."""
    one, three = scored(drawn), scored(drawn, workers=2)
    assert one.figures() == three.figures()
    assert one.rows == three.rows
    assert len(one.rows) == 10
    np.testing.assert_array_equal(one.network.matrix, three.network.matrix)


def test_calibration_stands_with_the_network(drawn: tuple[RunFolder, Dataset]) -> None:
    """Where it was counted; empty bins are null."""
    counts = Reliability(3, 5)
    counts.add(np.array([[0, 1]], np.uint8), np.array([[[0.7, 0.7]], [[0.3, 0.3]], [[0, 0]]]))
    told = scored(drawn, counts).figures()[-1]["calibration"]
    assert told["ece"] == pytest.approx(0.2)
    assert told["bins"]["pixels"] == [0, 0, 0, 2, 0]
    assert told["bins"]["accuracy"] == [None, None, None, 0.5, None]
