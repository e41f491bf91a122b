"""Select the precision of networks: bfloat16 where the machine is fast in it, or as asked for."""

from __future__ import annotations

import os

from tag2mask.core.contracts import InputError

PRECISION = "TAG2MASK_PRECISION"
"""The environment variable with the precision: auto, float32 or bfloat16."""


def in_bfloat16(device: str = "cpu") -> bool:
    """Return whether networks compute in bfloat16, by autocast, rather than in float32.

    Results in the two differ like those of two seeds, so the same command gives other figures on a
    machine with bfloat16 than on one without, unless the environment variable names a precision.

    Args:
        device: "cpu" or "cuda".

    Raises:
        InputError: the environment variable names an unknown precision.
    """
    asked = os.environ.get(PRECISION) or "auto"
    if asked not in ("auto", "float32", "bfloat16"):
        raise InputError(f"{PRECISION} is {asked!r}; use auto, float32 or bfloat16.")
    if asked != "auto":
        return asked == "bfloat16"
    import torch  # loaded late: prediction with an exported network does without it

    return _has_fast_bfloat16() if device == "cpu" else torch.cuda.is_bf16_supported()


def _has_fast_bfloat16() -> bool:
    """Return whether this CPU has bfloat16 instructions; without them bfloat16 is slow."""
    import torch

    cpu = torch.backends.cpu.get_cpu_capability()
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return cpu.startswith("AVX512") and any(
        getattr(torch.cpu, name, lambda: False)() for name in names
    )
