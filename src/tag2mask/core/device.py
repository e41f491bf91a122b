"""Select the device and precision from the capabilities of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from tag2mask.core.contracts import InputError
from tag2mask.core.profiling import LOAD, work

if TYPE_CHECKING:
    from accelerate import Accelerator  # loaded late: prediction does without it

Network = TypeVar("Network", bound=nn.Module)


def find_device(device: str) -> torch.device:
    """Find the device to compute on.

    Args:
        device: "auto", "cpu" or "cuda"; "auto" is a GPU if there is one.

    Raises:
        InputError: the device is not there.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"Device {device!r} is none of auto, cpu and cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("No CUDA device is available; use --device cpu or --device auto.")
    return torch.device("cpu" if device == "cpu" or not torch.cuda.is_available() else "cuda")


def make_accelerator(device: str) -> Accelerator:
    """Return an accelerator with the fastest precision that trains as well as float32.

    This is bfloat16 on GPUs and CPUs that support it, and float32 elsewhere.

    Args:
        device: "auto", "cpu" or "cuda".

    Raises:
        InputError: the device is not there.
    """
    with work(LOAD):
        from accelerate import Accelerator

    found = find_device(device).type
    quick = has_fast_bfloat16() if found == "cpu" else torch.cuda.is_bf16_supported()
    precision = "bf16" if quick else "no"
    _forget_unless(found, precision)
    return Accelerator(cpu=found == "cpu", mixed_precision=precision)


def _forget_unless(device: str, precision: str) -> None:
    """Reset the state of Accelerate if device or precision change; it would keep the first ones."""
    from accelerate.state import AcceleratorState, is_initialized

    if is_initialized():
        kept = AcceleratorState()
        if (kept.device.type, kept.mixed_precision) != (device, precision):
            AcceleratorState._reset_state(reset_partial_state=True)


def channels_last(network: Network, device: str | torch.device) -> Network:
    """Move a network to `device`, with its weights in channels-last memory format.

    Convolutions on channels-last images are then a third faster. The network is modified in place
    and returned.
    """
    network.to(device)
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.dim() == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
    return network


def has_fast_bfloat16() -> bool:
    """Return whether this CPU has bfloat16 instructions; without them bfloat16 is slow."""
    cpu = torch.backends.cpu.get_cpu_capability()
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return cpu.startswith("AVX512") and any(
        getattr(torch.cpu, name, lambda: False)() for name in names
    )


@contextmanager
def one_thread_each() -> Iterator[int]:
    """Limit torch to one thread per caller, and yield the number of callers that the cores allow.

    Many small operations are faster in parallel on one core each than in turn on all cores.
    """
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield cores
    finally:
        torch.set_num_threads(cores)
