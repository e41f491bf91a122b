"""Networks compute in bfloat16 where the machine is fast in it, or as the environment asks."""

from __future__ import annotations

import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.precision import PRECISION, in_bfloat16


def test_a_cpu_needs_instructions_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide CPU alone does not do, and a torch that cannot tell means no."""
    monkeypatch.delenv(PRECISION)
    assert isinstance(in_bfloat16(), bool)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert not in_bfloat16()
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    assert in_bfloat16()
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert not in_bfloat16()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    """Whatever the machine is; another word is refused."""
    monkeypatch.setenv(PRECISION, "float32")
    assert not in_bfloat16(device)
    monkeypatch.setenv(PRECISION, "bfloat16")
    assert in_bfloat16(device)
    monkeypatch.setenv(PRECISION, "half")
    with pytest.raises(InputError, match="is 'half'; use auto, float32 or bfloat16"):
        in_bfloat16(device)
