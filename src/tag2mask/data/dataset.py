"""What every reader returns: photos, the tags on them, and what was odd about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tag2mask.annotation.records import Annotation
from tag2mask.core.contracts import InputError
from tag2mask.data.depth import DepthRule

SPLITS = ("train", "val", "test")
"""The splits a photo can belong to."""


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photo and what is known about it."""

    name: str
    """Unique in the data set: the path below the image root without suffix, as in "cat/001"."""
    path: Path
    """The file."""
    tags: tuple[int, ...]
    """Sorted indices into `Dataset.classes`, from 0; empty: nothing is on the photo."""
    split: str
    """One of `SPLITS`."""
    mask: Path | None
    """The true mask, for scoring only; nothing is ever trained on it."""
    depth: DepthRule | None = None
    """How values of more than 8 bits are read, the same for all photos; None for 8 bits."""
    content: str = ""
    """SHA-256 of the file, "" where it was not read yet."""
    mask_content: str = ""
    """Likewise of the mask."""
    annotation: Annotation | None = None
    """What was given besides tags, to learn from; it is never scored on."""

    @property
    def listed(self) -> bool:
        """Whether more than an annotation says that the photo belongs to the data set."""
        return self.annotation is None or not self.annotation.alone

    @property
    def given_tags(self) -> tuple[int, ...]:
        """The tags without those that only the annotation names."""
        added = self.annotation.added_tags if self.annotation else ()
        return tuple(tag for tag in self.tags if tag not in added)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that was left out or is worth reporting."""

    photo: str
    """The photo, file or row that it is about."""
    why: str
    """One sentence."""
    left_out: bool = False
    """Whether a photo is missing from the data set because of it."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Photos with tags, from whichever layout they came."""

    root: Path
    """The folder that was read."""
    layout: str
    """The layout's name: "class_folders", "tags_csv" or "voc"."""
    classes: tuple[str, ...]
    """The K foreground names; the label of `classes[i]` in a mask is i + 1."""
    photos: tuple[Photo, ...]
    """Sorted by name."""
    problems: tuple[Problem, ...] = ()
    """What was left out or is odd."""
    notices: tuple[str, ...] = ()
    """How the data were read where that was decided for the user: one sentence each, about the
    data set as a whole. `inspect` and `run` print them; data that need no decision have none."""

    @property
    def left_out(self) -> tuple[Problem, ...]:
        """The problems that each cost a photo."""
        return tuple(problem for problem in self.problems if problem.left_out)

    @property
    def synthetic(self) -> bool:
        """Whether a program drew the photos: the embedded example."""
        return (self.root / "scenes.json").exists()

    def split(self, name: str) -> tuple[Photo, ...]:
        """Return the photos of one split, sorted by name.

        Raises:
            ValueError: `name` is none of `SPLITS`.
        """
        if name not in SPLITS:
            raise ValueError(f"unknown split {name!r}, expected one of {SPLITS}")
        return tuple(photo for photo in self.photos if photo.split == name)

    def tag_matrix(self, photos: Sequence[Photo] | None = None) -> npt.NDArray[np.float32]:
        """Return the tags as (N, K) float32, 1 where photo n has tag k, else 0.

        Args:
            photos: the rows, in this order; all photos when left out.
        """
        rows = self.photos if photos is None else photos
        matrix = np.zeros((len(rows), len(self.classes)), dtype=np.float32)
        for row, photo in zip(matrix, rows, strict=True):
            row[list(photo.tags)] = 1.0
        return matrix

    def fingerprint(self) -> str:
        """Return a SHA-256 that changes with the data, and not with the folder they lie in.

        It covers classes, names, tags, splits and the contents of the photo files; those that
        were not identified before (see `tag2mask.run_folder.content_hashes`) are read. Annotations,
        and the tags and photos that are only known by them, have a fingerprint of their own.

        Raises:
            InputError: a photo is not there any more.
        """
        rows = [(p.name, p.given_tags, p.split, p.content or content_of(p.path))
                for p in self.photos if p.listed]
        return _hashed([self.classes, rows])

    def labels_fingerprint(self) -> str:
        """Return a SHA-256 of classes, names, tags and splits, whatever is on the photos.

        As in `fingerprint`, what only annotations say does not count.
        """
        rows = [(p.name, p.given_tags, p.split) for p in self.photos if p.listed]
        return _hashed([self.classes, rows])

    def thinned(self, photos: int) -> Dataset:
        """Return a data set with at most so many photos of each split, evenly of all tags.

        The same number selects the same photos; a rare class may lose all of its photos.

        Args:
            photos: 1 or more.
        """
        kept: set[str] = set()
        for split in SPLITS:
            own = sorted(self.split(split), key=lambda photo: (photo.tags, photo.name))
            places = np.linspace(0, len(own) - 1, min(photos, len(own))).round().astype(int)
            kept |= {own[place].name for place in places}
        return replace(self, photos=tuple(p for p in self.photos if p.name in kept))

    def without(self, problems: Iterable[Problem]) -> Dataset:
        """Return a data set without the photos named in `problems`, which join its problems."""
        lost = tuple(replace(problem, left_out=True) for problem in problems)
        names = {problem.photo for problem in lost}
        kept = tuple(photo for photo in self.photos if photo.name not in names)
        return replace(self, photos=kept, problems=self.problems + lost)


def content_of(path: Path) -> str:
    """Return the SHA-256 of a file, or a word for one that cannot be read, as `check` will say.

    Raises:
        InputError: it is not there any more.
    """
    digest = hashlib.sha256()
    if path.exists() and not path.is_file():  # a pipe would be waited for
        return "unreadable"
    try:
        with path.open("rb") as file:
            while part := file.read(2**20):
                digest.update(part)
    except FileNotFoundError as error:
        raise InputError(
            f"{path} is not there any more; put it back, or give `tag2mask run` the folder where "
            "the photos are now."
        ) from error
    except OSError:
        return "unreadable"
    return digest.hexdigest()


def _hashed(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode("ascii")).hexdigest()


def refuse_many_losses(dataset: Dataset) -> None:
    """Stop when more than a tenth of the photos were left out: the data need a look first.

    Raises:
        InputError: names the first three photos and why they were left out.
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
