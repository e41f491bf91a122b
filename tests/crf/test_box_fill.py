"""A box around an object is filled by the object."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.crf.box_fill import fill_box
from tag2mask.crf.connected_part import connected_part
from tag2mask.crf.photo_regions import PhotoRegions, divide_photo

SIZE = (90, 130)


def textured() -> tuple[np.ndarray, np.ndarray]:
    """Draw an ellipse of stripes and dark spots on a noisy ground, and give its mask."""
    rng = np.random.default_rng(0)
    image = rng.integers(90, 150, (*SIZE, 3)).astype(np.uint8)
    rows, columns = np.indices(SIZE)
    thing = ((rows - 44) / 26) ** 2 + ((columns - 66) / 40) ** 2 <= 1
    image[thing & (columns // 6 % 2 == 0)] = 230, 200, 40
    image[thing & (columns // 6 % 2 == 1)] = 200, 60, 20
    image[thing & ((rows // 8 + columns // 8) % 5 == 0)] = 30, 20, 60
    return image, thing


@pytest.fixture(scope="module")
def regions() -> PhotoRegions:
    """Divide the photo once."""
    return divide_photo(textured()[0])


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Return the intersection over the union."""
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("box", [(18, 26, 71, 107), (12, 18, 76, 116)])
@pytest.mark.parametrize("known", [False, True])
def test_a_textured_object_is_filled_whole(
    regions: PhotoRegions, box: tuple[int, int, int, int], known: bool
) -> None:
    """Tight or with some room around, without holes and without its surroundings."""
    _, thing = textured()
    found = fill_box(regions, box, thing.astype(np.float32)[::2, ::2] if known else None)
    assert iou(found, thing) > 0.85
    inside = np.zeros(SIZE, bool)
    inside[box[0]:box[2], box[1]:box[3]] = True
    assert not found[~inside].any()
    outside = np.pad(~found, 1, constant_values=True)
    assert (connected_part(outside, 0, 0) == outside).all()


@pytest.mark.parametrize("box", [
    (40, 60, 41, 61), (0, 0, 90, 130), (3, 4, 9, 16), (80, 100, 90, 130), (40, 0, 46, 130)])
@pytest.mark.parametrize("scores", [None, 0.0, 1.0])
def test_the_middle_and_a_plausible_share_are_filled_everywhere(
    regions: PhotoRegions, box: tuple[int, int, int, int], scores: float | None
) -> None:
    """Also where nothing is, in boxes smaller than a region and at the border of the photo."""
    given = None if scores is None else np.full((9, 13), scores, np.float32)
    found = fill_box(regions, box, given)
    top, left, bottom, right = box
    assert found[(top + bottom) // 2, (left + right) // 2]
    assert found[top:bottom, left:right].mean() > 0.3
    assert found.sum() == found[top:bottom, left:right].sum()


def test_what_belongs_to_another_class_is_less_likely_filled() -> None:
    """A person boxes one object after the other, boxes overlap, and colours may be alike."""
    noise = np.random.default_rng(1).integers(100, 130, (*SIZE, 3)).astype(np.uint8)
    regions = divide_photo(noise)
    others = np.zeros(SIZE, bool)
    others[:, 80:] = True
    box = (14, 20, 75, 112)
    alone, beside = fill_box(regions, box), fill_box(regions, box, others=others)
    assert (beside & others).sum() < 0.9 * (alone & others).sum()
    assert beside[44, 66]


def test_the_part_around_a_pixel() -> None:
    """Four neighbours count, and a pixel outside of the mask has no part."""
    mask = np.zeros((4, 6), bool)
    mask[1, 1:5] = mask[0, 4] = mask[2, 0] = mask[3, 5] = True
    part = connected_part(mask, 1, 2)
    assert np.argwhere(part).tolist() == [[0, 4], [1, 1], [1, 2], [1, 3], [1, 4]]
    assert not connected_part(mask, 3, 0).any()
