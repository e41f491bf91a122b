"""Several processes on this machine, started with the variables that `torchrun` sets."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from loaded_before import forkserver


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it printed to stderr."""

    code: int | None
    err: str


def launch(
    count: int, folder: Path, function: Callable[..., None], *arguments: Any,  # noqa: ANN401
    variables: Sequence[Mapping[str, str]] = (), patience: float = 900,
) -> list[Ended]:
    """Call a function in several processes, and wait until all have ended.

    Args:
        count: number of processes.
        folder: a folder for what they print.
        function: is called in each; it must be importable.
        arguments: of the function; a list has one for each process.
        variables: further environment variables for each process.
        patience: seconds after which the test fails.
    """
    context = forkserver()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    processes = []
    for rank in range(count):
        environment = {
            "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count),
            "LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
            **(variables[rank] if variables else {}),
        }
        own = [given[rank] if isinstance(given, list) else given for given in arguments]
        processes.append(context.Process(target=_be, args=(
            environment, torch.get_num_threads(), folder / f"err{rank}", function, own)))
    for process in processes:
        process.start()
    for process in processes:
        process.join(patience)
        if process.exitcode is None:
            for other in processes:
                other.kill()
    return [Ended(process.exitcode, (folder / f"err{rank}").read_text(encoding="utf-8"))
            for rank, process in enumerate(processes)]


def _be(
    environment: Mapping[str, str], threads: int, err: Path, function: Callable[..., None],
    arguments: Sequence[object],
) -> None:
    os.environ.update(environment)
    torch.set_num_threads(threads)
    handle = os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 2)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1)
    function(*arguments)
