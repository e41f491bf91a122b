"""Predict the tags of photos by classifiers that were fitted without these photos.

The features of a pretrained backbone are the input of one regularised logistic regression per tag,
in cross-validation. Near-duplicates of a photo are held out together with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

FOLDS = 5
"""Number of folds."""

_PENALTIES = (0.00003, 0.0001, 0.0003)
"""Candidate weights of the L2 penalty; the largest with nearly the lowest held-out loss is used."""

_SLACK = 1.02
"""The loss of the selected penalty is at most this multiple of the lowest loss."""

_DIRECTIONS, _STEPS = 512, 40


def make_folds(tags: np.ndarray, groups: Sequence[Sequence[int]], seed: int = 0) -> np.ndarray:
    """Assign photos to folds, with every tag spread evenly and near-duplicates together.

    Args:
        tags: (N, K), 1 where photo n has tag k, else 0.
        groups: photo indices; every photo in exactly one group.
        seed: for the order in which groups are assigned.

    Returns:
        (N,) int64, 0 to `FOLDS` - 1.
    """
    rng, totals = np.random.default_rng(seed), np.maximum(tags.sum(0), 1)
    order = [list(groups[i]) for i in rng.permutation(len(groups))]
    rarest = [min((int(totals[k]) for k in np.nonzero(tags[g].any(0))[0]), default=len(tags))
              for g in order]
    folds, held = np.zeros(len(tags), np.int64), np.zeros((FOLDS, tags.shape[1]))
    sizes = np.zeros(FOLDS)
    for index in np.argsort(rarest, kind="stable"):
        own = tags[order[index]].sum(0)
        fold = int(np.lexsort((sizes, (held * (own / totals)).sum(1)))[0])
        folds[order[index]] = fold
        held[fold] += own
        sizes[fold] += len(order[index])
    return folds


def predict_held_out(features: np.ndarray, tags: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Predict the tags of each fold by regressions that were fitted on the other folds.

    Args:
        features: (N, D) float32.
        tags: (N, K), 1 where photo n has tag k, else 0.
        folds: (N,), from `make_folds`.

    Returns:
        (N, K) float32 probabilities.
    """
    truth = torch.from_numpy(tags.astype(np.float32))
    logits = torch.zeros(len(_PENALTIES), *truth.shape)
    reduced = _standardised(torch.from_numpy(features))
    for fold in range(FOLDS):
        out = torch.from_numpy(folds == fold)
        if out.any() and not out.all():
            for row, penalty in zip(logits, _PENALTIES, strict=True):
                row[out] = _fit(reduced[~out], truth[~out], penalty)(reduced[out])
    losses = [float(F.binary_cross_entropy_with_logits(row, truth)) for row in logits]
    selected = max(n for n, loss in enumerate(losses) if loss <= _SLACK * min(losses))
    return np.asarray(torch.sigmoid(logits[selected]).numpy())


def _standardised(features: Tensor) -> Tensor:
    """Standardise features and keep their first principal components; uses no tags."""
    spread = features.std(0, unbiased=False).clamp(min=1e-4)
    even = (features - features.mean(0)) / (spread * features.shape[1] ** 0.5)
    if len(even) <= even.shape[1]:  # the smaller of the two matrices with the same components
        values, vectors = torch.linalg.eigh(even @ even.T)
        scaled: Tensor = vectors[:, -_DIRECTIONS:] * values[-_DIRECTIONS:].clamp(min=0).sqrt()
        return scaled
    _, vectors = torch.linalg.eigh(even.T @ even)
    turned: Tensor = even @ vectors[:, -_DIRECTIONS:]
    return turned


def _fit(features: Tensor, truth: Tensor, penalty: float) -> torch.nn.Linear:
    """Fit one logistic regression per column of `truth`, all at once."""
    model = torch.nn.Linear(features.shape[1], truth.shape[1])
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=_STEPS, history_size=8,
                                  line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        fit = F.binary_cross_entropy_with_logits(model(features), truth, reduction="none")
        total = fit.mean(0).sum() + penalty * model.weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return model.requires_grad_(False)
