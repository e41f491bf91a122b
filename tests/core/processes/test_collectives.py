"""What processes exchange, in two processes that check it themselves, and in one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from several_processes import launch
from torch import nn

from tag2mask.core import processes
from tag2mask.core.contracts import InputError
from tag2mask.core.processes.batch_share import BatchShare, joint_count, weighted
from tag2mask.core.processes.state import alone_by_mistake
from tag2mask.models.backbones.batch_norm import SteadyBatchNorm2d
from tag2mask.training.joint_gradients import start_alike, sum_gradients
from tag2mask.training.joint_layers import joint_layers


def exchange_all(folder: Path) -> None:
    """Check all exchanges; a failed assertion ends all processes."""
    with processes.joined(device="cpu"):
        rank, count = processes.rank(), processes.count()
        assert processes.exchange(None if rank else "first") == ["first", *[None] * (count - 1)]
        assert processes.first_says(lambda: f"by {rank}") == "by 0"
        for number in (0, 1, 16 * count, 16 * count + 1, 45):
            items = range(number)
            assert list(processes.own(items)) == list(items)[rank::count]
            assert list(processes.interleaved(processes.own(items))) == list(items)
        (folder / f"only{rank}").touch()
        processes.barrier()
        found = processes.missing(["only0", "neither"], lambda name: folder / name)
        assert found == ["neither"]
        processes.agree("text", "the same")
        with pytest.raises(InputError, match=r"Process 1 was started with another text.*'b1'"):
            processes.agree("text", f"a\nb{rank}")


def test_exchanges(tmp_path: Path) -> None:
    """In two processes."""
    assert [each.err for each in launch(2, tmp_path, exchange_all, tmp_path)] == ["", ""]


def test_one_process_exchanges_with_itself(tmp_path: Path) -> None:
    """Without a launcher, everything is the identity."""
    assert (processes.rank(), processes.count(), processes.is_first()) == (0, 1, True)
    assert processes.own([1, 2, 3]) == [1, 2, 3]
    assert list(processes.interleaved(iter("abc"))) == ["a", "b", "c"]
    assert processes.exchange("x") == ["x"]
    processes.agree("text", "anything")


@pytest.mark.parametrize(("variables", "several"), [
    ({}, False), ({"RANK": "0", "WORLD_SIZE": "1"}, False), ({"WORLD_SIZE": "4"}, False),
    ({"RANK": "1", "WORLD_SIZE": "4"}, True), ({"RANK": "1", "WORLD_SIZE": "four"}, False),
])
def test_launched(variables: dict[str, str], several: bool) -> None:
    """Only variables of a launcher count."""
    assert processes.launched(variables) is several


@pytest.mark.parametrize(("added", "mistake"), [({}, True), ({"RANK": "0"}, False)])
def test_one_process_of_several_is_noticed(added: dict[str, str], mistake: bool) -> None:
    """As `accelerate launch --num_processes 2` starts it without a GPU."""
    variables = {"ACCELERATE_MIXED_PRECISION": "no", "MASTER_ADDR": "127.0.0.1", **added}
    assert alone_by_mistake(variables) is mistake
    assert not alone_by_mistake({"ACCELERATE_MIXED_PRECISION": "no"})  # one was asked for


def network() -> nn.Module:
    """Give a network with layers that depend on the whole batch."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout2d(0.5),
                         nn.Conv2d(4, 4, 1), SteadyBatchNorm2d(4))


def step(model: nn.Module, images: torch.Tensor, chosen: torch.Tensor) -> float:
    """Take the gradient of a mean over some pixels of a batch; return the loss."""
    torch.manual_seed(1)
    share = BatchShare.of(len(images))
    with joint_layers(model), share.used():
        model.train()
        kept = chosen[share.rows]
        values = model(images[share.rows]).square().sum(1) * kept
        loss = weighted(values.sum() / joint_count(kept.sum()), share)
        loss.backward()
    sum_gradients(model, check=True)
    return sum(processes.exchange(loss.item()))


def batch(number: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Give photos, and pixels to average over, most of them in the first photo."""
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(number, 3, 6, 8, generator=generator) * 3 + 5
    chosen = torch.rand(number, 4, 6, generator=generator) < 0.3
    chosen[0] = True
    return images, chosen


def trained(number: int) -> list[torch.Tensor]:
    """Give loss, gradients and buffers after a step on a batch."""
    model = network()
    if processes.rank():  # what the first process has is what counts
        nn.init.zeros_(model[0].weight)
    start_alike(model)
    loss = step(model, *batch(number))
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    return [torch.tensor(loss), *gradients, *model.buffers()]


def train_like_one(expected: dict[int, list[torch.Tensor]]) -> None:
    """Check that a step equals that of one process."""
    with processes.joined(device="cpu"):
        for number, wanted in expected.items():
            for one, other in zip(trained(number), wanted, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_step_is_that_of_one_process(tmp_path: Path) -> None:
    """Also of a batch with an odd number of photos, and of one photo, of which one has none."""
    expected = {number: trained(number) for number in (4, 5, 1)}
    ended = launch(2, tmp_path, train_like_one, expected)
    assert [each.code for each in ended] == [0, 0], ended[0].err[-2000:] + ended[1].err[-2000:]


def test_shares_cover_a_batch_once() -> None:
    """In one process, the share is the batch."""
    share = BatchShare.of(5)
    assert (share.rows, share.weight) == (slice(0, 5), 1.0)
