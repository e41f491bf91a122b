"""Whether a trained network may be used in bfloat16, and what computes it then: measured once.

A CPU that has bfloat16 computes a network in half of the time in it, but rounds, and masks may
change. So once a network is trained, its masks and times are compared with those in float32, and
what was found is kept beside it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tag2mask.core.json_records import write_record
from tag2mask.prediction.predictor import Predictor
from tag2mask.prediction.runtimes import CHOICE, USUAL, bfloat16_runtimes, load_runtime
from tag2mask.run_folder.records import RuntimeChoice, RuntimeTrial

AGREEMENT = 0.999
"""Share of the pixels whose label must stay."""


def choose_runtime(folder: Path, photos: Sequence[np.ndarray]) -> RuntimeChoice:
    """Choose the fastest runtime whose masks are those of float32, and write it down.

    Args:
        folder: `segmenter/` of a run, with the network trained and exported.
        photos: (H, W, 3) uint8, some that the network was not trained on.

    Returns:
        What is written to `runtime.json`.
    """
    masks, usual = _segmented(folder, USUAL, photos)
    tried = {USUAL: RuntimeTrial(milliseconds=usual, agreement=1.0)}
    for name in bfloat16_runtimes():
        found, milliseconds = _segmented(folder, name, photos)
        same = [float((a == b).mean()) for a, b in zip(found, masks, strict=True)]
        tried[name] = RuntimeTrial(milliseconds=milliseconds, agreement=statistics.mean(same))
    good = [name for name, row in tried.items() if row.agreement >= AGREEMENT]
    best = min(good, key=lambda name: tried[name].milliseconds)
    choice = RuntimeChoice(runtime=best, tried=tried)
    write_record(folder / CHOICE, choice)
    return choice


def _segmented(
    folder: Path, name: str, photos: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], float]:
    """Return the masks, and the median time of one in milliseconds; the first pass warms up."""
    predictor, seconds = Predictor(*load_runtime(folder, name)), []
    masks = [predictor.predict(photo) for photo in photos]
    for photo in photos:
        started = time.perf_counter()
        predictor.predict(photo)
        seconds.append(time.perf_counter() - started)
    return masks, round(1e3 * statistics.median(seconds), 2)
