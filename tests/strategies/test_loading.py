"""A classifier comes back from its run folder as it was saved, with how it was built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.classifiers import ClassifierSpec
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.weights import read_header
from tag2mask.strategies import STRATEGIES, create_strategy
from tag2mask.strategies.loading import (
    build_classifier,
    load_classifier,
    load_untrained_backbone,
    pretraining_of,
    save_classifier,
)

SPEC = ClassifierSpec(
    backbone="efficientnet_lite0", output_stride=16, strategy=("plain",), long_side=320,
    weights="pretrained", pretraining="ImageNet", classes=("cat", "dög, brown", "none"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run folder with a classifier in it."""
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    torch.manual_seed(0)
    save_classifier(folder, build_classifier(SPEC, start=True))
    return folder


def drawn() -> torch.Tensor:
    """Draw two photos of odd sizes."""
    return torch.randn(2, 3, 50, 70, generator=torch.Generator().manual_seed(0))


def test_it_comes_back_ready_to_use(run: RunFolder) -> None:
    """The same numbers, in evaluation mode, with its spec."""
    torch.manual_seed(0)
    built = build_classifier(SPEC, start=True).eval()
    found = load_classifier(run.root)
    assert found.spec == SPEC
    assert not found.training
    assert found.backbone.stem.convolution.weight.is_contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        torch.testing.assert_close(found(drawn()), built(drawn()), rtol=1e-3, atol=1e-4)


def test_it_can_be_read_at_another_output_stride(run: RunFolder) -> None:
    """The same weights on a finer grid."""
    found = load_classifier(str(run.root), output_stride=8)
    assert found.spec == replace(SPEC, output_stride=8)
    with torch.inference_mode():
        assert found.evidence(drawn()).shape == (2, 3, 7, 9)


def test_the_header_is_text_and_comes_back(run: RunFolder) -> None:
    """Whatever is in the class names."""
    header = read_header(run.classifier / "weights.safetensors")
    assert all(isinstance(value, str) for value in header.values())
    assert ClassifierSpec.from_header(header) == SPEC


def test_the_backbone_before_it_saw_the_tags(run: RunFolder) -> None:
    """Where there was one."""
    found = load_untrained_backbone(load_classifier(run.root).spec)
    assert found is not None
    with torch.inference_mode():
        assert found(drawn())[-1].shape == (2, 1280, 4, 5)
    assert load_untrained_backbone(replace(SPEC, weights="none")) is None
    assert load_untrained_backbone(replace(SPEC, weights="gone.safetensors")) is None


def test_statistics_are_fixed_where_they_were_pretrained(run: RunFolder) -> None:
    """Also of a classifier that is read back, for the network that starts from it."""
    assert build_classifier(SPEC, start=True).backbone.fixed_statistics
    assert load_classifier(run.root).backbone.fixed_statistics
    for start in (True, False):
        scratch = build_classifier(replace(SPEC, weights="none"), start=start)
        assert not scratch.backbone.fixed_statistics


def test_a_missing_or_foreign_classifier_is_told(tmp_path: Path) -> None:
    """With the command that makes one."""
    with pytest.raises(InputError, match="is no run folder"):
        load_classifier(tmp_path)
    RunFolder(tmp_path).data.write_text('{"photos": [], "classes": []}', encoding="utf-8")
    with pytest.raises(InputError, match="no classifier yet; run `tag2mask classify"):
        load_classifier(tmp_path)
    path = RunFolder(tmp_path).classifier / "weights.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"text")
    with pytest.raises(InputError, match="no safetensors file"):
        load_classifier(tmp_path)
    for header in (None, {"backbone": "x"}, SPEC.to_header() | {"long_side": "wide"}):
        save_file({"w": torch.ones(1)}, path, header)
        with pytest.raises(InputError, match="was not written by tag2mask"):
            load_classifier(tmp_path)
    save_file({"w": torch.ones(1)}, path, SPEC.to_header())
    with pytest.raises(InputError, match="lacks the tensor"):
        load_classifier(tmp_path)


def test_pretraining_is_told_in_words() -> None:
    """For the protocol of every figure."""
    known = BACKBONES.get("efficientnet_lite0").pretraining
    assert pretraining_of("efficientnet_lite0", "pretrained") == known
    assert pretraining_of("efficientnet_lite0", "none") == "none (from scratch)"
    assert pretraining_of("efficientnet_lite0", "a/mine.safetensors") == "mine.safetensors"


def test_an_unknown_strategy_is_told() -> None:
    """With the nearest right name."""
    assert "plain" in STRATEGIES.names()
    with pytest.raises(InputError, match="did you mean 'plain'"):
        create_strategy(["plane"])
