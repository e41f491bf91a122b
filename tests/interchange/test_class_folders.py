"""Imports into a data set whose tags are the names of folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn import draw_mask, write_data
from PIL import Image

from tag2mask.data.readers import read_dataset
from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.importing import import_labels
from tag2mask.interchange.sources import Selection

NAMES = ("cat/1.jpg", "cat/sub/1.jpg", "big dog/1.jpg", "big dog/turned.jpg")


def class_folders(data: Path, root: Path, inside: str) -> Path:
    """Copy the photos of a data set into class folders below `root / inside`."""
    for name in NAMES:
        target = root / inside / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((data / "images" / name).read_bytes())
    return root


@pytest.mark.parametrize("inside", ["", "train"])
@pytest.mark.parametrize("target", ["annotations", "masks"])
@pytest.mark.parametrize("format", ["coco", "masks"])
def test_labels_come_into_class_folders(
    format: str, target: str, inside: str, tmp_path: Path
) -> None:
    """The folder of label maps is no class, and photos and classes stay as they were."""
    data = write_data(tmp_path / "d", NAMES)
    export_labels(data, tmp_path / "out", format=format, options=WriteOptions(images="none"),
                  selection=Selection(what="annotations"))
    root = class_folders(data, tmp_path / "folders", inside)
    before = read_dataset(root)
    made = import_labels(tmp_path / "out", root, target=target)
    assert (made.labels, made.new) == (4, False)
    after = read_dataset(root)
    assert (after.layout, after.classes) == ("class_folders", ("big dog", "cat"))
    assert not any("not read" in notice for notice in after.notices)
    assert [(p.name, p.split) for p in after.photos] == [(p.name, p.split) for p in before.photos]
    for photo, old in zip(after.photos, before.photos, strict=True):
        shown = (0, 1) if target == "annotations" else old.tags  # annotations add to tags
        assert photo.tags == shown
    for photo in after.photos:
        given = photo.annotation and photo.annotation.mask
        own = photo.mask if target == "masks" or given is None else given.path
        name = photo.path.relative_to(root / inside).as_posix()
        labels = np.array([0, 2, 1, *[255] * 253], np.uint8)[draw_mask(name, NAMES.index(name))]
        assert (np.array(Image.open(own)) == labels).all()
