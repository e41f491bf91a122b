"""Which encoder a network gets, and what it starts from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tag2mask.core.contracts import InputError
from tag2mask.models.classifiers import Classifier, ClassifierSpec
from tag2mask.models.segmenters.saving import build_segmenter
from tag2mask.run_folder.weights import write_weights
from tag2mask.strategies.loading import build_classifier
from tag2mask.training.networks import (
    Seen,
    Start,
    check_frozen,
    go_on_from,
    start_as_maps,
    start_network,
)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """Build one with ImageNet weights and a class layer as drawn."""
    spec = ClassifierSpec(
        backbone="efficientnet_lite0", output_stride=16, strategy=("plain",), long_side=80,
        weights="pretrained", pretraining="ImageNet", classes=("a", "b"),
    )
    torch.manual_seed(0)
    return build_classifier(spec, start=True).eval()


def start(classifier: Classifier, model: str, **changes: str) -> Start:
    """Build a network."""
    words = {"backbone": "", "weights": "none"} | changes
    return start_network(classifier, model=model, long_side=80, **words)


def test_over_the_classifiers_backbone_it_starts_from_its_weights(classifier: Classifier) -> None:
    """And keeps its statistics and stride."""
    begun = start(classifier, "unet")
    assert (begun.spec.backbone, begun.spec.output_stride) == ("efficientnet_lite0", 16)
    assert begun.trained
    assert begun.pretraining == "ImageNet"
    assert begun.network.encoder.fixed_statistics
    ours, theirs = begun.network.encoder.state_dict(), classifier.backbone.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


@pytest.mark.parametrize(("model", "backbone", "stride"), [
    ("hrnet_w18_small", "hrnet_w18_small", 4), ("hrnet_ocr", "hrnet_w18_small", 4),
    ("segnet", "vgg16_bn", 32),
])
def test_a_network_of_its_own_backbone_starts_from_nothing(
    classifier: Classifier, model: str, backbone: str, stride: int
) -> None:
    """Unless weights are asked for; and the protocol says so."""
    begun = start(classifier, model)
    assert (begun.spec.backbone, begun.spec.output_stride) == (backbone, stride)
    assert not begun.trained
    assert "scratch" in begun.pretraining
    assert not begun.network.encoder.fixed_statistics
    built = build_segmenter(begun.spec)
    built.load_state_dict(begun.network.state_dict())


def test_the_gate_starts_as_the_classifiers_tags(classifier: Classifier) -> None:
    """Over its backbone, whose features the class layer knows; over another one it starts open."""
    gate, layer = start(classifier, "unet").network.gate, classifier.head.class_weight
    assert gate is not None
    assert layer is not None
    torch.testing.assert_close(gate.layer.weight, layer.flatten(1))
    other = start(classifier, "unet", backbone="resnet18").network.gate
    assert other is not None
    assert not other.layer.weight.any()
    words = {"model": "unet", "backbone": "", "weights": "none", "long_side": 80}
    assert start_network(classifier, tag_gate=False, **words).network.gate is None  # type: ignore[arg-type]


def test_another_backbone_may_be_asked_for(classifier: Classifier) -> None:
    """By name."""
    assert start(classifier, "unet", backbone="resnet18").spec.backbone == "resnet18"
    with pytest.raises(InputError, match="resnet18"):
        start(classifier, "unet", backbone="resnet_18")


def test_it_begins_as_the_maps_of_the_classifier(classifier: Classifier) -> None:
    """Calibrated: at every cell the label is the class that scores over the background."""
    begun = start(classifier, "unet")
    images = torch.randn(1, 3, 64, 96)
    evidence = classifier.evidence(images).detach()
    masks = torch.zeros(1, 4, 6, dtype=torch.uint8)
    masks[0, 1:3, 2:4] = evidence[0, :, 1:3, 2:4].argmax(0) + 1

    feature = classifier.features(images)[-1].detach()
    start_as_maps(begun, classifier, lambda _: [Seen(feature, evidence, masks)])
    coarse = begun.network.coarse
    assert coarse is not None
    scores = coarse(begun.network.encoder(images)[-1])
    spread = scores[0, 1:] / evidence[0]
    expected = torch.full_like(spread, float(spread.detach().median()))
    torch.testing.assert_close(spread, expected, rtol=1e-3, atol=0)
    assert torch.equal(scores[0, 0], scores[0, 0, :1, :1].expand(4, 6))
    assert not begun.network.head.get_parameter("weight").any()


def test_of_another_head_it_begins_as_the_layer_nearest_to_its_maps(classifier: Classifier) -> None:
    """Here one that is linear after all, so that the layer is found again."""
    spec = replace(classifier.spec, strategy=("mdc:narrow",))
    torch.manual_seed(0)
    other = build_classifier(spec, start=True).eval()
    begun = start(other, "unet")
    features = torch.randn(40, 1280, 6, 8)
    layer = torch.randn(2, 1280, 1, 1)
    maps = torch.nn.functional.conv2d(features, layer)
    masks = maps.argmax(1).to(torch.uint8) + 1
    masks[maps.amax(1) < 0] = 0
    start_as_maps(begun, other, lambda _: [Seen(features, maps, masks)])
    assert begun.network.coarse is not None
    found = begun.network.coarse.weight[1:].flatten(1)
    likeness = torch.nn.functional.cosine_similarity(found, layer.flatten(1))
    assert (likeness > 0.99).all()


def test_without_a_coarse_path_it_begins_as_drawn(classifier: Classifier) -> None:
    """And nothing is asked of the classifier."""
    begun = start(classifier, "dilated")
    before = {key: value.clone() for key, value in begun.network.state_dict().items()}
    start_as_maps(begun, classifier, lambda _: pytest.fail("nothing to calibrate"))
    assert all(torch.equal(before[key], now) for key, now in begun.network.state_dict().items())


@pytest.mark.parametrize("blocks", ["all", -1])
def test_frozen_blocks_are_a_number_or_auto(blocks: int | str) -> None:
    """Nothing else."""
    check_frozen("auto")
    check_frozen(0)
    with pytest.raises(ValueError, match="frozen_blocks"):
        check_frozen(blocks)


def test_it_goes_on_from_a_network_of_the_same_form_alone(
    classifier: Classifier, tmp_path: Path
) -> None:
    """Any other network, and no file, leave it as it is."""
    file = tmp_path / "network.safetensors"
    own = start(classifier, "unet")
    assert not go_on_from(own, file)
    earlier = start(classifier, "unet").network.state_dict()
    earlier["head.bias"] = torch.full_like(earlier["head.bias"], 7.0)
    write_weights(file, earlier, {})
    assert go_on_from(own, file)
    assert torch.equal(own.network.state_dict()["head.bias"], earlier["head.bias"])
    assert not go_on_from(start(classifier, "fcn_8s"), file)
