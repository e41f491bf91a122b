"""What was found, in words: a sentence, what to do about it, and the photos that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tag2mask.data.dataset import Dataset
from tag2mask.diagnosis.co_occurrence import Pair
from tag2mask.diagnosis.map_confusion import CONFUSED, FEWEST, Confusion
from tag2mask.diagnosis.near_duplicates import Copy
from tag2mask.diagnosis.wrong_tags import FEWEST as FEWEST_TAGGED
from tag2mask.diagnosis.wrong_tags import Suspect
from tag2mask.pages.words import count, join

_SHOTS = 6
"""Pictures of one finding."""


@dataclass(frozen=True)
class Shot:
    """A picture: index of a photo, what stands below it, the class whose map is laid over it."""

    photo: int
    caption: str
    heat: int | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    what: str
    """A sentence."""
    advice: str
    """What to do about it."""
    shots: tuple[Shot, ...]
    """Photos that show it."""
    figures: dict[str, Any]
    """The numbers behind it, for programs."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One thing that was looked for."""

    name: str
    """As in diagnosis.json."""
    title: str
    """As on the page."""
    intro: str
    """What was looked for and why it matters."""
    findings: list[Finding] = field(default_factory=list)
    """The most important first."""
    note: str = ""
    """What could not be looked for, or was left out."""


def tied_tags(dataset: Dataset, shown: Sequence[int], pairs: Sequence[Pair]) -> Section:
    """Tell of tags that hardly ever occur apart."""
    return Section(
        name="tied_tags", title="Tags that hardly ever occur apart",
        intro="Where a class is only ever seen beside another, nothing tells a classifier which "
              "of the two it is, and its map may lie on the wrong one.",
        findings=[_tied(dataset, shown, pair) for pair in pairs],
        note="" if len(dataset.classes) > 1 else "With one class there are no pairs of tags.",
    )


def _tied(dataset: Dataset, shown: Sequence[int], pair: Pair) -> Finding:
    tag, other = dataset.classes[pair.tag], dataset.classes[pair.other]
    alone, theirs = pair.photos - pair.together, pair.others - pair.together
    few = f"only {count(theirs, 'photo')} so far" if theirs else "none so far"
    both = [n for n in shown if {pair.tag, pair.other} <= set(dataset.photos[n].tags)]
    return Finding(
        what=f"{pair.share:.0%} of the {count(pair.photos, 'photo')} with {tag} also have {other}; "
             f"{count(alone, 'photo')} with {tag} alone.",
        advice=f"Add some twenty photos of {tag} without {other}"
               + (f", and of {other} without {tag} ({few})." if theirs < pair.together
                  else ", or give both one tag if you need not tell them apart."),
        shots=tuple(Shot(n, dataset.photos[n].name) for n in both[:_SHOTS]),
        figures={"tag": tag, "other": other, "photos": pair.photos, "together": pair.together,
                 "share": round(pair.share, 4), "low": round(pair.low, 4),
                 "lift": round(pair.lift, 2)},
    )


def confused_maps(dataset: Dataset, measured: Sequence[Confusion]) -> Section:
    """Tell of classes whose map falls on what stands beside them."""
    found = [one for one in measured if one.share >= CONFUSED]
    return Section(
        name="confused_maps", title="Maps that fall on the thing beside",
        intro="On photos with two classes: how much of where the one's map is strongest has a "
              "stronger map of the other.",
        findings=[_confused(dataset, one) for one in found],
        note=f"{count(len(measured), 'pair')} measured: those that at least {FEWEST} photos with "
             "maps have.",
    )


