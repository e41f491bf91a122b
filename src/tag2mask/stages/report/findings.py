"""What a run's numbers say: the headline, and which classes went wrong and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.pages import words
from tag2mask.run_folder.records import Figure, Metrics

Counts = Sequence[Sequence[int]] | np.ndarray
"""(N, N) pixel counts, rows truth, columns prediction, row 0 the background."""

HELD_OUT = ("val", "test")
"""Splits that nothing was trained on; the first that has a figure is reported."""

_MEAN_IOU = ("Mean IoU is the area that prediction and truth share, divided by the area that "
             "either of them covers, averaged over the background and all classes that occur; "
             "100 would be perfect.")
_NO_MASKS = ("These photos have no true masks, so this is not a measure of quality: it only says "
             "how well the network reproduces the pseudo masks that it was trained on. Where they "
             "are wrong, the network is likely to be wrong too. Check the pictures first.")
_NO_NETWORK = "The network has no score on held-out photos, so this is not the end result."
_TAGS_ONLY = ("How well the classifier predicts the tags of a photo, averaged over the classes; it "
              "says nothing about where things are.")


@dataclass(frozen=True)
class Headline:
    """The one figure on top of the page, and what it does and does not say.

    `kind` is "network", "agreement", "pseudo_masks", "maps" or "tags"; `figure` is None for
    "agreement" and "tags".
    """

    value: str
    what: str
    meaning: str
    kind: str
    protocol: Sequence[str] = ()
    figure: Figure | None = None


def headline(metrics: Metrics) -> Headline | None:
    """Select the headline figure, never one whose threshold was tuned on the masks.

    The network on held-out photos comes first; then, without masks, its agreement with the
    pseudo masks; then the parts before the network; None where nothing was measured.
    """
    return (_scored(metrics, "network", HELD_OUT, _MEAN_IOU) or _agreement(metrics)
            or _scored(metrics, "pseudo_masks", (*HELD_OUT, "train"), f"{_NO_NETWORK} {_MEAN_IOU}")
            or _scored(metrics, "maps", (*HELD_OUT, "train"), f"{_NO_NETWORK} {_MEAN_IOU}")
            or _tagging(metrics))


def find(metrics: Metrics, what: str, splits: Sequence[str]) -> Figure | None:
    """The figure of `what` on the first of `splits` that has one; never an oracle figure."""
    for split in splits:
        for figure in metrics.figures:
            if ((figure.what, figure.split) == (what, split)
                    and not figure.oracle and figure.miou is not None):
                return figure
    return None


def shares_by_truth(matrix: Counts) -> np.ndarray:
    """Turn counts into shares of each true class: (N, N) in [0, 1], NaN where it has no pixel."""
    counts = np.asarray(matrix, np.float64)
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.nan)


def confused(matrix: Counts, names: Sequence[str], *, most: int = 6,
             least: float = 0.02) -> list[str]:
    """Name the classes most often taken for another class: "dog taken for cat: 12 %".

    Args:
        matrix: (N, N) pixel counts, rows truth, columns prediction, row 0 the background.
        names: (N,) of the labels.
        most: how many are named at most.
        least: smaller shares of the true class's area are not named.
    """
    shares = np.nan_to_num(shares_by_truth(matrix))
    shares[0, :] = shares[:, 0] = 0
    np.fill_diagonal(shares, 0)
    return [f"{names[row]} taken for {names[column]}: {100 * share:.0f} %"
            for share, row, column in _largest(shares, most, least)]


def missed(matrix: Counts, names: Sequence[str], *, most: int = 6,
           least: float = 0.1) -> list[str]:
    """Name the classes of whose area most was taken for background: "sofa: 40 %"."""
    shares = np.nan_to_num(shares_by_truth(matrix))[1:, :1]
    return [f"{names[row + 1]}: {100 * share:.0f} %"
            for share, row, _ in _largest(shares, most, least)]


def overpainted(matrix: Counts, names: Sequence[str], *, most: int = 6,
                least: float = 0.1) -> list[str]:
    """Name the classes of whose predicted area most is background in truth: "boat: 55 %"."""
    shares = np.nan_to_num(shares_by_truth(np.asarray(matrix).T))[1:, :1]
    return [f"{names[row + 1]}: {100 * share:.0f} %"
            for share, row, _ in _largest(shares, most, least)]


def weak_classes(figure: Figure, photos: Mapping[str, int], *, below: float = 0.25,
                 most: int = 10) -> list[str]:
    """Name the classes with a low IoU, worst first, with the training photos that they had."""
    known = ((value, name) for name, value in figure.iou.items() if value is not None)
    weak = sorted((value, name) for value, name in known if value < below)
    return [f"{name}: IoU {100 * value:.1f}"
            + (f", from {words.count(photos[name], 'training photo')}" if name in photos else "")
            for value, name in weak[:most]]


def _scored(metrics: Metrics, what: str, splits: Sequence[str],
            meaning: str) -> Headline | None:
    figure = find(metrics, what, splits)
    if figure is None:
        return None
    subject = {"network": "the network", "pseudo_masks": "the pseudo masks"}.get(what, "the maps")
    return Headline(value=words.score(figure.miou),
                    what=f"mean IoU of {subject} on {_photos(figure)}", meaning=meaning, kind=what,
                    protocol=words.protocol(figure), figure=figure)


def _photos(figure: Figure) -> str:
    return f"{figure.images:,} {words.SPLITS.get(figure.split, f'{figure.split} photos')}"


def _agreement(metrics: Metrics) -> Headline | None:
    for split in HELD_OUT:
        value = metrics.agreement.get(f"network_pseudo/{split}")
        if value is not None:
            return Headline(value=words.score(value), meaning=_NO_MASKS,
                            kind="agreement",
                            what="agreement of the network with its pseudo masks "
                                 f"on {words.SPLITS[split]} (mean IoU)")
    return None


def _tagging(metrics: Metrics) -> Headline | None:
    tags = metrics.tags
    if tags is None or tags.mean_average_precision is None:
        return None
    place = words.SPLITS.get(tags.split, "held-out photos")
    return Headline(value=words.score(tags.mean_average_precision), meaning=_TAGS_ONLY,
                    kind="tags",
                    what=f"mean average precision of the tags on {place}")


def _largest(shares: np.ndarray, most: int, least: float) -> list[tuple[float, int, int]]:
    """The largest entries of a table as (share, row, column), largest first."""
    order = np.argsort(-shares, axis=None, kind="stable")[:most]
    places = [np.unravel_index(int(index), shares.shape) for index in order]
    return [(float(shares[row, column]), int(row), int(column)) for row, column in places
            if shares[row, column] >= least]
