"""What a stage leaves in the run folder is read back as it was, or refused with its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import write_json
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.run_folder.data_file import read_predicted_dataset, read_run_dataset, write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.origin import refuse_other_folders
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.run_folder.recognising import PREDICTION
from tag2mask.run_folder.tables import read_table, write_table
from tag2mask.run_folder.weights import read_header, read_weights, write_weights
from tag2mask.stages import STAGES


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run folder with nothing in it."""
    return RunFolder(tmp_path / "run")


def test_planes_keep_their_classes_and_order(run: RunFolder) -> None:
    """As float32, to the accuracy of float16; in folders by class name too."""
    planes = np.random.default_rng(0).random((3, 5, 7), np.float32)
    write_planes(run.map_file("cat/001"), planes, np.array([4, 0, 2]))
    found, classes = read_planes(run.map_file("cat/001"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, planes, atol=5e-4)
    assert classes.tolist() == [4, 0, 2]
    assert [p.name for p in (run.root / "maps" / "cat").iterdir()] == ["001.npz"]


def test_damaged_planes_are_named(run: RunFolder) -> None:
    """Missing, cut short anywhere, of another kind, or holding objects."""
    path = run.map_file("a")
    with pytest.raises(InputError, match=r"a\.npz is missing or damaged"):
        read_planes(path)
    write_planes(path, np.ones((1, 4, 6)), np.array([0]))
    whole = path.read_bytes()
    text, other = b"no archive at all", path.with_name("other.npy")
    np.save(other, np.ones(3))
    cut = (whole[:40], whole[: len(whole) // 2], whole[:-9])
    for damaged in (b"", text, *cut, other.read_bytes()):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"a\.npz is missing or damaged"):
            read_planes(path)
    np.savez(path, planes=np.array([{}], object), classes=np.zeros(1))
    with pytest.raises(InputError, match="damaged"):
        read_planes(path)
    np.savez(path, planes=np.ones((1, 2, 3)))
    with pytest.raises(InputError, match="damaged"):
        read_planes(path)


def test_weights_and_their_header(run: RunFolder) -> None:
    """Any layout in memory, gradients and all."""
    weight = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).requires_grad_()
    path = run.classifier / "weights.safetensors"
    write_weights(path, {"w": weight, "view": weight[:, :, ::2]}, {"classes": "cat\ndog"})
    found = read_weights(path)
    torch.testing.assert_close(found["w"], weight.detach())
    torch.testing.assert_close(found["view"], weight.detach()[:, :, ::2])
    assert read_header(path) == {"classes": "cat\ndog"}
    save_file({"w": torch.ones(1)}, path)
    assert read_header(path) == {}


@pytest.mark.parametrize("content", [None, b"", b"text", b"\xff" * 99])
def test_a_file_of_no_weights_is_named(run: RunFolder, content: bytes | None) -> None:
    """Missing, or anything else."""
    path = run.root / "w.safetensors"
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"w\.safetensors is missing or is no safetensors"):
        read_weights(path)


def test_tables(run: RunFolder) -> None:
    """Commas, quotes, line ends and umlauts in class names are kept; no table is no rows."""
    path = run.root / "t.csv"
    assert read_table(path) == []
    rows = [["a,b", 'say "x"'], ["Küche\nHof", 0.5]]
    write_table(path, ["image", "tag"], rows)
    assert read_table(path) == [
        {"image": "a,b", "tag": 'say "x"'}, {"image": "Küche\nHof", "tag": "0.5"}
    ]


def test_json(run: RunFolder) -> None:
    """Nothing where there is none; a damaged file is named."""
    path = run.root / "x.json"
    assert run.read_json(path) == {}
    write_json(path, {"größe": [1, 2.5, None]})
    assert run.read_json(path) == {"größe": [1, 2.5, None]}
    path.write_text('{"half":')
    with pytest.raises(InputError, match=r"x\.json cannot be read"):
        run.read_json(path)
    path.write_text("[1]")
    assert run.read_json(path) == {}


