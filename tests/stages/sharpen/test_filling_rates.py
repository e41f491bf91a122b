"""How much of a box an object covers, measured on masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.annotation.records import Annotation, Box, GivenMask
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import save_mask
from tag2mask.pseudo_masks.guiding import FILLING
from tag2mask.stages.sharpen.filling_rates import filling_rates

SIZE = (20, 40)


def photo_of(folder: Path, name: str, labels: np.ndarray | None) -> Photo:
    """Give a photo with a mask, or with a box."""
    path = folder / f"{name}.jpg"
    Image.new("RGB", SIZE[::-1]).save(path)
    given = Annotation(boxes=(Box(1, 1, 1, 9, 9),))
    if labels is not None:
        save_mask(folder / f"{name}.png", labels.astype(np.uint8), num_labels=3)
        given = Annotation(mask=GivenMask(path=folder / f"{name}.png", digest=name,
                                          labels=(0, 1), decided=1.0))
    return Photo(name=name, path=path, tags=(0,), split="train", mask=None, annotation=given)


def drawn() -> np.ndarray:
    """Give two objects of class 1: a full square, and an L that covers half of its box."""
    labels = np.zeros(SIZE)
    labels[2:8, 2:8] = 1
    labels[10:18, 20:30] = 1
    labels[10:15, 22:30] = 0
    return labels


def test_rates_are_means_over_objects(tmp_path: Path) -> None:
    """And drawn towards the usual rate while there are few objects; other classes have none."""
    photos = [photo_of(tmp_path, "mask", drawn()), photo_of(tmp_path, "box", None)]
    assert filling_rates(photos, 3) == {1: pytest.approx((1 + 0.5 + 4 * FILLING) / 6)}


def test_without_boxes_nothing_is_read(tmp_path: Path) -> None:
    """So that masks alone cost no time."""
    photo = photo_of(tmp_path, "mask", drawn())
    photo.path.unlink()
    assert filling_rates([photo], 3) == {}
    bare = replace(photo, annotation=None)
    assert filling_rates([bare], 3) == {}
