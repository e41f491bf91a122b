"""A run folder with invented results, for pages that are written in a blink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import invented_records
import numpy as np
import pytest
from PIL import Image

from tag2mask.core.json_records import write_record
from tag2mask.data import Dataset, Photo, save_mask
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.records import Curve, Figure, Metrics, StageCost
from tag2mask.run_folder.tables import write_table

HEIGHT, WIDTH = 48, 64

MakeRun = Callable[..., RunFolder]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Return `make(classes=..., photos=..., masks=..., predictions=...)`, a writer of runs."""

    def make(*, classes: Sequence[str] = ("cat", "dog"), photos: int = 6, masks: bool = True,
             predictions: bool = True, size: tuple[int, int] = (HEIGHT, WIDTH)) -> RunFolder:
        run = RunFolder(tmp_path / "run")
        shown = [_photo(tmp_path, place, len(classes), masks, size) for place in range(photos)]
        write_dataset(run, Dataset(root=tmp_path, layout="tags_csv", classes=tuple(classes),
                                   photos=tuple(shown)))
        for photo in shown:
            _results(run, photo, len(classes), predictions, size)
        if masks and predictions:
            write_table(run.photo_scores, ["image", "split", "what", "score"],
                        [[photo.name, photo.split, "network", f"{0.9 - 0.1 * place:.2f}"]
                         for place, photo in enumerate(shown)])
        _curves(run)
        write_record(run.metrics, metrics(classes, masks=masks, predictions=predictions))
        run.config.write_text('[segment]\nmodel = "unet"\n', encoding="utf-8")
        return run

    return make


def metrics(classes: Sequence[str], *, masks: bool, predictions: bool) -> Metrics:
    """Metrics in which the oracle figure is the highest of all."""
    network = figure("network", "val", 0.301, classes)
    scored = (figure("maps", "train", 0.404, classes, threshold=0.2),
              figure("maps", "train", 0.987, classes, threshold=0.3, oracle=True),
              figure("pseudo_masks", "val", 0.355, classes, threshold=0.2),
              *([network] if predictions else []))
    table = (np.eye(len(classes) + 1, dtype=int) * 90 + 5).tolist()
    curve = Curve(threshold=(0.1, 0.2, 0.3), miou=(0.3, 0.404, 0.987), area=0.5, chosen=0.2,
                  oracle=0.3)
    return invented_records.metrics(
        version="0.1.0", seed=7, command="tag2mask run DATA --out RUN",
        data=invented_records.data(*classes), figures=scored if masks else (),
        curves={"maps/train": curve} if masks else {},
        confusion={"network/val": tuple(map(tuple, table))} if masks and predictions else {},
        tags=invented_records.tags(0.8, *classes),
        agreement={"network_pseudo/val": 0.612} if predictions else {},
        stages={"classify": StageCost(seconds=61.0, peak_memory_mb=1500)},
        warnings=("class 'dog' has only 3 photos",),
    )


def figure(what: str, split: str, miou: float, classes: Sequence[str], *, oracle: bool = False,
           threshold: float | None = None) -> Figure:
    """Return a figure; the last class does not occur."""
    iou: dict[str, float | None] = dict.fromkeys(["background", *classes], miou)
    iou[classes[-1]] = None
    return invented_records.figure(what, split, miou, iou=iou, oracle=oracle, threshold=threshold,
                                   tags="given")


def _photo(root: Path, place: int, num_classes: int, masks: bool, size: tuple[int, int]) -> Photo:
    name = f"set/photo{place}"
    path, mask = root / f"{name}.png", root / f"truth/{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(place).integers(0, 255, (*size, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    tag = place % num_classes
    if masks:
        save_mask(mask, _mask(tag, size), num_labels=num_classes + 1)
    return Photo(name=name, path=path, tags=(tag,), split="val" if place < 5 else "train",
                 mask=mask if masks else None)


def _mask(tag: int, size: tuple[int, int], shift: int = 0) -> np.ndarray:
    mask = np.zeros(size, np.uint8)
    mask[size[0] // 4:, size[1] // 4 + shift:] = tag + 1
    mask[:1] = 255
    return mask


def _results(run: RunFolder, photo: Photo, num_classes: int, predictions: bool,
             size: tuple[int, int]) -> None:
    tag = photo.tags[0]
    ramp = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 4)
    write_planes(run.map_file(photo.name), ramp, np.array([tag]))
    save_mask(run.mask_file(photo.name), _mask(tag, size), num_labels=num_classes + 1)
    if predictions:
        shift = int(photo.name[-1])
        for file in (run.prediction_file, run.final_file):
            save_mask(file(photo.name), _mask(tag, size, shift), num_labels=num_classes + 1)


def _curves(run: RunFolder) -> None:
    write_table(run.classifier / "curve.csv", ["epoch", "loss", "mean_average_precision"],
                [[1, 0.5, 0.6], [2, 0.3, ""]])
    write_table(run.segmenter / "curve.csv", ["epoch", "loss", "agreement"], [[1, 1.5, 0.4]])
