"""The evaluation and the advice read photos by the run's networks on the device of the command."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tag2mask.advice import looks
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages.evaluate import bound_scores, run


class Loaded(Exception):  # noqa: N818  (not an error)
    """Says where a network was loaded."""


def watch(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a module end where it loads a network, on a machine with a GPU."""

    def load(root: Path, *, device: object = "cpu") -> None:
        raise Loaded(f"{root.name} on {device}")

    monkeypatch.setattr(module, "load_predictor", load)
    monkeypatch.setattr(module, "device_name", {"auto": "cuda", "cpu": "cpu"}.__getitem__)


def context(tmp_path: Path, device: str) -> Context:
    """Give a run with two photos that have masks."""
    photos = tuple(Photo(name=name, path=tmp_path / name, tags=(0,), split=split, mask=tmp_path)
                   for name, split in (("a", "train"), ("b", "val")))
    data = Dataset(root=tmp_path, layout="voc", classes=("cat",), photos=photos)
    return Context(run=RunFolder(tmp_path / "run"), dataset=data, device=device)


@pytest.mark.parametrize(("device", "name"), [("auto", "cuda"), ("cpu", "cpu")])
def test_all_take_the_device_that_was_asked_for(
    device: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU is used where there is one."""
    for module in (run, bound_scores, looks):
        watch(module, monkeypatch)
    monkeypatch.setattr(bound_scores, "train_bound", lambda _: RunFolder(tmp_path / "bound"))
    given = context(tmp_path, device)
    with pytest.raises(Loaded, match=f"run on {name}"):
        run.evaluate(given, run.EvaluateConfig(), Record())
    with pytest.raises(Loaded, match=f"bound on {name}"):
        bound_scores.bound_figures(given, None, ["val"], include_annotated=False)  # type: ignore[arg-type]
    with pytest.raises(Loaded, match=f"run on {name}"):
        looks.network_entropy(given.run, [], progress=Progress(), device=device)
