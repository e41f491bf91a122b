"""What `predict` takes beside its network: `python benchmarks/prediction.py RUN PHOTOS`.

Times a folder of photos through `tag2mask predict` (reading, network, masks, overlays, table)
against the network alone, on all cores, on the very same input, in turn. Run it with nothing else
running.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from interleaved import machine, measure, table
from tag2mask.cli.options import few_workers
from tag2mask.core.progress import Progress
from tag2mask.data.photos import SUFFIXES
from tag2mask.prediction.outputs import Output
from tag2mask.prediction.predict import predict_photos
from tag2mask.prediction.predictor import Predictor, load_predictor
from tag2mask.prediction.runtimes import RUNTIMES
from tag2mask.prediction.segmentation import load_segmenter


def main() -> None:
    """Measure one run on up to so many photos of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--runtime", choices=("auto", *RUNTIMES.names()), default="auto")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    files = [path for path in sorted(given.photos.iterdir()) if path.suffix.lower() in SUFFIXES]
    files = files[: given.number]
    predictor = load_predictor(given.run, runtime=given.runtime)
    seen: list[np.ndarray] = []

    def remember(images: np.ndarray) -> Output:
        seen.append(images)
        return predictor.network(images)

    watched = Predictor(remember, predictor.spec)
    for path in files:
        watched.predict_file(path)
    workers = few_workers()
    together = load_segmenter(given.run, runtime=given.runtime, together=workers + 1)
    with tempfile.TemporaryDirectory() as out:
        times = measure({
            "the network alone": lambda: [predictor.network(images) for images in seen],
            "predict": lambda: predict_photos(
                files, together, out=Path(out), workers=workers,
                progress=Progress("quiet"),
            ),
        }, given.rounds)
    sys.stdout.write("\n".join([
        f"{machine()}; {given.runtime}, {len(files)} photos",
        *table(times, "the network alone"), "",
    ]))


if __name__ == "__main__":
    main()
