"""A GPU gives what a CPU gives, up to its rounding; `make test-gpu` runs these."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from several_processes import launch
from tiny_runs import QUICK

from tag2mask import pipeline
from tag2mask.core import processes
from tag2mask.core.device import find_device, moved
from tag2mask.core.precision import PRECISION
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.tables import read_table

DEVICE = "cuda"
STAGES = ("classify", "activate", "sharpen", "label", "segment", "evaluate", "report")

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU"),
]


@pytest.fixture(autouse=True)
def _usual_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute as users do, in bfloat16 where the GPU supports it."""
    monkeypatch.delenv(PRECISION)


def masks(folder: Path) -> np.ndarray:
    """Return the pixels of all masks of a folder in one row."""
    files = sorted(folder.rglob("*.png"))
    assert files
    return np.concatenate([np.asarray(Image.open(file)).ravel() for file in files])


def run_together(data: Path, out: Path) -> None:
    """Run everything as one of several processes, each with a GPU of its own."""
    with processes.joined(device=DEVICE):
        pipeline.run(data, out, overrides=[*QUICK, "segment.onnx=false"], device=DEVICE)


def test_a_whole_run_on_a_gpu_goes_through(tiny_data: Path, tmp_path: Path) -> None:
    """With a second round, whose network is trained and predicts on the GPU too."""
    run = pipeline.run(tiny_data, tmp_path / "run", device=DEVICE, overrides=[
        *QUICK, "sharpen.second_round=true", "sharpen.size=64", "sharpen.epochs=1"])
    assert run.report.exists()
    for part in ("classifier", "segmenter"):
        assert np.isfinite([float(row["loss"]) for row in read_table(run.root / part / "curve.csv")
                            ]).all()


def test_maps_of_one_classifier_are_those_of_a_cpu(finished: Path, copied: Path) -> None:
    """Within what bfloat16 rounds."""
    shutil.rmtree(copied / "maps")
    pipeline.run_stage("activate", copied, device=DEVICE)
    here, there = RunFolder(copied), RunFolder(finished)
    for file in sorted((finished / "maps").glob("*.npz")):
        mine, classes = read_planes(here.map_file(file.stem))
        theirs, others = read_planes(there.map_file(file.stem))
        assert classes.tolist() == others.tolist()
        assert np.abs(mine.astype(float) - theirs).mean() < 0.02


@pytest.mark.parametrize("steps", ["dense_crf", "pixel_adaptive"])
def test_sharpening_on_a_gpu_is_that_of_a_cpu(copied: Path, tmp_path: Path, steps: str) -> None:
    """Given the same maps, nearly all pixels get the same label."""
    found = []
    for number, device in enumerate(("cpu", DEVICE)):
        run = Path(shutil.copytree(copied, tmp_path / str(number)))
        for stage in ("sharpen", "label"):
            pipeline.run_stage(stage, run, device=device, overrides=[f"sharpen.steps={steps}"])
        found.append(masks(run / "masks"))
    assert (found[0] == found[1]).mean() > 0.98


def test_what_is_moved_to_a_gpu_arrives_whole() -> None:
    """Also if the CPU draws the next batch meanwhile."""
    there = find_device(DEVICE)
    batches = [torch.full((4, 3, 64, 96), float(number)) for number in range(20)]
    arrived = [moved(batch.clone(), there, channels_last=True) for batch in batches]
    for mine, theirs in zip(batches, arrived, strict=True):
        assert theirs.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(theirs.cpu(), mine, rtol=0, atol=0, check_stride=False)


def test_a_network_predicts_the_same_on_a_gpu(finished: Path, tiny_data: Path, tmp_path: Path
                                              ) -> None:
    """Nearly all pixels; edges may move by rounding."""
    found = []
    for number, device in enumerate(("cpu", DEVICE)):
        out = tmp_path / str(number)
        pipeline.predict([tiny_data / "images"], run=finished, out=out, device=device)
        found.append(masks(out / "masks"))
    assert (found[0] == found[1]).mean() > 0.98


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="torch finds one GPU")
def test_two_gpus_train_together(tiny_data: Path, tmp_path: Path) -> None:
    """By NCCL, each process on a GPU of its own."""
    ended = launch(2, tmp_path, run_together, tiny_data, tmp_path / "run")
    assert [each.code for each in ended] == [0, 0], [each.err[-2000:] for each in ended]
    assert {file.stem for file in (tmp_path / "run" / "stages").glob("*.json")} >= set(STAGES)
