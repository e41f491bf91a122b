"""The photos to review, from a run or a data set, in a chosen order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import InputError, nearest
from tag2mask.core.data_address import refuse_address
from tag2mask.core.escaping import why_no_file_name
from tag2mask.data import load_mask, photo_size, read_dataset
from tag2mask.data.dataset import SPLITS, Dataset, Photo
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.moved import former_folder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.tables import read_table

ORDERS = ("trust", "next", "name", "class")
"""Orders: by increasing trust; the same with alternating classes; by name; by first tag and
trust."""


@dataclass(frozen=True)
class Source:
    """Photos to review, and the results of a run for them."""

    dataset: Dataset
    run: RunFolder | None
    photos: tuple[Photo, ...]
    """Photos in the order of the queue. Requests refer to them by index, never by a path."""

    @property
    def num_labels(self) -> int:
        """K + 1."""
        return len(self.dataset.classes) + 1

    @property
    def former_folder(self) -> Path | None:
        """The folder that the run was made from before, if it is still there and another one."""
        former = former_folder(self.run, self.dataset.root) if self.run else None
        return former if former and former.is_dir() else None

    def trust(self) -> dict[str, float]:
        """Read the trust in the mask of each photo, by name; {} if no run has computed it."""
        return _trust(self.run) if self.run else {}

    def has_draft(self, photo: Photo) -> bool:
        """Return whether the run has a pseudo mask of a photo."""
        return self.run is not None and self.run.mask_file(photo.name).exists()

    def draft_version(self, photo: Photo) -> str:
        """Return a text that changes when the run writes the pseudo mask again; "" if none."""
        if self.run is None:
            return ""
        try:
            return f"{self.run.mask_file(photo.name).stat().st_mtime_ns:x}"
        except OSError:
            return ""

    def draft(self, photo: Photo) -> np.ndarray:
        """Return the pseudo mask of a photo, (H, W) uint8; all background if there is none."""
        size = photo_size(photo.path)
        if self.run is None or not self.has_draft(photo):
            return np.zeros(size, np.uint8)
        return fitted(load_mask(self.run.mask_file(photo.name), size=None,
                                num_labels=self.num_labels), size)

    def network_mask(self, photo: Photo) -> np.ndarray | None:
        """Return the network's mask among the tags of a photo, (H, W) uint8; None without one.

        Of a run without final masks it is the network's mask without the tags.
        """
        if self.run is None:
            return None
        for file in (self.run.final_file(photo.name), self.run.prediction_file(photo.name)):
            if file.exists():
                mask = load_mask(file, size=None, num_labels=self.num_labels)
                return fitted(mask, photo_size(photo.path))
        return None

    def scores(
        self, photo: Photo, label: int, size: tuple[int, int] | None = None
    ) -> np.ndarray | None:
        """Return the probability of a class, (h, w) in [0, 1]; None if unknown.

        Args:
            photo: a photo of the data set.
            label: 1 to K.
            size: of the result; None for the size at which the run stored it.
        """
        if self.run is None or not self.run.sharp_file(photo.name).exists():
            return None
        planes, classes = read_planes(self.run.sharp_file(photo.name))
        found = np.flatnonzero(classes == label - 1)
        if not len(found):
            return None
        share = planes[1 + found[0]] / np.maximum(planes.sum(0), 1e-6)
        if size is not None:  # by Pillow, since torch takes seconds to load
            plane = Image.fromarray(share.astype(np.float32))
            share = np.asarray(plane.resize(size[::-1], Image.Resampling.BILINEAR))
        return np.asarray(share.clip(0, 1))


def fitted(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a mask with nearest-neighbour interpolation."""
    if mask.shape == size:
        return mask
    rows, columns = ((2 * np.arange(new) + 1) * old // (2 * new)
                     for new, old in zip(size, mask.shape, strict=True))
    return np.ascontiguousarray(mask[rows][:, columns])


def open_source(
    path: Path, *, split: str = "train", order: str = "trust", classes: Sequence[str] = (),
) -> Source:
    """Read a run folder or a data set, and sort its photos.

    Args:
        path: a run folder of `tag2mask run`, or a data set.
        split: one of `SPLITS`, or "all".
        order: one of `ORDERS`.
        classes: tags of which a photo must have at least one; all photos if empty.

    Raises:
        InputError: the folder is neither a run nor a data set, a name is unknown, or no photo is
            left.
    """
    refuse_address(path, "annotations")
    run = RunFolder(path) if (path / "data.json").exists() else None
    dataset = read_run_dataset(run) if run else read_dataset(path)
    if run and not dataset.root.is_dir():
        raise InputError(f"{dataset.root}, the data set of {path}, is not there any more; put it "
                         "back, or repeat the run on the folder where it is now.")
    wanted = {_place(name, dataset) for name in classes}
    photos = [photo for photo in dataset.photos
              if split in ("all", photo.split) and (not wanted or wanted & set(photo.tags))]
    if not photos:
        raise InputError(f"{path} has no photo of the split {split!r}"
                         f"{' with these classes' if wanted else ''}; "
                         f"choose another --split ({', '.join(SPLITS)}, all) or --classes.")
    for photo in photos:
        if why := why_no_file_name(photo.name):
            raise InputError(f"{photo.path}: the name {photo.name!r} {why}; rename the photo.")
    return Source(dataset, run, tuple(_ordered(photos, order, _trust(run) if run else {})))


def _place(name: str, dataset: Dataset) -> int:
    if name not in dataset.classes:
        raise InputError(f"--classes {name!r} is no class of {dataset.root}; "
                         f"did you mean {nearest(name, dataset.classes)}?")
    return dataset.classes.index(name)


def _trust(run: RunFolder) -> dict[str, float]:
    return {row["image"]: float(row["trust"]) for row in read_table(run.trust)
            if not row["class"]}


def _ordered(photos: list[Photo], order: str, trust: dict[str, float]) -> list[Photo]:
    def doubt(photo: Photo) -> tuple[float, str]:
        return trust.get(photo.name, 2.0), photo.name

    if order == "name":
        return sorted(photos, key=lambda photo: photo.name)
    if order == "class":
        return sorted(photos, key=lambda photo: (photo.tags[:1], doubt(photo)))
    if order == "next":
        return _in_turn(sorted(photos, key=doubt))
    return sorted(photos, key=doubt)


def _in_turn(photos: list[Photo]) -> list[Photo]:
    """Reorder photos so that classes alternate, each with its first remaining photo."""
    rounds: list[tuple[int, int, Photo]] = []
    seen: dict[tuple[int, ...], int] = defaultdict(int)
    for place, photo in enumerate(photos):
        key = photo.tags[:1]
        rounds.append((seen[key], place, photo))
        seen[key] += 1
    return [photo for *_, photo in sorted(rounds, key=lambda item: item[:2])]
