"""Choices that a run makes by comparing its photos with those without a tag."""

from __future__ import annotations

import math
from dataclasses import dataclass

_LEAST_RANGE = 0.01
"""Difference of distances between features of length 1 that is more than a rounding error."""


@dataclass(frozen=True, kw_only=True)
class UnusualShare:
    """sharpener/unusual.json: whether a share of foreground contradicts photos without a tag.

    Attributes:
        before: share of foreground pixels in tagged photos before, in (0, 1).
        share: the chosen share, at most that.
        unusual: how many more of the cells of photos with a tag than of those without are farther
            from these than a certain distance, as a part of all; the largest of several distances.
        farthest: part of the cells of photos with a tag that are farther from those without than
            99 % of their own.
    """

    before: float
    share: float
    unusual: float
    farthest: float

    @property
    def sentence(self) -> str:
        """The choice and its reason; "" if nothing was changed."""
        if self.share >= self.before:
            return ""
        return (f"The share of foreground is lowered from {self.before:.1%} to {self.share:.1%}: "
                f"only {self.unusual:.1%} of the cells of photos with a tag are unlike those "
                "without.")


@dataclass(frozen=True, kw_only=True)
class NormalityChoice:
    """sharpener/normality.json: whether scores are weighed by how unlike normal photos a cell is.

    Attributes:
        used: whether they are.
        asked: whether the step was asked for, so that nothing was decided.
        normal: number of photos without a tag that were read.
        photos: number of photos with a tag that were measured.
        low: median distance of a cell of the photos without a tag to those of others of them.
        high: distance from which a cell has the weight 1.
        without: R2 of the labels on photos that the model was not fitted on.
        helped: the same with the weights.
    """

    used: bool
    normal: int
    asked: bool = False
    photos: int = 0
    low: float = 0.0
    high: float = 0.0
    without: float = 0.0
    helped: float = 0.0

    def __post_init__(self) -> None:
        """Validate the distances."""
        if not all(math.isfinite(value) for value in (self.low, self.high)):
            raise ValueError(f"distances are {self.low} and {self.high}")

    @property
    def unlike(self) -> bool:
        """Whether cells of photos with a tag are farther away, by more than rounding errors."""
        return self.high - self.low > _LEAST_RANGE

    @property
    def sentence(self) -> str:
        """The decision and its reason."""
        how = "weighed by how unlike photos without a tag each cell is"
        if not self.unlike:
            return f"Scores are not {how}: photos with a tag are not unlike them."
        if self.asked:
            return f"Scores are {how}."
        with_it, without = f"(R2 {self.helped:.2f})", f"without ({self.without:.2f})"
        if self.used:
            return f"Scores are {how}: labels are easier to predict {with_it} than {without}."
        return (f"Scores are not {how}: labels would not be much easier to predict {with_it} than "
                f"{without}.")
