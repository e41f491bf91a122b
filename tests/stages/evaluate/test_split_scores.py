"""Counting a split in parts, in several threads, and what is written of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.json_fields import from_json, to_json
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import save_mask
from tag2mask.metrics.reliability import Reliability
from tag2mask.run_folder.artifacts import RunFolder, write_planes
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import Figure
from tag2mask.stages.evaluate.earlier import Earlier
from tag2mask.stages.evaluate.split_scores import SplitScores

SIZE, GRID = (30, 40), (6, 8)


@pytest.fixture
def earlier(make_earlier: Callable[..., Earlier]) -> Earlier:
    """Return what the earlier stages did."""
    return make_earlier(0.45, 1.1)


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
    drawn: tuple[RunFolder, Dataset], earlier: Earlier, calibration: Reliability | None = None, *,
    workers: int = 0,
) -> SplitScores:
    """Count all photos."""
    run, dataset = drawn
    context = Context(run=run, dataset=dataset, workers=workers)
    scores = SplitScores(context, "val", list(dataset.photos), earlier, calibration)
    scores.count()
    return scores


def test_figures_hold_all_scores_of_their_kind(
    drawn: tuple[RunFolder, Dataset], earlier: Earlier
) -> None:
    """Those of masks on the three that count, those of maps on maps, none on an oracle."""
    figures = scored(drawn, earlier).figures()
    found = {(figure.what, figure.oracle): figure for figure in figures}
    assert len(found) == len(figures) == 6
    for what in ("maps", "pseudo_masks", "network"):
        own = found[what, False]
        assert own.masks is not None
        assert 0 < (own.masks.boundary_iou or 0) < 1
        assert set(own.masks.trimap) == {"2", "4", "8", "16"}
        bins = own.masks.size_bins
        assert len(bins.miou) == len(bins.counts) == len(bins.edges) + 1
        assert 5 <= sum(bins.counts) <= 10
        assert (own.images, own.seed, own.split) == (5, 3, "val")
    maps = found["maps", False].maps
    assert maps is not None
    assert all(0 < value < 1 for value in vars(maps).values())
    assert [figure.what for figure in figures if figure.maps] == ["maps"]
    assert not any(figure.masks for figure in figures if figure.oracle)
    assert found["network", False].calibration is None


def test_each_figure_states_its_own_protocol(
    drawn: tuple[RunFolder, Dataset], earlier: Earlier
) -> None:
    """Maps are not sharpened; the network reads the photo alone, and has its own pretraining."""
    maps, _, pseudo, *_, network = scored(drawn, earlier).figures()
    assert (maps.sharpening, maps.crf, maps.threshold) == ((), False, 0.45)
    assert (pseudo.sharpening, pseudo.crf, pseudo.tags) == (("dense_crf",), True, "given")
    assert (network.tags, network.scales, network.flip) == ("predicted", (1.0,), False)
    assert (network.pretraining, network.model, maps.pretraining) == ("COCO", "unet", "ImageNet")
    content = json.loads(json.dumps(to_json(network)))
    assert "curve_area" not in content
    assert content["boundary_iou"] == network.masks.boundary_iou  # type: ignore[union-attr]
    assert content["threshold"] is None
    assert from_json(Figure, content) == network


def test_the_curve_holds_the_chosen_threshold_and_its_figure(
    drawn: tuple[RunFolder, Dataset], earlier: Earlier
) -> None:
    """From 0 to 1, with its area."""
    scores = scored(drawn, earlier)
    curve, figure = scores.curve(), scores.figures()[0]
    assert (curve.threshold[0], curve.threshold[-1]) == (0, 1)
    assert curve.miou[curve.threshold.index(0.45)] == figure.miou
    known = [value for value in curve.miou if value is not None]
    assert curve.area is not None
    assert min(known) < curve.area < max(known)
    assert figure.maps is not None
    assert curve.area == figure.maps.curve_area


def test_threads_change_nothing(drawn: tuple[RunFolder, Dataset], earlier: Earlier) -> None:
    """Parts are added up in the order of the photos."""
    one, three = scored(drawn, earlier), scored(drawn, earlier, workers=2)
    assert one.figures() == three.figures()
    assert one.rows == three.rows
    assert len(one.rows) == 10
    np.testing.assert_array_equal(one.network.matrix, three.network.matrix)


def test_the_network_has_its_calibration(
    drawn: tuple[RunFolder, Dataset], earlier: Earlier
) -> None:
    """Where it was counted; empty bins are null."""
    counts = Reliability(3, 5)
    counts.add(np.array([[0, 1]], np.uint8), np.array([[[0.7, 0.7]], [[0.3, 0.3]], [[0, 0]]]))
    found = scored(drawn, earlier, counts).figures()[-1].calibration
    assert found is not None
    assert found.ece == pytest.approx(0.2)
    assert found.bins.pixels == (0, 0, 0, 2, 0)
    assert found.bins.accuracy == (None, None, None, 0.5, None)
