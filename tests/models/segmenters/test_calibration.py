"""One scale and one background logit, fitted to masks."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import IGNORE
from tag2mask.models.segmenters.calibration import calibrate, nearest_layer


def drawn(scale: float, floor: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw evidence, and labels by the probabilities that scale and floor make of it."""
    torch.manual_seed(0)
    evidence = 5 * torch.randn(8, 3, 40, 60)
    logits = F.pad(scale * evidence, (0, 0, 0, 0, 1, 0), value=floor)
    rows = logits.movedim(1, -1).reshape(-1, 4).softmax(1)
    return evidence, rows.multinomial(1).reshape(8, 40, 60)


@pytest.mark.parametrize(("scale", "floor"), [(0.3, 2.5), (1.5, -1.0)])
def test_it_finds_what_the_masks_were_drawn_by(scale: float, floor: float) -> None:
    """From batches, whatever the unit of the evidence; open pixels are not looked at."""
    evidence, masks = drawn(scale, floor)
    masks[:, :10] = IGNORE
    for unit in (1.0, 100.0):
        found = calibrate(zip((unit * evidence).split(3), masks.split(3), strict=True))
        assert found[0] * unit == pytest.approx(scale, rel=0.05)
        assert found[1] == pytest.approx(floor, abs=0.1)


def test_masks_that_decide_nothing_change_nothing() -> None:
    """A network may still be built."""
    evidence, masks = drawn(1.0, 0.0)
    assert calibrate([(evidence, torch.full_like(masks, IGNORE))]) == (1.0, 0.0)
    assert calibrate([]) == (1.0, 0.0)


def test_the_nearest_layer_by_hand() -> None:
    """Two channels, three cells: the one that is doubled is found, whatever the other is."""
    feature = torch.tensor([[[[1.0, 2.0, 3.0]], [[5.0, -1.0, 4.0]]]])
    found = nearest_layer([(feature, 2 * feature[:, :1]), (-feature, -2 * feature[:, :1])])
    torch.testing.assert_close(found, torch.tensor([2.0, 0.0]).view(1, 2, 1, 1), atol=0.02, rtol=0)
