"""Valid ranges of numeric settings, declared with the setting.

    epochs: Annotated[int, Range(1, 10_000)] = 10

A `Range` applies to a number, to every number in a list, and to the number in `float | str`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Range:
    """A range of numbers; NaN is in no range.

    Attributes:
        low: the smallest number.
        high: the largest number.
        above: whether `low` itself is excluded.
        below: whether `high` itself is excluded.
        items: smallest and largest number of items in a list.
    """

    low: float
    high: float
    above: bool = False
    below: bool = False
    items: tuple[int, int] | None = None

    def __contains__(self, value: object) -> bool:
        """Return whether a value is allowed; values that are not numbers are always allowed."""
        if isinstance(value, (tuple, list)):
            fewest, most = self.items or (0, len(value))
            return fewest <= len(value) <= most and all(item in self for item in value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return True
        over = value > self.low if self.above else value >= self.low
        return over and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        """Describe the range in words, as in "from 1 to 10000" or "3 to 5 numbers from 0 to 1"."""
        low = f"above {self.low:.12g}" if self.above else f"from {self.low:.12g}"
        high = f"below {self.high:.12g}" if self.below else f"to {self.high:.12g}"
        joined = f"{low} and {high}" if self.below else f"{low} {high}"
        return f"{self.items[0]} to {self.items[1]} numbers {joined}" if self.items else joined


class Checked:
    """Base of settings dataclasses that rejects values outside their declared ranges."""

    def __post_init__(self) -> None:
        """Check every number against its range, and every choice against its values.

        Raises:
            ValueError: a value is invalid; the message names the setting, its range and the value.
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
    """Return the range of every field that declares one."""
    found: dict[str, Range] = {}
    for name, kind in get_type_hints(schema, include_extras=True).items():
        for one in _extras(kind):
            if isinstance(one, Range):
                found[name] = one
    return found


def _extras(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any type of a field
    return get_args(kind)[1:] if get_origin(kind) is Annotated else ()
