"""Where and in which precision to compute: asked of the machine, not of the user."""

from __future__ import annotations

import os

import torch
from accelerate import Accelerator

from tag2mask.contracts import InputError


def yield_idle_threads() -> None:
    """Let OpenMP's threads sleep while they wait; call before torch is imported.

    They spin by default, which costs nothing alone and a factor of ten as soon as another process
    wants the core.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def make_accelerator(device: str) -> Accelerator:
    """Prepare `device` with the fastest precision that trains as well as float32.

    That is bfloat16 on GPUs and CPUs that compute in it, float32 elsewhere.

    Args:
        device: "auto", "cpu" or "cuda".

    Raises:
        InputError: the device is not there.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"Device {device!r} is none of auto, cpu and cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("No CUDA device is available; use --device cpu or --device auto.")
    on_cpu = device == "cpu" or not torch.cuda.is_available()
    quick = has_fast_bfloat16() if on_cpu else torch.cuda.is_bf16_supported()
    return Accelerator(cpu=on_cpu, mixed_precision="bf16" if quick else "no")


def has_fast_bfloat16() -> bool:
    """Whether this CPU has bfloat16 instructions, without which the precision is only slow."""
    cpu = torch.backends.cpu.get_cpu_capability()
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return cpu.startswith("AVX512") and any(
        getattr(torch.cpu, name, lambda: False)() for name in names
    )
