"""Device and precision are asked of the machine, and networks are moved whole."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tag2mask.core import device
from tag2mask.core.contracts import InputError
from tag2mask.core.device import (
    channels_last,
    device_name,
    find_device,
    make_accelerator,
    moved,
    numbered,
)


def test_unknown_and_missing_devices_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what there is instead."""
    with pytest.raises(InputError, match="none of auto, cpu and cuda"):
        make_accelerator("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="--device cpu"):
        make_accelerator("cuda")
    assert make_accelerator("auto").device.type == "cpu"


@pytest.mark.parametrize("quick", [True, False])
def test_the_precision_is_the_fast_one(monkeypatch: pytest.MonkeyPatch, quick: bool) -> None:
    """bfloat16 where the CPU computes in it, float32 elsewhere."""
    monkeypatch.setattr(device, "in_bfloat16", lambda _: quick)
    with make_accelerator("cpu").autocast():
        result = nn.Linear(3, 2)(torch.ones(1, 3))
    assert result.dtype == (torch.bfloat16 if quick else torch.float32)


def test_channels_last_changes_the_layout_and_nothing_else() -> None:
    """Every kernel, the same parameters as before, so that an optimizer keeps them."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 5, bias=False))
    images = torch.randn(2, 3, 9, 12, generator=torch.Generator().manual_seed(0))
    parameters, wanted = list(net.parameters()), net(images)
    assert channels_last(net, "cpu") is net
    assert all(after is before for after, before in zip(net.parameters(), parameters, strict=True))
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(net(images), wanted)


def test_what_is_on_the_device_is_not_copied() -> None:
    """Unless its layout changes; values stay."""
    here = torch.device("cpu")
    labels, images = torch.arange(6).reshape(1, 2, 3), torch.rand(2, 3, 4, 5)
    assert moved(labels, here) is labels
    other = moved(images, here, channels_last=True)
    assert other.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(other, images, rtol=0, atol=0)
    assert moved(other, here, channels_last=True) is other


def test_without_a_driver_torch_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds to load; where it is loaded already, or there is a driver, it is asked."""
    asked: list[bool] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: asked.append(True) or True)
    assert device_name("auto") == "cuda"
    monkeypatch.setattr(device, "_may_have_gpu", lambda: False)
    assert device_name("auto") == "cpu"
    assert device_name("cuda") == "cuda"
    assert len(asked) == 2


@pytest.mark.parametrize(("local", "current", "found"), [
    (None, 1, "cuda:1"), ("0", 0, "cuda:0"), ("1", 0, "cuda:1"), ("3", 0, "cuda:1"),
])
def test_a_gpu_has_the_number_of_the_process(
    local: str | None, current: int, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same in every thread; in one process the GPU that the caller has chosen."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: current)
    if local:
        for name, value in {"RANK": local, "LOCAL_RANK": local, "WORLD_SIZE": "4"}.items():
            monkeypatch.setenv(name, value)
    assert str(find_device("cuda")) == found
    assert str(numbered(torch.device("cuda:5"))) == "cuda:5"
    assert str(numbered(torch.device("cpu"))) == "cpu"
