"""Findings about near-duplicates: in different splits, or with different tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tag2mask.data.dataset import Dataset
from tag2mask.diagnosis.findings import MOST_SHOTS, Figures, Finding, Section, Shot
from tag2mask.diagnosis.near_duplicates import Copy
from tag2mask.diagnosis.tag_findings import tags_in_words
from tag2mask.pages.words import count, join


@dataclass(frozen=True, kw_only=True)
class CopyFigures(Figures):
    """The numbers of a group of near-duplicates; the likeness is the largest of all pairs."""

    photos: tuple[str, ...]
    splits: tuple[str, ...]
    different_tags: bool
    likeness: float


def leaks(dataset: Dataset, copies: Sequence[Copy], groups: Sequence[Sequence[int]]) -> Section:
    """Report near-duplicates in different splits.

    Args:
        dataset: the data set.
        copies: as returned by `find_copies`.
        groups: as returned by `groups_of`.
    """
    return Section(
        name="leaks", title="Near-duplicates in different splits",
        intro="The score on a held-out photo is too high if a near-duplicate of it was used for "
              "training.",
        findings=[_copied(dataset, copies, group) for group in groups
                  if len(_splits(dataset, group)) > 1],
    )


def contradictions(dataset: Dataset, copies: Sequence[Copy],
                   groups: Sequence[Sequence[int]]) -> Section:
    """Report near-duplicates in one split with different tags; arguments as for `leaks`."""
    inside = [group for group in groups if len(group) > 1 and len(_splits(dataset, group)) == 1]
    different = [group for group in inside if _differ(dataset, group)]
    rest = len(inside) - len(different)
    return Section(
        name="contradictions", title="Near-duplicates with different tags",
        intro="Within one split. If two near-duplicates have different tags, at least one of them "
              "is probably wrong.",
        findings=[_copied(dataset, copies, group) for group in different],
        note=f"{count(rest, 'more group')} of near-duplicates in one split have the same tags. "
             "Their only effect is that these photos have more weight." if rest else "",
    )


def _copied(dataset: Dataset, copies: Sequence[Copy], group: Sequence[int]) -> Finding:
    splits, differ = _splits(dataset, group), _differ(dataset, group)
    own = [copy for copy in copies if copy.first in group]
    leak = len(splits) > 1
    where = f"in {join(splits)}" if leak else f"all in {splits[0]}"
    advice = "Put all of them into one split." if leak else ""
    advice += " Give them the same tags, or remove one of them." if differ else ""
    return Finding(
        what=f"{count(len(group), 'photo')} are near-duplicates, {where}"
             f"{', mirrored' if any(copy.mirrored for copy in own) else ''}"
             f"{', with different tags' if differ else ''}.",
        advice=advice.strip(),
        shots=tuple(_labelled(dataset, n) for n in _diverse(dataset, group)),
        figures=CopyFigures(photos=tuple(dataset.photos[n].name for n in group),
                            splits=tuple(splits), different_tags=differ,
                            likeness=round(max(copy.likeness for copy in own), 4)),
    )


def _splits(dataset: Dataset, group: Sequence[int]) -> list[str]:
    return list(dict.fromkeys(dataset.photos[n].split for n in group))


def _differ(dataset: Dataset, group: Sequence[int]) -> bool:
    return len({dataset.photos[n].tags for n in group}) > 1


def _labelled(dataset: Dataset, n: int) -> Shot:
    photo = dataset.photos[n]
    return Shot(n, f"{photo.name} ({photo.split}): {tags_in_words(dataset, photo)}")


def _diverse(dataset: Dataset, group: Sequence[int]) -> list[int]:
    """Return the first photo of every combination of split and tags, then other photos."""
    kinds = {(dataset.photos[n].split, dataset.photos[n].tags): n for n in reversed(group)}
    first = sorted(kinds.values())
    return [*first, *(n for n in group if n not in first)][:MOST_SHOTS]
