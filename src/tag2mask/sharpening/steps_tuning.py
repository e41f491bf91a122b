"""Selection of the sharpening steps without masks, by the predictability of their labels.

The criterion is that of `crf_tuning.py`: at a constant foreground fraction, labels that follow
objects can be predicted from the appearance of other photos, labels that leak along texture, or
that stay blobs, less well. Here it compares different steps, and leaving the maps as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.pseudo_masks import Learnable
from tag2mask.sharpening.crf_tuning import CRFSample, in_cells, labelled
from tag2mask.sharpening.step import Sharpener

LEAST_R2 = 0.01
"""R2 on other photos below which even the best labels are predicted by chance."""

LEAST_GAIN = 0.01
"""R2 that a candidate must be ahead of the default: smaller differences say nothing about masks."""


@dataclass(frozen=True)
class TunedSteps:
    """The chosen candidate and the scores of all.

    Attributes:
        name: the chosen candidate.
        figures: R2 of each candidate on photos that the model was not fitted on.
        found: False if no labels could be predicted; the choice is then the default.
    """

    name: str
    figures: Mapping[str, float] = field(default_factory=dict)
    found: bool = True


def tune_steps(
    samples: Iterable[CRFSample], candidates: Mapping[str, Sequence[Sharpener]], *, default: str,
    device: str | torch.device = "cpu", advance: Callable[[int], None] = lambda _: None,
) -> TunedSteps:
    """Choose the candidate whose labels are clearly the most predictable from appearance.

    Args:
        samples: photos with at least one tag, with `features`; a few dozen are sufficient.
        candidates: steps by name, applied in order; no steps leave the scores as they are.
        default: the candidate to take unless another is clearly ahead of it.
        device: device of the steps.
        advance: called with 1 after each candidate.

    Raises:
        InputError: a sample has no features.
    """
    drawn = list(samples)
    if any(sample.features is None for sample in drawn):
        raise InputError("A sample without features cannot be compared; give features for all.")
    if not drawn:
        return TunedSteps(default, found=False)
    columns: list[list[np.ndarray]] = [[] for _ in drawn]
    for steps in candidates.values():
        relative, edge = labelled(drawn, steps, torch.device(device))
        for own, sample, planes in zip(columns, drawn, relative, strict=True):
            own.append(in_cells(planes.max(0) > edge, np.asarray(sample.features)))
        advance(1)
    learnable = Learnable()
    for own, sample in zip(columns, drawn, strict=True):
        features = np.asarray(sample.features)
        learnable.add(features.reshape(-1, features.shape[2]), np.stack(own, 1))
    curve = learnable.curve()
    if curve is None:
        return TunedSteps(default, found=False)
    figures = dict(zip(candidates, curve.round(5).tolist(), strict=True))
    if max(figures.values()) < LEAST_R2:
        return TunedSteps(default, figures, found=False)
    best = max(figures, key=figures.__getitem__)
    ahead = figures[best] >= figures[default] + LEAST_GAIN
    return TunedSteps(best if ahead else default, figures)
