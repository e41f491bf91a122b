"""Sharpening steps: map a photo and its scores to more precise scores, background in row 0.

Steps are composed as a list. A new step is one module and one entry in `SHARPENERS`. A step is
written as its name, or as name:preset if it has presets.
"""

from __future__ import annotations

from functools import partial

from tag2mask.core.contracts import InputError
from tag2mask.core.registry import Registry
from tag2mask.crf.crf_inference import PRESETS
from tag2mask.sharpening.affinity import AFFINITIES
from tag2mask.sharpening.class_agnostic import ClassAgnostic, share_means, vote
from tag2mask.sharpening.crf_tuning import TunedCRF
from tag2mask.sharpening.dense_crf import DenseCRF
from tag2mask.sharpening.normality import Normality
from tag2mask.sharpening.pixel_adaptive import PixelAdaptive
from tag2mask.sharpening.saliency import Saliency
from tag2mask.sharpening.step import (
    AffinityEntry,
    Sharpener,
    SharpenerEntry,
    StepEntry,
    TrainingEntry,
)
from tag2mask.sharpening.superpixels import Superpixels

__all__ = ["SHARPENERS", "Sharpener", "SharpenerEntry", "create_sharpener"]

SHARPENERS: Registry[StepEntry] = Registry("sharpening step", group="tag2mask.sharpeners")
"""The steps by name; other packages add steps through entry points of this group."""

SHARPENERS.update({
    **{name: AffinityEntry(affinity) for name, affinity in AFFINITIES.items()},
    "self_training": TrainingEntry(),
    "pixel_adaptive": SharpenerEntry(build=PixelAdaptive),
    "dense_crf": SharpenerEntry(build=DenseCRF, crf=True),
    **{f"dense_crf:{preset}": SharpenerEntry(build=partial(DenseCRF, preset=preset), crf=True)
       for preset in PRESETS},
    "dense_crf:colour": SharpenerEntry(build=partial(DenseCRF, colour_only=True), crf=True),
    "dense_crf:tune": SharpenerEntry(build=TunedCRF, crf=True),
    "normality": SharpenerEntry(build=Normality),
    "superpixels": SharpenerEntry(build=Superpixels),
    "superpixels:slic": SharpenerEntry(build=partial(Superpixels, method="slic")),
    "saliency": SharpenerEntry(
        build=lambda source: Saliency(source=source), prior="saliency",
        outside_help="saliency",
    ),
    "class_agnostic": SharpenerEntry(
        build=lambda folder: ClassAgnostic(folder=folder, combine=vote), prior="masks",
        outside_help="class-agnostic masks",
    ),
    "class_agnostic:means": SharpenerEntry(
        build=lambda folder: ClassAgnostic(folder=folder, combine=share_means), prior="masks",
        outside_help="class-agnostic masks",
    ),
})


def create_sharpener(name: str, *prior: str) -> Sharpener:
    """Build a step on scores with its default settings.

    Args:
        name: one of `SHARPENERS` that takes scores.
        prior: location of the step's prior, if it has one.

    Raises:
        InputError: no step has that name; the nearest name is suggested.
    """
    entry = SHARPENERS.get(name)
    if not isinstance(entry, SharpenerEntry):
        raise InputError(f"{name} learns from all photos of a run; name it in sharpen.steps.")
    return entry.build(*prior)
