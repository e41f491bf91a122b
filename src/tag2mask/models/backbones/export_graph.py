"""The ONNX graph of a backbone, for any batch size and image size."""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper

from tag2mask.core.contracts import InputError
from tag2mask.core.onnx_sessions import session_options
from tag2mask.models.backbones.module import BackboneModule


def graph_of(backbone: BackboneModule) -> bytes:
    """Export a backbone: input `images` (B, 3, H, W), one output per feature.

    Args:
        backbone: on the CPU, in evaluation mode. H and W are multiples of its `pads_to`.

    Raises:
        InputError: one graph does not fit all image sizes.
    """
    if backbone.pads_to is None:
        raise InputError(f"A {type(backbone).__name__} depends on the size of the photos, so it "
                         "cannot be exported for all sizes; use the runtime eager.")
    with tempfile.TemporaryDirectory() as folder:
        traced, simplified = (Path(folder) / name for name in ("traced.onnx", "simplified.onnx"))
        _trace(backbone, traced)
        _simplify(traced, simplified)
        model = onnx.load(simplified)
    _merge_padding(model.graph)
    content: bytes = model.SerializeToString()
    return content


def _trace(backbone: BackboneModule, file: Path) -> None:
    side = 2 * max(32, backbone.pads_to or 1)
    names = [f"feature_{index}" for index in range(len(backbone.channels))]
    sizes = {name: {0: "batch", 2: f"{name}_h", 3: f"{name}_w"} for name in ("images", *names)}
    # The dynamo exporter takes 15 s for the same graph, longer than it saves on a small data set.
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            backbone, (torch.zeros(2, 3, side, side + side // 2),), file, input_names=["images"],
            output_names=names, dynamic_axes=sizes, dynamo=False,
        )


def _simplify(traced: Path, simplified: Path) -> None:
    """Evaluate everything that does not depend on the images, such as widths of padding."""
    options = session_options(1)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(simplified)
    onnxruntime.InferenceSession(traced, options, providers=["CPUExecutionProvider"])


def _merge_padding(graph: onnx.GraphProto) -> None:
    """Merge zero padding into the convolution that follows it.

    Padding is the only step of EfficientNet-Lite that ONNX Runtime does not compute in its own
    memory layout, and the conversions took a fifth of the time.
    """
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    uses = _uses(graph)
    paddings = {node.output[0]: node for node in graph.node
                if node.op_type == "Pad" and _is_spatial(node, constants)}
    for node in graph.node:
        padding = paddings.get(node.input[0]) if node.op_type == "Conv" else None
        if padding and uses[node.input[0]] == 1:
            _, _, top, left, _, _, bottom, right = constants[padding.input[1]].tolist()
            _add_padding(node, (top, left, bottom, right))
            node.input[0] = padding.input[0]
            graph.node.remove(padding)
    used = _uses(graph)
    for unused in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(unused)


def _uses(graph: onnx.GraphProto) -> Counter[str]:
    uses = Counter(name for node in graph.node for name in node.input)
    uses.update(output.name for output in graph.output)
    return uses


def _add_padding(node: onnx.NodeProto, more: tuple[int, int, int, int]) -> None:
    """Add zeros above, left, below and right of the input of a convolution."""
    own = next((one for one in node.attribute if one.name == "pads"), None)
    total = [a + b for a, b in zip(more, own.ints if own else (0,) * 4, strict=True)]
    if own:
        node.attribute.remove(own)
    node.attribute.append(helper.make_attribute("pads", total))


def _is_spatial(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> bool:
    """Return whether a Pad adds a constant number of zeros to height and width only."""
    mode = next((one.s for one in node.attribute if one.name == "mode"), b"constant")
    widths = constants.get(node.input[1])
    value = constants.get("".join(node.input[2:3]), np.zeros(1))
    return bool(
        mode == b"constant" and widths is not None and len(node.input) < 4 and (value == 0).all()
        and len(widths) == 8 and min(widths) >= 0 and not any(widths[i] for i in (0, 1, 4, 5))
    )
