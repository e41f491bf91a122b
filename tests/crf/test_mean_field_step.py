"""What was compiled is kept, and no number is too small to be quick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tag2mask import dense_crf

_CODE = """
import numpy as np
from tag2mask import dense_crf
rng = np.random.default_rng(0)
photo = rng.integers(0, 255, (15, 20, 3), np.uint8).repeat(6, 0).repeat(6, 1)
found = dense_crf(photo, rng.dirichlet([1, 1, 1], (90, 120)).transpose(2, 0, 1), iterations=2)
print(found.tobytes().hex())
"""


@pytest.mark.slow
def test_the_cache_is_found_again(tmp_path: Path) -> None:
    """Whoever made it; and what was loaded gives the same bits as what was just compiled."""
    kept, found = [], []
    for _ in range(2):
        found.append(subprocess.run(
            [sys.executable, "-c", _CODE], check=True, stdout=subprocess.PIPE,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        ).stdout)
        kept.append(sorted(path.name for path in tmp_path.rglob("*.nb?")))
    assert any("mean_field_step.step" in name for name in kept[0])
    assert kept[0] == kept[1]
    assert found[0] == found[1]


def test_no_probability_is_too_small_to_be_multiplied_quickly() -> None:
    """Numbers below 1e-38 take a processor many times as long, and kernels make small ones less."""
    probs = np.full((4, 20, 30), 1e-30)
    probs[0] = 1
    image = np.zeros((20, 30, 3), np.uint8)
    found = dense_crf(image, probs / probs.sum(0), bilateral=(80, 13, 200))
    assert found[found > 0].min() > 1e-24
