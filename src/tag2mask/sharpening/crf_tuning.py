"""Selection of the kernels of a dense CRF without masks, by the predictability of its labels.

A CRF that is too weak leaves blobs; one that is too strong spreads labels beyond objects. Either
way, a pixel's label cannot be predicted from its local appearance. At a constant foreground
fraction, the kernels are chosen whose labels a linear model predicts best on other photos, from
*fine* features of a network that was not trained on the tags. Coarse features do not work: they
predict blobs best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.processes import interleaved, own
from tag2mask.crf.crf_inference import PRESETS, Kernels
from tag2mask.metrics import ThresholdCurve
from tag2mask.pseudo_masks import (
    Learnable,
    first_near_best,
    over_background,
    quantiles,
    upscale,
)
from tag2mask.sharpening.cells import mostly
from tag2mask.sharpening.dense_crf import DEFAULT, DenseCRF
from tag2mask.sharpening.prior_agreement import level
from tag2mask.sharpening.step import Sharpener

CANDIDATES: tuple[Kernels, ...] = (
    PRESETS["deeplab"], *(((3, 3), bilateral) for bilateral in (
        (30, 5, 4), (80, 5, 4), (80, 13, 4), (160, 5, 4), (160, 13, 4), (120, 8, 6), (30, 3, 10),
        (50, 5, 10), (80, 3, 10), (80, 13, 10), (160, 8, 10),
    )),
)
"""Candidate kernels, weak ones first; widths in pixels for a long side of 500 pixels."""

_NEARLY = 0.9
"""The weakest candidate above this fraction of the best R2 is chosen, since too strong a CRF is the
worse error."""


@dataclass(kw_only=True)
class TunedCRF:
    """The step `dense_crf:tune`: the default's kernels until others are chosen."""

    kernels: Kernels | None = None
    """In pixels for a long side of 500 pixels."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Sharpen (1 + k, h, w) scores by the colours of a (h, w, 3) photo."""
        return DenseCRF(kernels=self.kernels)(photo, scores, device=device, name=name)

    def many(
        self, photos: Sequence[np.ndarray], scores: Sequence[np.ndarray], *, device: torch.device
    ) -> list[np.ndarray]:
        """Sharpen the scores of several photos, which a GPU computes at once."""
        return DenseCRF(kernels=self.kernels).many(photos, scores, device=device)


@dataclass(frozen=True, kw_only=True)
class CRFSample:
    """One photo for choosing kernels.

    Attributes:
        photo: (h, w, 3) uint8.
        scores: (1 + k, h, w), row 0 the background.
        features: (a, b, C), from a network not trained on the tags; for `tune_dense_crf`.
        truth: (H, W) uint8 mask, labels or 255; for `tune_by_masks`.
        classes: (k,) 0-based class of the other rows; for `tune_by_masks`.
        name: name of the photo, for steps that read additional data of it.
    """

    photo: np.ndarray
    scores: np.ndarray
    features: np.ndarray | None = None
    truth: np.ndarray | None = None
    classes: Sequence[int] = ()
    name: str = ""


@dataclass(frozen=True)
class Tuned:
    """The chosen kernels and the scores of all candidates.

    Attributes:
        kernels: the chosen kernels.
        figures: one score per candidate: R2 without masks, mIoU with masks; both at most 1.
        oracle: whether true masks were used; results that depend on it must be marked.
        found: False if no model could be fitted and the step's default was used.
    """

    kernels: Kernels
    figures: tuple[float, ...]
    oracle: bool = False
    found: bool = True


def tune_dense_crf(
    samples: Iterable[CRFSample], *, candidates: Sequence[Kernels] = CANDIDATES,
    device: str | torch.device = "cpu", advance: Callable[[int], None] = lambda _: None,
) -> Tuned:
    """Choose the kernels whose labels are the most predictable from appearance, without masks.

    Args:
        samples: photos with at least one tag, with `features`; a few dozen are sufficient.
        candidates: candidate kernels, weak ones first.
        device: device of the CRF.
        advance: called with 1 after each candidate.

    Raises:
        InputError: a sample has no features.
    """
    steps = [[DenseCRF(kernels=kernels)] for kernels in candidates]
    curve = learnability(samples, steps, torch.device(device), advance)
    chosen = None if curve is None else first_near_best(curve, _NEARLY)
    if curve is None or chosen is None:
        return Tuned(DEFAULT, (), found=False)
    return Tuned(candidates[chosen], tuple(curve.round(5).tolist()))


