"""Who is held out, by word and by hash."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.splits import hashed_split, parse_split


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("train", "train"),
        (" Val ", "val"),
        ("valid", "val"),
        ("VALIDATION", "val"),
        ("test", "test"),
    ],
)
def test_words(text: str, split: str) -> None:
    """Synonyms, case and spaces are understood."""
    assert parse_split(text, where="row 2") == split


@pytest.mark.parametrize(("text", "near"), [("trian", "train"), ("vla", "val"), ("tets", "test")])
def test_unknown_words(text: str, near: str) -> None:
    """The row is named, and the nearest right value."""
    with pytest.raises(InputError, match=f"row 7 has the unknown split '{text}'.*'{near}'"):
        parse_split(text, where="row 7")


def test_the_hash_is_the_same_everywhere() -> None:
    """Written down once: another machine or version must decide the same."""
    held_out = [n for n in range(40) if hashed_split(PurePosixPath(f"cat/{n:03}.jpg")) == "val"]
    assert held_out == [4, 9, 15, 18, 28, 29, 34]


def test_the_hash_holds_out_15_percent() -> None:
    """On average; suffix and the spelling of accents do not count."""
    paths = [PurePosixPath(f"images/{number}.jpg") for number in range(4000)]
    share = sum(hashed_split(path) == "val" for path in paths) / len(paths)
    assert 0.13 < share < 0.17
    for path in paths[:100]:
        assert hashed_split(path) == hashed_split(path.with_suffix(".png"))
        accent, letters = PurePosixPath(f"caf\u00e9{path}"), PurePosixPath(f"cafe\u0301{path}")
        assert hashed_split(accent) == hashed_split(letters)
