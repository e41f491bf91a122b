"""The annotations of one photo as a person made them, in pixels of the upright photo."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import BACKGROUND, IGNORE

NEARLY = 0.8
"""Minimum decided share at which a mask counts as drawn completely."""

KINDS = ("points", "boxes", "scribbles", "masks")
"""Kinds of annotation besides tags."""


@dataclass(frozen=True, slots=True)
class Point:
    """A click: assigns a label to the pixel at (x, y)."""

    label: int
    """0 for the background, class index + 1, or 255 for undecidable."""
    x: float
    """Distance from the left edge, in [0, W)."""
    y: float
    """Distance from the upper edge, in [0, H)."""


@dataclass(frozen=True, slots=True)
class Box:
    """The extent of one object; a box of background contains only background."""

    label: int
    """0 for the background, class index + 1, or 255 for undecidable."""
    left: float
    top: float
    right: float
    """Right edge, exclusive."""
    bottom: float
    """Lower edge, exclusive."""

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Return the row and column slices of all pixels that the box touches."""
        rows = slice(int(self.top), -int(-self.bottom // 1))
        return rows, slice(int(self.left), -int(-self.right // 1))


@dataclass(frozen=True, slots=True)
class Scribble:
    """A stroke: assigns a label to all pixels within half its width."""

    label: int
    """0 for the background, class index + 1, or 255 for undecidable."""
    width: float
    """Pen width in pixels."""
    points: tuple[tuple[float, float], ...]
    """Vertices (x, y), joined by straight lines."""


@dataclass(frozen=True, kw_only=True)
class GivenMask:
    """The file of a mask, and its properties at the time the data set was read."""

    path: Path
    """A PNG of labels, 255 where undecided."""
    digest: str
    """Hash of the file's bytes; changes when the mask does."""
    labels: tuple[int, ...]
    """Labels that occur in the mask, sorted, without 255."""
    decided: float
    """Share of the pixels that are not 255."""

    @property
    def complete(self) -> bool:
        """Whether every pixel is decided."""
        return self.decided >= 1


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """All annotations of one photo besides its tags; each kind may be missing."""

    mask: GivenMask | None = None
    points: tuple[Point, ...] = ()
    boxes: tuple[Box, ...] = ()
    scribbles: tuple[Scribble, ...] = ()
    added_tags: tuple[int, ...] = ()
    """Indices of the photo's classes that occur only in the annotation."""
    alone: bool = False
    """Whether the photo is in the data set only because of its annotation."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are present: "points", "boxes", "scribbles" and "masks"."""
        given = {"points": self.points, "boxes": self.boxes, "scribbles": self.scribbles,
                 "masks": self.mask}
        return tuple(kind for kind, value in given.items() if value)

    @property
    def labels(self) -> frozenset[int]:
        """All labels that occur, including 0 and 255."""
        shapes: tuple[Point | Box | Scribble, ...] = (
            *self.points, *self.boxes, *self.scribbles)
        drawn = self.mask.labels if self.mask else ()
        return frozenset([*(shape.label for shape in shapes), *drawn])

    @property
    def classes(self) -> tuple[int, ...]:
        """Sorted indices of all classes that occur."""
        return tuple(sorted(label - 1 for label in self.labels if BACKGROUND < label < IGNORE))

    @property
    def complete(self) -> bool:
        """Whether a mask decides every pixel."""
        return self.mask is not None and self.mask.complete

    @property
    def nearly_complete(self) -> bool:
        """Whether a mask decides all pixels except undecidable borders."""
        return self.mask is not None and self.mask.decided >= NEARLY

    @property
    def certain(self) -> bool:
        """Whether the label of any pixel is certain; boxes of classes only exclude labels."""
        shapes: tuple[Point | Scribble, ...] = (*self.points, *self.scribbles)
        return (
            any(shape.label != IGNORE for shape in shapes)
            or any(box.label == BACKGROUND for box in self.boxes)
            or bool(self.mask and self.mask.labels)
        )

    def rows(self, kinds: Collection[str]) -> list[list[object]]:
        """Return the annotations of some `KINDS` as plain lists, for a fingerprint."""
        given: dict[str, list[object]] = {
            "points": [[p.label, p.x, p.y] for p in self.points],
            "boxes": [[b.label, b.left, b.top, b.right, b.bottom] for b in self.boxes],
            "scribbles": [[s.label, s.width, [list(p) for p in s.points]] for s in self.scribbles],
        }
        mask: list[object] = [self.mask.digest] if self.mask and "masks" in kinds else []
        return [mask, *(rows for kind, rows in given.items() if kind in kinds)]
