"""The exported network computes what the network computes, at any size, or is not written."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.conv_norm import ConvNorm
from tag2mask.models.segmenters import create_segmenter
from tag2mask.prediction import export
from tag2mask.prediction.export import ExportError, export_onnx
from tag2mask.prediction.runtimes import GRID


class Tiny(nn.Module):
    """A network with everything that an export can trip over, and three labels."""

    def __init__(self, seed: int = 0) -> None:
        """Draw the weights."""
        super().__init__()
        torch.manual_seed(seed)
        self.down = ConvNorm(3, 4, kernel=3, stride=2)
        self.deep = ConvNorm(4, 4, kernel=3, stride=2, depthwise=True)
        self.head = nn.Conv2d(4, 3, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Go down and up again, and crop what is too much."""
        deep = self.deep(self.down(images))
        logits = self.head(deep[..., : -(-images.shape[2] // 4), : -(-images.shape[3] // 4)])
        return nn.functional.interpolate(logits, images.shape[-2:], mode="bilinear")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    """The tiny network and its file."""
    network, path = Tiny(), tmp_path_factory.mktemp("onnx") / "model.onnx"
    export_onnx(network, path, {"classes": "cat\ndög"})
    return network, path


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 4, 1), (3, 1, 5), (2, 3, 4)])
def test_it_agrees_with_torch_at_any_size(
    exported: tuple[nn.Module, Path], shape: tuple[int, int, int]
) -> None:
    """Any batch, and any multiple of the grid."""
    network, path = exported
    batch, rows, columns = shape
    images = torch.randn(batch, 3, rows * GRID, columns * GRID)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(["logits"], {"images": images.numpy()})[0]
    with torch.inference_mode():
        np.testing.assert_allclose(found, network(images).numpy(), rtol=1e-3, atol=1e-4)


def test_the_file_is_whole_and_says_what_it_is(exported: tuple[nn.Module, Path]) -> None:
    """One file, no weights beside it."""
    _, path = exported
    assert [file.name for file in path.parent.iterdir()] == ["model.onnx"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map == {"classes": "cat\ndög"}


def test_the_file_does_not_tell_where_it_was_made(exported: tuple[nn.Module, Path]) -> None:
    """No paths of this machine, and no notes of the exporter's, whose order is never the same."""
    _, path = exported
    graph = onnx.load(path).graph
    assert not graph.metadata_props
    assert not any(node.metadata_props or node.doc_string for node in graph.node)
    assert __file__.encode() not in path.read_bytes()


def test_a_wrong_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the exporter had made a mistake; nothing is left of it."""
    trace, other = export._trace, Tiny(seed=1).eval()
    monkeypatch.setattr(export, "_trace", lambda network, path: trace(other, path))
    with pytest.raises(ExportError, match="differ by"):
        export_onnx(Tiny(), tmp_path / "model.onnx", {})
    assert not list(tmp_path.iterdir())


def test_a_network_that_gives_no_numbers_is_refused(tmp_path: Path) -> None:
    """Nan is not a small difference."""
    network = Tiny()
    assert network.head.bias is not None
    network.head.bias.data[0] = float("nan")
    with pytest.raises(ExportError, match="differ by nan"):
        export_onnx(network, tmp_path / "model.onnx", {})


def test_it_is_quiet_and_leaves_the_loggers_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    """What the exporter tells its own developers is not for a user."""
    noisy = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = noisy.level
    export_onnx(Tiny(), tmp_path / "model.onnx", {})
    told = capfd.readouterr()
    assert told.out + told.err == ""
    assert not [record for record in caplog.records if record.levelno >= logging.INFO]
    assert not recwarn.list
    assert noisy.level == before


@pytest.mark.slow
def test_the_default_network_exports(tmp_path: Path) -> None:
    """U-Net over EfficientNet-Lite0; the check is inside."""
    for stride in (8, 16, 32):
        encoder = create_backbone("efficientnet_lite0", output_stride=stride)
        network = create_segmenter("unet", num_labels=4, encoder=encoder)
        export_onnx(network, tmp_path / f"{stride}.onnx", {})
        assert (tmp_path / f"{stride}.onnx").stat().st_size > 2**20
