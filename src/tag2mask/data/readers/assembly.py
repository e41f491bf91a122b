"""From what a reader found to a `Dataset`: names, splits, masks and the common checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data.dataset import Dataset, Photo, Problem, refuse_many_losses
from tag2mask.data.readers.names import unique_names
from tag2mask.data.readers.splits import hashed_split


@dataclass(frozen=True, kw_only=True)
class Found:
    """A photo as a reader found it."""

    path: PurePosixPath
    """Below the data set's folder."""
    tags: frozenset[str]
    """Names of classes."""
    split: str | None
    """None where the user gave none."""


def assemble(
    root: Path,
    *,
    layout: str,
    classes: Sequence[str],
    found: Sequence[Found],
    problems: Iterable[Problem],
    image_root: PurePosixPath,
    mask_root: Path | None,
    notices: Iterable[str] = (),
) -> Dataset:
    """Build the data set that a reader found.

    Args:
        root: the data set's folder.
        layout: its name.
        classes: the K class names, in the order of the mask labels.
        found: the photos that exist, each path once.
        problems: what the reader left out or found odd.
        image_root: the part of the photos' paths that is dropped from their names.
        mask_root: where masks for scoring may lie.
        notices: what the reader decided for the user, see `Dataset.notices`.

    Raises:
        InputError: no photo, no class, too many classes, or more than a tenth left out.
    """
    index = _indices(root, classes)
    names = unique_names(item.path.relative_to(image_root) for item in found)
    masks = _masks(names, mask_root)
    photos = [
        Photo(
            name=names[item.path.relative_to(image_root)],
            path=root / item.path,
            tags=tuple(sorted(index[tag] for tag in item.tags)),
            split=item.split or hashed_split(item.path),
            mask=masks.get(item.path.relative_to(image_root)),
        )
        for item in found
    ]
    dataset = Dataset(
        root=root,
        layout=layout,
        classes=tuple(classes),
        photos=tuple(sorted(photos, key=lambda photo: photo.name)),
        problems=tuple(problems) + _unused(classes, found),
        notices=tuple(notices),
    )
    refuse_many_losses(dataset)
    if not photos:
        raise InputError(f"{root} lists no photo; add photos and their tags.")
    return dataset


def _indices(root: Path, classes: Sequence[str]) -> dict[str, int]:
    if not classes:
        raise InputError(f"No photo in {root} has a tag; there is nothing to learn without tags.")
    if len(classes) >= IGNORE:
        raise InputError(
            f"{root} has {len(classes)} classes, but a mask holds {IGNORE - 1} at most; merge some."
        )
    return {name: number for number, name in enumerate(classes)}


def _unused(classes: Sequence[str], found: Sequence[Found]) -> tuple[Problem, ...]:
    used = frozenset().union(*(item.tags for item in found))
    empty = [name for name in classes if name not in used]
    return tuple(
        Problem(photo=name, why=f"No photo has the class {name!r}; it is kept but never learned.")
        for name in empty
    )


def _masks(names: dict[PurePosixPath, str], folder: Path | None) -> dict[PurePosixPath, Path]:
    """Find each photo's mask by its name, or by its bare stem where only one photo has that."""
    if folder is None or not folder.is_dir():
        return {}
    stems = Counter(path.stem for path in names)
    masks = {}
    for path, name in names.items():
        bare = [f"{path.stem}.png"] if stems[path.stem] == 1 else []
        for candidate in (f"{name}.png", *bare):
            if (folder / candidate).is_file():
                masks[path] = folder / candidate
                break
    return masks
