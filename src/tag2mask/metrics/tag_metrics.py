"""Metrics of predicted tags on held-out photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tag2mask.metrics.average_precision import average_precision, best_f1_threshold
from tag2mask.run_folder.records import TagFigures


def tag_metrics(scores: np.ndarray, truth: np.ndarray, classes: Sequence[str]) -> TagFigures:
    """Compute the tag metrics of every class on held-out photos.

    Args:
        scores: (N, K) probabilities in 0..1.
        truth: (N, K) 0 or 1.
        classes: (K,) names.
    """
    return TagFigures(
        average_precision=_per_class(average_precision, scores, truth, classes),
        best_threshold=_per_class(best_f1_threshold, scores, truth, classes),
        mean_average_precision=_known(mean_precision(scores, truth)),
        split="val", images=len(truth),
    )


def held_out_losses(scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log loss of every class, and that of predicting the class frequency.

    Args:
        scores: (N, K) probabilities in 0..1.
        truth: (N, K) 0 or 1.

    Returns:
        both (K,), in nats per photo; the second is 0 for a class in all photos or in none.
    """
    return _log_loss(scores, truth), _log_loss(np.broadcast_to(truth.mean(0), truth.shape), truth)


def _log_loss(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    sure = np.where(truth > 0, scores, 1 - scores).astype(np.float64)
    losses: np.ndarray = -np.log(sure.clip(1e-6)).mean(0)
    return losses


def _per_class(
    score: Callable[[np.ndarray, np.ndarray], float], scores: np.ndarray, truth: np.ndarray,
    classes: Sequence[str],
) -> dict[str, float | None]:
    return {
        name: _known(score(scores[:, k], truth[:, k])) if len(truth) else None
        for k, name in enumerate(classes)
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def mean_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Compute the mean average precision over the classes that occur; nan if none occurs."""
    precisions = [average_precision(s, t) for s, t in zip(scores.T, truth.T, strict=True)]
    known = [p for p in precisions if not np.isnan(p)]
    return float(np.mean(known)) if known else float("nan")
