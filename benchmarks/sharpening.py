"""Speed, memory and agreement of sharpening, as ratios: `python benchmarks/sharpening.py VOC`.

VOC is a folder of photos with tags and masks; `make .peers/.installed` builds pydensecrf. --parts
chooses among `dense_crf` (against pydensecrf), `random_walk` (against squaring the matrix of all
pairs) and `pixel_adaptive` (against unfolding, and against the bytes that must be moved at the
speed of a copy). Rivals are called in turn; a ratio is the median over the rounds (least to most).
Memory is what one call raises the process's highest memory by. Run it with nothing else running;
for one core against one core: `OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 python ...`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

import interleaved
import sharpening_crf
import sharpening_rivals as rivals
from tag2mask import dense_crf
from tag2mask.crf.paths import half_disc
from tag2mask.crf.pixel_adaptive import DILATIONS, pixel_affinity, propagate
from tag2mask.crf.random_walk import random_walk
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize

CELLS, FEWER = (94, 125), (47, 62)
"""Of a photo of 500 x 375 at stride 4, and as many as a dense matrix is squared for here."""


def tell_dense_crf(photos: Sequence[Path], rounds: int) -> None:
    """Hold it against pydensecrf, with few and many labels."""
    image = resize(load_photo(photos[3]), (375, 500))
    for labels in (2, 3, 4, 6, 21):
        probs = rivals.drawn((375, 500), labels, labels)
        ours, rival = (partial(f, image, probs) for f in (dense_crf, rivals.pydensecrf))
        interleaved.contest(f"{labels} labels", ours, rival, rounds)
    sharpening_crf.tell_folder(photos)
    sharpening_crf.tell_agreement(photos)
    sharpening_crf.tell_errors(photos[:15])
    sharpening_crf.tell_size(load_photo(photos[3]))


def tell_random_walk(_: Sequence[Path], rounds: int) -> None:
    """Hold it against squaring on fewer cells, and scale that up by the third power."""
    few, many = (_walking(size) for size in (FEWER, CELLS))
    squared = partial(rivals.squared_walk, few[0], few[1], 5)
    title = f"{FEWER[0]} x {FEWER[1]} cells, 3 maps, 256 steps"
    walk = partial(random_walk, *few, radius=5)
    dense = interleaved.contest(title, walk, squared, min(rounds, 3))
    dense *= (CELLS[0] * CELLS[1] / (FEWER[0] * FEWER[1])) ** 3
    walk = partial(random_walk, *many, radius=5)
    taken = interleaved.measure({"walk": walk}, rounds)["walk"]
    own = statistics.median(taken)
    sys.stdout.write(
        f"{CELLS[0]} x {CELLS[1]} cells: {own:.3f} s ({min(taken):.3f} to {max(taken):.3f}) and "
        f"{interleaved.growth(walk):.0f} MiB; squaring, scaled up, {dense / own:.0f} times as "
        "long\n")


def _walking(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    pairs = len(half_disc(5))
    maps, affinity = (rng.uniform(0, 1, (n, *size)).astype(np.float32) for n in (3, pairs))
    return maps, affinity


def tell_pixel_adaptive(photos: Sequence[Path], rounds: int) -> None:
    """Hold it against unfolding and a copy, as `sharpen` calls it and as the paper does."""
    for size, labels, iterations in (((150, 200), 3, 40), ((375, 500), 3, 10)):
        pixels = resize(load_photo(photos[3]), size)
        image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float()
        scores = torch.from_numpy(rivals.drawn(size, labels, 0))[None]
        affinity = pixel_affinity(image)
        title = f"{size[1]} x {size[0]}, {labels} labels"
        weigh = partial(pixel_affinity, image)
        spread = partial(propagate, scores, affinity, iterations=iterations)
        literal = partial(rivals.literal_affinity, image)
        interleaved.contest(f"{title}, affinities", weigh, literal, rounds)
        literal = partial(rivals.literal_propagation, scores, affinity, iterations)
        interleaved.contest(f"{title}, {iterations} iterations", spread, literal, rounds)
        neighbours, plane = 8 * len(DILATIONS), scores[0, 0].nbytes
        tell_bound("affinities", weigh, affinity, (3 + neighbours) * plane, rounds)
        tell_bound(f"{iterations} iterations", spread, affinity,
                   iterations * (neighbours + 2 * labels) * plane, rounds)


def tell_bound(
    what: str, step: Callable[[], torch.Tensor], like: torch.Tensor, least: int, rounds: int
) -> None:
    """Compare with moving the least bytes at the speed at which an array like that is copied.

    By the processor's time: where others use it too, they interrupt a step, but hardly a copy.
    """
    room = torch.empty_like(like)
    times = interleaved.measure(
        {"step": step, "copy": partial(room.copy_, like)}, rounds, clock=time.process_time)
    speed = 2 * like.nbytes / statistics.median(times["copy"])
    ratios = sorted(
        taken / (least * copy / (2 * like.nbytes))
        for taken, copy in zip(times["step"], times["copy"], strict=True)
    )
    sys.stdout.write(
        f"  {what}: {least / 2**20:.0f} MiB at least, copied at {speed / 1e9:.1f} GB/s; "
        f"{statistics.median(ratios):.1f} times as long ({ratios[0]:.1f} to {ratios[-1]:.1f})\n")


PARTS = {"pixel_adaptive": tell_pixel_adaptive, "random_walk": tell_random_walk,
         "dense_crf": tell_dense_crf}


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--peers", type=Path, default=Path(__file__).parents[1] / ".peers")
    given = parser.parse_args()
    sys.path.insert(0, str(given.peers))
    photos = sorted((given.photos / "images").glob("*.jpg"))[:50]
    sys.stdout.write(f"{interleaved.machine()}, {given.rounds} rounds\n")
    for part in given.parts:
        sys.stdout.write(f"\n{part}\n")
        PARTS[part](photos, given.rounds)


if __name__ == "__main__":
    main()
