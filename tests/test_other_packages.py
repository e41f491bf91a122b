"""Another package adds one entry to every registry, and a run uses them by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from tiny_runs import QUICK, write_tags_csv

PACKAGE = Path(__file__).with_name("other_package.py")
POINTS = {
    "tag2mask.backbones": ("other_net", "BACKBONE"),
    "tag2mask.strategies": ("other_strategy", "Strategy"),
    "tag2mask.maps": ("other_map", "METHOD"),
    "tag2mask.sharpeners": ("other_step", "SHARPENER"),
    "tag2mask.segmenters": ("other_unet", "SEGMENTER"),
    "tag2mask.losses": ("other_loss", "loss"),
    "tag2mask.runtimes": ("other_runtime", "RUNTIME"),
    "tag2mask.layouts": ("other_layout", "LAYOUT"),
    "tag2mask.formats": ("other_format", "FORMAT"),
}
"""What the package adds: the group, the name, and what is registered."""

SETTINGS = (
    *QUICK, "classify.backbone=other_net", "classify.weights=none", "classify.batch_size=8",
    "classify.strategy=other_strategy,mixup", "activate.method=other_map",
    "sharpen.steps=other_step", "segment.model=other_unet", "segment.loss=other_loss",
    "segment.onnx=false",
)

SCRIPT = """
import json, sys
import tag2mask
from tag2mask.cli.tables import method_parts, show

data, out, photo, settings = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
listed = {one.name: (one.kind, one.package) for one in tag2mask.choices()}
run = tag2mask.run(data, out, overrides=settings)
found = run.predict(photo, runtime="other_runtime")
import other_package
print(json.dumps({
    "listed": {name: told for name, told in listed.items() if name.startswith("other_")},
    "layout": run.dataset.layout, "sharpened": sorted(other_package.SHARPENED),
    "mask": list(found.mask.shape),
    "classifier": type(tag2mask.load_classifier(out).backbone).__module__,
    "head": type(tag2mask.load_classifier(out).head).__name__,
    "steps": list(run.config.sharpen.steps), "stages": [one.state for one in run.stages],
}))
show(method_parts())
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Install the package as pip does: the module, and its entry points beside it."""
    site = tmp_path / "site"
    about = site / "other_package-1.0.dist-info"
    about.mkdir(parents=True)
    shutil.copy(PACKAGE, site)
    points = "".join(f"[{group}]\n{name} = other_package:{attribute}\n"
                     for group, (name, attribute) in POINTS.items())
    (about / "entry_points.txt").write_text(points, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n",
                                    encoding="utf-8")
    return site


def test_a_run_uses_what_another_package_registers(installed: Path, tmp_path: Path) -> None:
    """All of it by name, in a process that knows nothing of the package but its entry points."""
    data, out = tmp_path / "data", tmp_path / "run"
    photos = write_tags_csv(data / "inside" / "deep")
    (data / "other.txt").write_text("inside/deep\n", encoding="utf-8")
    path = os.pathsep.join([str(installed), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(data), str(out),
         str(photos / "images" / "p05.png"), json.dumps(SETTINGS)],
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "600"}, capture_output=True, text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, table = done.stdout.split("\n", 1)
    told = json.loads(first)
    own = {name for name, _ in POINTS.values()}
    if find_spec("tag2mask.interchange") is None:
        own.remove("other_format")
    assert set(told["listed"]) == own
    assert {package for _, package in told["listed"].values()} == {"other-package"}
    assert told["layout"] == "other_layout"
    assert told["sharpened"], "the sharpener was never called"
    assert told["mask"] == [48, 64]
    assert (told["classifier"], told["head"]) == ("other_package", "OtherHead")
    assert told["steps"] == ["other_step"]
    assert set(told["stages"]) == {"done"}
    for name in own - {"other_map"}:
        assert f"{name} (package other-package)" in " ".join(table.split()), name
    assert "the mean of all channels (package other-package)" in table
    with np.load(out / "maps" / "p05.npz") as maps:
        assert maps["planes"].std() > 0
