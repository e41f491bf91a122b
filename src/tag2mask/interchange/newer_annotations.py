"""Annotations beside a run's data set, which may be newer than the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tag2mask.annotation.records import KINDS
from tag2mask.core.contracts import InputError
from tag2mask.core.wording import counted
from tag2mask.data.annotations import annotate
from tag2mask.data.dataset import Dataset, Photo


def annotated_anew(dataset: Dataset) -> Dataset:
    """Read the annotations beside a run's data set again."""
    return annotate(replace(dataset, photos=tuple(
        replace(photo, annotation=None, tags=photo.given_tags)
        for photo in dataset.photos if photo.listed)))


def unused_annotations(root: Path, dataset: Dataset) -> str:
    """Say how many photos have other annotations than the run in `root` has read; "" for none."""
    if not dataset.root.is_dir():
        return ""
    try:
        after = _contents(annotated_anew(dataset))
    except InputError:  # `run` says what is wrong with them
        return ""
    before = _contents(dataset)
    changed = sum(before.get(name) != after.get(name) for name in {*before, *after})
    return (f"Annotations of {counted(changed, 'photo')} have changed since {root} was made; run "
            f"`tag2mask run {dataset.root} --out {root}`." if changed else "")


def _contents(dataset: Dataset) -> dict[str, list[object]]:
    """Return what is annotated on each photo, without those with nothing."""
    contents = {photo.name: _content(photo) for photo in dataset.photos}
    return {name: content for name, content in contents.items() if any(content)}


def _content(photo: Photo) -> list[object]:
    given = photo.annotation
    return [*given.rows(KINDS), given.added_tags] if given else []
