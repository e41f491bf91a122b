"""A training that was interrupted ends bit for bit where it would have ended."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tag2mask.core.contracts import InputError
from tag2mask.training.checkpoint import Progress, load_checkpoint, save_checkpoint


def toy(seed: int = 0) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Build a small network with statistics, one frozen part and two groups of parameters."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1))
    net = net.to(memory_format=torch.channels_last)
    net[0].requires_grad_(False)
    groups = [{"params": list(net[1].parameters()), "lr": 0.01},
              {"params": list(net[3].parameters()), "lr": 0.1}]
    return net, torch.optim.AdamW(groups, weight_decay=0.1)


def steps(net: nn.Module, optimizer: torch.optim.Optimizer, numbers: range) -> None:
    """Train on images that follow from the number of the step."""
    for number in numbers:
        images = torch.randn(2, 3, 6, 9, generator=torch.Generator().manual_seed(number))
        net(images).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def test_resumed_equals_uninterrupted_bit_for_bit(tmp_path: Path) -> None:
    """Weights, statistics and the optimizer's memory."""
    net, optimizer = toy()
    steps(net, optimizer, range(6))
    first, first_optimizer = toy()
    steps(first, first_optimizer, range(3))
    progress = Progress(epoch=3, best=0.1 + 0.2, curve=[{"epoch": 1, "loss": 1 / 3}])
    save_checkpoint(tmp_path / "c.safetensors", first, first_optimizer, progress)
    second, second_optimizer = toy(seed=9)
    assert load_checkpoint(tmp_path / "c.safetensors", second, second_optimizer) == progress
    steps(second, second_optimizer, range(3, 6))
    for key, value in net.state_dict().items():
        assert torch.equal(second.state_dict()[key], value), key
    wanted, found = optimizer.state_dict(), second_optimizer.state_dict()
    assert found["param_groups"] == wanted["param_groups"]
    for index, slots in wanted["state"].items():
        assert slots.keys() == found["state"][index].keys()
        assert all(torch.equal(found["state"][index][name], slots[name]) for name in slots)


def test_without_a_file_it_starts_afresh(tmp_path: Path) -> None:
    """Network and optimizer are left alone."""
    net, optimizer = toy()
    before = net[0].weight.clone()
    assert load_checkpoint(tmp_path / "none.safetensors", net, optimizer) == Progress()
    assert torch.equal(net[0].weight, before)


def test_odd_scores_survive(tmp_path: Path) -> None:
    """No number, and none yet."""
    net, optimizer = toy()
    progress = Progress(epoch=1, curve=[{"epoch": 1, "score": float("nan")}])
    save_checkpoint(tmp_path / "c.safetensors", net, optimizer, progress)
    found = load_checkpoint(tmp_path / "c.safetensors", net, optimizer)
    assert found.best == float("-inf")
    assert found.curve[0]["score"] != found.curve[0]["score"]


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "no progress", "odd progress"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    """With what to do about it."""
    net, optimizer = toy()
    steps(net, optimizer, range(1))
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, net, optimizer, Progress())
    whole = path.read_bytes()
    if damage == "no progress":
        save_file({"model.x": torch.ones(1)}, path)
    elif damage == "odd progress":
        save_file({"model.x": torch.ones(1)}, path, {"progress": '{"age": 4}'})
    else:
        path.write_bytes({"empty": b"", "text": b"hello", "cut": whole[:-20]}[damage])
    with pytest.raises(InputError, match=r"c\.safetensors cannot be resumed from.*delete it"):
        load_checkpoint(path, net, optimizer)


def test_a_checkpoint_of_another_network_is_named(tmp_path: Path) -> None:
    """Other tensors, other shapes, or another optimizer."""
    path = tmp_path / "c.safetensors"
    net, optimizer = toy()
    steps(net, optimizer, range(1))
    save_checkpoint(path, net, optimizer, Progress())
    for other in (nn.Linear(2, 2), nn.Sequential(nn.Conv2d(3, 5, 3))):
        with pytest.raises(InputError, match="cannot be resumed from"):
            load_checkpoint(path, other, torch.optim.AdamW(other.parameters()))


def test_nothing_half_written(tmp_path: Path) -> None:
    """The folder holds the one file, before and after."""
    net, optimizer = toy()
    for epoch in (1, 2):
        save_checkpoint(tmp_path / "c.safetensors", net, optimizer, Progress(epoch=epoch))
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]
