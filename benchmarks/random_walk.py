"""The walk over affinities against squaring a matrix: `python benchmarks/random_walk.py`.

94 x 125 cells, as stride 4 of a photo of 500 x 375 has; three maps, radius 5, 2^8 steps; memory is
what the process needs beyond what it had. The dense way, eight products of 11,750 x 11,750, is
timed on a quarter of the cells and scaled by the third power.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np
import torch

import interleaved
from tag2mask.filtering.paths import half_disc
from tag2mask.filtering.random_walk import random_walk


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    maps = rng.uniform(0, 1, (3, 94, 125)).astype(np.float32)
    affinity = rng.uniform(0, 1, (len(half_disc(5)), 94, 125)).astype(np.float32)
    random_walk(maps[:, :9, :9], affinity[:, :9, :9], radius=5)
    before = interleaved.highest_memory()
    times = []
    for _ in range(given.rounds):
        start = time.perf_counter()
        random_walk(maps, affinity, radius=5)
        times.append(time.perf_counter() - start)
    small = torch.rand(2937, 2937)
    start = time.perf_counter()
    torch.matmul(small, small)
    dense = 8 * (time.perf_counter() - start) * (11750 / 2937) ** 3
    own, used = statistics.median(times), interleaved.highest_memory() - before
    sys.stdout.write(
        f"{interleaved.machine()}, {given.rounds} rounds\n"
        f"walk: {own:.3f} s ({min(times):.3f} to {max(times):.3f}), {used:.0f} MiB\n"
        f"dense squaring, scaled up from a quarter of the cells: {dense:.0f} s, "
        f"{dense / own:.0f} times as long\n")


if __name__ == "__main__":
    main()
