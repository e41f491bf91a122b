"""A published network is complete, says what it is, and loads from a folder or the hub."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest

import tag2mask
from tag2mask.data.dataset import Dataset
from tag2mask.models.backbones import hub
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder


def test_a_folder_holds_the_network_and_its_card(
    finished: Path, tiny_data: Path, tmp_path: Path
) -> None:
    """No path of this machine is in the card, and the masks are the same."""
    out = tmp_path / "public" / "network"
    assert tag2mask.push(finished, out) == str(out)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlibrary_name: tag2mask")
    assert "1 block, 2 disc" in card
    assert "| val |" in card
    assert str(tmp_path) not in card
    assert str(finished.parent) not in card
    photo = tiny_data / "images" / "p05.png"
    assert np.array_equal(tag2mask.load_segmenter(out)(photo).mask,
                          tag2mask.load_segmenter(finished)(photo).mask)


def test_what_exists_is_not_overwritten(finished: Path, tmp_path: Path) -> None:
    """A folder with files is refused, and nothing is left beside it."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("keep")
    with pytest.raises(tag2mask.InputError, match="is not empty; name a new folder"):
        tag2mask.push(finished, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_run_without_a_network_is_refused(tmp_path: Path) -> None:
    """With the command that trains it."""
    with pytest.raises(tag2mask.InputError, match="is no run folder"):
        tag2mask.push(tmp_path, tmp_path / "out")
    write_dataset(RunFolder(tmp_path), Dataset(root=tmp_path, layout="x", classes=(), photos=()))
    with pytest.raises(tag2mask.InputError, match="has no segmentation network yet"):
        tag2mask.push(tmp_path, tmp_path / "out")


@pytest.mark.parametrize("address", ["hf://name", "hf://a/b/c", "hf://../x y"])
def test_addresses_have_two_parts(finished: Path, address: str) -> None:
    """Both to write and to read."""
    for use in (lambda: tag2mask.push(finished, address),
                lambda: tag2mask.load_segmenter(address)):
        with pytest.raises(tag2mask.InputError, match="write hf://USER/NAME"):
            use()


def test_the_hub_and_back(
    finished: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hub on this machine in place of the real one."""

    class FakeHub:
        def __init__(self, endpoint: str) -> None:
            self.endpoint = endpoint

        def create_repo(self, name: str, *, exist_ok: bool) -> None:
            assert exist_ok
            (tmp_path / name).mkdir(parents=True)

        def upload_folder(self, *, repo_id: str, folder_path: Path) -> None:
            shutil.copytree(folder_path, tmp_path / repo_id, dirs_exist_ok=True)

    def download(repo: str, file: str, **_: Any) -> str:  # noqa: ANN401 - options of the library
        return str(tmp_path / repo / file)

    monkeypatch.setattr(huggingface_hub, "HfApi", FakeHub)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub")
    assert tag2mask.push(finished, "hf://me/creatures") == "http://hub/me/creatures"
    assert (tmp_path / "me" / "creatures" / "README.md").exists()
    photo = tiny_data / "images" / "p05.png"
    assert np.array_equal(tag2mask.load_segmenter("hf://me/creatures")(photo).mask,
                          tag2mask.load_segmenter(finished)(photo).mask)


def test_a_hub_that_refuses_is_one_sentence(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the address and the way to log in."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("401")

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", refuse)
    with pytest.raises(tag2mask.InputError, match="hf auth login"):
        hub.upload(finished, "me/creatures")
