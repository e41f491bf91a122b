"""`predict` on a raster of 144 million pixels stays within 1.5 GB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.peers
ROOT = Path(__file__).parents[2]


def test_memory_does_not_grow_with_the_raster(finished: Path) -> None:
    """Few windows have data; the benchmark checks the mask. As an array it would be 432 MB."""
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "rasters.py", finished, "--side", "12000",
         "--every", "24"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])},
        capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["side"], found["windows"]) == (12000, 6)
    assert found["mib"] < 1500
