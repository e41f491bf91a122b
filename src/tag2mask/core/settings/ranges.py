"""What a number among the settings may be, declared beside the setting itself.

    epochs: Annotated[int, Range(1, 10_000)] = 10

A `Range` holds for a number, for every number of a list, and for the number in `float | str`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Range:
    """From one number to another; NaN is in no range.

    Attributes:
        low: the smallest number.
        high: the largest.
        above: `low` itself is excluded.
        below: `high` itself is excluded.
        items: fewest and most items, of a list.
    """

    low: float
    high: float
    above: bool = False
    below: bool = False
    items: tuple[int, int] | None = None

    def __contains__(self, value: object) -> bool:
        """Whether a value is allowed; what is no number is not limited by a range."""
        if isinstance(value, (tuple, list)):
            fewest, most = self.items or (0, len(value))
            return fewest <= len(value) <= most and all(item in self for item in value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return True
        over = value > self.low if self.above else value >= self.low
        return over and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        """Say it in words, as in "from 1 to 10000" or "3 to 5 numbers from 0 to 1"."""
        low = f"above {self.low:.12g}" if self.above else f"from {self.low:.12g}"
        high = f"below {self.high:.12g}" if self.below else f"to {self.high:.12g}"
        joined = f"{low} and {high}" if self.below else f"{low} {high}"
        return f"{self.items[0]} to {self.items[1]} numbers {joined}" if self.items else joined


class Checked:
    """A dataclass of settings that refuses values outside their declared ranges."""

    def __post_init__(self) -> None:
        """Hold every number against its range, and every choice against its values.

        Raises:
            ValueError: naming the setting, its range and the value.
        """
        for name, kind in get_type_hints(type(self)).items():
            value = getattr(self, name)
            if get_origin(kind) is Literal and value not in get_args(kind):
                choices = " or ".join(map(repr, get_args(kind)))
                raise ValueError(f"{name} wants {choices}, not {value!r}")
        for name, allowed in ranges_of(type(self)).items():
            if (value := getattr(self, name)) not in allowed:
                raise ValueError(f"{name} wants {allowed}, not {value!r}")


def ranges_of(schema: type) -> dict[str, Range]:
    """Give the range of every field that declares one."""
    found: dict[str, Range] = {}
    for name, kind in get_type_hints(schema, include_extras=True).items():
        for one in _extras(kind):
            if isinstance(one, Range):
                found[name] = one
    return found


def _extras(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any type of a field
    return get_args(kind)[1:] if get_origin(kind) is Annotated else ()
