"""Inspect a data set: its contents, and problems that affect training and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import SPLITS, Dataset, Photo, Problem
from tag2mask.data.duplicates import same_files
from tag2mask.data.learning_checks import learning_warnings, shortened
from tag2mask.data.photos import photo_size

FEW_PHOTOS = 20
"""Number of training photos below which a class is called rare."""

_TIED_PAIRS = 10
_MANY = 5
"""Number of classes with the same problem above which they share a sentence."""


@dataclass(frozen=True, kw_only=True)
class TiedPair:
    """A pair of tags, and the frequency of the second among photos with the first."""

    tag: str
    """The first tag."""
    other: str
    """The second tag."""
    share: float
    """Share of the photos with `tag` that also have `other`, above 0 up to 1."""
    photos: int
    """Number of photos with both."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Inspection:
    """The report of `tag2mask inspect`; dicts by split contain only splits with photos."""

    splits: dict[str, int]
    """Number of photos by split."""
    sizes: tuple[tuple[int, int], ...]
    """(H, W) in pixels of the smallest, the median and the largest photo by area; () if empty."""
    tag_counts: dict[str, dict[str, int]]
    """Number of photos by class, then by split."""
    co_occurrence: npt.NDArray[np.int64]
    """(K, K): number of photos with both tags; on the diagonal, with the one tag."""
    tied: tuple[TiedPair, ...]
    """The ten pairs with the largest share, in descending order."""
    untagged: dict[str, int]
    """Number of photos without tags, by split."""
    masks: dict[str, int]
    """Number of photos with a mask for scoring, by split."""
    rare: tuple[str, ...]
    """Classes with fewer than `FEW_PHOTOS` training photos."""
    absent_from_val: tuple[str, ...]
    """Classes without a val photo, which cannot be evaluated."""
    inseparable: tuple[tuple[str, str], ...]
    """Pairs of classes that always occur together: no classifier can distinguish them."""
    duplicates: tuple[tuple[str, str], ...]
    """Names of photos in different splits with byte-identical files."""
    contradicting: tuple[tuple[str, str], ...]
    """Names of photos with different tags and byte-identical files."""
    problems: tuple[Problem, ...]
    """The data set's problems, and photos whose size cannot be read."""
    learning: tuple[str, ...] = ()
    """Limits of training, model selection and evaluation with these data, a sentence each."""
    held_out: str = ""
    """How many photos of each class are held out, if the splits were drawn."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings besides the problems, a sentence each."""
        messages = [*self.learning, *self._few(), *self._unmeasured()]
        messages += [
            f"{a} and {b} only occur together: photos with just one of them are needed."
            for a, b in self.inseparable
        ]
        messages += [
            f"{a} and {b} are the same file in two splits: scores will flatter."
            for a, b in self.duplicates
        ]
        messages += [
            f"{a} and {b} are the same file with different tags: keep the right one."
            for a, b in self.contradicting
        ]
        return tuple(messages)

    def _few(self) -> list[str]:
        """Report classes with few training photos; those without any are reported elsewhere."""
        counts = {name: self.tag_counts[name].get("train", 0) for name in self.rare}
        few = sorted((count, name) for name, count in counts.items() if count)
        if len(few) > _MANY:
            names = shortened([f"{name} ({count})" for count, name in few])
            return [f"{len(few):,} classes have fewer than {FEW_PHOTOS} training photos; expect "
                    f"little of them: {names}."]
        return [
            f"{name} has only {counts[name]} training photos; expect little below {FEW_PHOTOS}."
            for name in self.rare if counts[name]
        ]

    def _unmeasured(self) -> list[str]:
        """Report classes missing in val, unless val is empty or they have no photos at all."""
        if not self.splits.get("val"):
            return []
        absent = [c for c in self.absent_from_val if any(self.tag_counts[c].values())]
        if len(absent) > _MANY:
            return [f"No val photo has {shortened(absent)}: they cannot be measured."]
        return [f"No val photo has {name}: it cannot be measured." for name in absent]


