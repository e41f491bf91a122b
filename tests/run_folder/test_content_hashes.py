"""Files are known by their content, and only read again when they may have changed."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.run_folder import content_hashes
from tag2mask.run_folder.content_hashes import (
    identify,
    read_contents,
    replaced_photos,
    write_contents,
)
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.origin import masks_fingerprint


def make(root: Path) -> Dataset:
    """Return a data set of three files of equal size, one with a mask."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("a.bmp", "b.bmp", "c.bmp", "a.png"):
        (root / name).write_bytes(f"content of {name}".encode())
        os.utime(root / name, (1_000_000_000, 1_000_000_000))
    photos = tuple(
        Photo(name=name, path=root / f"{name}.bmp", tags=(0,), split="train",
              mask=root / "a.png" if name == "a" else None)
        for name in "abc"
    )
    return Dataset(root=root, layout="tags_csv", classes=("x",), photos=photos)


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take files that were just written for old ones."""
    monkeypatch.setattr(content_hashes, "_SETTLED", -(10**12))


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the files that are read."""
    read: list[str] = []
    whole = content_hashes.content_of

    def noted(path: Path) -> str:
        read.append(path.name)
        return whole(path)

    monkeypatch.setattr(content_hashes, "content_of", noted)
    return read


def test_unchanged_files_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of them lies in the run folder."""
    data, run = make(tmp_path / "data"), RunFolder(tmp_path / "run")
    first, found = identify(data, {})
    write_contents(run, found)
    read = count_reads(monkeypatch)
    second, again = identify(data, read_contents(run))
    assert read == []
    assert again == found
    assert second == first
    assert second.fingerprint() == data.fingerprint()
    assert len({photo.content for photo in first.photos}) == 3


@pytest.mark.parametrize("how", ["swap", "copy", "in place"])
def test_files_of_equal_size_and_time_are_told_apart(tmp_path: Path, how: str) -> None:
    """Two are exchanged, by renaming, by copying with their times, or by writing into them."""
    data = make(tmp_path)
    before, known = identify(data, {})
    one, two = (tmp_path / name for name in ("a.bmp", "b.bmp"))
    if how == "swap":
        one.rename(tmp_path / "x")
        two.rename(one)
        (tmp_path / "x").rename(two)
    elif how == "copy":
        shutil.copy2(one, tmp_path / "x")
        shutil.copy2(two, one)
        shutil.copy2(tmp_path / "x", two)
    else:
        with one.open("r+b") as file:
            file.write(b"CONTENT")
        os.utime(one, (1_000_000_000, 1_000_000_000))
    after, found = identify(data, known)
    assert after.fingerprint() != before.fingerprint()
    changed = [str(one)] if how == "in place" else [str(one), str(two)]
    assert replaced_photos(known, found) == changed


def test_files_that_were_just_written_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a tick of the clock a file can change without a trace."""
    monkeypatch.setattr(content_hashes, "_SETTLED", 10**12)
    data = make(tmp_path)
    _, known = identify(data, {})
    read = count_reads(monkeypatch)
    assert replaced_photos(known, identify(data, known)[1]) == []
    assert read == ["a.bmp", "a.png", "b.bmp", "c.bmp"]


def test_a_copied_folder_is_the_same_data(tmp_path: Path) -> None:
    """Its times and places differ, its contents do not."""
    data = make(tmp_path / "here")
    first, known = identify(data, {})
    shutil.copytree(tmp_path / "here", tmp_path / "there", copy_function=shutil.copyfile)
    moved = replace(data, photos=tuple(
        replace(p, path=tmp_path / "there" / p.path.name,
                mask=tmp_path / "there" / p.mask.name if p.mask else None)
        for p in data.photos
    ))
    second, found = identify(moved, known)
    assert second.fingerprint() == first.fingerprint()
    assert masks_fingerprint(second) == masks_fingerprint(first)
    assert replaced_photos(known, found) == []


def test_a_mask_of_equal_size_is_noticed(tmp_path: Path) -> None:
    """It changes what is measured, not what is learned."""
    data = make(tmp_path)
    first, known = identify(data, {})
    (tmp_path / "a.png").write_bytes(b"CONTENT of a.png")
    second, _ = identify(data, known)
    assert second.fingerprint() == first.fingerprint()
    assert masks_fingerprint(second) != masks_fingerprint(first)


def test_a_photo_that_is_gone_is_told(tmp_path: Path) -> None:
    """With what to do about it."""
    data = make(tmp_path)
    (tmp_path / "b.bmp").unlink()
    with pytest.raises(InputError, match=r"b\.bmp is not there any more"):
        identify(data, {})


def test_fresh_hashes_are_taken_over(tmp_path: Path) -> None:
    """Without looking at the files again, which may even be gone by then."""
    data = make(tmp_path)
    hashed, contents = identify(data, {})
    (tmp_path / "b.bmp").unlink()
    again, found = identify(data, {}, fresh=contents)
    assert again == hashed
    assert found == contents
    with pytest.raises(InputError, match="is not there any more"):
        identify(data, contents)
