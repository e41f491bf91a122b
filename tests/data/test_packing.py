"""Packing: the shards hold the data set, in the same bytes every time."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import write_class_folders, write_voc
from typer.testing import Result

from tag2mask.api.packing import pack
from tag2mask.core.contracts import InputError
from tag2mask.data import check_photos, load_mask, read_dataset
from tag2mask.data.packing import size_in_bytes


@pytest.mark.parametrize("kind", ["tags_csv", "class_folders", "voc"])
def test_shards_hold_the_same_data_set(kind: str, tiny_data: Path, tmp_path: Path) -> None:
    """Names, tags, splits, classes, the bytes of the photos, and the labels of the masks."""
    writer = {"class_folders": write_class_folders, "voc": write_voc}.get(kind)
    data = writer(tmp_path / "data") if writer else tiny_data
    made = pack(data, tmp_path / "out", shard_size="20KB")
    assert len(made.photos) > 2
    one = check_photos(read_dataset(data), workers=0)
    two = check_photos(read_dataset(tmp_path / "out"), workers=0)
    assert two.layout == "shards"
    assert two.classes == one.classes
    assert two.fingerprint() == one.fingerprint()
    assert two.problems == ()
    for before, after in zip(one.photos, two.photos, strict=True):
        assert (before.mask is None) == (after.mask is None)
        if before.mask and after.mask:
            masks = [load_mask(p, size=None, num_labels=3) for p in (before.mask, after.mask)]
            np.testing.assert_array_equal(*masks)


def test_shards_are_full_in_order_and_repeatable(tiny_data: Path, tmp_path: Path) -> None:
    """No shard is larger than asked for; the list has their sizes; nothing else is written."""
    most = size_in_bytes("40KB")
    made = pack(tiny_data, tmp_path / "one", shard_size="40KB")
    pack(tiny_data, tmp_path / "two", shard_size="40KB")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["classes.txt", *made.photos, "shards.json"]
    assert next(iter(made.photos)) == "shard-000000.tar"
    keys = []
    for name in names:
        one = (tmp_path / "one" / name).read_bytes()
        assert one == (tmp_path / "two" / name).read_bytes()
        if name.endswith(".tar"):
            assert len(one) <= most
            with tarfile.open(tmp_path / "one" / name) as archive:
                keys += [member.name.partition(".")[0] for member in archive.getmembers()]
    assert keys == sorted(keys)
    listed = json.loads((tmp_path / "one" / "shards.json").read_text())["shardlist"]
    assert {row["url"]: row["nsamples"] for row in listed} == made.photos
    assert sum(made.photos.values()) == 16
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_names_with_dots_are_kept(tmp_path: Path) -> None:
    """A dot would end the key, so such a name is stored in the JSON."""
    for name in ("a.b", "a_b", "a.b.c", "é.1"):
        (tmp_path / "data" / "cat").mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(len(name)).integers(0, 255, (10, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "data" / "cat" / f"{name}.jpg")
        (tmp_path / "data" / "_none").mkdir(exist_ok=True)
        Image.fromarray(pixels[::-1]).save(tmp_path / "data" / "_none" / f"{name}.png")
    pack(tmp_path / "data", tmp_path / "out")
    one, two = (read_dataset(tmp_path / name) for name in ("data", "out"))
    assert [photo.name for photo in two.photos] == [photo.name for photo in one.photos]
    assert two.fingerprint() == one.fingerprint()


def test_unreadable_photos_are_left_out(data_copy: Path, tmp_path: Path) -> None:
    """With the warning of a run."""
    (data_copy / "images" / "p03.png").write_bytes(b"nothing")
    with pytest.warns(UserWarning, match="p03"):
        made = pack(data_copy, tmp_path / "out")
    assert made.photos == {"shard-000000.tar": 15}


def test_an_interrupted_packing_leaves_nothing(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No shard looks complete, and the same command can be repeated."""
    from tag2mask.data import shard_writing

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shard_writing, "write_list", stop)
        with pytest.raises(KeyboardInterrupt):
            pack(tiny_data, tmp_path / "out")
    assert not list(tmp_path.iterdir())
    pack(tiny_data, tmp_path / "out")


def test_the_command_and_its_mistakes(
    tiny_data: Path, tmp_path: Path, command: Callable[..., Result]
) -> None:
    """One line about the result; a sentence for a wrong size or folder."""
    done = command("pack", tiny_data, tmp_path / "out", "--shard-size", "1 MB", "-q")
    assert done.exit_code == 0, done.output
    assert "16 photos in 1 shard," in done.output
    for words, message in (
        ((tmp_path / "out",), "contains something"), ((tiny_data / "out",), "inside the data set"),
        ((tmp_path / "new", "--shard-size", "5"), "is no size"),
        ((tmp_path / "new", "--shard-size", "1KB"), "10KB or more"),
    ):
        failed = command("pack", tiny_data, *words)
        assert failed.exit_code == 2
        assert message in " ".join(failed.output.split())


def test_annotations_are_reported(data_copy: Path, tmp_path: Path) -> None:
    """Shards do not hold them; beside the shards they are read again."""
    (data_copy / "points.csv").write_text("image,x,y,class\nimages/p01.png,10,12,block\n")
    with pytest.warns(UserWarning, match="copy their files"):
        pack(data_copy, tmp_path / "out")
    (tmp_path / "out" / "points.csv").write_bytes((data_copy / "points.csv").read_bytes())
    one, two = (read_dataset(path) for path in (data_copy, tmp_path / "out"))
    assert one.photos[1].annotation is not None
    assert two.photos[1].annotation == one.photos[1].annotation


def test_a_damaged_size_is_refused() -> None:
    """Sizes are positive and have a unit."""
    assert size_in_bytes("1.5 MiB") == 1.5 * 2**20
    for text in ("", "MB", "-1MB", "1XB", "1e3MB", "7"):
        with pytest.raises(InputError, match="is no size"):
            size_in_bytes(text)
