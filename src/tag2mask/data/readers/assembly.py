"""Build a `Dataset` from the results of a reader: names, splits, masks and common checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data.data_files import data_file
from tag2mask.data.dataset import Dataset, Photo, Problem, refuse_many_losses
from tag2mask.data.readers.mask_files import in_folders
from tag2mask.data.readers.mask_folders import folder_notices, mask_folders
from tag2mask.data.readers.names import unique_names
from tag2mask.data.readers.splits import hold_out

_MANY = 4
"""Number of classes without photos above which they are reported together."""


class Found(NamedTuple):
    """A photo as returned by a reader."""

    path: str
    """Path below the data set's folder, with slashes."""
    tags: frozenset[str]
    """Names of its classes."""
    split: str | None
    """None if the user did not specify one."""
    mask: Path | None = None
    """The mask for scoring, if the reader knows it."""
    group: str = ""
    """What it shares with other photos, such as a patient; they are held out together."""


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
    """Build a data set from the photos that a reader found.

    Args:
        root: the data set's folder.
        layout: name of the layout.
        classes: the K class names, in the order of the mask labels.
        found: the existing photos, each path once.
        problems: losses and irregularities from the reader.
        image_root: the part of the photos' paths that is removed from their names.
        find_masks: whether to search folders with such names for masks for scoring.
        others: stems of photos that are not read, whose masks are not reported as unused.
        notices: automatic decisions of the reader, see `Dataset.notices`.

    Raises:
        InputError: no photo, no class, too many classes, or more than a tenth of the photos left
            out.
    """
    masks, said = _masks(root, found, image_root, others) if find_masks else ({}, [])
    held = hold_out({item.path: item.split for item in found},
                    tags={item.path: item.tags for item in found},
                    groups={item.path: item.group for item in found if item.group})
    names = _names(found, image_root)
    photos = _photos(root, found, names, masks, held.splits, _indices(root, classes))
    dataset = Dataset(
        root=root, layout=layout, classes=tuple(classes), photos=photos,
        problems=tuple(problems) + _unused(classes, found),
        notices=(*notices, *held.notices, *said),
        drawn={name: held.drawn[item.path] for name, item in zip(names, found, strict=True)
               if item.path in held.drawn},
    )
    refuse_many_losses(dataset)
    if not photos:
        raise InputError(f"{root} lists no photo; add photos and their tags.")
    return dataset


def _names(found: Sequence[Found], image_root: PurePosixPath) -> list[str]:
    """Name the photos by their paths below `image_root`."""
    top = "" if image_root == PurePosixPath() else f"{image_root}/"
    return unique_names([item.path.removeprefix(top) for item in found])


def _photos(
    root: Path, found: Sequence[Found], names: Sequence[str], masks: Mapping[Path, Path],
    splits: Mapping[str, str], index: Mapping[str, int],
) -> tuple[Photo, ...]:
    """Build the photos, sorted by name; `index` maps class names to the K class numbers."""
    numbers = {tags: tuple(sorted(index[tag] for tag in tags))
               for tags in {item.tags for item in found}}  # many photos share a tuple
    photos = (
        Photo(
            name=name, path=path, tags=numbers[item.tags], split=splits[item.path],
            mask=item.mask or (masks.get(path) if masks else None),
        )
        for item, name in zip(found, names, strict=True) for path in [data_file(root / item.path)]
    )
    return tuple(sorted(photos, key=lambda photo: photo.name))


def _indices(root: Path, classes: Sequence[str]) -> dict[str, int]:
    if not classes:
        raise InputError(f"No photo in {root} has a tag, so no class is known.")
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
    """Find the masks of photos that have none yet, and report the folders that contain them."""
    folders = mask_folders(root, [item.path for item in found])
    if not folders:
        return {}, []
    places = {root / item.path: PurePosixPath(item.path).relative_to(image_root) for item in found}
    search = in_folders(root, places, folders)
    return search.found, folder_notices(root, folders, search, photos=len(found), others=others)
