"""Folders of Parquet files: splits, configurations, columns and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from drawn_tables import LABEL, labelled, mask, picture, table

from tag2mask.core.contracts import InputError
from tag2mask.data import check_photos, read_dataset
from tag2mask.data.dataset import Dataset


def write(root: Path, files: Mapping[str, bytes | str]) -> Path:
    """Write files below a folder, and return it."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (root / name).write_bytes(data)
    return root


def facts(dataset: Dataset) -> dict[str, tuple[tuple[str, ...], str]]:
    """Return the tags and the split of each photo."""
    return {p.name: (tuple(dataset.classes[t] for t in p.tags), p.split) for p in dataset.photos}


def test_splits_are_in_the_names_of_files(tmp_path: Path) -> None:
    """With numbers and hashes; classes keep their order; nothing is unpacked twice."""
    root = write(tmp_path / "pets", {
        "data/train-00000-of-00002-0123456789abcdef.parquet": labelled(0, 1),
        "data/train-00001-of-00002-0123456789abcdef.parquet": labelled(2),
        "data/validation-00000-of-00001.parquet": labelled(3),
    })
    dataset = check_photos(read_dataset(root), workers=0)
    assert (dataset.layout, dataset.classes) == ("parquet", ("dog", "cat"))
    assert facts(dataset) == {
        "train/0": (("dog",), "train"), "train/1": (("cat",), "train"),
        "train/2": (("dog",), "train"), "validation/3": (("cat",), "val")}
    assert (dataset.problems, dataset.notices) == ((), ())
    before = dataset.photos[0].path.stat().st_mtime_ns
    assert read_dataset(root).photos[0].path.stat().st_mtime_ns == before


def test_masks_and_types_without_metadata(tmp_path: Path) -> None:
    """As other programs write Parquet; a picture may be bytes alone."""
    columns = {"img": [picture(n)["bytes"] for n in range(3)], "mask": [mask(1)] * 3,
               "tags": [["dog"], [], ["cat", "dog"]]}
    dataset = read_dataset(write(tmp_path, {"all.parquet": table(columns)}))
    assert {name: set(tags) for name, (tags, _) in facts(dataset).items()} == {
        "000000": {"dog"}, "000001": set(), "000002": {"cat", "dog"}}
    assert all(photo.mask for photo in dataset.photos)


def test_the_card_names_splits_configurations_and_classes(tmp_path: Path) -> None:
    """As the hub uses it; huggingface.json chooses another configuration."""
    card = """---
dataset_info:
- config_name: big
  features:
  - name: image
    dtype: image
  - name: label
    dtype:
      class_label:
        names: {'0': dog, '1': cat}
configs:
- config_name: big
  default: true
  data_files:
  - split: train
    path: a/part-*
  - split: test
    path: [b/x.parquet]
- config_name: small
  data_files: c/*.parquet
---
# Pets
"""
    plain = table({"image": [picture(1)], "label": [1]})
    root = write(tmp_path, {
        "README.md": card, "a/part-0.parquet": plain, "b/x.parquet": plain,
        "b/unused.parquet": plain, "c/y.parquet": labelled(4)})
    assert facts(read_dataset(root)) == {
        "test/000000": (("cat",), "test"), "train/000000": (("cat",), "train")}
    write(root, {"huggingface.json": '{"config": "small"}'})
    assert list(facts(read_dataset(root))) == ["4"]
    write(root, {"huggingface.json": '{"config": "tiny"}'})
    with pytest.raises(InputError, match="no configuration 'tiny', only big, small"):
        read_dataset(root)


def test_folders_of_several_data_sets_need_a_choice(tmp_path: Path) -> None:
    """Without a card, as in the hub's conversions."""
    root = write(tmp_path, {"en/train/0000.parquet": labelled(0), "de/partial-train/0000.parquet":
                            labelled(1), "de/test/0000.parquet": labelled(2)})
    with pytest.raises(InputError, match=r"several data sets \(de and en\)"):
        read_dataset(root)
    write(root, {"huggingface.json": '{"config": "de"}'})
    assert facts(read_dataset(root)) == {
        "test/2": (("dog",), "test"), "train/1": (("cat",), "train")}
    write(root, {"huggingface.json": '{"config": "fr"}'})
    with pytest.raises(InputError, match="no Parquet files of 'fr', only of de and en"):
        read_dataset(root)


def test_columns_are_chosen(tmp_path: Path) -> None:
    """By a file beside the data; the photos are unpacked again when it changes."""
    columns = {"left": [picture(1)], "right": [picture(2)], "label": [0], "kind": ["big"]}
    features = {"left": {"_type": "Image"}, "right": {"_type": "Image"}, "label": LABEL,
                "kind": {"_type": "Value"}}
    root = write(tmp_path, {"x.parquet": table(columns, features)})
    first = read_dataset(root)
    assert first.photos[0].path.read_bytes() == picture(1)["bytes"]
    assert facts(first) == {"000000": (("dog",), "train")}
    write(root, {"huggingface.json": '{"image": "right", "tags": "kind"}'})
    second = read_dataset(root)
    assert second.photos[0].path.read_bytes() == picture(2)["bytes"]
    assert facts(second) == {"000000": (("big",), "train")}


@pytest.mark.parametrize(("content", "message"), [
    ('{"tags": "colour"}', "no column 'colour', only image and label"),
    ('{"tag": "label"}', "with the keys config, image, tags, mask"), ("[1]", "JSON object"),
    ("{", "is no JSON"), ('{"tags": 1}', "texts"),
])
def test_wrong_choices_are_refused(content: str, message: str, tmp_path: Path) -> None:
    """With what there is."""
    root = write(tmp_path, {"x.parquet": labelled(0), "huggingface.json": content})
    with pytest.raises(InputError, match=message):
        read_dataset(root)


def test_damage_is_reported(tmp_path: Path) -> None:
    """A cut file, one without photos, files with different columns; nothing is left."""
    whole = labelled(*range(8))
    for content, message in (
        (whole[:-40], "cut or damaged"), (b"", "cut or damaged"),
        (table({"label": [1]}), "no column of photos, only "),
        (table({"image": [picture(1)]}), "no column of tags, only image"),
    ):
        with pytest.raises(InputError, match=rf"x\.parquet.*{message}"):
            read_dataset(write(tmp_path, {"x.parquet": content}))
    write(tmp_path, {"x.parquet": whole, "y.parquet": table({"image": [picture(1)]})})
    with pytest.raises(InputError, match=r"y\.parquet lacks a column"):
        read_dataset(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.parquet", "y.parquet"]


def test_photos_with_a_table_beside_them_are_photos(tmp_path: Path) -> None:
    """Such as one of features; it is not read."""
    content = picture(1)["bytes"]
    assert isinstance(content, bytes)
    files = {f"{name}/{n}.png": content for name in ("cat", "dog") for n in range(3)}
    assert read_dataset(write(tmp_path, {**files, "x.parquet": b"?"})).layout == "class_folders"


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'tag2mask\[parquet\]'"):
        read_dataset(write(tmp_path, {"x.parquet": b"?"}))
