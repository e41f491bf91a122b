"""Whatever is in a file of a run folder, its reader works or names the file in one sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.photos import load_photo
from tag2mask.data.readers.names import read_text
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.origin import refuse_names
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.tables import read_table, write_table
from tag2mask.run_folder.weights import read_weights, write_weights

ENTRY = {"name": "a", "path": "/photos/a.jpg", "tags": [0], "split": "train", "mask": None}
MAPS, CLASSES = np.ones((2, 3, 4)), np.array([0, 2])


def remembered(folder: Path, **changes: object) -> RunFolder:
    """Write a data.json with one photo that is described by `changes`."""
    content = {"root": "/photos", "layout": "tags_csv", "classes": ["cat"], "problems": [],
               "photos": [{**ENTRY, **changes}]}
    (folder / "data.json").write_text(json.dumps(content), encoding="utf-8")
    return RunFolder(folder)


@pytest.mark.parametrize("name", [
    "../up", "a/../../up", "/etc/up", "C:\\up", "..\\up", "a\0", "x" * 300,
])
def test_a_name_that_leads_out_of_the_folder_is_the_reason(name: str, tmp_path: Path) -> None:
    """Paths of photos may be absolute; names of our own files may not."""
    with pytest.raises(InputError, match=r"data\.json: the name of a photo, .*nothing was"):
        read_run_dataset(remembered(tmp_path, name=name))


@pytest.mark.parametrize("changes", [
    {"name": 3}, {"path": None}, {"path": "a\0b"}, {"tags": [1]}, {"tags": [-1]}, {"tags": ["cat"]},
    {"tags": 0}, {"split": "trian"}, {"split": []}, {"mask": 7},
])
def test_a_damaged_entry_names_the_file(changes: dict[str, object], tmp_path: Path) -> None:
    """With the command that helps."""
    with pytest.raises(InputError, match=r"data\.json is missing or damaged .*tag2mask run DATA"):
        read_run_dataset(remembered(tmp_path, **changes))


@pytest.mark.parametrize(("planes", "classes"), [
    (MAPS * np.nan, CLASSES), (MAPS[0], CLASSES), (np.ones((5, 3, 4)), CLASSES),
    (MAPS, np.array(["a", "b"])), (MAPS, CLASSES - 1), (MAPS, CLASSES[None]),
    (np.ones((2, 0, 4)), CLASSES), (np.array([None, "x"]), CLASSES),
])
def test_planes_of_another_kind_are_damaged(
    planes: np.ndarray, classes: np.ndarray, tmp_path: Path
) -> None:
    """Wrong shapes, values that are not finite, objects."""
    np.savez(tmp_path / "p.npz", planes=planes, classes=classes)
    with pytest.raises(InputError, match=r"p\.npz is missing or damaged"):
        read_planes(tmp_path / "p.npz")


@pytest.mark.parametrize("read", [
    read_planes, read_weights, read_table, RunFolder.read_json, load_photo, read_text,
])
def test_a_pipe_is_not_waited_for(read: Callable[[Path], object], tmp_path: Path) -> None:
    """Whatever is read from it."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is a pipe or a device, not a file"):
        read(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"", b"\0" * 300, b"PK\x03\x04" + b"x" * 99])
def test_what_is_no_file_of_its_kind_is_damaged(content: bytes, tmp_path: Path) -> None:
    """Empty, zeros, or the beginning alone."""
    for name in ("p.npz", "w.safetensors"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"p\.npz is missing or damaged") as refused:
        read_planes(tmp_path / "p.npz")
    assert "pickle" not in str(refused.value)  # numpy's advice on any file that is no archive
    with pytest.raises(InputError, match=r"w\.safetensors is missing or is no safetensors"):
        read_weights(tmp_path / "w.safetensors")


def test_weights_that_are_not_finite_are_named(tmp_path: Path) -> None:
    """A network with one such value gives no mask at all."""
    path = tmp_path / "w.safetensors"
    write_weights(path, {"a": torch.tensor([1.0, float("nan")])}, {})
    with pytest.raises(InputError, match=r"w\.safetensors .*a holds values that are not finite"):
        read_weights(path)


@pytest.mark.parametrize("content", [
    b"image,score\na,1\nb", b"image,score\na,1,2\n", b'image,score\n"a,1\n', b"\xff\xfe", b"\n",
])
def test_a_table_that_was_cut_short_is_damaged(content: bytes, tmp_path: Path) -> None:
    """Rows of another length, a quote that never ends, another encoding."""
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"t\.csv is missing or damaged"):
        read_table(tmp_path / "t.csv")


def test_formulas_and_old_encodings_read_back_from_a_table(tmp_path: Path) -> None:
    """Though the file holds neither."""
    names = ["=1+1", "caf\udce9", "'-x", "two\nlines"]
    write_table(tmp_path / "t.csv", ["image"], [[name] for name in names])
    assert [row["image"] for row in read_table(tmp_path / "t.csv")] == names
    assert "\n=" not in (tmp_path / "t.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(("photo", "cls", "told"), [
    ("a", "caf\udce9", "class name"), ("a", "two\nlines", "class name"), ("a", "\x1b[31m", "class"),
    ("x" * 250, "cat", "250 bytes, more than the 240"),
])
def test_names_that_no_file_can_hold_are_refused_before_a_run(
    photo: str, cls: str, told: str
) -> None:
    """Markup, formulas and other writings are none of these."""
    def made(name: str, label: str) -> Dataset:
        shot = Photo(name=name, path=Path("a.jpg"), tags=(0,), split="train", mask=None)
        return Dataset(root=Path(), layout="tags_csv", classes=(label,), photos=(shot,))

    for label in ("<script>", "=1+1", "na\u00efve \u4e2d\u6587", "a/b", "../up"):
        refuse_names(made("a", label))
    with pytest.raises(InputError, match=told):
        refuse_names(made(photo, cls))
