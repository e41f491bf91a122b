"""Outside help in one word: steps with a prior that was trained on masks of other photos.

`sharpen.outside_help` adds such a step to the steps of a run. `auto` adds saliency only if it
agrees with the run's own maps (`tag2mask.sharpening.prior_agreement`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.data.batches import load_fitted, thinned
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import over_background
from tag2mask.run_folder.context import Context, find_about
from tag2mask.run_folder.records import ActivateAbout, HelpChoice
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.sharpening import SHARPENERS
from tag2mask.sharpening.dense_crf import DenseCRF
from tag2mask.sharpening.prior_agreement import Seen, judge
from tag2mask.sharpening.saliency import Saliency
from tag2mask.sharpening.saliency_weights import SHA256, find_saliency, local_file, packaged
from tag2mask.sharpening.sam import find_sam
from tag2mask.sharpening.step import Sharpener, SharpenerEntry
from tag2mask.sharpening.trusted_saliency import TrustedSaliency
from tag2mask.stages.sharpen.feature_reader import coarse_feature, looks
from tag2mask.stages.sharpen.mask_making import MADE_BY_SAM
from tag2mask.stages.sharpen.ranked_maps import RankedMaps
from tag2mask.stages.sharpen.settings import SharpenConfig

CHOSEN = "outside_help.json"
"""File in `sharpener/` with the choice."""
SALIENCY, SAM = "saliency", "class_agnostic:means"
"""The steps that are added."""

_DEFAULT_SAM = f"{MADE_BY_SAM}facebook/sam-vit-base"
_PHOTOS, _SIDE = 128, 200
"""Number of photos that `auto` measures, and their long side in pixels."""


def resolved(settings: SharpenConfig) -> str:
    """Return what is asked for, given what is installed: auto without a prior is none."""
    if settings.parsed.outside_help:
        return "none"  # the steps name a prior themselves
    unchanged = settings.steps in ((), ("none",))
    if settings.outside_help == "auto" and (unchanged or not (settings.saliency or packaged())):
        return "none"
    return settings.outside_help


def refuse_missing(settings: SharpenConfig) -> None:
    """Raise an error before the training if a prior that the settings ask for is missing.

    Networks on the model hub are downloaded. What `auto` does not find it does without.

    Raises:
        InputError: a file, folder or package is missing; the message says how to get it.
    """
    asked = resolved(settings)
    named = {entry.prior for entry in settings.parsed.on_scores.values()}
    if asked == "saliency" or (asked == "auto" and settings.saliency):
        find_saliency(settings.saliency)
    if asked == "sam" or "masks" in named:
        _find_masks(settings.masks or _DEFAULT_SAM)
    if "saliency" in named and not Path(settings.saliency).is_dir() \
            and not local_file(settings.saliency).is_file():
        raise InputError(f"sharpen.saliency: {settings.saliency!r} is no folder of saliency maps "
                         "and no .onnx file; give one of both.")


def _find_masks(source: str) -> None:
    if source.startswith(MADE_BY_SAM):
        find_sam(source.removeprefix(MADE_BY_SAM))
    elif not Path(source).is_dir():
        raise InputError(f"sharpen.masks: there is no folder {source!r}; give a folder with a "
                         "<photo>.npz for each photo, or sam:FOLDER.")


def packaged_weights(settings: SharpenConfig) -> tuple[str, ...]:
    """Return the identity of an installed prior that the result depends on; () without one."""
    uses = resolved(settings) in ("auto", "saliency") and not settings.saliency
    return (f"u2netp {SHA256}",) if uses and packaged() else ()


def choose_help(
    context: Context, settings: SharpenConfig, maps: RankedMaps, device: torch.device
) -> tuple[SharpenConfig, HelpChoice | None]:
    """Add the step that was asked for; for `auto`, only if the prior agrees with the maps.

    The choice is stored in `sharpener/`, so that an interrupted run goes on with it.

    Args:
        context: the run.
        settings: the settings of the stage.
        maps: the maps of the run.
        device: the device to compute on.

    Returns:
        the settings with the step, and the choice; None if no help is asked for.

    Raises:
        InputError: a prior that was asked for is missing or not the verified network; for `auto`,
            only if it was given as a file.
    """
    if resolved(settings) == "none":
        return settings, None
    kept = replace(settings, outside_help="none")
    if settings.outside_help == "sam":
        masks = settings.masks or _DEFAULT_SAM
        return (replace(kept, steps=with_step(kept.steps, SAM), masks=masks),
                HelpChoice(asked="sam", used="sam", why="It was asked for.", weights=masks))
    try:
        source = find_saliency(settings.saliency)
    except InputError as error:
        if settings.outside_help != "auto" or settings.saliency:
            raise
        return kept, HelpChoice(asked="auto", used="none", why=str(error))
    helped = replace(kept, steps=with_step(kept.steps, SALIENCY), saliency=source)
    weights = SHA256 if source.endswith(".onnx") else source
    if settings.outside_help == "saliency":
        return helped, HelpChoice(asked="saliency", used="saliency", why="It was asked for.",
                                  weights=weights)
    choice = _choose(context, source, weights, maps, device)
    return (helped if choice.used == "saliency" else kept), choice


def with_step(steps: Sequence[str], name: str) -> tuple[str, ...]:
    """Append a step with a prior, and repeat the last step after it if that sharpens edges."""
    own = tuple(step for step in steps if step != "none")
    last = SHARPENERS.get(own[-1]) if own else None
    repeats = isinstance(last, SharpenerEntry) and not last.prior
    return (*own, name, *(own[-1:] if repeats else ()))


def trusted(
    steps: dict[str, Sharpener], choice: HelpChoice | None, maps: RankedMaps
) -> dict[str, Sharpener]:
    """Return the steps with the prior limited to the photos that `choice` uses it in."""
    step = steps.get(SALIENCY)
    if choice is None or choice.used != "saliency" or not isinstance(step, Saliency):
        return steps
    return {**steps, SALIENCY: TrustedSaliency(saliency=step, limit=choice.limit, maps=maps.best)}


def _choose(
    context: Context, source: str, weights: str, maps: RankedMaps, device: torch.device
) -> HelpChoice:
    """Decide on the run's own photos, or read the decision of an interrupted run."""

    def choose() -> HelpChoice:
        seen = [seen for _, seen, _, _ in seen_photos(context, source, maps, device)]
        about = find_about(context.run, ActivateAbout)
        verdict = judge(seen, maps.share, weighed=about is not None and about.discriminant)
        return HelpChoice(
            asked="auto", used="saliency" if verdict.helps else "none", why=verdict.why,
            figures=verdict.figures, photos=len(seen), limit=verdict.limit, weights=weights,
        )

    return stored_choice(context.run.sharpener / CHOSEN, HelpChoice, choose,
                         fits=lambda kept: kept.weights == weights)


