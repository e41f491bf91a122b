"""The index of shards, by which photos are read where they are."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from written_shards import mask, pairs, photo, tags, write, written

from tag2mask.core.contracts import InputError, SourceError
from tag2mask.data import load_photo, read_dataset


def test_photos_stay_in_their_shards(tmp_path: Path) -> None:
    """Beside the shards there is an index and nothing else, which is made again if one changes."""
    root = write(tmp_path / "0.tar", {
        "1.png": photo(1), "1.json": tags("cat"), "1.mask.png": mask(1), **pairs("2", first=1)})
    first = read_dataset(root).photos[0]
    assert first.mask is not None
    assert (load_photo(first.path) == load_photo(written(tmp_path / "1.png", photo(1)))).all()
    assert first.mask.read_bytes() == mask(1)
    index = root / ".shards" / "index.json"
    assert [path for path in root.rglob("*") if path.is_file()] == [
        root / "0.tar", tmp_path / "1.png", index]
    (tmp_path / "1.png").unlink()
    before = index.stat().st_ino
    assert read_dataset(root).photos[0].path == first.path
    assert index.stat().st_ino == before
    write(root / "0.tar", pairs("1", "2", "3"))
    assert len(read_dataset(root).photos) == 3
    assert index.stat().st_ino != before


def test_a_shard_that_changes_under_a_run_is_reported(tmp_path: Path) -> None:
    """In place of bytes of another photo."""
    root = write(tmp_path / "0.tar", pairs("1", "2"))
    path = read_dataset(root).photos[0].path
    write(root / "0.tar", pairs("0", "1", "2"))
    with pytest.raises(SourceError, match=r"0\.tar has changed since it was read; repeat"):
        load_photo(path)


@pytest.mark.parametrize(("key", "value"), [
    ("name", "../../evil"), ("shard", "../0.tar"), ("shard", "9.tar")])
def test_an_index_that_leads_elsewhere_is_refused(key: str, value: str, tmp_path: Path) -> None:
    """It may have been copied with the shards."""
    root = write(tmp_path / "0.tar", pairs("1", "2"))
    path = read_dataset(root).photos[0].path
    index = root / ".shards" / "index.json"
    content = json.loads(index.read_text(encoding="utf-8"))
    content["photos"][0][key] = value
    index.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=r"index\.json is missing or damaged .*; delete it"):
        load_photo(path)
    with pytest.raises(InputError, match=r"index\.json is missing or damaged .*; delete it"):
        read_dataset(root)


@pytest.mark.parametrize(("start", "size"), [
    (-1, 5), (2**70, 5), (512, -1), (512, 2**70), (0, 10_241)])
def test_an_index_that_leads_out_of_a_shard_is_refused(
    start: int, size: int, tmp_path: Path
) -> None:
    """Places before it, after it, or without an end."""
    root = write(tmp_path / "0.tar", pairs("1"))
    path = read_dataset(root).photos[0].path
    index = root / ".shards" / "index.json"
    content = json.loads(index.read_text(encoding="utf-8"))
    content["photos"][0]["photo"] |= {"start": start, "size": size}
    index.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=r"1\.png' is not within 0\.tar.*; delete it"):
        load_photo(path)


def test_an_old_index_that_cannot_be_replaced_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a folder that was copied with its index and is read-only; later it is replaced."""
    monkeypatch.setenv("TAG2MASK_CACHE", str(tmp_path / "cache"))
    root = write(tmp_path / "data" / "0.tar", pairs("1", "2"))
    read_dataset(root)
    write(root / "0.tar", pairs("0", "1", "2"))

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as locked:
        locked.setattr(Path, "replace", _only_in(root, refuse, Path.replace))
        locked.setattr(Path, "unlink", _only_in(root, refuse, Path.unlink))
        for _ in range(2):
            assert load_photo(read_dataset(root).photos[0].path).shape == (10, 12, 3)
    write(root / "0.tar", pairs("5", "6"))
    assert [photo.name for photo in read_dataset(root).photos] == ["5", "6"]
    assert not list((tmp_path / "cache").rglob("index.json"))


def _only_in(
    folder: Path, special: Callable[..., object], usual: Callable[..., object]
) -> Callable[..., object]:
    return lambda path, *more, **named: (
        special if folder in path.parents else usual)(path, *more, **named)


def test_a_cache_that_is_no_folder_is_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the index is beside the shards."""
    monkeypatch.setenv("TAG2MASK_CACHE", str(written(tmp_path / "cache", b"a file")))
    assert len(read_dataset(write(tmp_path / "data" / "0.tar", pairs("1", "2"))).photos) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_whose_name_is_no_text_is_read(tmp_path: Path) -> None:
    """Its name is bytes that are not UTF-8."""
    root = write(tmp_path / "\udcff" / "0.tar", pairs("1", "2"))
    assert load_photo(read_dataset(root).photos[0].path).shape == (10, 12, 3)


def test_the_index_of_a_folder_that_cannot_be_written_is_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of shared data sets; if neither can be written, that is said."""
    monkeypatch.setenv("TAG2MASK_CACHE", str(tmp_path / "cache"))
    root = write(tmp_path / "data" / "0.tar", pairs("1", "2"))
    (root / ".shards").write_text("in the way of a folder")
    for _ in range(2):
        assert load_photo(read_dataset(root).photos[1].path).shape == (10, 12, 3)
    assert list((tmp_path / "cache").rglob("index.json"))
    write(root / "0.tar", pairs("1", "2", "3"))
    assert load_photo(read_dataset(root).photos[2].path).shape == (10, 12, 3)
    (tmp_path / "other").write_text("in the way of a folder")
    monkeypatch.setenv("TAG2MASK_CACHE", str(tmp_path / "other"))
    with pytest.raises(InputError, match=r"neither to .* nor to .*TAG2MASK_CACHE"):
        read_dataset(root)
