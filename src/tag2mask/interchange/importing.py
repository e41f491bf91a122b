"""Import: another program's annotations into a data set, and a list of what could not be taken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.masks import save_mask
from tag2mask.data.photos import photo_size
from tag2mask.data.readers import read_dataset
from tag2mask.interchange import FORMATS
from tag2mask.interchange.class_map import ClassMap
from tag2mask.interchange.formats import Format, Labelling, ReadOptions
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.names import csv_text
from tag2mask.interchange.new_data import NewData, is_new
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

TARGETS = ("annotations", "masks", "tags")
"""What `import --as` takes."""

PROBLEMS = "import_problems.csv"
"""What an import could not take, beside tags.csv."""


@dataclass(kw_only=True)
class Imported:
    """What an import made."""

    format: str
    photos: int = 0
    labels: int = 0
    """Photos with a label map."""
    boxes: int = 0
    points: int = 0
    new: bool = False
    """Whether tags.csv was written."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_labels(
    path: Path, data: Path, *, format: str = "auto", target: str = "annotations",
    options: ReadOptions | None = None, images: str = "copy",
) -> Imported:
    """Read another program's annotations into a data set.

    Args:
        path: the file or folder that the program wrote.
        data: the data set; one without tags becomes one, with tags.csv and classes.txt.
        format: a name in `FORMATS`, or "auto".
        target: "annotations", "masks" (the true masks that score runs) or "tags".
        options: how the file is read.
        images: how photos come into a new data set: "copy", "link" or "none".

    Raises:
        InputError: the format is not recognised, or nothing of it can be taken.
    """
    if target not in TARGETS:
        raise InputError(f"--as {target!r} is unknown; it is one of {', '.join(TARGETS)}.")
    if not path.exists():
        raise InputError(f"{path} does not exist; give the file or folder to import.")
    name, entry = find_format(path, format)
    assert entry.read is not None
    new = is_new(data)
    if target == "tags" and not new:
        raise InputError(f"{data} has tags already; use --as annotations, or import into a new "
                         "folder.")
    options = replace(options or ReadOptions(), photos=_photo_folder(data, new, options))
    made = Imported(format=name, new=new)
    with entry.read(path, options) as reading:
        take = _New(data, reading, made, target, images) if new \
            else _Existing(data, reading, made, target)
        for photo in reading.photos:
            take(photo)
        take.finish()
        made.problems += reading.problems
        made.notes += reading.notes
    _write_problems(data, made)
    return made


def find_format(path: Path, name: str) -> tuple[str, Format]:
    """Return the format called `name`, or the first that recognises `path`.

    Raises:
        InputError: it cannot be read, or none recognises it.
    """
    if name != "auto":
        entry = FORMATS.get(name)
        if entry.read is None:
            raise InputError(f"{name} can only be exported; `tag2mask formats` lists what can be "
                             "imported.")
        return name, entry
    for candidate in FORMATS.names():
        entry = FORMATS.get(candidate)
        if entry.read is not None and entry.fits(path):
            return candidate, entry
    raise InputError(f"{path} is in no format that is recognised; name it with --format, one of "
                     f"{', '.join(n for n in FORMATS.names() if FORMATS.get(n).read)}.")


def _photo_folder(data: Path, new: bool, options: ReadOptions | None) -> Path | None:
    if options and options.photos:
        return options.photos
    if new:
        return data / "images" if (data / "images").is_dir() else None
    return data


def _write_problems(data: Path, made: Imported) -> None:
    table = data / PROBLEMS
    if made.problems:
        write_text(table, csv_text([["photo", "why"],
                                    *([p.photo, p.why] for p in made.problems)]))
    elif table.exists():
        table.unlink()
    if not made.photos:
        first = made.problems[0].why if made.problems else "it names no photo."
        raise InputError(f"Nothing could be imported: {first}")


class _Taker:
    """Takes one photo after the other into a data set."""

    def __init__(self, data: Path, reading: Labelling, made: Imported, target: str) -> None:
        self.data, self.reading, self.made, self.target = data, reading, made, target
        self.boxes = Sheet(data / "boxes.csv", BOXES)
        self.points = Sheet(data / "points.csv", POINTS)

    def __call__(self, photo: LabelledPhoto) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Write the tables."""
        if self.target != "masks":
            self.made.boxes, self.made.points = self.boxes.write(), self.points.write()
            if self.reading.ids:
                write_ids(self.data, self.reading.ids)

    def lost(self, photo: LabelledPhoto, why: str) -> None:
        """Note that a photo could not be taken."""
        self.made.problems.append(Problem(photo=photo.file, why=why, left_out=True))

    def keep(
        self, photo: LabelledPhoto, *, name: str, image: str, classes: tuple[str, ...]
    ) -> None:
        """Write one photo's labels, boxes and points."""
        self.made.photos += 1
        if photo.labels is not None and self.target != "tags":
            save_mask(self.data / self.target / f"{name}.png", photo.labels,
                      num_labels=len(classes) + 1)
            self.made.labels += 1
        # What a label map shows needs no box beside it.
        drawn = {classes[label - 1] for label in photo.present()} if self.target != "tags" else {}
        kept = [item for item in box_items(photo) if item[0] not in drawn]
        self.boxes.put(image, kept)
        self.points.put(image, point_items(photo))


class _Existing(_Taker):
    """Takes photos into a data set that has tags."""

    def __init__(self, data: Path, reading: Labelling, made: Imported, target: str) -> None:
        super().__init__(data, reading, made, target)
        self.dataset: Dataset = read_dataset(data)
        self.index = PhotoIndex(self.dataset)
        self.map = ClassMap(reading.classes, self.dataset.classes)
        self.seen: dict[str, str] = {}
        self.contradicting = 0

    def __call__(self, photo: LabelledPhoto) -> None:
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
        super().finish()
        self.made.problems += self.map.problems()
        if self.contradicting:
            self.made.notes.append(f"{self.contradicting:,} photos show classes that their tags "
                                   f"do not name; {PROBLEMS} lists them.")


class _New(_Taker):
    """Takes photos into a folder that becomes a data set."""

    def __init__(
        self, data: Path, reading: Labelling, made: Imported, target: str, images: str
    ) -> None:
        super().__init__(data, reading, made, target)
        self.new = NewData(data, reading.classes, images)
        self.seen: set[str] = set()

    def __call__(self, photo: LabelledPhoto) -> None:
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
        super().finish()
        if self.made.photos:
            self.new.write()
        self.made.notes += self.new.notes


def upright(photo: LabelledPhoto) -> LabelledPhoto:
    """Bring labels to the upright photo, where they are those of its stored pixels.

    Raises:
        InputError: the photo cannot be read, or has another size than its labels.
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
