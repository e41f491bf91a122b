"""Data sets in buckets: copied once, in spite of faults; refused in one sentence."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from drawn_shards import photo, shard
from fsspec.implementations.memory import MemoryFileSystem

import tag2mask
from tag2mask.core.contracts import InputError
from tag2mask.core.files import WriteError
from tag2mask.data import read_dataset
from tag2mask.data.finding import find_photos
from tag2mask.data.remote import local_folder


class Faulty(MemoryFileSystem):  # type: ignore[misc] # fsspec is untyped
    """A bucket that fails as often as it is asked to."""

    protocol = "faulty"
    store: dict[str, Any] = {}  # noqa: RUF012 - as in the class above
    faults: list[BaseException] = []  # noqa: RUF012 - emptied by each test
    cut = 0
    asked = 0

    def find(self, path: str, **options: object) -> Any:  # noqa: ANN401 - untyped
        """List, or fail."""
        Faulty.asked += 1
        self._fail()
        return super().find(path, **options)

    def get_file(self, rpath: str, lpath: str, **options: object) -> None:
        """Copy, or fail, or copy the first half."""
        Faulty.asked += 1
        self._fail()
        super().get_file(rpath, lpath, **options)
        if Faulty.cut:
            Faulty.cut -= 1
            content = Path(lpath).read_bytes()
            Path(lpath).write_bytes(content[: len(content) // 2])

    def _fail(self) -> None:
        if Faulty.faults:
            raise Faulty.faults.pop(0)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    fsspec.register_implementation("faulty", Faulty, clobber=True)
    Faulty.faults, Faulty.cut, Faulty.asked = [], 0, 0
    yield
    for kind in (MemoryFileSystem, Faulty):
        kind.store.clear()
        kind.pseudo_dirs[:] = [""]


def put(address: str, **files: bytes) -> str:
    """Write files into a bucket; `_` in a name is a dot."""
    for name, content in files.items():
        with fsspec.open(f"{address}/{name.replace('_', '.')}", "wb") as file:
            file.write(content)
    return address


def test_shards_in_a_bucket_are_copied_once(cache: Path) -> None:
    """Then read without the bucket; the copy and its origin are reported."""
    bucket = put("memory://pets/v1", a_tar=shard(1, 2, 3), b_tar=shard(4, 5), _hidden=b"x",
                 classes_txt=b"background\ndog\ncat\n")
    dataset = tag2mask.inspect(Path(bucket)).dataset
    assert [photo.name for photo in dataset.photos] == ["1", "2", "3", "4", "5"]
    assert (dataset.layout, dataset.classes) == ("shards", ("dog", "cat"))
    assert dataset.photos[0].path.read_bytes() == photo(1)
    assert dataset.root.parent == cache
    assert dataset.notices[0].startswith("memory://pets/v1 was downloaded on 20")
    MemoryFileSystem.store.clear()
    again = read_dataset(bucket)
    assert again.fingerprint() == dataset.fingerprint()
    assert again.notices[0] == dataset.notices[0]


def test_other_layouts_are_copied_too() -> None:
    """A folder of photos by class."""
    files = {f"{name}/{n}.png": photo(n) for n in range(6) for name in ("cat", "dog")}
    for name, content in files.items():
        with fsspec.open(f"memory://pets/{name}", "wb") as file:
            file.write(content)
    dataset = read_dataset("memory://pets/")
    assert (dataset.layout, dataset.classes, len(dataset.photos)) == (
        "class_folders", ("cat", "dog"), 12)


def test_numbered_shards_and_one_file() -> None:
    """As WebDataset writes them; a prediction needs no tags."""
    put("memory://b", s_000_tar=b"", s_001_tar=b"")
    put("memory://b", **{f"s-{n:03d}_tar": shard(n) for n in range(4)})
    found = read_dataset("memory://b/s-{001..002}.tar")
    assert [photo.name for photo in found.photos] == ["1", "2"]
    found_photos = find_photos([Path("memory://b/s-003.tar")], Path("out"))
    assert [name for name, _ in found_photos] == ["3"]
    with pytest.raises(InputError, match="the smaller number first"):
        read_dataset("memory://b/s-{002..001}.tar")


def test_passing_faults_are_overcome() -> None:
    """Two while listing and while copying, and a file that arrives in part."""
    put("faulty://pets", a_tar=shard(1, 2))
    Faulty.faults, Faulty.cut = [TimeoutError("no answer"), OSError("reset")], 1
    assert len(read_dataset("faulty://pets").photos) == 2


def test_a_bucket_that_does_not_answer_is_one_sentence(cache: Path) -> None:
    """After a bounded number of attempts; what is complete stays for the next time."""
    put("faulty://pets", a_tar=shard(1), b_tar=shard(2))
    Faulty.faults = [TimeoutError("no answer")] * 9
    with pytest.raises(InputError, match=r"faulty://pets could not be read in 3 attempts \(Timeout"
                       r"Error: no answer\); check the network") as caught:
        read_dataset("faulty://pets")
    assert "\n" not in str(caught.value)
    assert Faulty.asked == 3
    assert not list(cache.rglob("*.tar"))
    Faulty.faults = []
    assert len(read_dataset("faulty://pets").photos) == 2


def test_an_interrupted_copy_continues(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Complete files are not copied again; a file of another state is."""
    monkeypatch.setattr("tag2mask.data.remote.buckets.Bucket.at_once", 1)
    put("faulty://pets", a_tar=shard(1), b_tar=shard(2), c_tar=shard(3))
    original = Faulty.get_file

    def stop(self: Faulty, rpath: str, lpath: str, **options: object) -> None:
        if "c.tar" in rpath:
            raise KeyboardInterrupt
        original(self, rpath, lpath, **options)

    monkeypatch.setattr(Faulty, "get_file", stop)
    with pytest.raises(KeyboardInterrupt):
        read_dataset("faulty://pets")
    monkeypatch.setattr(Faulty, "get_file", original)
    assert sorted(path.name for path in cache.rglob("*.tar*")) == ["a.tar", "b.tar"]
    put("faulty://pets", b_tar=shard(2, 4))
    Faulty.asked = 0
    assert [photo.name for photo in read_dataset("faulty://pets").photos] == ["1", "2", "3", "4"]
    assert Faulty.asked == 3  # the list, b and c


