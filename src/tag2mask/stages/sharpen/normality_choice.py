"""Whether a run weighs its scores by the distance to photos without a tag, decided without masks.

Scores that follow objects can be predicted from the appearance of other photos. If labels become
much easier to predict with the weights, the maps had found something else than what distinguishes
the photos with a tag. Where the maps have found that already, the distance adds only its own
errors: in healthy tissue that differs from photo to photo as much as a lesion does, for example.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import NormalityChoice
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.sharpening.crf_tuning import CRFSample, learnability
from tag2mask.sharpening.normality import Distances, Normality
from tag2mask.stages.sharpen.normal_distances import FEWEST, FEWEST_TAGGED, NormalDistances

CHOSEN = "normality.json"
"""File in `sharpener/` with the choice."""

FEWEST_ASKED = 2
"""Number of photos without a tag that are needed if the step is asked for."""

LEAST_GAIN = 1.5
"""Factor by which labels must become easier to predict.

It is 1.5 to 19 on the sets whose masks gain by it, and up to 1.3 on those that lose
(docs/sharpening.md).
"""

_SURE = 0.7
"""Part of the foreground on which labels are compared: maps are coarse, so the rest is unsure."""

_LEAST_R2 = 0.05
"""R2 below which even labels with the weights are predicted by chance."""

_HIGH = 0.99
"""Part of the cells of photos with a tag whose weight is below 1."""

Sampled = Callable[[Photo], tuple[np.ndarray, np.ndarray]]
"""Returns the pixels (h, w, 3) of a photo, and its scores (1 + k, h, w) before the step."""


def fit_normality(
    context: Context, normal: NormalDistances, step: Normality, sample: Sampled,
    device: torch.device,
) -> NormalityChoice | None:
    """Give a step its weights if it is used; decide, or read the previous decision.

    Args:
        context: the run.
        normal: the distances of the run.
        step: the step.
        sample: returns the pixels and the scores of a photo before the step.
        device: the device to compute on.

    Returns:
        The decision; None if there are too few photos for one.
    """
    judged = step.judged_at is not None
    if len(normal.normal) < (FEWEST if judged else FEWEST_ASKED) \
            or len(normal.sample) < (FEWEST_TAGGED if judged else 1):
        return None
    made = stored_choice(context.run.sharpener / CHOSEN, NormalityChoice,
                         lambda: _choose(normal, sample, step.judged_at, device))
    if made.used:
        normal.write()
        spread = Distances(made.low, made.high)
        step.weights = lambda name: spread.weights(normal.read(name))
    return made


def _choose(
    normal: NormalDistances, sample: Sampled, share: float | None, device: torch.device
) -> NormalityChoice:
    """Measure on some photos how well labels are predicted with the weights and without."""
    distances = {seen.photo.name: seen.distances for seen in normal.measured}
    spread = Distances(
        low=float(normal.cells.among_themselves().median()),
        high=float(np.quantile(np.concatenate([*map(np.ravel, distances.values())]), _HIGH)))
    made = NormalityChoice(used=False, asked=share is None, normal=len(normal.normal),
                           photos=len(distances), low=spread.low, high=spread.high)
    if share is None or not made.unlike:
        return replace(made, used=made.unlike)
    step = Normality(weights=lambda name: spread.weights(distances[name]))
    samples = [
        CRFSample(photo=pixels, scores=scores, features=seen.features, name=seen.photo.name)
        for seen in normal.measured for pixels, scores in [sample(seen.photo)]]
    curve = learnability(samples, ([], [step]), device, share=_SURE * share)
    without, helped = (0.0, 0.0) if curve is None else curve.clip(0).tolist()
    used = helped >= max(LEAST_GAIN * without, _LEAST_R2)
    return replace(made, used=used, without=without, helped=helped)
