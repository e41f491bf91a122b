"""Near-duplicates are found despite size, brightness and mirroring; flat photos are ignored."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tag2mask.diagnosis.near_duplicates import Copy, find_copies, groups_of, thumbnail


def photo(seed: int) -> Image.Image:
    """Draw coarse random patches, 160 wide and 120 high."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((160, 120), Image.Resampling.BICUBIC)


def saved(picture: Image.Image, quality: int) -> Image.Image:
    """Compress a picture as JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def found(*pictures: Image.Image) -> list[tuple[int, int, bool]]:
    """Return the near-duplicates among pictures."""
    copies = find_copies(np.stack([thumbnail(np.asarray(p.convert("RGB"))) for p in pictures]),
                         np.array([p.width / p.height for p in pictures]))
    return [(copy.first, copy.second, copy.mirrored) for copy in copies]


def test_size_brightness_and_jpeg_do_not_matter() -> None:
    """No other pair of similar photos is found."""
    darker = Image.fromarray((np.asarray(saved(photo(3), 30)) * 0.6 + 20).astype(np.uint8))
    others = [photo(seed) for seed in range(40)]
    assert found(*others, darker, photo(7).resize((80, 60))) == [(3, 40, False), (7, 41, False)]


def test_a_mirrored_copy_is_found() -> None:
    """With `mirrored` set."""
    mirrored = photo(1).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert found(photo(0), photo(1), mirrored) == [(1, 2, True)]


def test_flat_photos_and_other_aspects_do_not_match() -> None:
    """Flat photos have the same hash; a stretched photo has another aspect."""
    rng = np.random.default_rng(0)
    flat = [Image.fromarray((np.full((60, 80, 3), 120) + rng.integers(0, 2, (60, 80, 3)))
                            .astype(np.uint8)) for _ in range(6)]
    assert found(*flat) == []
    assert found(photo(1), photo(1).resize((120, 120))) == []


@pytest.mark.parametrize("number", [0, 1])
def test_fewer_than_two_photos_have_no_copies(number: int) -> None:
    """No photos, one photo."""
    assert find_copies(np.zeros((number, 32, 32), np.float32), np.ones(number)) == []


def test_copies_of_copies_are_one_group() -> None:
    """Every photo is in exactly one group."""
    copies = [Copy(0, 4, 1.0, False), Copy(3, 4, 1.0, False), Copy(1, 2, 1.0, True)]
    assert groups_of(copies, 6) == [[0, 3, 4], [1, 2], [5]]
