"""The photo's logit is the mean of its class evidence, and nothing besides."""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier


class Cells(BackboneModule):
    """A backbone that gives the photo itself, and every second pixel of it."""

    channels, strides = (3, 3), (1, 2)
    pixel_mean, pixel_std = (0.0,) * 3, (1.0,) * 3

    def forward(self, images: Tensor) -> list[Tensor]:
        """Give two features."""
        return [images, images[..., ::2, ::2]]


def drawn() -> Tensor:
    """Draw two photos."""
    return torch.randn(2, 3, 6, 10, generator=torch.Generator().manual_seed(0))


def test_the_logit_is_the_mean_of_the_evidence() -> None:
    """Computed from the last feature by hand."""
    head = ClassHead(3, 4)
    classifier = Classifier(Cells(), head).eval()
    evidence = classifier.evidence(drawn())
    weight = head.layer.weight[:, :, 0, 0]
    wanted = torch.einsum("kc,bchw->bkhw", weight, drawn()[..., ::2, ::2])
    torch.testing.assert_close(evidence, wanted)
    torch.testing.assert_close(classifier(drawn()), wanted.mean((2, 3)))
    assert evidence.shape == (2, 4, 3, 5)


def test_there_is_no_bias() -> None:
    """A photo of nothing says nothing."""
    classifier = Classifier(Cells(), ClassHead(3, 4)).eval()
    assert not classifier(torch.zeros(1, 3, 4, 6)).any()
    assert [name for name, _ in classifier.named_parameters()] == ["head.layer.weight"]


def test_the_evidence_is_float32_in_autocast() -> None:
    """So that means and losses are exact."""
    classifier = Classifier(Cells(), ClassHead(3, 4))
    with torch.autocast("cpu", torch.bfloat16):
        assert classifier.evidence(drawn()).dtype == torch.float32


def test_dropout_takes_whole_channels_and_only_in_training() -> None:
    """A cell keeps or loses a channel with all others of its photo."""
    torch.manual_seed(0)
    head = ClassHead(3, 1, dropout=0.5)
    with torch.no_grad():
        head.layer.weight.copy_(torch.tensor([1.0, 10.0, 100.0]).view(1, 3, 1, 1))
    classifier, images = Classifier(Cells(), head), torch.ones(40, 3, 2, 4)
    found = classifier.train().evidence(images)
    torch.testing.assert_close(found, found[..., :1, :1].expand_as(found))
    assert len(found[:, 0, 0, 0].unique()) > 4
    torch.testing.assert_close(classifier.eval()(images), torch.full((40, 1), 111.0))
