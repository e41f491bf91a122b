"""Reading maps in torch and in ONNX Runtime: `python benchmarks/reading.py RUN [DATA ...]`.

RUN is a run with a trained classifier; its maps of --photos of each DATA folder (by default of the
run's own) are read as `activate` does, at three scales with their mirror images. Every photo is
read by both in turn, on --threads threads, and the times of a process are compared, so that other
work on the machine hardly matters.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import interleaved
from tag2mask.data import read_dataset
from tag2mask.data.batches import sized_batches, thinned
from tag2mask.data.dataset import Photo
from tag2mask.models.classifiers import Classifier
from tag2mask.models.classifiers.map_reading import faster_reader, read_maps
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages.activate.run import ActivateConfig
from tag2mask.strategies.loading import load_classifier

READERS = ("eager", "onnxruntime")


def read(
    classifiers: Sequence[Classifier], photos: Sequence[Photo], size: int
) -> tuple[np.ndarray, float]:
    """Read all photos by every classifier in turn.

    Returns:
        seconds per photo (batches, classifiers), and the largest difference of a map.
    """
    config, seconds, apart = ActivateConfig(), [], 0.0
    for batch in sized_batches(
        photos, long_side=classifiers[0].spec.long_side, batch_size=size, workers=0
    ):
        own, row, found = [photos[index] for index in batch.indices], [], []
        for classifier in classifiers:
            start = time.process_time()
            found.append(read_maps(
                classifier, own, batch, torch.device("cpu"), method=config.method,
                scales=config.scales, flip=config.flip,
            ))
            row.append((time.process_time() - start) / len(own))
        seconds.append(row)
        apart = max(apart, float(np.abs(found[0] - found[-1]).max()))
    return np.array(seconds), apart


def main() -> None:
    """Measure and write a line per data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("data", type=Path, nargs="*")
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    classifier = load_classifier(given.run)
    classifiers = [faster_reader(classifier, pixels=0, runtime=name) for name in READERS]
    sets = {folder.name: read_dataset(folder) for folder in given.data} or {
        "its own": read_run_dataset(RunFolder(given.run))}
    sys.stdout.write(f"{interleaved.machine()}\n")
    for name, dataset in sets.items():
        known = len(classifier.spec.classes)
        photos = [p for p in dataset.photos if p.tags and max(p.tags) < known]
        photos = list(thinned(photos, given.photos))
        read(classifiers, photos[:1], 1)
        seconds, apart = read(classifiers, photos, given.batch)
        ratios = sorted(seconds[:, 1] / seconds[:, 0])
        medians = ", ".join(f"{reader} {statistics.median(own):.2f} s"
                            for reader, own in zip(READERS, seconds.T, strict=True))
        sys.stdout.write(
            f"{name}: {len(photos)} photos, {medians} a photo; ratio "
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); maps at most "
            f"{apart:.0e} apart\n")


if __name__ == "__main__":
    main()
