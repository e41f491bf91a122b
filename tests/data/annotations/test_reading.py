"""Tables and masks of annotations, as written by this program and as people have them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_data import HEIGHT, WIDTH, draw, given, mask, photo_of, said, write
from PIL import Image

from tag2mask.annotation.records import Box, Point
from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data import read_dataset
from tag2mask.data.annotations import load_constraint


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give six photos of 40 x 24 with tags: cat on even ones, dog on odd ones."""
    return draw(tmp_path / "data")


def test_without_annotations_nothing_changes(root: Path) -> None:
    """No record, no notice."""
    data = read_dataset(root)
    assert all(photo.annotation is None for photo in data.photos)
    assert data.notices == ()


def test_all_kinds_are_read(root: Path) -> None:
    """By path, file name or name of the photo; background and undecided are classes."""
    write(root, "points.csv",
          ["images/0.jpg,cat,3,4", "0.jpg,background,39.5,0", "0,undecided,1,1"])
    write(root, "boxes.csv", ["images/1.jpg,dog,0,2,40,24"])
    write(root, "scribbles.csv", ['images/2.jpg,cat,3,"1,2 3,4"'])
    mask(root, "3", np.full((HEIGHT, WIDTH), 2))
    data = read_dataset(root)
    assert given(data, "0").points == (Point(1, 3, 4), Point(0, 39.5, 0), Point(IGNORE, 1, 1))
    assert given(data, "1").boxes == (Box(2, 0, 2, 40, 24),)
    assert given(data, "2").scribbles[0].points == ((1, 2), (3, 4))
    assert given(data, "3").complete
    assert photo_of(data, "4").annotation is None
    assert data.notices == ()


def test_fingerprints_of_data_do_not_follow_annotations(root: Path) -> None:
    """Not even where they add a tag, which is said."""
    before = read_dataset(root).fingerprint()
    write(root, "points.csv", ["0,dog,3,4"])
    data = read_dataset(root)
    assert photo_of(data, "0").tags == (0, 1)
    assert given(data, "0").added_tags == (1,)
    assert "add tags to 1 photo; the first is 0 (dog)" in said(data)
    assert data.fingerprint() == before


def test_a_photo_without_a_row_gets_its_tags_from_its_annotation(root: Path) -> None:
    """And is not counted as one that is not used; one that says no class is left out."""
    for name in ("new", "empty", "open"):
        (root / f"images/{name}.jpg").write_bytes((root / "images/0.jpg").read_bytes())
    write(root, "points.csv", ["images/new.jpg,dog,3,4", "open,background,1,1"])
    mask(root, "empty", np.zeros((HEIGHT, WIDTH)))
    data = read_dataset(root)
    assert photo_of(data, "new").tags == (1,)
    assert photo_of(data, "empty").tags == ()
    words = "2 photos without a row of tags got their tags from annotations: empty, new"
    assert words in said(data)
    assert [problem.photo for problem in data.problems] == ["open", "tags.csv"]
    assert "1 photo is not listed" in data.problems[1].why


def test_masks_of_a_column_stay_masks_beside_annotated_photos(root: Path) -> None:
    """They are not counted as photos that the table does not list."""
    (root / "truth").mkdir()
    rows = (root / "tags.csv").read_text(encoding="utf-8").splitlines()
    for number in range(6):
        Image.new("L", (WIDTH, HEIGHT), number % 2 + 1).save(root / f"truth/t{number}.png")
        rows[number + 1] += f",truth/t{number}.png"
    rows[0] += ",mask"
    (root / "tags.csv").write_text("\n".join(rows), encoding="utf-8")
    (root / "images/new.jpg").write_bytes((root / "images/0.jpg").read_bytes())
    write(root, "points.csv", ["images/new.jpg,dog,3,4"])
    data = read_dataset(root)
    assert photo_of(data, "new").tags == (1,)
    assert data.problems == ()


