"""tags.csv, as people write it and as they should not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers import read_dataset
from tag2mask.data.readers.splits import hashed_split


def write(
    root: Path, *rows: str, header: str = "image,tags", photos: str = "", classes: str = ""
) -> Path:
    """Write a tags.csv with the photos that `photos` lists; return its folder."""
    text = "\n".join((header, *rows)) + "\n"
    (root / "tags.csv").write_text(text, encoding="utf-8-sig", newline="\r\n")
    for name in photos.split():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5, 3)).save(path, format="PNG")
    if classes:
        lines = "".join(f"{line}\n" for line in ["background", *classes.split()])
        (root / "classes.txt").write_text(lines)
    return root


def tags(data: Dataset) -> dict[str, list[str]]:
    """Return the names of every photo's tags."""
    return {photo.name: [data.classes[tag] for tag in photo.tags] for photo in data.photos}


def test_reads_tags_splits_and_masks(tmp_path: Path) -> None:
    """Spaces, case of the header, empty tags and other columns do no harm."""
    root = write(
        tmp_path,
        "images/b.png, dog ; cat;,train,x",
        "images/a.jpg,,valid,y",
        "images/sub/c.png,dog;dog,test,z",
        "",
        header="Image,Tags,Split,note",
        photos="images/a.jpg images/b.png images/sub/c.png masks/b.png masks/sub/c.png masks/z.png",
    )
    data = read_dataset(root)
    assert data.layout == "tags_csv"
    assert data.classes == ("cat", "dog")
    assert tags(data) == {"a": [], "b": ["cat", "dog"], "sub/c": ["dog"]}
    assert [photo.split for photo in data.photos] == ["val", "train", "test"]
    assert [photo.mask for photo in data.photos] == [
        None,
        root / "masks/b.png",
        root / "masks/sub/c.png",
    ]
    assert data.problems == ()
    assert data.photos[0].path == root / "images/a.jpg"


def test_classes_txt_gives_the_order(tmp_path: Path) -> None:
    """And the spelling; a class without photos is kept and told."""
    root = write(tmp_path, "a.png,DOG", photos="a.png", classes="dog eel cat")
    data = read_dataset(root)
    assert data.classes == ("dog", "eel", "cat")
    assert tags(data) == {"a": ["dog"]}
    assert [problem.photo for problem in data.problems] == ["eel", "cat"]
    assert "No photo has the class 'eel'" in data.problems[0].why
    assert data.left_out == ()


def test_without_a_split_the_hash_decides(tmp_path: Path) -> None:
    """By the photos' own paths: neither the order of the rows nor another class moves a photo."""
    names = [f"images/{n}.png" for n in range(40)]
    rows = [f"{name},cat" for name in names]
    before = read_dataset(write(tmp_path, *rows, photos=" ".join(names)))
    splits = {photo.path.name: photo.split for photo in before.photos}
    assert set(splits.values()) == {"train", "val"}
    after = read_dataset(write(tmp_path, *rows[::-1], "more/x.png,dog", photos="more/x.png"))
    assert len(after.photos) == 41
    for photo in after.photos:
        assert photo.name.startswith(("images/", "more/"))
        assert photo.split == splits.get(photo.path.name, photo.split)


def test_an_empty_split_is_decided_by_the_hash(tmp_path: Path) -> None:
    """Row by row."""
    root = write(
        tmp_path, "a.png,cat,test", "b.png,cat,", header="image,tags,split", photos="a.png b.png"
    )
    first, second = read_dataset(root).photos
    assert first.split == "test"
    assert second.split == hashed_split(second.path.relative_to(root))  # type: ignore[arg-type]


def test_photos_that_differ_only_by_suffix(tmp_path: Path) -> None:
    """Both stay; the suffix is kept in both names, and neither claims masks/x.png."""
    root = write(
        tmp_path,
        "images/x.jpg,cat",
        "images/x.png,dog",
        "images/y.png,dog",
        photos="images/x.jpg images/x.png images/y.png masks/x.png masks/x.jpg.png masks/y.png",
    )
    data = read_dataset(root)
    assert [photo.name for photo in data.photos] == ["x.jpg", "x.png", "y"]
    masks = [photo.mask.name if photo.mask else None for photo in data.photos]
    assert masks == ["x.jpg.png", None, "y.png"]


