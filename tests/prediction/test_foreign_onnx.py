"""A model.onnx with other inputs or outputs is refused before any photo is read."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from tag2mask.core.contracts import InputError
from tag2mask.prediction.runtimes import MODEL, load_runtime
from tag2mask.run_folder.segmenter_spec import SegmenterSpec

ABOUT = {"model": "unet", "backbone": "efficientnet_lite0", "output_stride": "32",
         "long_side": "64", "classes": "cat\ndog", "tag_gate": "false"}


def write(folder: Path, *, name: str = "images", sides: tuple[object, object] = ("h", "w"),
          labels: int = 3, rank: int = 4, more: str = "") -> None:
    """Write a network of one convolution of 1 x 1."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [labels, 3, 1, 1], [0.1] * (3 * labels))
    nodes = [helper.make_node("Conv", [name, "w"], ["conv"]),
             helper.make_node("ReduceMax", ["conv"], ["logits"], axes=[2, 3], keepdims=0)
             if rank == 2 else helper.make_node("Identity", ["conv"], ["logits"])]
    shape = ["batch", labels, *sides][:rank]
    nodes += [helper.make_node("Identity", ["conv"], [more])] if more else []
    outputs = [helper.make_tensor_value_info(one, TensorProto.FLOAT, shape)
               for one in ("logits", more) if one]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3, *sides])],
        outputs, [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in ABOUT.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    folder.mkdir(parents=True)
    onnx.save(model, str(folder / MODEL))


@pytest.mark.parametrize(("changes", "why"), [
    ({"name": "input"}, "its inputs are input tensor"),
    ({"sides": (64, 64)}, "not of any size"),
    ({"labels": 7}, "not one for each of 3 labels"),
    ({"rank": 2}, "not one for each of 3 labels"),
    ({"more": "aux"}, "it has the outputs logits, aux, not logits and tags"),
])
def test_another_network(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    """The sentence names the file, what differs and the command."""
    folder = tmp_path / "run" / "segmenter"
    write(folder, **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"model\.onnx is not the network.*{why}.*tag2mask seg"):
        load_runtime(folder, "onnx", device=torch.device("cpu"))


def test_the_own_network(tmp_path: Path) -> None:
    """What has the right form is read."""
    write(tmp_path / "run" / "segmenter")
    runtime, spec = load_runtime(tmp_path / "run" / "segmenter", "onnx")
    assert isinstance(spec, SegmenterSpec)
    assert runtime(torch.zeros(1, 3, 32, 64).numpy()).logits.shape == (1, 3, 32, 64)
