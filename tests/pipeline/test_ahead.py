"""What a stage can begin in the background begins only while it has to wait for others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.pipeline import run
from tag2mask.pipeline.ahead import begin_ahead
from tag2mask.pipeline.config import load_config
from tag2mask.run_folder.context import Context, recorded
from tag2mask.run_folder.folder import RunFolder
from tag2mask.sharpening import saliency_weights
from tag2mask.stages.sharpen import compiling

PHOTOS = tuple(
    Photo(name=name, path=Path(f"{name}.jpg"), tags=tags, split="train", mask=None)
    for name, tags in (("a", (0, 2)), ("b", (1,)), ("c", ()))
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Collect the numbers of labels for which kernels would be compiled."""
    counts: list[list[int]] = []

    def compiled(labels: list[int]) -> AbstractContextManager[None]:
        counts.append(labels)
        return nullcontext()

    monkeypatch.setattr(compiling, "compiled_ahead", compiled)
    return counts


@pytest.mark.parametrize(("done", "until", "settings", "wanted"), [
    ((), "report", (), [[2, 3]]),
    (("classify",), "report", (), [[2, 3]]),
    (("classify", "activate"), "report", (), []),
    (("classify", "activate", "sharpen"), "report", (), []),
    ((), "activate", (), []),
    ((), "report", ("sharpen.steps=none",), []),
    ((), "report", ("sharpen.steps=auto",), [[2, 3]]),
])
def test_the_crf_is_compiled_while_sharpen_waits(
    done: Sequence[str], until: str, settings: Sequence[str], wanted: list[list[int]],
    asked: list[list[int]], tmp_path: Path,
) -> None:
    """For the numbers of labels of the photos, if the settings use it, on a CPU."""
    context = Context(
        run=RunFolder(tmp_path), device="cpu",
        dataset=Dataset(root=tmp_path, layout="tags_csv", classes=("x", "y", "z"), photos=PHOTOS))
    for name in done:
        with recorded(context.run, name, "any"):
            pass
    with ExitStack() as held:
        begin_ahead(held, context, load_config(None, settings), until)
    assert asked == wanted


def test_missing_outside_help_is_reported_before_the_training(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not an hour later."""
    monkeypatch.setattr(saliency_weights, "packaged", lambda: None)
    with pytest.raises(InputError, match="saliency are not installed"):
        run(tiny_data, tmp_path / "run", overrides=["sharpen.outside_help=saliency"])
    assert not (tmp_path / "run" / "classifier").exists()


@pytest.mark.parametrize(("settings", "named"), [
    (["sharpen.outside_help=sam"], r"model\.safetensors .*config\.json beside it"),
    (["sharpen.outside_help=sam", "sharpen.masks=sam:SOME"], r"it has no model\.safetensors"),
    (["sharpen.outside_help=sam", "sharpen.masks=nowhere"], "no folder 'nowhere'"),
    (["sharpen.steps=class_agnostic", "sharpen.masks=sam:owner/name"],
     r"owner/name.*model\.safetensors"),
    (["sharpen.steps=saliency", "sharpen.saliency=lost.onnx"], "'lost.onnx' is no folder"),
    (["sharpen.outside_help=auto", "sharpen.saliency=lost.onnx"], "no file 'lost.onnx'"),
])
def test_missing_priors_are_named_before_the_training(
    settings: list[str], named: str, tiny_data: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever way they were asked for: the file, and how to get it."""
    pytest.importorskip("transformers")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "config.json").write_text("{}")
    given = [text.replace("SOME", str(tmp_path / "some")) for text in settings]
    with pytest.raises(InputError, match=named):
        run(tiny_data, tmp_path / "run", overrides=given)
    assert not (tmp_path / "run" / "classifier").exists()