def inspect_dataset(dataset: Dataset) -> Inspection:
    """Compute the report; reads headers, and whole files only if their sizes are equal."""
    tags = dataset.tag_matrix().astype(np.int64)
    together = tags.T @ tags
    sizes, unreadable = _sizes(dataset.photos)
    counts = _tag_counts(dataset)
    present = _by_split(dataset.photos)
    equal = same_files(dataset.photos)
    return Inspection(
        splits=present,
        sizes=sizes,
        tag_counts=counts,
        co_occurrence=together,
        tied=_tied(dataset.classes, together),
        untagged=_by_split([p for p in dataset.photos if not p.tags], present),
        masks=_by_split([p for p in dataset.photos if p.mask is not None], present),
        rare=tuple(c for c in dataset.classes if counts[c].get("train", 0) < FEW_PHOTOS),
        absent_from_val=tuple(c for c in dataset.classes if not counts[c].get("val", 0)),
        inseparable=_inseparable(dataset.classes, together),
        duplicates=_leaks(equal),
        contradicting=_contradicting(equal),
        problems=dataset.problems + unreadable,
        learning=learning_warnings(dataset),
        held_out=_drawn_sentence(dataset),
    )


def _drawn_sentence(dataset: Dataset) -> str:
    """Say how many photos of each class are held out, if nobody specified it; "" otherwise."""
    drawn = [photo for photo in dataset.photos if photo.name in dataset.drawn]
    if not drawn:
        return ""
    held = [photo for photo in drawn if photo.split != "train"]
    counts = dataset.tag_matrix(held).sum(axis=0).astype(int).tolist()
    parts = [f"{name} {count}" for name, count in zip(dataset.classes, counts, strict=True)]
    if any(not photo.tags for photo in drawn):
        parts.append(f"without a class {sum(not photo.tags for photo in held)}")
    which = "photos" if len(drawn) == len(dataset.photos) else "photos without a split"
    return (f"Held out: {len(held):,} of {len(drawn):,} {which}, drawn by class "
            f"({', '.join(parts)}); a column split in tags.csv, or folders train/ and val/, decide "
            f"it instead.")


def _by_split(photos: Sequence[Photo], present: dict[str, int] | None = None) -> dict[str, int]:
    """Count photos by split, for the splits in `present`, by default for those that occur."""
    counts = {split: sum(photo.split == split for photo in photos) for split in SPLITS}
    return {s: n for s, n in counts.items() if (n if present is None else s in present)}


def _tag_counts(dataset: Dataset) -> dict[str, dict[str, int]]:
    present = _by_split(dataset.photos)
    sums = {s: dataset.tag_matrix(dataset.split(s)).sum(axis=0).astype(int) for s in present}
    return {
        name: {split: int(sums[split][index]) for split in present}
        for index, name in enumerate(dataset.classes)
    }


def _sizes(
    photos: Sequence[Photo],
) -> tuple[tuple[tuple[int, int], ...], tuple[Problem, ...]]:
    sizes: list[tuple[int, int]] = []
    problems: list[Problem] = []
    for photo in photos:
        try:
            sizes.append(photo_size(photo.path))
        except InputError as error:
            problems.append(Problem(photo=photo.name, why=str(error)))
    if not sizes:
        return (), tuple(problems)
    sizes.sort(key=lambda size: (size[0] * size[1], size))
    return (sizes[0], sizes[len(sizes) // 2], sizes[-1]), tuple(problems)


def _tied(classes: Sequence[str], together: npt.NDArray[np.int64]) -> tuple[TiedPair, ...]:
    pairs = [
        TiedPair(
            tag=classes[i],
            other=classes[j],
            share=float(together[i, j] / together[i, i]),
            photos=int(together[i, j]),
        )
        for i, j in np.argwhere(together)
        if i != j
    ]
    pairs.sort(key=lambda pair: (-pair.share, -pair.photos, pair.tag, pair.other))
    return tuple(pairs[:_TIED_PAIRS])


def _inseparable(
    classes: Sequence[str], together: npt.NDArray[np.int64]
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (classes[i], classes[j])
        for i, j in combinations(range(len(classes)), 2)
        if together[i, j] and together[i, i] == together[i, j] == together[j, j]
    )


def _leaks(groups: Sequence[Sequence[Photo]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (group[0].name, other.name)
        for group in groups
        for other in group
        if other.split != group[0].split
    )


def _contradicting(groups: Sequence[Sequence[Photo]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (group[0].name, other.name)
        for group in groups
        for other in group
        if other.tags != group[0].tags
    )
