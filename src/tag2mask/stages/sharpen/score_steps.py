"""Apply sharpening steps to the scores of all photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from tag2mask.core.device import one_thread_each
from tag2mask.core.processes import missing, own
from tag2mask.core.profiling import CHOOSE, CRF, work
from tag2mask.data.annotations import load_constraint
from tag2mask.data.batches import load_fitted
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.pseudo_masks import clamp, guide
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import write_planes
from tag2mask.sharpening import Sharpener
from tag2mask.sharpening.crf_tuning import TunedCRF
from tag2mask.stages.sharpen.crf_choice import chosen_kernels
from tag2mask.stages.sharpen.filling_rates import filling_rates

Start = Callable[[str, tuple[int, int]], tuple[np.ndarray, np.ndarray]]
"""Returns the scores of a photo before its steps, given its name and a size, and their classes."""


Sharpened = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Pixels of a photo, its scores and their classes."""


def apply_steps(
    context: Context, device: torch.device, long_side: int, start: Start,
    steps: Sequence[Sharpener], score_file: Callable[[str], Path],
) -> None:
    """Apply steps to the scores of all tagged photos, and write missing results."""
    photos = [photo for photo in context.dataset.photos if photo.tags]
    todo = missing(photos, lambda photo: score_file(photo.name))
    rates = filling_rates(context.dataset.split("train"), len(context.dataset.classes) + 1)

    def take(photo: Photo, some: Sequence[Sharpener]) -> Sharpened:
        pixels = load_fitted(photo, long_side)
        scores, classes = start(photo.name, (pixels.shape[0], pixels.shape[1]))
        constraint = load_constraint(photo, len(context.dataset.classes) + 1)
        if constraint is not None:
            scores = guide(scores, classes.tolist(), pixels, constraint, rates)
        if constraint is None or not constraint.complete:
            for step in some:
                with work(CRF):
                    scores = step(pixels, scores, device=device, name=photo.name)
        if constraint is not None:
            scores = clamp(scores, classes.tolist(), constraint)
        return pixels, scores, classes

    def make(photo: Photo) -> None:
        _, scores, classes = take(photo, steps)
        write_planes(score_file(photo.name), scores, classes)

    for place, step in enumerate(steps):
        if isinstance(step, TunedCRF) and todo:
            before = partial(take, some=steps[:place])
            with work(CHOOSE):
                step.kernels = chosen_kernels(context, before, device)
    with (
        context.progress.stage(
            "sharpen", total=len(photos), done=len(photos) - len(todo), shared=True) as bar,
        one_thread_each() as workers,
    ):
        for _ in read_ahead(make, own(todo), workers=workers, ahead=2 * workers):
            bar.advance(1)
