"""Photos whose names in the table are not quite those on the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset

Read = Callable[..., Dataset]
NFC, NFD = "gr\u00fcn", "gru\u0308n"


def listed(*names: str) -> str:
    """Return a table with one class."""
    return "".join(["image,tags\n", *(f"{name},cat\n" for name in names)])


@pytest.mark.parametrize(("names", "photos", "kind"), [
    ([f"i/{NFC}1.png", f"i/{NFC}2.png"], [f"i/{NFD}1.png", f"i/{NFD}2.png"], "Unicode form"),
    ([f"i/{NFD}1.png", f"i/{NFD}2.png"], [f"i/{NFC}1.png", f"i/{NFC}2.png"], "Unicode form"),
    (["i/1.PNG", "I/2.png"], ["i/1.png", "i/2.png"], "upper or lower case"),
    (["i/1", "i/2"], ["i/1.png", "i/2.png"], "extension"),
    (["i/1.jpg", "i/2.jpg"], ["i/1.png", "i/2.png"], "extension"),
    (["1.png", "2.png"], ["i/1.png", "i/2.png"], "folder"),
    (["1", "2"], ["i/1.png", "i/2.png"], "folder"),
    (["mine/i/1.png", "mine/i/2.png"], ["i/1.png", "i/2.png"], "folder"),
    (["i/a%201.png", "i/a%202.png"], ["i/a 1.png", "i/a 2.png"], "%20"),
])
def test_photos_are_found(
    read_table: Read, names: Sequence[str], photos: Sequence[str], kind: str
) -> None:
    """Under their name on the disk; masks of the same name do no harm."""
    masks = [photo.replace("i/", "masks/") for photo in photos]
    data = read_table(listed(*names), photos, masks=masks)
    assert [p.path.relative_to(data.root).as_posix() for p in data.photos] == list(photos)
    assert data.problems == ()
    assert data.notices[0].startswith("2 photos are called otherwise in tags.csv than on the disk")
    assert kind in data.notices[0]


def test_photos_in_the_folder_images_are_listed_by_name(read_table: Read) -> None:
    """As the documentation shows it; nothing was decided that has to be said."""
    data = read_table(listed("1.png", "2.png"), ["images/1.png", "images/2.png"])
    assert [photo.path.name for photo in data.photos] == ["1.png", "2.png"]
    assert data.notices == ()


def test_the_exact_name_comes_first(read_table: Read) -> None:
    """And what two files could be, or another row names, is missing instead of guessed."""
    names = [f"{n:02}.png" for n in range(30)]
    table = listed(*names, "x", "sub/00.png")
    data = read_table(table, [*names, "x.png", "x.jpg"])
    assert len(data.photos) == 30
    assert [problem.photo for problem in data.left_out] == ["x", "sub/00.png"]
    assert data.notices[0] == "2 of 32 photos in tags.csv are missing; the first is x."


def test_one_photo_under_two_names(read_table: Read) -> None:
    """With the same tags it counts once; with others it is refused."""
    data = read_table(listed("a.png", "A.PNG"), ["a.png"])
    assert len(data.photos) == 1
    assert data.problems[0].why == "It is listed twice, in rows 2 and 3."
    with pytest.raises(InputError, match=r"rows 2 and 3 name the same photo a\.png with different"):
        read_table(listed("a.png") + "A.PNG,dog\n", ["a.png"])


def test_all_photos_are_missing(read_table: Read) -> None:
    """The likely cause is named."""
    with pytest.raises(InputError, match=r"first is x/1\.png, while the 1 photos .* like i/7\.png"):
        read_table(listed("x/1.png", "x/2.png"), ["i/7.png"])


def test_no_photo_is_there(read_table: Read) -> None:
    """A table alone."""
    with pytest.raises(InputError, match=r"nor any other photo .*; the first is x/1\.png; copy"):
        read_table(listed("x/1.png", "x/2.png"), [])


def test_photos_that_are_not_listed(read_table: Read) -> None:
    """Counted with the first name, in other folders too."""
    data = read_table(listed("i/1.png", "i/2.png"), ["i/1.png", "i/2.png", "i/3.png", "j/4.png"])
    (problem,) = data.problems
    assert problem.why == (
        "2 photos are not listed and not used, beside 2 that are; the first is i/3.png."
    )
    assert not problem.left_out


def test_pictures_that_are_no_photos(read_table: Read) -> None:
    """Masks and other pictures of listed photos, hidden files, and a logo."""
    data = read_table(
        listed("i/1.png", "i/2.png"), ["i/1.png", "i/2.png"],
        masks=["masks/9.png", "i/1_mask.png", "depth/1.png", "i/.3.png", "logo.png"],
    )
    assert data.problems == ()


@pytest.mark.parametrize(("tags", "told"), [
    (("1", "2", "10", "11"), "of the numbers: 1 = '1', 2 = '2', 3 = '10', 4 = '11'."),
    (("dog", "cat", "x2", "x10"), "of the names: 1 = cat, 2 = dog, 3 = x10, 4 = x2."),
])
def test_labels_of_masks_are_said(read_table: Read, tags: Sequence[str], told: str) -> None:
    """Where masks are there and classes.txt is not."""
    rows = [f"{name}.png,{tag}\n" for name, tag in zip("abcd", tags, strict=True)]
    table = "".join(["image,tags\n", *rows])
    assert read_table(table).notices == ()
    (notice,) = read_table(table, masks=["masks/a.png"]).notices
    assert notice.endswith(told)
    names = "\n".join(("background", *tags, ""))
    assert read_table(table, classes=names, masks=["masks/a.png"]).notices == ()
