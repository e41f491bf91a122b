"""Masks without classes: the grid, the filters, and transformers' SAM on a tiny one at random."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_sam import save_tiny_sam
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.sharpening.proposals import Proposals, grid, unlike
from tag2mask.sharpening.sam import load_sam

CPU = torch.device("cpu")


class Squares:
    """Stands in for a SAM: at each point the square that the point lies in, and a worse one.

    The photo of 30 x 50 pixels fills 38 x 64 of its 64: squares are told in that.
    """

    side = 64

    def __init__(self) -> None:
        """Know two squares, (top, left, bottom, right) in the network's pixels."""
        self.asked = 0
        self.squares = [(4, 4, 20, 28), (16, 40, 36, 60)]

    def embed(self, images: Tensor) -> Tensor:
        """Hold on to what was given."""
        assert images.shape == (1, 3, 64, 64)
        assert not images[:, :, 38:].any()
        return images

    def decode(self, embedding: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Give logits at 16 x 16."""
        self.asked += len(points)
        logits = torch.full((len(points), 2, 16, 16), -99.0)
        expected = torch.zeros(len(points), 2)
        for row, (x, y) in enumerate(points.tolist()):
            for top, left, bottom, right in self.squares:
                if top <= y < bottom and left <= x < right:
                    logits[row, :, top // 4 : bottom // 4, left // 4 : right // 4] = 99.0
                    expected[row] = torch.tensor([0.9, 0.5])
        return logits, expected


def test_every_object_is_found_once() -> None:
    """At its place in the photo, not in the square that the network reads."""
    photo = np.full((30, 50, 3), 200, np.uint8)
    masks = Proposals(network=Squares(), points=8)(photo, device=CPU)
    assert masks.shape == (2, 30, 50)
    assert masks.dtype == bool
    for top, left, bottom, right in [(4, 4, 20, 28), (16, 40, 36, 60)]:
        truth = np.zeros((30, 50), bool)
        truth[round(top * 30 / 38) : round(bottom * 30 / 38),
              round(left * 50 / 64) : round(right * 50 / 64)] = True
        overlap = [(mask & truth).sum() / (mask | truth).sum() for mask in masks]
        assert max(overlap) > 0.8


def test_points_in_a_mask_are_not_asked_again() -> None:
    """The coarse grid comes first, and every point once."""
    points = grid(8)
    assert len(np.unique(points, axis=0)) == 64
    np.testing.assert_allclose(points[:4], [[5, 5], [5, 13], [13, 5], [13, 13]] / np.array(16))
    network = Squares()
    Proposals(network=network, points=16)(np.zeros((30, 50, 3), np.uint8), device=CPU)
    assert network.asked < 256 - 20


def test_what_is_not_sure_or_not_stable_is_left_out() -> None:
    """Down to none."""
    photo = np.full((30, 50, 3), 200, np.uint8)
    assert len(Proposals(network=Squares(), points=8, least_iou=0.95)(photo, device=CPU)) == 0
    network = Squares()
    decode = network.decode

    def flat(embedding: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        logits, expected = decode(embedding, points)
        return logits / 200, expected  # all within the margin

    network.decode = flat  # type: ignore[method-assign]
    assert Proposals(network=network, points=8)(photo, device=CPU).shape == (0, 30, 50)


def test_the_masks_of_large_photos_are_small() -> None:
    """Of the long side that was asked for, the aspect kept; thin photos have masks too."""
    sizes = {(60, 100): (12, 20), (100, 60): (20, 12), (1, 50): (1, 20)}
    for size, wanted in sizes.items():
        class_free = Proposals(network=Tall(), points=2, long_side=20)
        assert class_free(np.zeros((*size, 3), np.uint8), device=CPU).shape[1:] == wanted


class Tall(Squares):
    """Takes photos of any size."""

    def embed(self, images: Tensor) -> Tensor:
        """Hold on to what was given."""
        return images


def test_of_those_alike_the_better_stays() -> None:
    """By their pixels; a ring and its inside are not alike, though their boxes nearly are."""
    masks = np.zeros((4, 20, 30), bool)
    masks[0, 2:12, 2:12] = True
    masks[1, 2:12, 2:13] = True
    masks[2, 1:13, 1:13] = ~masks[0, 1:13, 1:13]
    kept = unlike(masks, np.array([0.8, 0.9, 0.7, 0.6]), 0.7)
    np.testing.assert_array_equal(kept, masks[[1, 2, 3]])
    assert unlike(masks[:0], np.zeros(0), 0.7).shape == (0, 20, 30)


@pytest.fixture(scope="module")
def tiny_sam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a SAM of 64 pixels, drawn at random."""
    return save_tiny_sam(tmp_path_factory.mktemp("sam"))


def test_a_network_of_transformers(tiny_sam: Path) -> None:
    """Is read from a folder, gives its three masks at a point, and the same at every start."""
    photo = np.random.default_rng(0).integers(0, 255, (30, 44, 3)).astype(np.uint8)
    found = []
    for _ in range(2):
        network = load_sam(str(tiny_sam), CPU)
        assert network.side == 64
        with torch.inference_mode():
            logits, expected = network.decode(
                network.embed(torch.zeros(1, 3, 64, 64)), torch.tensor([[3.0, 9.0], [40.0, 2.0]]))
        assert logits.shape == (2, 3, 32, 32)
        assert expected.shape == (2, 3)
        every = Proposals(
            network=network, points=3, least_iou=-99, least_stability=0, most_alike=0.9)
        found.append(every(photo, device=CPU))
    assert found[0].shape[1:] == (30, 44)
    assert len(found[0])
    np.testing.assert_array_equal(*found)


def test_what_is_no_sam_is_told(tiny_sam: Path, tmp_path: Path) -> None:
    """No folder, a folder of something else, and weights that are not all there."""
    with pytest.raises(InputError, match=r"no folder and no OWNER/REPO"):
        load_sam("nowhere", CPU)
    with pytest.raises(InputError, match=r"holds no SAM"):
        load_sam(str(tmp_path), CPU)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (tmp_path / "model.safetensors").write_bytes((tiny_sam / "model.safetensors").read_bytes())
    with pytest.raises(InputError, match=r"holds no SAM"):
        load_sam(str(tmp_path), CPU)
    (tmp_path / "config.json").write_bytes((tiny_sam / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"holds no SAM"):
        load_sam(str(tmp_path), CPU)


def test_pickled_weights_are_not_read(tiny_sam: Path, tmp_path: Path) -> None:
    """Though transformers could."""
    (tmp_path / "config.json").write_bytes((tiny_sam / "config.json").read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_sam(str(tmp_path), CPU)


def test_a_hub_that_may_not_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names the way without it."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match=r"sharpen\.masks=sam:FOLDER"):
        load_sam("facebook/sam-vit-base", CPU)


def test_without_transformers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of an import error."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"tag2mask\[foundation\]"):
        load_sam("facebook/sam-vit-base", CPU)
