"""The exported network computes what the network computes, at any size, or is not written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.conv_norm import ConvNorm
from tag2mask.models.backbones.onnx_graph import OPSET
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
    agree(*exported, shape)


def agree(network: nn.Module, path: Path, shape: tuple[int, int, int]) -> None:
    """Hold that a file computes what the network does, for a batch of rows and columns of cells."""
    batch, rows, columns = shape
    images = torch.randn(batch, 3, rows * GRID, columns * GRID)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(["logits"], {"images": images.numpy()})[0]
    with torch.inference_mode():
        np.testing.assert_allclose(found, network(images).numpy(), rtol=1e-4, atol=1e-5)


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


def test_the_file_states_its_operators_and_labels(exported: tuple[nn.Module, Path]) -> None:
    """Only standard operators, of a set that other languages' runtimes have too."""
    model = onnx.load(exported[1])
    assert [(one.domain, one.version) for one in model.opset_import] == [("", OPSET)]
    assert not any(node.domain for node in model.graph.node)
    shape = [dim.dim_param or dim.dim_value for dim in
             model.graph.output[0].type.tensor_type.shape.dim]
    assert shape == ["batch", 3, "height", "width"]
    onnx.checker.check_model(model)


def test_padding_and_crops_are_not_steps_of_their_own(tmp_path: Path) -> None:
    """Images that need no padding are not padded, and strided convolutions pad by themselves."""
    torch.manual_seed(0)
    encoder = create_backbone("efficientnet_lite0", output_stride=16)
    export_onnx(create_segmenter("unet", num_labels=3, encoder=encoder), tmp_path / "m.onnx", {})
    graph = onnx.load(tmp_path / "m.onnx").graph
    made = {name: node.op_type for node in graph.node for name in node.output}
    assert "Pad" not in made.values()
    sliced = {made[node.input[0]] for node in graph.node if node.op_type == "Slice"}
    assert sliced <= {"Shape"}


def test_a_wrong_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the exporter had made a mistake; nothing is left of it."""
    trace, other = export._by_tracing, Tiny(seed=1).eval()
    monkeypatch.setattr(export, "EXPORTERS", (lambda _: trace(other),))
    with pytest.raises(ExportError, match="differ by"):
        export_onnx(Tiny(), tmp_path / "model.onnx", {})
    assert not list(tmp_path.iterdir())


def test_a_network_that_gives_no_numbers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nan is not a small difference."""
    network = Tiny()
    assert network.head.bias is not None
    network.head.bias.data[0] = float("nan")
    monkeypatch.setattr(export, "EXPORTERS", export.EXPORTERS[:1])
    with pytest.raises(ExportError, match="differ by nan"):
        export_onnx(network, tmp_path / "model.onnx", {})


class Fixed(Tiny):
    """A network that computes with the width of its images outside torch."""

    def forward(self, images: Tensor) -> Tensor:
        """Divide by the width."""
        return super().forward(images) / float(int(images.shape[3]))


def failing(_: nn.Module) -> onnx.ModelProto:
    """Be an exporter that does not support the network."""
    raise RuntimeError("no such operator\nas aten::odd")


def test_what_no_exporter_can_do_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence with the reason of each, and what to set; tracing alone would be wrong."""
    monkeypatch.setattr(export, "EXPORTERS", (export.EXPORTERS[0], failing))
    why = r"differ by .*; RuntimeError: no such operator\);"
    with pytest.raises(InputError, match=why) as said:
        export_onnx(Fixed(), tmp_path / "model.onnx", {})
    assert "segment.onnx=false" in str(said.value)
    assert "\n" not in str(said.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("first", [failing, lambda _: export._by_tracing(Tiny(seed=1).eval())])
def test_the_next_exporter_is_used_where_one_fails_or_is_wrong(
    first: Callable[[nn.Module], onnx.ModelProto], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is as good."""
    network = Tiny()
    monkeypatch.setattr(export, "EXPORTERS", (first, export._by_tracing))
    export_onnx(network, tmp_path / "model.onnx", {})
    agree(network, tmp_path / "model.onnx", (3, 1, 5))


def test_the_newer_exporter_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a later version of torch, which will have no other."""
    network, export_of_torch = Tiny(), torch.onnx.export

    def without_older(*given: object, dynamo: bool = True, **named: object) -> object:
        if not dynamo:
            raise TypeError("export() got an unexpected keyword argument 'dynamo'")
        return export_of_torch(*given, dynamo=True, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(torch.onnx, "export", without_older)
    export_onnx(network, tmp_path / "model.onnx", {"a": "b"})
    agree(network, tmp_path / "model.onnx", (3, 1, 5))
    assert [one.version for one in onnx.load(tmp_path / "model.onnx").opset_import] == [OPSET + 1]


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
