"""The example that segments a photo in a browser, with onnxruntime-web, on a drawn network."""

from __future__ import annotations

import functools
import http.server
import runpy
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "deploy"
pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Serve the page, the module and onnxruntime-web, as the page's instructions do."""
    places = [place / "node_modules" for place in (EXAMPLES, ROOT / ".peers")]
    modules = [place for place in places if (place / "onnxruntime-web").is_dir()]
    if not modules:
        pytest.skip("onnxruntime-web is missing: npm install --prefix .peers onnxruntime-web")
    for name in ("index.html", "segment.mjs"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(modules[0])
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Print nothing."""


def _write_network(path: Path) -> Path:
    weights = np.random.default_rng(0).normal(size=(3, 3, 5, 5))
    weights -= weights.mean((1, 2, 3), keepdims=True)
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Conv", ["images", "weights"], ["logits"], pads=[2, 2, 2, 2])], "drawn",
        [helper.make_tensor_value_info("images", float32, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("logits", float32, ["batch", 3, "height", "width"])],
        [onnx.numpy_helper.from_array(weights.astype(np.float32), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(model, {"classes": "cat\n과자", "long_side": "96",
                                   "pixel_mean": "120 110 100", "pixel_std": "58 57 56"})
    onnx.save(model, path)
    return path


def test_a_photo_is_segmented_in_the_browser(
    chromium: Any, site: str, tmp_path: Path  # noqa: ANN401 - Playwright's own types
) -> None:
    """The background keeps its pixels, and the classes are named and painted."""
    model = _write_network(tmp_path / "model.onnx")
    pixels = np.random.default_rng(1).integers(0, 256, (77, 131, 3), np.uint8)
    photo = Image.fromarray(pixels)
    photo.save(tmp_path / "photo.png")
    page = chromium.new_page()
    page.goto(site)
    page.set_input_files("#model", str(model))
    page.set_input_files("#photo", str(tmp_path / "photo.png"))
    page.locator("#found", has_text="Found: ").wait_for()
    assert set(page.locator("#found").inner_text()[len("Found: "):].split(", ")) == {"cat", "과자"}
    shown = np.array(page.evaluate("""() => {
      const canvas = document.getElementById("canvas");
      return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
    }""")).reshape(77, 131, 4)[..., :3]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    wanted = np.asarray(runpy.run_path(str(EXAMPLES / "segment.py"))["segment"](session, photo))
    assert (shown[wanted == 0] == pixels[wanted == 0]).all()
    assert (shown[wanted > 0] != pixels[wanted > 0]).any(1).mean() > 0.99
