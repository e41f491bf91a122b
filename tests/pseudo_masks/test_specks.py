"""Parts of a class that are far smaller than its largest part on the photo."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.pseudo_masks.specks import find_specks

PICTURE = """
    aaaaaaaaaa....b.....
    aaaaaaaaaa..........
    aaaaaaaaaa......bb..
    aaaaaaaaaa......bb..
    aaaaaaaaaa..........
    ............a......a
    .a.........a........
    ..a.................
    ...a................
"""


def drawn(picture: str = PICTURE) -> np.ndarray:
    """Return ratios (2, 9, 20): 2 for the class of the letter, 0.5 for the other."""
    rows = np.array([list(line.strip()) for line in picture.strip().splitlines()])
    return np.stack([np.where(rows == letter, 2, 0.5) for letter in "ab"]).astype(np.float32)


def test_parts_below_a_fraction_of_the_largest_are_specks() -> None:
    """Each class is compared with itself, and diagonal neighbours are one part."""
    specks = find_specks(drawn(), 1, 0.05)
    expected = np.zeros((9, 20), bool)
    expected[[5, 6, 5], [12, 11, 19]] = True  # 2 and 1 pixels of 50; b has 1 of 4
    np.testing.assert_array_equal(specks, expected)


@pytest.mark.parametrize(("smallest", "number"), [(0.02, 0), (0.021, 1), (0.061, 6), (0.26, 7)])
def test_a_part_with_exactly_the_fraction_stays(smallest: float, number: int) -> None:
    """Of 50 pixels one is 2 %, and of 4 one is 25 %."""
    assert find_specks(drawn(), 1, smallest).sum() == number


def test_pixels_at_the_level_belong_to_no_part() -> None:
    """So a higher level parts what a lower one joins."""
    ratios = drawn()
    ratios[0, :5, 10:13] = 1.5  # a bridge from a's large part to its small one
    assert not find_specks(ratios, 1, 0.05)[5, 12]
    assert find_specks(ratios, 1.5, 0.05)[5, 12]


@pytest.mark.parametrize("ratios", [drawn()[:0], np.zeros((2, 9, 20), np.float32)])
def test_without_foreground_there_are_no_specks(ratios: np.ndarray) -> None:
    """A photo without tags, and one on which nothing is found."""
    assert not find_specks(ratios, 1, 0.5).any()


def test_a_fraction_of_zero_keeps_all() -> None:
    """As runs did before the setting was added."""
    assert not find_specks(drawn(), 1, 0).any()
