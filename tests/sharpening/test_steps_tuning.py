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
from tag2mask.sharpening.steps_tuning import Candidate, TunedSteps, tune_steps

SIZE = (36, 48)
CRF = Candidate((DenseCRF(kernels=((3, 3), (300, 20, 10))),))


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
    tuned = tune_steps(drawn(10), {"none": Candidate(), "crf": CRF}, fallback="none",
                       advance=told.append)
    assert (tuned.name, tuned.found) == ("crf", True)
    assert tuned.figures["crf"] > tuned.figures["none"]
    assert told == [1, 1]


def test_no_step_is_chosen_where_a_step_does_harm() -> None:
    """Whatever comes first."""
    tuned = tune_steps(drawn(10), {"scatter": Candidate((Scatter(),)), "none": Candidate()},
                       fallback="scatter")
    assert tuned.name == "none"
    assert tuned.figures["scatter"] < 0.1


def test_of_equal_ones_the_first_is_taken_and_a_handicap_counts() -> None:
    """Both leave the scores as they are."""
    assert tune_steps(drawn(10), {"a": Candidate(), "b": Candidate()}, fallback="b").name == "a"
    tuned = tune_steps(drawn(10), {"a": Candidate((), 0.01), "b": Candidate()}, fallback="a")
    assert tuned.name == "b"
    assert tuned.figures["a"] == tuned.figures["b"], "figures are without it"


def test_where_nothing_can_be_predicted_the_fallback_is_taken() -> None:
    """With the figures that say so."""
    rng = np.random.default_rng(1)
    blind = [replace(sample, features=rng.normal(size=(18, 24, 3))) for sample in drawn(10)]
    tuned = tune_steps(blind, {"none": Candidate(), "crf": CRF}, fallback="crf")
    assert (tuned.name, tuned.found) == ("crf", False)
    assert max(tuned.figures.values()) < 0.01


def test_too_few_photos_or_no_features() -> None:
    """The fallback, or an error."""
    few = tune_steps(drawn(3), {"none": Candidate(), "crf": CRF}, fallback="crf")
    assert few == TunedSteps("crf", {}, found=False)
    assert tune_steps([], {"none": Candidate()}, fallback="none") == TunedSteps("none", {}, False)
    with pytest.raises(InputError, match="features"):
        tune_steps(drawn(4, looks=False), {"none": Candidate()}, fallback="none")
