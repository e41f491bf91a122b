"""Image folders of Hugging Face."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawing import draw, splits, tags, write

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import read_dataset


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.csv", "file_name,label\na0.png,cat\nin/a1.png,dog\na2.png,\n"),
        ("metadata.csv", 'file_name,tags,n\na0.png,"[""cat""]",1\nin/a1.png,[\'dog\'],2\n'
                         "a2.png,[],3\n"),
        ("metadata.jsonl", '{"file_name": "a0.png", "labels": ["cat"]}\n\n'
                           '{"file_name": "in/a1.png", "labels": "dog"}\n'
                           '{"file_name": "a2.png", "labels": []}\n'),
    ],
)
def test_metadata(tmp_path: Path, name: str, text: str) -> None:
    """A name, a list, or nothing at all."""
    root = draw(tmp_path, "a{0..2}.png", "in/a1.png")
    (root / "a1.png").unlink()
    write(root / name, text)
    data = read_dataset(root)
    assert data.layout == "huggingface"
    assert tags(data) == {"a0": "cat", "in/a1": "dog", "a2": ""}


def test_a_table_for_each_split(tmp_path: Path) -> None:
    """File names are below the folder of their table; two tags of one photo."""
    root = draw(tmp_path, "train/{0..3}.png", "validation/0.png")
    rows = "".join(f"{n}.png,cat;dog\n" for n in range(4))
    write(root / "train" / "metadata.csv", f"file_name,labels\n{rows}")
    write(root / "validation" / "metadata.csv", "file_name,labels\n0.png,dog\n")
    data = read_dataset(root)
    assert tags(data)["train/0"] == "cat,dog"
    assert tags(data)["validation/0"] == "dog"
    assert splits(data)["validation/0"] == "val"
    assert data.notices == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file_name,text\n0.png,a cat\n", "no column label, labels or tags, only file_name"),
        ("name,label\n0.png,cat\n", "no column file_name"),
        ("file_name,label\n0.png,cat,dog\n", "row 2 should have 2 cells"),
        ("file_name,label\n../0.png,cat\n", r"'\.\.' leads out"),
        ("file_name,label\n0.png,cat\n0.png,dog\n", "different tags"),
        ('file_name,label\n0.png,"[{\'a\': 1}]"\n', "neither a name nor a list"),
    ],
)
def test_rows_that_cannot_be_read(tmp_path: Path, text: str, why: str) -> None:
    """One sentence each."""
    root = draw(tmp_path, "0.png")
    write(root / "metadata.csv", text)
    with pytest.raises(InputError, match=why):
        read_dataset(root)


def test_captions_beside_class_folders(tmp_path: Path) -> None:
    """Folders give the tags then."""
    root = draw(tmp_path, "train/cat/{0..3}.png", "train/dog/{0..3}.png", "val/cat/9.png")
    write(root / "train" / "metadata.csv", "file_name,text\ncat/0.png,hello\n")
    assert read_dataset(root).classes == ("cat", "dog")


@pytest.mark.parametrize(("text", "why"), [
    ('file_name,"lab"el\n0.png,cat\n', "row 1 is no CSV"),
    ('file_name,label\n0.png,"cat"s\n', "row 2 is no CSV"),
])
def test_rows_that_are_no_csv_are_numbered(tmp_path: Path, text: str, why: str) -> None:
    """As an editor does."""
    root = draw(tmp_path, "0.png")
    write(root / "metadata.csv", text)
    with pytest.raises(InputError, match=why):
        read_dataset(root)


@pytest.mark.parametrize("line", ["{", "[1]", "[" * 100_000])
def test_lines_that_are_no_json(tmp_path: Path, line: str) -> None:
    """The line is named."""
    root = draw(tmp_path, "0.png")
    write(root / "metadata.jsonl", f"{line}\n")
    with pytest.raises(InputError, match=r"metadata\.jsonl, line 1"):
        read_dataset(root)
