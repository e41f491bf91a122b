"""Windows of a raster: every pixel once, with margins that stay inside."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.interchange.rasters import windows


@pytest.mark.parametrize(("height", "width"), [(700, 1100), (512, 512), (3, 2000), (1, 1)])
def test_windows_cover_every_pixel_once(height: int, width: int) -> None:
    """And are part of what is read."""
    seen = np.zeros((height, width), int)
    for inner, outer in windows(height, width, 512, 64):
        seen[inner] += 1
        for side, wide, limit in zip(inner, outer, (height, width), strict=True):
            assert 0 <= wide.start <= side.start < side.stop <= wide.stop <= limit
            assert side.start - wide.start in (0, 64)
    assert (seen == 1).all()
