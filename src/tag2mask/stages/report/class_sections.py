"""The parts of the report by class: bars, and confused classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from tag2mask.data import Dataset
from tag2mask.pages import words
from tag2mask.pictures.colours import UNDECIDED, class_colours, css
from tag2mask.run_folder.records import Figure, Metrics
from tag2mask.stages.report import findings
from tag2mask.stages.report.class_figures import Bar, class_bars, confusion_map

_MOST_IN_CONFUSION = 24
_TWO_COLUMNS_FROM = 10


@dataclass(frozen=True)
class Confusion:
    """Confused classes, as a map and in words.

    Attributes:
        where: the masks and photos that were compared, in words.
        dropped: classes left out of the map.
        map: the drawing of the confusion matrix.
        lists: (heading, unit, entries) of the largest confusions.
    """

    where: str
    dropped: int
    map: Markup
    lists: tuple[tuple[str, str, list[str]], ...]


def bars(metrics: Metrics, dataset: Dataset, shown: Figure) -> list[Markup]:
    """Draw the headline figure per class as bars, with the score of the pseudo masks as a tick."""
    rival = _rival(metrics, shown)
    marks = rival.iou if rival else {}
    photos = training_photos(dataset)
    rows = [Bar(name, value, marks.get(name), colour_of(name, dataset),
                words.count(photos[name], "training photo") if name in photos else "")
            for name, value in shown.iou.items() if value is not None]
    return _columns(rows, title="IoU of each class", value_name="IoU",
                    mark_name="pseudo masks" if marks else "")


def absent(shown: Figure, *, most: int = 15) -> list[str]:
    """Return classes without an IoU, which occur neither in true nor in predicted masks."""
    names = [name for name, value in shown.iou.items() if value is None]
    return names if len(names) <= most else [*names[:most], f"and {len(names) - most} more"]


def ratio(metrics: Metrics, shown: Figure) -> str:
    """Return the network's score relative to its pseudo masks on the same photos, or "".

    The ratio can be above 100 %.
    """
    rival = _rival(metrics, shown)
    if rival is None or not rival.miou or shown.miou is None:
        return ""
    share = shown.miou / rival.miou
    return f"Over all classes it reaches {100 * share:.0f} % of the pseudo masks' score."


def _rival(metrics: Metrics, shown: Figure) -> Figure | None:
    """Return the figure of the pseudo masks on the photos of the network's figure."""
    if shown.what != "network":
        return None
    return findings.find(metrics, "pseudo_masks", [shown.split])


def tag_bars(metrics: Metrics, dataset: Dataset) -> list[Markup]:
    """Draw the average precision of each tag as bars."""
    scores = metrics.tags.average_precision if metrics.tags else {}
    rows = [Bar(name, value, None, colour_of(name, dataset))
            for name, value in scores.items() if value is not None]
    return _columns(rows, title="Average precision of each tag", value_name="average precision")


def _columns(rows: Sequence[Bar], *, title: str, value_name: str,
             mark_name: str = "") -> list[Markup]:
    """Draw bars, best first, in two columns if there are many."""
    order = sorted(rows, key=lambda bar: (-(bar.value or 0), bar.name))
    half = len(order) if len(order) < _TWO_COLUMNS_FROM else (len(order) + 1) // 2
    return [class_bars(order[start:start + half], title=title, value_name=value_name,
                       mark_name=mark_name) for start in range(0, len(order), half or 1)]


def confusion(metrics: Metrics, dataset: Dataset) -> Confusion | None:
    """Return the confusion of the most relevant masks, preferably on held-out photos."""
    tables = metrics.confusion
    for key in ("network/val", "network/test", "pseudo_masks/val", "pseudo_masks/train"):
        names = ["background", *dataset.classes]
        if np.shape(tables.get(key) or ()) == (len(names), len(names)):
            return _confusion(tables[key], names, key)
    return None


def _confusion(table: findings.Counts, names: Sequence[str], key: str) -> Confusion:
    what, _, split = key.partition("/")
    place = f"{words.SUBJECTS[what]}, {words.SPLITS[split]}"
    kept = _most_confused(table)
    shares = findings.shares_by_truth(table)[np.ix_(kept, kept)]
    lists = (
        ("One class predicted as another", "share of the first one's true area",
         findings.confused(table, names)),
        ("Missed, predicted as background", "share of the class's true area",
         findings.missed(table, names)),
        ("Predicted on background", "share of what is predicted as this class",
         findings.overpainted(table, names)))
    return Confusion(
        where=place, dropped=len(names) - len(kept),
        map=confusion_map(shares, [names[i] for i in kept], title=f"Confusion: {place}"),
        lists=tuple(entry for entry in lists if entry[2]),
    )


def _most_confused(table: findings.Counts) -> list[int]:
    """Return all labels that occur or, if too many, those with the most wrong pixels, in order."""
    counts = np.asarray(table, np.float64)
    occurs = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    if len(occurs) <= _MOST_IN_CONFUSION:
        return [int(label) for label in occurs] or [0]
    wrong = np.nan_to_num(findings.shares_by_truth(table))
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-(wrong.sum(axis=1) + wrong.sum(axis=0)), kind="stable")
    return sorted(int(label) for label in order[:_MOST_IN_CONFUSION])


def colour_of(name: str, dataset: Dataset) -> str:
    """Return the colour of a class by its name; grey for the background."""
    if name in dataset.classes:
        return css(class_colours()[dataset.classes.index(name) + 1])
    return css(np.array(UNDECIDED, np.uint8))


def training_photos(dataset: Dataset) -> Counter[str]:
    """Count the training photos of each class."""
    return Counter(dataset.classes[tag] for photo in dataset.photos if photo.split == "train"
                   for tag in photo.tags)
