"""Selection of the sharpening steps without masks, by the predictability of their labels.

The criterion is that of `crf_tuning.py`: at a constant foreground fraction, labels that follow
objects can be predicted from the appearance of other photos, labels that leak along texture, or
that stay blobs, less well. Here it compares different steps, and leaving the maps as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from tag2mask.sharpening.crf_tuning import CRFSample, learnability
from tag2mask.sharpening.step import Sharpener

LEAST_R2 = 0.01
"""R2 on other photos below which even the best labels are predicted by chance."""

LEAST_GAIN = 0.03
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
    curve = learnability(samples, candidates.values(), torch.device(device), advance)
    if curve is None:
        return TunedSteps(default, found=False)
    figures = dict(zip(candidates, curve.round(5).tolist(), strict=True))
    if max(figures.values()) < LEAST_R2:
        return TunedSteps(default, figures, found=False)
    best = max(figures, key=figures.__getitem__)
    ahead = figures[best] >= figures[default] + LEAST_GAIN
    return TunedSteps(best if ahead else default, figures)
