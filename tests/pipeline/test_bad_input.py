"""Mistakes as people make them, through the command line: one sentence, exit code 2, no traces."""

from __future__ import annotations

import errno
import resource
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from tiny_runs import QUICK, listing
from typer.testing import Result

from tag2mask.pipeline import runner
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder

Command = Callable[..., Result]
SETTINGS = [word for setting in QUICK for word in ("--set", setting)]


def refused(result: Result, *phrases: str) -> None:
    """Hold that a command ended in one sentence that has all the phrases in it."""
    assert result.exit_code == 2, (result.output, result.exception)
    told = [line for line in result.stderr.splitlines() if not line.startswith("Warning: ")]
    assert len(told) == 1, result.stderr
    assert told[0].startswith("Error: ")
    for phrase in phrases:
        assert phrase in told[0]
    assert "Traceback" not in result.output


def only_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run end when it has looked at the data."""
    monkeypatch.setattr(runner, "STAGES", ())


def in_table(old: str, new: str) -> Callable[[Path], None]:
    """Give a mistake in tags.csv."""

    def damage(data: Path) -> None:
        table = data / "tags.csv"
        assert old in table.read_text()
        table.write_text(table.read_text().replace(old, new))

    return damage


def lose_photos(data: Path) -> None:
    """Take two of sixteen away, more than a tenth."""
    for name in ("p03", "p04"):
        (data / "images" / f"{name}.png").unlink()


def cut_photos(data: Path) -> None:
    """Truncate two of sixteen."""
    for name in ("p03", "p04"):
        path = data / "images" / f"{name}.png"
        path.write_bytes(path.read_bytes()[:900])


def need_classes(data: Path) -> None:
    """List the classes, and write a tag that is not among them."""
    (data / "classes.txt").write_text("background\nblock\ndisc\n")
    in_table("p01.png,block", "p01.png,blokc")(data)


@pytest.mark.parametrize(("damage", "phrases"), [
    (in_table("image,tags,split", "image,what,split"), ["tags.csv", "no column 'tags'"]),
    (in_table("p01.png,block", 'p01.png,"block'), ["row 3", "a quote", "rows between"]),
    (in_table("p01.png,block,train", "p01.png,block,trian"), ["row 3", "'trian'", "'train'"]),
    (in_table("p15.png,disc,val\n", "p15.png,disc,val\nimages/p01.png,disc,train\n"),
     ["rows 3 and 18", "p01.png", "different tags"]),
    (need_classes, ["row 3", "'blokc'", "did you mean 'block'"]),
    (lose_photos, ["2 of 16", "more than a tenth", "images/p03.png", "is missing"]),
    (cut_photos, ["2 of 16", "more than a tenth", "p03.png", "damaged or cut short"]),
])
def test_a_mistake_in_the_data_is_told(
    damage: Callable[[Path], None], phrases: list[str], data_copy: Path, command: Command,
    tmp_path: Path,
) -> None:
    """And nothing is written, by `run` as by `inspect`."""
    damage(data_copy)
    before = listing(tmp_path)
    refused(command("run", data_copy, "--out", tmp_path / "run", "-q"), *phrases)
    refused(command("inspect", data_copy, "-q"), *phrases)
    assert listing(tmp_path) == before
    assert not (tmp_path / "run").exists()


def bomb(path: Path) -> None:
    """Write the head of a PNG that claims 90,000 x 90,000 pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 90_000, 90_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head
                     + struct.pack(">I", zlib.crc32(head)) + struct.pack(">I", 0) + b"IDAT"
                     + struct.pack(">I", zlib.crc32(b"IDAT")))


