"""Annotated photos choose the share of foreground only if they are like the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tag2mask.core.progress import Progress
from tag2mask.data import read_dataset
from tag2mask.pseudo_masks import Choice, MapRanks
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.stages.sharpen.annotated_share import with_annotations

USUAL = Choice(share=0.4, shares=(0.05, 0.1, 0.2, 0.4, 0.8), learnable=(0.0,) * 5, found=True)


@pytest.mark.parametrize("flooded", [False, True])
def test_masks_of_flooded_photos_do_not_choose(
    data_copy: Path, tmp_path: Path, flooded: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their maps are high everywhere, as those of lowest trust often are; it is said."""
    everyone = [photo for photo in read_dataset(data_copy).split("train") if photo.tags]
    (data_copy / "annotations").mkdir()
    for photo in everyone[:8]:
        shutil.copy(data_copy / "masks" / f"{photo.name}.png", data_copy / "annotations")
    context = Context(run=RunFolder(tmp_path), dataset=read_dataset(data_copy),
                      progress=Progress("normal"))
    files = [context.run.map_file(photo.name) for photo in everyone]
    for place, (photo, file) in enumerate(zip(everyone, files, strict=True)):
        values = np.random.default_rng(place).permutation(np.linspace(0, 1, 192))
        power = 0.1 if flooded and place < 8 else 1
        write_planes(file, values.reshape(1, 12, 16) ** power, np.array(photo.tags[:1]))
    ranks = MapRanks(read_planes(file)[0] for file in files)
    choice, by_masks = with_annotations(context, ranks, USUAL)
    assert (by_masks is None) is flooded
    assert ("unlike the others" in capsys.readouterr().err) is flooded
    if flooded:
        assert choice == USUAL
