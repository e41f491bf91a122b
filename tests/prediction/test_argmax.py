"""The likeliest label at another size is the one that interpolated logits give."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.prediction.argmax import fill_rows, upsampled_argmax

SIZES = [(1, 1), (24, 32), (24, 31), (300, 40), (110, 101), (7, 500), (11, 13), (1, 64), (95, 1)]


def draw(smooth: bool, shape: tuple[int, int, int] = (4, 24, 32)) -> np.ndarray:
    """Draw logits, in patches as a network gives them or as noise."""
    noise = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
    return (F.avg_pool2d(noise, 7, 1, 3) if smooth else noise)[0].numpy()


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_argmax_of_what_torch_interpolates(size: tuple[int, int], smooth: bool) -> None:
    """Wherever the largest leads by more than rounding."""
    logits = draw(smooth)
    planes = F.interpolate(torch.from_numpy(logits)[None], size, mode="bilinear")[0]
    best, second = planes.topk(2, 0).values
    clear = (best - second > 1e-5).numpy()
    found = upsampled_argmax(logits, size)
    assert found.shape == size
    np.testing.assert_array_equal(found[clear], planes.argmax(0).numpy()[clear])
    assert clear.mean() > 0.99


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cuts", [(1,), (5, 6, 20), tuple(range(1, 24))])
def test_bands_give_what_the_whole_gives(size: tuple[int, int], cuts: tuple[int, ...]) -> None:
    """Each begins with the last row of the one before."""
    logits = draw(smooth=False)
    mask, done = np.full(size, 77, np.uint8), 0
    for start, stop in zip((0, *cuts), (*cuts, 24), strict=True):
        top = max(0, start - 1)
        done = fill_rows(mask, done, logits[:, top:stop], top=top, height=24)
    assert done == size[0]
    np.testing.assert_array_equal(mask, upsampled_argmax(logits, size))


def test_of_equal_logits_the_first_counts() -> None:
    """So nothing is background where a network knows nothing."""
    assert not upsampled_argmax(np.zeros((3, 4, 5), np.float32), (9, 8)).any()
