"""The annotations of one photo as they were given, in pixels of the upright photo."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import BACKGROUND, IGNORE

NEARLY = 0.8
"""Decided share of a mask from which on it counts as drawn as a whole."""

KINDS = ("points", "boxes", "scribbles", "masks")
"""What can be given besides tags."""


@dataclass(frozen=True, slots=True)
class Point:
    """A click: the pixel at (x, y) has this label."""

    label: int
    """0 for the background, class + 1, or 255 where nobody can tell."""
    x: float
    """From the left edge, in [0, W)."""
    y: float
    """From the upper edge, in [0, H)."""


@dataclass(frozen=True, slots=True)
class Box:
    """The extent of one thing; a box of background is background throughout."""

    label: int
    """0 for the background, class + 1, or 255 where nobody can tell."""
    left: float
    top: float
    right: float
    """Exclusive."""
    bottom: float
    """Exclusive."""

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Rows and columns of every pixel that the box touches."""
        rows = slice(int(self.top), -int(-self.bottom // 1))
        return rows, slice(int(self.left), -int(-self.right // 1))


@dataclass(frozen=True, slots=True)
class Scribble:
    """A stroke: all pixels within half its width have this label."""

    label: int
    """0 for the background, class + 1, or 255 where nobody can tell."""
    width: float
    """Of the pen, in pixels."""
    points: tuple[tuple[float, float], ...]
    """(x, y), joined by straight lines."""


@dataclass(frozen=True, kw_only=True)
class GivenMask:
    """The file of a mask, and what was found in it when the data set was read."""

    path: Path
    """A PNG of labels, 255 where nothing is said."""
    digest: str
    """Of its bytes: changes when the mask does."""
    labels: tuple[int, ...]
    """Labels that occur, sorted, without 255."""
    decided: float
    """Share of the pixels that are not 255."""

    @property
    def complete(self) -> bool:
        """Whether every pixel is decided."""
        return self.decided >= 1


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """All that is given for one photo besides its tags; each kind may be missing."""

    mask: GivenMask | None = None
    points: tuple[Point, ...] = ()
    boxes: tuple[Box, ...] = ()
    scribbles: tuple[Scribble, ...] = ()
    added_tags: tuple[int, ...] = ()
    """Classes of the photo that only the annotation names, as indices into the data set's."""
    alone: bool = False
    """Whether the photo is in the data set only because of its annotation."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which kinds there are: "points", "boxes", "scribbles" and "masks"."""
        given = {"points": self.points, "boxes": self.boxes, "scribbles": self.scribbles,
                 "masks": self.mask}
        return tuple(kind for kind, value in given.items() if value)

    @property
    def labels(self) -> frozenset[int]:
        """All labels that occur, 0 and 255 among them."""
        shapes: tuple[Point | Box | Scribble, ...] = (
            *self.points, *self.boxes, *self.scribbles)
        drawn = self.mask.labels if self.mask else ()
        return frozenset([*(shape.label for shape in shapes), *drawn])

    @property
    def classes(self) -> tuple[int, ...]:
        """Classes that are named anywhere, as sorted indices into the data set's."""
        return tuple(sorted(label - 1 for label in self.labels if BACKGROUND < label < IGNORE))

    @property
    def complete(self) -> bool:
        """Whether a mask decides every pixel."""
        return self.mask is not None and self.mask.complete

    @property
    def nearly_complete(self) -> bool:
        """Whether a mask decides all but borders that nobody can tell."""
        return self.mask is not None and self.mask.decided >= NEARLY

    @property
    def certain(self) -> bool:
        """Whether the label of any pixel is certain: boxes of classes only say what is not."""
        shapes: tuple[Point | Scribble, ...] = (*self.points, *self.scribbles)
        return (
            any(shape.label != IGNORE for shape in shapes)
            or any(box.label == BACKGROUND for box in self.boxes)
            or bool(self.mask and self.mask.labels)
        )

    def rows(self, kinds: Collection[str]) -> list[list[object]]:
        """Return what is given of some `KINDS` as plain lists, for a fingerprint."""
        given: dict[str, list[object]] = {
            "points": [[p.label, p.x, p.y] for p in self.points],
            "boxes": [[b.label, b.left, b.top, b.right, b.bottom] for b in self.boxes],
            "scribbles": [[s.label, s.width, [list(p) for p in s.points]] for s in self.scribbles],
        }
        mask: list[object] = [self.mask.digest] if self.mask and "masks" in kinds else []
        return [mask, *(rows for kind, rows in given.items() if kind in kinds)]
