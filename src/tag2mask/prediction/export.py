"""Export a network to ONNX for any batch size, height and width, checked against torch."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from tag2mask.core.files import atomic_path
from tag2mask.core.profiling import EXPORT, work
from tag2mask.models.backbones.conv_norm import ConvNorm, fold_all
from tag2mask.prediction.runtimes import GRID

_TOLERANCE = 1e-3
_CHATTY = ("onnxscript", "torch.onnx._internal.exporter._registration")


class ExportError(Exception):
    """The exported network does not agree with the network."""


def export_onnx(network: nn.Module, path: Path, about: dict[str, str]) -> None:
    """Write `network` as ONNX: input `images` (B, 3, H, W), output `logits` (B, K + 1, H, W).

    Height and width are any multiples of `GRID`. The file is only written if it agrees with
    torch on a size other than the traced one.

    Args:
        network: the network on the CPU, in float32; set to evaluation mode.
        path: path that ends in `.onnx`.
        about: metadata of the file.

    Raises:
        ExportError: the results of ONNX Runtime and torch disagree.
    """
    network.eval()
    fold_all(network)
    network.requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.ReLU | ConvNorm):
            module.inplace = False  # in-place operators double the time of torch.export
    with atomic_path(path) as temporary, work(EXPORT):
        _trace(network, temporary)
        model = onnx.load(temporary)
        _forget_origin(model)
        onnx.helper.set_model_props(model, about)
        onnx.save(model, temporary)
        _check(network, temporary)


def _trace(network: nn.Module, path: Path) -> None:
    side = torch.export.Dim("h", min=1, max=512), torch.export.Dim("w", min=1, max=512)
    batch = torch.export.Dim("batch", min=1, max=4096)
    shapes = ({0: batch, 2: GRID * side[0], 3: GRID * side[1]},)
    example = torch.zeros(2, 3, 3 * GRID, 4 * GRID)
    with _only_errors():
        torch.onnx.export(
            network, (example,), path, input_names=["images"], output_names=["logits"],
            dynamic_shapes=shapes, dynamo=True, external_data=False, verbose=False, optimize=True,
        )


def _forget_origin(model: onnx.ModelProto) -> None:
    """Remove the exporter's metadata, which names local files and differs between runs."""
    model.graph.ClearField("metadata_props")
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")


@contextmanager
def _only_errors() -> Iterator[None]:
    """Suppress messages of the exporter that are irrelevant to users."""
    loggers = [logging.getLogger(name) for name in _CHATTY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check(network: nn.Module, path: Path) -> None:
    images = torch.randn(1, 3, 5 * GRID, 2 * GRID, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        wanted = network(images).numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(None, {"images": images.numpy()})[0]
    difference = float(np.abs(found - wanted).max() / max(1.0, float(np.abs(wanted).max())))
    if not difference <= _TOLERANCE:  # it must not be nan either
        raise ExportError(f"ONNX and torch differ by {difference:.2g} of the largest logit.")
