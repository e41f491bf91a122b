"""Kernels chosen without masks: neither those that leave blobs, nor those that flood."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.core.contracts import InputError
from tag2mask.crf.crf_inference import PRESETS, Kernels
from tag2mask.pseudo_masks import upscale
from tag2mask.sharpening.crf_tuning import CRFSample, Tuned, tune_by_masks, tune_dense_crf

GOOD: Kernels = ((3, 3), (300, 20, 10))
NONE: Kernels = ((3, 0.1), (30, 3, 0.1))
CANDIDATES = (NONE, GOOD)


def drawn(count: int, *, looks: bool = True) -> list[CRFSample]:
    """Draw discs on noise, and blurred scores that lie beside them by a few pixels."""
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(count):
        y, x = np.mgrid[:36, :48]
        place = rng.uniform(14, 22), rng.uniform(16, 30)
        disc = np.hypot(y - place[0], x - place[1]) < 9
        photo = np.where(disc[..., None], 200, 60) + rng.normal(0, 6, (36, 48, 3))
        blob = np.exp(-((y - place[0] - 4) ** 2 + (x - place[1] - 5) ** 2) / 160)
        scores = np.stack([np.full((36, 48), 0.55), blob]).astype(np.float32)
        cells = upscale(photo.transpose(2, 0, 1).astype(np.float32), (18, 24)).transpose(1, 2, 0)
        samples.append(CRFSample(
            photo=photo.clip(0, 255).astype(np.uint8), scores=scores,
            features=cells if looks else rng.normal(size=(18, 24, 3)),
            truth=disc.astype(np.uint8), classes=(0,),
        ))
    return samples


def test_it_chooses_as_the_masks_do() -> None:
    """And says which of both looked at masks."""
    samples = drawn(10)
    without, with_masks = (
        tune(samples, candidates=CANDIDATES) for tune in (tune_dense_crf, tune_by_masks))
    for tuned in (without, with_masks):
        assert tuned.kernels == GOOD
        assert tuned.found
        assert len(tuned.figures) == 2
        assert tuned.figures[1] > tuned.figures[0]
    assert not without.oracle
    assert with_masks.oracle


def test_of_those_alike_the_weakest_is_taken() -> None:
    """They come first."""
    stronger: Kernels = (GOOD[0], (300, 20, 11))
    assert tune_dense_crf(drawn(10), candidates=(NONE, GOOD, stronger)).kernels == GOOD


@pytest.mark.parametrize(("count", "looks"), [(3, True), (10, False)])
def test_where_nothing_can_be_learned_the_default_is_taken(count: int, looks: bool) -> None:
    """Of too few photos, or of features that tell nothing."""
    told: list[int] = []
    tuned = tune_dense_crf(drawn(count, looks=looks), candidates=CANDIDATES, advance=told.append)
    assert tuned == Tuned(PRESETS["irn"], (), found=False)
    assert told == [1, 1]


def test_what_is_missing_is_told() -> None:
    """By its name."""
    bare = [CRFSample(photo=s.photo, scores=s.scores) for s in drawn(2)]
    with pytest.raises(InputError, match="features"):
        tune_dense_crf(bare)
    with pytest.raises(InputError, match="truth"):
        tune_by_masks(bare)
