"""Probable wrong tags: what a classifier that did not see a photo's tags thinks of them.

Features of a backbone that has not seen the tags go into one regularised logistic regression per
tag, by cross-validation: each photo is judged by a regression that was fitted without it and
without its near-duplicates. As in confident learning (Northcutt et al., JAIR 2021) its probability
is then compared to a bar of each tag's own, which makes up for tags that are told badly: a given
tag is suspicious where it is no more probable than on most photos without it, a missing one where
it is as probable as on most photos with it. Quantiles stand in place of that paper's means, which a
few sure photos move; where a tag is told well, being nearly sure is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

FOLDS = 5
"""Parts that photos are held out in."""

FEWEST = 10
"""A tag that fewer photos have, or lack, is not judged: each fold should see two at least."""

_PENALTIES = (0.00003, 0.0001, 0.0003)
"""Of the squared weights; the largest is taken whose held-out loss is nearly the least."""

_SLACK = 1.02
"""How much more than the least that loss may be."""

_MOST, _LIKELY = 0.6, 0.7
"""Share of the photos without a tag, or with it, that set its bar; and what a missing tag must be
probable at least."""

_SURE, _RARER = 0.9, 0.1
"""So probable is enough for a missing tag; and so much of its frequency too little for a given."""

_DIRECTIONS, _STEPS = 512, 40


@dataclass(frozen=True)
class Suspect:
    """A tag that is probably wrong.

    Attributes:
        photo: index of the photo.
        tag: index of the class.
        given: whether the photo has the tag; else it is probably missing.
        probability: of the tag, held out, in [0, 1].
        bar: the probability at which it would have been suspicious.
    """

    photo: int
    tag: int
    given: bool
    probability: float
    bar: float

    @property
    def surprise(self) -> float:
        """The loss of the tag as it is, in nats."""
        right = self.probability if self.given else 1 - self.probability
        return float(-np.log(max(right, 1e-6)))


def judgeable(tags: np.ndarray) -> np.ndarray:
    """Tell the tags that enough photos have and lack to be judged: (K,) bool of (N, K)."""
    counts = tags.sum(0)
    return np.asarray((counts >= FEWEST) & (len(tags) - counts >= FEWEST))


def make_folds(tags: np.ndarray, groups: Sequence[Sequence[int]], seed: int = 0) -> np.ndarray:
    """Deal photos into folds, every tag evenly and near-duplicates together.

    Args:
        tags: (N, K), 1 where photo n has tag k, else 0.
        groups: photo indices; every photo in one group.
        seed: of the order in which groups are dealt.

    Returns:
        (N,) int64, 0 to `FOLDS` - 1.
    """
    rng, totals = np.random.default_rng(seed), np.maximum(tags.sum(0), 1)
    order = [list(groups[i]) for i in rng.permutation(len(groups))]
    rarest = [min((int(totals[k]) for k in np.nonzero(tags[g].any(0))[0]), default=len(tags))
              for g in order]
    folds, held = np.zeros(len(tags), np.int64), np.zeros((FOLDS, tags.shape[1]))
    sizes = np.zeros(FOLDS)
    for place in np.argsort(rarest, kind="stable"):
        own = tags[order[place]].sum(0)
        fold = int(np.lexsort((sizes, (held * (own / totals)).sum(1)))[0])
        folds[order[place]] = fold
        held[fold] += own
        sizes[fold] += len(order[place])
    return folds


def held_out(features: np.ndarray, tags: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Predict tags of photos by regressions that were fitted without them.

    Args:
        features: (N, D) float32.
        tags: (N, K), 1 where photo n has tag k, else 0.
        folds: (N,), as `make_folds` deals them.

    Returns:
        (N, K) float32 probabilities.
    """
    truth = torch.from_numpy(tags.astype(np.float32))
    logits = torch.zeros(len(_PENALTIES), *truth.shape)
    told = _told_apart(torch.from_numpy(features))
    for fold in range(FOLDS):
        out = torch.from_numpy(folds == fold)
        if out.any() and not out.all():
            for row, penalty in zip(logits, _PENALTIES, strict=True):
                row[out] = _fit(told[~out], truth[~out], penalty)(told[out])
    losses = [float(F.binary_cross_entropy_with_logits(row, truth)) for row in logits]
    chosen = max(n for n, loss in enumerate(losses) if loss <= _SLACK * min(losses))
    return np.asarray(torch.sigmoid(logits[chosen]).numpy())


def suspects(tags: np.ndarray, probabilities: np.ndarray) -> list[Suspect]:
    """Name the tags that are doubted, most surprising first.

    Args:
        tags: (N, K), 1 where photo n has tag k, else 0.
        probabilities: (N, K), held out.
    """
    given, found = tags > 0, []
    for k in np.nonzero(judgeable(tags))[0].tolist():
        own = probabilities[:, k]
        bars = {True: max(float(np.quantile(own[~given[:, k]], _MOST)),
                          _RARER * float(given[:, k].mean())),
                False: max(_LIKELY, min(_SURE, float(np.quantile(own[given[:, k]], 1 - _MOST))))}
        doubted = np.where(given[:, k], own <= bars[True], own >= bars[False])
        found += [Suspect(n, k, bool(given[n, k]), float(own[n]), bars[bool(given[n, k])])
                  for n in np.nonzero(doubted)[0].tolist()]
    return sorted(found, key=lambda suspect: (-suspect.surprise, suspect.photo, suspect.tag))


def _told_apart(features: Tensor) -> Tensor:
    """Standardise features and keep the directions in which photos differ most; no tag is used."""
    spread = features.std(0, unbiased=False).clamp(min=1e-4)
    even = (features - features.mean(0)) / (spread * features.shape[1] ** 0.5)
    if len(even) <= even.shape[1]:  # the smaller of the two matrices with the same directions
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
