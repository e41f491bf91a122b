"""The commands whose results are stored, run as `python -m tag2mask` would run them.

Packages may be moved and renamed below the command line, so nothing else of tag2mask is used.
"""

from __future__ import annotations

import contextlib
import io
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from golden_data import NAMES, write_data
from golden_facts import comparison_facts, facts_of, pixel_facts

QUICK = (
    "classify.size=64", "classify.epochs=4", "classify.batch_size=5",
    "activate.scales=1.5", "segment.size=64", "segment.epochs=4", "segment.batch_size=5",
    "segment.onnx=false", "sharpen.second_round=false", "sharpen.outline=false",
    "sharpen.normality=false", "segment.loss=cross_entropy", "label.specks=0",
    "activate.discriminant=false",
)
"""Settings under which a run takes seconds and still passes through everything."""

SMALL_FCN = ("segment.model=fcn_8s", "segment.backbone=vgg16_bn_quarter",
             "segment.learning_rate=1e-3", "segment.tag_gate=false")
SMALL_HRNET = ("segment.model=hrnet_v2", "segment.backbone=hrnet_w18_small")


def command(*words: str | Path) -> str:
    """Run a command of tag2mask in this process, on one thread, and return what it printed.

    Raises:
        AssertionError: it did not end with the exit code 0.
    """
    printed, before, code = io.StringIO(), sys.argv, None
    with _one_thread(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        sys.argv = ["tag2mask", *(str(word) for word in words)]
        try:
            runpy.run_module("tag2mask", run_name="__main__")
        except SystemExit as end:
            code = end.code
        finally:
            sys.argv = before
    assert not code, f"{words}\n{printed.getvalue()}"
    return printed.getvalue()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Sum in the same order on every machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def settings(*values: str) -> list[str]:
    """Return the words that set the quick settings and further ones."""
    return [word for value in (*QUICK, *values) for word in ("--set", value)]


def train(folder: Path, *values: str) -> tuple[Path, Path]:
    """Draw the data set and run everything on it; return the data and the run folder."""
    data, run = write_data(folder / "data"), folder / "run"
    command("run", data, "--out", run, "--device", "cpu", "--workers", "1", "--seed", "3",
            *settings(*values), "-q")
    return data, run


def predict(folder: Path, data: Path, run: Path, *words: str) -> dict[str, Any]:
    """Segment the drawn photos with the network of a run, at their own size."""
    out = folder / "predicted"
    shutil.rmtree(out, ignore_errors=True)
    command("predict", data / "images", "--run", run, "--out", out, "--device", "cpu",
            "--runtime", "torch", "--workers", "1", *words, "-q")
    return facts_of(out)


def explain(folder: Path, data: Path, run: Path, *words: str) -> dict[str, Any]:
    """Draw where the classifier of a run looks on a photo with both classes."""
    picture = folder / "explained.png"
    command("explain", data / "images" / f"{NAMES[5]}.png", "--run", run, "--out", picture,
            "--method", "grad_cam", *words)
    return {"picture": pixel_facts(picture)}


def plain(folder: Path) -> dict[str, Any]:
    """Maps as they are and a U-Net; then masks with a threshold that is given."""
    data, run = train(folder, "sharpen.steps=none", "segment.learning_rate=6e-4")
    facts = {"run": facts_of(run), "predict": predict(folder, data, run),
             "explain": explain(folder, data, run)}
    command("label", run, "--set", "label.threshold=0.6", "-q")
    return facts | {"label": facts_of(run / "masks")}


def erasing(folder: Path) -> dict[str, Any]:
    """A classifier trained in rounds, the dense CRF, and an FCN."""
    data, run = train(
        folder, "classify.strategy=adversarial_erasing", "classify.epochs=8",
        "classify.batch_size=3", "classify.learning_rate=5e-4", "sharpen.steps=dense_crf",
        *SMALL_FCN,
    )
    return {"run": facts_of(run),
            "predict": predict(folder, data, run, "--scales", "1,1.5", "--flip"),
            "explain": explain(folder, data, run, "--method", "layer_cam", "--flip")}


def views(folder: Path) -> dict[str, Any]:
    """A classifier whose maps agree between two views, pixel-adaptive filtering, and an HRNet."""
    data, run = train(folder, "classify.strategy=seam", "classify.epochs=2",
                      "sharpen.steps=pixel_adaptive", *SMALL_HRNET, "segment.epochs=2")
    return {"run": facts_of(run), "predict": predict(folder, data, run),
            "explain": explain(folder, data, run, "--method", "cam", "--picture", "contour")}


def compare(folder: Path) -> dict[str, Any]:
    """Two recipes side by side, which share a classifier and its maps."""
    data, out, grid = write_data(folder / "data"), folder / "compared", folder / "grid.toml"
    grid.write_text('sharpening = ["none", "pixel_adaptive"]\n', encoding="utf-8")
    command("compare", data, "--grid", grid, "--out", out, "--device", "cpu", "--workers", "1",
            *settings(*SMALL_FCN, "classify.epochs=2", "segment.epochs=2"), "-q")
    return comparison_facts(out)


CASES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "plain": plain, "erasing": erasing, "views": views, "compare": compare,
}
"""What each stored result is made by, under the name of its file."""
