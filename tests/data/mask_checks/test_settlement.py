"""Perfect predictions score 100, or the masks are not scored and the reason is said."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mask_sets import ALL, MIXED, ONE, SINGLE, Labels, Stored, draw, scene, score
from PIL import Image

from tag2mask.data import check_photos, load_mask, palette, read_dataset
from tag2mask.data.mask_checks import TRUSTED
from tag2mask.run_folder.data_file import read_run_dataset, write_dataset
from tag2mask.run_folder.folder import RunFolder

Case = dict[str, Any]
OWN = np.array([(0, 0, 0), (250, 50, 83), (50, 183, 250), (61, 61, 245)], np.uint8)
LABELMAP = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nAnt:250,50,83::\n" \
    "bee:50,183,250::\ncat:61,61,245::\n"


LINES = "background:0,0,0::\ncat:61,61,245::\nant:250,50,83::\nbee:50,183,250::\n"


EITHER = "background:0,0,0::\nbee:50,183,250::\nant:250,50,83::\n"


def values(*table: int) -> Stored:
    """Store label k as `table[k]`."""
    return lambda labels, number: np.array(table).astype(np.uint8)[labels]


def jpeg(labels: Labels) -> Image.Image:
    """Compress with loss."""
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, "JPEG", quality=75)
    return Image.open(buffer)


def smooth(labels: Labels) -> Image.Image:
    """Resize as photos are resized."""
    half = Image.fromarray(labels).resize((50, 36), Image.Resampling.BILINEAR)
    return half.resize((100, 72), Image.Resampling.BILINEAR)


def optimised(labels: Labels) -> Image.Image:
    """Drop the places of a palette that a mask does not use."""
    picture = Image.fromarray(labels)
    picture.putpalette(palette(4).tobytes())
    return picture.remap_palette(sorted(set(labels.ravel().tolist())))


def moved(labels: Labels, rows: int, columns: int) -> Labels:
    """Shift, with background where nothing was."""
    height, width = labels.shape
    padded = np.pad(labels, 20)[20 - rows :, 20 - columns :]
    return padded[:height, :width].copy()


def in_alpha(labels: Labels) -> Labels:
    """White, with the object in the alpha channel."""
    return np.dstack([np.full_like(labels, 255)] * 3 + [(labels > 0).astype(np.uint8) * 255])


READ: dict[str, Case] = {
    "another order": {"stored": values(0, 2, 3, 1), "stated": False},
    "255 for 0": {"stored": values(255, 1, 2, 3)},
    "0 and 255": {"stored": values(0, 255), "tags": ONE, "classes": 1},
    "0 and 128": {"stored": values(0, 128), "tags": ONE, "classes": 1},
    "all tagged": {"stored": values(0, 255), "tags": ALL, "classes": 1},
    "exchanged": {"stored": values(255, 0), "tags": ONE, "classes": 1},
    "JPEG, one class": {"stored": lambda m, n: jpeg(m * 255), "tags": ONE, "classes": 1},
    "alpha": {"stored": lambda m, n: in_alpha(m), "tags": ONE, "classes": 1},
    "instances": {"stored": lambda m, n: m * (1 + (np.arange(100) > 12)).astype(np.uint8),
                  "tags": ONE, "classes": 1},
    "own tag": {"stored": values(0, 255, 255, 255), "tags": SINGLE},
    "own tag, one bit": {"stored": lambda m, n: Image.fromarray(m > 0), "tags": SINGLE},
    "from 0": {"stored": values(255, 0, 1, 2)},
    "from 0, last": {"stored": values(3, 0, 1, 2)},
    "times 50": {"stored": values(0, 50, 100, 150)},
    "times 85": {"stored": values(0, 85, 170, 255)},
    "own values": {"stored": values(0, 7, 11, 23)},
    "16 bits": {"stored": lambda m, n: m.astype(np.uint16) * 257},
    "JPEG, far apart": {"stored": lambda m, n: jpeg(m * 80)},
    "colours of VOC": {"stored": lambda m, n: palette(4)[m]},
    "their order": {"stored": lambda m, n: palette(4)[np.array([0, 2, 3, 1])[m]]},
    "quantised": {"stored": lambda m, n: Image.fromarray(palette(4)[m]).quantize(8)},
    "optimised": {"stored": lambda m, n: optimised(m)},
    "grey in RGB": {"stored": lambda m, n: np.dstack([m] * 3)},
    "labelmap": {"stored": lambda m, n: OWN[m], "labelmap": LABELMAP},
    "labelmap, grey": {"stored": values(0, 9, 5, 7), "labelmap":
                       "background:0,0,0::\nant:9,9,9::\nbee:5,5,5::\ncat:7,7,7::\n"},
    "labelmap, its lines": {"stored": values(0, 2, 3, 1), "stated": False, "labelmap": LINES},
    "labelmap, its lines, few": {"stored": values(0, 2, 3, 1), "labelmap": LINES, "count": 5},
    "labelmap, background last": {
        "stored": values(3, 1, 2, 0), "labelmap": "".join(LINES.splitlines(True)[1:]) +
        "background:0,0,0::\n"},
    "labelmap, not described": {"stored": values(0, 1, 2, 3), "labelmap": LINES},
    "labelmap, one value missing": {
        "stored": lambda m, n: np.where((m == 0) & (np.arange(100) < 2), 255, m + (m > 0)).astype(
            np.uint8),
        "labelmap": "background:0,0,0::\nant:2,2,2::\nbee:3,3,3::\ncat:4,4,4::\n"},
    "EXIF, sizes": {"stored": lambda m, n: np.rot90(m).copy() if n % 3 == 1 else m,
                    "orientation": lambda n: 6 if n % 3 == 1 else 1},
    "EXIF, edges": {"stored": lambda m, n: m[::-1, ::-1].copy() if n % 2 else m,
                    "orientation": lambda n: 3 if n % 2 else 1},
}


@pytest.mark.parametrize("name", READ)
def test_what_is_meant_is_read(tmp_path: Path, name: str) -> None:
    """Every photo is scored, and a sentence says how the masks are read."""
    checked, scored = draw(tmp_path / "d", **READ[name])
    assert scored == 100
    assert all(photo.mask is not None for photo in checked.photos)
    assert len(checked.notices) == 1
    assert not checked.problems


SAID = {
    "labelmap, its lines": "numbers of its lines; they are read as 0 = background, 1 = cat",
    "labelmap, its lines, few": "numbers of its lines; they are read as 0 = background, 1 = cat",
    "labelmap, background last": "0 = cat, 1 = ant, 2 = bee, 3 = background",
    "labelmap, not described": r"labelmap\.txt does not list the values .* not used",
    "labelmap, one value missing": r"colours are read by .*labelmap\.txt",
}


@pytest.mark.parametrize("name", SAID)
def test_the_use_of_labelmap_is_reported(tmp_path: Path, name: str) -> None:
    """labelmap.txt may give colours, grey values or, by its lines, numbers."""
    checked, _ = draw(tmp_path / "d", **READ[name])
    assert re.search(SAID[name], checked.notices[0])


DOUBTED: dict[str, tuple[Case, str]] = {
    "another order": ({"stored": values(0, 1, 3, 2)}, "another order .* 3 = bee, 2 = cat; state"),
    "few": ({"stored": values(0, 2, 3, 1), "count": 4}, "masks and tags contradict"),
    "all 0": ({"stored": values(0, 0, 0, 0)}, "only the value 0"),
    "all 255": ({"stored": values(255, 255, 255, 255)}, "only the value 255"),
    "one value": ({"stored": values(0, 255, 255, 255)}, "two values for 3 classes"),
    "one label": ({"stored": values(0, 1, 1, 1)}, "two values for 3 classes"),
    "JPEG": ({"stored": lambda m, n: jpeg(m)}, "saved as JPEG or resized smoothly"),
    "smooth": ({"stored": lambda m, n: smooth(m)}, "saved as JPEG or resized smoothly"),
    "no cat": ({"stored": values(0, 1, 2, 0)}, "no mask shows 'cat'"),
    "exchanged": ({"stored": values(1, 0), "tags": ALL, "classes": 1},
                  "object and background are exchanged"),
    "labelmap": ({"stored": lambda m, n: OWN[np.array([0, 2, 3, 1])[m]], "labelmap": LABELMAP},
                 r"labelmap\.txt, contradict the tags"),
    "labelmap, either": ({"stored": values(0, 2, 1), "classes": 2, "labelmap": EITHER,
                          "tags": (frozenset({0, 1}), frozenset())},
                         "number its lines or the classes; list the grey"),
    "upside down": ({"stored": lambda m, n: m[::-1, ::-1].copy()}, "turned by 180 degrees"),
    "mirrored": ({"stored": lambda m, n: m[:, ::-1].copy()}, "mirrored left to right"),
    "turned": ({"stored": lambda m, n: np.rot90(m).copy()}, "turned by 90 degrees"),
    "turned, square": ({"stored": lambda m, n: np.rot90(m).copy(), "size": (80, 80)},
                       "turned by 90 degrees to the left"),
    "half mirrored": ({"stored": lambda m, n: m[:, ::-1].copy() if n % 2 else m},
                      r"\d+ of 20 .* mirrored left to right, the first being .*01\.png"),
    "mirrored, 0 and 255": ({"stored": lambda m, n: m[:, ::-1] * np.uint8(255), "tags": ONE,
                             "classes": 1}, "mirrored left to right"),
    "a third upside down": ({"stored": lambda m, n: m[::-1, ::-1].copy() if n % 3 == 1 else m,
                             "count": 48}, r"\d+ of 40 .*turned by 180 degrees"),
    "half turned, square": ({"stored": lambda m, n: np.rot90(m).copy() if n % 2 else m,
                             "size": (80, 80)}, "20 .* turned by 90 degrees to the left"),
    "moved": ({"stored": lambda m, n: moved(m, 9, 12)},
              "far better .* about 9 % .* down and 12 % .* to the right"),
    "half moved": ({"stored": lambda m, n: moved(m, -9, 0) if n % 2 else m},
                   r"\d+ of 20 .* about 9 % of the photo's longer side up, the first"),
    "half the size": ({"stored": lambda m, n: m[::2, ::2].copy()}, "50 x 36 .* resized"),
    "shifted": ({"stored": lambda m, n: scene(MIXED[(n - 1) % 6], n - 1 if n else 23,
                                                      (72, 100))[1]}, "photo one before it"),
    "shifted, one class": ({"stored": lambda m, n: scene(ALL[0], n - 1 if n else 23,
                                                                 (72, 100))[1],
                            "tags": ALL, "classes": 1}, "those of the photos before them"),
    "others": ({"stored": lambda m, n: scene(ALL[0], (n * 11 + 5) % 24, (72, 100))[1],
                "tags": ALL, "classes": 1}, "masks of other photos"),
}


@pytest.mark.parametrize("name", DOUBTED)
def test_contradictions_are_not_scored(tmp_path: Path, name: str) -> None:
    """No figure is better than a wrong one; the sentence names the cause and what to do."""
    case, words = DOUBTED[name]
    checked, scored = draw(tmp_path / "d", **case)
    assert math.isnan(scored)
    assert not any(photo.mask for photo in checked.photos)
    assert len(checked.notices) == 1
    (told,) = checked.notices
    assert told.startswith(f"None of the {case.get('count', 24)} masks is scored")
    assert re.search(words, told)


HEALTHY: dict[str, Case] = {
    "labels": {"stored": values(0, 1, 2, 3)},
    "16 bits": {"stored": lambda m, n: m.astype(np.uint16)},
    "one class": {"stored": values(0, 1), "tags": ALL, "classes": 1},
    "some masks": {"stored": lambda m, n: m if n % 3 else None},
    "labels beside a labelmap": {"stored": values(0, 1, 2, 3), "labelmap": LABELMAP},
    "EXIF": {"stored": lambda m, n: m, "orientation": lambda n: (1, 3, 6)[n % 3]},
    "few": {"stored": values(0, 1, 2, 3), "count": 3},
}


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_said_of_healthy_masks(tmp_path: Path, name: str) -> None:
    """They are scored as they are."""
    checked, scored = draw(tmp_path / "d", **HEALTHY[name])
    assert scored == 100
    assert checked.notices == ()
    assert checked.problems == ()


def test_single_bad_masks_are_problems(tmp_path: Path) -> None:
    """One of another size and one with a label too high cost no other mask its score."""
    def stored(labels: Labels, number: int) -> Labels:
        return {4: labels[::2, ::2].copy(), 7: np.full_like(labels, 9)}.get(number, labels)

    checked, scored = draw(tmp_path / "d", stored)
    assert scored == 100
    assert [problem.photo for problem in checked.problems] == ["04", "07"]
    assert checked.notices == ()


def test_masks_can_be_trusted(tmp_path: Path) -> None:
    """A file in the data set's folder says that they are right."""
    draw(tmp_path / "d", values(0, 1, 3, 2))
    (tmp_path / "d" / TRUSTED).touch()
    checked = check_photos(read_dataset(tmp_path / "d"), workers=1)
    assert all(photo.mask is not None for photo in checked.photos)
    assert checked.notices == ()


