"""`to_mask` makes a mask of what fits, and says what does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.pseudo_masks import to_mask

MAPS = np.zeros((1, 4, 6), np.float32)
MAPS[0, :2] = 1


def options(**changed: object) -> dict[str, object]:
    """Give the arguments, but for those that are changed."""
    return {"maps": MAPS, "classes": (1,), "size": (8, 12), "threshold": 0.4, **changed}


@pytest.mark.parametrize("maps", [
    MAPS, torch.from_numpy(MAPS), torch.from_numpy(MAPS)[None], MAPS.astype(np.float64),
    torch.from_numpy(MAPS).requires_grad_(), MAPS.astype(bool), MAPS * 1.0004,
])
def test_arrays_and_tensors_give_the_same(maps: object) -> None:
    """Label 2 of class 1 in the upper half, as far as the map reaches."""
    mask = to_mask(**options(maps=maps))  # type: ignore[arg-type]
    assert mask.shape == (8, 12)
    assert mask.dtype == np.uint8
    assert np.unique(mask[:4]).tolist() == [2]
    assert np.unique(mask[5:]).tolist() == [0]


@pytest.mark.parametrize(("changed", "told"), [
    ({"classes": (0, 1)}, "1 maps for 2 classes"), ({"maps": MAPS.repeat(2, 0)}, "2 maps for 1"),
    ({"classes": (255,)}, "whole numbers from 0 to 253"), ({"classes": (0.5,)}, "whole numbers"),
    ({"classes": (-1,)}, "whole numbers"), ({"threshold": 40}, "The threshold is 40"),
    ({"threshold": 0}, "over 0"), ({"threshold": np.nan}, "threshold is nan"),
    ({"maps": MAPS * 255}, "maps run from 0 to 255"), ({"maps": MAPS * np.nan}, "NaN or inf"),
    ({"maps": MAPS[0]}, r"maps are \(4, 6\)"), ({"maps": np.zeros((2, 1, 4, 6))}, "of one photo"),
    ({"maps": "maps"}, "maps are of"), ({"size": (12, 8)}, r"give \(8, 12\)"),
    ({"size": (8,)}, "height and width"), ({"size": (8.0, 12.0)}, "height and width"),
    ({"size": (0, 12)}, "height and width"), ({"band": 2.0}, "The band is 2.0"),
])
def test_what_does_not_fit_is_named(changed: dict[str, object], told: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=told):
        to_mask(**options(**changed))  # type: ignore[arg-type]
