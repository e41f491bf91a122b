"""Where and in which precision to compute: asked of the machine, not of the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from tag2mask.core.contracts import InputError

if TYPE_CHECKING:
    from accelerate import Accelerator  # loaded late: prediction does without it

Network = TypeVar("Network", bound=nn.Module)


def find_device(device: str) -> torch.device:
    """Find the device to compute on.

    Args:
        device: "auto", "cpu" or "cuda"; "auto" is a GPU where there is one.

    Raises:
        InputError: the device is not there.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"Device {device!r} is none of auto, cpu and cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("No CUDA device is available; use --device cpu or --device auto.")
    return torch.device("cpu" if device == "cpu" or not torch.cuda.is_available() else "cuda")


def make_accelerator(device: str) -> Accelerator:
    """Prepare `device` with the fastest precision that trains as well as float32.

    That is bfloat16 on GPUs and CPUs that compute in it, float32 elsewhere.

    Args:
        device: "auto", "cpu" or "cuda".

    Raises:
        InputError: the device is not there.
    """
    from accelerate import Accelerator

    found = find_device(device).type
    quick = has_fast_bfloat16() if found == "cpu" else torch.cuda.is_bf16_supported()
    precision = "bf16" if quick else "no"
    _forget_unless(found, precision)
    return Accelerator(cpu=found == "cpu", mixed_precision=precision)


def _forget_unless(device: str, precision: str) -> None:
    """Let a second run in one process have another device: Accelerate keeps the first for good."""
    from accelerate.state import AcceleratorState, is_initialized

    if is_initialized():
        kept = AcceleratorState()
        if (kept.device.type, kept.mixed_precision) != (device, precision):
            AcceleratorState._reset_state(reset_partial_state=True)


def channels_last(network: Network, device: str | torch.device) -> Network:
    """Move a network to `device`, the channels of its kernels side by side in memory.

    Convolutions on channels-last images run a third faster that way. The network itself is
    changed, and returned.
    """
    network.to(device)
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.dim() == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
    return network


def has_fast_bfloat16() -> bool:
    """Whether this CPU has bfloat16 instructions, without which the precision is only slow."""
    cpu = torch.backends.cpu.get_cpu_capability()
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return cpu.startswith("AVX512") and any(
        getattr(torch.cpu, name, lambda: False)() for name in names
    )


@contextmanager
def one_thread_each() -> Iterator[int]:
    """Let torch use one thread per caller, and give how many callers the cores have room for.

    Many small operations run faster on one core each than on all cores one after the other.
    """
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield cores
    finally:
        torch.set_num_threads(cores)
