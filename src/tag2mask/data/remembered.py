"""Read and write data.json of a run folder: the data set as it was read and checked.

The file may be untrusted, so it is checked before its entries are used in file names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import why_no_file_name
from tag2mask.data.annotations.entries import AnnotationEntry
from tag2mask.data.data_files import data_file
from tag2mask.data.dataset import SPLITS, Dataset, Photo, Problem
from tag2mask.data.depth import DepthRule
from tag2mask.data.mask_reading import MaskEntry


@dataclass(frozen=True, kw_only=True)
class DataIdentity:
    """Fingerprints that identify the data set of a run folder."""

    fingerprint: str | None = None
    """Fingerprint of photos and tags."""
    labels: str | None = None
    """Fingerprint of the tags alone."""
    files: str | None = None
    """Fingerprint of the files, so that they need not be checked again."""
    root: str | None = None
    layout: str | None = None
    classes: tuple[str, ...] | None = None
    former_root: str | None = None
    """The folder of the photos before, if the run was repeated on another one."""


@dataclass(frozen=True, kw_only=True)
class PhotoEntry(MaskEntry):
    """The entry of one photo."""

    name: str
    path: str
    tags: tuple[int, ...]
    split: str
    annotation: AnnotationEntry | None = None

    @classmethod
    def of_photo(cls, photo: Photo) -> PhotoEntry:
        """Convert a photo to its stored form, with absolute paths."""
        return cls(
            **vars(MaskEntry.of(photo.mask)), name=photo.name, path=str(photo.path.absolute()),
            tags=photo.tags, split=photo.split, annotation=AnnotationEntry.of(photo.annotation),
        )

    def to_photo(self, source: Path, num_classes: int, depth: DepthRule | None) -> Photo:
        """Convert the entry back to a photo.

        Raises:
            InputError: its name would lead files out of the run folder.
            ValueError: it contains a value that no photo can have.
        """
        if why := why_no_file_name(self.name):
            raise InputError(f"{source}: the name of a photo, {self.name!r}, {why}; nothing was "
                             "written. Make the file again with `tag2mask run DATA --out RUN`.")
        if not all(0 <= tag < num_classes for tag in self.tags):
            raise ValueError(f"tags {self.tags} of {self.name} for {num_classes} classes")
        if self.split not in SPLITS:
            raise ValueError(f"split {self.split!r} of {self.name}")
        given = self.annotation.to_annotation(num_classes) if self.annotation else None
        return Photo(name=_text(self.name), path=data_file(_text(self.path)), tags=self.tags,
                     split=self.split, mask=self.to_path(), depth=depth, annotation=given)


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """The stored form of a data set."""

    root: str
    layout: str
    classes: tuple[str, ...]
    photos: tuple[PhotoEntry, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...] = ()
    depth: str | None = None
    """Rule for photos of more than 8 bits."""

    @classmethod
    def of(cls, dataset: Dataset, *, entries: bool = True) -> DataRecord:
        """Convert a data set to its stored form, with or without the entries of the photos."""
        return cls(
            root=str(dataset.root.absolute()), layout=dataset.layout, classes=dataset.classes,
            photos=tuple(map(PhotoEntry.of_photo, dataset.photos if entries else ())),
            problems=dataset.problems, notices=tuple(dataset.notices),
            depth=next((p.depth.to_text() for p in dataset.photos if p.depth), None),
        )

    def to_dataset(self, source: Path) -> Dataset:
        """Convert the record back to a data set.

        Raises:
            InputError: the name of a photo would lead files out of the run folder.
            ValueError: a photo contains a value that none can have.
        """
        depth, count = DepthRule.from_text(self.depth), len(self.classes)
        return Dataset(
            root=Path(_text(self.root)), layout=_text(self.layout),
            classes=tuple(map(_text, self.classes)), problems=self.problems,
            photos=tuple(entry.to_photo(source, count, depth) for entry in self.photos),
            notices=tuple(map(_text, self.notices)),
        )


def _text(value: str) -> str:
    """Refuse zero bytes, which are invalid in paths."""
    if "\0" in value:
        raise ValueError(f"{value!r} has a zero byte")
    return value
