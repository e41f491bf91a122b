"""Crops show photo and mask alike, and every choice follows from its key."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import IGNORE
from tag2mask.data.transforms import (
    RandomCrop,
    fit_within,
    generator,
    jitter_colours,
    resize,
    to_array,
    to_images,
)

H, W = 60, 90


def two_halves(height: int = H, width: int = W) -> tuple[np.ndarray, np.ndarray]:
    """Draw a photo whose lower right corner is bright, and the mask of that corner."""
    mask = np.zeros((height, width), np.uint8)
    mask[height // 3 :, width // 2 :] = 1
    return np.repeat(mask[..., None] * 200 + 20, 3, 2).astype(np.uint8), mask


def test_a_key_is_a_generator() -> None:
    """The same numbers for the same key, others for any other."""
    draws = {key: generator(*key).integers(2**62) for key in [(0,), (0, 1), ("0/1", 2), (1, "a")]}
    assert len(set(draws.values())) == len(draws)
    assert generator(0, "order", 3).integers(2**62) == generator(0, "order", 3).integers(2**62)


@pytest.mark.parametrize("size", [(60, 90), (90, 60), (1, 40), (40, 1), (64, 64), (7, 300)])
@pytest.mark.parametrize("scale", [(0.3, 0.6), (1.0, 1.0), (0.8, 1.6), (3.0, 5.0)])
def test_photo_and_mask_stay_together(size: tuple[int, int], scale: tuple[float, float]) -> None:
    """Wherever the crop lies and however it is turned, but for a pixel at the boundary."""
    photo, mask = two_halves(*size)
    crop = RandomCrop(size=32, scale=scale, jitter=0.0)
    for seed in range(12):
        pixels, labels = crop(photo, generator(seed), mask)
        assert labels is not None
        assert pixels.shape == (32, 32, 3)
        assert labels.shape == (32, 32)
        assert set(np.unique(labels)) <= {0, 1, IGNORE}
        shown = labels != IGNORE
        assert (pixels[~shown] == 127).all()
        looks = pixels[..., 0] > 120
        assert (looks[shown] != (labels[shown] == 1)).sum() <= 2 * 32


def test_a_mask_of_another_resolution_fits_too() -> None:
    """As a mask that was kept small."""
    photo, _ = two_halves()
    _, small = two_halves(H // 3, W // 3)
    crop = RandomCrop(size=32, scale=(0.9, 1.5), jitter=0.0)
    for seed in range(12):
        pixels, labels = crop(photo, generator(seed), small)
        assert labels is not None
        shown = labels != IGNORE
        wrong = (pixels[..., 0] > 120)[shown] != (labels[shown] == 1)
        assert wrong.mean() < 0.12


def test_the_mask_changes_no_choice() -> None:
    """The same photo is seen with and without one."""
    photo, mask = two_halves()
    with_mask, _ = RandomCrop(size=24)(photo, generator(5), mask)
    without, none = RandomCrop(size=24)(photo, generator(5))
    assert none is None
    np.testing.assert_array_equal(with_mask, without)


@pytest.mark.parametrize("scale", [(0.8, 1.6), (1.0, 1.0)])
def test_a_crop_may_be_skipped(scale: tuple[float, float]) -> None:
    """What is drawn after it does not depend on whether the photo was read."""
    photo, mask = two_halves()
    crop = RandomCrop(size=24, scale=scale)
    read, skipped = generator(6), generator(6)
    for _ in range(5):
        crop(photo, read, mask)
        crop.skip((photo.shape[0], photo.shape[1]), skipped)
    assert read.random() == skipped.random()


def test_half_of_the_crops_are_mirrored() -> None:
    """And nothing else: the bright corner never goes up."""
    photo, mask = two_halves(64, 64)
    crop = RandomCrop(size=64, scale=(1.0, 1.0), jitter=0.0)
    mirrored = 0
    for seed in range(60):
        pixels, labels = crop(photo, generator(seed), mask)
        straight = np.array_equal(labels, mask)
        assert straight or np.array_equal(labels, mask[:, ::-1])
        np.testing.assert_array_equal(pixels, photo if straight else photo[:, ::-1])
        mirrored += not straight
    assert 15 <= mirrored <= 45


def test_a_photo_smaller_than_the_crop_is_shown_whole() -> None:
    """Grey around it, which the masks leave open."""
    photo, mask = two_halves()
    pixels, labels = RandomCrop(size=80, scale=(0.5, 0.5), jitter=0.0)(photo, generator(1), mask)
    assert labels is not None
    assert (labels != IGNORE).sum() == 40 * 27
    assert (pixels[labels == IGNORE] == 127).all()


def test_the_zoom_keeps_within_its_range_and_uses_it() -> None:
    """Measured by how much of the crop the photo fills."""
    photo = np.full((50, 50, 3), 255, np.uint8)
    crop = RandomCrop(size=40, scale=(0.5, 1.0), jitter=0.0)
    sides = [((crop(photo, generator(s))[0][..., 0] == 255).sum()) ** 0.5 / 40 for s in range(50)]
    assert min(sides) >= 0.49
    assert max(sides) <= 1.01
    assert max(sides) - min(sides) > 0.4


def test_jitter_stays_in_its_range_and_in_bytes() -> None:
    """Of one even grey only brightness remains, and it is within the share that is asked for."""
    grey = np.full((20, 30, 3), 100, np.uint8)
    crop = RandomCrop(size=16, scale=(2.0, 2.0), jitter=0.3)
    values = [int(crop(grey, generator(seed))[0][8, 8, 0]) for seed in range(60)]
    assert 69 <= min(values) < 85
    assert 115 < max(values) <= 130
    bright = np.full((20, 30, 3), 250, np.uint8)
    assert max(int(crop(bright, generator(seed))[0].max()) for seed in range(20)) == 255


def test_jitter_is_brightness_then_saturation_then_contrast() -> None:
    """One after the other, read literally, to within the rounding of bytes."""
    photo = np.random.default_rng(0).integers(60, 180, (12, 16, 3), dtype=np.uint8)
    brightness, contrast, saturation = 1 + 0.2 * generator(3).uniform(-1, 1, 3)
    expected = photo * brightness
    grey = expected @ [0.299, 0.587, 0.114]
    expected = saturation * expected + (1 - saturation) * grey[..., None]
    expected = contrast * expected + (1 - contrast) * grey.mean()
    np.testing.assert_allclose(jitter_colours(photo, 0.2, generator(3)), expected, atol=1)


def test_resizing_a_mask_mixes_no_labels_and_keeps_places() -> None:
    """Up and down, to a size with other proportions; the result may be written to."""
    mask = np.zeros((10, 14), np.uint8)
    mask[:, 7:] = 200
    for size in [(20, 28), (5, 8), (30, 6)]:
        found = resize(mask, size, nearest=True)
        assert found.shape == size
        assert found.flags.writeable
        np.testing.assert_array_equal(found[0], np.repeat([0, 200], size[1] // 2))


def test_resizing_smooths_what_shrinks() -> None:
    """A fine pattern becomes grey instead of one of its lines."""
    stripes = np.zeros((32, 48, 3), np.uint8)
    stripes[:, ::2] = 255
    assert abs(resize(stripes, (8, 12))[2:-2, 2:-2].astype(int) - 127).max() < 12
    assert resize(stripes, (32, 48)) is stripes


@pytest.mark.parametrize(("size", "wanted"), [
    ((100, 400), (50, 200)), ((400, 100), (200, 50)), ((3, 4000), (1, 200)), ((50, 60), (50, 60)),
    ((1, 1), (1, 1)),
])
def test_fit_within(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    """Never enlarged, never without pixels."""
    assert fit_within(size, 200) == wanted


def test_images_are_normalised_per_channel() -> None:
    """And lie channels-last in memory."""
    photo = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    mean, std = (1.0, 2.0, 3.0), (2.0, 4.0, 8.0)
    images = to_images([photo, photo[::-1].copy()], mean, std)
    assert images.shape == (2, 3, 4, 6)
    assert images.is_contiguous(memory_format=torch.channels_last)
    wanted = (photo.astype(np.float32) - mean) / std
    np.testing.assert_allclose(images[0].permute(1, 2, 0).numpy(), wanted, rtol=1e-6)
    np.testing.assert_allclose(images[1].flip(1).permute(1, 2, 0).numpy(), wanted, rtol=1e-6)


def test_without_torch_the_values_are_the_same() -> None:
    """To the last bit, and padded by what zero is for the network."""
    photo = np.random.default_rng(0).integers(0, 255, (5, 9, 3), dtype=np.uint8)
    mean, std = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    images = to_array([photo, photo[:, ::-1]], mean, std, grid=4)
    assert images.shape == (2, 3, 8, 12)
    assert images.flags.c_contiguous
    wanted = to_images([photo, photo[:, ::-1].copy()], mean, std).numpy()
    assert np.array_equal(images[..., :5, :9], wanted)
    assert not images[..., 5:, :].any()
    assert not images[..., 9:].any()
