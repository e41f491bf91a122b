"""Amounts of each kind of annotation, and their estimated cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from tag2mask.annotation.records import Annotation
from tag2mask.core.settings import Checked, Range

_Seconds = Annotated[float, Range(0, 36_000)]
_ONE = {"points": "point", "boxes": "box", "scribbles": "scribble", "masks": "mask"}


@dataclass(frozen=True, kw_only=True)
class AnnotationConfig(Checked):
    """Seconds that each kind of annotation takes, for the estimates of what it cost.

    Rough figures from Bearman et al. (ECCV 2016, section 4), Papadopoulos et al. (ICCV 2017) for
    boxes and Lin et al. (CVPR 2016) for scribbles; put in your own.
    """

    tag_seconds: _Seconds = 1.0
    """For each class of the data set and photo: is it on it or not."""
    point_seconds: _Seconds = 2.4
    """For each click."""
    box_seconds: _Seconds = 7.0
    """For each box, drawn by its extreme points."""
    scribble_seconds: _Seconds = 8.5
    """For each stroke; a photo has about two."""
    mask_seconds: _Seconds = 239.0
    """For each photo whose mask is complete, or the share of it that is decided."""


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Amounts of annotation, summed over photos."""

    photos: int = 0
    """Number of photos that have any annotation."""
    points: int = 0
    boxes: int = 0
    scribbles: int = 0
    masks: int = 0
    """Number of masks, complete or partial."""
    complete: int = 0
    """Number of masks that decide every pixel."""
    mask_share: float = 0.0
    """Sum of the decided shares of the masks whose time was not logged."""
    logged_seconds: float = 0.0
    """Time of the other masks, as logged by `tag2mask review`."""

    def minutes(self, seconds: AnnotationConfig) -> float:
        """Return the estimated minutes for all annotations except tags."""
        total = (
            self.points * seconds.point_seconds + self.boxes * seconds.box_seconds
            + self.scribbles * seconds.scribble_seconds + self.mask_share * seconds.mask_seconds
            + self.logged_seconds
        )
        return total / 60

    def sentence(self, seconds: AnnotationConfig) -> str:
        """Return a summary of the amounts; "" if all are zero."""
        if not self.photos:
            return ""
        given = [
            f"{count:,} {name if count > 1 else _ONE[name]}"
            for name, count in (("points", self.points), ("boxes", self.boxes),
                                ("scribbles", self.scribbles), ("masks", self.masks)) if count
        ]
        whole = f" ({self.complete:,} of them complete)" * bool(self.masks)
        return (f"{self.photos:,} photo{'s' * (self.photos > 1)} annotated: {', '.join(given)}"
                f"{whole}, about {self.minutes(seconds):,.0f} minutes of work")


def count_amounts(
    annotations: Mapping[str, Annotation | None], logged: Mapping[str, float]
) -> Amounts:
    """Sum the annotations of photos.

    Args:
        annotations: by names of photos; None marks a photo without any.
        logged: seconds that drawing the masks took, where they are known, by names.
    """
    given = {name: one for name, one in annotations.items() if one and one.kinds}
    masks = {name: one.mask for name, one in given.items() if one.mask}
    return Amounts(
        photos=len(given), points=sum(len(a.points) for a in given.values()),
        boxes=sum(len(a.boxes) for a in given.values()),
        scribbles=sum(len(a.scribbles) for a in given.values()),
        masks=len(masks), complete=sum(mask.complete for mask in masks.values()),
        mask_share=sum(mask.decided for name, mask in masks.items() if name not in logged),
        logged_seconds=sum(logged.get(name, 0.0) for name in masks),
    )
