"""Conclusions from the figures of a run: the headline, and classes with errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.pages import words
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Figure, Metrics, read_metrics

Counts = Sequence[Sequence[int]] | np.ndarray
"""(N, N) pixel counts, rows truth, columns prediction, row 0 the background."""

HELD_OUT = ("val", "test")
"""Splits that are not used for training; the first one with a figure is reported."""

_MEAN_IOU = ("Mean IoU is the area that prediction and truth share, divided by the area that "
             "either of them covers, averaged over the background and all classes that occur; "
             "100 would be perfect.")
_NO_MASKS = ("These photos have no true masks, so this is not a measure of quality: it only says "
             "how well the network reproduces the pseudo masks that it was trained on. Where they "
             "are wrong, the network is likely to be wrong too. Check the pictures first.")
_NO_NETWORK = "The network has no score on held-out photos, so this is not the end result."
_FEW = 20
"""Number of held-out photos below which a figure is called rough."""
_TAGS_ONLY = ("How well the classifier predicts the tags of a photo, averaged over the classes; it "
              "says nothing about where things are.")


@dataclass(frozen=True)
class Headline:
    """The figure at the top of the page, and its interpretation.

    `kind` is "network", "agreement", "pseudo_masks", "maps" or "tags"; `figure` is None for
    "agreement" and "tags".
    """

    value: str
    what: str
    meaning: str
    kind: str
    protocol: Sequence[str] = ()
    figure: Figure | None = None


def figure_of(run: RunFolder) -> str:
    """Return the headline figure of a run; "" if there is none that can be read."""
    try:
        top = headline(read_metrics(run))
    except InputError:  # of a damaged file, which the run replaces
        return ""
    return f"{top.value} {top.what}" if top else ""


def headline(metrics: Metrics) -> Headline | None:
    """Select the headline figure, never one whose threshold was tuned on the masks.

    The order of preference is the network on held-out photos, then, without masks, its agreement
    with the pseudo masks, then the results before the network; None if nothing was measured.
    """
    return (_scored(metrics, "network", HELD_OUT, _MEAN_IOU) or _agreement(metrics)
            or _scored(metrics, "pseudo_masks", (*HELD_OUT, "train"), f"{_NO_NETWORK} {_MEAN_IOU}")
            or _scored(metrics, "maps", (*HELD_OUT, "train"), f"{_NO_NETWORK} {_MEAN_IOU}")
            or _tagging(metrics))


def find(metrics: Metrics, what: str, splits: Sequence[str]) -> Figure | None:
    """Return the figure of `what` on the first of `splits` that has one; never an oracle figure."""
    for split in splits:
        for figure in metrics.figures:
            if ((figure.what, figure.split) == (what, split)
                    and not figure.oracle and figure.miou is not None):
                return figure
    return None


def shares_by_truth(matrix: Counts) -> np.ndarray:
    """Normalise counts by true class: (N, N) in [0, 1], NaN for classes without pixels."""
    counts = np.asarray(matrix, np.float64)
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.nan)


def confused(matrix: Counts, names: Sequence[str], *, most: int = 6,
             least: float = 0.02) -> list[str]:
    """Describe the classes most often predicted as another class: "dog taken for cat: 12 %".

    Args:
        matrix: (N, N) pixel counts, rows truth, columns prediction, row 0 the background.
        names: (N,) names of the labels.
        most: the largest number of entries.
        least: smallest share of the true class's area to report.
    """
    shares = np.nan_to_num(shares_by_truth(matrix))
    shares[0, :] = shares[:, 0] = 0
    np.fill_diagonal(shares, 0)
    return [f"{names[row]} taken for {names[column]}: {100 * share:.0f} %"
            for share, row, column in _largest(shares, most, least)]


def missed(matrix: Counts, names: Sequence[str], *, most: int = 6,
           least: float = 0.1) -> list[str]:
    """Describe the classes most often predicted as background: "sofa: 40 %"."""
    shares = np.nan_to_num(shares_by_truth(matrix))[1:, :1]
    return [f"{names[row + 1]}: {100 * share:.0f} %"
            for share, row, _ in _largest(shares, most, least)]


def overpainted(matrix: Counts, names: Sequence[str], *, most: int = 6,
                least: float = 0.1) -> list[str]:
    """Describe the classes predicted most often on true background: "boat: 55 %"."""
    shares = np.nan_to_num(shares_by_truth(np.asarray(matrix).T))[1:, :1]
    return [f"{names[row + 1]}: {100 * share:.0f} %"
            for share, row, _ in _largest(shares, most, least)]


def weak_classes(figure: Figure, photos: Mapping[str, int], *, below: float = 0.25,
                 most: int = 10) -> list[str]:
    """Describe the classes with a low IoU and their number of training photos, worst first."""
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
                    what=f"mean IoU of {subject} on {_photos(figure)}",
                    meaning=f"{_rough(figure.images, figure.split)}{meaning}", kind=what,
                    protocol=words.protocol(figure), figure=figure)


def _photos(figure: Figure) -> str:
    return _counted(figure.images, figure.split)


def _counted(images: int, split: str) -> str:
    """Return the number of photos of a split, as in "1 held-out photo"."""
    return words.count(images, words.SPLITS.get(split, f"{split} photos").removesuffix("s"))


def _rough(images: int, split: str) -> str:
    """Say that a figure of few photos is rough; "" for many, and for training photos."""
    if split not in HELD_OUT or not 0 < images < _FEW:
        return ""
    return (f"Only {_counted(images, split)}: the figure is rough, and other photos would give "
            f"another one. ")


def _agreement(metrics: Metrics) -> Headline | None:
    for split in HELD_OUT:
        value = metrics.agreement.get(f"network_pseudo/{split}")
        if value is not None:
            counts = metrics.data.counts.get(split) if metrics.data else None
            images = counts.photos if counts else 0
            place = _counted(images, split) if images else words.SPLITS[split]
            return Headline(value=words.score(value), meaning=f"{_rough(images, split)}{_NO_MASKS}",
                            kind="agreement",
                            what=f"agreement of the network with its pseudo masks on {place} "
                                 "(mean IoU)")
    return None


def _tagging(metrics: Metrics) -> Headline | None:
    tags = metrics.tags
    if tags is None or tags.mean_average_precision is None:
        return None
    place = _counted(tags.images, tags.split) if tags.split in words.SPLITS else "held-out photos"
    return Headline(value=words.score(tags.mean_average_precision),
                    meaning=f"{_rough(tags.images, tags.split)}{_TAGS_ONLY}",
                    kind="tags",
                    what=f"mean average precision of the tags on {place}")


def _largest(shares: np.ndarray, most: int, least: float) -> list[tuple[float, int, int]]:
    """Return the largest entries of a table as (share, row, column), largest first."""
    order = np.argsort(-shares, axis=None, kind="stable")[:most]
    places = [np.unravel_index(int(index), shares.shape) for index in order]
    return [(float(shares[row, column]), int(row), int(column)) for row, column in places
            if shares[row, column] >= least]
