"""Convert rows of a table to points, boxes and scribbles in pixels of the upright photos."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from tag2mask.annotation.records import Annotation, Box, Point, Scribble
from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.data.annotations.conventions import (
    CONVENTIONS,
    PERCENT,
    PIXELS,
    SHARES,
    Frame,
    Places,
    choose_convention,
)
from tag2mask.data.annotations.corners import from_width_and_height, is_width_and_height
from tag2mask.data.annotations.files import UNDECIDED
from tag2mask.data.annotations.mixing import share_rows
from tag2mask.data.annotations.photo_index import PhotoIndex
from tag2mask.data.annotations.sheets import Shape, Shapes
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import photo_frame
from tag2mask.data.readers.table.spellings import class_key


@dataclass(eq=False)
class Given:
    """The shapes of photos by photo name, and notices about the tables."""

    points: dict[str, list[Point]] = field(default_factory=lambda: defaultdict(list))
    boxes: dict[str, list[Box]] = field(default_factory=lambda: defaultdict(list))
    scribbles: dict[str, list[Scribble]] = field(default_factory=lambda: defaultdict(list))
    notices: list[str] = field(default_factory=list)

    @property
    def photos(self) -> set[str]:
        """Names of the photos that have at least one shape."""
        return {*self.points, *self.boxes, *self.scribbles}

    def of(self, name: str) -> Annotation:
        """Return the shapes of a photo."""
        return Annotation(
            points=tuple(self.points.get(name, ())), boxes=tuple(self.boxes.get(name, ())),
            scribbles=tuple(self.scribbles.get(name, ())),
        )


@dataclass
class Frames:
    """Sizes of photos, each read only once."""

    _known: dict[str, Frame] = field(default_factory=dict)

    def __call__(self, photo: Photo) -> Frame:
        """Return the frame of a photo; its size is zero if the photo cannot be read."""
        if photo.name not in self._known:
            try:
                height, width, turn = photo_frame(photo.path)
            except InputError:  # reported and left out when all photos are checked
                height, width, turn = 0, 0, 1
            self._known[photo.name] = Frame(height, width, turn)
        return self._known[photo.name]


def shape_rows(
    shapes: Shapes, index: PhotoIndex, classes: Sequence[str], frames: Frames, given: Given
) -> None:
    """Add the shapes of one table to `given`.

    Raises:
        InputError: a class is not declared, no photo is found, or many rows are outside their
            photos.
    """
    labels = _Labels(shapes, classes)
    known = {image: index.find(image) for image in {row.image for row in shapes.rows}}
    rows = [(row, photo) for row in shapes.rows if (photo := known[row.image])]
    given.notices += shapes.notices
    given.notices += _unknown(shapes, [row for row in shapes.rows if not known[row.image]], rows)
    seen = {photo.name: frames(photo) for photo in known.values() if photo}
    rows = [(row, photo) for row, photo in rows if seen[photo.name].height]
    if rows:
        _shape(shapes, rows, [seen[photo.name] for _, photo in rows], labels, given)


def _shape(
    shapes: Shapes, rows: Sequence[tuple[Shape, Photo]], frames: Sequence[Frame],
    labels: _Labels, given: Given,
) -> None:
    """Convert rows to pixels of the upright photo, and add them to `given`."""
    fitting = replace(shapes, rows=tuple(row for row, _ in rows))
    if is_width_and_height(fitting.rows, frames):
        fitting = replace(fitting, rows=tuple(map(from_width_and_height, fitting.rows)))
        rows = [(row, photo) for row, (_, photo) in zip(fitting.rows, rows, strict=True)]
        given.notices.append(f"The last two columns of {shapes.path.name} are read as width and "
                             f"height, since they are less than the first two in many rows.")
    places = Places.of(fitting.rows, frames)
    convention = choose_convention(fitting, frames, places)
    if convention != PIXELS:
        given.notices.append(f"The coordinates in {shapes.path.name} are read as {convention}.")
    odd, inside = _Odd(shapes.path), places.inside(convention).tolist()
    shares = share_rows(fitting, frames, places).tolist() if convention == PIXELS else []
    xs, ys = (axis.tolist() for axis in CONVENTIONS[convention](places))
    starts = [*places.starts.tolist(), len(xs)]
    for number, (row, photo) in enumerate(rows):
        if not inside[number]:
            odd.note(_OUTSIDE, row)
            continue
        if shares and shares[number]:
            odd.note(_AMONG_PIXELS, row)
            continue
        part = slice(starts[number], starts[number + 1])
        pairs = list(zip(xs[part], ys[part], strict=True))
        scale = _pen(frames[number], convention)
        _add(given, photo.name, labels(row), row, pairs, frames[number], scale, odd)
    given.notices += odd.sentences()


@dataclass(eq=False)
class _Odd:
    """Counts the rows with each kind of fault, and keeps the first of each kind."""

    path: Path
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, Shape] = field(default_factory=dict)

    def note(self, kind: str, row: Shape) -> None:
        self.counts[kind] += 1
        self.first.setdefault(kind, row)

    def sentences(self) -> list[str]:
        return [
            f"{self.path.name}: {count:,} row{'s' * (count > 1)} {kind}; the first is row "
            f"{self.first[kind].number} ({self.first[kind].image})."
            for kind, count in self.counts.items()
        ]


_OUTSIDE = "outside of the photo, left out"
_AMONG_PIXELS = "with coordinates from 0 to 1 among rows in pixels, left out"
_NO_AREA = "with a box of no area, left out"
_CROSSED = "with right before left or bottom before top, which were exchanged"


def _add(
    given: Given, name: str, label: int, row: Shape, places: Sequence[tuple[float, float]],
    frame: Frame, pen: float, odd: _Odd,
) -> None:
    if row.kind == "point":
        (x, y), = places
        given.points[name].append(Point(label, _within(x, frame.width), _within(y, frame.height)))
    elif row.kind == "scribble":
        inside = tuple((_within(x, frame.width), _within(y, frame.height)) for x, y in places)
        width = min(abs(row.width) * pen, 2.0 * max(frame.width, frame.height))
        given.scribbles[name].append(Scribble(label, width, inside))
    else:
        box = _box(label, places, frame)
        if box.right - box.left < _LEAST or box.bottom - box.top < _LEAST:
            odd.note(_NO_AREA, row)
            return
        if row.xs[1] < row.xs[0] or row.ys[1] < row.ys[0]:
            odd.note(_CROSSED, row)
        given.boxes[name].append(box)


_LEAST = 1e-3
"""Side length in pixels below which a box is empty."""


def _box(label: int, places: Sequence[tuple[float, float]], frame: Frame) -> Box:
    """Order the corners, and clip the box to the photo."""
    xs, ys = ([min(max(v, 0), most) for v in axis]
              for axis, most in zip(zip(*places, strict=True), (frame.width, frame.height),
                                    strict=True))
    return Box(label, min(xs), min(ys), max(xs), max(ys))


def _within(value: float, side: int) -> float:
    """Clip a coordinate to the photo; the far edge itself belongs to the last pixel."""
    return min(max(value, 0.0), side - 0.5) if not 0 <= value < side else value


def _pen(frame: Frame, convention: str) -> float:
    """Return the pixel width of a pen of width 1; shares and percent are of the longer side."""
    return {SHARES: 1.0, PERCENT: 0.01}.get(convention, 0) * max(frame.width, frame.height) or 1.0


@dataclass(eq=False)
class _Labels:
    """Label numbers of the class names in one table."""

    shapes: Shapes
    classes: Sequence[str]

    def __post_init__(self) -> None:
        self._known: dict[str, int] = {class_key(name): label
                                       for label, name in enumerate(self.classes, start=1)}
        for name, label in (("background", BACKGROUND), (UNDECIDED, IGNORE)):
            self._known.setdefault(class_key(name), label)
        self._spelled: dict[str, int] = {}

    def __call__(self, row: Shape) -> int:
        """Return the label of a row."""
        if row.name not in self._spelled:
            key = class_key(row.name)
            if key not in self._known:
                raise self._unknown(row, key)
            self._spelled[row.name] = self._known[key]
        return self._spelled[row.name]

    def _unknown(self, row: Shape, key: str) -> InputError:
        near = get_close_matches(key, self._known, n=1)
        names = dict(zip(map(class_key, self.classes), self.classes, strict=True))
        hint = f"did you mean {names.get(near[0], near[0])!r}?" if near else \
            "correct it, or add the class to classes.txt."
        return InputError(f"{self.shapes.path}, row {row.number} has the class {row.name!r}, which "
                          f"the data set does not have; {hint}")


def _unknown(
    shapes: Shapes, lost: Sequence[Shape], found: Sequence[tuple[Shape, Photo]]
) -> list[str]:
    """Report rows that name no photo of the data set."""
    if not lost:
        return []
    if not found:
        raise InputError(f"{shapes.path} names no photo of the data set; the first is "
                         f"{lost[0].image!r} in row {lost[0].number}; write paths as in tags.csv.")
    return [f"{shapes.path.name}: {len(lost):,} row{'s' * (len(lost) > 1)} for photos that are not "
            f"in the data set, left out; the first is row {lost[0].number} ({lost[0].image})."]
