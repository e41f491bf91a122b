"""Counts agree with their nouns and verbs."""

from __future__ import annotations

import pytest

from tag2mask.core.wording import agreed, counted, singular


@pytest.mark.parametrize(("amount", "noun", "text"), [
    (1, "photo", "1 photo"), (1200, "photo", "1,200 photos"), (1, "class", "1 class"),
    (2, "class", "2 classes"), (0, "box", "0 boxes"), (3, "copy", "3 copies"), (2, "day", "2 days"),
])
def test_counted(amount: int, noun: str, text: str) -> None:
    """Also nouns that take -es or -ies."""
    assert counted(amount, noun) == text


@pytest.mark.parametrize(("plural", "one"), [
    ("photos", "photo"), ("classes", "class"), ("boxes", "box"), ("copies", "copy"),
])
def test_singular(plural: str, one: str) -> None:
    """The way back."""
    assert singular(plural) == one


@pytest.mark.parametrize(("given", "text"), [
    ("40 photos, 1 classes, seed 0", "40 photos, 1 class, seed 0"),
    ("1 photos have no mask", "1 photo has no mask"),
    ("1 of 12 photos have more than 8 bits", "1 of 12 photos has more than 8 bits"),
    ("1 of 1 photos are grey", "1 of 1 photo is grey"),
    ("has only 1 training photos; add 1 more masks",
     "has only 1 training photo; add 1 more mask"),
    ("1 things to look at:", "1 thing to look at:"),
    ("21 photos, 0.1 photos/s, 2,001 photos, 3/1 photos, v1 masks, cat/1 masks",) * 2,
])
def test_agreed(given: str, text: str) -> None:
    """Only a whole 1 counts."""
    assert agreed(given) == text
