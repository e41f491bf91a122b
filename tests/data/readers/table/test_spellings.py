"""Spellings of one class."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.names import read_classes
from tag2mask.data.readers.table.spellings import class_key, merge_spellings

Read = Callable[..., tuple[list[list[str]], tuple[str, ...]]]
NFC, NFD = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(("usual", "other", "shown"), [
    (NFC, NFD, r"'cafe\u0301'"), ("cat", "cat\u200b", r"'cat\u200b'"), ("cat", "CAT", "'CAT'"),
    ("traffic light", "traffic  light", "'traffic  light'"),
    ("traffic light", "traffic\u00a0light", r"'traffic\xa0light'"),
    ("traffic light", "traffic_light", "'traffic_light'"),
    ("traffic light", "Traffic-Light", "'Traffic-Light'"),
])
def test_spellings_of_one_class(read_tags: Read, usual: str, other: str, shown: str) -> None:
    """The most frequent one is the class; what is put together is said so that it can be seen."""
    tags, notices = read_tags(usual, other, usual, f"{other};dog")
    assert tags == [[usual], [usual], [usual], sorted([usual, "dog"])]
    assert notices == (
        f"The class {usual!r} is also spelled {shown} (2); they are read as one class.",
    )


def test_the_most_frequent_spelling_is_the_class() -> None:
    """Of equally frequent ones the plainest; a lone one stays as it is."""
    chosen, _ = merge_spellings({"Cat": 3, "cat": 2, "a_b": 1, "a b": 1, NFD: 1})
    assert chosen == {"Cat": "Cat", "cat": "Cat", "a_b": "a b", "a b": "a b", NFD: NFD}


def test_listed_spellings_are_right(read_tags: Read) -> None:
    """Whatever the table writes."""
    tags, notices = read_tags("TRAFFIC LIGHT", "traffic_light",
                              classes="background\nTraffic_light\n")
    assert tags == [["Traffic_light"], ["Traffic_light"]]
    assert len(notices) == 1


@pytest.mark.parametrize(("one", "other"), [
    ("A", "A-"), ("A+", "A-"), ("1", "-1"), ("Ma\u00dfe", "Masse"), ("cat", "cats"), ("_a", "a"),
])
def test_names_that_differ(one: str, other: str) -> None:
    """Signs at the ends count, and so do other letters."""
    assert class_key(one) != class_key(other)


@pytest.mark.parametrize(("one", "other"), [
    ("\uff44\uff49\uff53\uff43", "disc"), ("\uff11", "1"), ("\ufb01n", "fin"),
])
def test_forms_of_letters_are_one_spelling(one: str, other: str) -> None:
    """Letters and digits of full width, as East Asian keyboards type them, and ligatures."""
    assert class_key(one) == class_key(other)


def test_listed_twice_in_another_form(read_tags: Read) -> None:
    """In classes.txt two spellings are two labels, which cannot be meant."""
    with pytest.raises(InputError, match=r"'caf\\xe9' \(line 2\) and 'cafe\\u0301' \(line 3\)"):
        read_tags("cat", classes=f"background\n{NFC}\n{unicodedata.normalize('NFD', NFC)}\n")


@pytest.mark.parametrize("text", [
    "0: background\n1: cat\n2: hot dog\n", "0 background\n1 cat\n2 hot dog\n",
    "__ignore__\n_background_\ncat\nhot dog\n", "\ufeffbackground\ncat\u200b\nhot  dog\n",
])
def test_classes_as_other_programs_list_them(tmp_path: Path, text: str) -> None:
    """With labels in front, and as labelme does."""
    path = tmp_path / "classes.txt"
    path.write_text(text, encoding="utf-8")
    assert read_classes(path) == ("cat", "hot dog")
