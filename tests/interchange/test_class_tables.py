"""What values of label pictures mean, from each kind of table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.contracts import InputError
from tag2mask.interchange.class_map import ClassMap
from tag2mask.interchange.class_tables import csv_table, read_table
from tag2mask.interchange.labelled import LabelledPhoto


@pytest.mark.parametrize(("name", "text", "values"), [
    ("classes.txt", "background\ncat\nbig dog\n", {0: 0, 1: 1, 2: 2}),
    ("classes.txt", "cat\nbig dog\n\n", {0: 0, 1: 1, 2: 2}),
    ("labels.txt", "__ignore__\n_background_\ncat\nbig dog\n", {0: 0, 1: 1, 2: 2}),
    ("classes.csv", "label,name\n7,big dog\n0,background\n3,cat\n9,void\n",
     {0: 0, 3: 1, 7: 2, 9: 255}),
    ("labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:1,2,3::\n"
     "big dog:4,5,6::\n", {0: 0, 1: 1, 2: 2}),
    ("data.yaml", "names:\n  0: background\n  1: cat\n  5: big dog\n", {0: 0, 1: 1, 5: 2}),
    ("data.yaml", "names: [cat, big dog]\n", {0: 1, 1: 2}),
])
def test_tables(name: str, text: str, values: dict[int, int], tmp_path: Path) -> None:
    """Label 0 is the background unless the table says otherwise."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    table = read_table(tmp_path / name)
    assert sorted(table.classes) == ["big dog", "cat"]
    assert {value: table.values[value] for value in values} == values


@pytest.mark.parametrize(("name", "text", "why"), [
    ("classes.csv", "label,name\nx,cat\n", "row 2 is no class"),
    ("classes.csv", "a\n1\n", "no class"),
    ("classes.txt", "background\n", "lists no class"), ("labelmap.txt", "cat\n", "line 1"),
    ("data.yaml", "names: 3\n", "has no `names`"), ("data.yaml", "[: {\n", "is no YAML"),
    ("data.yaml", "- a\n", "has no keys"),
])
def test_broken_tables(name: str, text: str, why: str, tmp_path: Path) -> None:
    """A sentence with the row."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=why):
        read_table(tmp_path / name)


def test_our_own_table_comes_back(tmp_path: Path) -> None:
    """With commas in names, and 255."""
    (tmp_path / "classes.csv").write_text(csv_table(("cat, wild", "dog")), encoding="utf-8")
    table = read_table(tmp_path / "classes.csv")
    assert table.classes == ("cat, wild", "dog")
    assert table.labels(np.array([[0, 1], [2, 255]], np.uint8), "x").tolist() == [[0, 1], [2, 255]]


def test_classes_are_matched_by_name() -> None:
    """Case ignored; what is unknown is undecided, and reported once with its photos."""
    found = ClassMap(("Dog", "horse", "undecided"), ("cat", "dog"))
    labels = np.array([[0, 1, 2, 3, 255]], np.uint8)
    photo = found.applied(LabelledPhoto(
        file="a.jpg", path=None, size=(1, 5), classes=("Dog", "horse", "undecided"),
        labels=labels))
    assert photo.labels is not None
    assert photo.labels.tolist() == [[0, 2, 255, 255, 255]]
    assert photo.shown == {"dog"}
    assert [problem.photo for problem in found.problems()] == ["horse"]


def test_no_class_in_common_is_refused() -> None:
    """Everything would be undecided."""
    with pytest.raises(InputError, match="None of the classes horse is in the data set"):
        ClassMap(("horse",), ("cat", "dog"))
