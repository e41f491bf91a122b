"""Rows of a comparison: one per recipe, with its figures over the seeds and their protocol."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tag2mask.comparison.cells import Outcome
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.protocol import RowProtocol
from tag2mask.pages import words
from tag2mask.run_folder.records import Figure, Metrics
from tag2mask.stages import STAGES


@dataclass(frozen=True)
class Spread:
    """A figure over seeds.

    Attributes:
        mean: the mean.
        deviation: the standard deviation; None for one seed.
        count: number of seeds.
    """

    mean: float
    deviation: float | None
    count: int


@dataclass(frozen=True)
class Row:
    """A recipe in a table.

    Attributes:
        recipe: the recipe.
        figures: by the name of the measure, see `MEASURES` in sheets.py.
        protocol: of the headline figure; None where there is none.
        classes: IoU of each class of the headline figure, in [0, 1], the mean over the seeds; None
            where unknown.
        interval: bootstrap interval of the mIoU on photos that were labelled for this comparison,
            in per cent.
    """

    recipe: Recipe
    figures: Mapping[str, Spread]
    protocol: RowProtocol | None
    classes: Mapping[str, float | None] = field(default_factory=dict)
    interval: tuple[float, float] | None = None

    def condition(self, name: str) -> str:
        """Return a condition of the protocol in words; "unknown" without a protocol."""
        return self.protocol.words(name) if self.protocol else "unknown"


def headline_of(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    """Return the figure that recipes are compared by, as (what, split); ("", "") without masks."""
    known = {(figure.what, figure.split) for outcome in outcomes
             for figure in outcome.metrics.figures if figure.miou is not None}
    order = [("network", "test"), ("network", "val"), ("network", "train")]
    return next((key for key in order if key in known), ("", ""))


def make_row(recipe: Recipe, outcomes: Sequence[Outcome], headline: tuple[str, str]) -> Row:
    """Summarise the seeds of one recipe.

    Args:
        recipe: the recipe.
        outcomes: the outcomes of its seeds, without failed ones; at least one.
        headline: from `headline_of`.
    """
    measured = [_measures(outcome.metrics, headline) for outcome in outcomes]
    figures = {
        name: _spread([own[name] for own in measured if name in own])
        for name in dict.fromkeys(name for own in measured for name in own)
    }
    found = [f for o in outcomes if (f := _figure(o.metrics, *headline, oracle=None))]
    protocol = RowProtocol.of(found[0]) if found else None
    return Row(recipe, figures, protocol, _mean_by_class(found))


def _measures(metrics: Metrics, headline: tuple[str, str]) -> dict[str, float]:
    """Return the figures of one cell, in per cent, minutes and GB."""
    network = _figure(metrics, *headline, oracle=None)
    figures = {
        "network": network,
        "bound": _figure(metrics, words.BOUND, headline[1], oracle=True),
        "pseudo_masks": _figure(metrics, "pseudo_masks", "train"),
        "pseudo_masks_oracle": _figure(metrics, "pseudo_masks", "train", oracle=True),
        "maps": _figure(metrics, "maps", "train"),
        "maps_oracle": _figure(metrics, "maps", "train", oracle=True),
    }
    found = {name: 100 * figure.miou for name, figure in figures.items()
             if figure and figure.miou is not None}
    if network and network.masks and network.masks.boundary_iou is not None:
        found["boundary"] = 100 * network.masks.boundary_iou
    trained = [stage.name for stage in STAGES if stage.shared]
    costs = metrics.stages
    found["minutes"] = sum(costs[name].seconds for name in trained if name in costs) / 60
    memory = max((cost.peak_memory_mb for cost in costs.values()), default=0)
    return found | {"memory": memory / 1000}


def _figure(
    metrics: Metrics, what: str, split: str, *, oracle: bool | None = False
) -> Figure | None:
    """Find a figure; `oracle` None accepts either way of choosing the threshold."""
    for figure in metrics.figures:
        if (figure.what, figure.split) == (what, split) and oracle in (None, figure.oracle):
            return figure
    return None


def _spread(values: Sequence[float]) -> Spread:
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Spread(statistics.mean(values), deviation, len(values))


def _mean_by_class(figures: Sequence[Figure]) -> dict[str, float | None]:
    names = dict.fromkeys(name for figure in figures for name in figure.iou)
    scores = {name: [score for f in figures if (score := f.iou.get(name)) is not None]
              for name in names}
    return {name: statistics.mean(values) if values else None for name, values in scores.items()}