@pytest.mark.parametrize(("rows", "expected", "words"), [
    (["0,cat,0.25,0.5", "1,dog,1,1"], (10, 12), "shares of width and height"),
    (["0,cat,25%,50%", "1,dog,100%,0%"], (10, 12), "percent"),
    (["0,cat,12,10", "1,dog,3,39"], (10, 12), "x and y exchanged"),
])
def test_other_conventions_are_recognised(
    root: Path, rows: list[str], expected: tuple[float, float], words: str
) -> None:
    """By the range of all rows, and said."""
    write(root, "points.csv", rows)
    data = read_dataset(root)
    point = given(data, "0").points[0]
    assert (point.x, point.y) == expected
    assert words in said(data)


def test_percent_without_a_sign(tmp_path: Path) -> None:
    """Of large photos: pixels would all be in one corner, which does not happen."""
    root = draw(tmp_path / "data", size=(800, 600))
    write(root, "points.csv", [f"{n},{'dog' if n % 2 else 'cat'},{15 * n + 10}.5,{90 - 15 * n}"
                               for n in range(6)])
    data = read_dataset(root)
    assert given(data, "2").points == (Point(1, 324, 360),)
    assert "percent" in said(data)


def test_small_photos_keep_their_pixels(root: Path) -> None:
    """All values below 100 say nothing about photos of 40 pixels."""
    rows = [f"{n},{'dog' if n % 2 else 'cat'},{6 * n},{4 * n}" for n in range(6)]
    write(root, "points.csv", rows)
    data = read_dataset(root)
    assert given(data, "3").points == (Point(2, 18, 12),)
    assert data.notices == ()


def test_pixels_of_the_photo_before_it_is_turned(tmp_path: Path) -> None:
    """Stored 40 x 24 and turned to 24 x 40: x = 35 does not fit the upright photo."""
    root = draw(tmp_path / "data", turn=6)
    write(root, "points.csv", ["0,cat,35,4", "1,dog,1,1"])
    data = read_dataset(root)
    point = given(data, "0").points[0]
    assert (point.x, point.y) == (20, 35)
    assert "before it is turned upright" in said(data)
    mask(root, "0", np.tile([[0] * 30 + [1] * 10], (24, 1)))
    turned = read_dataset(root)
    made = load_constraint(photo_of(turned, "0"), 3)
    assert made is not None
    assert (made.certain[30:] == 1).all()
    assert (made.certain[:30] == 0).all()
    assert "turned alike" in said(turned)


@pytest.mark.parametrize(("table", "rows", "message"), [
    ("points.csv", ["0,cat,3"], "row 2 has 3 cells"),
    ("points.csv", ["0,cat,3,four"], r"row 2: y is 'four'"),
    ("points.csv", ["0,cat,3,nan"], r"row 2: y is 'nan'"),
    ("points.csv", ["0,cta,3,4"], r"row 2 has the class 'cta'.*did you mean 'cat'"),
    ("points.csv", ["0,horse,3,4"], r"row 2 has the class 'horse'.*add the class to classes.txt"),
    ("points.csv", [",cat,3,4"], "row 2 names no image"),
    ("points.csv", ["zzz,cat,3,4"], "names no photo of the data set.*'zzz' in row 2"),
    ("points.csv", ["0,cat,300,4", "1,dog,9,400"], "2 of 2 rows.*lie outside.*row 2"),
    ("scribbles.csv", ["0,cat,3,7"], "row 2: points is '7'"),
])
def test_bad_rows_are_named(root: Path, table: str, rows: list[str], message: str) -> None:
    """In one sentence with the row."""
    write(root, table, rows)
    with pytest.raises(InputError, match=message):
        read_dataset(root)


