"""Steps that bring something of their own: saliency, class-agnostic masks, superpixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.sharpening import create_sharpener
from tag2mask.sharpening.class_agnostic import share_means, vote
from tag2mask.sharpening.saliency import Saliency

CPU = torch.device("cpu")


def photo_and_scores() -> tuple[np.ndarray, np.ndarray]:
    """Draw a bright square, and a map that covers its middle and spills over."""
    photo = np.full((30, 44, 3), 30, np.uint8)
    photo[8:22, 12:32] = 230
    scores = np.zeros((2, 30, 44), np.float32)
    scores[0], scores[1] = 0.5, 0.3
    scores[1, 10:20, 16:36] = 0.7
    return photo, scores


def test_saliency_of_a_folder(tmp_path: Path) -> None:
    """What stands out wins, at any size of the picture; a photo without one is left and counted."""
    photo, scores = photo_and_scores()
    (tmp_path / "deep").mkdir()
    Image.fromarray((photo[::2, ::2, 0] > 100).astype(np.uint8) * 255).save(
        tmp_path / "deep" / "p1.png")
    step = create_sharpener("saliency", str(tmp_path))
    sharp = step(photo, scores, device=CPU, name="p1")
    assert sharp.shape == scores.shape
    assert sharp.dtype == np.float32
    assert (sharp[1] > sharp[0])[10:20, 14:30].all()
    assert not (sharp[1] > sharp[0])[:, 34:].any()
    assert step(photo, scores, device=CPU, name="p2") is scores
    (tmp_path / "p3.png").write_bytes(b"no picture")
    assert step(photo, scores, device=CPU, name="a/p3") is scores
    assert isinstance(step, Saliency)
    assert step.missing == {"p2", "a/p3"}


def test_saliency_of_a_network(tmp_path: Path) -> None:
    """One that reads the brightness: 1 x 3 x 320 x 320 in, 1 x 1 x 320 x 320 out."""
    shapes = [[1, 3, 320, 320], [1, 1, 320, 320]]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=1)], "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shapes[0])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shapes[1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "net.onnx")
    photo, scores = photo_and_scores()
    sharp = create_sharpener("saliency", str(tmp_path / "net.onnx"))(photo, scores, device=CPU)
    assert (sharp[1] > sharp[0])[10:20, 14:30].all()
    assert not (sharp[1] > sharp[0])[:, 36:].any()


@pytest.mark.parametrize("source", ["nowhere", "no/such.onnx"])
def test_a_source_that_is_not_there_is_told(source: str) -> None:
    """With the setting."""
    photo, scores = photo_and_scores()
    with pytest.raises(InputError, match=r"sharpen\.saliency"):
        create_sharpener("saliency", source)(photo, scores, device=CPU)


def test_a_file_that_is_no_network_is_told(tmp_path: Path) -> None:
    """By its name."""
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    photo, scores = photo_and_scores()
    with pytest.raises(InputError, match=r"bad\.onnx is no ONNX network"):
        create_sharpener("saliency", str(tmp_path / "bad.onnx"))(photo, scores, device=CPU)


def test_masks_take_the_class_they_lie_in(tmp_path: Path) -> None:
    """The square's outline becomes the class's; a mask of something else changes nothing."""
    photo, scores = photo_and_scores()
    masks = np.zeros((2, 30, 44), bool)
    masks[0, 8:22, 12:32] = True
    masks[1, :4] = True
    voted = vote(scores, masks)
    np.testing.assert_array_equal(voted[1] > voted[0], masks[0])
    np.savez(tmp_path / "p1.npz", masks=masks[:, ::2, ::2])
    step = create_sharpener("class_agnostic", str(tmp_path))
    sharp = step(photo, scores, device=CPU, name="p1")
    assert ((sharp[1] > sharp[0]) == masks[0]).mean() > 0.95
    assert step(photo, scores, device=CPU, name="other") is scores
    (tmp_path / "p2.npz").write_bytes(b"no archive")
    assert step(photo, scores, device=CPU, name="p2") is scores
    with pytest.raises(InputError, match=r"sharpen\.masks"):
        create_sharpener("class_agnostic", "nowhere")(photo, scores, device=CPU)


def test_what_lies_beyond_a_vote_keeps_its_order() -> None:
    """What the class covered still comes before what it hardly did not."""
    scores = np.full((2, 12, 20), 0.5, np.float32)
    scores[1] = np.linspace(1, 0.2, 20)
    masks = np.zeros((1, 12, 20), bool)
    masks[0, :, :8] = True
    voted = vote(scores, masks)
    assert (voted[1, :, :8] >= 0.55).all()
    assert (voted[1, :, 8:] < voted[0, :, 8:]).all()
    assert (np.diff(voted[1, 0, 8:]) < 0).all()


def test_masks_of_a_small_part_do_not_take_the_rest_away() -> None:
    """As where of a horse only the eye has a mask."""
    scores = np.full((2, 12, 20), 0.5, np.float32)
    scores[1, :, :14] = 0.8
    masks = np.zeros((1, 12, 20), bool)
    masks[0, 2:4, 2:4] = True
    np.testing.assert_array_equal(vote(scores, masks), scores)


def test_masks_share_their_means(tmp_path: Path) -> None:
    """The smaller of two masks is a region of its own; beside them nothing changes."""
    photo, scores = photo_and_scores()
    masks = np.zeros((2, 30, 44), bool)
    masks[0, 8:22, 12:32] = True
    masks[1, :25] = True
    shared = share_means(scores, masks)
    inner, outer = masks[0], masks[1] & ~masks[0]
    np.testing.assert_allclose(shared[1][inner], scores[1][inner].mean(), rtol=1e-5)
    np.testing.assert_allclose(shared[1][outer], scores[1][outer].mean(), rtol=1e-5)
    np.testing.assert_array_equal(shared[:, 25:], scores[:, 25:])
    np.savez(tmp_path / "p1.npz", masks=masks)
    step = create_sharpener("class_agnostic:means", str(tmp_path))
    np.testing.assert_array_equal(step(photo, scores, device=CPU, name="p1"), shared)
    np.savez(tmp_path / "p2.npz", masks=masks[:0])
    assert step(photo, scores, device=CPU, name="p2") is scores


def test_two_classes_share_the_masks() -> None:
    """Each mask goes to the class that fills it most; a class without one keeps its scores."""
    scores = np.full((4, 20, 30), 0.1, np.float32)
    scores[0] = 0.5
    scores[1, 2:10, 2:12] = 0.8
    scores[2, 2:10, 12:20] = 0.9
    scores[3, 15:18, 20:26] = 0.9
    masks = np.zeros((2, 20, 30), bool)
    masks[0, 2:12, 2:12], masks[1, 2:12, 12:20] = True, True
    labels = vote(scores, masks).argmax(0)
    assert (labels[2:12, 2:12] == 1).all()
    assert (labels[2:12, 12:20] == 2).all()
    assert (labels[15:18, 20:26] == 3).all()


@pytest.mark.parametrize("name", ["superpixels", "superpixels:slic"])
def test_superpixels_share_their_scores(name: str) -> None:
    """So that the map ends where the square does; sums stay as they are."""
    pytest.importorskip("skimage")
    photo, scores = photo_and_scores()
    sharp = create_sharpener(name)(photo, scores, device=CPU)
    assert sharp.sum() == pytest.approx(scores.sum(), rel=1e-4)
    found = sharp[1] > sharp[0]
    square = photo[..., 0] > 100
    assert (found & square).sum() / (found | square).sum() > 0.5
