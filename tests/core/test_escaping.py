"""Names from outside can steer neither a terminal nor a spreadsheet nor where files go."""

from __future__ import annotations

import csv
import io

import pytest

from tag2mask.core.escaping import csv_line, from_csv_cell, printable, why_no_file_name

NAMES = [
    "=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1", " =1+1", "\uff1d1", "'=1+1", "''=1",
    "'tis", "cat", "a;=1+1", 'quo"te', "a,b", "two\nlines", "", "[red]", "<b>", "-", "naïve 中文",
    "caf\udce9", "\x1b[31m",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_is_no_formula_and_reads_back(name: str) -> None:
    """Whichever separator the spreadsheet expects, and through a file in UTF-8."""
    line = csv_line([name, 1]).encode("utf-8", "backslashreplace").decode()
    for separator in ",;\t":
        [row] = csv.reader(io.StringIO(line, newline=""), delimiter=separator)
        starts = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
        assert not any(cell.strip().startswith(starts) for cell in row)
    [row] = csv.reader(io.StringIO(line, newline=""))
    assert [from_csv_cell(cell) for cell in row] == [name, "1"]


def test_numbers_stay_numbers() -> None:
    """Also negative ones that were formatted before."""
    assert csv_line([-1, -0.5, "-0.250000", "1e-3", None, True]) == "-1,-0.5,-0.250000,1e-3,,True"


@pytest.mark.parametrize(("text", "shown"), [
    ("plain, naïve 中文\tand\nmore", "plain, naïve 中文\tand\nmore"),
    ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
    ("over\rwritten\x7f\x9b", r"over\x0dwritten\x7f\x9b"),
    ("caf\udce9", r"caf\xe9"),
    ("\ud83d alone", r"\ud83d alone"),
    ("gpj.\u202etac", r"gpj.\u202etac"),
])
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    """Everything else stays."""
    assert printable(text) == shown
    assert printable(text).encode("utf-8")


@pytest.mark.parametrize(("name", "why"), [
    ("../up", "leads out"), ("a/../../b", "leads out"), ("..\\up", "leads out"), (".", "leads out"),
    ("/etc/passwd", "absolute"), ("C:\\x", "absolute"), ("C:/x", "absolute"),
    ("\\\\host\\x", "absolute"),
    ("a\0b", "zero byte"), ("", "is empty"), ("x" * 252, "252 bytes"),
    ("a/" + "é" * 126, "252 bytes"),
])
def test_names_that_lead_elsewhere_are_named(name: str, why: str) -> None:
    """Or that are too long for a file."""
    assert why in why_no_file_name(name)


@pytest.mark.parametrize("name", ["cat/001", "a..b", "...", "x" * 240, "caf\udce9", "=1", "a:b"])
def test_other_names_are_allowed(name: str) -> None:
    """Dots inside a name, bytes that are no UTF-8."""
    assert why_no_file_name(name) == ""
