"""Labels in WebDataset shards, beside their photos."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from drawn import NAMES, draw_mask, write_data
from PIL import Image

from tag2mask.data import check_photos, read_dataset
from tag2mask.interchange import webdataset
from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.sources import Selection


def export(data: Path, out: Path, images: str = "copy") -> Path:
    """Write the shards."""
    export_labels(data, out, format="webdataset", options=WriteOptions(images=images),
                  selection=Selection(what="annotations"))
    return out


def test_shards_are_read_as_photos_without_masks(tmp_path: Path) -> None:
    """With their tags and splits; the labels are not taken for true masks."""
    data = write_data(tmp_path / "data")
    found = check_photos(read_dataset(export(data, tmp_path / "out")), workers=0)
    assert found.classes == ("cat", "big dog")
    assert (len(found.photos), found.problems) == (len(NAMES), ())
    assert not any(photo.mask or photo.annotation for photo in found.photos)
    wanted = {photo.name.rpartition(".")[0] or photo.name: (photo.tags, photo.split)
              for photo in read_dataset(data).photos if "twin" not in photo.name}
    assert {photo.name: (photo.tags, photo.split) for photo in found.photos
            if "twin" not in photo.name}.items() >= wanted.items()


def test_photos_are_upright_like_their_labels(tmp_path: Path) -> None:
    """Photo and labels of one key have one size, though the file was stored turned."""
    out = export(write_data(tmp_path / "data", NAMES), tmp_path / "out")
    with tarfile.open(out / "shard-000000.tar") as archive:
        photo = Image.open(archive.extractfile("turned.jpg"))  # type: ignore[arg-type]
        labels = Image.open(archive.extractfile("turned.labels.png"))  # type: ignore[arg-type]
        assert photo.size == labels.size == (23, 37)
        assert photo.getexif().get(0x0112, 1) == 1
        assert np.array_equal(np.asarray(labels), draw_mask("turned.jpg", 5))


def test_a_shard_ends_where_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a photo is in one shard, and the list names every shard; photos may be left out."""
    monkeypatch.setattr(webdataset, "SHARD_SIZE", 20_000)
    out = export(write_data(tmp_path / "data"), tmp_path / "out", images="none")
    shards = sorted(path.name for path in out.glob("*.tar"))
    assert len(shards) > 1
    listed = json.loads((out / "shards.json").read_text(encoding="utf-8"))["shardlist"]
    assert [row["url"] for row in listed] == shards
    kinds: list[str] = []
    for shard in shards:
        with tarfile.open(out / shard) as archive:
            names = archive.getnames()
        assert len(names) % 2 == 0
        kinds += [name.partition(".")[2] for name in names]
    assert sorted(kinds) == ["json"] * len(NAMES) + ["labels.png"] * len(NAMES)
    assert sorted(path.name for path in out.iterdir()) == ["classes.txt", *shards, "shards.json"]
