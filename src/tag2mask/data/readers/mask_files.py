"""Find masks beside photos or in separate folders by their names."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from tag2mask.data.readers.folder_names import is_mask_name, is_photo_name, split_of_folder
from tag2mask.data.readers.names import without_extension
from tag2mask.data.readers.photo_files import photos_below

_SUFFIX = re.compile(
    r"[ _.-]+(?:mask|masks|gt|seg|segmentation|label|labels|labelids|trimap|annotation|"
    r"groundtruth|ground_truth)(?:[ _.-]*\d+)?$",
    re.IGNORECASE,
)
_PHOTO_SUFFIX = re.compile(
    r"[ _.-]+(?:image|img|photo|rgb|sat|leftimg8bit|original|orig|input)$", re.IGNORECASE
)

_Place = tuple[str, str]
"""A folder and a file name with or without the suffix."""


@dataclass(frozen=True, kw_only=True)
class MaskSearch:
    """The assignment of mask files to photos."""

    found: Mapping[Path, Path]
    """The mask of each photo that has one."""
    strange: tuple[Path, ...]
    """Pictures in the folders that belong to no photo."""


def without_suffix(stem: str) -> str:
    """Return a mask's stem without its mask marker, as in `001_mask`."""
    return _SUFFIX.sub("", stem)


def _by_place(photos: Collection[str]) -> dict[str, str]:
    """Return photos by folder and stem; a stem such as `1_image` also counts as `1`."""
    places = {without_extension(path): path for path in photos}
    for path in photos:
        places.setdefault(_PHOTO_SUFFIX.sub("", without_extension(path)), path)
    return places


def beside(photos: Collection[str], pictures: Iterable[str]) -> dict[str, list[str]]:
    """Find masks of photos in the same folder, such as `1_mask.png` of `1.png`.

    Args:
        photos: paths, with slashes, of files that may be photos with a mask.
        pictures: files that may be masks; these may be the same files.

    Returns:
        The masks of each photo that has any.
    """
    by_stem = _by_place(photos)
    masks: dict[str, list[str]] = defaultdict(list)
    for path in pictures:
        place = without_extension(path)
        base = without_suffix(place)
        photo = by_stem.get(base) if base != place else None
        if photo is not None:
            masks[photo].append(path)
    return dict(masks)


def in_folders(
    root: Path, photos: Mapping[Path, PurePosixPath], folders: Iterable[Path]
) -> MaskSearch:
    """Find the masks of photos in folders of masks.

    A mask has the name of its photo, at the same place below its folder. If this finds no mask,
    criteria are relaxed one after the other: case and the Unicode form of letters, `_mask` at the
    end, folders of splits, all folders. At each stage a name must match exactly one remaining photo
    and one mask; among masks that differ only by format the PNG is used.

    Args:
        root: the data set's folder.
        photos: the files, and their paths below their common folder.
        folders: folders of masks, below `root`.
    """
    masks = {
        mask: _place(PurePosixPath(mask.relative_to(root).as_posix()))
        for folder in folders for mask in photos_below(folder)
    }
    places = {path: _place(place) for path, place in photos.items()}
    wholes = {path: (_place(place)[0], place.name) for path, place in photos.items()}
    found: dict[Path, Path] = {}
    for of_photos, photo_key, mask_key in _passes(places, wholes):
        if len(found) == len(photos) or len(found) == len(masks):
            break
        _match(of_photos, masks, photo_key, mask_key, found)
    taken = set(found.values())
    return MaskSearch(found=found, strange=tuple(mask for mask in masks if mask not in taken))


_Key = Callable[[_Place], _Place]


def _passes(
    places: Mapping[Path, _Place], wholes: Mapping[Path, _Place]
) -> Iterator[tuple[Mapping[Path, _Place], _Key, _Key]]:
    """Yield the stages of the comparison: places of photos, and the key functions of both."""
    yield places, _as_it_is, _as_it_is
    yield wholes, _folded, _folded  # a.jpg.png
    for level in (_folded, _unsplit, _bare):
        yield places, level, level
        yield places, level, lambda place, level=level: _cut(level(place), _SUFFIX)  # type: ignore[misc]
    yield (places, lambda place: _cut(_bare(place), _PHOTO_SUFFIX),
           lambda place: _cut(_bare(place), _SUFFIX))


def _match(
    photos: Mapping[Path, _Place], masks: Mapping[Path, _Place], photo_key: _Key, mask_key: _Key,
    found: dict[Path, Path],
) -> None:
    """Add the pairs of one photo and one mask that have the same key."""
    taken = set(found.values())
    own: dict[_Place, list[Path]] = defaultdict(list)
    for mask, place in masks.items():
        if mask not in taken:
            own[mask_key(place)].append(mask)
    alike: dict[_Place, list[Path]] = defaultdict(list)
    for photo, place in photos.items():
        alike[photo_key(place)].append(photo)
    for key, several in alike.items():
        only = _only(own.get(key, ()))
        if len(several) == 1 and only is not None:
            found.setdefault(several[0], only)


def _only(masks: Sequence[Path]) -> Path | None:
    """Return the one mask, or the only PNG of several that have the same name."""
    drawn = [mask for mask in masks if mask.suffix.lower() == ".png"]
    if len(masks) > 1 and len(drawn) == 1 and len({mask.with_suffix("") for mask in masks}) == 1:
        return drawn[0]
    return masks[0] if len(masks) == 1 else None


def _place(path: PurePosixPath) -> _Place:
    return _kept(path.parent.as_posix()), path.stem


@cache
def _kept(folder: str) -> str:
    """Remove folders that only mark their contents as masks or photos."""
    parts = PurePosixPath(folder).parts
    return "/".join(part for part in parts if not (is_mask_name(part) or is_photo_name(part)))


def _as_it_is(place: _Place) -> _Place:
    return place


def _folded(place: _Place) -> _Place:
    return without_case(place[0]), without_case(place[1])


@cache
def _without_splits(folder: str) -> str:
    return "/".join(part for part in folder.split("/") if not split_of_folder(part))


def _unsplit(place: _Place) -> _Place:
    return without_case(_without_splits(place[0])), without_case(place[1])


def _bare(place: _Place) -> _Place:
    return "", without_case(place[1])


def _cut(place: _Place, suffix: re.Pattern[str]) -> _Place:
    return place[0], suffix.sub("", place[1])


def without_case(name: str) -> str:
    """Return a name without case, in one Unicode form."""
    return unicodedata.normalize("NFC", name).casefold()
