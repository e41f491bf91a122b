"""Views of several sizes and their mirror images are averaged as a plain loop would."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.maps.multi_scale import multi_scale
from tag2mask.maps.normalising import normalise_max


def lopsided(images: Tensor) -> Tensor:
    """Read two classes at half size; what it sees depends on where left is."""
    ramp = torch.linspace(0.2, 1, images.shape[-1])
    planes = torch.stack([images[:, 0] * ramp, images[:, 1].abs()], 1)
    return F.avg_pool2d(planes, 2).clamp_min(0)


def drawn(height: int = 12, width: int = 20) -> Tensor:
    """Draw two photos."""
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def literal(images: Tensor, scales: list[float], flip: bool, size: tuple[int, int]) -> Tensor:
    """Average photo by photo, view by view."""
    rows = []
    for image in images:
        views = []
        for scale in scales:
            shape = [round(side * scale) for side in image.shape[1:]]
            view = F.interpolate(image[None], shape, mode="bilinear", antialias=scale < 1)
            for mirrored in (False, True) if flip else (False,):
                found = lopsided(view.flip(3) if mirrored else view)
                found = found.flip(3) if mirrored else found
                views.append(F.interpolate(found, size, mode="bilinear")[0])
        rows.append(sum(views) / len(views))
    return torch.stack(rows)


@pytest.mark.parametrize("scales", [[1.0], [0.5, 1.0, 1.5], [2.0]])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("size", [(6, 10), (12, 20), (5, 7)])
def test_it_equals_a_plain_loop(scales: list[float], flip: bool, size: tuple[int, int]) -> None:
    """Whole batches at a time give what single photos give."""
    found = multi_scale(lopsided, drawn(), scales=scales, flip=flip, size=size)
    torch.testing.assert_close(found, literal(drawn(), scales, flip, size))


def test_a_mirrored_photo_gives_the_mirrored_map() -> None:
    """With flips, even from a reader that knows left from right."""
    options = {"scales": [1.0, 1.5], "flip": True, "size": (6, 10)}
    straight = multi_scale(lopsided, drawn(), **options)
    mirrored = multi_scale(lopsided, drawn().flip(3), **options)
    torch.testing.assert_close(mirrored.flip(3), straight)
    options["flip"] = False
    assert not torch.allclose(
        multi_scale(lopsided, drawn().flip(3), **options).flip(3),
        multi_scale(lopsided, drawn(), **options),
    )


def test_a_scale_never_shrinks_a_photo_to_nothing() -> None:
    """One pixel stays."""
    found = multi_scale(lambda view: view, drawn(1, 9), scales=[0.25], flip=False, size=(1, 9))
    assert found.shape == (2, 3, 1, 9)


def test_each_map_is_divided_by_its_own_maximum() -> None:
    """Of photo and class; an empty one stays empty."""
    maps = drawn().abs()
    maps[1, 2] = 0
    found = normalise_max(maps)
    for photo in range(2):
        for label in range(3):
            whole = maps[photo, label]
            wanted = whole / whole.max() if whole.any() else whole
            torch.testing.assert_close(found[photo, label], wanted)
