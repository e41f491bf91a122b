"""The range of a number is declared with it, and every way to set it holds the range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.settings import Checked, Range, compose, ranges_of, to_toml

OPEN = Range(0, 1, above=True, below=True)


@dataclass(frozen=True, kw_only=True)
class Drawing(Checked):
    """What is set."""

    width: Annotated[int, Range(1, 100)] = 10
    share: Annotated[float | str, OPEN] = "auto"
    scales: Annotated[tuple[float, ...], Range(0.5, 2, items=(1, 3))] = (1.0,)
    stride: Literal[4, 8] = 4
    name: str = "any"


@pytest.mark.parametrize(("value", "inside"), [
    (0, False), (1, False), (0.5, True), (1e-9, True), (math.nan, False), (math.inf, False),
    (-math.inf, False), (10**400, False), ("auto", True), (None, True), ((0.1, 0.2), True),
    ((0.1, 2), False), ((math.nan,), False),
])
def test_a_range_without_its_ends(value: object, inside: bool) -> None:
    """Lists are held number by number; text is not limited."""
    assert (value in OPEN) is inside


@pytest.mark.parametrize(("override", "sentence"), [
    ("width=0", "--set width wants a whole number, from 1 to 100, not 0."),
    ("width=101", "from 1 to 100, not 101."), ("width=nan", "wants a whole number, not"),
    ("share=1", "above 0 and below 1, not"), ("share=nan", "above 0 and below 1, not"),
    ("scales=[]", "1 to 3 numbers from 0.5 to 2, not"), ("scales=1,1,1,1", "1 to 3 numbers"),
    ("scales=1,-1", "1 to 3 numbers from 0.5 to 2"), ("stride=5", "wants 4 or 8, not"),
])
def test_an_override_out_of_range_is_refused(override: str, sentence: str) -> None:
    """With the key, the range and the value."""
    with pytest.raises(InputError) as caught:
        compose(Drawing, overrides=[override])
    assert sentence in str(caught.value)


@pytest.mark.parametrize(("values", "sentence"), [
    ({"width": -3}, "width wants from 1 to 100, not -3"), ({"share": math.nan}, "share wants"),
    ({"stride": 5}, "stride wants 4 or 8, not 5"), ({"scales": ()}, "scales wants 1 to 3 numbers"),
])
def test_python_is_held_to_the_same(values: dict[str, int], sentence: str) -> None:
    """Where no file and no option is read."""
    with pytest.raises(ValueError, match=sentence):
        Drawing(**values)  # type: ignore[arg-type]


def test_a_range_can_be_read_from_the_schema() -> None:
    """As for a page that lists all settings; it changes nothing of what is written."""
    assert {name: str(one) for name, one in ranges_of(Drawing).items()} == {
        "width": "from 1 to 100", "share": "above 0 and below 1",
        "scales": "1 to 3 numbers from 0.5 to 2",
    }
    assert "width = 10" in to_toml(compose(Drawing, overrides=["width=10"]))