def test_a_missing_column(root: Path) -> None:
    """The first row must be as documented."""
    (root / "boxes.csv").write_text("image,class,left,top\n0,cat,1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"boxes\.csv has no column 'right'.*image,class,left"):
        read_dataset(root)


def test_other_columns_and_separators(root: Path) -> None:
    """Width and height in place of right and bottom; semicolons with decimal commas."""
    (root / "boxes.csv").write_text(
        "file;label;x;y;width;height\n0.jpg;cat;1,5;2;10;4\n", encoding="utf-8")
    assert given(read_dataset(root), "0").boxes == (Box(1, 1.5, 2, 11.5, 6),)


def test_sizes_under_the_names_of_corners(root: Path) -> None:
    """Second corners left of the first, again and again, are widths and heights."""
    write(root, "boxes.csv", ["0,cat,20,10,8,9", "1,dog,30,2,10,20", "2,cat,1,12,30,5"])
    data = read_dataset(root)
    assert given(data, "0").boxes == (Box(1, 20, 10, 28, 19),)
    assert given(data, "1").boxes == (Box(2, 30, 2, 40, 22),)
    assert "read as width and height" in said(data)


def test_some_odd_rows_are_left_out_and_counted(root: Path) -> None:
    """Crossed corners are put in order, and what reaches a little beyond is cut off."""
    rows = [f"{n},{'dog' if n % 2 else 'cat'},1,1,9,9" for n in range(6)] * 2
    write(root, "boxes.csv", [*rows, "0,cat,5,5,5,9", "0,cat,8,9,2,3", "2,cat,30,2,40.4,9"])
    data = read_dataset(root)
    assert Box(1, 2, 3, 8, 9) in given(data, "0").boxes
    assert given(data, "2").boxes[-1].right == 40
    assert "1 row with a box of no area, left out; the first is row 14" in said(data)
    assert "exchanged; the first is row 15" in said(data)


@pytest.mark.parametrize(("labels", "message"), [
    (np.zeros((HEIGHT - 1, WIDTH)), "is 40 x 23 pixels, but its photo 40 x 24"),
    (np.full((HEIGHT, WIDTH), 7), "has the label 7"),
    (np.full((HEIGHT, WIDTH), IGNORE), "holds only 255"),
])
def test_a_bad_mask_is_left_out_and_named(root: Path, labels: np.ndarray, message: str) -> None:
    """The photo stays, without this annotation."""
    mask(root, "0", labels)
    data = read_dataset(root)
    assert photo_of(data, "0").annotation is None
    assert message in said(data)


def test_many_bad_masks_stop(root: Path) -> None:
    """With the first of them."""
    for number in range(3):
        mask(root, str(number), np.full((HEIGHT, WIDTH), 9))
    with pytest.raises(InputError, match=r"3 of 3 masks in .*annotations cannot be used.*label 9"):
        read_dataset(root)


def test_masks_in_another_order_stop(root: Path) -> None:
    """Where most masks share no class with the tags of their photos."""
    for number in range(6):
        mask(root, str(number), np.full((HEIGHT, WIDTH), 1 if number % 2 else 2))
    words = r"6 of 6 masks .* none of the classes.*\(dog; tagged cat\)"
    with pytest.raises(InputError, match=words):
        read_dataset(root)


def test_contradictions_are_counted_and_named(root: Path) -> None:
    """The more explicit kind wins."""
    write(root, "points.csv", ["0,cat,30,20", "2,cat,5,5", "4,cat,1,1"])
    write(root, "boxes.csv", ["0,cat,1,1,9,9", "4,cat,0,0,10,10"])
    mask(root, "2", np.zeros((HEIGHT, WIDTH)))
    whole = np.zeros((HEIGHT, WIDTH))
    whole[:, 20:] = 1
    whole[0, 0] = 1
    mask(root, "4", whole)
    words = said(read_dataset(root))
    assert "Points outside of all boxes of their class (1), which are kept" in words
    assert "Points that masks in annotations/ contradict (2)" in words
    assert "Boxes that masks in annotations/ contradict (1)" in words
    assert "without a class that the photo is tagged with (1); the pixels follow the mask; the " \
        "first is 2 (cat)" in words


@pytest.mark.parametrize(("file", "rows", "words"), [
    ("points.csv", ["0,cat,3,4", "2,cat,3.2,4.9", "2,background,3,4"],
     "Points on a pixel of a point of another class, of which the last counts (1); the first is "
     "on 2"),
    ("boxes.csv", ["0,background,0,0,20,20", "0,cat,2,3,9,20", "0,cat,5,5,30,20"],
     "Boxes of a class in boxes of background, which count (1); the first is on 0"),
    ("scribbles.csv", ['4,cat,3,"2,2 20,2"', '4,background,3,"2,2 30,2"', '4,cat,1,"2,2 2,20"'],
     "Scribbles under later ones of another class, which count (1); the first is on 4"),
])
def test_shapes_that_overrule_each_other_are_named(
    root: Path, file: str, rows: list[str], words: str
) -> None:
    """Later rows take precedence; a crossing is no contradiction."""
    write(root, file, rows)
    assert words in said(read_dataset(root))


def test_points_in_boxes_of_background_are_named(root: Path) -> None:
    """The box counts, so the click is lost."""
    write(root, "boxes.csv", ["0,background,0,0,20,20"])
    write(root, "points.csv", ["0,cat,3,4", "0,background,5,6", "0,cat,25,4"])
    assert "Points in boxes of background, which count (1); the first is on 0." in said(
        read_dataset(root))


@pytest.mark.parametrize("width", ["0", "-3"])
def test_a_pen_without_width_is_refused(root: Path, width: str) -> None:
    """With its row."""
    write(root, "scribbles.csv", ['0,cat,2,"1,2 3,4"', f'0,cat,{width},"1,2 3,4"'])
    with pytest.raises(InputError, match=rf"scribbles.csv, row 3: width is '{width}'"):
        read_dataset(root)


def test_black_and_white_masks_are_doubted(root: Path) -> None:
    """White may stand for the class, or for pixels that nobody decided on."""
    mask(root, "0", np.where(np.arange(WIDTH) < 9, IGNORE, 0) * np.ones((HEIGHT, 1)))
    assert "hold only 0 and 255" in said(read_dataset(root))


def test_masks_alone_are_a_data_set(root: Path) -> None:
    """Without tags, tables or a list of classes, the classes are called by their labels."""
    (root / "tags.csv").unlink()
    (root / "classes.txt").unlink()
    for number in range(5):
        labels = np.zeros((HEIGHT, WIDTH))
        labels[:5] = number % 2 + 1
        mask(root, str(number), labels)
    data = read_dataset(root)
    assert data.layout == "annotated"
    assert data.classes == ("1", "2")
    assert [photo.tags for photo in data.photos] == [(0,), (1,), (0,), (1,), (0,)]
    assert all(photo.mask is None for photo in data.photos)
    assert "1 photos" in said(data)


def test_boxes_alone_are_a_data_set(root: Path) -> None:
    """The classes are those of the table, in order."""
    (root / "tags.csv").unlink()
    (root / "classes.txt").unlink()
    write(root, "boxes.csv", [f"{n}.jpg,{'dog' if n % 2 else 'ant'},1,1,9,9" for n in range(6)])
    data = read_dataset(root)
    assert data.classes == ("ant", "dog")
    assert len(data.photos) == 6


def test_class_folders_do_not_take_annotations_for_masks_to_score_on(tmp_path: Path) -> None:
    """Nor for a class."""
    for number, name in enumerate(("cat", "dog", "cat", "dog")):
        (tmp_path / name).mkdir(exist_ok=True)
        colour = (60 * number, 9, 9)
        Image.new("RGB", (WIDTH, HEIGHT), colour).save(tmp_path / name / f"{number}.png")
        (tmp_path / "annotations" / name).mkdir(parents=True, exist_ok=True)
    Image.new("L", (WIDTH, HEIGHT), 1).save(tmp_path / "annotations" / "cat" / "0.png")
    data = read_dataset(tmp_path)
    assert data.classes == ("cat", "dog")
    assert photo_of(data, "cat/0").mask is None
    assert given(data, "cat/0").complete
    assert replace(data, photos=()).notices == ()
