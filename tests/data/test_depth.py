"""One range of values for all deep photos of a data set."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.data.depth import FULL_RANGE, MISSING, DepthRule, Values, measure

H, W = 48, 80
RAMP = np.tile(np.arange(W) / (W - 1), (H, 1))


def with_corner(values: Values, corner: float) -> Values:
    """Return the values with another one in a corner of 2 x 3."""
    changed = values.copy()
    changed[:2, :3] = corner
    return changed


@pytest.mark.parametrize(("values", "rule"), [
    ((RAMP * 4095).astype(np.uint16), DepthRule(low=0, high=4095)),
    ((RAMP * 255).astype(np.uint16), DepthRule(low=0, high=255)),
    ((RAMP * 65535).astype(np.uint16), FULL_RANGE),
    ((RAMP * 2000 - 1000).astype(np.int16), DepthRule(low=-1000, high=1000)),
    (RAMP.astype(np.float32), DepthRule(low=0, high=1)),
    (with_corner((200 + 79 * RAMP).astype(np.float32), -9999),
     DepthRule(low=200, high=279, nodata=-9999)),
    (with_corner((200 + 79 * RAMP).astype(np.float32), np.nan), DepthRule(low=200, high=279)),
    (with_corner((200 + 79 * RAMP).astype(np.float32), -3.4028235e38),
     DepthRule(low=200, high=279)),
    (with_corner((RAMP * 3000).astype(np.int16), -32768),
     DepthRule(low=0, high=3000, nodata=-32768)),
    (with_corner((RAMP * 4095).astype(np.uint16), 65535),
     DepthRule(low=0, high=4095, nodata=65535)),
    (np.full((H, W), 300, np.uint16), FULL_RANGE),
])
def test_the_range_in_use_is_found(values: Values, rule: DepthRule) -> None:
    """What marks missing data does not count."""
    assert measure([values]) == rule


def test_a_few_hot_pixels_do_not_darken_all() -> None:
    """The percentile counts where the largest value is far from it."""
    values = (RAMP * 1000).astype(np.uint16)
    values[0, 0], values[0, 1] = 20000, 9000
    assert measure([values]).high == 1000


def test_the_rule_is_of_all_photos_together() -> None:
    """A dark photo of a series stays darker than a bright one."""
    dark, bright = (RAMP * 1000).astype(np.uint16), (RAMP * 4000).astype(np.uint16)
    rule = measure([dark, bright])
    assert rule == DepthRule(low=0, high=4000)
    assert rule.to_bytes(dark).max() == 64
    assert rule.to_bytes(bright).max() == 255


def test_values_become_bytes() -> None:
    """Ends are black and white, what lies beyond too, and missing values are grey."""
    rule = DepthRule(low=100, high=355, nodata=-9999)
    values = np.array([[50, 100, 101, 228, 355, 999, -9999, np.nan, np.inf]], np.float32)
    assert rule.to_bytes(values).tolist() == [[0, 0, 1, 128, 255, 255, MISSING, MISSING, MISSING]]


@pytest.mark.parametrize("rule", [FULL_RANGE, DepthRule(low=-0.5, high=1.25, nodata=-9999)])
def test_a_rule_is_written_as_a_word(rule: DepthRule) -> None:
    """And read again; nothing is no rule."""
    assert DepthRule.from_text(rule.to_text()) == rule
    assert DepthRule.from_text(None) is None


@pytest.mark.parametrize("bounds", [(1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_no_range_is_refused(bounds: tuple[float, float]) -> None:
    """The sentence names both numbers."""
    with pytest.raises(ValueError, match="depth_range wants two numbers"):
        DepthRule(low=bounds[0], high=bounds[1])
