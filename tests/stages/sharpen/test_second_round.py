"""Which steps a run takes with a second round."""

from __future__ import annotations

import pytest

from tag2mask.stages.sharpen.settings import SharpenConfig

SECOND = ("self_training", "dense_crf:colour")


@pytest.mark.parametrize(("steps", "added"), [
    (("dense_crf",), SECOND), (("pixel_adaptive",), SECOND[:1]), ((), ()), (("none",), ()),
    (("dense_crf", "self_training"), ()), (("dense_crf", "saliency", "dense_crf"), SECOND),
])
def test_steps_of_the_second_round(steps: tuple[str, ...], added: tuple[str, ...]) -> None:
    """With a CRF where the first round has one; none without steps."""
    own = tuple(step for step in steps if step != "none")
    assert SharpenConfig(steps=steps, saliency="folder").all_steps == own + added
    assert SharpenConfig(steps=steps, saliency="folder", second_round=False).all_steps == own
