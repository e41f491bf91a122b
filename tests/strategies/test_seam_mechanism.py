"""SEAM does what it is for: maps of a photo and of its rescaled self agree better than plain's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.data.scenes.discriminative_parts import CLASSES
from tag2mask.data.scenes.scene import draw_scene
from tag2mask.data.transforms import to_images
from tag2mask.models.classifiers import Classifier, ClassifierSpec
from tag2mask.strategies import create_strategy
from tag2mask.strategies.loading import build_classifier
from tag2mask.strategies.strategy import Step

SIZE, PHOTOS, HELD_OUT, BATCH, EPOCHS = (96, 128), 24, 12, 8, 8
RESCALED = 67, 90
"""0.7 times the size, which is another view than the one that is trained with."""


def scenes(first: int, count: int, classifier: Classifier) -> tuple[Tensor, Tensor]:
    """Draw scenes and their tags."""
    drawn = [draw_scene(first + index, size=SIZE) for index in range(count)]
    tags = torch.zeros(count, len(CLASSES))
    for row, scene in zip(tags, drawn, strict=True):
        row[list(scene.tags)] = 1
    backbone = classifier.backbone
    return to_images([s.image for s in drawn], backbone.pixel_mean, backbone.pixel_std), tags


def trained(name: str) -> Classifier:
    """Train for some steps, the same photos in the same order, from the same weights."""
    torch.manual_seed(0)
    spec = ClassifierSpec(
        backbone="efficientnet_lite0", output_stride=16, strategy=(name,), long_side=128,
        weights="pretrained", pretraining="ImageNet", classes=CLASSES,
    )
    classifier, strategy = build_classifier(spec, start=True), create_strategy([name])
    classifier.backbone.freeze(8)
    classifier.train()
    images, tags = scenes(0, PHOTOS, classifier)
    optimizer = torch.optim.AdamW([
        {"params": [p for p in classifier.backbone.parameters() if p.requires_grad], "lr": 4e-4},
        {"params": classifier.head.parameters(), "lr": 4e-3},
    ])
    for start in list(range(0, PHOTOS, BATCH)) * EPOCHS:
        batch, wanted = images[start : start + BATCH], tags[start : start + BATCH]
        features = classifier.features(batch)
        step = Step(classifier=classifier, images=batch, tags=wanted, features=features)
        optimizer.zero_grad()
        strategy.loss(step).backward()
        optimizer.step()
    return classifier.eval()


@torch.inference_mode()
def agreement(classifier: Classifier, first: int, count: int) -> float:
    """Correlate the evidence for photos' tags with that of smaller copies of them.

    Neither its scale nor how much of it is over 0 counts, so that silent maps agree with nothing.
    """
    images, tags = scenes(first, count, classifier)
    large = classifier.evidence(images)
    small = F.interpolate(
        images, RESCALED, mode="bilinear", align_corners=False, antialias=True
    )
    small = F.interpolate(
        classifier.evidence(small), large.shape[2:], mode="bilinear", align_corners=False
    )
    rows = [maps[tags > 0].flatten(1) for maps in (large, small)]
    rows = [row - row.mean(1, keepdim=True) for row in rows]
    return F.cosine_similarity(rows[0], rows[1]).mean().item()


@pytest.mark.slow
def test_maps_follow_the_photos_size_better_than_plain_ones() -> None:
    """Raw maps, clearly so of photos that were trained on, and of others too."""
    plain, seam = trained("plain"), trained("seam")
    own = agreement(seam, 0, PHOTOS) - agreement(plain, 0, PHOTOS)
    held_out = agreement(seam, PHOTOS, HELD_OUT) - agreement(plain, PHOTOS, HELD_OUT)
    assert own > 0.04
    assert held_out > 0.02