def test_the_reading_is_kept_in_the_run_folder(tmp_path: Path) -> None:
    """Also the turn of each mask, and with the same figures after."""
    case = {"stored": lambda m, n: np.rot90(m * 50, n % 2).copy(),
            "orientation": lambda n: 6 if n % 2 else 1}
    checked, scored = draw(tmp_path / "d", **case)
    assert scored == 100
    write_dataset(RunFolder(tmp_path / "run"), checked)
    again = read_run_dataset(RunFolder(tmp_path / "run"))
    truths = {photo.name: scene(MIXED[int(photo.name) % 6], int(photo.name), (72, 100))[1]
              for photo in again.photos}
    assert score(again, truths) == 100
    assert again.notices == checked.notices


@pytest.mark.parametrize("void", [True, False])
@pytest.mark.parametrize("stated", [True, False])
def test_wrong_tags_do_not_change_how_masks_are_read(
    tmp_path: Path, void: bool, stated: bool
) -> None:
    """One tag per photo, three of 48 wrong: an outline of 255 in every mask is not the object."""
    def stored(labels: Labels, number: int) -> Labels:
        outlined = labels.copy()
        if void:
            rows, columns = np.nonzero(labels)
            outlined[rows.min() - 1, columns] = 255
            outlined[rows, columns.min() - 1] = 255
        return outlined

    draw(tmp_path / "data", stored, tags=SINGLE[:3], count=48, stated=stated)
    table = tmp_path / "data" / "tags.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    for row in (5, 18, 40):
        image, tag, split = lines[row].split(",")
        lines[row] = f"{image},{'bee' if tag == 'ant' else 'ant'},{split}"
    table.write_text("\n".join(lines), encoding="utf-8")
    checked = check_photos(read_dataset(tmp_path / "data"), workers=1)
    assert all(photo.mask is not None for photo in checked.photos)
    assert not any("are read as" in notice for notice in checked.notices)
    assert any(notice.startswith("3 of 48 masks that were looked at show a class that the photo is")
               for notice in checked.notices)
    masks = [load_mask(photo.mask, size=None, num_labels=4) for photo in checked.photos  # type: ignore[arg-type]
             if photo.mask]
    assert {int(label) for mask in masks for label in np.unique(mask)} >= {0, 1, 2, 3}