def test_the_data_set_comes_back(run: RunFolder, tmp_path: Path) -> None:
    """Photos without tags or masks, and problems, included."""
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"12345")
    first = Photo(name="a", path=tmp_path / "a.jpg", tags=(0, 1), split="train",
                  mask=tmp_path / "a.png")
    second = replace(first, name="b", path=tmp_path / "b.jpg", tags=(), split="val", mask=None)
    dataset = Dataset(
        root=tmp_path, layout="tags_csv", classes=("cat", "dög"), photos=(first, second),
        problems=(Problem(photo="c", why="It is cut short.", left_out=True),),
        notices=("Tags are separated by ';'.",),
    )
    write_dataset(run, dataset)
    assert read_run_dataset(run) == dataset


@pytest.mark.parametrize("content", [None, '{"root": "x"}', '{"photos": 3}', "[]"])
def test_what_is_no_run_folder_is_told(run: RunFolder, content: str | None) -> None:
    """With the command that makes one."""
    if content is not None:
        run.root.mkdir()
        run.data.write_text(content)
    with pytest.raises(InputError, match="tag2mask run DATA --out RUN"):
        read_run_dataset(run)


@pytest.mark.parametrize("folder", sorted({name for stage in STAGES for name in stage.owns}))
def test_folders_that_a_run_clears_are_not_taken_over(
    run: RunFolder, tmp_path: Path, folder: str
) -> None:
    """A folder of that name in one that is no run is somebody's own."""
    (run.root / folder).mkdir(parents=True)
    dataset = Dataset(root=tmp_path / "data", layout="tags_csv", classes=("cat",), photos=())
    with pytest.raises(InputError, match=f"it holds {folder}, which a run would overwrite"):
        refuse_other_folders(run, dataset)


def test_a_folder_of_predictions_is_no_run(run: RunFolder, tmp_path: Path) -> None:
    """Its data.json is read as what it is, and that of a run is not."""
    dataset = Dataset(root=tmp_path, layout=PREDICTION, classes=("cat",), photos=())
    write_dataset(run, dataset)
    with pytest.raises(InputError, match=r"is no run folder: .* `tag2mask predict` wrote; give"):
        read_run_dataset(run)
    assert read_predicted_dataset(run) == dataset
    with pytest.raises(InputError, match="predict` wrote, which a run would overwrite"):
        refuse_other_folders(run, replace(dataset, root=tmp_path / "data", layout="tags_csv"))
    write_dataset(run, replace(dataset, layout="tags_csv"))
    with pytest.raises(InputError, match="holds no masks that `tag2mask predict` wrote"):
        read_predicted_dataset(run)


def test_clearing_takes_one_folder_only(run: RunFolder) -> None:
    """And does not mind one that is not there."""
    write_planes(run.map_file("a"), np.ones((1, 2, 3)), np.zeros(1))
    write_planes(run.sharp_file("a"), np.ones((2, 2, 3)), np.zeros(1))
    run.clear("maps")
    run.clear("masks")
    assert [p.name for p in run.root.iterdir()] == ["sharp"]


@pytest.mark.parametrize("kind", ["folder", "link", "dangling link", "file", "nothing"])
def test_clearing_removes_nothing_elsewhere(run: RunFolder, tmp_path: Path, kind: str) -> None:
    """A link goes, and what it leads to stays."""
    place, elsewhere = run.root / "maps", tmp_path / "elsewhere"
    for folder in (run.root, elsewhere):
        folder.mkdir()
    (elsewhere / "mine.npz").touch()
    if kind == "folder":
        (place / "cat").mkdir(parents=True)
    elif kind == "file":
        place.touch()
    elif kind != "nothing":
        place.symlink_to(elsewhere if kind == "link" else tmp_path / "nowhere")
    run.clear("maps")
    assert not place.exists()
    assert not place.is_symlink()
    assert (elsewhere / "mine.npz").exists()