def test_what_is_gone_from_the_bucket_is_gone_from_the_copy(cache: Path) -> None:
    """If the first copy was not complete."""
    put("faulty://pets", a_tar=shard(1), b_tar=shard(2))
    folder = local_folder("faulty://pets")
    record = folder / ".tag2mask.json"
    record.write_text(record.read_text().replace('"complete": true', '"complete": false'))
    bucket = fsspec.filesystem("faulty")
    bucket.rm(bucket._strip_protocol("faulty://pets/b.tar"))
    assert [photo.name for photo in read_dataset("faulty://pets").photos] == ["1"]


@pytest.mark.parametrize(("error", "message"), [
    (PermissionError("Access Denied"), r"may not be read \(PermissionError: Access Denied\); log"),
    (FileNotFoundError("x"), "does not exist; check the address"),
    (RuntimeError("NoCredentialsError: Unable to locate credentials"), "may not be read"),
])
def test_a_refusal_is_not_repeated(error: Exception, message: str) -> None:
    """Another attempt would change nothing."""
    put("faulty://pets", a_tar=shard(1))
    Faulty.faults = [error]
    with pytest.raises(InputError, match=message):
        read_dataset("faulty://pets")
    assert Faulty.asked == 1


@pytest.mark.parametrize(("address", "message"), [
    ("memory://nowhere", "memory://nowhere (does not exist|has no files)"),
    ("ftpx://host/data", "ftpx:// is no known kind of address"),
    ("memory://pets?colour=red", r"write columns as in \?image=photo&tags=kind"),
    ("memory://pets?tags=", "write columns"),
])
def test_wrong_addresses(address: str, message: str) -> None:
    """Each with the fix."""
    with pytest.raises(InputError, match=message):
        read_dataset(address)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that has it; nothing else needs it."""
    for package in ("s3fs", "aiohttp"):
        monkeypatch.setitem(sys.modules, package, None)
    for address in ("s3://bucket/x", "https://host/x.tar"):
        with pytest.raises(InputError, match=r"pip install 'tag2mask\[remote\]'"):
            read_dataset(address)


def test_a_full_disk_is_no_fault_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noticed before the copy if the sizes are known, else while it is written, and at once."""
    put("faulty://pets", a_tar=shard(1))
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(9, 9, 9))
        with pytest.raises(InputError, match=r"needs 0 MB, but .* has only 0 MB free"):
            read_dataset("faulty://pets")
    Faulty.faults = []
    monkeypatch.setattr(Faulty, "get_file", _full)
    with pytest.raises(WriteError, match="The disk is full"):
        read_dataset("faulty://pets")


def _full(self: Faulty, rpath: str, lpath: str, **options: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", lpath)


def test_names_do_not_lead_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As little as those in a shard."""
    put("faulty://pets", a_tar=shard(1))

    def find(self: Faulty, path: str, **options: object) -> dict[str, dict[str, object]]:
        return {f"{path}/../../x.tar": {"size": 1}}

    monkeypatch.setattr(Faulty, "find", find)
    with pytest.raises(InputError, match="leads out"):
        read_dataset("faulty://pets")


def test_a_web_server_needs_a_list(tmp_path: Path) -> None:
    """The one that `pack` writes; over HTTP on this machine."""
    pytest.importorskip("aiohttp")
    from served import serving

    folder = tmp_path / "web" / "pets"
    folder.mkdir(parents=True)
    (folder / "a.tar").write_bytes(shard(1, 2))
    (folder / "b.tar").write_bytes(shard(3))
    with serving(folder.parent) as address:
        with pytest.raises(InputError, match=r"has no shards\.json"):
            read_dataset(f"{address}/pets")
        assert len(read_dataset(f"{address}/pets/a.tar?signature=x").photos) == 2
        rows = [{"url": name, "filesize": (folder / name).stat().st_size}
                for name in ("a.tar", "b.tar")]
        (folder / "shards.json").write_text(json.dumps({"shardlist": rows}))
        assert len(read_dataset(f"{address}/pets").photos) == 3
        with pytest.raises(InputError, match="does not exist"):
            read_dataset(f"{address}/pets/c.tar")
    with pytest.raises(InputError, match="could not be read in 3 attempts"):
        read_dataset(f"{address}/pets/d.tar")


def test_files_of_this_machine_are_not_copied(tmp_path: Path, cache: Path) -> None:
    """`file://` is a path."""
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "a.tar").write_bytes(shard(1))
    assert read_dataset(f"file://{tmp_path}/pets").root == tmp_path / "pets"
    assert not cache.exists()
