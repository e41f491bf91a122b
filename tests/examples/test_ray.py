"""The examples for Ray, with two workers on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import QUICK, results

import tag2mask

CLUSTER = Path(__file__).parents[2] / "examples" / "cluster"
DRIVER = """
import json, runpy, sys, traceback
import ray
ray.init(num_cpus=4, include_dashboard=False, object_store_memory=80 * 2**20)
ended = []
for words in json.loads(sys.argv[1]):
    sys.argv = words
    try:
        runpy.run_path(words[0], run_name="__main__")
        ended.append(0)
    except SystemExit as error:
        ended.append(error.code)
    except Exception as error:
        ended.append("".join(traceback.format_exception(error)))
ray.shutdown()
print("ENDED", json.dumps(ended))
"""
"""Executes several examples in one Ray; the trainer may need a CPU beside its two workers."""

pytestmark = pytest.mark.slow


def on_ray(folder: Path, *commands: list[object]) -> tuple[list[object], str]:
    """Execute examples; return how each has ended, and all output."""
    pytest.importorskip("ray.train")
    words = json.dumps([[str(CLUSTER / str(command[0])), *map(str, command[1:])]
                        for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, words], capture_output=True, encoding="utf-8", check=False,
        timeout=1200,
        env={**os.environ, "HOME": str(folder), "RAY_USAGE_STATS_ENABLED": "0",
             "OMP_NUM_THREADS": "1"})
    output = done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("ENDED ")]
    assert lines, output[-4000:]
    return json.loads(lines[0].removeprefix("ENDED ")), output


def test_a_run_and_a_prediction(tiny_data: Path, finished: Path, tmp_path: Path) -> None:
    """The run is finished as by `torchrun`; the masks are those of `tag2mask predict`.

    A second prediction has nothing to do, and a run with a wrong setting says so.
    """
    photos = tmp_path / "photos"
    shutil.copytree(tiny_data / "images", photos / "deep")
    (photos / "bad.jpg").write_text("no photo", encoding="utf-8")
    tag2mask.pack(tiny_data, tmp_path / "shards", shard_size="20KB")
    out, run = tmp_path / "masks", tmp_path / "run"
    predicting = ["ray_predict.py", tmp_path / "shards", photos, "--run", finished, "--out", out]
    settings = [word for value in (*QUICK, "segment.onnx=false") for word in ("--set", value)]
    ended, output = on_ray(tmp_path, ["ray_run.py", tiny_data, run, *settings], predicting,
                           predicting, ["ray_run.py", tiny_data, tmp_path / "no", "--set",
                                        "classify.epochs=none"])
    assert ended[:3] == [0, 1, 1], output[-4000:]
    assert "classify.epochs" in str(ended[3])
    assert "32 masks written, 1 photos or shards left out" in output
    assert "0 masks written, 1 photos or shards left out" in output
    assert "bad.jpg is no picture" in output
    assert len(list((tmp_path / "shards").glob("*.tar"))) > 2
    check_run(run, finished)
    check_masks(out, tiny_data, finished, tmp_path / "one")


def check_run(run: Path, finished: Path) -> None:
    """Compare with a run of one process, whose trainings differ by rounding."""
    assert (run / "report.html").exists()
    found, wanted = results(run), results(finished)
    assert {name for name in found if name.startswith(("masks/", "predictions/"))} \
        == {name for name in wanted if name.startswith(("masks/", "predictions/"))}


def check_masks(out: Path, data: Path, run: Path, one: Path) -> None:
    """Compare the masks of the shards, and of the folder, with those of the command."""
    tag2mask.predict(data / "images", run=run, out=one, device="cpu")
    wanted = {path.stem: np.asarray(Image.open(path)) for path in (one / "masks").glob("*.png")}
    assert len(wanted) == 16
    for folder in (out / "shards", out / "photos"):
        found = {path.stem: path for path in folder.rglob("*.png")}
        assert found.keys() == wanted.keys()
        for name, path in found.items():
            assert np.array_equal(np.asarray(Image.open(path)), wanted[name]), path
