"""Start and end the group of processes."""

from __future__ import annotations

import itertools
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from tag2mask.core.processes import collectives
from tag2mask.core.processes.line import Line
from tag2mask.core.processes.state import Group, launched, state

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

Describe = Callable[[BaseException], tuple[str, int]]
"""Returns the message and the exit code for an error."""

_PATIENCE = timedelta(days=7)
"""Timeout of collective operations: one process may compute for long, and a process that died is
noticed by `Line`."""

_joined = itertools.count()
"""Number of groups so far, because a launcher's store outlives them."""

_LAUNCHER = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def _described(error: BaseException) -> tuple[str, int]:
    return f"{type(error).__name__}: {error}", 1


@contextmanager
def joined(*, device: str = "auto", describe: Describe = _described) -> Iterator[None]:
    """Compute the block together with the other processes that were launched with this one.

    An error in one process is raised there, and ends all others within seconds; `failure` returns
    it in all of them. Without a launcher, and inside another `joined`, nothing happens.

    Args:
        device: "auto", "cpu" or "cuda", the device to compute on.
        describe: returns the message and the exit code for an error.
    """
    if state.group is not None or not launched():
        yield
        return
    state.group = group = _start(device)
    try:
        yield
        collectives.barrier()
    except BaseException as error:
        group.line.fail(*describe(error))
        raise
    else:
        group.line.close()
    finally:
        _stop(group)


def alone() -> bool:
    """Leave the launched processes, for commands that are not shared.

    Returns:
        Whether this process is the one that executes the command; the launcher's variables are then
        removed, so that no library waits for the other processes.
    """
    if not launched():
        return True
    first = os.environ["RANK"] == "0"
    for name in _LAUNCHER:
        os.environ.pop(name, None)
    return first


def _start(device: str) -> Group:
    from torch import cuda, distributed

    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    local = int(os.environ.setdefault("LOCAL_RANK", str(rank)))
    gpus = 0 if device == "cpu" else cuda.device_count()
    if gpus:
        cuda.set_device(local % gpus)
    owned = not distributed.is_initialized()
    if owned:
        own_gpu = gpus >= int(os.environ.get("LOCAL_WORLD_SIZE", count))
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if gpus and own_gpu else "gloo", timeout=_PATIENCE)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as torchrun sets it; Accelerate would warn
    store = distributed.distributed_c10d._get_default_store()
    for_cpu = None if owned else distributed.new_group(backend="gloo", timeout=_PATIENCE)
    line = Line(rank, _connect(store, f"tag2mask/line{next(_joined)}", rank, count))
    return Group(rank, count, line, owned, for_cpu)


def _stop(group: Group) -> None:
    from torch import distributed

    state.group = None
    if group.owned and state.failure is None:
        distributed.destroy_process_group()


def _connect(store: Store, key: str, rank: int, count: int) -> dict[int, socket.socket]:
    """Connect all processes to the first; the store passes on where it listens."""
    if rank == 0:
        token = secrets.token_hex(16)
        with socket.create_server(("", 0), backlog=count) as server:
            store.set(key, f"{server.getsockname()[1]} {token}")
            return dict(_accepted(server, token, count))
    port, token = store.get(key).decode().split(" ")
    connection = socket.create_connection((os.environ["MASTER_ADDR"], int(port)), timeout=60)
    connection.settimeout(None)
    connection.sendall(f"{token} {rank:06d}".encode())
    return {0: connection}


def _accepted(
    server: socket.socket, token: str, count: int
) -> Iterator[tuple[int, socket.socket]]:
    """Yield a connection for each other process; strangers do not know the token."""
    awaited = set(range(1, count))
    while awaited:
        connection, _ = server.accept()
        connection.settimeout(10)
        try:
            said, _, number = connection.recv(len(token) + 7, socket.MSG_WAITALL).partition(b" ")
        except OSError:
            connection.close()
            continue
        if not secrets.compare_digest(said, token.encode()) or int(number) not in awaited:
            connection.close()
            continue
        connection.settimeout(None)
        awaited.discard(int(number))
        yield int(number), connection
