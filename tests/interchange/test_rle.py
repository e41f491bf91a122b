"""Run lengths: COCO's known strings, and every mask back."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.interchange import brush, rle


def random_masks() -> list[np.ndarray]:
    """Draw masks of all densities, with H != W, the empty and the full one."""
    draw = np.random.default_rng(0)
    masks = [draw.random(draw.integers(1, 40, 2)) < draw.random() for _ in range(40)]
    return [*masks, np.zeros((3, 5), bool), np.ones((5, 3), bool),
            np.kron(draw.random((2, 3)) < 0.5, np.ones((90, 70), bool))]


def test_columns_come_first() -> None:
    """COCO counts down the columns, and starts with pixels outside."""
    mask = np.array([[1, 0, 1], [1, 0, 0]], bool)
    assert rle.encode(mask).tolist() == [0, 2, 2, 1, 1]


def test_known_string() -> None:
    """As pycocotools 2.0.11 writes it."""
    mask = np.zeros((12, 9), bool)
    mask[2:7, 3:6] = True
    mask[4, 4] = False
    assert rle.to_string(rle.encode(mask)) == "V157MJ063R1"
    assert (rle.decode(rle.from_string("V157MJ063R1"), (12, 9)) == mask).all()


@pytest.mark.parametrize("mask", random_masks())
def test_masks_come_back(mask: np.ndarray) -> None:
    """As numbers, as a string, and as Label Studio's bytes."""
    counts = rle.encode(mask)
    assert (rle.decode(counts, mask.shape) == mask).all()
    assert rle.from_string(rle.to_string(counts)).tolist() == counts.tolist()
    assert (brush.decode(brush.encode(mask), mask.shape) == mask).all()


@pytest.mark.parametrize("text", ["o", "not it \x01", "~~~~"])
def test_damaged_strings_are_refused(text: str) -> None:
    """Cut in the middle of a number, or with other characters."""
    with pytest.raises(ValueError, match="damaged or cut short"):
        rle.from_string(text)


def test_runs_of_another_size_are_refused() -> None:
    """Both sizes are said."""
    with pytest.raises(ValueError, match="make 7 pixels, but its size has 6"):
        rle.decode([3, 4], (2, 3))


@pytest.mark.parametrize("packed", [[0, 0, 0, 24], [1, 2, 300], [], "text", [0, 0, 0, 24, 58, 37]])
def test_damaged_brush_masks_are_refused(packed: object) -> None:
    """Cut short, no bytes, or no list."""
    with pytest.raises(ValueError, match="rle"):
        brush.decode(packed, (2, 3))


def test_literal_packets_of_the_brush_are_read() -> None:
    """Label Studio's own encoder writes values one by one where none repeats."""
    bits = f"{24:032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    values = [0, 0, 0, 7, 0, 0, 0, 0] * 3
    bits += "".join("0" + "00" + f"{7:03b}" + "".join(f"{v:08b}" for v in values[at : at + 8])
                    for at in range(0, 24, 8))
    bits += "0" * (-len(bits) % 8)
    packed = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    assert brush.decode(packed, (2, 3)).tolist() == [[True, False, True], [False, True, False]]
