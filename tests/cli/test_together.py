"""The device that the processes of a command join with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tag2mask.cli.together import device_typed, together
from tag2mask.core import processes


@pytest.mark.parametrize(("words", "device"), [
    ("run photos --out run", "auto"), ("run photos --device cpu --out run", "cpu"),
    ("run photos --device=cuda", "cuda"), ("run --device cpu --device auto", "auto"),
    ("run photos --device", "auto"),
])
def test_the_device_is_read_from_the_command_line(words: str, device: str) -> None:
    """The last one, as the command takes it."""
    assert device_typed(words.split()) == device


def test_a_command_for_the_cpu_joins_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine with GPUs, too, so that it sets up neither CUDA nor NCCL."""
    seen: list[str] = []

    @contextmanager
    def joined(*, device: str, describe: object) -> Iterator[None]:
        seen.append(device)
        yield

    monkeypatch.setattr(processes, "joined", joined)
    monkeypatch.setattr(sys, "argv", ["tag2mask", "activate", "runs/a", "--device", "cpu"])
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert together(lambda ctx: f"done {ctx}", 7) == "done 7"
    assert seen == ["cpu"]