def test_masks_may_lie_flat_where_stems_are_unique(tmp_path: Path) -> None:
    """masks/<stem>.png serves images/sub/<stem>.png, but never two photos."""
    root = write(
        tmp_path,
        "i/a/1.png,cat",
        "i/b/1.png,dog",
        "i/b/2.png,dog",
        photos="i/a/1.png i/b/1.png i/b/2.png masks/1.png masks/2.png",
    )
    assert [photo.mask is None for photo in read_dataset(root).photos] == [True, True, False]


def test_windows_paths(tmp_path: Path) -> None:
    """A backslash separates folders."""
    data = read_dataset(write(tmp_path, "images\\a.png,cat", photos="images/a.png"))
    assert data.photos[0].name == "a"


def test_a_missing_photo_is_left_out_and_told(tmp_path: Path) -> None:
    """One among twenty; a folder named like a photo is missing too."""
    names = [f"{n}.png" for n in range(20)]
    root = write(
        tmp_path, *(f"{n},cat" for n in [*names, "gone.png", "dir.jpg"]), photos=" ".join(names)
    )
    (root / "dir.jpg").mkdir()
    data = read_dataset(root)
    assert len(data.photos) == 20
    assert [problem.photo for problem in data.left_out] == ["gone.png", "dir.jpg"]
    assert "row 22) is missing" in data.left_out[0].why
    assert "is a folder" in data.left_out[1].why


def test_a_row_twice_is_told_once(tmp_path: Path) -> None:
    """However often it is repeated and however its path is written."""
    root = write(tmp_path, *["a.png,cat"] * 2, "./a.png,cat ", "b.png,", photos="a.png b.png")
    data = read_dataset(root)
    assert tags(data) == {"a": ["cat"], "b": []}
    assert len(data.problems) == 1
    assert "rows 2 and 3" in data.problems[0].why
    assert data.left_out == ()


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (["a.png,cat"], "image,what", "no column 'tags', only image, what"),
        (["a.png:cat"], "image:tags", "no column 'image', only image:tags"),
        ([], "", "no column 'image', only nothing"),
        (["a.png,cat,dog"], "image,tags", "row 2 should have 2 cells .* not 3.*tags by semicolons"),
        (["a.png"], "image,tags", "row 2 should have 2 cells .* not 1"),
        ([",cat"], "image,tags", "row 2 names no image"),
        (["a.png,cat", "a.png,dog"], "image,tags", "rows 2 and 3 .* a.png with different tags"),
        (
            ["a.png,cat,val", "a.png,cat,test"],
            "image,tags,split",
            "rows 2 and 3 .* different splits",
        ),
        (
            ["a.png,cat", "b.png,cat,", "a.png,cat,tarin"],
            "image,tags,split",
            "row 2 should have 3 cells .* not 2",
        ),
        (["a.png,cat,tarin"], "image,tags,split", "row 2 has the unknown split 'tarin'.*'train'"),
        (["/etc/a.png,cat"], "image,tags", "row 2 names the absolute path /etc/a.png"),
        (["C:\\a.png,cat"], "image,tags", "row 2 names the absolute path"),
        (["../a.png,cat"], "image,tags", r"row 2 names ../a.png, where '\.\.'"),
        (["x\\..\\..\\a.png,cat"], "image,tags", r"where '\.\.' leads out"),
        (["a.png,background"], "image,tags", "row 2: 'background' cannot be a class"),
        (["a.png,"], "image,tags", "No photo .* has a tag"),
        (["gone.png,cat", "a.png,cat"], "image,tags", "1 of 2 photos .* more than a tenth: gone"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, rows: list[str], header: str, message: str) -> None:
    """One sentence names the row and the fix."""
    root = write(tmp_path, *rows, header=header, photos="a.png b.png c.png")
    with pytest.raises(InputError, match=message) as told:
        read_dataset(root)
    assert "\n" not in str(told.value)


