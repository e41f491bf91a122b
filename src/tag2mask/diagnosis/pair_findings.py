"""Findings about pairs of classes: tags that rarely occur apart, and maps that are confused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tag2mask.data.dataset import Dataset
from tag2mask.diagnosis.co_occurrence import Pair
from tag2mask.diagnosis.findings import MOST_SHOTS, Figures, Finding, Section, Shot
from tag2mask.diagnosis.map_confusion import CONFUSED, FEWEST, Confusion
from tag2mask.pages.words import count


@dataclass(frozen=True, kw_only=True)
class TiedFigures(Figures):
    """The numbers of a tied pair, as in `Pair`; photos with `tag`, and with both."""

    tag: str
    other: str
    photos: int
    together: int
    share: float
    low: float
    lift: float


@dataclass(frozen=True, kw_only=True)
class ConfusedFigures(Figures):
    """The numbers of a confused map, as in `Confusion`; photos with both classes."""

    tag: str
    other: str
    share: float
    photos: int


def tied_tags(dataset: Dataset, shown: Sequence[int], pairs: Sequence[Pair]) -> Section:
    """Report tags that rarely occur apart.

    Args:
        dataset: the data set.
        shown: indices of the photos that the pairs were counted on.
        pairs: as returned by `tied`.
    """
    return Section(
        name="tied_tags", title="Tags that rarely occur apart",
        intro="If a class occurs only together with another, a classifier cannot separate the "
              "two, and the map of one may highlight the other.",
        findings=[_tied(dataset, shown, pair) for pair in pairs],
        note="" if len(dataset.classes) > 1 else "There is only one class, so there are no pairs.",
    )


def _tied(dataset: Dataset, shown: Sequence[int], pair: Pair) -> Finding:
    tag, other = dataset.classes[pair.tag], dataset.classes[pair.other]
    alone, other_alone = pair.photos - pair.together, pair.others - pair.together
    few = f"only {count(other_alone, 'photo')} so far" if other_alone else "none so far"
    both = [n for n in shown if {pair.tag, pair.other} <= set(dataset.photos[n].tags)]
    return Finding(
        what=f"{pair.share:.0%} of the {count(pair.photos, 'photo')} with {tag} also have {other}; "
             f"{count(alone, 'photo')} with {tag} alone.",
        advice=f"Add about 20 photos of {tag} without {other}"
               + (f", and of {other} without {tag} ({few})." if other_alone < pair.together
                  else ", or merge both into one class if you do not need to separate them."),
        shots=tuple(Shot(n, dataset.photos[n].name) for n in both[:MOST_SHOTS]),
        figures=TiedFigures(tag=tag, other=other, photos=pair.photos, together=pair.together,
                            share=round(pair.share, 4), low=round(pair.low, 4),
                            lift=round(pair.lift, 2)),
    )


def confused_maps(dataset: Dataset, measured: Sequence[Confusion]) -> Section:
    """Report classes whose map highlights another class on the same photo.

    Args:
        dataset: the data set.
        measured: all pairs, as returned by `confusions`.
    """
    return Section(
        name="confused_maps", title="Maps that highlight another class",
        intro="On photos with two classes: the share of the region where the map of one class is "
              "strongest in which the map of the other class is stronger still.",
        findings=[_confused(dataset, one) for one in measured if one.share >= CONFUSED],
        note=f"{count(len(measured), 'pair')} measured. Only pairs that occur on at least {FEWEST} "
             "photos with maps are measured.",
    )


def _confused(dataset: Dataset, one: Confusion) -> Finding:
    tag, other = dataset.classes[one.pair.tag], dataset.classes[one.pair.other]
    shots = [Shot(n, f"{name} on {dataset.photos[n].name}", k)
             for n, _ in one.photos[:MOST_SHOTS // 2]
             for name, k in ((tag, one.pair.tag), (other, one.pair.other))]
    return Finding(
        what=f"On the {count(len(one.photos), 'photo')} with {tag} and {other}, the map of {other} "
             f"is stronger in {one.share:.0%} of the region where {tag} is strongest.",
        advice=f"Check whether the maps of {tag} highlight {other}. If so, add photos of {tag} "
               f"without {other}, or masks of a few photos.",
        shots=tuple(shots),
        figures=ConfusedFigures(tag=tag, other=other, share=round(one.share, 4),
                                photos=len(one.photos)),
    )
