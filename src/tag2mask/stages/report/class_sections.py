"""The parts of the report that go class by class: bars, and what is taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from tag2mask.data import Dataset
from tag2mask.pages import words
from tag2mask.pages.words import Figure, number
from tag2mask.pictures.colours import UNDECIDED, class_colours, css
from tag2mask.stages.report import findings
from tag2mask.stages.report.class_figures import Bar, class_bars, confusion_map

Metrics = Mapping[str, Any]

_MOST_IN_CONFUSION = 24
_TWO_COLUMNS_FROM = 10


def bars(metrics: Metrics, dataset: Dataset, shown: Figure) -> list[Markup]:
    """Bars of the headline figure per class, with the pseudo masks' score as a tick."""
    rival = findings.find(metrics, "pseudo_masks", [str(shown.get("split"))])
    marks = (rival or {}).get("iou") or {} if shown.get("what") == "network" else {}
    photos = training_photos(dataset)
    rows = [Bar(name, number(value), number(marks.get(name)), colour_of(name, dataset),
                words.count(photos[name], "training photo") if name in photos else "")
            for name, value in (shown.get("iou") or {}).items() if number(value) is not None]
    return _columns(rows, title="IoU of each class", value_name="IoU",
                    mark_name="pseudo masks" if marks else "")


def absent(shown: Figure, *, most: int = 15) -> list[str]:
    """Classes without an IoU, because they are neither on the photos nor on the masks."""
    names = [name for name, value in (shown.get("iou") or {}).items() if number(value) is None]
    return names if len(names) <= most else [*names[:most], f"and {len(names) - most} more"]


def ratio(metrics: Metrics, shown: Figure) -> str:
    """Say how much of its pseudo masks' score the network reaches on the same photos, or ""."""
    rival = findings.find(metrics, "pseudo_masks", [str(shown.get("split"))])
    own, taught = number(shown.get("miou")), number((rival or {}).get("miou"))
    if shown.get("what") != "network" or own is None or not taught:
        return ""
    return f"Over all classes it reaches {100 * own / taught:.0f} % of the pseudo masks' score."


def tag_bars(metrics: Metrics, dataset: Dataset) -> list[Markup]:
    """Bars of the average precision of each tag."""
    scores = (metrics.get("tags") or {}).get("average_precision") or {}
    rows = [Bar(name, number(value), None, colour_of(name, dataset))
            for name, value in scores.items() if number(value) is not None]
    return _columns(rows, title="Average precision of each tag", value_name="average precision")


def _columns(rows: Sequence[Bar], *, title: str, value_name: str,
             mark_name: str = "") -> list[Markup]:
    """Draw the best first, in two columns where there are many."""
    order = sorted(rows, key=lambda bar: (-(bar.value or 0), bar.name))
    half = len(order) if len(order) < _TWO_COLUMNS_FROM else (len(order) + 1) // 2
    return [class_bars(order[start:start + half], title=title, value_name=value_name,
                       mark_name=mark_name) for start in range(0, len(order), half or 1)]


def confusion(metrics: Metrics, dataset: Dataset) -> dict[str, Any]:
    """The confusion of the best known masks on held-out photos, as a map and in words."""
    tables = metrics.get("confusion") or {}
    for key in ("network/val", "network/test", "pseudo_masks/val", "pseudo_masks/train"):
        names = ["background", *dataset.classes]
        if np.shape(tables.get(key) or ()) == (len(names), len(names)):
            return _confusion(tables[key], names, key)
    return {}


def _confusion(table: findings.Counts, names: Sequence[str], key: str) -> dict[str, Any]:
    what, _, split = key.partition("/")
    place = f"{words.SUBJECTS[what]}, {words.SPLITS[split]}"
    kept = _most_confused(table)
    shares = findings.shares_by_truth(table)[np.ix_(kept, kept)]
    return {"where": place, "dropped": len(names) - len(kept),
            "map": confusion_map(shares, [names[i] for i in kept], title=f"Confusion: {place}"),
            "lists": [entry for entry in (
                ("One class taken for another", "share of the first one's true area",
                 findings.confused(table, names)),
                ("Missed, taken for background", "share of the class's true area",
                 findings.missed(table, names)),
                ("Painted onto background", "share of what is painted as this class",
                 findings.overpainted(table, names))) if entry[2]]}


def _most_confused(table: findings.Counts) -> list[int]:
    """All labels that occur or, if too many, those whose pixels go wrong the most, in order."""
    counts = np.asarray(table, np.float64)
    occurs = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    if len(occurs) <= _MOST_IN_CONFUSION:
        return [int(label) for label in occurs] or [0]
    wrong = np.nan_to_num(findings.shares_by_truth(table))
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-(wrong.sum(axis=1) + wrong.sum(axis=0)), kind="stable")
    return sorted(int(label) for label in order[:_MOST_IN_CONFUSION])


def colour_of(name: str, dataset: Dataset) -> str:
    """The colour of a class by its name; grey for the background."""
    if name in dataset.classes:
        return css(class_colours()[dataset.classes.index(name) + 1])
    return css(np.array(UNDECIDED, np.uint8))


def training_photos(dataset: Dataset) -> Counter[str]:
    """How many training photos each class is on."""
    return Counter(dataset.classes[tag] for photo in dataset.photos if photo.split == "train"
                   for tag in photo.tags)
