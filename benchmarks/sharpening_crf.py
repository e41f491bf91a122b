"""The dense CRF over folders, against all pairs, and on large photos; used by `sharpening.py`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

import interleaved
from sharpening_rivals import drawn, pydensecrf
from tag2mask import dense_crf
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize

SOLVERS = {"ours": dense_crf, "pydensecrf": pydensecrf}
LABELS = (2, 3, 5, 10, 21)
"""Taken in turn, photo by photo."""


def tell_folder(photos: Sequence[Path]) -> None:
    """Time a folder of tagged photos, ours in two threads, pydensecrf in two processes."""
    taken = {}
    for name, pool in (("ours", ThreadPoolExecutor(2)), ("pydensecrf", ProcessPoolExecutor(2))):
        with pool:
            work = partial(_one, name)
            list(pool.map(work, photos[:4]))
            start = time.perf_counter()
            list(pool.map(work, photos))
            taken[name] = time.perf_counter() - start
    sys.stdout.write(
        f"{len(photos)} photos, two workers: ours {taken['ours']:.2f} s, pydensecrf "
        f"{taken['pydensecrf'] / taken['ours']:.2f} times as long\n")


def _one(name: str, path: Path) -> int:
    image = load_photo(path)
    probs = drawn((image.shape[0], image.shape[1]), 2 + len(path.name) % 2, 0)
    return int(SOLVERS[name](image, probs).argmax(0).sum())


def tell_agreement(photos: Sequence[Path]) -> None:
    """Compare labels and marginals at the photos' own size, with 2 to 21 labels."""
    same, apart = [], []
    for index, path in enumerate(photos):
        image = load_photo(path)
        probs = drawn((image.shape[0], image.shape[1]), LABELS[index % len(LABELS)], index)
        one, other = (solve(image, probs) for solve in SOLVERS.values())
        same.append((one.argmax(0) == other.argmax(0)).mean())
        apart.append(np.abs(one - other).mean())
    sys.stdout.write(
        f"{len(photos)} photos: the same label on {100 * np.mean(same):.2f} % of the pixels "
        f"(least {100 * min(same):.2f}), marginals {np.mean(apart):.5f} apart on average "
        f"(most {max(apart):.5f})\n")


def tell_errors(photos: Sequence[Path]) -> None:
    """Compare both with the sum over all pairs in float64, on photos of 60 pixels."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "filtering"))
    from brute_force import mean_field

    errors: dict[str, list[float]] = {name: [] for name in SOLVERS}
    for index, path in enumerate(photos):
        image = resize(load_photo(path), (45, 60))
        probs = drawn((45, 60), LABELS[index % len(LABELS)], index)
        exact = mean_field(image, -np.log(np.clip(probs, 1e-5, 1)), (3, 3), (80, 13, 10), 10)
        for name, solve in SOLVERS.items():
            errors[name].append(float(np.abs(solve(image, probs) - exact).mean()))
    ours, theirs = (float(np.mean(found)) for found in errors.values())
    sys.stdout.write(
        f"error against all pairs: ours {ours:.5f}, pydensecrf's {theirs / ours:.3f} times that\n")


def tell_size(photo: np.ndarray) -> None:
    """Time larger and larger images, with two labels."""
    for width, height in ((750, 500), (1500, 1000), (3000, 2000), (6000, 4000)):
        image, probs = resize(photo, (height, width)), drawn((height, width), 2, 0)
        start = time.perf_counter()
        grown = interleaved.growth(partial(dense_crf, image, probs))
        taken = time.perf_counter() - start
        sys.stdout.write(
            f"{width} x {height}: {taken:.2f} s, {1e6 * taken / (width * height):.2f} us and "
            f"{grown * 2**20 / (width * height):.0f} bytes a pixel\n")
