"""Map the values of 16-bit and float photos to 0..255 by one rule per data set.

Photos of 8 bits per channel need no rule and are never changed by one. For deeper ones neither the
range of the type nor that of a single photo is suitable: a 12-bit picture in 16 bits would be
nearly black, and two photos of one series would no longer be comparable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]

MISSING = 128
"""Grey level of pixels without a value, such as transparent ones: near every training mean."""

_TAIL = 0.001
"""Share of the values at each end that may be outliers."""

_CLOSE = 0.1
"""An end within this distance of the percentile, as a share of the range, is not an outlier."""

_MARKERS = (-9999.0, -99999.0, -32768.0, -32767.0)
"""Values that other programs use for "no data", besides the largest and smallest floats."""

_ABSURD = 1e30
"""Larger values are markers of missing data, whatever the format."""


@dataclass(frozen=True, kw_only=True)
class DepthRule:
    """The range of values that is mapped to 0..255 in every photo deeper than 8 bits.

    Attributes:
        low: this value and those below become black.
        high: this value and those above become white.
        nodata: value of pixels that were not measured, which become mid grey; so do NaN and
            infinity. None without such a value.
    """

    low: float
    high: float
    nodata: float | None = None

    def __post_init__(self) -> None:
        """Check that the range is valid.

        Raises:
            ValueError: a bound is not finite, or they are in the wrong order.
        """
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"depth_range wants two numbers, the first below the second, not "
                             f"{self.low:g} and {self.high:g}")

    def to_bytes(self, values: Values) -> npt.NDArray[np.uint8]:
        """Map values of any shape and type to 0..255."""
        numbers = values.astype(np.float32)
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = (numbers - np.float32(self.low)) * np.float32(255 / (self.high - self.low))
            result = np.clip(np.nan_to_num(scaled.round()), 0, 255).astype(np.uint8)
        result[_missing(values, self.nodata)] = MISSING
        return np.asarray(result, dtype=np.uint8)

    def to_text(self) -> str:
        """Return the rule as a word for a file header; `from_text` parses it."""
        return " ".join("none" if n is None else repr(float(n))
                        for n in (self.low, self.high, self.nodata))

    @classmethod
    def from_text(cls, text: str | None) -> DepthRule | None:
        """Parse the output of `to_text`; return None for None.

        Raises:
            ValueError: the text has another form.
        """
        if not text:
            return None
        low, high, nodata = text.split(" ")
        return cls(low=float(low), high=float(high),
                   nodata=None if nodata == "none" else float(nodata))

    def __str__(self) -> str:
        """Return the range as readable text."""
        return f"{self.low:g} to {self.high:g}"


FULL_RANGE = DepthRule(low=0.0, high=65535.0)
"""Range of 16-bit integers if no value shows which part of it is in use."""


def measure(samples: Sequence[Values]) -> DepthRule:
    """Choose the rule from the values in use.

    Both ends are the smallest and largest value, or a percentile where those are outliers.
    Non-negative integers that begin near 0 begin at 0.

    Args:
        samples: values of some photos, any shape; markers of missing data are ignored.
    """
    whole = all(np.issubdtype(values.dtype, np.integer) for values in samples)
    pooled = np.concatenate([values.ravel().astype(np.float64) for values in samples])
    nodata = _marker(pooled)
    known = pooled[~_missing(pooled, nodata)]
    if not known.size:
        return DepthRule(low=0.0, high=FULL_RANGE.high if whole else 1.0, nodata=nodata)
    low, high = _ends(known)
    if whole and 0 <= low <= _CLOSE * high:
        low = 0.0
    if low < high:
        return DepthRule(low=low, high=high, nodata=nodata)
    if whole and 0 <= low <= FULL_RANGE.high:
        return DepthRule(low=0.0, high=FULL_RANGE.high, nodata=nodata)
    return DepthRule(low=low, high=low + max(1.0, abs(low)), nodata=nodata)


def _ends(known: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = (float(end) for end in np.quantile(known, (_TAIL, 1 - _TAIL)))
    least, most = float(known.min()), float(known.max())
    margin = _CLOSE * (high - low)
    if high <= low:
        return least, most
    return (least if low - least <= margin else low), (most if most - high <= margin else high)


def _missing(values: Values, nodata: float | None) -> npt.NDArray[np.bool_]:
    if np.issubdtype(values.dtype, np.floating):
        with np.errstate(invalid="ignore"):
            gone = ~np.isfinite(values) | (np.abs(values) > _ABSURD)
    else:
        gone = np.zeros(values.shape, np.bool_)
    return gone if nodata is None else gone | (values == nodata)


def _marker(pooled: npt.NDArray[np.float64]) -> float | None:
    """Return the value that marks missing data: far from all others, or a known marker."""
    known = np.unique(pooled[~_missing(pooled, None)])
    if known.size < 3:
        return None
    least, most = float(known[0]), float(known[-1])
    spread_above, spread_below = most - float(known[1]), float(known[-2]) - least
    if least in _MARKERS and float(known[1]) - least > 0.5 * spread_above:
        return least
    if least < 0 and float(known[1]) - least > 10 * spread_above:
        return least
    if most == FULL_RANGE.high and most - float(known[-2]) > spread_below:
        return most
    return None
