"""Sharpeners: scores and photo in, tighter scores out, background in row 0 on both sides.

Steps compose as a list. A new one is one module and one line in `SHARPENERS`. A step is spelled
as its name, or as name:preset where it has presets. (`affinity` works on maps, before there are
scores, and is told by `affinity.AFFINITIES`.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch

from tag2mask.core.registry import Registry
from tag2mask.crf.crf_inference import PRESETS
from tag2mask.sharpening.class_agnostic import ClassAgnostic, share_means, vote
from tag2mask.sharpening.crf_tuning import TunedCRF
from tag2mask.sharpening.dense_crf import DenseCRF
from tag2mask.sharpening.pixel_adaptive import PixelAdaptive
from tag2mask.sharpening.saliency import Saliency
from tag2mask.sharpening.superpixels import Superpixels

__all__ = ["SHARPENERS", "Sharpener", "SharpenerEntry", "create_sharpener"]


class Sharpener(Protocol):
    """One step; it keeps the size of the scores. Several threads may call it."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Sharpen the scores of one photo.

        Args:
            photo: (h, w, 3) uint8, at the size of the scores.
            scores: (1 + k, h, w) float32, row 0 the background.
            device: where to compute.
            name: of the photo, for those that read something of their own about it.

        Returns:
            (1 + k, h, w) float32.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class SharpenerEntry:
    """A step, and what it needs and brings along."""

    build: Callable[..., Sharpener]
    """Takes a prior by position, if it needs one."""
    prior: str = ""
    """The setting that names its prior."""
    crf: bool = False
    """Whether a CRF has a part in it, likewise for the protocol."""
    outside_help: str = ""
    """What of it was trained on masks of other photos, for the protocol of every figure."""


SHARPENERS: Registry[SharpenerEntry] = Registry("sharpener", group="tag2mask.sharpeners")
SHARPENERS.update({
    "pixel_adaptive": SharpenerEntry(build=PixelAdaptive),
    "dense_crf": SharpenerEntry(build=DenseCRF, crf=True),
    **{f"dense_crf:{preset}": SharpenerEntry(build=partial(DenseCRF, preset=preset), crf=True)
       for preset in PRESETS},
    "dense_crf:tune": SharpenerEntry(build=TunedCRF, crf=True),
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
    """Build a sharpener with its default settings.

    Args:
        name: one of `SHARPENERS`.
        prior: where the step's prior is, for those that have one.

    Raises:
        InputError: no sharpener has that name; the nearest one is suggested.
    """
    return SHARPENERS.get(name).build(*prior)
