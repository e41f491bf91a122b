"""On a handful of real photos: the choice of the background does not see the maps' scale."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tag2mask.data import load_mask, read_dataset
from tag2mask.data.batches import sized_batches
from tag2mask.maps import activate
from tag2mask.metrics import ConfusionMatrix
from tag2mask.models.classifiers import ClassifierSpec
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.stages.label.run import LabelConfig, label
from tag2mask.stages.sharpen.run import sharpen
from tag2mask.stages.sharpen.settings import SharpenConfig
from tag2mask.strategies.loading import build_classifier, save_classifier

VOC12 = Path(os.environ.get("TAG2MASK_VOC12", Path(__file__).parents[2] / "shared/data/voc12"))
PHOTOS = 12

pytestmark = pytest.mark.skipif(not VOC12.exists(), reason=f"no real photos in {VOC12}")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """Read maps of twelve photos by a classifier whose head is fitted on their features only."""
    run = RunFolder(tmp_path_factory.mktemp("voc12"))
    whole = read_dataset(VOC12)
    dataset = replace(whole, photos=whole.split("train")[:: 800 // PHOTOS][:PHOTOS])
    write_dataset(run, dataset)
    spec = ClassifierSpec(
        backbone="efficientnet_lite0", output_stride=16, strategy=("plain",), long_side=160,
        weights="pretrained", pretraining="ImageNet", classes=dataset.classes,
    )
    torch.manual_seed(0)
    classifier = build_classifier(spec, start=True).eval()
    save_classifier(run, classifier)
    for batch in sized_batches(dataset.photos, long_side=160, batch_size=1, workers=0):
        photo = dataset.photos[int(batch.indices[0])]
        images = batch.to_images(classifier.backbone, torch.device("cpu"))
        maps = activate(classifier, images, method="cam", classes=list(photo.tags), flip=True)
        write_planes(run.map_file(photo.name), maps[0].numpy(), np.array(photo.tags))
    return Context(run=run, dataset=dataset)


def masks_of(start: Context, folder: Path, power: float) -> list[np.ndarray]:
    """Sharpen and label maps raised to `power`, and read the pseudo masks back."""
    run = RunFolder(folder)
    write_dataset(run, start.dataset)
    run.classifier.symlink_to(start.run.classifier)
    for photo in start.dataset.photos:
        maps, classes = read_planes(start.run.map_file(photo.name))
        write_planes(run.map_file(photo.name), maps**power, classes)
    context = replace(start, run=run)
    sharpen(context, SharpenConfig(second_round=False), Record())
    label(context, LabelConfig(band=0.0), Record())
    return [load_mask(run.mask_file(photo.name), size=None, num_labels=21)
            for photo in start.dataset.photos]


def miou(start: Context, masks: list[np.ndarray]) -> float:
    """Score masks by the true ones, in percent."""
    confusion = ConfusionMatrix(21)
    for photo, mask in zip(start.dataset.photos, masks, strict=True):
        assert photo.mask is not None
        confusion.add(load_mask(photo.mask, size=None, num_labels=21), mask)
    return 100 * confusion.miou()


@pytest.mark.filterwarnings("ignore:The photos are too few")
def test_squares_and_roots_of_the_maps_leave_the_masks(start: Context, tmp_path: Path) -> None:
    """Less than one mIoU apart, with the threshold chosen anew for each."""
    plain = miou(start, masks_of(start, tmp_path / "plain", 1.0))
    for power in (0.5, 2.0):
        assert miou(start, masks_of(start, tmp_path / str(power), power)) == pytest.approx(
            plain, abs=1.0
        )
