"""Choose the kernels of a CRF once per run, on some of its photos, without masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from tag2mask.crf.crf_inference import Kernels
from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import CrfChoice
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.sharpening.crf_tuning import CANDIDATES, CRFSample, tune_dense_crf
from tag2mask.stages.sharpen.feature_reader import looks

CHOSEN = "crf.json"
"""File in `sharpener/` with the kernels and the scores of all candidates."""

_PHOTOS = 64
_FINEST = 4
"""Smallest stride of a feature to use; features of smaller stride contain little but colour."""


def chosen_kernels(
    context: Context, sample: Callable[[Photo], tuple[np.ndarray, np.ndarray]],
    device: torch.device,
) -> Kernels:
    """Choose the kernels of a CRF, or read the previous choice from `sharpener/crf.json`.

    Args:
        context: the run.
        sample: returns the pixels (h, w, 3) of a photo, and its scores (1 + k, h, w) before the
            CRF.
        device: the device to compute on.
    """

    def choose() -> CrfChoice:
        photos = thinned([p for p in context.dataset.split("train") if p.tags], _PHOTOS)
        seen = list(looks(context, photos, device, fine_feature, name="looks"))
        samples = [
            CRFSample(photo=pixels, scores=scores, features=features)
            for photo, features in seen for pixels, scores in [sample(photo)]
        ]
        with context.progress.stage("tune", total=len(CANDIDATES), unit="CRFs") as bar:
            tuned = tune_dense_crf(samples, device=device, advance=bar.advance)
        if not tuned.found:
            context.progress.warn(
                "The photos are too few or too alike to choose a CRF's kernels on; the preset irn "
                "is taken. Name a preset, as in sharpen.steps=dense_crf:psa."
            )
        return CrfChoice(**vars(tuned), candidates=CANDIDATES, photos=len(samples))

    return stored_choice(context.run.sharpener / CHOSEN, CrfChoice, choose).kernels


def fine_feature(strides: Sequence[int]) -> int:
    """Return the index of the finest feature beyond colour."""
    return next((i for i, stride in enumerate(strides) if stride >= _FINEST), len(strides) - 1)
