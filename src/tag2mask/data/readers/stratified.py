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

FEW = 3
"""Number of photos of a class below which none is held out for it."""

_NOTHING = ""
"""Stands for a tag on photos without any."""

Share = Callable[[PurePosixPath], float]
"""Returns a number in [0, 1) that depends only on the path."""


@dataclass(frozen=True)
class _Unit:
    """Photos that stay together: a group, or one photo."""

    paths: tuple[PurePosixPath, ...]
    tags: Counter[str]
    """Number of its photos with each tag."""
    rank: tuple[float, str]


def draw(
    given: Mapping[PurePosixPath, str | None], *, tags: Mapping[PurePosixPath, frozenset[str]],
    groups: Mapping[PurePosixPath, str], share: float, hashed: Share,
) -> set[PurePosixPath]:
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
    units = _units(given, tags, groups, hashed)
    free = sum((unit.tags for unit in units), Counter[str]())
    left = free + _counted(given, tags, "train")
    known = _counted(given, tags, "val")
    have, held = Counter[str](), set[PurePosixPath]()
    for tag in sorted(free, key=lambda name: (free[name], name)):
        wanted = int(free[tag] * share + 0.5) or int(left[tag] >= FEW and not known[tag])
        own = [unit for unit in units if unit.tags[tag]]
        for most in (2 * wanted, left[tag]):  # first the groups that do not hold out far too many
            for unit in own:
                if have[tag] >= wanted:
                    break
                fits = have[tag] + unit.tags[tag] <= most and unit.paths[0] not in held
                if fits and all(left[t] - n >= FEW - 1 for t, n in unit.tags.items()):
                    held.update(unit.paths)
                    have.update(unit.tags)
                    left.subtract(unit.tags)
    return held


def _units(
    given: Mapping[PurePosixPath, str | None], tags: Mapping[PurePosixPath, frozenset[str]],
    groups: Mapping[PurePosixPath, str], hashed: Share,
) -> Sequence[_Unit]:
    """Return the photos without a split in the order in which they are drawn."""
    together: dict[tuple[str, PurePosixPath], list[PurePosixPath]] = defaultdict(list)
    for path, split in given.items():
        if split is None:
            group = groups.get(path, "")
            together[group, PurePosixPath() if group else path].append(path)
    units = [
        _Unit(paths=tuple(sorted(paths)), tags=_counts(paths, tags),
              rank=(hashed(PurePosixPath(group)) if group else hashed(path), f"{group}/{path}"))
        for (group, path), paths in together.items()
    ]
    return sorted(units, key=lambda unit: unit.rank)


def _counted(
    given: Mapping[PurePosixPath, str | None], tags: Mapping[PurePosixPath, frozenset[str]],
    split: str,
) -> Counter[str]:
    return _counts([path for path, one in given.items() if one == split], tags)


def _counts(
    paths: Sequence[PurePosixPath], tags: Mapping[PurePosixPath, frozenset[str]]
) -> Counter[str]:
    return Counter(tag for path in paths for tag in tags[path] or (_NOTHING,))
