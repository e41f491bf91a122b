"""Splits that nobody specified: every class in both parts, groups together."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from PIL import Image

from tag2mask.data.dataset import Dataset
from tag2mask.data.inspection import inspect_dataset
from tag2mask.data.readers import read_dataset
from tag2mask.data.readers.splits import hold_out

Tags = dict[PurePosixPath, frozenset[str]]


def folders(**counts: int) -> Tags:
    """Return photos of class folders, with that number in each."""
    return {PurePosixPath(f"{name}/{name}{number:03}.jpg"): frozenset({name} - {"none"})
            for name, count in counts.items() for number in range(count)}


def held(tags: Tags) -> dict[str, int]:
    """Return the number of held-out photos by class, "" for none."""
    splits = hold_out(dict.fromkeys(tags), tags=tags).splits
    found: dict[str, int] = {}
    for path, split in splits.items():
        for tag in tags[path] or {""}:
            found[tag] = found.get(tag, 0) + (split == "val")
    return found


def test_every_class_is_in_both_parts() -> None:
    """With 15 % of its photos, at least one; a class of two photos is only trained on."""
    assert held(folders(cat=24, dog=24, owl=4, none=8, ant=3, rat=2)) == {
        "cat": 4, "dog": 4, "owl": 1, "": 1, "ant": 1, "rat": 0}


@pytest.mark.parametrize("number", range(20))
def test_whatever_the_names_are(number: int) -> None:
    """Sixty photos of three classes, never by luck of their names."""
    tags = folders(**{f"a{number}": 20, f"b{number}": 20, f"c{number}": 20})
    assert set(held(tags).values()) == {3}


def test_several_tags() -> None:
    """A photo counts for all of its classes, and none is left with fewer than two to train on."""
    tags = {PurePosixPath(f"{n:03}.jpg"): frozenset({"sky", *(["bird"] if n % 8 == 0 else []),
                                                    *(["kite"] if n % 15 == 0 else [])})
            for n in range(60)}
    found = held(tags)
    assert found["kite"] == 1
    assert found["bird"] in (1, 2)
    assert 8 <= found["sky"] <= 11


def test_independent_of_the_order() -> None:
    """The same photos, listed backwards."""
    tags = folders(cat=30, dog=11)
    forward = hold_out(dict.fromkeys(tags), tags=tags).splits
    backward = hold_out(dict.fromkeys(reversed(tags)), tags=tags).splits
    assert dict(forward) == dict(backward)


def test_specified_splits_stay() -> None:
    """Also where only some rows have one, or no photo is in val."""
    tags = folders(cat=12, dog=12)
    given = {path: "train" if number % 2 else "test" for number, path in enumerate(tags)}
    kept = hold_out(given, tags=tags)
    assert {p: s for p, s in kept.splits.items() if s != "val"}.items() <= given.items()
    assert kept.notices
    assert not kept.drawn
    some = {path: split if number < 12 else None
            for number, (path, split) in enumerate(given.items())}
    mixed = hold_out(some, tags=tags)
    assert all(mixed.splits[path] == split for path, split in some.items() if split)
    assert set(mixed.drawn) == {path for path, split in some.items() if split is None}


def table(root: Path, rows: list[str]) -> Dataset:
    """Write and read a table with its photos."""
    (root / "tags.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for number, row in enumerate(rows[1:]):
        Image.new("RGB", (5, 3), (number, 0, 0)).save(root / row.partition(",")[0])
    return read_dataset(root)


@pytest.mark.parametrize("column", ["group", "patient", "Patient ID", "video_name"])
def test_groups_stay_together(column: str, tmp_path: Path) -> None:
    """Eight patients of four photos each, each with photos of both classes."""
    rows = [f"p{n:02}.png,{'crack' if n % 2 else 'hole'},{n // 4}" for n in range(32)]
    data = table(tmp_path, [f"image,tags,{column}", *rows])
    split_of: dict[int, set[str]] = {}
    for photo in data.photos:
        split_of.setdefault(int(photo.name[1:]) // 4, set()).add(photo.split)
    assert all(len(splits) == 1 for splits in split_of.values())
    assert {1, 0} == {tag for photo in data.split("val") for tag in photo.tags}
    assert 1 <= sum(splits == {"val"} for splits in split_of.values()) <= 2
    assert data.notices[-1] == f"tags.csv: photos with the same {column!r} are held out together."


def test_two_arms_of_a_study_are_no_groups(tmp_path: Path) -> None:
    """They would make half of the photos held out; and a class may be called patient."""
    rows = [f"p{n:02}.png,crack,{'control' if n % 2 else 'treated'}" for n in range(12)]
    assert len(table(tmp_path, ["image,tags,group", *rows]).split("val")) == 2
    rows = [f"p{n:02}.png,{n % 2},{n % 3 // 2}" for n in range(12)]
    assert table(tmp_path, ["image,patient,nurse", *rows]).classes == ("nurse", "patient")


def test_inspect_says_who_is_held_out(tmp_path: Path) -> None:
    """By class, and which class is not; nothing of it where the splits are given."""
    rows = [f"{name}{n}.png,{name}," for name, count in (("cat", 8), ("dog", 7), ("rat", 2))
            for n in range(count)]
    seen = inspect_dataset(table(tmp_path, ["image,tags,split", *rows, "nil.png,,"]))
    assert seen.held_out.startswith("Held out: 2 of 18 photos, drawn by class (cat 1, dog 1, rat 0,"
                                    " without a class 0); ")
    assert "No val photo has rat: it cannot be measured." in seen.warnings
    given = table(tmp_path, ["image,tags,split", *(f"{row}train" for row in rows), "nil.png,,val"])
    assert not inspect_dataset(given).held_out
