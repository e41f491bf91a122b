"""The device and the backends that a process joins with, on a machine with two GPUs."""

from __future__ import annotations

import pytest
import torch
from torch import distributed

from tag2mask.core.processes import joining
from tag2mask.core.processes.state import local_rank


class Machine:
    """Remembers what is set up on it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of CUDA and of the process group."""
        self.done: list[str] = []
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        monkeypatch.setattr(
            torch.cuda, "set_device", lambda number: self.done.append(f"GPU {number}"))
        monkeypatch.setattr(distributed, "is_initialized", lambda: False)
        monkeypatch.setattr(
            distributed, "init_process_group",
            lambda backend, timeout: self.done.append(backend))
        monkeypatch.setattr(distributed.distributed_c10d, "_get_default_store", lambda: None)
        monkeypatch.setattr(joining, "_connect", lambda *_: {})


@pytest.mark.parametrize(("device", "count", "done"), [
    ("cpu", 2, ["gloo"]), ("auto", 2, ["GPU 1", "cpu:gloo,cuda:nccl"]),
    ("cuda", 2, ["GPU 1", "cpu:gloo,cuda:nccl"]), ("auto", 4, ["GPU 1", "gloo"]),
])
def test_only_a_process_for_the_gpu_sets_it_up(
    device: str, count: int, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own one; NCCL needs one for each process."""
    machine = Machine(monkeypatch)
    variables = {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    group = joining._start(device)
    assert (group.rank, group.count, group.owned) == (1, count, True)
    assert machine.done == done


@pytest.mark.parametrize(("variables", "number"), [
    ({"RANK": "5", "LOCAL_RANK": "1"}, 1), ({"RANK": "3"}, 3), ({}, 0),
])
def test_the_number_on_the_machine(variables: dict[str, str], number: int) -> None:
    """Some launchers give the number among all processes only."""
    assert local_rank(variables) == number