def seen_photos(
    context: Context, source: str, maps: RankedMaps, device: torch.device, *, most: int = _PHOTOS
) -> Iterator[tuple[Photo, Seen, np.ndarray, np.ndarray]]:
    """Sharpen some training photos by a CRF, with and without the prior.

    Args:
        context: the run.
        source: source of the prior, see `Saliency`.
        maps: the maps of the run.
        device: the device to compute on.
        most: the largest number of photos.

    Yields:
        the photo, its measurements, and its scores (1 + k, h, w) without and with the prior.
    """
    photos = thinned([p for p in context.dataset.split("train") if p.tags], most)
    saliency, crf = Saliency(source=source), DenseCRF()
    for photo, features in looks(context, photos, device, coarse_feature, name="outside help"):
        pixels = load_fitted(photo, _SIDE)
        prior = saliency.prior(pixels, photo.name)
        if prior is None:
            continue
        start, _ = maps.scores(photo.name, (pixels.shape[0], pixels.shape[1]))
        sharp = crf(pixels, start, device=device)
        helped = crf(pixels, saliency.weigh(sharp, prior), device=device)
        without, with_it = (over_background(scores).max(0) for scores in (sharp, helped))
        seen = Seen(features, maps.best(photo.name), prior, without, with_it)
        yield photo, seen, sharp, helped