@pytest.mark.parametrize(("damage", "phrase"), [
    (lambda path: path.write_bytes(path.read_bytes()[:900]), "damaged or cut short"),
    (lambda path: path.write_text("these are no pixels"), "no picture in a known format"),
    (lambda path: path.write_bytes(b""), "is empty"),
    (Path.unlink, "is missing"), (bomb, "claims 90000 x 90000 pixels"),
])
def test_one_bad_photo_is_left_out_and_counted(
    damage: Callable[[Path], None], phrase: str, data_copy: Path, command: Command,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A warning names it; the run goes on, and remembers it."""
    only_check(monkeypatch)
    damage(data_copy / "images" / "p04.png")
    result = command("run", data_copy, "--out", tmp_path / "run", "-q")
    assert result.exit_code == 0, result.output
    (told,) = [line for line in result.stderr.splitlines() if "p04" in line]
    assert told.startswith("Warning: ")
    assert phrase in told
    dataset = read_run_dataset(RunFolder(tmp_path / "run"))
    assert len(dataset.photos) == 15
    assert len(dataset.left_out) == 1


@pytest.mark.parametrize(("size", "label", "phrase"), [
    ((64, 40), 0, "is 64 x 40 pixels, but its photo 64 x 48"), ((64, 48), 3, "has the label 3"),
])
def test_a_bad_mask_only_costs_its_score(
    size: tuple[int, int], label: int, phrase: str, data_copy: Path, command: Command,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The photo itself is used: nothing is trained on masks."""
    only_check(monkeypatch)
    Image.new("L", size, label).save(data_copy / "masks" / "p05.png")
    result = command("run", data_copy, "--out", tmp_path / "run", "-q")
    assert result.exit_code == 0, result.output
    assert phrase in result.stderr
    photos = read_run_dataset(RunFolder(tmp_path / "run")).photos
    assert [photo.name for photo in photos if photo.mask is None] == ["p05"]


def test_an_empty_class_is_told(
    data_copy: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its number in the masks, and is no reason to stop."""
    only_check(monkeypatch)
    (data_copy / "classes.txt").write_text("background\nblock\ndisc\nstar\n")
    result = command("run", data_copy, "--out", tmp_path / "run", "-q")
    assert result.exit_code == 0, result.output
    assert "No photo has the class 'star'" in result.stderr


@pytest.mark.parametrize(("setting", "phrases"), [
    ("classify.epoch=3", ["classify.epoch is no setting", "did you mean classify.epochs?"]),
    ("clasify.epochs=3", ["clasify is no section", "did you mean classify?"]),
    ("classify.batch_size=three", ["classify.batch_size wants a whole number", "three"]),
    ("classify.batch_size=0", ["classify.batch_size wants a whole number, from 1 to 4096, not 0"]),
    ("classify.backbone=efficientnet_lit0", ["efficientnet_lit0", "'efficientnet_lite0'?"]),
    ("classify.strategy=plane", ["'plane'", "did you mean 'plain'?"]),
    ("classify.strategy=mixup,plain", ["plain stacks with no other"]),
    ("segment.model=unit", ["segment", "unet"]), ("sharpen.steps=crf", ["pixel_adaptive"]),
    ("activate.method=kam", ["activate", "cam"]),
    ("activate.scales=0", ["activate.scales", "1 to 16 numbers from 0.1 to 8"]),
    ("activate.output_stride=7", ["output_stride"]), ("label.threshold=best", ["auto", "oracle"]),
    ("evaluate.splits=trian", ["splits", "train"]), ("epochs=3", ["epochs is no setting"]),
    ("classify.size=8", ["from 32 to 4096, not 8"]), ("nonsense", ["section.key=value"]),
    ("segment.size=100000000", ["segment.size", "from 32 to 4096, not 100000000"]),
    ("classify.learning_rate=-1e-4", ["classify.learning_rate", "above 0 to 1, not -0.0001"]),
    ("segment.learning_rate=nan", ["segment.learning_rate", "not nan"]),
    ("classify.weight_decay=inf", ["classify.weight_decay", "from 0 to 1, not inf"]),
    ("label.threshold=1", ["label.threshold", "above 0 and below 1, not 1"]),
    ("label.band=-0.1", ["label.band", "from 0 and below 1, not -0.1"]),
    ("activate.scales=[]", ["1 to 16 numbers"]), ("activate.scales=1,nan", ["1 to 16 numbers"]),
    ("sharpen.long_side=-5", ["sharpen.long_side", "from 16 to 4096, not -5"]),
    ("seed=-1", ["seed wants a whole number, from 0"]),
    ("classify.frozen_blocks=-1", ["classify.frozen_blocks", "from 0 to 1000"]),
])
def test_a_wrong_setting_is_told_before_anything_is_written(
    setting: str, phrases: list[str], tiny_data: Path, command: Command, tmp_path: Path
) -> None:
    """With the nearest right one."""
    out = tmp_path / "run"
    refused(command("run", tiny_data, "--out", out, "--set", setting, "-q"), *phrases)
    assert not out.exists()


@pytest.mark.parametrize(("content", "phrases"), [
    (b"[classify]\nsize = 'four'\n", ["mine.toml", "classify.size wants a whole number"]),
    (b"[classify]\nepoch = 4\n", ["mine.toml", "did you mean classify.epochs?"]),
    (b"[classify\n", ["mine.toml is no valid TOML"]), (b"\xff\xfe\0", ["no valid TOML"]),
    (None, ["mine.toml cannot be read"]),
])
def test_a_wrong_settings_file_is_told(
    content: bytes | None, phrases: list[str], tiny_data: Path, command: Command, tmp_path: Path
) -> None:
    """By its name; a missing one too."""
    file, out = tmp_path / "mine.toml", tmp_path / "run"
    if content is not None:
        file.write_bytes(content)
    refused(command("run", tiny_data, "--out", out, "--config", file, "-q"), *phrases)
    assert not out.exists()


@pytest.mark.parametrize(("name", "content", "phrase"), [
    ("w.safetensors", b"no tensors", "no weights file"), ("w.pth", b"no pickle", "no weights file"),
    ("w.safetensors", None, "does not exist"),
])
def test_weights_that_are_none_are_told(
    name: str, content: bytes | None, phrase: str, tiny_data: Path, command: Command,
    tmp_path: Path,
) -> None:
    """And no classifier is left behind."""
    weights, out = tmp_path / name, tmp_path / "run"
    if content is not None:
        weights.write_bytes(content)
    setting = f"classify.weights={weights}"
    refused(command("run", tiny_data, "--out", out, "--set", setting, "-q"), phrase, name)
    assert not (out / "classifier").exists()


def test_a_run_folder_that_cannot_be_is_told(
    tiny_data: Path, command: Command, tmp_path: Path
) -> None:
    """A file is there, or in the way."""
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        refused(command("run", tiny_data, "--out", out, "-q"), "file", "choose another --out")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("words", [("classify",), ("evaluate",), ("report",)])
def test_a_folder_that_is_no_run_is_told(
    words: tuple[str], command: Command, tmp_path: Path
) -> None:
    """By a stage, and by `predict`."""
    refused(command(*words, tmp_path, "-q"), "is no run folder")
    refused(command("predict", tmp_path, "--run", tmp_path, "--out", tmp_path / "out", "-q"),
            "is no run folder", "config.toml, data.json and stages/")
    refused(command("explain", tmp_path / "a.jpg", "--run", tmp_path), "is no run folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="the device that must not be there is")
def test_a_device_that_is_not_there_is_told(
    tiny_data: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """By everything that takes one."""
    out = tmp_path / "out"
    refused(command("run", tiny_data, "--out", out, "--device", "cuda", "-q"), "No CUDA device")
    assert not (out / "classifier").exists()
    photos = tiny_data / "images"
    refused(command("predict", photos, "--run", finished, "--out", tmp_path / "p", "--device",
                    "cuda", "-q"), "No CUDA device")


@pytest.mark.parametrize("name", [
    "data.json", "classifier/weights.safetensors", "maps/p05.npz", "sharp/background.json",
    "masks/p07.png", "segmenter/model.onnx", "report.html",
])
def test_a_full_disk_is_told_and_mended(
    name: str, tiny_data: Path, copied: Path, tmp_path: Path, command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing half-written stays, and with space the same command goes on to the end."""
    words = ["run", tiny_data, "--out", copied, *SETTINGS, "-q"]
    (copied / name).unlink()
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if str(target).endswith(name):
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        refused(command(*words), "The disk is full", name)
    assert not (copied / name).exists()
    assert not list(copied.rglob("*.tmp*"))
    assert command(*words).exit_code == 0
    assert (copied / name).exists()


@pytest.fixture
def small_files(copied: Path) -> Iterator[None]:
    """Let the system refuse files over 1 MiB, as a quota may; the copied run is there by then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("name", ["classifier/weights.safetensors", "segmenter/model.onnx"])
def test_a_file_that_the_system_refuses_is_told(
    name: str, tiny_data: Path, copied: Path, command: Command
) -> None:
    """For real: the libraries that write have errors of their own for it."""
    (copied / name).unlink()
    refused(command("run", tiny_data, "--out", copied, *SETTINGS, "-q"), "cannot be written")
    assert not list(copied.rglob("*.tmp*"))


@pytest.mark.parametrize(("name", "stage", "phrases"), [
    ("data.json", "label", ["data.json", "delete it"]),
    ("config.toml", "label", ["config.toml", "no valid TOML"]),
    ("stages/activate.json", "label", ["activate.json", "delete it"]),
    ("classifier/weights.safetensors", "activate", ["weights.safetensors", "no safetensors"]),
    ("maps/p05.npz", "sharpen", ["p05.npz is missing or damaged"]),
    ("sharp/p05.npz", "label", ["p05.npz is missing or damaged"]),
    ("masks/p05.png", "segment", ["p05.png"]),
    ("segmenter/model.onnx", "evaluate", ["model.onnx is damaged"]),
    ("metrics.json", "report", ["metrics.json cannot be read", "delete it"]),
])
def test_a_damaged_file_of_a_run_is_told(
    name: str, stage: str, phrases: list[str], copied: Path, command: Command
) -> None:
    """By the stage that reads it."""
    path = copied / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] + b"\0")
    refused(command(stage, copied, "-q"), *phrases)


def test_damaged_figures_are_measured_again(
    tiny_data: Path, copied: Path, command: Command
) -> None:
    """What the sentence says is what helps."""
    words = ["run", tiny_data, "--out", copied, *SETTINGS, "-q"]
    (copied / "metrics.json").write_text("{")
    refused(command(*words), "metrics.json cannot be read", "delete it")
    (copied / "metrics.json").unlink()
    assert command(*words).exit_code == 0
