"""Weights load strictly; a head for other labels goes only where that was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BackboneModule, create_backbone
from tag2mask.models.segmenters import create_segmenter

NAMES = ("unet", "fcn_8s", "hrnet_ocr", "dilated_aspp", "segnet")


def encoder(name: str) -> BackboneModule:
    """Build a small one that suits the network."""
    if name.startswith("hrnet"):
        return create_backbone("hrnet_w18_small")
    return create_backbone("vgg16_bn_quarter", output_stride=32)


@pytest.mark.parametrize("name", NAMES)
def test_weights_come_back(name: str, tmp_path: Path) -> None:
    """From a file as from a state dict, and the network computes the same."""
    first = create_segmenter(name, num_labels=4, encoder=encoder(name)).eval()
    save_file(first.state_dict(), tmp_path / "weights.safetensors")
    images = torch.randn(1, 3, 40, 70)
    for weights in (tmp_path / "weights.safetensors", first.state_dict()):
        second = create_segmenter(
            name, num_labels=4, encoder=encoder(name), weights=weights
        ).eval()
        torch.testing.assert_close(second(images), first(images))


@pytest.mark.parametrize("name", NAMES)
def test_another_number_of_labels_needs_a_word(name: str) -> None:
    """With it everything but the head is taken over."""
    state = create_segmenter(name, num_labels=4, encoder=encoder(name)).state_dict()
    with pytest.raises(InputError, match="another number of labels; say drop_head=True"):
        create_segmenter(name, num_labels=6, encoder=encoder(name), weights=state)
    network = create_segmenter(
        name, num_labels=6, encoder=encoder(name), weights=state, drop_head=True
    )
    assert network.eval()(torch.zeros(1, 3, 32, 40)).shape == (1, 6, 32, 40)
    found = network.state_dict()
    same = [key for key, value in found.items() if value.shape == state[key].shape]
    assert len(same) > 0.8 * len(found)
    assert all(torch.equal(found[key], state[key]) for key in same)


def test_weights_of_another_network_are_refused() -> None:
    """Also where the head is dropped."""
    state = create_segmenter("fcn_8s", num_labels=4, encoder=encoder("fcn_8s")).state_dict()
    for drop_head in (True, False):
        with pytest.raises(InputError, match="lacks the tensor"):
            create_segmenter("segnet", num_labels=4, encoder=encoder("segnet"), weights=state,
                             drop_head=drop_head)
