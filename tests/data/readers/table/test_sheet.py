"""Files as spreadsheets save them, and quotes that swallow rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset

Read = Callable[..., Dataset]
TABLE = "image,tags\na.png,caf\u00e9;dog\nb.png,dog\nc.png,\nd.png,caf\u00e9\n"


def tags(data: Dataset) -> list[list[str]]:
    """Return the names of every photo's tags, in the order of the photos."""
    return [[data.classes[tag] for tag in photo.tags] for photo in data.photos]


@pytest.mark.parametrize("encoding", [
    "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252",
])
def test_encodings(read_table: Read, encoding: str) -> None:
    """With and without a mark; only the guess of a code page is said."""
    data = read_table(TABLE.encode(encoding))
    assert tags(data) == [["caf\u00e9", "dog"], ["dog"], [], ["caf\u00e9"]]
    assert data.notices == (
        ("tags.csv is not in UTF-8; it was read as Windows-1252 (Western European).",)
        if encoding == "cp1252" else ()
    )


@pytest.mark.parametrize(("text", "encoding"), [
    ("\u043a\u043e\u0442", "cp1251"), ("\u732b", "shift-jis"), ("caf\u00e9", "mac-roman"),
])
def test_other_encodings_are_not_guessed(read_table: Read, text: str, encoding: str) -> None:
    """The line is named."""
    with pytest.raises(InputError, match=r"not in UTF-8 \(see line 3\)"):
        read_table(f"image,tags\na.png,cat\nb.png,{text}\n".encode(encoding))


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_line_ends(read_table: Read, end: str) -> None:
    """Of old Macs and of Windows."""
    assert len(read_table(TABLE.replace("\n", end)).photos) == 4


@pytest.mark.parametrize(("separator", "word"), [
    (";", "semicolons"), ("\t", "tabs"), ("|", "'|'"),
])
def test_separators_of_cells(read_table: Read, separator: str, word: str) -> None:
    """Taken from the first row, and said."""
    data = read_table(TABLE.replace(";dog", "").replace(",", separator))
    assert tags(data) == [["caf\u00e9"], ["dog"], [], ["caf\u00e9"]]
    assert data.notices == (f"The cells of tags.csv are separated by {word}.",)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_line_by_which_excel_is_told(read_table: Read, separator: str) -> None:
    """It shifts the numbers of rows in errors, which stay those of the file."""
    table = f"sep=,\r\n{TABLE}".replace(";dog", "").replace(",", separator)
    assert tags(read_table(table)) == [["caf\u00e9"], ["dog"], [], ["caf\u00e9"]]
    with pytest.raises(InputError, match="row 3 names no image"):
        read_table("sep=,\nimage,tags\n,cat\n")


@pytest.mark.parametrize("table", [
    "image;tags\na.png;cat;dog\nb.png;cat\nc.png;\nd.png;dog\n",
    "image;tags;split\na.png;cat;dog;val\nb.png;cat;train\nc.png;;train\nd.png;dog;\n",
])
def test_semicolons_between_cells_and_tags(read_table: Read, table: str) -> None:
    """The cells too many are tags; a column behind them keeps its own."""
    data = read_table(table)
    assert tags(data) == [["cat", "dog"], ["cat"], [], ["dog"]]
    assert data.notices[1] == (
        "1 row has more cells than the first row of tags.csv; the cells from 'tags' on are read as "
        "tags (first: row 2)."
    )
    assert data.photos[0].split == ("val" if "split" in table else data.photos[1].split)


def test_empty_cells_at_the_end(read_table: Read) -> None:
    """A separator too many in every row changes nothing."""
    data = read_table("image,tags\na.png,cat,\nb.png,dog,,\nc.png,,\nd.png,cat\n")
    assert tags(data) == [["cat"], ["dog"], [], ["cat"]]
    assert data.notices == ()


@pytest.mark.parametrize(("rows", "first", "last"), [
    (['a.png,"cat', "b.png,dog", "c.png,", "d.png,"], 2, 5),
    (["a.png,cat", 'b.png,"dog', 'c.png,dog"', "d.png,"], 3, 4),
    (['"a.png,cat', "b.png,dog", '"c.png,', "d.png,"], 2, 4),
    (['a.png,"cat', 'dog"', "b.png,cat", "d.png,"], 2, 3),
])
def test_a_stray_quote_is_refused(
    read_table: Read, rows: list[str], first: int, last: int
) -> None:
    """With the row that it stands in, and the one up to which it reaches."""
    message = rf"row {first}: a quote \(\"\) opens a cell that only ends in row {last}"
    with pytest.raises(InputError, match=message):
        read_table("\n".join(["image,tags", *rows, ""]))


def test_quotes_in_other_columns(read_table: Read) -> None:
    """A note of two lines is no fault; one that holds rows is."""
    table = 'image,tags,note\na.png,cat,"two, or\nthree"\nb.png,dog,\n'
    data = read_table(table, ["a.png", "b.png"])
    assert tags(data) == [["cat"], ["dog"]]
    with pytest.raises(InputError, match=r"row 2: a quote .* only ends in row 4"):
        read_table('image,tags,note\na.png,cat,"x\nb.png,dog,\nc.png,,"y\nd.png,,\n')


@pytest.mark.parametrize("cell", ['"3-inch" block', '"cat'])
def test_a_quote_within_a_row(read_table: Read, cell: str) -> None:
    """What the cell is meant to be is not sure."""
    with pytest.raises(InputError, match="row 3 has a quote"):
        read_table(f"image,tags\na.png,cat\nb.png,{cell}")


def test_quotes_behind_a_space(read_table: Read) -> None:
    """As people write tables by hand."""
    data = read_table('image, tags\na.png, "cat;dog"\nb.png, cat\nc.png,\nd.png, dog\n')
    assert tags(data) == [["cat", "dog"], ["cat"], [], ["dog"]]


def test_no_text_at_all(read_table: Read) -> None:
    """A spreadsheet's own format, renamed."""
    with pytest.raises(InputError, match=r"tags\.csv"):
        read_table(b"PK\x03\x04\x14\x00\x00\x00image\x00,tags\x00\x00\xff\n")