def tune_by_masks(
    samples: Iterable[CRFSample], *, candidates: Sequence[Kernels] = CANDIDATES,
    device: str | torch.device = "cpu",
) -> Tuned:
    """Choose the kernels with the highest mIoU against true masks: an oracle for comparison.

    Args:
        samples: photos with at least one tag, with `truth` and `classes`.
        candidates: candidate kernels.
        device: device of the CRF.

    Raises:
        InputError: a sample has no truth.
    """
    drawn = list(samples)
    truths = [_given(sample.truth, "truth") for sample in drawn]
    labels = 2 + max((max(sample.classes) for sample in drawn if len(sample.classes)), default=0)
    figures = []
    for kernels in candidates:
        relative, edge = _labelled(drawn, [DenseCRF(kernels=kernels)], torch.device(device))
        curve = ThresholdCurve(labels, [edge])
        for sample, truth, planes in zip(drawn, truths, relative, strict=True):
            full = upscale(planes, (truth.shape[0], truth.shape[1]))
            curve.add(truth, full, np.asarray(sample.classes, np.int64))
        figures.append(round(curve.best()[2], 5))
    return Tuned(candidates[int(np.argmax(figures))], tuple(figures), oracle=True)


def _given(values: np.ndarray | None, name: str) -> np.ndarray:
    if values is None:
        raise InputError(f"A sample without {name} cannot be tuned on; give {name} for all.")
    return values


def learnability(
    samples: Iterable[CRFSample], candidates: Iterable[Sequence[Sharpener]], device: torch.device,
    advance: Callable[[int], None] = lambda _: None, *, share: float | None = None,
) -> np.ndarray | None:
    """Return how well the labels of each candidate are predicted from appearance, R2 (S,).

    Args:
        samples: photos with at least one tag, with `features`.
        candidates: steps, applied in order; none leaves the scores as they are.
        device: device of the steps.
        advance: called with 1 after each candidate.
        share: share of foreground of all labels, in (0, 1); by default that of the scores.

    Returns:
        R2 on other photos; None if there are too few photos.

    Raises:
        InputError: a sample has no features.
    """
    drawn = list(samples)
    looks = [_given(sample.features, "features") for sample in drawn]
    if not drawn:
        return None
    columns: list[list[np.ndarray]] = [[] for _ in drawn]
    for steps in candidates:
        relative, edge = _labelled(drawn, steps, device, share)
        for column, features, planes in zip(columns, looks, relative, strict=True):
            column.append(mostly(planes.max(0) > edge, (features.shape[0], features.shape[1])))
        advance(1)
    learnable = Learnable()
    for column, features in zip(columns, looks, strict=True):
        learnable.add(features.reshape(-1, features.shape[2]), np.stack(column, 1))
    return learnable.curve()


def _labelled(
    samples: Sequence[CRFSample], steps: Sequence[Sharpener], device: torch.device,
    share: float | None = None,
) -> tuple[list[np.ndarray], float]:
    """Return sharpened score ratios, and the threshold that keeps the foreground fraction.

    Args:
        samples: photos with at least one tag.
        steps: applied in order; none leaves the scores as they are.
        device: device of the steps.
        share: fraction of foreground; by default that of the scores before the steps.

    Returns:
        ratios to the background score, (k, h, w) per sample, and the threshold for foreground.
    """
    sharp = interleaved(_sharpened(sample, steps, device) for sample in own(samples))
    relative = [over_background(scores) for scores in sharp]
    if share is not None:
        return relative, level([planes.max(0) for planes in relative], share)
    share = np.mean([(sample.scores[1:].max(0) > sample.scores[0]).mean() for sample in samples])
    values = np.concatenate([quantiles(planes.max(0)) for planes in relative])
    return relative, float(np.quantile(values, 1 - share))


def _sharpened(
    sample: CRFSample, steps: Sequence[Sharpener], device: torch.device
) -> np.ndarray:
    scores = sample.scores
    for step in steps:
        scores = step(sample.photo, scores, device=device, name=sample.name)
    return scores
