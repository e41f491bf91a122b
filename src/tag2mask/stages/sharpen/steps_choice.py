"""Choose the sharpening steps once per run, on some of its photos, without masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

import numpy as np
import torch

from tag2mask.data.batches import load_fitted, thinned
from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import StepsChoice
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.sharpening import create_sharpener
from tag2mask.sharpening.crf_tuning import CRFSample
from tag2mask.sharpening.steps_tuning import LEAST_GAIN, TunedSteps, tune_steps
from tag2mask.stages.sharpen.crf_choice import fine_feature
from tag2mask.stages.sharpen.feature_reader import looks
from tag2mask.stages.sharpen.ranked_maps import RankedMaps

CHOSEN = "steps.json"
"""File in `sharpener/` with the chosen steps and the scores of all candidates."""

STEPS: Mapping[str, tuple[str, ...]] = {
    "dense_crf": ("dense_crf",), "none": (), "superpixels": ("superpixels",),
    "dense_crf,superpixels": ("dense_crf", "superpixels"),
}
"""Candidates by name; superpixels only where scikit-image is installed."""

DEFAULT = "dense_crf"
"""The candidate that is taken unless another is clearly better."""

_PHOTOS = 100


def chosen_steps(
    context: Context, maps: RankedMaps, *, long_side: int, device: torch.device
) -> tuple[str, ...]:
    """Choose the steps of a run, or read the previous choice from `sharpener/steps.json`.

    Args:
        context: the run.
        maps: the maps of the run.
        long_side: of photos while they are sharpened, in pixels.
        device: the device to compute on.
    """

    def choose() -> StepsChoice:
        free = [photo for photo in context.dataset.split("train")
                if photo.tags and photo.annotation is None]
        photos = thinned(free, _PHOTOS)
        tuned = _tune(context, photos, maps, long_side, device)
        return StepsChoice(
            steps=STEPS[tuned.name], figures=tuned.figures, found=tuned.found,
            photos=len(photos), sentence=sentence(tuned, len(photos)),
        )

    made = stored_choice(context.run.sharpener / CHOSEN, StepsChoice, choose)
    context.progress.say(f"sharpen: {made.sentence}")
    return made.steps


def sentence(tuned: TunedSteps, photos: int) -> str:
    """Describe a choice and its reason in one sentence."""
    if not tuned.found:
        return (f"Nothing in the appearance of {photos} photos predicts the labels of any steps, "
                f"so the default {tuned.name} is taken.")
    what = {"none": "no step"}.get(tuned.name, tuned.name)
    others = ", ".join(f"{name} {value:.3f}" for name, value in tuned.figures.items()
                       if name != tuned.name)
    why = (f"no other steps have labels that appearance predicts better by {LEAST_GAIN:g}"
           if tuned.name == DEFAULT else "appearance predicts its labels best")
    return (f"Chosen without masks on {photos} photos: {what}, because {why} (R2 on other photos "
            f"{tuned.figures[tuned.name]:.3f}; {others}).")


def _tune(
    context: Context, photos: Sequence[Photo], maps: RankedMaps, long_side: int,
    device: torch.device,
) -> TunedSteps:
    candidates = {
        name: [create_sharpener(step) for step in steps] for name, steps in STEPS.items()
        if "superpixels" not in steps or find_spec("skimage")
    }
    seen = list(looks(context, photos, device, fine_feature, name="looks"))
    samples = [_sample(photo, features, maps, long_side) for photo, features in seen]
    with context.progress.stage("choose steps", total=len(candidates), unit="candidates") as bar:
        return tune_steps(
            samples, candidates, default=DEFAULT, device=device, advance=bar.advance
        )


def _sample(
    photo: Photo, features: np.ndarray, maps: RankedMaps, long_side: int
) -> CRFSample:
    pixels = load_fitted(photo, long_side)
    scores, _ = maps.scores(photo.name, (pixels.shape[0], pixels.shape[1]))
    return CRFSample(photo=pixels, scores=scores, features=features)
