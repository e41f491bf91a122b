"""The JavaScript and C++ examples have the masks of the Python example."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "deploy"
CLASSES = ["cat", "crack", "과자"]
SIZES = [(96, 40), (61, 77), (150, 211), (333, 47)]
"""Width and height: the size of the network's input, smaller and larger."""
DRIVER = """
import { readFileSync, writeFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { openNetwork, segment } from "./segment.mjs";
const [model, ...photos] = process.argv.slice(2);
const network = await openNetwork(ort, new Uint8Array(readFileSync(model)));
for (const photo of photos) {
  const [width, height] = photo.match(/\\d+/g).slice(-2).map(Number);
  const mask = await segment(network, { data: readFileSync(photo), width, height });
  writeFileSync(photo.replace("rgba", "labels"), mask.labels);
}
console.log(network.classes.join("\\n"));
"""
pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a network of one layer, with the interface and the metadata of an exported one."""
    weights = np.random.default_rng(0).normal(size=(len(CLASSES) + 1, 3, 5, 5))
    weights -= weights.mean((1, 2, 3), keepdims=True)  # so that no label wins everywhere
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    layer = helper.make_node("Conv", ["images", "weights"], ["logits"], pads=[2, 2, 2, 2])
    graph = helper.make_graph(
        [layer], "network",
        [helper.make_tensor_value_info("images", float32, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("logits", float32, ["batch", 4, "height", "width"])],
        [onnx.numpy_helper.from_array(weights.astype(np.float32), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(model, {"classes": "\n".join(CLASSES), "long_side": "96",
                                   "pixel_mean": "120.5 110.25 100", "pixel_std": "58 57 56.5"})
    path = tmp_path_factory.mktemp("network") / "model.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    """Give noise of several sizes."""
    random = np.random.default_rng(1)
    return [Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
            for width, height in SIZES]


@pytest.fixture(scope="module")
def wanted(network: Path, photos: list[Image.Image]) -> list[np.ndarray]:
    """Give the masks of the Python example."""
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    segment = runpy.run_path(str(EXAMPLES / "segment.py"))["segment"]
    masks = [np.asarray(segment(session, photo)) for photo in photos]
    assert all(len(np.unique(mask)) == len(CLASSES) + 1 for mask in masks)
    return masks


def _same(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    """Compare masks; where two logits are equal but for rounding, either label is right."""
    for mine, theirs in zip(found, wanted, strict=True):
        assert mine.shape == theirs.shape
        assert np.mean(mine != theirs) < 1e-4


def test_javascript(
    network: Path, photos: list[Image.Image], wanted: list[np.ndarray], tmp_path: Path
) -> None:
    """onnxruntime-web, in Node."""
    places = [place / "node_modules" for place in (EXAMPLES, ROOT / ".peers")]
    modules = [place for place in places if (place / "onnxruntime-web").is_dir()]
    node = shutil.which("node")
    if not node or not modules:
        pytest.skip("Node or onnxruntime-web is missing: npm install --prefix .peers "
                    "onnxruntime-web")
    (tmp_path / "node_modules").symlink_to(modules[0])
    shutil.copy(EXAMPLES / "segment.mjs", tmp_path)
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    names = [f"{photo.width}x{photo.height}" for photo in photos]
    for name, photo in zip(names, photos, strict=True):
        (tmp_path / f"{name}.rgba").write_bytes(photo.convert("RGBA").tobytes())
    output = _run(node, "driver.mjs", network,
                  *(f"{name}.rgba" for name in names), cwd=tmp_path)
    found = [np.frombuffer((tmp_path / f"{name}.labels").read_bytes(), np.uint8)
             .reshape(photo.height, photo.width) for name, photo in zip(names, photos, strict=True)]
    _same(found, wanted)
    assert output.split() == CLASSES


def test_cpp(
    network: Path, photos: list[Image.Image], wanted: list[np.ndarray], tmp_path: Path
) -> None:
    """ONNX Runtime's C++ interface; `ONNXRUNTIME_HOME` names its release folder, if any."""
    program = _compile(tmp_path)
    found = []
    for number, photo in enumerate(photos):
        source, target = tmp_path / f"photo {number}.png", tmp_path / f"mask {number}.png"
        photo.save(source)
        output = _run(program, network, source, target)
        assert output.split() == CLASSES
        with Image.open(target) as mask:
            found.append(np.asarray(mask))
    _same(found, wanted)
    failed = subprocess.run([program, "none.onnx", "none.png", "mask.png"], check=False,
                            capture_output=True, encoding="utf-8")
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: ")


def _compile(folder: Path) -> Path:
    home = Path(os.environ.get("ONNXRUNTIME_HOME", "/usr"))
    places = [home / "include", home / "include" / "onnxruntime", Path("/usr/include/stb")]
    compiler = shutil.which("g++")
    headers = ("onnxruntime_cxx_api.h", "stb_image.h", "stb_image_write.h")
    missing = [name for name in headers if not any((place / name).exists() for place in places)]
    if not compiler or missing:
        pytest.skip(f"missing for C++: {', '.join(missing) or 'g++'}")
    program = folder / "segment"
    _run(compiler, "-std=c++17", "-O1", EXAMPLES / "segment.cpp",
         *(f"-I{place}" for place in places), f"-L{home / 'lib'}",
         f"-Wl,-rpath,{home / 'lib'}", "-lonnxruntime", "-o", program)
    return program


def _run(*words: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout

