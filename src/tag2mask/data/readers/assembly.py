"""From what a reader found to a `Dataset`: names, splits, masks and the common checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data.dataset import Dataset, Photo, Problem, refuse_many_losses
from tag2mask.data.readers.mask_files import in_folders
from tag2mask.data.readers.mask_folders import mask_folders, told_of
from tag2mask.data.readers.names import unique_names
from tag2mask.data.readers.splits import hold_out

_MANY = 4
"""More classes than this that no photo has are reported together."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A photo as a reader found it."""

    path: PurePosixPath
    """Below the data set's folder."""
    tags: frozenset[str]
    """Names of classes."""
    split: str | None
    """None where the user gave none."""
    mask: Path | None = None
    """The mask for scoring, where the reader knows it."""


def assemble(
    root: Path,
    *,
    layout: str,
    classes: Sequence[str],
    found: Sequence[Found],
    problems: Iterable[Problem],
    image_root: PurePosixPath,
    find_masks: bool = False,
    others: Collection[str] = (),
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
        find_masks: whether masks for scoring are searched in folders that are called so.
        others: stems of photos that are not read, whose masks are then not missed.
        notices: what the reader decided for the user, see `Dataset.notices`.

    Raises:
        InputError: no photo, no class, too many classes, or more than a tenth left out.
    """
    index = _indices(root, classes)
    masks, said = _masks(root, found, image_root, others) if find_masks else ({}, [])
    splits, held_out = hold_out({item.path: item.split for item in found},
                                tags={item.path: item.tags for item in found})
    names = unique_names(item.path.relative_to(image_root) for item in found)

    def photo_of(item: Found) -> Photo:
        return Photo(
            name=names[item.path.relative_to(image_root)], path=root / item.path,
            tags=tuple(sorted(index[tag] for tag in item.tags)), split=splits[item.path],
            mask=item.mask or masks.get(root / item.path),
        )

    photos = sorted(map(photo_of, found), key=lambda photo: photo.name)
    dataset = Dataset(
        root=root, layout=layout, classes=tuple(classes), photos=tuple(photos),
        problems=tuple(problems) + _unused(classes, found),
        notices=(*notices, *held_out, *said),
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
    if len(empty) > _MANY:
        names = ", ".join(map(repr, empty))
        why = f"No photo has the class {names}; they are kept but never learned."
        return (Problem(photo=f"{len(empty)} classes", why=why),)
    return tuple(
        Problem(photo=name, why=f"No photo has the class {name!r}; it is kept but never learned.")
        for name in empty
    )


def _masks(
    root: Path, found: Sequence[Found], image_root: PurePosixPath, others: Collection[str]
) -> tuple[Mapping[Path, Path], list[str]]:
    """Find the masks of photos that have none yet, and say which folders they are in."""
    folders = mask_folders(root, [item.path for item in found])
    if not folders:
        return {}, []
    places = {root / item.path: item.path.relative_to(image_root) for item in found}
    search = in_folders(root, places, folders)
    return search.found, told_of(root, folders, search, photos=len(found), others=others)
