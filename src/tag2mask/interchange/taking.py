"""Addition of labelled photos to a data set, one by one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.masks import save_mask
from tag2mask.data.photos import photo_size
from tag2mask.data.readers import read_dataset
from tag2mask.interchange.class_map import ClassMap
from tag2mask.interchange.format import Labelling
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.new_data import NewData
from tag2mask.interchange.orientation import orientation, turned
from tag2mask.interchange.photo_index import PhotoIndex
from tag2mask.interchange.sheets import (
    BOXES,
    POINTS,
    Sheet,
    box_items,
    point_items,
    write_ids,
)

PROBLEMS = "import_problems.csv"
"""File beside tags.csv that lists the problems of an import."""


@dataclass(kw_only=True)
class Imported:
    """The result of an import."""

    format: str
    photos: int = 0
    labels: int = 0
    """Number of photos with a label map."""
    boxes: int = 0
    points: int = 0
    new: bool = False
    """Whether a new data set with tags.csv was created."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Taker:
    """Adds labelled photos to a data set one by one."""

    def __init__(self, data: Path, reading: Labelling, made: Imported, target: str) -> None:
        """Initialise the writer; imported items are counted in `made`."""
        self.data, self.reading, self.made, self.target = data, reading, made, target
        self.boxes = Sheet(data / "boxes.csv", BOXES)
        self.points = Sheet(data / "points.csv", POINTS)

    def __call__(self, photo: LabelledPhoto) -> None:
        """Add one photo, or record why it cannot be added."""
        raise NotImplementedError

    def finish(self) -> None:
        """Write the tables."""
        if self.target != "masks":
            self.made.boxes, self.made.points = self.boxes.write(), self.points.write()
            if self.reading.ids:
                write_ids(self.data, self.reading.ids)

    def lost(self, photo: LabelledPhoto, why: str) -> None:
        """Record a problem for a photo that could not be imported."""
        self.made.problems.append(Problem(photo=photo.file, why=why, left_out=True))

    def keep(
        self, photo: LabelledPhoto, *, name: str, image: str, classes: tuple[str, ...]
    ) -> None:
        """Write the labels, boxes and points of one photo."""
        self.made.photos += 1
        if photo.labels is not None and self.target != "tags":
            save_mask(self.data / self.target / f"{name}.png", photo.labels,
                      num_labels=len(classes) + 1)
            self.made.labels += 1
        # Classes in the label map need no box.
        kept = photo if self.target == "tags" else replace(photo, boxes=photo.undrawn_boxes())
        self.boxes.put(image, box_items(kept))
        self.points.put(image, point_items(photo))


class Existing(Taker):
    """Adds labelled photos to an existing data set with tags."""

    def __init__(self, data: Path, reading: Labelling, made: Imported, target: str) -> None:
        """Read the data set.

        Raises:
            InputError: the data set cannot be read, or has none of the classes.
        """
        super().__init__(data, reading, made, target)
        self.dataset: Dataset = read_dataset(data)
        self.index = PhotoIndex(self.dataset)
        self.map = ClassMap(reading.classes, self.dataset.classes)
        self.seen: dict[str, str] = {}
        self.contradicting = 0

    def __call__(self, photo: LabelledPhoto) -> None:
        """Add the labels of a photo of the data set."""
        own = self.index.find(photo.file)
        if own is None:
            return self.lost(photo, f"{photo.file} is not in {self.data}.")
        if own.name in self.seen:
            return self.lost(photo, f"{photo.file} and {self.seen[own.name]} are the same photo; "
                             "the first was taken.")
        try:
            photo = upright(replace(photo, path=own.path))
        except InputError as error:
            return self.lost(photo, str(error))
        self.seen[own.name] = photo.file
        photo = self.map.applied(photo)
        extra = sorted(photo.shown - {self.dataset.classes[tag] for tag in own.tags})
        if extra:
            self.contradicting += 1
            self.made.problems.append(Problem(photo=own.name, why=f"It shows {', '.join(extra)}, "
                                              "which its tags do not name; correct one of them."))
        image = own.path.relative_to(self.dataset.root).as_posix()
        return self.keep(photo, name=own.name, image=image, classes=self.dataset.classes)

    def finish(self) -> None:
        """Write the tables, and record contradictions to the tags."""
        super().finish()
        self.made.problems += self.map.problems()
        if self.contradicting:
            self.made.notes.append(f"{self.contradicting:,} photos show classes that their tags "
                                   f"do not name; {PROBLEMS} lists them.")


class New(Taker):
    """Adds labelled photos to a folder that becomes a data set."""

    def __init__(
        self, data: Path, reading: Labelling, made: Imported, target: str, images: str
    ) -> None:
        """Initialise the writer; `images` is the placement of photos."""
        super().__init__(data, reading, made, target)
        self.new = NewData(data, reading.classes, images)
        self.seen: set[str] = set()

    def __call__(self, photo: LabelledPhoto) -> None:
        """Add a photo and its labels."""
        if photo.file.casefold() in self.seen:
            return self.lost(photo, f"{photo.file} is there twice; the first was taken.")
        try:
            placed = self.new.place(photo)
            photo = upright(replace(photo, path=placed))
        except InputError as error:
            return self.lost(photo, str(error))
        self.seen.add(photo.file.casefold())
        photo = self.new.map.applied(photo)
        name, image = self.new.add(photo)
        return self.keep(photo, name=name, image=image, classes=self.new.classes)

    def finish(self) -> None:
        """Write all tables, including tags.csv."""
        super().finish()
        if self.made.photos:
            self.new.write()
        self.made.notes += self.new.notes


def upright(photo: LabelledPhoto) -> LabelledPhoto:
    """Transform labels to the upright photo if they refer to its stored pixels.

    Raises:
        InputError: the photo cannot be read, or its size differs from that of the labels.
    """
    assert photo.path is not None
    size = photo_size(photo.path)
    if photo.size == size:
        return photo
    turn = orientation(photo.path)
    if turn >= 5 and photo.size == (size[1], size[0]):
        return turned(photo, turn)
    raise InputError(f"{photo.file} is {size[1]} x {size[0]} pixels, but its labels "
                     f"{photo.size[1]} x {photo.size[0]}; export them for this photo.")
