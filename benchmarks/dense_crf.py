"""The dense CRF against pydensecrf: `python benchmarks/dense_crf.py VOC [--peers .peers]`.

VOC is a folder of photos with tags and masks. Speed is that of one core against one core, photos of
500 x 375, ten iterations, interleaved; agreement is over 50 photos at their own size with 2 to 21
labels; errors are those against the sum over all pairs in float64 on photos of 60 pixels. Run it
with nothing else running: `OMP_NUM_THREADS=1 python ...`. `make .peers/.installed` builds the peer.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

import interleaved
from tag2mask import dense_crf
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize
from tag2mask.pseudo_masks import upscale

Solve = Callable[[np.ndarray, np.ndarray], np.ndarray]


def theirs(image: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """Run pydensecrf with the defaults of `dense_crf`."""
    import pydensecrf.densecrf as dcrf

    labels, height, width = probs.shape
    crf = dcrf.DenseCRF2D(width, height, labels)
    unary = -np.log(np.clip(probs, 1e-5, 1)).reshape(labels, -1).astype(np.float32)
    crf.setUnaryEnergy(np.ascontiguousarray(unary))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=80, srgb=13, rgbim=np.array(image), compat=10)
    return np.array(crf.inference(10)).reshape(probs.shape)


def drawn(size: tuple[int, int], labels: int, seed: int) -> np.ndarray:
    """Draw smooth probabilities (L, *size), unsure as maps are."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1.5, (labels, size[0] // 16 + 2, size[1] // 16 + 2))
    logits = upscale(coarse, size)
    powers = np.exp(logits - logits.max(0))
    probs: np.ndarray = (powers / powers.sum(0)).astype(np.float32)
    return probs


def tell_speed(photo: np.ndarray, rounds: int) -> None:
    """Time both with few and many labels."""
    image = resize(photo, (375, 500))
    for labels in (2, 3, 4, 6, 21):
        probs = drawn((375, 500), labels, labels)
        times = interleaved.measure(
            {"ours": partial(dense_crf, image, probs), "pydensecrf": partial(theirs, image, probs)},
            rounds,
        )
        ratios = sorted(b / a for a, b in zip(times["ours"], times["pydensecrf"], strict=True))
        own, other = (statistics.median(times[name]) for name in ("ours", "pydensecrf"))
        sys.stdout.write(
            f"{labels:2} labels: ours {own:.3f} s, pydensecrf {other:.3f} s, "
            f"{statistics.median(ratios):.2f} times as fast ({ratios[0]:.2f} to {ratios[-1]:.2f})\n"
        )


def tell_folder(photos: list[Path]) -> None:
    """Time a folder of tagged photos, ours in two threads, pydensecrf in two processes."""
    for name, pool in (("ours", ThreadPoolExecutor(2)), ("pydensecrf", ProcessPoolExecutor(2))):
        with pool:
            work = partial(_one, ours=name == "ours")
            list(pool.map(work, photos[:4]))
            start = time.perf_counter()
            list(pool.map(work, photos))
            taken = time.perf_counter() - start
        sys.stdout.write(f"{len(photos)} photos, two cores, {name}: {taken:.2f} s\n")


def _one(path: Path, *, ours: bool) -> int:
    image = load_photo(path)
    probs = drawn(image.shape[:2], 2 + len(path.name) % 2, 0)  # type: ignore[arg-type]
    return int((dense_crf if ours else theirs)(image, probs).argmax(0).sum())


def tell_agreement(photos: list[Path]) -> None:
    """Compare labels and marginals, and both with the sum over all pairs."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "filtering"))
    from brute_force import mean_field

    same, apart, errors = [], [], {"ours": [], "pydensecrf": []}  # type: ignore[var-annotated]
    for index, path in enumerate(photos):
        image, labels = load_photo(path), (2, 3, 5, 10, 21)[index % 5]
        probs = drawn((image.shape[0], image.shape[1]), labels, index)
        one, other = dense_crf(image, probs), theirs(image, probs)
        same.append((one.argmax(0) == other.argmax(0)).mean())
        apart.append(np.abs(one - other).mean())
        if index < 15:
            small = resize(image, (45, 60))
            few = drawn((45, 60), labels, index)
            exact = mean_field(small, -np.log(np.clip(few, 1e-5, 1)), (3, 3), (80, 13, 10), 10)
            for name, solve in (("ours", dense_crf), ("pydensecrf", theirs)):
                errors[name].append(np.abs(solve(small, few) - exact).mean())
    sys.stdout.write(
        f"{len(photos)} photos: the same label on {100 * np.mean(same):.2f} % of the pixels "
        f"(least {100 * min(same):.2f}), marginals {np.mean(apart):.5f} apart on average "
        f"(most {max(apart):.5f})\n"
        + "".join(f"error against all pairs, {name}: {np.mean(found):.5f}\n"
                  for name, found in errors.items())
    )


def tell_size(photo: np.ndarray) -> None:
    """Time larger and larger images."""
    for width, height in ((750, 500), (1500, 1000), (3000, 2000), (6000, 4000)):
        image, probs = resize(photo, (height, width)), drawn((height, width), 2, 0)
        start = time.perf_counter()
        dense_crf(image, probs)
        taken = time.perf_counter() - start
        sys.stdout.write(
            f"{width} x {height}: {taken:.2f} s, {1e6 * taken / (width * height):.2f} us a pixel, "
            f"peak {interleaved.highest_memory():.0f} MiB of the process\n")


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--peers", type=Path, default=Path(__file__).parents[1] / ".peers")
    given = parser.parse_args()
    sys.path.insert(0, str(given.peers))
    photos = sorted((given.photos / "images").glob("*.jpg"))[:50]
    sys.stdout.write(f"{interleaved.machine()}, {given.rounds} rounds\n")
    tell_speed(load_photo(photos[3]), given.rounds)
    tell_folder(photos)
    tell_agreement(photos)
    tell_size(load_photo(photos[3]))


if __name__ == "__main__":
    main()
