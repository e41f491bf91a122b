"""The data set that every reader returns: photos, their tags, and problems with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tag2mask.annotation.records import Annotation
from tag2mask.core.contracts import InputError
from tag2mask.data.data_files import what_is_missing
from tag2mask.data.depth import DepthRule

SPLITS = ("train", "val", "test")
"""The splits a photo can belong to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Photo:
    """One photo with its tags, split, mask and annotation."""

    name: str
    """Unique in the data set: the path below the image root without suffix, as in "cat/001"."""
    path: Path
    """Path of the file."""
    tags: tuple[int, ...]
    """Sorted indices into `Dataset.classes`, from 0; empty for a photo without any object."""
    split: str
    """One of `SPLITS`."""
    mask: Path | None
    """The true mask, used for scoring only and never for training."""
    depth: DepthRule | None = None
    """Rule for values of more than 8 bits, the same for all photos; None for 8 bits."""
    content: str = ""
    """SHA-256 of the file, "" if it was not read yet."""
    mask_content: str = ""
    """SHA-256 of the mask file, "" if it was not read yet."""
    annotation: Annotation | None = None
    """Annotations besides tags, used for training and never for scoring."""

    @property
    def listed(self) -> bool:
        """Whether anything other than an annotation lists the photo in the data set."""
        return self.annotation is None or not self.annotation.alone

    @property
    def given_tags(self) -> tuple[int, ...]:
        """The tags except those that occur only in the annotation."""
        added = self.annotation.added_tags if self.annotation else ()
        return tuple(tag for tag in self.tags if tag not in added)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A loss or an irregularity that is worth reporting."""

    photo: str
    """The photo, file or row concerned."""
    why: str
    """Description in one sentence."""
    left_out: bool = False
    """Whether a photo is missing from the data set because of it."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Photos with tags, independent of the layout on disk."""

    root: Path
    """The folder that the data set was read from."""
    layout: str
    """The layout's name: "class_folders", "tags_csv" or "voc"."""
    classes: tuple[str, ...]
    """The K foreground names; the label of `classes[i]` in a mask is i + 1."""
    photos: tuple[Photo, ...]
    """Photos, sorted by name."""
    problems: tuple[Problem, ...] = ()
    """Losses and irregularities."""
    notices: tuple[str, ...] = ()
    """Automatic decisions on how to read the data: one sentence each, about the data set as a
    whole. `inspect` and `run` print them; data that need no decision have none."""
    drawn: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Names of the photos whose split nobody specified, with the split of earlier versions, which
    drew it by the name alone; empty for the stored data set of a run."""

    @property
    def left_out(self) -> tuple[Problem, ...]:
        """The problems that each cost a photo."""
        return tuple(problem for problem in self.problems if problem.left_out)

    @property
    def synthetic(self) -> bool:
        """Whether a program generated the photos, as in the embedded example."""
        return (self.root / "scenes.json").exists()

    def split(self, name: str) -> tuple[Photo, ...]:
        """Return the photos of one split, sorted by name.

        Raises:
            ValueError: `name` is not one of `SPLITS`.
        """
        if name not in SPLITS:
            raise ValueError(f"unknown split {name!r}, expected one of {SPLITS}")
        return tuple(photo for photo in self.photos if photo.split == name)

    def tag_matrix(self, photos: Sequence[Photo] | None = None) -> npt.NDArray[np.float32]:
        """Return the tags as (N, K) float32, 1 where photo n has tag k, else 0.

        Args:
            photos: the rows, in this order; default: all photos.
        """
        rows = self.photos if photos is None else photos
        matrix = np.zeros((len(rows), len(self.classes)), dtype=np.float32)
        for row, photo in zip(matrix, rows, strict=True):
            row[list(photo.tags)] = 1.0
        return matrix

    def fingerprint(self) -> str:
        """Return a SHA-256 of the data, independent of the folder that contains them.

        It covers classes, names, tags, splits and the contents of the photo files; files without a
        stored hash (see `tag2mask.run_folder.content_hashes`) are read. Annotations, and the tags
        and photos that occur only in them, have a separate fingerprint.

        Raises:
            InputError: a photo no longer exists.
        """
        rows = [(p.name, p.given_tags, p.split, p.content or content_of(p.path))
                for p in self.photos if p.listed]
        return _hashed([self.classes, rows])

    def labels_fingerprint(self) -> str:
        """Return a SHA-256 of classes, names, tags and splits, independent of the photos' content.

        As in `fingerprint`, tags and photos that occur only in annotations are ignored.
        """
        rows = [(p.name, p.given_tags, p.split) for p in self.photos if p.listed]
        return _hashed([self.classes, rows])

    def with_splits(self, splits: Mapping[str, str]) -> Dataset:
        """Return a data set with other splits for the photos named in `splits`."""
        photos = tuple(replace(p, split=splits.get(p.name, p.split)) for p in self.photos)
        return replace(self, photos=photos)

    def thinned(self, photos: int) -> Dataset:
        """Return a data set with at most `photos` photos of each split, balanced over the tags.

        The same number selects the same photos; a rare class may lose all of its photos.

        Args:
            photos: maximum number of photos of each split, 1 or more.
        """
        kept: set[str] = set()
        for split in SPLITS:
            own = sorted(self.split(split), key=lambda photo: (photo.tags, photo.name))
            places = np.linspace(0, len(own) - 1, min(photos, len(own))).round().astype(int)
            kept |= {own[place].name for place in places}
        return replace(self, photos=tuple(p for p in self.photos if p.name in kept))

    def without(self, problems: Iterable[Problem]) -> Dataset:
        """Return a data set without the photos named in `problems`, with these problems added."""
        lost = tuple(replace(problem, left_out=True) for problem in problems)
        names = {problem.photo for problem in lost}
        kept = tuple(photo for photo in self.photos if photo.name not in names)
        return replace(self, photos=kept, problems=self.problems + lost)


def gone_sentence(path: Path) -> str:
    """Say that a photo or mask of a data set no longer exists, and what to do."""
    return (f"{what_is_missing(path)} is not there any more; put it back, or give `tag2mask run` "
            "the folder where the photos are now.")


def content_of(path: Path) -> str:
    """Return the SHA-256 of a file, or a fixed word for an unreadable file, which `check` reports.

    Raises:
        InputError: the file no longer exists.
    """
    digest = hashlib.sha256()
    if path.exists() and not path.is_file():  # a pipe would be waited for
        return "unreadable"
    try:
        with path.open("rb") as file:
            while part := file.read(2**20):
                digest.update(part)
    except FileNotFoundError as error:
        raise InputError(gone_sentence(path)) from error
    except OSError:
        return "unreadable"
    return digest.hexdigest()


def _hashed(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode("ascii")).hexdigest()


def refuse_many_losses(dataset: Dataset) -> None:
    """Refuse a data set that lost more than a tenth of its photos.

    Raises:
        InputError: the message names the first three photos and the reasons.
    """
    lost = dataset.left_out
    total = len(dataset.photos) + len(lost)
    if len(lost) * 10 <= total:
        return
    first = "; ".join(f"{problem.photo} ({problem.why.rstrip('.')})" for problem in lost[:3])
    raise InputError(
        f"{len(lost)} of {total} photos in {dataset.root} cannot be used, more than a tenth: "
        f"{first}{' ...' if len(lost) > 3 else ''}; fix them or take them out of the data set."
    )
