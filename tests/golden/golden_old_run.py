"""A run folder of version 0.1.0 as it was left then, in `old_run.tar.xz` with its data set.

Weights fill most of a run folder and can hardly be compressed. So those of this run, of the
smallest networks there are, were made coarse: the smaller half of each kernel is 0, the rest are
powers of two. That was done right after each training, and the later stages ran on the result. The
network's last bias was shifted too, or after so short a training every pixel were background.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import torch
from golden_cases import SMALL_FCN, command, explain, predict, train
from golden_facts import facts_of
from safetensors import safe_open
from safetensors.torch import save_file

ARCHIVE = Path(__file__).with_name("old_run.tar.xz")
_BIAS = "decoder.scores.0.bias"
"""The network's last one, a number per label."""


def make_archive(folder: Path) -> None:
    """Train the run and pack it; only for a new format of the run folder."""
    data, run = train(
        folder, "classify.backbone=vgg16_bn_quarter", "classify.weights=none",
        "classify.epochs=8", "classify.batch_size=3", "sharpen.steps=pixel_adaptive",
        *SMALL_FCN, "segment.epochs=6",
    )
    _coarsen(run / "classifier" / "weights.safetensors")
    for stage in ("activate", "sharpen", "label", "segment"):
        command(stage, run, "--device", "cpu", "--workers", "1", "-q")
    _coarsen(run / "segmenter" / "weights.safetensors")
    for label, share in ((0, 0.6), (2, 0.2), (0, 0.6)):
        _shift(folder, data, run, label, share)
    for stage in ("evaluate", "report"):
        command(stage, run, "--device", "cpu", "--workers", "1", "-q")
    with tarfile.open(ARCHIVE, "w:xz", preset=9) as archive:
        for part in (data, run):
            archive.add(part, part.name, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def _coarsen(path: Path) -> None:
    """Make weights coarse."""
    header, tensors = _read(path)
    for key, tensor in tensors.items():
        if tensor.dim() == 4 and tensor.numel() > 1000:
            powers = torch.sign(tensor) * torch.exp2(tensor.abs().log2().round())
            kept = tensor.abs() >= tensor.abs().median()
            tensors[key] = torch.where(kept, powers, 0.0).contiguous()
    save_file(tensors, path, metadata=header)


def _shift(folder: Path, data: Path, run: Path, label: int, share: float) -> None:
    """Find the bias with which a label gets this share of all pixels, by halving."""
    path, low, high = run / "segmenter" / "weights.safetensors", -32.0, 32.0
    header, tensors = _read(path)
    for _ in range(14):
        tensors[_BIAS][label] = (low + high) / 2
        save_file(tensors, path, metadata=header)
        masks = predict(folder, data, run)["pixels"].values()
        found = sum(mask["counts"].get(str(label), 0) for mask in masks)
        if found > share * sum(sum(mask["counts"].values()) for mask in masks):
            high = (low + high) / 2
        else:
            low = (low + high) / 2


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    with safe_open(path, "pt") as file:
        header = file.metadata()
        return header, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no dict)


def unpack(folder: Path) -> tuple[Path, Path]:
    """Unpack the run and the data set it was made of, which have moved since; return both."""
    with tarfile.open(ARCHIVE, "r:xz") as archive:
        archive.extractall(folder, filter="data")
    data, run = folder / "data", folder / "run"
    about = run / "data.json"
    text = about.read_text(encoding="utf-8")
    before = json.dumps(json.loads(text)["root"])[1:-1]
    about.write_text(text.replace(before, json.dumps(str(data))[1:-1]), encoding="utf-8")
    return data, run


def open_old_run(folder: Path) -> dict[str, Any]:
    """Predict, explain, evaluate and report with the old run, and return what comes out."""
    data, run = unpack(folder)
    facts = {"predict": predict(folder, data, run), "explain": explain(folder, data, run)}
    shutil.rmtree(run / "predictions")
    for file in ("metrics.json", "photos.csv", "trust.csv", "report.html"):
        (run / file).unlink()
    for stage in ("evaluate", "report"):
        command(stage, run, "--device", "cpu", "--workers", "1", "-q")
    found = facts_of(run)
    return facts | {"run": {key: found[key] for key in ("files", "figures", "pixels", "tables")}}
