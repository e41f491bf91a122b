"""Detect limits of training, model selection and evaluation before any training."""

from __future__ import annotations

from collections.abc import Sequence

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import SPLITS, Dataset, Photo

_NAMED = 5


def refuse_unlearnable(dataset: Dataset) -> None:
    """Refuse a data set from which a classifier cannot learn any class.

    Raises:
        InputError: the message gives the reason and what to add.
    """
    why = nothing_learned(dataset)
    if why:
        raise InputError(why)


def nothing_learned(dataset: Dataset) -> str:
    """Return the reason why no class can be learned; "" if one can.

    A class is learned from training photos with it and others without it.
    """
    train, root = dataset.split("train"), dataset.root
    if not train:
        others = {split: len(dataset.split(split)) for split in SPLITS[1:]}
        where = " and ".join(f"{count:,} are in {name}" for name, count in others.items() if count)
        return (f"No photo of {root} is in train ({where}), so nothing can be learned; put most of "
                f"them into train, or give no splits, and some are held out for val.")
    if not any(photo.tags for photo in train):
        return f"No training photo of {root} has a tag, so nothing can be learned; add tags."
    if len(train) == 1:
        return (f"{root} has one training photo, {train[0].name}, from which nothing can be "
                f"learned; add photos with and without each class.")
    if len({photo.tags for photo in train}) == 1 and not _located(train):
        names = shortened([dataset.classes[tag] for tag in train[0].tags])
        return (f"All {len(train):,} training photos of {root} have the same tags ({names}), so "
                f"there is nothing to distinguish them by; add photos without them (without a tag "
                f"in tags.csv, or in the folder _none).")
    return ""


def _located(photos: Sequence[Photo]) -> bool:
    """Return whether annotations locate objects, so that tags need not distinguish classes."""
    return any(p.annotation and (p.annotation.certain or p.annotation.boxes) for p in photos)


def learning_warnings(dataset: Dataset) -> tuple[str, ...]:
    """Return limits of training, selection and evaluation, a sentence each; () in healthy data."""
    nothing = nothing_learned(dataset)
    if nothing:
        return (nothing,)
    train, val = dataset.split("train"), dataset.split("val")
    counts = dataset.tag_matrix(train).sum(axis=0).astype(int).tolist()
    totals = dataset.tag_matrix().sum(axis=0).astype(int).tolist()
    rows = list(zip(dataset.classes, counts, totals, strict=True))
    unseen = [name for name, count, total in rows if total and not count]
    always = [name for name, count, _ in rows if count == len(train) and not _located(train)]
    said = []
    if unseen:
        said.append(f"No training photo has {shortened(unseen)}: not learned, and never found.")
    if always:
        said.append(f"{shortened(always)} is on every training photo: without photos that lack it "
                    f"nothing shows where it is; add some.")
    if not val:
        said.append("No photo is in val: settings are chosen and figures are measured on photos "
                    "that were trained on.")
    return tuple(said)


def shortened(names: Sequence[str]) -> str:
    """Return the first names of a long list as text."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"
