"""Branches of several dilations against a reading with loops."""

from __future__ import annotations

import pytest
import torch

from tag2mask.models.heads.dilated import DilatedHead


@pytest.mark.parametrize("squeeze", [0, 2])
def test_against_loops(squeeze: int) -> None:
    """The first branch plus the mean of the others, cell by cell."""
    torch.manual_seed(0)
    head = DilatedHead(4, 3, dilations=(1, 2, 3), width=5, squeeze=squeeze).double()
    feature = torch.randn(2, 4, 5, 7, dtype=torch.float64)
    shared = head.squeeze(feature)
    expected = torch.zeros(2, 3, 5, 7, dtype=torch.float64)
    for index, rate in enumerate((1, 2, 3)):
        inner, _, outer = head.branches[index]  # type: ignore[misc]
        for y in range(5):
            for x in range(7):
                total = inner.bias.expand(2, -1).clone()
                for i in range(3):
                    for j in range(3):
                        row, column = y + (i - 1) * rate, x + (j - 1) * rate
                        if 0 <= row < 5 and 0 <= column < 7:
                            total += shared[:, :, row, column] @ inner.weight[:, :, i, j].T
                found = total.clamp_min(0) @ outer.weight[:, :, 0, 0].T
                expected[:, :, y, x] += found / (1 if index == 0 else 2)
    torch.testing.assert_close(head([feature]), expected)


def test_the_last_feature_counts() -> None:
    """And every branch has evidence of its own."""
    head = DilatedHead(4, 3, width=2)
    features = [torch.randn(1, 2, 8, 8), torch.randn(1, 4, 3, 4)]
    assert [tuple(each.shape) for each in head.by_branch(features)] == 4 * [(1, 3, 3, 4)]
