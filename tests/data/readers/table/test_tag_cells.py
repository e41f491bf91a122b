"""Several tags in a cell, in the ways people and programs write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tag2mask.core.contracts import InputError

Read = Callable[..., tuple[list[list[str]], tuple[str, ...]]]
EXPECTED = [["cat", "dog"], ["cat"], ["dog"], []]
LISTED = "background\ncat\ndog\ntraffic light\n"


@pytest.mark.parametrize(("cell", "word"), [
    ('"cat,dog"', "','"), ('"cat, dog"', "','"), ("cat|dog", "'|'"), ("cat | dog", "'|'"),
    ("cat dog", "spaces"), ("cat\tdog", "tabs"), ("cat/dog", "'/'"), ("cat+dog", "'+'"),
])
def test_another_separator_is_recognised(read_tags: Read, cell: str, word: str) -> None:
    """Where the parts occur alone; it is said."""
    tags, notices = read_tags(cell, "cat", "dog", "")
    assert tags == EXPECTED
    (notice,) = notices
    assert notice.startswith(f"The tags in tags.csv are separated by {word}, as in ")


def test_the_documented_separator_needs_no_word(read_tags: Read) -> None:
    """Nor do names with spaces, slashes or commas beside it."""
    assert read_tags("cat;dog", "cat", "dog", "") == (EXPECTED, ())
    tags, notices = read_tags("traffic light;a/b", "traffic sign", '"chair, wooden;car"', "")
    assert tags[0] == ["a/b", "traffic light"]
    assert tags[2] == ["car", "chair, wooden"]
    assert notices == ()


@pytest.mark.parametrize("cells", [
    ("traffic light", "traffic sign", "car"), ("hot dog", "dog", "cat"),
    ("fire truck", "truck tire", "truck"), ("animal/cat", "animal/dog", "animal/cat"),
])
def test_names_of_several_words_stay_whole(read_tags: Read, cells: tuple[str, ...]) -> None:
    """Without a word: such data are healthy."""
    assert read_tags(*cells) == ([[cell] for cell in cells], ())


@pytest.mark.parametrize(("cells", "message"), [
    (("cat dog", "cat", "dog", "traffic light"), "row 2: it is not clear whether 'cat dog' is one"),
    (("cat dog", "dog bird", "bird cat", ""), "row 2: it is not clear whether 'cat dog' is one"),
    (('"chair, wooden"', "table", "", ""), "row 2: .* 'chair, wooden' is one class, or 'chair'"),
    (("cat;dog", "cat|dog", "cat", "dog"), r"row 3 has 'cat\|dog' with '\|', while .* by ';'"),
    (('"cat,dog"', "cat|dog", "cat", "dog"), "row 2 has 'cat,dog' with ',', while other rows"),
    (("[cat]", "dog", "", ""), "row 3 has the tags 'dog', while row 2 has a list"),
    (("\"[['cat'], 'dog']\"", "['dog']", "", ""), "row 2 has the list of tags .* not a list of"),
])
def test_what_is_not_sure_is_asked(read_tags: Read, cells: tuple[str, ...], message: str) -> None:
    """With the row, and how to write it."""
    with pytest.raises(InputError, match=message):
        read_tags(*cells)


def test_the_listed_classes_decide(read_tags: Read) -> None:
    """A listed name is never cut, and a separator needs no other row as a proof."""
    tags, notices = read_tags("traffic light", "cat dog", "dog cat", "", classes=LISTED)
    assert tags == [["traffic light"], ["cat", "dog"], ["cat", "dog"], []]
    assert notices == ("The tags in tags.csv are separated by spaces, as in 'cat dog'.",)
    tags, _ = read_tags("traffic light|cat", "dog", "", "", classes=LISTED)
    assert tags[0] == ["cat", "traffic light"]


@pytest.mark.parametrize(("several", "one", "other", "none"), [
    ("\"['cat', 'dog']\"", "['cat']", "['dog']", "[]"),
    ('"[""cat"", ""dog""]"', '"[""cat""]"', '"[""dog""]"', ""),
    ("['cat' 'dog']", "['cat']", "['dog']", "nan"),
    ('"[cat, dog]"', "[cat]", "[dog]", "[ ]"),
    ("\"('cat', 'dog')\"", "\"('cat',)\"", "\"('dog',)\"", "()"),
    ("\"{'cat', 'dog'}\"", "{'cat'}", "{'dog'}", "set()"),
])
def test_lists(read_tags: Read, several: str, one: str, other: str, none: str) -> None:
    """Of Python, JSON, NumPy and by hand."""
    tags, notices = read_tags(several, one, other, none)
    assert tags == EXPECTED
    assert notices[0].startswith("The tags in tags.csv are lists, as in ")


def test_quotes_in_names_of_lists(read_tags: Read) -> None:
    """An apostrophe, an escape, and numbers."""
    tags, _ = read_tags('"[""bird\'s nest"", ""caf\\u00e9""]"', '"[1, 20]"')
    assert tags == [["bird's nest", "caf\u00e9"], ["1", "20"]]


@pytest.mark.parametrize("word", ["nan", "None", "NULL", "-", "n/a", "NA", "_none"])
def test_words_for_nothing(read_tags: Read, word: str) -> None:
    """As the only tag of a row; the number of rows is said."""
    tags, notices = read_tags("cat;dog", "cat", word, word)
    assert tags == [["cat", "dog"], ["cat"], [], []]
    assert notices == (
        f"tags.csv: {word!r} is the only tag of 2 photos; it is read as: nothing is there.",
    )


def test_words_for_nothing_that_may_be_classes(read_tags: Read) -> None:
    """Beside other tags, or in classes.txt, they contradict themselves."""
    with pytest.raises(InputError, match="row 2 has the tag 'none' beside 'cat'"):
        read_tags("cat;none", "cat")
    with pytest.raises(InputError, match="row 2 has the tag 'none', which is a class in"):
        read_tags("none", "cat", classes="background\ncat\nnone\n")


def test_numbers_as_tags(read_tags: Read) -> None:
    """Sorted as numbers; a point and a zero, from columns with gaps, do not count."""
    assert read_tags("10", "2", "1;12", "")[0] == [["10"], ["2"], ["1", "12"], []]
    tags, notices = read_tags("1.0", "2.0", "10.0", "nan")
    assert tags == [["1"], ["2"], ["10"], []]
    assert notices[0] == "Tags like '1.0' are read as '1'."


def test_zero_and_one_are_asked(read_tags: Read) -> None:
    """One class that is there or not, or two; classes.txt decides."""
    with pytest.raises(InputError, match="row 3 has the tag '0' where others have '1'"):
        read_tags("1", "0", "1")
    with pytest.raises(InputError, match="row 3 has the tag '0' where others have '1'"):
        read_tags("1", "1;0;0")
    assert read_tags("1", "0", classes="background\n0\n1\n")[0] == [["1"], ["0"]]


def test_the_word_and_between_tags(read_tags: Callable[..., tuple[list[list[str]], tuple[str, ...]]]
                                   ) -> None:
    """Only where both sides are tags of their own."""
    tags, notices = read_tags("cat", "dog", "cat and dog")
    assert tags == [["cat"], ["dog"], ["cat", "dog"]]
    assert "' and '" in notices[0]
    assert read_tags("cat", "salt and pepper")[0] == [["cat"], ["salt and pepper"]]


def test_words_that_may_mean_nothing(
    read_tags: Callable[..., tuple[list[list[str]], tuple[str, ...]]]
) -> None:
    """A dash means nothing is there; names such as 'no finding' are asked about."""
    tags, notices = read_tags("cat", "dog", "\u2014", "No Finding")
    assert tags == [["cat"], ["dog"], [], ["No Finding"]]
    assert "'No Finding' is read as a class; if it means that nothing is there" in notices[0]


def test_numbers_longer_than_python_converts(read_tags: Read) -> None:
    """They are ordered like others, and refused as names of labels by nobody."""
    long = "1" * 5000
    assert read_tags(long, "2")[0] == [[long], ["2"]]
    with pytest.raises(InputError, match="the first line must be 'background'"):
        read_tags("1", classes=f"{long}: background\n{long}: cat\n")
