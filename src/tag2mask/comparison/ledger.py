"""What the cells came to: one row per recipe, over its seeds, with the protocol it stands under."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tag2mask.comparison.cells import Outcome
from tag2mask.comparison.grid import Recipe
from tag2mask.stages import STAGES

PROTOCOL = ("split", "images", "tags", "oracle", "pretraining", "outside_help", "scales", "flip")
"""What rows of one table must have in common; the choices of the grid are what they differ in."""


@dataclass(frozen=True)
class Spread:
    """A figure over seeds: its mean, its standard deviation, and how many there are."""

    mean: float
    deviation: float | None
    count: int


@dataclass(frozen=True)
class Row:
    """A recipe in the table.

    Attributes:
        recipe: what was done.
        figures: by the name of the measure.
        protocol: of the headline figure.
        classes: IoU by class of the headline figure, mean over the seeds; None where unknown.
        interval: lowest and highest mIoU on photos that were labelled for this, by the bootstrap.
    """

    recipe: Recipe
    figures: Mapping[str, Spread]
    protocol: Mapping[str, Any]
    classes: Mapping[str, float | None] = field(default_factory=dict)
    interval: tuple[float, float] | None = None


def headline_of(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    """Say which figure recipes are compared by: (what, split); ("", "") where no mask exists."""
    known = {(figure["what"], figure["split"]) for outcome in outcomes
             for figure in outcome.metrics.get("figures", []) if figure["miou"] is not None}
    order = [("network", "test"), ("network", "val"), ("network", "train")]
    return next((key for key in order if key in known), ("", ""))


def make_row(recipe: Recipe, outcomes: Sequence[Outcome], headline: tuple[str, str]) -> Row:
    """Sum up what the seeds of one recipe came to.

    Args:
        recipe: theirs.
        outcomes: of its seeds, without the failed ones; at least one.
        headline: from `headline_of`.
    """
    measured = [_measures(outcome.metrics, headline) for outcome in outcomes]
    figures = {
        name: _spread([own[name] for own in measured if name in own])
        for name in dict.fromkeys(name for own in measured for name in own)
    }
    leading = [f for o in outcomes if (f := _figure(o.metrics, *headline, oracle=None))]
    protocol = {key: leading[0].get(key) for key in PROTOCOL} if leading else {}
    return Row(recipe, figures, protocol, _mean_by_class(leading))


def _measures(metrics: Mapping[str, Any], headline: tuple[str, str]) -> dict[str, float]:
    """Read the figures of one cell, in per cent, minutes and GB."""
    wanted = {
        "network": _figure(metrics, *headline, oracle=None),
        "pseudo_masks": _figure(metrics, "pseudo_masks", "train"),
        "pseudo_masks_oracle": _figure(metrics, "pseudo_masks", "train", oracle=True),
        "maps": _figure(metrics, "maps", "train"),
        "maps_oracle": _figure(metrics, "maps", "train", oracle=True),
    }
    found = {name: 100 * figure["miou"] for name, figure in wanted.items()
             if figure and figure["miou"] is not None}
    if (edges := (wanted["network"] or {}).get("boundary_iou")) is not None:
        found["boundary"] = 100 * edges
    stages = metrics.get("stages", {})
    trained = [stage.name for stage in STAGES if stage.shared]
    found["minutes"] = sum(stages[name]["seconds"] for name in trained if name in stages) / 60
    memory = max((stage["peak_memory_mb"] for stage in stages.values()), default=0)
    return found | {"memory": memory / 1000}


def _figure(
    metrics: Mapping[str, Any], what: str, split: str, *, oracle: bool | None = False
) -> Mapping[str, Any] | None:
    """Find a figure; `oracle` None takes it whichever way its threshold was chosen."""
    for figure in metrics.get("figures", []):
        same = figure["what"] == what and figure["split"] == split
        if same and oracle in (None, figure["oracle"]):
            return figure  # type: ignore[no-any-return]
    return None


def _spread(values: Sequence[float]) -> Spread:
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Spread(statistics.mean(values), deviation, len(values))


def _mean_by_class(figures: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    names = dict.fromkeys(name for figure in figures for name in figure.get("iou", {}))
    told = {name: [f["iou"][name] for f in figures if f["iou"].get(name) is not None]
            for name in names}
    return {name: statistics.mean(values) if values else None for name, values in told.items()}
