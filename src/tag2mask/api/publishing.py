"""Publish a trained network with its model card, in a folder or on the model hub."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tag2mask.api.model_card import model_card
from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import is_on_hub, repository_of
from tag2mask.models.backbones.hub import upload
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.recognising import refuse_no_run

PUBLISHED = ("weights.safetensors", "model.onnx", "metrics.json")
"""Files of `segmenter/` that are published, where they exist; none is a pickle."""


def push(run: str | Path, to: str | Path) -> str:
    """Publish the network of a run, with a model card as README.md.

    `load_segmenter` reads the result, from the folder or as "hf://USER/NAME". No photo, mask or
    path is published.

    Args:
        run: the run folder.
        to: a new folder, or "hf://USER/NAME"; the hub's own library finds your access token.

    Returns:
        Where the network is now.

    Raises:
        InputError: the run has no network, the folder is not empty, or the hub refuses.
    """
    folder = RunFolder(Path(run))
    if not (folder.segmenter / "weights.safetensors").exists():
        refuse_no_run(Path(run))
        raise InputError(f"{run} has no segmentation network yet; run `tag2mask segment {run}`.")
    if not is_on_hub(str(to)):
        _write(folder, Path(to))
        return str(to)
    repository = repository_of(str(to))
    with tempfile.TemporaryDirectory() as temporary:
        _write(folder, made := Path(temporary) / "network")
        return upload(made, repository)


def _write(run: RunFolder, out: Path) -> None:
    """Write the files into a temporary folder beside the target, then rename it."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not empty; name a new folder.")
    card = model_card(run)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        (temporary / "segmenter").mkdir()
        for name in PUBLISHED:
            if (run.segmenter / name).exists():
                shutil.copyfile(run.segmenter / name, temporary / "segmenter" / name)
        (temporary / "README.md").write_text(card, encoding="utf-8")
        if out.exists():
            out.rmdir()
        temporary.chmod(0o755)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
