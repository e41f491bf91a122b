"""Conversion of drawn masks, polygons and lines to label maps; boxes and points are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tag2mask.data.dataset import Problem
from tag2mask.interchange import rle
from tag2mask.interchange.class_tables import BACKGROUNDS, IGNORED
from tag2mask.interchange.format import Labelling, ReadOptions
from tag2mask.interchange.labelled import Box, LabelledPhoto, Mask, Point, placed
from tag2mask.interchange.painting import Canvas


@dataclass(frozen=True)
class Drawn:
    """A shape with an area; later shapes cover earlier ones."""

    name: str
    mask: Mask
    left: int = 0
    top: int = 0


@dataclass
class Shapes:
    """The shapes drawn on one photo."""

    drawn: list[Drawn] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    undecided: Mask | None = None

    @property
    def empty(self) -> bool:
        """Return whether there are no shapes."""
        return not (self.drawn or self.boxes or self.points or self.tags)


@dataclass(kw_only=True)
class Painter:
    """Converts shapes to labelled photos, and counts events to report in the notes."""

    labelling: Labelling
    options: ReadOptions
    areas: bool
    """Whether any shape in the file has an area; otherwise no label maps are produced."""
    overlapping: int = 0
    doubted: int = 0
    empty: int = 0

    def photo(
        self, shapes: Shapes, *, file: str, path: Path | None, size: tuple[int, int],
        split: str | None = None,
    ) -> LabelledPhoto:
        """Return the labelled photo with its shapes painted."""
        classes = self.labelling.classes
        canvas = Canvas(size, self.options)
        for shape in shapes.drawn:
            if shape.name.casefold() in IGNORED:
                canvas.undecided(placed(shape.mask, shape.left, shape.top, size))
            elif shape.name.casefold() in BACKGROUNDS:
                canvas.background(placed(shape.mask, shape.left, shape.top, size))
            else:
                canvas.paint(classes.index(shape.name) + 1, shape.mask, shape.left, shape.top)
        if shapes.undecided is not None:
            canvas.undecided(shapes.undecided)
        if self.areas and shapes.boxes:
            canvas.doubt(tuple(shapes.boxes))
            self.doubted += 1
        self.overlapping += canvas.overlaps > 0
        self.empty += shapes.empty and shapes.undecided is None
        return LabelledPhoto(
            file=file, path=path, size=size, classes=classes, split=split,
            labels=canvas.finished() if self.areas else None, boxes=tuple(shapes.boxes),
            points=tuple(shapes.points), tags=frozenset(shapes.tags))

    def note(self) -> None:
        """Add a summary to the notes after all photos have been painted."""
        for count, what in (
            (self.overlapping, "shapes of two classes overlap; the later one is on top"),
            (self.doubted, "there are boxes; what lies in a box and in no shape is undecided"),
            (self.empty, "there is no shape; they are taken to show nothing, so leave them out of "
                         "the file if nobody looked at them yet"),
        ):
            if count:
                self.labelling.notes.append(f"On {count:,} photos {what}.")


def foreground(names: list[str]) -> tuple[str, ...]:
    """Return the names of foreground classes without duplicates, in order."""
    skipped = {*BACKGROUNDS, *IGNORED}
    return tuple(name for name in dict.fromkeys(names) if name.casefold() not in skipped)


def lost(labelling: Labelling, file: str, what: str, error: object) -> None:
    """Record a problem for a shape that could not be read."""
    labelling.problems.append(Problem(photo=file, why=f"{what} was left out: {error}."))


def nonempty(drawn: Drawn) -> Drawn:
    """Return a shape that has a pixel.

    Raises:
        ValueError: it has none.
    """
    if not drawn.mask.any():
        raise ValueError("it holds no pixel of the photo")
    return drawn


def restore_undecided(
    shapes: Shapes, private: object, size: tuple[int, int], labelling: Labelling, file: str
) -> None:
    """Decode the undecided pixels from a private field of our own export, if it is there."""
    if not isinstance(private, str):
        return
    try:
        shapes.undecided = rle.decode(rle.from_string(private), size)
    except ValueError as error:
        lost(labelling, file, "The mask of undecided pixels", error)


def rotated_box(
    name: str, left: float, top: float, width: float, height: float, degrees: float,
    *, about_corner: bool,
) -> np.ndarray:
    """Return the corners of a rectangle rotated clockwise by an angle in degrees."""
    angle = np.deg2rad(degrees)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    origin = np.zeros(2) if about_corner else np.array([width / 2, height / 2])
    return np.asarray((corners - origin) @ turn + origin + (left, top))


def ellipse(x: float, y: float, across: float, down: float, degrees: float = 0.0) -> np.ndarray:
    """Return an ellipse as a polygon with an error of at most a twentieth of a pixel."""
    count = int(np.clip(np.sqrt(max(across, down, 1.0)) * 32, 32, 4096))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    plain = np.stack((across * np.cos(angles), down * np.sin(angles)), axis=1)
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(plain @ turn + (x, y))


def positive(name: str, left: float, top: float, right: float, bottom: float) -> Box:
    """Return a box whose corners may be given in any order.

    Raises:
        ValueError: the box has no area, or a corner is not a number.
    """
    (left, right), (top, bottom) = sorted((left, right)), sorted((top, bottom))
    if not np.isfinite([left, top, right, bottom]).all() or left == right or top == bottom:
        raise ValueError("the box has no area")
    return Box(class_name=name, left=left, top=top, right=right, bottom=bottom)
