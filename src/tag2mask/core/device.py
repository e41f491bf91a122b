"""Select the device and precision from the capabilities of the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tag2mask.core.contracts import InputError
from tag2mask.core.precision import in_bfloat16
from tag2mask.core.processes.state import launched, local_rank
from tag2mask.core.profiling import LOAD, work

if TYPE_CHECKING:  # loaded late: prediction with an exported network does without them
    import torch
    from accelerate import Accelerator
    from torch import Tensor, nn

Network = TypeVar("Network", bound="nn.Module")

_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Devices of the drivers that torch needs on Linux: NVIDIA's, AMD's, and that of WSL."""


def find_device(device: str) -> torch.device:
    """Find the device to compute on; see `device_name` and `numbered`.

    Raises:
        InputError: the device is not there.
    """
    import torch

    return numbered(torch.device(device_name(device)))


def numbered(device: torch.device) -> torch.device:
    """Return a device with the number of its GPU; with several processes, that of this one.

    Every thread has a current GPU of its own, at first the first one. So "cuda" without a number
    may be another GPU for the inputs of a network than for its weights.
    """
    import torch

    if device.type != "cuda" or device.index is not None or not (gpus := torch.cuda.device_count()):
        return device
    return torch.device(
        "cuda", local_rank() % gpus if launched() else torch.cuda.current_device())


def device_name(device: str) -> str:
    """Return "cpu" or "cuda", the device to compute on.

    Args:
        device: "auto", "cpu" or "cuda"; "auto" is a GPU if there is one. On a machine without the
            driver of one, torch is not loaded to find out.

    Raises:
        InputError: the device is not there.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"Device {device!r} is none of auto, cpu and cuda.")
    if device == "cpu" or (device == "auto" and not _may_have_gpu()):
        return "cpu"
    import torch

    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise InputError("No CUDA device is available; use --device cpu or --device auto.")
    return "cuda" if available else "cpu"


def _may_have_gpu() -> bool:
    """Return False if torch cannot have a GPU, judged without loading it."""
    if "torch" in sys.modules or sys.platform != "linux":
        return True
    return any(Path(driver).exists() for driver in _DRIVERS)


def make_accelerator(device: str) -> Accelerator:
    """Return an accelerator with the fastest precision that trains as well as float32.

    This is bfloat16 on GPUs and CPUs that support it, and float32 elsewhere; see `in_bfloat16`.

    Args:
        device: "auto", "cpu" or "cuda".

    Raises:
        InputError: the device is not there, or the precision is unknown.
    """
    with work(LOAD):
        from accelerate import Accelerator

    found = device_name(device)
    precision = "bf16" if in_bfloat16(found) else "no"
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
    import torch

    network.to(device)
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.dim() == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
    return network


def moved(tensor: Tensor, device: torch.device, *, channels_last: bool = False) -> Tensor:
    """Return a tensor on `device`.

    To a GPU it is copied from pinned memory, so that the CPU goes on with the next operation while
    the copy is made. A tensor that is on the device already is returned as it is.

    Args:
        tensor: of any shape, on the CPU or on the device.
        device: where it is needed.
        channels_last: store it in channels-last memory format; for (B, C, H, W) alone.
    """
    import torch

    layout = torch.channels_last if channels_last else torch.preserve_format
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True, memory_format=layout)
    return tensor.to(device, memory_format=layout)


@contextmanager
def one_thread_each() -> Iterator[int]:
    """Limit torch to one thread per caller, and yield the number of callers that the cores allow.

    Many small operations are faster in parallel on one core each than in turn on all cores.
    """
    import torch

    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield cores
    finally:
        torch.set_num_threads(cores)
