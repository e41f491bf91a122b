"""Depth inside and outside of a mask."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from tag2mask.crf.mask_depth import mask_depth


def test_depth_is_close_to_straight_lines() -> None:
    """Within the 8 % of paths over neighbours; the edge of the photo is no border."""
    rng = np.random.default_rng(0)
    mask = np.zeros((50, 70), bool)
    mask[10:40, 0:30] = True
    mask[rng.integers(0, 50, 12), rng.integers(0, 70, 12)] ^= True
    exact = distance_transform_edt(mask) - distance_transform_edt(~mask)
    depth = mask_depth(mask, 1000)
    assert depth.shape == mask.shape
    assert (np.sign(depth) == np.where(mask, 1, -1)).all()
    assert (np.abs(depth) >= np.abs(exact) - 1e-3).all()
    assert (np.abs(depth) <= 1.09 * np.abs(exact) + 1e-3).all()


def test_depth_is_limited() -> None:
    """Also where there is no other side at all."""
    assert (mask_depth(np.ones((3, 5), bool), 7) == 7).all()
    assert (mask_depth(np.zeros((3, 5), bool), 7) == -7).all()
    half = np.zeros((2, 40), bool)
    half[:, 20:] = True
    assert mask_depth(half, 4).min() == -4