def test_no_photo_at_all(tmp_path: Path) -> None:
    """A table of nothing but its header."""
    with pytest.raises(InputError, match="lists no photo"):
        read_dataset(write(tmp_path, classes="cat"))


def test_a_tag_that_classes_txt_lacks(tmp_path: Path) -> None:
    """The nearest name is suggested."""
    root = write(tmp_path, "a.png,aeroplnae", photos="a.png", classes="aeroplane bird")
    with pytest.raises(InputError, match=r"row 2 has the tag 'aeroplnae'.*'aeroplane'\?"):
        read_dataset(root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat\ndog\n", "first line must be 'background', not 'cat'"),
        ("", "not 'nothing'"),
        ("background\ncat\n\ndog\n", "line 3 is empty"),
        ("background\ncat\ncat\n", "names the class 'cat' twice"),
        ("background\ncat\nCat\n", r"'cat' \(line 2\) and 'Cat' \(line 3\) differ only by case"),
        ("background\n" + "".join(f"c{n}\n" for n in range(255)), "255 classes"),
    ],
)
def test_mistakes_in_classes_txt(tmp_path: Path, text: str, message: str) -> None:
    """A shifted line would shift every label."""
    root = write(tmp_path, "a.png,", photos="a.png")
    (root / "classes.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_dataset(root)


def test_another_encoding(tmp_path: Path) -> None:
    """Cyrillic letters in one byte could be anything: not guessed at."""
    (tmp_path / "tags.csv").write_bytes("image,tags\na.png,\u043a\u043e\u0442\n".encode("cp1251"))
    with pytest.raises(InputError, match=r"tags\.csv is not in UTF-8"):
        read_dataset(tmp_path)


def test_paths_written_in_a_longer_way(tmp_path: Path) -> None:
    """They name the same photos, by the paths that the system uses."""
    root = write(
        tmp_path, "./images/a.png,cat", "images//b.png,dog", "images/./c.png,cat", "images\\d.png,",
        photos="images/a.png images/b.png images/c.png images/d.png",
    )
    data = read_dataset(root)
    assert tags(data) == {"a": ["cat"], "b": ["dog"], "c": ["cat"], "d": []}
    assert [photo.path for photo in data.photos] == [root / f"images/{n}.png" for n in "abcd"]
    with pytest.raises(InputError, match=r"rows 2 and 3 name the same photo images/a.png"):
        read_dataset(write(tmp_path, "./images/a.png,cat", "images//a.png,dog"))


def test_messages_name_the_first_of_many_rows_with_the_same_tags(tmp_path: Path) -> None:
    """Rows with the same tags are read once, but every row has its number."""
    photos = " ".join(f"{number}.png" for number in range(6))
    rows = [f"{number}.png,{'cat;owl' if number > 3 else 'cat'}" for number in range(6)]
    root = write(tmp_path, *rows, photos=photos, classes="cat")
    with pytest.raises(InputError, match="row 6 has the tag 'owl'"):
        read_dataset(root)


def test_a_word_for_nothing_is_counted_by_rows(tmp_path: Path) -> None:
    """Not by the different cells that contain it."""
    photos = " ".join(f"{number}.png" for number in range(5))
    root = write(tmp_path, "0.png,nan", "1.png,cat", "2.png,nan", "3.png,dog", "4.png, nan",
                 photos=photos)
    data = read_dataset(root)
    assert "'nan' is the only tag of 3 photos" in " ".join(data.notices)
    assert tags(data) == {"0": [], "1": ["cat"], "2": [], "3": ["dog"], "4": []}


def test_listed_photos_are_not_asked_for_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million questions to the disk take a minute on some; one listing of each folder answers."""
    root = write(tmp_path, "images/a.png,cat", "images/b.png,dog", "images/sub/c.png,",
                 photos="images/a.png images/b.png images/sub/c.png")
    asked: list[str] = []
    whole = os.path.isfile

    def noted(path: str) -> bool:
        asked.append(str(path))
        return whole(path)

    monkeypatch.setattr(os.path, "isfile", noted)
    assert len(read_dataset(root).photos) == 3
    assert not [path for path in asked if path.endswith(".png")]
