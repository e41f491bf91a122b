"""Data sets of the hub, from a server on this machine that answers as the hub does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from drawn_shards import photo, shard
from served import hub

from tag2mask.core.contracts import InputError
from tag2mask.data import read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.data.remote import local_folder

FOLDERS = {f"{split}/{name}/{n}.png": photo(n) for n, split in enumerate(("train", "test"))
           for name in ("cat", "dog")}
CARD = b"""---
configs:
- config_name: first
  data_files: a/*.tar
- config_name: second
  data_files:
  - {split: train, path: b/*.tar}
---
"""


def read(
    address: str, monkeypatch: pytest.MonkeyPatch,
    repositories: Mapping[str, Mapping[str, bytes]],
) -> Dataset:
    """Read a data set from a hub with these repositories."""
    with hub(repositories) as server:
        monkeypatch.setenv("HF_ENDPOINT", server)
        return read_dataset(Path(address))


@pytest.mark.parametrize("address", [
    "hf://me/pets", "hf://datasets/me/pets", "hf://datasets/me/pets@main"])
def test_an_image_folder_is_copied_once(
    address: str, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """Files that do not belong to the data stay there; the copy needs no hub."""
    files = {**FOLDERS, "README.md": b"# Pets", ".gitattributes": b"x"}
    dataset = read(address, monkeypatch, {"me/pets": files})
    assert (dataset.layout, dataset.classes) == ("class_folders", ("cat", "dog"))
    assert [p.split for p in dataset.photos].count("test") == 2
    assert "was downloaded on" in dataset.notices[0]
    assert "(revision " in dataset.notices[0]
    [folder] = cache.iterdir()
    assert {path.name for path in folder.iterdir() if path.name[0] != "."} == {
        "README.md", "train", "test"}
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert read_dataset(address).fingerprint() == dataset.fingerprint()


def test_a_configuration_is_chosen(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Only its files are copied."""
    files = {"README.md": CARD, "a/0.tar": shard(1), "b/0.tar": shard(2, 3)}
    repositories = {"me/pets": files}
    with pytest.raises(InputError, match="has the configurations first, second; name one"):
        read("hf://me/pets", monkeypatch, repositories)
    dataset = read("hf://me/pets/second", monkeypatch, repositories)
    assert [photo.name for photo in dataset.photos] == ["2", "3"]
    assert [path.name for path in cache.rglob("*.tar")] == ["0.tar"]
    with pytest.raises(InputError, match="no configuration 'third', only first, second"):
        read("hf://me/pets/third", monkeypatch, repositories)


def test_parquet_and_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """As most data sets of the hub are stored; an address may name the columns."""
    pytest.importorskip("pyarrow")
    from drawn_tables import labelled

    files = {"data/train-00000-of-00001.parquet": labelled(0, 1, image="shot", tags="kind")}
    with pytest.raises(InputError, match=r"no column of tags.*add \?tags=COLUMN to an address"):
        read("hf://me/pets", monkeypatch, {"me/pets": files})
    dataset = read("hf://me/pets?image=shot&tags=kind", monkeypatch, {"me/pets": files})
    assert (dataset.layout, [photo.name for photo in dataset.photos]) == (
        "parquet", ["train/0", "train/1"])


def test_the_conversion_of_the_hub_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the data set is in archives; otherwise it is refused with what it has."""
    pytest.importorskip("pyarrow")
    from drawn_tables import labelled

    archive = {"README.md": b"# Pets", "photos.zip": b"x"}
    with pytest.raises(InputError, match=r"only \.md, \.zip, and the hub has not converted it"):
        read("hf://me/pets", monkeypatch, {"me/pets": archive})
    repositories = {"me/pets": archive, "me/pets@refs/convert/parquet": {
        "default/train/0000.parquet": labelled(0, 1), "other/train/0000.parquet": labelled(3)}}
    assert len(read("hf://me/pets", monkeypatch, repositories).photos) == 2
    assert len(read("hf://me/pets/other", monkeypatch, repositories).photos) == 1


def test_revisions_and_wrong_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in one sentence, at the first attempt."""
    repositories = {"me/pets": FOLDERS, "me/pets@v1": {"0.tar": shard(1, 2)}}
    assert read("hf://me/pets@v1", monkeypatch, repositories).layout == "shards"
    for address, message in (
        ("hf://me/pets@v2", "the data set me/pets has no revision v2"),
        ("hf://me/cars", "is not at http://127.* or not for everyone"),
        ("hf://me/pets/sub/../..", "is no address of a data set"),
        ("hf://", "is no"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            read(address, monkeypatch, repositories)
        assert "\n" not in str(caught.value)


def test_a_hub_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """One sentence after a few attempts, and at once if the hub may not be used."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"hf://me/pets could not be read in 3 attempts") as caught:
        local_folder("hf://me/pets")
    assert "\n" not in str(caught.value)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match="HF_HUB_OFFLINE is set"):
        local_folder("hf://me/pets")
    assert not cache.exists()