def _confused(dataset: Dataset, one: Confusion) -> Finding:
    tag, other = dataset.classes[one.pair.tag], dataset.classes[one.pair.other]
    shots = [Shot(n, f"{name} on {dataset.photos[n].name}", k)
             for n, _ in one.photos[:_SHOTS // 2]
             for name, k in ((tag, one.pair.tag), (other, one.pair.other))]
    return Finding(
        what=f"{one.share:.0%} of where {tag} is seen belongs to {other}, on the "
             f"{count(len(one.photos), 'photo')} with both.",
        advice=f"Look whether the maps of {tag} lie on {other}; if so, add photos of {tag} without "
               f"{other}, or let masks be drawn of a few.",
        shots=tuple(shots),
        figures={"tag": tag, "other": other, "share": round(one.share, 4),
                 "photos": len(one.photos)},
    )


def given_tags(dataset: Dataset, found: Sequence[Suspect], note: str) -> Section:
    """Tell of given tags that a classifier which did not see them doubts."""
    return Section(
        name="wrong_tags", title="Given tags that are probably wrong",
        intro="A classifier that did not see the tags of these photos thinks them no more likely "
              "to show the class than most photos without it. The most surprising come first. "
              "Small and hidden things are among them: those tags are right, but little is "
              "learned from such photos.",
        findings=[_doubted(dataset, one) for one in found if one.given], note=note,
    )


def missing_tags(dataset: Dataset, found: Sequence[Suspect], note: str) -> Section:
    """Tell of tags that are probably missing."""
    return Section(
        name="missing_tags", title="Tags that are probably missing",
        intro="A classifier that did not see the tags of these photos is as sure of the class as "
              "on most photos that have it. The most surprising come first.",
        findings=[_doubted(dataset, one) for one in found if not one.given], note=note,
    )


def judging_note(dataset: Dataset, skipped: Sequence[str]) -> str:
    """Say which tags could not be judged."""
    if not dataset.classes:
        return "There are no tags to judge."
    return f"Not judged, since fewer than {FEWEST_TAGGED} photos have or lack it: " \
        f"{join(skipped)}." if skipped else ""


def _doubted(dataset: Dataset, one: Suspect) -> Finding:
    photo, tag = dataset.photos[one.photo], dataset.classes[one.tag]
    own = ", ".join(dataset.classes[k] for k in photo.tags) or "no tag"
    if one.given:
        what = f"{tag} is given, but its probability is {one.probability:.1%}."
        advice = f"Take {tag} away, unless it is there."
    else:
        what = f"{tag} is missing, but its probability is {one.probability:.1%}."
        advice = f"Add {tag}, if it is there."
    return Finding(
        what=what, advice=advice, shots=(Shot(one.photo, f"{photo.name}: {own}"),),
        figures={"photo": photo.name, "split": photo.split, "tag": tag, "given": one.given,
                 "probability": round(one.probability, 4), "surprise": round(one.surprise, 3)},
    )


def leaks(dataset: Dataset, copies: Sequence[Copy], groups: Sequence[Sequence[int]]) -> Section:
    """Tell of photos in different splits that are nearly the same."""
    found = [group for group in groups if len({dataset.photos[n].split for n in group}) > 1]
    return Section(
        name="leaks", title="Photos that are nearly the same in two splits",
        intro="Scores on a held-out photo flatter if a copy of it was learned from.",
        findings=[_copied(dataset, copies, group) for group in found],
    )


def contradictions(dataset: Dataset, copies: Sequence[Copy],
                   groups: Sequence[Sequence[int]]) -> Section:
    """Tell of photos in one split that are nearly the same and have different tags."""
    inside = [group for group in groups if len(group) > 1
              and len({dataset.photos[n].split for n in group}) == 1]
    odd = [group for group in inside if len({dataset.photos[n].tags for n in group}) > 1]
    rest = len(inside) - len(odd)
    return Section(
        name="contradictions", title="Photos that are nearly the same with different tags",
        intro="In one split; of two copies with different tags at least one is wrong.",
        findings=[_copied(dataset, copies, group) for group in odd],
        note=f"{count(rest, 'more group')} of copies in one split have the same tags: they only "
             "count more than once." if rest else "",
    )


def _copied(dataset: Dataset, copies: Sequence[Copy], group: Sequence[int]) -> Finding:
    photos = [dataset.photos[n] for n in group]
    splits = list(dict.fromkeys(photo.split for photo in photos))
    own = [copy for copy in copies if copy.first in group]
    leak, odd = len(splits) > 1, len({photo.tags for photo in photos}) > 1
    where = f"in {join(splits)}" if leak else f"all in {splits[0]}"
    advice = "Put all of them into one split." if leak else ""
    advice += " Give them the same tags, or take one out." if odd else ""
    return Finding(
        what=f"{count(len(group), 'photo')} nearly the same, {where}"
             f"{', mirrored' if any(copy.mirrored for copy in own) else ''}"
             f"{', with different tags' if odd else ''}.",
        advice=advice.strip(),
        shots=tuple(_labelled(dataset, n) for n in _spread(dataset, group)),
        figures={"photos": [photo.name for photo in photos], "splits": splits,
                 "different_tags": odd, "likeness": round(max(c.likeness for c in own), 4)},
    )


def _labelled(dataset: Dataset, n: int) -> Shot:
    photo = dataset.photos[n]
    own = ", ".join(dataset.classes[k] for k in photo.tags) or "no tag"
    return Shot(n, f"{photo.name} ({photo.split}): {own}")


def _spread(dataset: Dataset, group: Sequence[int]) -> list[int]:
    """Take the first of every split and tags, then others."""
    kinds = {(dataset.photos[n].split, dataset.photos[n].tags): n for n in reversed(group)}
    first = sorted(kinds.values())
    return [*first, *(n for n in group if n not in first)][:_SHOTS]
