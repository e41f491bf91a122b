"""Folders of `datasets.save_to_disk`, written here as that package writes them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from drawn_tables import LABEL, mask, picture

from tag2mask.core.contracts import InputError
from tag2mask.data import check_photos, read_dataset
from tag2mask.data.dataset import Dataset

ARROW = "data-00000-of-00001.arrow"


def save(
    folder: Path, columns: Mapping[str, Sequence[object]], *, label: object = LABEL,
    name: str = "label",
) -> Path:
    """Write one split; columns of dictionaries are pictures."""
    arrow: Any = pytest.importorskip("pyarrow")
    folder.mkdir(parents=True)
    table = arrow.table({key: list(values) for key, values in columns.items()})
    with arrow.OSFile(str(folder / ARROW), "wb") as sink, \
            arrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    features = {key: label if key == name else {"_type": "Image"} for key in columns}
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": ARROW}]}))
    return folder


def facts(dataset: Dataset) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return the tags and the split of each photo."""
    return {p.name: (tuple(dataset.classes[t] for t in p.tags), p.split) for p in dataset.photos}


def test_splits_class_names_and_masks_are_read(tmp_path: Path) -> None:
    """Classes are in the order of the data set; photos keep the names of their files."""
    save(tmp_path / "train", {
        "image": [picture(n, f"x/{n}.png") for n in range(3)], "label": [0, 1, 1],
        "mask": [mask(1), mask(2), mask(2)]})
    save(tmp_path / "validation", {"image": [picture(9, "a.jpg")], "label": [1]})
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "validation"]}')
    dataset = check_photos(read_dataset(tmp_path), workers=0)
    assert (dataset.layout, dataset.classes) == ("saved_datasets", ("dog", "cat"))
    assert facts(dataset) == {
        "train/0": (("dog",), "train"), "train/1": (("cat",), "train"),
        "train/2": (("cat",), "train"), "validation/a": (("cat",), "val")}
    assert [photo.name for photo in dataset.photos if photo.mask] == [
        "train/0", "train/1", "train/2"]
    assert dataset.photos[0].path.read_bytes() == picture(0)["bytes"]
    assert (dataset.problems, dataset.notices) == ((), ())
    before = dataset.photos[0].path.stat().st_mtime_ns
    assert read_dataset(tmp_path).photos[0].path.stat().st_mtime_ns == before


@pytest.mark.parametrize(("label", "values"), [
    ({"feature": LABEL, "_type": "List"}, [[0, 1], [], [1]]), ([LABEL], [[0, 1], [], [1]]),
    ({"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
     [["dog", "cat"], [], ["cat"]]),
    ({"dtype": "string", "_type": "Value"}, ["dog;cat", "", "cat"]),
])
def test_lists_of_tags_are_read(label: object, values: list[object], tmp_path: Path) -> None:
    """Of numbers or of names; without names of files, photos are numbered."""
    save(tmp_path / "one", {"img": [picture(n) for n in range(3)], "tags": values},
         label=label, name="tags")
    found = {name: set(tags) for name, (tags, _) in facts(read_dataset(tmp_path / "one")).items()}
    assert found == {"000000": {"dog", "cat"}, "000001": set(), "000002": {"cat"}}


def test_unknown_labels_are_not_taken_for_nothing(tmp_path: Path) -> None:
    """Test splits often have -1."""
    save(tmp_path / "one", {"image": [picture(n) for n in range(4)], "label": [0, 1, -1, None]})
    dataset = read_dataset(tmp_path / "one")
    assert list(facts(dataset)) == ["000000", "000001"]
    assert "2 of 4 rows have no label" in dataset.notices[0]


def test_damage_is_reported(tmp_path: Path) -> None:
    """A class out of range, a missing column, a cut file, a missing file; nothing is left."""
    root = save(tmp_path / "one", {"image": [picture(1)], "label": [7]})
    with pytest.raises(InputError, match="row 0 has the class number 7"):
        read_dataset(root)
    content = (root / ARROW).read_bytes()
    (root / ARROW).write_bytes(content[:300])
    with pytest.raises(InputError, match=r"arrow is missing, cut or damaged"):
        read_dataset(root)
    assert not [path for path in root.iterdir() if path.name.startswith(".")]
    (root / ARROW).unlink()
    with pytest.raises(InputError, match=r"arrow is missing"):
        read_dataset(root)
    other = save(tmp_path / "two", {"image": [picture(1)], "label": [0]})
    (other / "dataset_info.json").write_text('{"features": {"image": {"_type": "Image"}}}')
    with pytest.raises(InputError, match="no column of tags, only image"):
        read_dataset(other)
    (other / "state.json").write_text('{"_data_files": [{"filename": "../x.arrow"}]}')
    with pytest.raises(InputError, match="another folder"):
        read_dataset(other)


def test_without_pyarrow_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    (tmp_path / ARROW).touch()
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": ARROW}]}))
    features = {"image": {"_type": "Image"}, "label": LABEL}
    (tmp_path / "dataset_info.json").write_text(json.dumps({"features": features}))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'tag2mask\[parquet\]'"):
        read_dataset(tmp_path)
