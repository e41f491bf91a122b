"""The localisation field's scores, with its own preparation of maps."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics import map_localisation
from tag2mask.metrics.component_boxes import component_boxes
from tag2mask.metrics.localisation import MaxBoxAccuracy, PixelPrecision
from tag2mask.metrics.map_localisation import MapLocalisation

SIZE = (24, 36)


def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A truth with classes 1 and 2 and 255, and maps of classes 0 and 1 that do not fill 0..1."""
    rng = np.random.default_rng(seed)
    truth = np.kron(rng.choice([0, 1, 2, 255], (4, 6)), np.ones((6, 6), int)).astype(np.uint8)
    near = np.stack([truth == 1, truth == 2]) * 0.02
    return truth, (0.2 + near + rng.random((2, *SIZE)) * 0.3).astype(np.float32)


def test_it_is_the_two_scores_on_scaled_maps() -> None:
    """Boxes over all maps, pixels class by class and pooled; parts add up."""
    together, boxes, pooled = MapLocalisation(3), MaxBoxAccuracy(), PixelPrecision()
    single = [PixelPrecision(), PixelPrecision()]
    for seed in range(3):
        truth, maps = draw(seed)
        part = MapLocalisation(3)
        part.add(truth, maps, np.array([0, 1]))
        together.merge(part)
        for index, plane in enumerate(maps):
            scaled = (plane - plane.min()) / (plane.max() - plane.min())
            there, judged = truth == index + 1, truth != 255
            boxes.add(scaled, component_boxes(there))
            for own in (single[index], pooled):
                own.add(scaled, there, judged)
    assert 0 < boxes.score() < 1
    assert together.boxes.score() == boxes.score()
    np.testing.assert_array_equal(together.precision(), [*(own.score() for own in single), np.nan])
    assert together.mean_precision() == pytest.approx(np.mean([own.score() for own in single]))
    assert together.pooled_precision() == pooled.score()


def test_a_scale_of_the_map_changes_nothing_and_a_flat_one_is_no_error() -> None:
    """Half as much of everything, and nothing at all."""
    truth, maps = draw(0)
    ones, halves, flat = MapLocalisation(2), MapLocalisation(2), MapLocalisation(2)
    ones.add(truth, maps, np.array([0, 1]))
    halves.add(truth, maps / 2, np.array([0, 1]))
    flat.add(truth, maps * 0, np.array([0, 1]))
    np.testing.assert_allclose(halves.precision(), ones.precision(), atol=1e-3)
    assert np.isfinite(flat.precision()).all()


def test_a_class_that_is_not_there_has_pixels_but_no_box() -> None:
    """Its figure is unknown, and it costs the pooled one."""
    truth, maps = draw(0)
    scores = MapLocalisation(2)
    scores.add(np.minimum(truth, 1), maps[:1], np.array([1]))
    assert np.isnan([scores.boxes.score(), scores.mean_precision()]).all()


def test_boxes_on_fewer_rows_are_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disc that the map knows exactly is met at every IoU, also on every third pixel."""
    rows, columns = np.mgrid[:60, :90]
    truth = (np.hypot(rows - 30, columns - 50) < 20).astype(np.uint8)
    monkeypatch.setattr(map_localisation, "SIDE", 30)
    scores = MapLocalisation(1)
    scores.add(truth, truth[None].astype(np.float32), np.array([0]))
    assert scores.boxes.score() == 1
