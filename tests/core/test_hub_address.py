"""Addresses of networks on the hub, and what is none."""

from __future__ import annotations

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import is_on_hub, repository_of


def test_an_address_has_its_repository() -> None:
    """Paths and names are none."""
    assert is_on_hub("hf://timm/resnet50.a1_in1k/")
    assert repository_of("hf://timm/resnet50.a1_in1k/") == "timm/resnet50.a1_in1k"
    assert not any(map(is_on_hub, ("", "pretrained", "hf/timm", "s3://hf://a", "weights.pth")))


@pytest.mark.parametrize("address", ["hf://", "hf://timm", "hf://timm/a/b", "hf://a b/c"])
def test_a_malformed_address_is_refused(address: str) -> None:
    """With the form of one."""
    with pytest.raises(InputError, match="write hf://USER/NAME"):
        repository_of(address)
