"""Choose the runtime of a trained network, by a test of bfloat16 against float32.

On CPUs with bfloat16 instructions a network takes half of the time in bfloat16, but rounding may
change masks. So after training, masks and times are compared with those in float32, and the result
is stored with the network.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tag2mask.core.json_records import write_record
from tag2mask.prediction.predictor import Predictor
from tag2mask.prediction.runtimes import (
    CHOICE,
    USUAL,
    bfloat16_runtimes,
    chosen_for,
    load_runtime,
)
from tag2mask.run_folder.records import RuntimeChoice, RuntimeTrial

AGREEMENT = 0.999
"""Least share of pixels with the same label."""


def choose_runtime(folder: Path, photos: Sequence[np.ndarray]) -> RuntimeChoice:
    """Choose the fastest runtime whose masks agree with float32, and store the choice.

    Args:
        folder: `segmenter/` of a run, with a trained and exported network.
        photos: (H, W, 3) uint8, photos that the network was not trained on.

    Returns:
        The content of `runtime.json`.
    """
    masks, usual = _segmented(folder, USUAL, photos)
    tried = {USUAL: RuntimeTrial(milliseconds=usual, agreement=1.0)}
    for name in bfloat16_runtimes():
        found, milliseconds = _segmented(folder, name, photos)
        same = [float((a == b).mean()) for a, b in zip(found, masks, strict=True)]
        tried[name] = RuntimeTrial(milliseconds=milliseconds, agreement=statistics.mean(same))
    good = [name for name, row in tried.items() if row.agreement >= AGREEMENT]
    best = min(good, key=lambda name: tried[name].milliseconds)
    choice = RuntimeChoice(runtime=best, tried=tried, machine=chosen_for())
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
