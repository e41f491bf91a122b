"""The entries for annotations in a run folder's data.json."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tag2mask.annotation.records import Annotation, Box, GivenMask, Point, Scribble
from tag2mask.core.contracts import IGNORE
from tag2mask.data.mask_reading import MaskEntry

_LARGEST = 1e6
"""Upper bound on the side of a photo in pixels, larger than that of any real photo."""


@dataclass(frozen=True, kw_only=True)
class GivenMaskEntry(MaskEntry):
    """A mask made by a person."""

    digest: str
    labels: tuple[int, ...]
    decided: float


@dataclass(frozen=True, kw_only=True)
class AnnotationEntry:
    """The annotations of one photo; missing kinds are omitted."""

    points: tuple[tuple[int, float, float], ...] = ()
    """Label, x, y."""
    boxes: tuple[tuple[int, float, float, float, float], ...] = ()
    """Label, left, top, right, bottom."""
    scribbles: tuple[tuple[int, float, tuple[tuple[float, float], ...]], ...] = ()
    """Label, width, points."""
    given: GivenMaskEntry | None = None
    added_tags: tuple[int, ...] = ()
    alone: bool = False

    @classmethod
    def of(cls, given: Annotation | None) -> AnnotationEntry | None:
        """Convert an annotation to its stored form."""
        if given is None:
            return None
        drawn = given.mask
        return cls(
            points=tuple((p.label, p.x, p.y) for p in given.points),
            boxes=tuple((b.label, b.left, b.top, b.right, b.bottom) for b in given.boxes),
            scribbles=tuple((s.label, s.width, s.points) for s in given.scribbles),
            given=GivenMaskEntry(
                **vars(MaskEntry.of(drawn.path)), digest=drawn.digest, labels=drawn.labels,
                decided=drawn.decided,
            ) if drawn else None,
            added_tags=given.added_tags, alone=given.alone,
        )

    def to_annotation(self, num_classes: int) -> Annotation:
        """Convert the entry back to an annotation.

        Raises:
            ValueError: it contains a value that no annotation can have.
        """
        made = Annotation(
            mask=self._mask(), points=tuple(Point(*row) for row in self.points),
            boxes=tuple(Box(*row) for row in self.boxes),
            scribbles=tuple(Scribble(*row) for row in self.scribbles),
            added_tags=self.added_tags, alone=self.alone,
        )
        if not made.labels <= {*range(num_classes + 1), IGNORE}:
            raise ValueError(f"labels {set(made.labels)} for {num_classes} classes")
        if not all(0 <= tag < num_classes for tag in made.added_tags):
            raise ValueError(f"tags {made.added_tags} for {num_classes} classes")
        if not all(0 <= value < _LARGEST for value in _numbers(made)):  # also false for NaN
            raise ValueError("a coordinate that no photo has")
        return made

    def _mask(self) -> GivenMask | None:
        path = self.given.to_path() if self.given else None
        if self.given is None or path is None:
            return None
        return GivenMask(path=path, digest=self.given.digest, labels=self.given.labels,
                         decided=self.given.decided)


def _numbers(given: Annotation) -> Iterator[float]:
    for point in given.points:
        yield from (point.x, point.y)
    for box in given.boxes:
        yield from (box.left, box.top, box.right, box.bottom)
    for scribble in given.scribbles:
        yield scribble.width
        for pair in scribble.points:
            yield from pair
