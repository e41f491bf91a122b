"""Divide the cores and the GPUs of a machine among the processes of a comparison."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

_THREADS, _GPUS = "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"


def variables_for(
    slot: int, jobs: int, *, cores: int, gpus: Sequence[str], variables: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment variables for one of several processes.

    Args:
        slot: number of the process, from 0.
        jobs: number of processes.
        cores: number of cores; a number of threads in the variables takes precedence.
        gpus: names of the GPUs, which take turns; empty without a GPU.
        variables: the environment variables of this process.
    """
    given = variables.get(_THREADS, "")
    threads = int(given) if given.isdecimal() and int(given) else cores
    made = {**variables, _THREADS: str(max(1, threads // jobs))}
    if gpus:
        made[_GPUS] = gpus[slot % len(gpus)]
    return made


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def usable_gpus(device: str) -> list[str]:
    """Return the names of the GPUs for `CUDA_VISIBLE_DEVICES`; [] if the device is a CPU.

    Raises:
        InputError: the device is not there.
    """
    from tag2mask.core.device import device_name

    if device_name(device) == "cpu":
        return []
    given = os.environ.get(_GPUS, "")
    if given:
        return given.split(",")
    from torch import cuda

    return [str(number) for number in range(cuda.device_count())]
