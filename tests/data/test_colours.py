"""Whether a photo has colours."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tag2mask.data.colours import is_grey


def shades() -> np.ndarray:
    """Draw grey levels (40, 60, 1) with noise."""
    rng = np.random.default_rng(0)
    return np.clip(np.linspace(20, 230, 60) + rng.normal(0, 9, (40, 60)), 0, 255)[..., None]


@pytest.mark.parametrize("tint", [(1, 1, 1), (1, 0.8, 0.6), (0.3, 0.5, 1)])
def test_shades_of_one_colour_are_grey(tint: tuple[float, float, float]) -> None:
    """Whatever the tint."""
    assert is_grey((shades() * tint).astype(np.uint8))


def test_a_grey_jpeg_is_grey() -> None:
    """Compression in colour leaves differences between the channels."""
    file = io.BytesIO()
    Image.fromarray(shades().astype(np.uint8).repeat(3, 2)).save(file, "JPEG", quality=60)
    assert is_grey(np.asarray(Image.open(file).convert("RGB")))


def test_one_coloured_object_makes_a_photo_coloured() -> None:
    """A tenth of the photo is sufficient."""
    photo = shades().astype(np.uint8).repeat(3, 2)
    photo[10:20, 10:34] = (200, 60, 40)
    assert not is_grey(photo)


def test_single_pixels_and_even_photos_are_grey() -> None:
    """No variance, no warning."""
    assert is_grey(np.zeros((1, 1, 3), np.uint8))
    assert is_grey(np.full((4, 5, 3), (200, 30, 30), np.uint8))
