"""Shards that stay in their bucket: photos are read by parts, as from a folder of this machine."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest
from drawn_shards import photo, shard
from fsspec.implementations.memory import MemoryFileSystem

import tag2mask
from tag2mask.core.contracts import InputError, SourceError
from tag2mask.data import kept_blocks, load_photo, read_dataset
from tag2mask.data.finding import find_photos

BLOCK = 1024


class Counted(MemoryFileSystem):  # type: ignore[misc] # fsspec is untyped
    """A bucket that notes which parts are asked for, and fails as often as it is asked to."""

    protocol = "counted"
    store: dict[str, Any] = {}  # noqa: RUF012 - as in the class above
    faults: list[BaseException] = []  # noqa: RUF012 - emptied by each test
    parts: list[tuple[str, int, int]] = []  # noqa: RUF012 - emptied by each test
    asked = 0
    whole = False

    def cat_file(self, path: str, start: int = 0, end: int = 0, **options: object) -> bytes:
        """Return a part, or all if `whole`, or fail."""
        Counted.asked += 1
        if Counted.faults:
            raise Counted.faults.pop(0)
        Counted.parts.append((path.rpartition("/")[2], start, end))
        content: bytes = super().cat_file(path)
        return content if Counted.whole else content[start:end]


@pytest.fixture(autouse=True)
def _bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    fsspec.register_implementation("counted", Counted, clobber=True)
    monkeypatch.setattr(kept_blocks, "BLOCK", BLOCK)
    monkeypatch.setattr(kept_blocks, "_RESERVE", 0)
    monkeypatch.setenv("TAG2MASK_CACHE_SIZE", "0")
    Counted.faults, Counted.parts, Counted.asked, Counted.whole = [], [], 0, False
    yield
    Counted.store.clear()
    Counted.pseudo_dirs[:] = [""]


def put(**shards: bytes) -> str:
    """Write shards into the bucket, and return its address."""
    for name, content in shards.items():
        with fsspec.open(f"counted://pets/{name}.tar", "wb") as file:
            file.write(content)
    return "counted://pets"


def with_text(size: int) -> bytes:
    """Return a shard of two photos, between which is a large file that is not read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in (("1.png", photo(1)), ("1.cls", b"cat"), ("1.txt", bytes(size)),
                              ("2.png", photo(2)), ("2.cls", b"dog")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def kept(cache: Path) -> list[Path]:
    """Return the blocks that are kept, whose names are their places."""
    return [path for path in cache.rglob("*") if path.name.isdigit() and path.is_file()]


@pytest.mark.parametrize("limit", ["0", "11KB", "15KB"])
def test_photos_are_those_of_the_files(
    limit: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever part of the shards is kept, which is at most the limit."""
    monkeypatch.setenv("TAG2MASK_CACHE_SIZE", limit)
    address = put(a=shard(1, 2, 3), b=shard(4, 5))
    for name, content in (("a", shard(1, 2, 3)), ("b", shard(4, 5))):
        (tmp_path / f"{name}.tar").write_bytes(content)
    there, here = read_dataset(address), read_dataset(tmp_path)
    assert there.fingerprint() == here.fingerprint()
    for one, other in zip(there.photos, here.photos, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
        assert (load_photo(one.path) == load_photo(other.path)).all()
        assert one.path.stat().st_size == other.path.stat().st_size
    assert sum(path.stat().st_size for path in kept(cache)) <= int(limit.replace("KB", "000"))
    assert bool(kept(cache)) is (limit != "0")
    assert not list(cache.rglob("*.tar"))
    assert there.notices[0].startswith(f"The shards of {address} stay there, as of 20")
    assert [name for name, _ in find_photos([Path(address)], tmp_path / "out")] == list("12345")


def test_only_what_is_needed_is_fetched() -> None:
    """A file between photos is skipped, and a photo that is not kept is one part."""
    address = put(a=with_text(20 * BLOCK))
    path = read_dataset(address).photos[1].path
    assert sum(end - start for _, start, end in Counted.parts) < 15 * BLOCK
    Counted.parts.clear()
    for _ in range(2):
        assert path.read_bytes() == photo(2)
    place = path.place()  # type: ignore[attr-defined]
    part = ("a.tar", place.extent.start, place.extent.start + place.extent.size)
    assert Counted.parts == [part, part]


def test_what_is_kept_is_fetched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the index or by the first reader; later the bucket is not needed."""
    monkeypatch.setenv("TAG2MASK_CACHE_SIZE", "30KB")
    address = put(a=with_text(20 * BLOCK), b=shard(3, 4))
    photos = [p for p in read_dataset(address).photos if p.name in "12"]
    for one in photos:
        one.path.read_bytes()
    assert len(set(Counted.parts)) == len(Counted.parts)
    Counted.store.clear()
    assert [one.path.read_bytes() for one in photos] == [photo(1), photo(2)]
    assert len(read_dataset(address).photos) == 4


def test_threads_share_a_request(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """A block that several of them want is fetched by one; a damaged block is fetched again."""
    monkeypatch.setenv("TAG2MASK_CACHE_SIZE", "10KB")
    path = read_dataset(put(a=shard(1, 2, 3, 4, 5))).photos[0].path
    for block in kept(cache):
        block.write_bytes(b"cut")
    Counted.parts.clear()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: path.read_bytes(), range(8))) == {photo(1)}
    assert Counted.parts == [("a.tar", 0, BLOCK)]


def test_passing_faults_are_overcome() -> None:
    """While the index is made, and while a photo is read."""
    address = put(a=shard(1, 2))
    Counted.faults = [TimeoutError("no answer"), OSError("reset")]
    path = read_dataset(address).photos[0].path
    Counted.faults = [TimeoutError("no answer"), OSError("reset")]
    assert path.read_bytes() == photo(1)


def test_a_bucket_that_no_longer_answers_ends_the_command(tmp_path: Path) -> None:
    """In one sentence, after a few attempts; the photo is not left out as a damaged one is."""
    address = put(a=shard(*range(20)))
    dataset = read_dataset(address)
    Counted.faults, Counted.asked = [TimeoutError("no answer")] * 99, 0
    with pytest.raises(SourceError, match=r"^counted://pets/a\.tar could not be read in 3 attempts "
                       r"\(TimeoutError: no answer\); check the network[^\n]*$"):
        load_photo(dataset.photos[0].path)
    assert Counted.asked == 3
    with pytest.raises(SourceError, match="could not be read"):
        tag2mask.inspect(address)
    with pytest.raises(SourceError, match="could not be read"):
        tag2mask.run(address, tmp_path / "run")


def test_a_bucket_that_never_answers_leaves_no_index(cache: Path) -> None:
    """The next command makes it."""
    address = put(a=shard(1, 2))
    Counted.faults = [TimeoutError("no answer")] * 3
    with pytest.raises(SourceError, match="could not be read in 3 attempts"):
        read_dataset(address)
    assert not list(cache.rglob("index.json"))
    assert len(read_dataset(address).photos) == 2


@pytest.mark.parametrize("limit", ["0", "10KB"])
def test_a_changed_shard_is_reported(
    limit: str, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """Also if it has the same size; nothing of it is kept, and the sentence says how to go on."""
    monkeypatch.setenv("TAG2MASK_CACHE_SIZE", limit)
    address = put(a=shard(1, 2, 3, 4))
    path = read_dataset(address).photos[-1].path
    for block in kept(cache):
        block.unlink()
    put(a=shard(5, 6, 7, 8))
    with pytest.raises(SourceError, match=r"pets/a\.tar has changed since it was read; delete /.* "
                       r"and repeat `tag2mask run counted://pets --out RUN`"):
        path.read_bytes()
    assert not kept(cache)
    shutil.rmtree(read_dataset(address).root)
    assert read_dataset(address).photos[-1].path.read_bytes() == photo(8)


def test_a_cut_shard_is_refused_by_its_address() -> None:
    """As on this machine."""
    with pytest.raises(InputError, match=r"The shard counted://pets/a\.tar is cut"):
        read_dataset(put(a=shard(1, 2)[:3000]))


def test_a_server_without_parts_is_named() -> None:
    """With the setting that downloads the shards."""
    address = put(a=shard(1, 2, 3))
    Counted.whole = True
    with pytest.raises(SourceError, match=r"sent as a whole .* set TAG2MASK_CACHE_SIZE to more"):
        read_dataset(address)
    assert Counted.asked == 1


def test_an_index_that_is_deleted_is_made_again(cache: Path) -> None:
    """As that of shards on this machine."""
    address = put(a=shard(1, 2))
    root = read_dataset(address).root
    shutil.rmtree(root / ".shards")
    assert len(read_dataset(address).photos) == 2


def test_a_copied_index_leads_to_no_server(tmp_path: Path) -> None:
    """A folder may come from someone else; only an address of the user is asked."""
    root = read_dataset(put(a=shard(1, 2))).root
    shutil.copytree(root, tmp_path / "copy")
    Counted.asked = 0
    with pytest.raises(InputError, match=r"a\.tar is missing"):
        load_photo(tmp_path / "copy" / ".shards" / "images" / "1.png")
    with pytest.raises(InputError):
        read_dataset(tmp_path / "copy")
    assert Counted.asked == 0


def test_shards_that_fit_are_downloaded(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Without a limit those that the disk can hold; half of its space is for what is kept."""
    monkeypatch.setenv("TAG2MASK_CACHE_SIZE", "1GB")
    assert "was downloaded" in read_dataset(put(a=shard(1, 2))).notices[0]
    assert Counted.asked == 0
    monkeypatch.delenv("TAG2MASK_CACHE_SIZE")
    space = 64 * 2**20 + 8000
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(space, 0, space))
    with fsspec.open("counted://more/b.tar", "wb") as file:
        file.write(shard(*range(9)))
    notice = read_dataset("counted://more").notices[0]
    assert "stay there" in notice
    assert len(kept(cache)) == 4000 // BLOCK


@pytest.mark.parametrize("size", ["much", "-1GB", "5"])
def test_a_limit_that_is_no_size_is_refused(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its variable."""
    monkeypatch.setenv("TAG2MASK_CACHE_SIZE", size)
    with pytest.raises(InputError, match=f"TAG2MASK_CACHE_SIZE '{size}' is no size; write it as"):
        read_dataset(put(a=shard(1)))
