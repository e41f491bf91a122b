"""The share of foreground is chosen once for the same maps, and again for other photos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.pseudo_masks import Choice, Sample
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.stages.sharpen import foreground_share


def context_of(root: Path, count: int) -> Context:
    """Give a run of some photos of a cat, which have maps."""
    run = RunFolder(root)
    photos = [Photo(name=f"p{n}", path=root / f"p{n}.jpg", tags=(0,), split="train", mask=None)
              for n in range(count)]
    for photo in photos:
        write_planes(run.map_file(photo.name), np.random.rand(1, 4, 5), np.array([0]))
    return Context(run=run, dataset=Dataset(
        root=root, layout="tags_csv", classes=("cat",), photos=tuple(photos)))


def test_untagged_photos_take_part_as_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most as many as there are tagged ones, and only those of the training."""
    given: list[Sample] = []

    def choose(samples: Iterable[Sample]) -> Choice:
        given.extend(samples)
        return Choice(share=0.2, shares=(0.2,), learnable=(0.3,), found=True)

    def looks(_: object, photos: list[Photo], *__: object) -> Iterator[tuple[Photo, np.ndarray]]:
        yield from ((photo, np.zeros((3, 5, 2), np.float32)) for photo in photos)

    monkeypatch.setattr(foreground_share, "choose_share", choose)
    monkeypatch.setattr(foreground_share, "looks", looks)
    context = context_of(tmp_path, 3)
    more = [replace(context.dataset.photos[0], name=f"none{n}", tags=(), split=split)
            for n, split in enumerate(["val", *["train"] * 7])]
    context = replace(context, dataset=replace(
        context.dataset, photos=(*context.dataset.photos, *more)))
    foreground_share.choose_background(context, torch.device("cpu"))
    assert [sample.ranks.shape for sample in given] == [(1, 15)] * 3 + [(0, 15)] * 3
    assert {sample.features.shape for sample in given} == {(15, 2)}


def test_a_choice_is_kept_beside_the_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not taken for that of other photos."""
    made: list[Choice] = []

    def choose(_: object) -> Choice:
        made.append(Choice(share=0.1 * (1 + len(made)), shares=(0.1, 0.2), learnable=(0.3, 0.4),
                           found=True))
        return made[-1]

    monkeypatch.setattr(foreground_share, "choose_share", choose)
    device = torch.device("cpu")
    first = foreground_share.choose_background(context_of(tmp_path, 3), device)[1]
    again = foreground_share.choose_background(context_of(tmp_path, 3), device)[1]
    assert len(made) == 1
    assert again.share == first.share
    assert foreground_share.choose_background(context_of(tmp_path, 2), device)[1].share == 0.2
    (tmp_path / "maps" / "background.json").write_text('{"photos": 2, "share": 0.3}')
    with pytest.raises(InputError, match=r"background\.json is .*shares is missing"):
        foreground_share.choose_background(context_of(tmp_path, 2), device)
