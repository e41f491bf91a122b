"""The gate of a network is in its logits, and can be taken out where tags are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from tag2mask.models.backbones import create_backbone
from tag2mask.models.segmenters import Segmenter, create_segmenter
from tag2mask.prediction.argmax import upsampled_argmax
from tag2mask.prediction.export import export_onnx
from tag2mask.prediction.outputs import Logits, Output
from tag2mask.prediction.predictor import Predictor, View, decided
from tag2mask.prediction.runtimes import MODEL, WEIGHTS, load_runtime
from tag2mask.run_folder.segmenter_spec import SegmenterSpec
from tag2mask.run_folder.weights import write_weights

SPEC = SegmenterSpec(model="unet", backbone="efficientnet_lite0", output_stride=16, long_side=96,
                     classes=("cat", "dog"), tag_gate=True)


@pytest.mark.parametrize("classes", [(), (2,), (2, 0), (0, 1, 2), None])
def test_among_some_classes_the_others_do_not_count(classes: tuple[int, ...] | None) -> None:
    """As if their logits were minus infinity; the background always counts."""
    logits = np.random.default_rng(0).normal(size=(4, 9, 13)).astype(np.float32)
    without = logits.copy()
    without[[k + 1 for k in range(3) if classes is not None and k not in classes]] = -1e9
    found = decided(Logits(logits, np.zeros(3, np.float32)), (31, 45), classes)
    np.testing.assert_array_equal(found, upsampled_argmax(without, (31, 45)))


class Doubtful:
    """A network that sees a cat everywhere, and whose gate does not expect one."""

    def __call__(self, images: np.ndarray) -> Output:
        """Return logits of 1 for a cat and -1 for a dog, and what the gate adds."""
        tags = np.tile(np.array([-3, 5], np.float32), (len(images), 1))
        logits = np.zeros((len(images), 3, *images.shape[2:]), np.float32)
        logits[:, 1], logits[:, 2] = 1, -1
        return Output(logits + _added(tags), tags)


def _added(tags: np.ndarray) -> np.ndarray:
    passing = torch.nn.functional.logsigmoid(torch.from_numpy(tags)).numpy()
    return np.concatenate([np.zeros((len(tags), 1), np.float32), passing], 1)[..., None, None]


@pytest.mark.parametrize("view", [View(), View(scales=(1, 1.5), flip=True), View(long_side=1200)])
def test_a_known_tag_needs_no_gate(view: View) -> None:
    """Alone the photo is background; tagged as a cat it is one, at any scale and in tiles."""
    photo, network = np.zeros((96, 120, 3), np.uint8), Predictor(Doubtful(), SPEC, view)
    if view.long_side:
        photo = np.zeros((1000, 1200, 3), np.uint8)
    assert not network.predict(photo).any()
    assert (network.predict(photo, (0,)) == 1).all()
    assert not network.predict(photo, (1,)).any()


def _gated() -> Segmenter:
    """Draw a network whose gate does not expect the second class."""
    torch.manual_seed(0)
    encoder = create_backbone(SPEC.backbone, output_stride=16)
    network = create_segmenter("unet", num_labels=3, encoder=encoder, tag_gate=True).eval()
    assert network.gate is not None
    torch.nn.init.normal_(network.gate.layer.weight, std=0.1)
    torch.nn.init.constant_(network.gate.layer.bias, -2.0)
    return network


def test_all_runtimes_return_tags(tmp_path: Path) -> None:
    """ONNX Runtime and torch say the same, and without the gate logits are as of one without."""
    network, images = _gated(), torch.randn(2, 3, 64, 96)
    write_weights(tmp_path / WEIGHTS, network.state_dict(), SPEC.to_header())
    bare = _gated()
    bare.gate = None
    with torch.inference_mode():
        wanted = bare(images).numpy()
    export_onnx(network, tmp_path / MODEL, SPEC.to_header())
    for name in ("onnx", "torch"):
        found = load_runtime(tmp_path, name)[0](images.numpy())
        assert found.tags is not None
        assert found.tags.shape == (2, 2)
        open_gate = Logits(found.logits[1], found.passing[1]).among(np.arange(3))
        np.testing.assert_allclose(open_gate, wanted[1], atol=1e-4)


def test_bfloat16_gives_tags_too(tmp_path: Path) -> None:
    """In float32, as NumPy has no bfloat16; nearly those of float32."""
    network, images = _gated(), np.random.default_rng(0).normal(size=(1, 3, 64, 96))
    write_weights(tmp_path / WEIGHTS, network.state_dict(), SPEC.to_header())
    exact, rounded = (load_runtime(tmp_path, name)[0](images.astype(np.float32))
                      for name in ("torch", "torch_bfloat16"))
    assert exact.tags is not None
    assert rounded.tags is not None
    assert rounded.tags.dtype == np.float32
    np.testing.assert_allclose(rounded.tags, exact.tags, atol=0.1)


def test_logits_are_the_first_output_of_an_exported_network(tmp_path: Path) -> None:
    """So programs that read one output read what they have always read."""
    export_onnx(_gated(), tmp_path / MODEL, {})
    session = onnxruntime.InferenceSession(
        tmp_path / MODEL, providers=["CPUExecutionProvider"])
    assert [(one.name, one.shape[:2]) for one in session.get_outputs()] == [
        ("logits", ["batch", 3]), ("tags", ["batch", 2])]
