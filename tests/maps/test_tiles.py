"""Maps of large photos from tiles: nothing is missing, whatever the model does at borders."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tag2mask.maps.tiles import in_tiles


def brightness(kernel: int, stride: int, padding: int) -> nn.Conv2d:
    """Return a convolution that averages."""
    layer = nn.Conv2d(3, 1, kernel, stride=stride, padding=padding, bias=False)
    nn.init.constant_(layer.weight, 1 / (3 * kernel**2))
    return layer


@pytest.mark.parametrize(("kernel", "stride", "padding"), [
    (4, 4, 0), (7, 4, 3), (7, 4, 0), (3, 2, 0), (5, 3, 0), (11, 4, 0)])
@pytest.mark.parametrize("size", [(40, 75), (33, 32), (97, 50)])
@torch.no_grad()
def test_an_even_photo_has_even_maps(
    kernel: int, stride: int, padding: int, size: tuple[int, int]
) -> None:
    """Every cell is read, also where convolutions without padding give fewer cells."""
    layer = brightness(kernel, stride, padding)

    def read(images: Tensor) -> Tensor:
        return torch.as_tensor(layer(images))

    maps = in_tiles(read, torch.ones(2, 3, *size), tile=32)
    assert maps.isfinite().all()
    if not padding:
        assert torch.allclose(maps, torch.ones_like(maps))


@torch.no_grad()
def test_tiles_of_whole_cells_give_the_maps_of_the_whole() -> None:
    """Where no cell looks beyond its tile."""
    layer = brightness(4, 4, 0)
    images = torch.rand(1, 3, 64, 88)
    assert torch.allclose(in_tiles(layer, images, tile=32), layer(images), atol=1e-6)
