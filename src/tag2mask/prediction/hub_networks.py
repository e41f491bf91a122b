"""Networks on the model hub, as `tag2mask push` writes them."""

from __future__ import annotations

from pathlib import Path

from tag2mask.core.data_address import address_of
from tag2mask.core.hub_address import is_on_hub, repository_of

_FILES = ("segmenter/weights.safetensors", "segmenter/model.onnx")


def local_network(run: str | Path) -> Path:
    """Return the folder of a network; one on the hub is downloaded into the hub's cache.

    Args:
        run: a folder, or "hf://USER/NAME".

    Raises:
        InputError: the network is not in the cache and could not be downloaded.
    """
    address = address_of(run) or ""
    if not is_on_hub(address):
        return Path(run)
    from tag2mask.models.backbones.hub import fetch  # loads torch

    repository = repository_of(address)
    found = [fetch(repository, file, instead="pass its folder") for file in _FILES]
    return found[0].parents[1]
