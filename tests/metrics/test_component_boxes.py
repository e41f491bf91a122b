"""Boxes around components against a walk from pixel to pixel."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.component_boxes import best_overlaps, component_boxes


def literal_boxes(mask: np.ndarray) -> list[list[int]]:
    """Walk through each component; sides may touch at corners."""
    left, found = {(int(y), int(x)) for y, x in zip(*np.nonzero(mask), strict=True)}, []
    for start in sorted(left):
        if start not in left:
            continue
        left.remove(start)
        ahead, walked = [start], [start]
        while ahead:
            y, x = ahead.pop()
            near = {(b, a) for b in (y - 1, y, y + 1) for a in (x - 1, x, x + 1)} & left
            left -= near
            ahead += near
            walked += near
        rows, columns = zip(*walked, strict=True)
        found.append([min(rows), min(columns), max(rows) + 1, max(columns) + 1])
    return found


def literal_overlap(one: list[int], other: list[int]) -> float:
    """Count the pixels of both boxes."""
    some, others = (
        {(y, x) for y in range(box[0], box[2]) for x in range(box[1], box[3])}
        for box in (one, other)
    )
    return len(some & others) / len(some | others)


@pytest.mark.parametrize("shape", [(9, 14), (1, 12), (13, 1), (8, 8)])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_components_of_a_mask(shape: tuple[int, int], share: float) -> None:
    """Few and many, in the order of their first pixels."""
    mask = np.random.default_rng(3).random(shape) < share
    assert component_boxes(mask).tolist() == literal_boxes(mask)


@pytest.mark.parametrize("shape", [(9, 14), (1, 12)])
def test_best_overlap_at_each_threshold(shape: tuple[int, int]) -> None:
    """Each threshold on its own, with two true boxes."""
    levels = np.random.default_rng(1).choice([0, 1, 1, 3, 4], shape)
    boxes = [[0, 1, 1, 5], [0, 6, shape[0], 9]]
    wanted = [
        max((literal_overlap(box, true) for box in literal_boxes(levels >= threshold)
             for true in boxes), default=0)
        for threshold in range(1, 6)
    ]
    assert wanted[-1] == 0
    np.testing.assert_allclose(best_overlaps(levels, 5, np.array(boxes)), wanted)


@pytest.mark.parametrize("box", [[], [0, 0, 0, 3], [0, 0, 3, 8], [-1, 0, 2, 2], [2, 3, 1, 5]])
def test_boxes_are_checked(box: list[int]) -> None:
    """None, empty, outside, the wrong way round."""
    with pytest.raises(ValueError, match="boxes must lie within"):
        best_overlaps(np.zeros((3, 7), np.int64), 2, np.array([box] if box else []))
