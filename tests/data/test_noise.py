"""How noisy a photo is."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.data.noise import noise_level


@pytest.mark.parametrize("deviation", [3, 12, 30])
def test_the_deviation_of_noise_is_found(deviation: float) -> None:
    """Over a slope; grey noise is the same in all channels."""
    slope = np.linspace(100, 150, 80)[:, None] + np.linspace(0, 20, 60)
    noise = np.random.default_rng(0).normal(0, deviation, slope.shape)
    photo = np.clip(slope + noise, 0, 255)[..., None].repeat(3, 2)
    assert noise_level(photo.astype(np.uint8)) == pytest.approx(deviation, rel=0.06)


def test_slopes_and_edges_are_no_noise() -> None:
    """A straight edge and a slope leave nothing."""
    photo = np.zeros((30, 44, 3), np.uint8)
    photo[:, 20:] = 200
    photo[..., 0] = np.arange(30)[:, None] * 3
    assert noise_level(photo) == pytest.approx(0, abs=1e-3)


def test_a_photo_of_two_pixels_has_none() -> None:
    """There is nothing to compare."""
    assert noise_level(np.zeros((2, 9, 3), np.uint8)) == 0
