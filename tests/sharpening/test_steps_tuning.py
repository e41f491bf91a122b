"""Steps chosen without masks: one that follows objects, none where it would leak along texture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.pseudo_masks import upscale
from tag2mask.sharpening.crf_tuning import CRFSample
from tag2mask.sharpening.dense_crf import DenseCRF
from tag2mask.sharpening.steps_tuning import TunedSteps, tune_steps

SIZE = (36, 48)
CRF = (DenseCRF(kernels=((3, 3), (300, 20, 10))),)


class Scatter:
    """A step whose labels have nothing to do with the photo."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Return noise, the same for the same photo."""
        drawn = np.random.default_rng(int(photo.sum()))
        return drawn.random(scores.shape).astype(np.float32)


def drawn(count: int, *, looks: bool = True) -> list[CRFSample]:
    """Draw bright discs on noise, and blurred scores that lie beside them by a few pixels."""
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(count):
        y, x = np.mgrid[:SIZE[0], :SIZE[1]]
        place = rng.uniform(14, 22), rng.uniform(16, 30)
        disc = np.hypot(y - place[0], x - place[1]) < 9
        photo = np.where(disc[..., None], 200, 60) + rng.normal(0, 6, (*SIZE, 3))
        blob = np.exp(-((y - place[0] - 4) ** 2 + (x - place[1] - 5) ** 2) / 160)
        cells = upscale(photo.transpose(2, 0, 1).astype(np.float32), (18, 24)).transpose(1, 2, 0)
        samples.append(CRFSample(
            photo=photo.clip(0, 255).astype(np.uint8),
            scores=np.stack([np.full(SIZE, 0.55), blob]).astype(np.float32),
            features=cells if looks else None,
        ))
    return samples


def test_a_step_that_follows_the_objects_is_chosen() -> None:
    """With the figures of all candidates."""
    told: list[int] = []
    tuned = tune_steps(drawn(10), {"none": (), "crf": CRF}, default="none",
                       advance=told.append)
    assert (tuned.name, tuned.found) == ("crf", True)
    assert tuned.figures["crf"] > tuned.figures["none"]
    assert told == [1, 1]


def test_no_step_is_chosen_where_a_step_does_harm() -> None:
    """Whatever comes first."""
    tuned = tune_steps(drawn(10), {"scatter": (Scatter(),), "none": ()},
                       default="scatter")
    assert tuned.name == "none"
    assert tuned.figures["scatter"] < 0.1


def test_the_default_stays_unless_another_is_clearly_ahead() -> None:
    """Here both leave the scores as they are."""
    for default in ("a", "b"):
        tuned = tune_steps(drawn(10), {"a": (), "b": ()}, default=default)
        assert (tuned.name, tuned.found) == (default, True)
        assert tuned.figures["a"] == tuned.figures["b"]


def test_where_nothing_can_be_predicted_the_default_is_taken() -> None:
    """With the figures that say so."""
    rng = np.random.default_rng(1)
    blind = [replace(sample, features=rng.normal(size=(18, 24, 3))) for sample in drawn(10)]
    tuned = tune_steps(blind, {"none": (), "crf": CRF}, default="crf")
    assert (tuned.name, tuned.found) == ("crf", False)
    assert max(tuned.figures.values()) < 0.01


def test_too_few_photos_or_no_features() -> None:
    """The default, or an error."""
    few = tune_steps(drawn(3), {"none": (), "crf": CRF}, default="crf")
    assert few == TunedSteps("crf", {}, found=False)
    assert tune_steps([], {"none": ()}, default="none") == TunedSteps("none", {}, False)
    with pytest.raises(InputError, match="features"):
        tune_steps(drawn(4, looks=False), {"none": ()}, default="none")
