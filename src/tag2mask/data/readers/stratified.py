"""Draw the photos to hold out so that every class is in both parts.

Photos are taken in the order of a hash of their names, class by class, the rarest class first. So
the result does not depend on the order of the files or on the machine. The idea is that of
iterative stratification (Sechidis et al., "On the Stratification of Multi-label Data", ECML 2011).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Generic, TypeVar

FEW = 3
"""Number of photos of a class below which none is held out for it."""

_NOTHING = ""
"""Stands for a tag on photos without any."""

Name = TypeVar("Name", bound=PurePosixPath | str)
"""A photo's path below the root."""

Share = Callable[[PurePosixPath | str], float]
"""Returns a number in [0, 1) that depends only on the path."""


@dataclass(frozen=True, slots=True)
class _Unit(Generic[Name]):
    """Photos that stay together: a group, or one photo."""

    paths: Sequence[Name]
    tags: Counter[str]
    """Number of its photos with each tag."""
    group: str = ""


def draw(
    given: Mapping[Name, str | None], *, tags: Mapping[Name, frozenset[str]],
    groups: Mapping[Name, str], share: float, hashed: Share,
) -> set[Name]:
    """Choose the photos to hold out among those without a split.

    Every class with at least `FEW` photos is held out with about `share` of its photos, but at
    least one, and keeps at least two training photos. Photos of one group are held out together,
    so a class that occurs in a single group may be missing in one part.

    Args:
        given: the photos' paths below the root, and their splits; None for unspecified splits.
        tags: tags of the same photos.
        groups: the group of the photos that have one.
        share: share of the photos to hold out.
        hashed: decides the order.
    """
    units: dict[str, list[_Unit[Name]]] = defaultdict(list)
    for unit in _units(given, tags, groups, hashed):
        for tag in unit.tags:
            units[tag].append(unit)
    free = _counted(given, tags, None)
    left = free + _counted(given, tags, "train")
    known = _counted(given, tags, "val")
    have, held = Counter[str](), set[Name]()
    for tag in sorted(free, key=lambda name: (free[name], name)):
        wanted = int(free[tag] * share + 0.5) or int(left[tag] >= FEW and not known[tag])
        for most in (2 * wanted, left[tag]):  # first the groups that do not hold out far too many
            for unit in units[tag]:
                if have[tag] >= wanted:
                    break
                fits = have[tag] + unit.tags[tag] <= most and unit.paths[0] not in held
                if fits and all(left[t] - n >= FEW - 1 for t, n in unit.tags.items()):
                    held.update(unit.paths)
                    have.update(unit.tags)
                    left.subtract(unit.tags)
    return held


def _units(
    given: Mapping[Name, str | None], tags: Mapping[Name, frozenset[str]],
    groups: Mapping[Name, str], hashed: Share,
) -> Sequence[_Unit[Name]]:
    """Return the photos without a split in the order in which they are drawn."""
    together: dict[str, list[Name]] = defaultdict(list)
    units: list[_Unit[Name]] = []
    counts = {own: Counter(own or (_NOTHING,)) for own in set(tags.values())}
    for path, split in given.items():
        if split is not None:
            continue
        if group := groups.get(path):
            together[group].append(path)
        else:
            units.append(_Unit((path,), counts[tags[path]]))
    units += [_Unit(paths, _counts(paths, tags), group) for group, paths in together.items()]
    return sorted(units, key=lambda unit: (
        hashed(PurePosixPath(unit.group) if unit.group else unit.paths[0]),
        f"{unit.group}/{unit.paths[0]}",
    ))


def _counted(
    given: Mapping[Name, str | None], tags: Mapping[Name, frozenset[str]], split: str | None
) -> Counter[str]:
    return _counts([path for path, one in given.items() if one == split], tags)


def _counts(paths: Sequence[Name], tags: Mapping[Name, frozenset[str]]) -> Counter[str]:
    return Counter(tag for path in paths for tag in tags[path] or (_NOTHING,))
