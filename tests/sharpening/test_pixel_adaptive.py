"""The sharpener takes photo and scores as the stage has them, and gives scores back."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.crf.pixel_adaptive import pixel_affinity, propagate
from tag2mask.data.transforms import resize
from tag2mask.sharpening import SHARPENERS, create_sharpener

CPU = torch.device("cpu")


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Draw a photo, shrunk as the stage does, and the scores of two classes."""
    rng = np.random.default_rng(0)
    photo = resize(rng.integers(0, 256, (40, 60, 3), np.uint8), (20, 30))
    return photo, rng.random((3, 20, 30), np.float32)


def test_it_is_the_filter_on_arrays() -> None:
    """Layout, type and the neighbours' sum are changed, nothing else; the inputs stay."""
    photo, scores = drawn()
    before = scores.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = create_sharpener("pixel_adaptive")(photo, scores, device=CPU)
    pixels = torch.from_numpy(photo).permute(2, 0, 1)[None].float()
    iterations = create_sharpener("pixel_adaptive").iterations  # type: ignore[attr-defined]
    affinity = pixel_affinity(pixels)
    wanted = propagate(
        torch.from_numpy(scores)[None], affinity / affinity.sum(2, keepdim=True),
        iterations=iterations,
    )
    assert found.shape == scores.shape
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted[0].numpy(), rtol=1e-5)
    np.testing.assert_array_equal(scores, before)


def test_constant_scores_keep_their_order() -> None:
    """No class gains on another, nor on the background."""
    photo, scores = drawn()
    scores[:] = np.array([0.5, 0.2, 0.3], np.float32)[:, None, None]
    found = create_sharpener("pixel_adaptive")(photo, scores, device=CPU)
    np.testing.assert_allclose(found / found[:1], scores / scores[:1], rtol=1e-4)


def test_an_unknown_sharpener_is_told() -> None:
    """With the nearest right name."""
    assert "pixel_adaptive" in SHARPENERS.names()
    with pytest.raises(InputError, match="did you mean 'pixel_adaptive"):
        create_sharpener("pixel_adaptiv")
