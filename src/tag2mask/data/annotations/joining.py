"""Join annotations to a data set: records per photo, additional tags and notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tag2mask.annotation.records import GivenMask
from tag2mask.core.contracts import BACKGROUND, InputError
from tag2mask.data.annotations.contradictions import contradictions
from tag2mask.data.annotations.files import FOLDER, SHEETS, has_annotations, mask_files
from tag2mask.data.annotations.given_masks import (
    ReadMask,
    mask_notices,
    mask_problems,
    read_masks,
)
from tag2mask.data.annotations.photo_index import PhotoIndex
from tag2mask.data.annotations.shaping import Frames, Given, shape_rows
from tag2mask.data.annotations.sheets import read_shapes
from tag2mask.data.annotations.unread import unread_notices
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.data.learning_checks import shortened
from tag2mask.data.readers.photo_files import below
from tag2mask.data.readers.table.file_names import FileNames
from tag2mask.data.readers.table.words import (
    labels_sentence,
    unlisted_problems,
    without_unlisted,
)

_FEW = 6
"""Minimum number of masks needed to detect that their labels follow another order."""


def annotate(dataset: Dataset) -> Dataset:
    """Join the annotations beside a data set's photos to it; without any, return it unchanged.

    Args:
        dataset: data set as returned by a reader.

    Returns:
        The data set whose photos carry their `Annotation`. Photos and tags that occur only in
        annotations are added. Decisions, additions and contradictions are in its notices, and masks
        that cannot be used are among its problems.

    Raises:
        InputError: a table that cannot be read, a class that the data set does not have, or
            annotations most of which do not fit their photos.
    """
    unread = unread_notices(PhotoIndex(dataset))
    if not has_annotations(dataset.root):
        return replace(dataset, notices=(*dataset.notices, *unread)) if unread else dataset
    index, given, frames = PhotoIndex(dataset), Given(notices=unread), Frames()
    for sheet in SHEETS:
        if (dataset.root / sheet).is_file():
            shapes = read_shapes(dataset.root / sheet)
            shape_rows(shapes, index, dataset.classes, frames, given)
    masks, unknown = _masks(index, len(dataset.classes) + 1, given)
    _refuse_other_order(dataset, masks)
    problems = mask_problems(dataset, masks)
    by_name = {mask.photo.name: mask.given for mask in masks if mask.given}
    photos, lost = _with_tags(index, given, by_name)
    notices = [
        *given.notices, *unknown, *mask_notices(masks), *_added(dataset, photos, index),
        *contradictions(photos, dataset.classes, masks),
    ]
    joined = replace(
        dataset, photos=photos, problems=(*dataset.problems, *problems, *lost),
        notices=(*dataset.notices, *notices),
    )
    return _with_order(_counted_anew(joined, index))


def _masks(
    index: PhotoIndex, num_labels: int, given: Given
) -> tuple[list[ReadMask], list[str]]:
    """Read the masks of known photos, and return notices about the others."""
    pairs: dict[str, tuple[Photo, Path]] = {}
    read, lost = [], []
    for name, path in mask_files(index.dataset.root):
        photo = index.find(name)
        if photo is None or photo.name in pairs:
            lost.append(path.name)
        else:
            pairs[photo.name] = photo, path
            read.append((photo, path))
    lines = []
    if lost and not read:
        lines.append(f"No picture in annotations/ is named after a photo ({len(lost):,} are there, "
                     f"the first is {lost[0]}), so none is read as a mask to learn from.")
    elif lost:
        lines.append(f"annotations/: {len(lost):,} mask{'s' * (len(lost) > 1)} for photos that are "
                     f"not in the data set, left out; the first is {lost[0]}.")
    return read_masks(read, num_labels, given.of), lines


def _refuse_other_order(dataset: Dataset, masks: Sequence[ReadMask]) -> None:
    """Refuse masks most of which share no class with the tags of their photos.

    Raises:
        InputError: the message names the first such mask.
    """
    both = [
        (mask, {label - 1 for label in mask.given.labels if label != BACKGROUND})
        for mask in masks if mask.given and mask.photo.tags and set(mask.given.labels) != {0}
    ]
    apart = [(mask, shown) for mask, shown in both if not shown & set(mask.photo.tags)]
    if len(both) < _FEW or 2 * len(apart) <= len(both):
        return
    mask, shown = apart[0]
    there, tagged = (", ".join(dataset.classes[c] for c in sorted(classes))
                     for classes in (shown, mask.photo.tags))
    raise InputError(
        f"{len(apart):,} of {len(both):,} masks in {dataset.root / FOLDER} have none of the "
        f"classes that their photos are tagged with, as {mask.path.name} ({there}; tagged "
        f"{tagged}); their labels follow another order: list the classes in classes.txt as the "
        f"masks number them."
    )


def _with_tags(
    index: PhotoIndex, given: Given, masks: dict[str, GivenMask]
) -> tuple[tuple[Photo, ...], list[Problem]]:
    """Add annotations to their photos, and the tags that these imply."""
    photos, lost = [], []
    shaped = given.photos
    for photo in index.photos:
        alone = photo.name in index.added and bool(index.dataset.photos)
        if photo.name not in shaped and photo.name not in masks:
            if photo.name not in index.added:
                photos.append(photo)
            continue
        annotation = replace(given.of(photo.name), mask=masks.get(photo.name), alone=alone)
        tags = tuple(sorted({*photo.tags, *annotation.classes}))
        if photo.name in index.added and not tags and not annotation.complete:
            lost.append(Problem(photo=photo.name, why=(
                "It has no row of tags, and its annotation names no class and leaves pixels open, "
                "so nobody knows what is on it; it is not used.")))
            continue
        added = tuple(tag for tag in tags if tag not in photo.tags)
        photos.append(replace(photo, tags=tags, annotation=replace(annotation, added_tags=added)))
    return tuple(photos), lost


def _added(dataset: Dataset, photos: Sequence[Photo], index: PhotoIndex) -> list[str]:
    """Report added photos and added tags."""
    lines = []
    alone = [photo for photo in photos if photo.name in index.added]
    if alone and dataset.photos:
        lines.append(
            f"{len(alone):,} photo{'s' * (len(alone) > 1)} without a row of tags got "
            f"{'their' if len(alone) > 1 else 'its'} tags from annotations: "
            f"{shortened([photo.name for photo in alone])}."
        )
    more = [p for p in photos if p.annotation and p.annotation.added_tags
            and p.name not in index.added]
    if more:
        assert more[0].annotation is not None, "only annotated photos are listed"
        names = ", ".join(dataset.classes[tag] for tag in more[0].annotation.added_tags)
        lines.append(
            f"Annotations add tags to {len(more):,} photo{'s' * (len(more) > 1)}; the first is "
            f"{more[0].name} ({names})."
        )
    return lines


def _with_order(dataset: Dataset) -> Dataset:
    """Report the label of each class where only the alphabetical order determines it."""
    if dataset.layout != "tags_csv" or (dataset.root / "classes.txt").is_file():
        return dataset
    notices = labels_sentence(dataset)
    return dataset if set(notices) <= set(dataset.notices) else replace(
        dataset, notices=dataset.notices + notices
    )


def _counted_anew(dataset: Dataset, index: PhotoIndex) -> Dataset:
    """Exclude joined photos from the number of photos that the table does not list."""
    if not index.added or dataset.layout != "tags_csv":
        return dataset
    files = [file for photo in dataset.photos for file in (photo.path, photo.mask) if file]
    unlisted = FileNames(dataset.root).unlisted(
        {below(file, dataset.root).as_posix() for file in files})
    counted = unlisted_problems(unlisted, len(dataset.photos))
    return replace(dataset, problems=(*without_unlisted(dataset.problems), *counted))
