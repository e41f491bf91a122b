"""Tags that photos come with, so that the network only chooses among these classes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
from tag2mask.core.wording import counted, listing
from tag2mask.data.dataset import Dataset
from tag2mask.data.finding import Listed
from tag2mask.data.notices import announce_losses
from tag2mask.data.readers import read_dataset
from tag2mask.data.readers.table.spellings import class_key
from tag2mask.run_folder.origin import refuse_inside


@dataclass(frozen=True)
class GivenTags:
    """The classes of photos, by their files.

    Attributes:
        classes: 0-based classes of the network that are on a photo, by the photo's resolved path.
        photos: the photos of each data set.
    """

    classes: Mapping[str, tuple[int, ...]]
    photos: Sequence[Listed]

    def of(self, photo: Path) -> tuple[int, ...] | None:
        """Return the classes of a photo; None if its tags are not known."""
        return self.classes.get(str(photo.resolve()))

    def with_tags(
        self, photos: Sequence[tuple[str, Path]], progress: Progress
    ) -> list[tuple[str, Path]]:
        """Return the photos whose tags are known, with their names, and say how many others."""
        known = [(name, path) for name, path in photos if self.of(path) is not None]
        if others := len(photos) - len(known):
            progress.say(f"{counted(others, 'picture')} without tags in the data set, such as "
                         "masks, will not be segmented.")
        return known

    @property
    def digest(self) -> str:
        """A hash of all photos and their classes."""
        return hashlib.sha256(repr(sorted(self.classes.items())).encode()).hexdigest()


def read_given_tags(
    inputs: Sequence[Path], out: Path, names: Sequence[str], progress: Progress
) -> GivenTags:
    """Read the tags of data sets, for a network.

    Classes are matched by name; case, and whether words are separated by spaces, underscores or
    hyphens, are ignored. A photo that is there several times, as by links in the folders of its
    classes, has the tags of all of them.

    Args:
        inputs: folders of data sets with tags, or addresses of them.
        out: the output folder, which must not become a class of them.
        names: (K,) the network's classes.
        progress: reports classes that the network does not know, and photos that are missing.

    Raises:
        InputError: an input is no data set with tags, has no class of the network, or contains
            `out`.
    """
    numbers = {class_key(name): number for number, name in enumerate(names)}
    found: dict[str, tuple[int, ...]] = {}
    photos: list[Listed] = []
    for data in inputs:
        if data.is_file():
            raise InputError(f"{data} is a file, which has no tags; give the folder of the data "
                             "set, or leave out --tags given.")
        refuse_inside(out, data)
        dataset = read_dataset(data, progress)
        known = [numbers.get(class_key(name)) for name in dataset.classes]
        _report_unknown(data, dataset, known, names, progress)
        announce_losses(progress, dataset)
        photos.append([(photo.name, photo.path) for photo in dataset.photos])
        for photo in dataset.photos:
            file = str(photo.path.resolve())
            own = {number for tag in photo.tags if (number := known[tag]) is not None}
            found[file] = tuple(sorted(own.union(found.get(file, ()))))
    return GivenTags(found, photos)


def _report_unknown(
    data: Path, dataset: Dataset, known: Sequence[int | None], names: Sequence[str],
    progress: Progress,
) -> None:
    """Warn of classes that the network does not know; refuse to go on if it knows none."""
    unknown = [name for name, number in zip(dataset.classes, known, strict=True) if number is None]
    if len(unknown) == len(dataset.classes):
        raise InputError(f"The network knows none of the classes of {data} "
                         f"({listing(unknown)}); its own are {listing(names)}.")
    if unknown:
        progress.warn(f"The network does not know {listing(unknown)} of {data}; "
                      "what shows that is background or another class in the masks.")
