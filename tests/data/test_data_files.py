"""Paths of photos in shards: they read like files, and nothing is written there."""

from __future__ import annotations

import copy
import io
import os
import pickle
import shutil
import tarfile
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data import load_photo
from tag2mask.data.data_files import (
    DataFile,
    copy_file,
    data_file,
    is_packed,
    openable,
    what_is_missing,
)
from tag2mask.data.readers.shards.indexing import index_of

CONTENT = bytes(range(256)) * 50


def write_shard(path: Path, content: bytes) -> None:
    """Write two photos into a shard."""
    with tarfile.open(path, "w") as archive:
        for name, data in (("a/1.jpg", content), ("2.jpg", b"other")):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A path in a shard of two photos."""
    write_shard(tmp_path / "0.tar", CONTENT)
    index_of(tmp_path)
    return data_file(str(tmp_path / ".shards" / "images" / "a" / "1.jpg"))


@pytest.mark.parametrize("content", [b"", CONTENT, CONTENT * 200], ids=len)
def test_it_reads_like_a_file(content: bytes, packed: Path) -> None:
    """As a whole, in pieces, and from any place; also of a size that is not read at once."""
    write_shard(packed.parents[3] / "0.tar", content)
    index_of(packed.parents[3])
    assert packed.read_bytes() == content
    with packed.open("rb") as file:
        assert (file.read(3), file.tell()) == (content[:3], len(content[:3]))
        file.seek(10)
        file.seek(7, os.SEEK_CUR)
        assert file.read(4) == content[17:21]
        if content:
            assert file.seek(-5, os.SEEK_END) == len(content) - 5
            assert (file.read(100), file.read(1)) == (content[-5:], b"")


def test_it_looks_like_a_file(packed: Path) -> None:
    """Size, kind and times; a path beside it is missing."""
    shard = packed.parents[3] / "0.tar"
    assert packed.stat().st_size == len(CONTENT)
    assert packed.stat().st_mtime_ns == shard.stat().st_mtime_ns
    assert (packed.exists(), packed.is_file(), packed.is_dir()) == (True, True, False)
    other = packed.with_name("3.jpg")
    assert (other.exists(), other.is_file(), other.is_dir()) == (False, False, False)
    with pytest.raises(FileNotFoundError):
        other.open("rb")


def test_paths_that_are_made_from_it_read_too(packed: Path) -> None:
    """Copies, other processes, absolute and resolved paths, other names."""
    for made in (copy.copy(packed), pickle.loads(pickle.dumps(packed)), packed.absolute(),
                 packed.resolve(), data_file(Path(packed)), packed.parent / "1.jpg"):
        assert made == packed
        assert made.read_bytes() == CONTENT


def test_it_is_not_written(packed: Path) -> None:
    """Neither in place nor as text."""
    for mode in ("wb", "ab", "r", "r+b"):
        with pytest.raises(io.UnsupportedOperation, match="lies in a shard"):
            packed.open(mode)


def test_it_is_copied_to_an_ordinary_file(packed: Path, tmp_path: Path) -> None:
    """Byte for byte."""
    copy_file(packed, tmp_path / "copy.jpg")
    assert (tmp_path / "copy.jpg").read_bytes() == CONTENT


def test_other_paths_stay_what_they_are(tmp_path: Path) -> None:
    """Also as the class that may read from shards."""
    file = tmp_path / "1.txt"
    file.write_text("text", encoding="utf-8")
    assert not is_packed(file)
    assert type(data_file(str(file))) is type(file)
    plain = DataFile(file)
    assert (plain.read_bytes(), plain.open().read(), plain.stat().st_size) == (b"text", "text", 4)
    assert plain.is_file()
    assert DataFile(tmp_path).is_dir()


def test_it_is_read_from_the_working_folder(
    packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then its path begins with the folder of the index; another folder later has its own."""
    other = packed.parents[3] / "other"
    other.mkdir()
    write_shard(other / "0.tar", CONTENT[::-1])
    for folder, content in ((packed.parents[3], CONTENT), (other, CONTENT[::-1])):
        monkeypatch.chdir(folder)
        index_of(Path())
        path = data_file(Path(".shards", "images", "a", "1.jpg"))
        assert (is_packed(path), path.is_file()) == (True, True)
        assert path.read_bytes() == content


def test_ordinary_files_in_a_folder_of_that_name_are_read(tmp_path: Path) -> None:
    """No shards are near; other libraries get the path."""
    file = tmp_path / ".shards" / "photos" / "1.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    path = data_file(str(file))
    assert (path.read_bytes(), path.stat().st_size, path.is_file()) == (CONTENT, len(CONTENT), True)
    assert openable(file) == file


def test_what_is_missing_is_named(packed: Path) -> None:
    """The shard, a file that no shard has, the index, or the folder of all shards."""
    root = packed.parents[3]
    assert what_is_missing(root / "1.jpg") == root / "1.jpg"
    assert what_is_missing(packed.with_name("9.jpg")) == packed.with_name("9.jpg")
    (root / "0.tar").unlink()
    assert what_is_missing(packed) == root / "0.tar"
    with pytest.raises(InputError, match=r"[^/]/0\.tar is missing"):
        load_photo(packed)
    (root / ".shards" / "index.json").unlink()
    assert what_is_missing(packed) == root / ".shards"
    shutil.rmtree(root)
    assert what_is_missing(packed) == root


def test_without_an_index_it_is_missing(packed: Path) -> None:
    """Until the data set is read again."""
    (packed.parents[2] / "index.json").unlink()
    assert not packed.exists()
    index_of(packed.parents[3])
    assert packed.read_bytes() == CONTENT


def test_other_libraries_get_an_open_file(packed: Path, tmp_path: Path) -> None:
    """Of an ordinary file they get the path, which they may map into memory."""
    source = openable(packed)
    assert not isinstance(source, Path)
    with source:
        assert source.read() == CONTENT
    assert openable(tmp_path / "1.jpg") == tmp_path / "1.jpg"
