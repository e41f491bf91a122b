"""Which steps a run takes with a second round, and when its masks are used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import OutlineChoice, SecondRound
from tag2mask.stages.sharpen.second_round import judged_by_outlines
from tag2mask.stages.sharpen.settings import SharpenConfig

SECOND, NORMAL = ("self_training", "dense_crf:colour"), ("normality",)


@pytest.mark.parametrize(("steps", "normal", "added"), [
    (("dense_crf",), NORMAL, SECOND), (("pixel_adaptive",), NORMAL, SECOND[:1]),
    ((), (), ()), (("none",), (), ()), (("dense_crf", "self_training"), (), ()),
    (("dense_crf", "saliency", "dense_crf"), (), SECOND), (("affinity:psa",), (), SECOND),
    (("normality", "dense_crf"), (), SECOND),
])
def test_steps_that_are_added(
    steps: tuple[str, ...], normal: tuple[str, ...], added: tuple[str, ...]
) -> None:
    """A second round with a CRF where the first has one; normality where nothing contradicts."""
    own = tuple(step for step in steps if step != "none")
    config = SharpenConfig(steps=steps, saliency="folder")
    assert config.all_steps == own + normal + added
    assert replace(config, second_round=False).all_steps == own + normal
    assert replace(config, normality=False).all_steps == own + added


def outlines(edge: float, *, lowered: bool = True) -> OutlineChoice:
    """Return a choice of the share of foreground."""
    return OutlineChoice(before=0.2, share=0.1 if lowered else 0.2, edge_before=1.0, edge=edge)


@pytest.mark.parametrize(("first", "last", "used"), [
    (outlines(3.0), outlines(2.0), False), (outlines(2.0), outlines(3.0), True),
    (outlines(3.0), outlines(3.0), True), (outlines(3.0, lowered=False), outlines(2.0), True),
    (outlines(3.0), outlines(2.0, lowered=False), False),
])
def test_the_masks_on_stronger_edges_are_used(
    first: OutlineChoice, last: OutlineChoice, used: bool, tmp_path: Path
) -> None:
    """Those of the network, unless the first ones show a size and lie on stronger edges."""
    run = RunFolder(tmp_path)
    scores = run.sharp_file("p")
    scores.parent.mkdir(parents=True)
    scores.touch()
    context = Context(run=run, dataset=Dataset(
        root=tmp_path, layout="tags_csv", classes=("a",), photos=()))
    made = judged_by_outlines(context, SecondRound(missed=0.1, used=True), first, last)
    assert made.used == used == scores.exists()
    assert (made.edge_first, made.edge) == (first.edge, last.edge)
    assert ("first masks show the size" in made.sentence) != used
