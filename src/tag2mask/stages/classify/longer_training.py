"""Decide, after the usual epochs, whether a classifier needs a longer training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import LongerTraining
from tag2mask.run_folder.stored_choice import stored_choice

EPOCHS, LONGER = 10, 30
"""Epochs of a training by default, and those of another where it has not learned the tags."""

MOST_STEPS = 250
"""Steps from which a training is long enough, whatever it has learned."""

LEARNED = 0.06
"""Part of the loss by chance that is left on training photos whose tags are learned."""

CHOSEN = "longer.json"
"""File in `classifier/` with the decision and what it was made on."""

_PHOTOS = 500


def longer_epochs(
    context: Context, predict: Callable[[tuple[Photo, ...]], np.ndarray], *, steps: int
) -> int:
    """Return the number of epochs of a longer training, 0 for none; the decision is recorded.

    Args:
        context: the run.
        predict: returns the probability of every tag in photos, (N, K), as last trained.
        steps: steps of the training so far.
    """
    if steps > MOST_STEPS:
        return 0
    photos = tuple(thinned(context.dataset.split("train"), _PHOTOS))
    made = stored_choice(
        context.run.classifier / CHOSEN, LongerTraining,
        lambda: choose(predict(photos), context.dataset.tag_matrix(photos)))
    if made.sentence:
        context.progress.say(f"classify: {made.sentence}")
    return made.longer


def choose(predicted: np.ndarray, truth: np.ndarray) -> LongerTraining:
    """Compare the loss of the tags of training photos with that of their frequencies.

    Args:
        predicted: (N, K) probabilities.
        truth: (N, K) 0 or 1.
    """
    loss, chance = (_loss(each, truth) for each in (predicted, truth.mean(0, keepdims=True)))
    return LongerTraining(
        epochs=EPOCHS, loss=round(loss, 4), chance=round(chance, 4),
        longer=LONGER if loss > LEARNED * chance else 0)


def _loss(predicted: np.ndarray, truth: np.ndarray) -> float:
    likely = np.clip(np.where(truth > 0, predicted, 1 - predicted), 1e-6, 1)
    return float(-np.log(likely).mean())
